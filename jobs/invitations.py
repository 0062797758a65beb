"""Letters of a first login. Nothing secret is in a job's arguments: secrets are made where they are sent."""

from __future__ import annotations

import logging

from flask import current_app
from flask_babel import force_locale

from app.extensions import db
from app.policy import load_actor
from app.services.first_login import ask
from app.services.invitations import access_letter, deliver, waiting_letters
from jobs.context import with_app

log = logging.getLogger(__name__)


@with_app
def ask_for_letter(login: str, asked_from: str = "") -> bool:
    """Somebody has typed this login at the door; whether a letter went."""
    return _send(ask(db.session(), login, asked_from=asked_from))


@with_app
def send_again(invitation_id: int, actor_id: int) -> bool:
    """An administrator wants the letter sent once more: the old one dies, all is looked up anew."""
    session = db.session()
    login = access_letter(session, invitation_id).login
    return _send(ask(session, login, actor=load_actor(session, actor_id)))


@with_app
def send_waiting_letters() -> int:
    """Each minute: letters whose mail server was away; returns how many went.

    rq's own delayed repeats would need a scheduler beside each worker, and would forget with Redis.
    """
    return sum(_send_one(number) for number in waiting_letters(db.session()))


def _send_one(number: int) -> bool:
    """One letter that breaks must not hold up the others; it is tried again until it is a day old."""
    try:
        return _send(number)
    except Exception:
        log.exception("letter %s broke", number)
        db.session.rollback()
        return False


def _send(number: int | None) -> bool:
    if number is None:
        return False
    with force_locale(current_app.config["BABEL_DEFAULT_LOCALE"]):
        return deliver(db.session(), number)
