"""My settings: one page, several sections, each with a form of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import session as cookie

from app.errors import HelpdeskError, Invalid
from app.security import second_factor, sessions
from app.services.absences import colleagues, today
from app.services.account import KEY_DAYS, own_keys
from app.services.passwords import keeps_password_here
from app.services.settings import PAGE_SIZES, Choices
from models import Absence, Staff
from views.base import Screen, current_actor, session

OURS = ("locale", "theme", "page_size", "sound_on", "letter_keys_on", "start_page", "phone", "jabber_id")


def settings_page(
    view: Screen,
    section: str = "",
    error: HelpdeskError | None = None,
    *,
    choices: Choices | None = None,
    typed: Mapping[str, Any] | None = None,
    made_key: str = "",
) -> str:
    """The whole page. ``section`` is the one that was refused with ``error``; it keeps what was ``typed``."""
    person = session().get_one(Staff, current_actor().id)
    absence = session().get(Absence, person.id)
    return view.page(
        "settings/edit.html",
        person=person,
        choices=choices or Choices(**{name: getattr(person, name) for name in OURS}),
        section=section,
        wrong=error.fields if isinstance(error, Invalid) else {},
        refusal="" if error is None or getattr(error, "fields", None) else error.message,
        typed=typed or {},
        made_key=made_key,
        page_sizes=PAGE_SIZES,
        local=keeps_password_here(person, current_actor()),
        standing=second_factor.standing(session(), person.id),
        own_sessions=sessions.own_sessions(session(), person),
        here=cookie.get(sessions.KEY),
        keys=own_keys(session(), person),
        key_days=KEY_DAYS,
        absence=absence if absence is not None and absence.until >= today() else None,
        colleagues=colleagues(session(), actor=current_actor()),
        today=today(),
    )
