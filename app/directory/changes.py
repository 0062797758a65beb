"""Only what changed since the last reading; Active Directory alone counts its changes."""

from __future__ import annotations

from app.directory.dirsync import changes_since
from app.directory.expiry import over_term
from app.directory.link import connect
from app.directory.reading import Gatherer, Harvest, Progress, Snapshot
from app.directory.server import Cursor, Root, root_of
from app.directory.settings import DirectorySettings
from app.directory.terms import FOLDERS, identities

# more folders than this in one go is a reorganisation: a whole reading is no dearer
MOST_FOLDERS = 50


def read_changes(
    settings: DirectorySettings, cursor: Cursor, *, progress: Progress | None = None
) -> Snapshot | None:
    """Whoever changed since the cursor and (still) fits. None: only a whole reading will do.

    So on another or a restored server, with other settings, without a counter, after a reorganisation.
    Who left, and who came in without a change of his own (into the group), is seen by comparing
    :func:`app.directory.read_identities`. Raises DirectoryError.
    """
    with connect(settings) as link:
        # before the search, like in a whole reading
        root = root_of(link)
        if not _fits(cursor, root, settings):
            return None
        gatherer, harvest = Gatherer(link, root), Harvest()
        since = f"(uSNChanged>={cursor.usn + 1})"
        folders = [e.dn for page in link.pages(f"(&{FOLDERS}{since})", ["cn"]) for e in page]
        if len(folders) > MOST_FOLDERS:
            return None
        told = changes_since(link, root, cursor.dirsync) if cursor.dirsync else None
        for term in identities(told.changed, is_ad=True) if told else [since]:
            gatherer.gather(harvest, term, progress=progress)
        # an account ends by its date without a change of its own
        gatherer.gather(harvest, over_term(), progress=progress)
        # a folder that moved or got a new name changes the unit of people whose own counters stay
        for folder in folders:
            gatherer.gather(harvest, base=folder, progress=progress)
        new = Cursor(root.server, root.usn, told.mark if told else "", settings.fingerprint())
        gone = frozenset(told.gone) if told else frozenset[str]()
        people, skipped = tuple(harvest.people.values()), tuple(harvest.skipped.values())
        return Snapshot(people, new, False, gone, skipped)


def _fits(cursor: Cursor, root: Root, settings: DirectorySettings) -> bool:
    """A counter that went backwards belongs to a server restored from an older copy."""
    same = cursor.server == root.server != "" and cursor.settings == settings.fingerprint()
    return same and cursor.usn <= root.usn
