"""Somebody who is inside proves his password once more, before what only he may do."""

from __future__ import annotations

from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.security import check_password_hash

from app.errors import Invalid
from app.policy import Actor
from app.services.domain_sign_in import prove_person
from models import SignInWay, Staff


def keeps_password_here(person: Staff, actor: Actor) -> bool:
    """Whether he has a password here that opens something: local people, and administrators beside."""
    return bool(person.password) and (person.sign_in_way == SignInWay.LOCAL or actor.is_administrator)


def ensure_password(session: Session, password: str, *, actor: Actor) -> Staff:
    """The person, if that is the password with which he signs in; the directory is asked where it keeps it.

    Raises Invalid, in plain words also when the directory does not answer. Commits.
    """
    person = session.get_one(Staff, actor.id)
    if is_password_here(person, password, actor=actor):
        return person
    problem = ""
    if person.sign_in_way == SignInWay.DOMAIN and password:
        answer = prove_person(session, person, password)
        if answer.user is not None:
            return person
        problem = _not_asked() if answer.is_down else answer.problem
    raise Invalid(fields={"password": problem or wrong_password()})


def is_password_here(person: Staff, password: str, *, actor: Actor) -> bool:
    """Whether that is the password that is kept here."""
    if not password or not keeps_password_here(person, actor):
        return False
    return check_password_hash(str(person.password), password)


def wrong_password() -> str:
    """The sentence for a password that is not his."""
    return str(_("This is not your present password."))


def _not_asked() -> str:
    return str(_("The directory does not answer, so your password cannot be checked. Try again in a minute."))
