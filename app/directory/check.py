"""“Test connection”: each step in plain words, and the first ten people."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from flask_babel import gettext as _

from app.directory.link import Link
from app.directory.people import DirectoryPerson, ensure_readable
from app.directory.reading import Gatherer, Harvest, nobody
from app.directory.server import root_of
from app.directory.settings import DirectorySettings, Security
from app.directory.troubles import DirectoryError, Trouble

PREVIEW = 10


class Stage(StrEnum):
    """The steps in their order."""

    HOST = "host"
    CERTIFICATE = "certificate"
    PASSWORD = "password"
    BASE = "base"
    PEOPLE = "people"


_STAGE_OF = {
    Trouble.HOST: Stage.HOST,
    Trouble.NOT_A_DIRECTORY: Stage.HOST,
    Trouble.CERTIFICATE: Stage.CERTIFICATE,
    Trouble.ENCRYPTION_REQUIRED: Stage.CERTIFICATE,
    Trouble.PASSWORD: Stage.PASSWORD,
    Trouble.ACCOUNT: Stage.PASSWORD,
    Trouble.BASE: Stage.BASE,
    Trouble.FILTER: Stage.PEOPLE,
    Trouble.RIGHTS: Stage.PEOPLE,
    Trouble.EMPTY: Stage.PEOPLE,
    Trouble.CUT: Stage.PEOPLE,
}


@dataclass(frozen=True)
class Step:
    """One step: ``name`` and ``message`` are for people."""

    stage: Stage
    name: str
    ok: bool
    message: str


@dataclass(frozen=True)
class Check:
    """The steps up to the first that failed. ``total_hint``: how many people, like “12” or “500+”."""

    ok: bool
    steps: tuple[Step, ...]
    preview: tuple[DirectoryPerson, ...] = ()
    total_hint: str = ""
    trouble: Trouble | None = None


def test_connection(settings: DirectorySettings) -> Check:
    """Try all that a reading does, up to its first page. Raises nothing: it tells."""
    done: list[Step] = []
    try:
        link = Link(settings)
    except DirectoryError as error:
        return _failed(done, error, Stage.HOST)
    stage = Stage.HOST
    try:
        link.open()
        done += _opened(settings)
        stage = Stage.PASSWORD
        link.bind()
        done.append(_done(stage, _("The account can sign in.")))
        stage = Stage.BASE
        link.entry(settings.base, ["objectClass"])
        done.append(_done(stage, _("The base is there.")))
        stage = Stage.PEOPLE
        preview, hint = _preview(link)
        done.append(_done(stage, _("People are found and can be read.")))
    except DirectoryError as error:
        return _failed(done, error, stage)
    finally:
        link.close()
    return Check(True, tuple(done), preview, hint)


def _preview(link: Link) -> tuple[tuple[DirectoryPerson, ...], str]:
    gatherer, harvest = Gatherer(link, root_of(link)), Harvest()
    pages = gatherer.pages()
    harvest.add(gatherer.reader, next(pages, []))
    more = next(pages, None) if harvest.people else None
    while not harvest.people and (page := next(pages, None)) is not None:
        harvest.add(gatherer.reader, page)
    ensure_readable(list(harvest.skipped.values()), len(harvest.people))
    if not harvest.people:
        raise nobody(link, gatherer.root)
    everyone = sorted(harvest.people.values(), key=lambda person: person.full_name.casefold())
    return tuple(everyone[:PREVIEW]), f"{len(everyone)}{'+' if more else ''}"


def _names() -> dict[Stage, str]:
    return {
        Stage.HOST: _("Server"),
        Stage.CERTIFICATE: _("Certificate"),
        Stage.PASSWORD: _("Account and password"),
        Stage.BASE: _("Base"),
        Stage.PEOPLE: _("People and rights"),
    }


def _done(stage: Stage, message: str) -> Step:
    return Step(stage, _names()[stage], True, message)


def _opened(settings: DirectorySettings) -> list[Step]:
    host = _done(Stage.HOST, _("The server answers."))
    if settings.security is Security.PLAIN:
        return [
            host,
            _done(
                Stage.CERTIFICATE,
                _("The connection is not protected: others can read the password."),
            ),
        ]
    return [host, _done(Stage.CERTIFICATE, _("The certificate is trusted and the connection is protected."))]


def _failed(done: list[Step], error: DirectoryError, stage: Stage) -> Check:
    stage = _STAGE_OF.get(error.trouble, stage)
    before = [step for step in done if list(Stage).index(step.stage) < list(Stage).index(stage)]
    if stage is Stage.CERTIFICATE and not before:
        before = [_done(Stage.HOST, _("The server answers."))]
    return Check(False, (*before, Step(stage, _names()[stage], False, error.message)), trouble=error.trouble)
