"""The second factor as people and administrators set it: on, off, reset, required by roles."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from flask_appbuilder.security.sqla.models import Role
from flask_babel import gettext as _
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.errors import Conflict, Forbidden, Invalid, NotFound
from app.events import Kind, record
from app.policy import Actor
from app.security import second_factor, sessions
from app.services.rows import find_row
from models import SecondFactorRole, Staff


def switch_on(session: Session, code: str, *, actor: Actor) -> list[str]:
    """Switch on what was set up, proved by a code; returns the recovery codes. Raises Invalid, Conflict."""
    if second_factor.standing(session, actor.id).is_on:
        raise Conflict(_("Your second factor is on already."))
    codes = second_factor.confirm(session, actor.id, code)
    if not codes:
        raise Invalid(
            fields={"code": _("This code is wrong. Check the time of the device and type a new one.")}
        )
    record(session, Kind.SECOND_FACTOR_ON, actor=actor, subject=f"user {actor.id}")
    return codes


def renew_codes(session: Session, *, actor: Actor) -> list[str]:
    """New recovery codes in place of the old. Raises Invalid when there is no second factor."""
    if not second_factor.standing(session, actor.id).is_on:
        raise Invalid(_("Set up your second factor first."))
    codes = second_factor.make_recovery_codes(session, actor.id)
    record(session, Kind.RECOVERY_CODES_MADE, actor=actor, subject=f"user {actor.id}")
    return codes


def switch_off(session: Session, *, actor: Actor) -> None:
    """Switch it off; password and code were checked. Raises Forbidden when a role requires it."""
    if second_factor.standing(session, actor.id).is_required:
        raise Forbidden(_("Your role requires a second factor: it cannot be switched off."))
    second_factor.switch_off(session, actor.id)
    record(session, Kind.SECOND_FACTOR_OFF, actor=actor, subject=f"user {actor.id}")


def reset(session: Session, user_id: int, *, actor: Actor) -> Staff:
    """Take a lost factor away and end all sessions of the person. Raises Forbidden, NotFound, Invalid."""
    ensure_administrator(actor)
    person = find_row(session, Staff, user_id)
    if person is None:
        raise NotFound(_("There is no such person."))
    take_away(session, person, actor=actor)
    return person


def take_away(session: Session, person: Staff, *, actor: Actor | None) -> None:
    """As :func:`reset`, for whoever may: the console has no actor. Raises Invalid when there is no factor."""
    if not second_factor.standing(session, person.id).is_on:
        raise Invalid(_("This person has no second factor."))
    second_factor.switch_off(session, person.id)
    sessions.end_all(session, person)
    record(session, Kind.SECOND_FACTOR_RESET, actor=actor, subject=f"user {person.id}")


def required_roles(session: Session) -> set[int]:
    """The roles whose people must have a second factor."""
    return set(session.scalars(select(SecondFactorRole.role_id)))


def require_for(session: Session, role_ids: Collection[int], *, actor: Actor) -> None:
    """Exactly these roles require it from now on. Raises Forbidden, Invalid."""
    ensure_administrator(actor)
    wanted, old = set(role_ids), required_roles(session)
    if wanted - set(session.scalars(select(Role.id))):
        raise Invalid(fields={"roles": _("One of these roles is gone. Look again.")})
    if wanted == old:
        return
    session.execute(delete(SecondFactorRole))
    session.add_all([SecondFactorRole(role_id=role_id) for role_id in sorted(wanted)])
    session.flush()
    record(
        session,
        Kind.SECOND_FACTOR_EDITED,
        actor=actor,
        subject="second factor",
        old={"roles": sorted(old)},
        new={"roles": sorted(wanted)},
    )


@dataclass(frozen=True)
class PersonStanding:
    """One line of the administrators' list."""

    id: int
    full_name: str
    login: str
    is_on: bool
    is_required: bool


def everybody(session: Session) -> Sequence[PersonStanding]:
    """How it stands with all active people, those who must and have none first."""
    on, required = second_factor.has_factor(), second_factor.is_required()
    rows = session.execute(
        select(Staff.id, Staff.first_name, Staff.last_name, Staff.username, on, required)
        .where(Staff.active.is_(True))
        .order_by(Staff.first_name, Staff.last_name, Staff.id)
    )
    people = [PersonStanding(r[0], f"{r[1]} {r[2]}".strip(), r[3], bool(r[4]), bool(r[5])) for r in rows]
    return sorted(people, key=lambda person: (not person.is_required or person.is_on, not person.is_on))


def ensure_administrator(actor: Actor) -> None:
    """Raise Forbidden for anybody else."""
    if not actor.is_administrator:
        raise Forbidden(_("Only administrators decide who needs a second factor."))
