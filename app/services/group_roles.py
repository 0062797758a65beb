"""Which of the directory's groups give which roles, as administrators write it on screen."""

from __future__ import annotations

from flask_appbuilder.security.sqla.models import Role as ScreenRole
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from app.directory import find_group
from app.errors import Forbidden, Invalid, NotFound
from app.events import Kind, record
from app.policy import Actor
from app.services.directory_source import directory_source, settings_of
from app.services.roles import role_labels
from app.services.typed import clean_text
from models import Department, DirectorySource, GroupRole

PUBLIC_ROLE = "Public"
SCREENS, PLACE = "screens", "place"


def list_group_roles(session: Session, *, actor: Actor) -> list[GroupRole]:
    """The lines in the order of the groups' names. Raises Forbidden unless an administrator asks."""
    ensure_administrator(actor)
    lines = select(GroupRole).options(joinedload(GroupRole.screen_role), joinedload(GroupRole.department))
    return list(session.scalars(lines.order_by(GroupRole.group_name, GroupRole.id)))


def add_group_role(session: Session, *, group: str, gives: str, actor: Actor) -> GroupRole:
    """Let a group (its name or DN) give a role: ``screens 5``, or ``place 3 coordinator``.

    Raises Forbidden, Invalid naming the field, DirectoryError when the directory cannot be asked.
    """
    ensure_administrator(actor)
    screen_role, department, role = _read(session, gives)
    group = clean_text(group)
    if not group:
        raise Invalid(fields={"group": _("Write the group's name.")})
    found = find_group(settings_of(directory_source(session)), group)
    same = select(GroupRole).where(
        GroupRole.group_guid == found.guid,
        GroupRole.screen_role_id == (screen_role.id if screen_role else None),
        GroupRole.department_id == (department.id if department else None),
    )
    if session.scalars(same).first() is not None:
        raise Invalid(fields={"group": _("This group gives that already: remove the other line first.")})
    line = GroupRole(
        group_guid=found.guid,
        group_name=found.name[:256],
        group_dn=found.dn[:2000],
        screen_role=screen_role,
        department=department,
        role=role,
    )
    session.add(line)
    session.flush()
    record(session, Kind.GROUPS_EDITED, actor=actor, subject=f"group_role {line.id}", new=_facts(line))
    return line


def remove_group_role(session: Session, line_id: int, *, actor: Actor) -> None:
    """The group gives this no longer. Raises Forbidden, NotFound."""
    ensure_administrator(actor)
    line = session.get(GroupRole, line_id)
    if line is None:
        raise NotFound(_("This line is not there any more."))
    record(session, Kind.GROUPS_EDITED, actor=actor, subject=f"group_role {line.id}", old=_facts(line))
    session.delete(line)
    session.flush()


def set_creates_accounts(session: Session, is_on: bool, *, actor: Actor) -> DirectorySource:
    """Whether whoever signs in from one of these groups gets an account. Raises Forbidden, Invalid."""
    ensure_administrator(actor)
    source = directory_source(session)
    if source.creates_accounts != is_on:
        old, source.creates_accounts = source.creates_accounts, is_on
        record(
            session,
            Kind.GROUPS_EDITED,
            actor=actor,
            subject="directory",
            old={"creates_accounts": old},
            new={"creates_accounts": is_on},
        )
    return source


def screen_roles(session: Session) -> list[ScreenRole]:
    """The roles that a group may give; the one of visitors is nobody's."""
    roles = select(ScreenRole).where(ScreenRole.name != PUBLIC_ROLE).order_by(ScreenRole.name)
    return list(session.scalars(roles))


def departments(session: Session) -> list[Department]:
    """The departments in which a group may give a role."""
    return list(session.scalars(select(Department).order_by(Department.position, Department.name)))


def ensure_administrator(actor: Actor) -> None:
    """Raise Forbidden for anybody else."""
    if not actor.is_administrator:
        raise Forbidden(_("Only administrators decide what groups give."))


def _read(session: Session, gives: str) -> tuple[ScreenRole | None, Department | None, str | None]:
    kind, number, role = [*gives.split(" "), "", "", ""][:3]
    key = int(number) if number.isascii() and number.isdigit() and len(number) < 10 else 0
    if kind == SCREENS and key:
        screen_role = next((one for one in screen_roles(session) if one.id == key), None)
        if screen_role is not None:
            return screen_role, None, None
    if kind == PLACE and key and role in role_labels(session):
        department = session.get(Department, key)
        if department is not None:
            return None, department, role
    raise Invalid(fields={"gives": _("Choose what the group gives.")})


def _facts(line: GroupRole) -> dict[str, str | None]:
    return {
        "group": line.group_dn,
        "guid": line.group_guid,
        "screen_role": line.screen_role.name if line.screen_role else None,
        "department": line.department.name if line.department else None,
        "role": line.role,
    }
