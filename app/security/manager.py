"""Flask-AppBuilder's security manager on our staff table, asking the database once per request."""

from __future__ import annotations

import re
from typing import Any

from flask import current_app, g, has_request_context
from flask_appbuilder.security.sqla.manager import SecurityManager
from flask_appbuilder.security.sqla.models import (
    Group,
    Permission,
    PermissionView,
    ViewMenu,
    assoc_permissionview_role,
)
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from app.security import signals
from app.security.sign_in import SignInView, is_refused, sign_in_limit_key
from models import Staff


class HelpdeskSecurityManager(SecurityManager):
    """Users are :class:`models.Staff`; a user's permissions are loaded once per request.

    FAB asks one EXISTS per permission check, dozens per page (traps.md).
    """

    user_model = Staff
    authdbview = SignInView
    userstatschartview = None  # draws with scripts from the Internet

    def register_views(self) -> None:
        # these screens have no actions: FAB 5.3.0's addresses for them break on any name, for anybody
        for view in (self.permissionmodelview, self.permissionviewmodelview, self.viewmenumodelview):
            view.exclude_route_methods = view.exclude_route_methods | {"action", "action_post"}
        super().register_views()
        if current_app.config["AUTH_RATE_LIMITED"]:
            self._limit_sign_in()

    def _limit_sign_in(self) -> None:
        """One allowance of failures for the page and the API alike (traps.md M6, M7)."""
        api = next(view for view in self.appbuilder.baseviews if isinstance(view, self.security_api))
        for blueprint in (self.auth_view.blueprint, api.blueprint):
            self.limiter.shared_limit(
                current_app.config["SIGN_IN_LIMIT"],
                scope="sign-in",
                key_func=sign_in_limit_key,
                methods=["POST"],
                deduct_when=is_refused,
            )(blueprint)

    @property
    def is_auth_limited(self) -> bool:
        """FAB's own limit counts good logins and the address alone; ours stands in its place."""
        return False

    def get_user_by_id(self, pk: Any) -> Staff | None:
        """The user with his roles and groups in one statement instead of three per request."""
        roles = (joinedload(Staff.roles), joinedload(Staff.groups).joinedload(Group.roles))
        query = select(Staff).where(Staff.id == pk).options(*roles)
        found: Staff | None = self.session.scalars(query).unique().one_or_none()
        return found

    def on_user_login(self, user: Any) -> None:
        signals.signed_in.send(self, user=user)

    def on_user_logout(self, user: Any) -> None:
        signals.signed_out.send(self, user=user)

    def auth_user_db(self, username: str, password: str) -> Any:
        user = super().auth_user_db(username, password)
        if user is None:
            signals.sign_in_failed.send(self, login=str(username or ""))
        return user

    def _permissions_of(self, user: Any) -> set[tuple[str, str]]:
        """Every (permission, view) of a user or, for None, of the public role."""
        cache: dict[int, set[tuple[str, str]]] = (
            g.setdefault("screen_permissions", {}) if has_request_context() else {}
        )
        key = user.id if user is not None else 0
        if key not in cache:
            roles = self.get_user_roles(user) if user is not None else [self.get_public_role()]
            stored = [role.id for role in roles if role and role.name not in self.builtin_roles]
            rows = self.session.execute(
                select(Permission.name, ViewMenu.name)
                .join(PermissionView, PermissionView.permission_id == Permission.id)
                .join(ViewMenu, ViewMenu.id == PermissionView.view_menu_id)
                .join(
                    assoc_permissionview_role,
                    assoc_permissionview_role.c.permission_view_id == PermissionView.id,
                )
                .where(assoc_permissionview_role.c.role_id.in_(stored))
            )
            cache[key] = {(row[0], row[1]) for row in rows} if stored else set()
        return cache[key]

    def _built_in(self, user: Any) -> list[tuple[str, str]]:
        """The (view pattern, permission pattern) pairs of the user's roles fixed in the settings."""
        return [
            (view, permission)
            for role in self.get_user_roles(user)
            if role
            for view, permission in self.builtin_roles.get(role.name, [])
        ]

    def _has_view_access(self, user: Any, permission_name: str, view_name: str) -> bool:
        return self._are_fixed(self._built_in(user), permission_name, view_name) or (
            (permission_name, view_name) in self._permissions_of(user)
        )

    @staticmethod
    def _are_fixed(built_in: list[tuple[str, str]], permission_name: str, view_name: str) -> bool:
        return any(
            re.match(view, view_name) and re.match(permission, permission_name)
            for view, permission in built_in
        )

    def is_item_public(self, permission_name: str, view_name: str) -> bool:
        return (permission_name, view_name) in self._permissions_of(None)

    def _get_user_permission_view_menus(
        self, user: Any, permission_name: str, view_menus_name: list[str]
    ) -> set[str]:
        if user is None:
            return {view for name, view in self._permissions_of(None) if name == permission_name}
        # a menu asks for dozens of names at once: FAB gives the proxy, whose every attribute costs a look-up
        user = user._get_current_object() if hasattr(user, "_get_current_object") else user
        built_in, stored = self._built_in(user), self._permissions_of(user)
        return {
            view
            for view in view_menus_name or []
            if (permission_name, view) in stored or self._are_fixed(built_in, permission_name, view)
        }
