"""Whose account it is when a service outside has recognised somebody. No account is made by that."""

from __future__ import annotations

import logging

from sqlalchemy import ColumnElement, and_, delete, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.events import Kind, record, unit_of_work
from app.extensions import db
from app.security.outside import OutsidePerson
from app.services.reference import subject_of
from models import OutsideIdentity, SignInWay, Staff
from models.outside import LONGEST_ISSUER, LONGEST_SUBJECT

log = logging.getLogger(__name__)


class AccountDoor:
    """The accounts that an administrator has set to this way of signing in."""

    def admit(self, person: OutsidePerson) -> Staff | None:
        """The active account of this person: found by e-mail or login once, by who he is ever after."""
        if not person.subject or len(person.subject) > LONGEST_SUBJECT or len(person.issuer) > LONGEST_ISSUER:
            return None
        session = db.session()
        try:
            return _known(session, person) or _bind(session, person)
        except IntegrityError:  # his first sign-in, in two windows at once
            session.rollback()
            return _known(session, person)


def _known(session: Session, person: OutsidePerson) -> Staff | None:
    query = select(Staff).join(OutsideIdentity, OutsideIdentity.user_id == Staff.id)
    query = query.where(OutsideIdentity.issuer == person.issuer, OutsideIdentity.subject == person.subject)
    return session.scalars(query.where(_may_enter())).one_or_none()


def _may_enter() -> ColumnElement[bool]:
    return and_(Staff.active.is_(True), Staff.sign_in_way == SignInWay.OUTSIDE)


def _bind(session: Session, person: OutsidePerson) -> Staff | None:
    """Remember who he is outside, if exactly one account waits for him and nobody else has it."""
    if _is_bound(session, person):
        return None  # his account is disabled, or signs in another way now
    column, wanted = (Staff.email, person.email) if person.email else (Staff.username, person.login)
    if not wanted:
        return None
    rows = session.scalars(
        select(Staff).where(func.lower(column) == func.lower(wanted), _may_enter()).limit(2)
    ).all()
    if len(rows) != 1 or _is_taken(session, rows[0]):
        log.warning("%s: no account waits for the subject %r", person.issuer, person.subject)
        return None
    with unit_of_work(session):
        session.add(OutsideIdentity(user_id=rows[0].id, issuer=person.issuer, subject=person.subject))
        session.flush()
        new = {"outside_identity": f"{person.issuer} {person.subject}"}
        record(session, Kind.REFERENCE_EDITED, actor=None, subject=subject_of(rows[0]), new=new)
    return rows[0]


def _is_bound(session: Session, person: OutsidePerson) -> bool:
    query = select(OutsideIdentity.user_id)
    query = query.where(OutsideIdentity.issuer == person.issuer, OutsideIdentity.subject == person.subject)
    return session.scalars(query).first() is not None


def _is_taken(session: Session, user: Staff) -> bool:
    return session.get(OutsideIdentity, user.id) is not None


def forget_identity(session: Session, user_id: int) -> None:
    """The account may become another person's outside. In the caller's transaction."""
    session.execute(delete(OutsideIdentity).where(OutsideIdentity.user_id == user_id))
