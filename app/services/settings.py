"""What each person has set for himself."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, replace
from typing import Any

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.errors import Invalid
from app.events import Kind, record
from app.policy import Actor
from app.security.second_step import START_PAGES
from app.services.typed import clean_text
from models import Staff

THEMES = ("auto", "light", "dark")
PAGE_SIZES = (25, 50, 100)
PHONE = re.compile(r"\+?[0-9][0-9 ()/,;.#*-]*", re.ASCII)
# RFC 7622: a local part, an at sign, a domain; a resource names a device and does not belong here
JABBER_ID = re.compile(r"[^\s\"&'/:<>@]+@[^\s@/]+\.?[^\s@/]*")


@dataclass(frozen=True)
class Choices:
    """Everything on the settings page, as it was sent."""

    locale: str
    theme: str
    page_size: int
    sound_on: bool
    letter_keys_on: bool
    start_page: str
    phone: str
    jabber_id: str


def save_settings(session: Session, choices: Choices, *, languages: tuple[str, ...], actor: Actor) -> Staff:
    """Keep all choices of the person and return him. Raises Invalid naming every wrong field."""
    wrong: dict[str, str] = {}
    if choices.locale not in languages:
        wrong["locale"] = _("Choose one of the languages.")
    if choices.theme not in THEMES:
        wrong["theme"] = _("Choose light, dark or as the system.")
    if choices.page_size not in PAGE_SIZES:
        wrong["page_size"] = _("Choose 25, 50 or 100 rows.")
    if choices.start_page not in START_PAGES:
        wrong["start_page"] = _("Choose one of the pages.")
    choices = replace(choices, phone=clean_text(choices.phone), jabber_id=clean_text(choices.jabber_id))
    if len(choices.phone) > 40 or (choices.phone and not PHONE.fullmatch(choices.phone)):
        wrong["phone"] = _("Write a telephone number: digits, spaces, brackets, plus and minus.")
    if len(choices.jabber_id) > 320 or (choices.jabber_id and not JABBER_ID.fullmatch(choices.jabber_id)):
        wrong["jabber_id"] = _("Write the address as name@server.")
    if wrong:
        raise Invalid(fields=wrong)
    return _save(session, asdict(choices), actor)


def set_theme(session: Session, theme: str, *, actor: Actor) -> Staff:
    """Remember the theme alone. Raises Invalid."""
    if theme not in THEMES:
        raise Invalid(fields={"theme": _("Choose light, dark or as the system.")})
    return _save(session, {"theme": theme}, actor)


def set_language(session: Session, locale: str, *, languages: tuple[str, ...], actor: Actor) -> Staff:
    """Remember the language alone. Raises Invalid."""
    if locale not in languages:
        raise Invalid(fields={"locale": _("Choose one of the languages.")})
    return _save(session, {"locale": locale}, actor)


def _save(session: Session, values: dict[str, Any], actor: Actor) -> Staff:
    """Write what differs and journal it."""
    person = session.get_one(Staff, actor.id)
    old = {name: getattr(person, name) for name in values if getattr(person, name) != values[name]}
    if old:
        new = {name: values[name] for name in old}
        for name, value in new.items():
            setattr(person, name, value)
        subject = f"staff {person.id}"
        record(session, Kind.SETTINGS_EDITED, actor=actor, subject=subject, old=old, new=new)
    return person
