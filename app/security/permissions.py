"""Which screens the roles may open. Synced by a command, not at boot, so that web workers do not race."""

from __future__ import annotations

from flask import current_app
from flask_appbuilder.security.sqla.models import PermissionView, Role
from sqlalchemy import select

from app.extensions import appbuilder, db

STAFF_ROLE = "Staff"
# What a new "Staff" role opens: (view or menu, permissions). Afterwards administrators decide; a
# permission that is new in this release is granted once, when it appears.
STAFF_SCREENS: dict[str, frozenset[str]] = {
    "Home": frozenset({"can_use"}),
    "Tickets": frozenset({"can_use"}),
    "Clients": frozenset({"can_use"}),
    "ClientBase": frozenset({"can_use"}),
    "Notices": frozenset({"can_use"}),
    "Settings": frozenset({"can_use"}),
    "TicketApi": frozenset({"can_read", "can_write"}),
    "ClientApi": frozenset({"can_read"}),
    "DepartmentApi": frozenset({"can_read"}),
    "MeApi": frozenset({"can_read"}),
    "SwaggerView": frozenset({"can_show"}),
    "OpenApi": frozenset({"can_get"}),
    "MenuApi": frozenset({"can_get"}),
    "UserInfoEditView": frozenset({"can_this_form_get", "can_this_form_post"}),
    "ResetMyPasswordView": frozenset({"can_this_form_get", "can_this_form_post"}),
    "UserDBModelView": frozenset({"can_userinfo", "resetmypassword", "userinfoedit"}),
    "ApiKey": frozenset({"can_list", "can_create", "can_get", "can_revoke"}),
}


def sync_permissions() -> int:
    """Write the permissions of all registered screens and the two roles; returns how many are new."""
    builder = appbuilder()
    before = set(db.session.scalars(select(PermissionView.id)))
    builder.sm.create_db()
    builder.add_permissions(update_perms=True)
    db.session.commit()
    staff = _role(STAFF_ROLE)
    _role(current_app.config["AUTH_ROLE_ADMIN"])
    new = [row for row in db.session.scalars(select(PermissionView)) if row.id not in before]
    for row in new:
        wanted = row.permission.name in STAFF_SCREENS.get(row.view_menu.name, frozenset())
        if wanted and row not in staff.permissions:
            staff.permissions.append(row)
    db.session.commit()
    return len(new)


def _role(name: str) -> Role:
    role = db.session.scalars(select(Role).where(Role.name == name)).one_or_none()
    if role is None:
        role = Role(name=name)
        db.session.add(role)
        db.session.flush()
    return role
