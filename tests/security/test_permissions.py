"""Which screens the roles open, and that a sync neither forgets nor overrules."""

from __future__ import annotations

from flask_appbuilder.security.sqla.models import PermissionView, Role
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.security.permissions import STAFF_ROLE, STAFF_SCREENS, sync_permissions


def opened_by_staff(session: Session) -> set[tuple[str, str]]:
    """(view, permission) of the role of all staff."""
    role = session.scalars(select(Role).where(Role.name == STAFF_ROLE)).one()
    return {(row.view_menu.name, row.permission.name) for row in role.permissions}


def test_staff_opens_its_screens_and_nothing_else(session: Session) -> None:
    opened = opened_by_staff(session)
    assert ("Tickets", "can_use") in opened
    assert ("Home", "can_use") in opened
    allowed = {(view, name) for view, names in STAFF_SCREENS.items() for name in names}
    assert opened <= allowed


def test_staff_role_opens_nothing_that_governs_people(session: Session) -> None:
    views = {view for view, _name in opened_by_staff(session)}
    for word in ("Role", "Permission", "ViewMenu", "Group", "Membership"):
        assert not any(word in view for view in views), word


def test_second_sync_adds_nothing(session: Session) -> None:
    before = {str(row) for row in session.scalars(select(PermissionView))}
    sync_permissions()
    after = {str(row) for row in session.scalars(select(PermissionView))}
    assert after == before


def test_what_an_administrator_took_away_stays_away(session: Session) -> None:
    role = session.scalars(select(Role).where(Role.name == STAFF_ROLE)).one()
    taken = next(row for row in role.permissions if row.view_menu.name == "Clients")
    role.permissions.remove(taken)
    session.commit()
    sync_permissions()
    session.expire_all()
    assert ("Clients", "can_use") not in opened_by_staff(session)


def test_new_permission_of_a_release_is_granted_once(session: Session) -> None:
    role = session.scalars(select(Role).where(Role.name == STAFF_ROLE)).one()
    row = next(row for row in role.permissions if row.view_menu.name == "Notices")
    role.permissions.remove(row)
    session.flush()
    session.delete(row)
    session.commit()
    assert sync_permissions() >= 1
    session.expire_all()
    assert ("Notices", "can_use") in opened_by_staff(session)
