"""The directory read whole, or some of its people."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from flask_babel import gettext as _

from app.directory.dirsync import first_mark
from app.directory.groups import Membership, group_term, guids_within
from app.directory.link import Entry, Link, connect
from app.directory.people import DirectoryPerson, Reader, Skipped, ensure_readable
from app.directory.server import Cursor, Root, root_of
from app.directory.settings import DirectorySettings
from app.directory.terms import identities, people
from app.directory.troubles import DirectoryError, Trouble

Progress = Callable[[int], None]


@dataclass(frozen=True)
class Snapshot:
    """What one reading found. ``gone``: identities that the server itself says are deleted.

    ``is_whole`` False: only who changed. Entries in ``skipped`` are there all the same: they have not left.
    """

    people: tuple[DirectoryPerson, ...]
    cursor: Cursor | None
    is_whole: bool
    gone: frozenset[str] = frozenset()
    skipped: tuple[Skipped, ...] = ()


@dataclass
class Harvest:
    """People by identity; whoever comes twice (a page boundary moved under him) counts once, as seen last."""

    people: dict[str, DirectoryPerson] = field(default_factory=dict)
    skipped: dict[str, Skipped] = field(default_factory=dict)

    def add(self, reader: Reader, entries: Iterable[Entry]) -> None:
        """Take these entries in."""
        for entry in entries:
            person = reader.person(entry)
            if isinstance(person, Skipped):
                self.skipped[person.guid] = person
            elif person is not None:
                self.people[person.guid] = person


class Gatherer:
    """Reads the settings' people over one link."""

    def __init__(self, link: Link, root: Root) -> None:
        self.link, self.root = link, root
        self.reader = Reader(link.settings, is_ad=root.is_ad)
        group = link.settings.group.strip()
        self._term = group_term(link, group) if group and root.is_ad else ""
        self._members = Membership(link, root, group) if group and not root.is_ad else None

    def pages(
        self, more: str = "", *, base: str | None = None, only: list[str] | None = None
    ) -> Iterator[list[Entry]]:
        """The entries of people that also fit ``more``; ``only`` these attributes instead of all."""
        extra = self.link.settings.extra_filter
        where = people(is_ad=self.root.is_ad, extra=extra, more=self._term + more)
        for page in self.link.pages(where, [*(only or self.reader.attributes), "uid"], base=base):
            yield [entry for entry in page if self._members is None or self._members.holds(entry)]

    def gather(
        self, harvest: Harvest, more: str = "", *, base: str | None = None, progress: Progress | None = None
    ) -> None:
        """Read people into the harvest; ``progress`` hears after each page how many there are."""
        for page in self.pages(more, base=base):
            harvest.add(self.reader, page)
            if progress:
                progress(len(harvest.people))


def read_everyone(settings: DirectorySettings, *, progress: Progress | None = None) -> Snapshot:
    """Everybody below the base who fits. Raises DirectoryError instead of giving less than everybody."""
    with connect(settings) as link:
        # before the search: what changes meanwhile is then read once more, not missed
        root = root_of(link)
        cursor = _first_cursor(link, root)
        gatherer, harvest = Gatherer(link, root), Harvest()
        gatherer.gather(harvest, progress=progress)
        ensure_readable(list(harvest.skipped.values()), len(harvest.people))
        if not harvest.people:
            raise nobody(link, root)
        everyone, skipped = tuple(harvest.people.values()), tuple(harvest.skipped.values())
        return Snapshot(everyone, cursor, True, frozenset(), skipped)


def _first_cursor(link: Link, root: Root) -> Cursor | None:
    if not root.server:
        return None
    mark = first_mark(link, root) if link.settings.use_dirsync else ""
    return Cursor(root.server, root.usn, mark, link.settings.fingerprint())


def read_identities(settings: DirectorySettings) -> frozenset[str]:
    """The identities of everybody who fits, cheaply. Raises DirectoryError instead of giving fewer."""
    with connect(settings) as link:
        gatherer = Gatherer(link, root_of(link))
        reader = gatherer.reader
        pages = gatherer.pages(only=[reader.guid_name])
        found = frozenset(reader.guid(entry) for page in pages for entry in page)
        if not found:
            raise nobody(link, gatherer.root)
        return found


def read_people(settings: DirectorySettings, guids: Iterable[str]) -> tuple[DirectoryPerson, ...]:
    """Those of these identities who fit: for people whom :func:`read_identities` names and nobody knows yet.

    They come in without a change of their own: into the group, or with a folder moved below the base.
    """
    with connect(settings) as link:
        gatherer, harvest = Gatherer(link, root_of(link)), Harvest()
        for term in identities(guids, is_ad=gatherer.root.is_ad):
            gatherer.gather(harvest, term)
        return tuple(harvest.people.values())


def group_members(settings: DirectorySettings, group_dn: str) -> frozenset[str]:
    """The identities of a group's people below the base, through groups within groups; may be empty.

    Raises DirectoryError (BASE) if there is no such group.
    """
    with connect(settings) as link:
        return guids_within(link, root_of(link), group_dn)


def nobody(link: Link, root: Root) -> DirectoryError:
    """Why nobody is found: a wrong filter when people are to be seen without it, else a place or a right."""
    base = link.settings.base
    link.entry(base, ["objectClass"])
    for page in link.pages(people(is_ad=root.is_ad), ["objectClass"]):
        if page:
            text = _("Nobody below “%(base)s” fits the filter or the group. Correct them.", base=base)
            return DirectoryError(Trouble.EMPTY, text)
    text = _(
        "No people are to be seen below “%(base)s”. "
        "Correct the base, or give the account the right to read people.",
        base=base,
    )
    return DirectoryError(Trouble.RIGHTS, text)
