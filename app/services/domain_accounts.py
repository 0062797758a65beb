"""The account of a domain user: made at his first sign-in, and following his login in the directory."""

from __future__ import annotations

from flask import current_app
from flask_appbuilder.security.sqla.models import Role as ScreenRole
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.directory import Found
from app.events import Kind, record
from app.security.permissions import STAFF_ROLE
from app.services.reference import snapshot, subject_of
from models import SignInWay, Staff

LONGEST_NAME, LONGEST_LOGIN, LONGEST_EMAIL = 64, 64, 320


def create_account(session: Session, found: Found) -> Staff | None:
    """A new domain user with the screens of all staff; None if his login is taken by somebody else."""
    person = found.person
    if len(person.login) > LONGEST_LOGIN or _is_taken(session, person.login):
        return None
    user = Staff(
        username=person.login,
        first_name=found.first_name[:LONGEST_NAME],
        last_name=found.last_name[:LONGEST_NAME],
        email=_free_email(session, found),
        password="",
        locale=current_app.config["BABEL_DEFAULT_LOCALE"],
        sign_in_way=SignInWay.DOMAIN,
        directory_guid=person.guid,
    )
    user.active = True
    user.roles = list(session.scalars(select(ScreenRole).where(ScreenRole.name == STAFF_ROLE)))
    session.add(user)
    session.flush()
    new = snapshot(session, user)
    record(session, Kind.REFERENCE_CREATED, actor=None, subject=subject_of(user), new=new)
    return user


def follow_directory(session: Session, user: Staff, found: Found) -> None:
    """Remember who he is, and his new login if he has one and nobody else is called so."""
    login = found.person.login
    old = {"directory_guid": user.directory_guid, "username": user.username}
    user.directory_guid = found.person.guid
    renamed = login.casefold() != str(user.username).casefold()
    if renamed and len(login) <= LONGEST_LOGIN and not _is_taken(session, login):
        user.username = login
    new = {"directory_guid": user.directory_guid, "username": user.username}
    changed = [name for name in new if new[name] != old[name]]
    if changed:
        session.flush()
        record(
            session,
            Kind.REFERENCE_EDITED,
            actor=None,
            subject=subject_of(user),
            old={name: old[name] for name in changed},
            new={name: new[name] for name in changed},
        )


def _is_taken(session: Session, login: str) -> bool:
    named = select(Staff.id).where(func.lower(Staff.username) == func.lower(login))
    return session.scalars(named.limit(1)).first() is not None


def _free_email(session: Session, found: Found) -> str:
    """His address, or one that reaches nobody: every account has its own (RFC 2606)."""
    email = found.person.email
    taken = select(Staff.id).where(func.lower(Staff.email) == func.lower(email)).limit(1)
    if email and len(email) <= LONGEST_EMAIL and session.scalars(taken).first() is None:
        return email
    return f"{found.person.guid}@directory.invalid"
