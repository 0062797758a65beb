"""The directory that is read, as administrators set it: its address, its account, its schedule, its brake."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.directory import DirectorySettings, Security
from app.directory.settings import ATTRIBUTE
from app.errors import Conflict, Forbidden, Invalid
from app.events import Kind, record
from app.policy import Actor
from app.security import sealing
from app.services.typed import clean_text
from models import DirectorySource, utcnow

TEXTS = (
    "host",
    "user",
    "base",
    "certificate_name",
    "ca_pem",
    "extra_filter",
    "group",
    "unit_attribute",
)
LENGTHS = {"ca_pem": 40_000}
FLAGS = ("unit_from_ou", "use_dirsync")
ONE_ROW = 1  # the id of the settings
SYNC_MINUTE = 12  # the minute of the hour at which the directory is read by night
PURPOSE = "directory password"
MAPPED = ("login", "full_name", "email", "phones", "room", "job_title")


def directory_source(session: Session) -> DirectorySource:
    """The one row of settings. Raises Invalid when no directory is set."""
    source = session.scalars(select(DirectorySource).order_by(DirectorySource.id)).first()
    if source is None:
        raise Invalid(_("No directory is set yet: write its address and account into the settings."))
    return source


def find_source(session: Session, *, is_locked: bool = False) -> DirectorySource:
    """The settings, or empty ones that are not stored yet; ``is_locked``: nobody else changes them now."""
    query = select(DirectorySource).order_by(DirectorySource.id)
    if is_locked:
        query = query.with_for_update().execution_options(populate_existing=True)
    found = session.scalars(query).first()
    return found or DirectorySource(
        settings={}, cursor={}, is_on=False, hour=3, brake_percent=10, version=0, sealed_password=""
    )


def settings_of(source: DirectorySource) -> DirectorySettings:
    """The settings as the directory's reader takes them, password and all. Raises Invalid."""
    return make_settings(source.settings, unseal(source.sealed_password))


def make_settings(values: Mapping[str, Any], password: str) -> DirectorySettings:
    """Settings from stored or typed values. Raises Invalid naming every field that is wrong."""
    clean = clean_settings(values)
    return DirectorySettings(
        **{name: clean[name] for name in (*TEXTS, *FLAGS)},
        port=clean["port"],
        security=Security(clean["security"]),
        attributes=clean["attributes"],
        page_size=clean["page_size"],
        timeout=clean["timeout"],
        password=password,
    )


def typed_settings(session: Session, values: Mapping[str, Any], password: str) -> DirectorySettings:
    """Typed settings as a test takes them, not stored anywhere.

    Without a ``password`` the stored one is taken, if the server and the account are those it belongs to.
    Raises Invalid naming every field that is wrong.
    """
    settings = make_settings(values, password)
    source = find_source(session)
    if not password:
        if not source.sealed_password or _is_moved(source, values):
            raise Invalid(fields={"password": _("Write the password of this account.")})
        settings = make_settings(values, unseal(source.sealed_password))
    return settings


def clean_settings(values: Mapping[str, Any]) -> dict[str, Any]:
    """Values as they are stored. Raises Invalid naming every field that is wrong."""
    wrong: dict[str, str] = {}
    clean: dict[str, Any] = {name: clean_text(str(values.get(name) or "")) for name in TEXTS}
    for name, text in clean.items():
        if len(text) > LENGTHS.get(name, 1000):
            wrong[name] = _("Shorten to %(number)s characters.", number=LENGTHS.get(name, 1000))
    clean["unit_attribute"] = clean["unit_attribute"] or "department"
    for name, sentence in (
        ("host", _("Write the name of the directory's server.")),
        ("user", _("Write the account that reads the directory.")),
        ("base", _("Write the base, for example DC=corp,DC=example.")),
    ):
        if not clean[name]:
            wrong[name] = sentence
    clean |= {name: bool(values.get(name)) for name in FLAGS}
    clean["security"] = str(values.get("security") or Security.LDAPS)
    if clean["security"] not in set(Security):
        wrong["security"] = _("Choose LDAPS, StartTLS or no protection.")
    clean["port"] = _number(values, "port", None, 1, 65535, wrong)
    clean["page_size"] = _number(values, "page_size", 500, 10, 1000, wrong)
    clean["timeout"] = float(_number(values, "timeout", 5, 1, 60, wrong) or 5)
    given = values.get("attributes") or {}
    clean["attributes"] = {
        n: clean_text(str(given[n]))[:200] for n in MAPPED if str(given.get(n) or "").strip()
    }
    named = {f"attribute_{n}": text for n, text in clean["attributes"].items()}
    for name, text in {**named, "unit_attribute": clean["unit_attribute"]}.items():
        for part in filter(None, map(str.strip, text.split(","))):
            if not ATTRIBUTE.fullmatch(part):
                wrong[name] = _("“%(name)s” is not the name of an attribute. Correct it.", name=part[:60])
    if wrong:
        raise Invalid(fields=wrong)
    return clean


def save_source(
    session: Session,
    values: Mapping[str, Any],
    *,
    password: str,
    is_on: bool,
    hour: int,
    brake_percent: int,
    version: int,
    actor: Actor,
) -> DirectorySource:
    """Keep the settings; an empty ``password`` keeps the one there is, unless the server or account differs.

    Raises Forbidden unless an administrator asks, Invalid naming the fields, Conflict when a colleague has
    changed them since ``version``.
    """
    ensure_administrator(actor)
    clean = clean_settings(values)
    source = find_source(session, is_locked=True)
    if source.version != version:
        raise Conflict(_("Someone has changed these settings meanwhile."), current=source.version)
    old = dict(source.settings)
    wrong = {}
    if not password and (_is_moved(source, clean) or not source.sealed_password):
        wrong["password"] = _("Write the password of this account.")
    if not 0 <= hour <= 23:
        wrong["hour"] = _("Choose an hour from 0 to 23.")
    if not 1 <= brake_percent <= 100:
        wrong["brake_percent"] = _("Write a number from 1 to 100.")
    if wrong:
        raise Invalid(fields=wrong)
    facts = {"is_on": source.is_on, "hour": source.hour, "brake_percent": source.brake_percent}
    source.settings, source.changed_at, source.version = clean, utcnow(), version + 1
    source.is_on, source.hour, source.brake_percent = is_on, hour, brake_percent
    if password:
        source.sealed_password = seal(password)
    _store(session, source)
    new = {**clean, "is_on": is_on, "hour": hour, "brake_percent": brake_percent}
    changed = [name for name in new if new[name] != {**old, **facts}.get(name)]
    if changed or password:
        before = {name: {**old, **facts}.get(name) for name in changed}
        after = {name: new[name] for name in changed} | ({"password": "•••"} if password else {})
        record(session, Kind.DIRECTORY_EDITED, actor=actor, subject="directory", old=before, new=after)
    return source


def next_reading(source: DirectorySource, zone: ZoneInfo, now: datetime) -> datetime | None:
    """When the directory is read by itself the next time (aware, in ``zone``); None when that is off."""
    if not source.is_on:
        return None
    here = now.astimezone(zone)
    planned = here.replace(hour=source.hour, minute=SYNC_MINUTE, second=0, microsecond=0)
    return planned if planned > here else planned + timedelta(days=1)


def ensure_administrator(actor: Actor) -> None:
    """Raise Forbidden for anybody else: the directory's account is the whole organisation's."""
    if not actor.is_administrator:
        raise Forbidden(_("Only administrators set the directory."))


def seal(text: str) -> str:
    """A secret as it is kept in the database; the key follows from SECRET_KEY."""
    return sealing.seal(text, PURPOSE)


def unseal(sealed: str) -> str:
    """The secret again. Raises Invalid when SECRET_KEY is not the one it was sealed with."""
    text = sealing.unseal(sealed, PURPOSE) if sealed else ""
    if text is None:
        raise Invalid(
            fields={"password": _("The stored password cannot be read any more: write it once more.")}
        )
    return text


def _store(session: Session, source: DirectorySource) -> None:
    """Write the one row; of several who save it for the first time at once, one wins."""
    source.id = source.id or ONE_ROW
    try:
        with session.begin_nested():
            session.add(source)
            session.flush()
    except IntegrityError:
        raise Conflict(_("Someone has changed these settings meanwhile."), current=1) from None


def _is_moved(source: DirectorySource, values: Mapping[str, Any]) -> bool:
    """Whether these settings name another server or account than the stored password belongs to."""
    return any(source.settings.get(n) != clean_text(str(values.get(n) or "")) for n in ("host", "user"))


def _number(
    values: Mapping[str, Any], name: str, usual: int | None, least: int, most: int, wrong: dict[str, str]
) -> int | None:
    text = str(values.get(name) or "").strip().removesuffix(".0")
    if not text:
        return usual
    if not (text.isascii() and text.isdigit() and least <= int(text) <= most):
        wrong[name] = _("Write a number from %(least)s to %(most)s.", least=least, most=most)
        return usual
    return int(text)
