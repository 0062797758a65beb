"""What a person's groups in the directory give him here, kept apart from what somebody gave him by hand."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from flask_appbuilder.security.sqla.models import Role as ScreenRole
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.actors import ADMINISTRATOR_ROLE
from app.directory import groups_of
from app.events import Kind, record, unit_of_work
from app.notify import popup
from app.services.administrators import administrators, opening_here
from app.services.directory_source import directory_source, settings_of
from app.services.domain_leavers import show_out
from app.services.reference import subject_of
from models import Department, GroupGrant, GroupRole, Membership, Role, SignInWay, Staff


def mapped_groups(session: Session) -> frozenset[str]:
    """The GUIDs of the groups that give something."""
    return frozenset(session.scalars(select(GroupRole.group_guid)))


def apply_groups(session: Session, user: Staff, groups: Collection[str]) -> bool:
    """Give and take what follows from these groups (GUIDs), uncommitted; whether anything changed.

    What was given by hand stays as it is, and so does the last administrator. Journalled, before and after.
    """
    given = list(session.scalars(select(GroupRole).where(GroupRole.group_guid.in_(groups)))) if groups else []
    grants = list(session.scalars(select(GroupGrant).where(GroupGrant.user_id == user.id)))
    if not given and not grants:
        return False
    old = standing(session, user)
    _apply_screens(session, user, given, [grant for grant in grants if grant.screen_role_id])
    _apply_places(session, user, given, [grant for grant in grants if grant.department_id])
    session.flush()
    session.expire(user, ["memberships"])
    new = standing(session, user)
    if new == old:
        return False
    changed = [name for name in new if new[name] != old[name]]
    record(
        session,
        Kind.GROUPS_APPLIED,
        actor=None,
        subject=subject_of(user),
        old={name: old[name] for name in changed},
        new={name: new[name] for name in changed},
    )
    return True


def standing(session: Session, user: Staff) -> dict[str, list[str]]:
    """The person's roles in words: of the screens, and in departments."""
    places = (
        select(Department.name, Membership.role)
        .join(Membership, Membership.department_id == Department.id)
        .where(Membership.user_id == user.id)
        .order_by(Department.name)
    )
    return {
        "roles": sorted(str(role.name) for role in user.roles),
        "memberships": [f"{name}: {role}" for name, role in session.execute(places)],
    }


def _apply_screens(session: Session, user: Staff, given: list[GroupRole], grants: list[GroupGrant]) -> None:
    wanted = {row.screen_role_id for row in given if row.screen_role_id}
    held = {role.id: role for role in user.roles}
    for grant in grants:
        role = held.get(grant.screen_role_id)
        if grant.screen_role_id in wanted or (
            role is not None and _is_last_administrator(session, user, role)
        ):
            continue
        if role is not None:
            user.roles.remove(role)
        session.delete(grant)
    granted = {grant.screen_role_id for grant in grants}
    for role in session.scalars(select(ScreenRole).where(ScreenRole.id.in_(wanted - held.keys()))):
        user.roles.append(role)
        if role.id not in granted:
            session.add(GroupGrant(user_id=user.id, screen_role_id=role.id))


def _is_last_administrator(session: Session, user: Staff, role: Any) -> bool:
    if role is None or role.name != ADMINISTRATOR_ROLE:
        return False
    return not (administrators(session) & opening_here(session)) - {user.id}


def _apply_places(session: Session, user: Staff, given: list[GroupRole], grants: list[GroupGrant]) -> None:
    wanted = _wanted_places(given)
    rows = session.scalars(select(Membership).where(Membership.user_id == user.id))
    held = {row.department_id: row for row in rows}
    for grant in grants:
        place: int = grant.department_id or 0
        membership, role = held.get(place), wanted.pop(place, None)
        if membership is not None and _is_edited(membership, grant):
            session.delete(grant)  # somebody's hand has it now
        elif role is None:
            session.delete(grant)
            if membership is not None:
                session.delete(membership)
        else:
            grant.role = role
            if membership is not None:
                membership.role = role
            else:
                session.add(Membership(user_id=user.id, department_id=place, role=role))
    for place, role in wanted.items():
        if place not in held:
            session.add(Membership(user_id=user.id, department_id=place, role=role))
            session.add(GroupGrant(user_id=user.id, department_id=place, role=role))


def _wanted_places(given: list[GroupRole]) -> dict[int, str]:
    """The role in each department; of two the higher one."""
    wanted: dict[int, str] = {}
    for row in given:
        if row.department_id and row.role and wanted.get(row.department_id) != Role.COORDINATOR:
            wanted[row.department_id] = row.role
    return wanted


def _is_edited(membership: Membership, grant: GroupGrant) -> bool:
    dates = (membership.valid_from, membership.valid_until)
    return membership.role != grant.role or any(date is not None for date in dates)


def apply_to_everybody(session: Session) -> int:
    """Bring all domain users in line with their groups of this moment; how many changed.

    Raises DirectoryError before anything is changed. Whoever is disabled, expired or gone in the directory is
    in no group, and everything of his that was open is ended. Commits once a person.
    """
    out = show_out(session)
    known = select(Staff).where(Staff.sign_in_way == SignInWay.DOMAIN, Staff.directory_guid.is_not(None))
    people = {str(user.directory_guid): user.id for user in session.scalars(known)}
    groups = mapped_groups(session)
    settings = settings_of(directory_source(session)) if groups and people else None
    session.commit()
    within = groups_of(settings, groups, people) if settings else {}
    changed = 0
    for guid, user_id in people.items():
        with unit_of_work(session):
            user = session.get(Staff, user_id)
            groups_now = frozenset() if user_id in out else within.get(guid, frozenset())
            is_changed = user is not None and apply_groups(session, user, groups_now)
        if is_changed:
            popup.reconnect(user_id)
            changed += 1
    return changed
