"""Flask-AppBuilder's security manager on our staff table, asking the database once per request."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from flask import current_app, g, has_request_context, request
from flask import session as cookie
from flask_appbuilder.security.sqla.apis import ApiKeyApi
from flask_appbuilder.security.sqla.models import (
    ApiKey,
    Group,
    Permission,
    PermissionView,
    ViewMenu,
    assoc_permissionview_role,
)
from flask_jwt_extended import JWTManager, get_jwt
from flask_login import LoginManager
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from app.security import second_factor, sessions, signals
from app.security.api import SecurityApi
from app.security.api_keys import KeyWish, is_taken_back
from app.security.domain import TwoWays
from app.security.outside import OutsideWays
from app.security.own_password import (
    ResetMyPasswordView,
    ResetPasswordView,
    UserInfoEditView,
    ensure_kept_here,
)
from app.security.sign_in import SignInView
from app.security.sign_in_limits import limit_sign_in
from models import Staff, UserSession


def _with_roles(pk: Any) -> Any:
    roles = (joinedload(Staff.roles), joinedload(Staff.groups).joinedload(Group.roles))
    return select(Staff).where(Staff.id == pk).options(*roles)


class HelpdeskSecurityManager(OutsideWays, TwoWays):
    """Users are :class:`models.Staff`; a user's permissions are loaded once per request.

    FAB asks one EXISTS per permission check, dozens per page (traps.md).
    """

    user_model = Staff
    authdbview = SignInView
    security_api = SecurityApi
    resetmypasswordview = ResetMyPasswordView
    resetpasswordview = ResetPasswordView
    userinfoeditview = UserInfoEditView
    userstatschartview = None  # draws with scripts from the Internet

    def register_views(self) -> None:
        # these screens have no actions and no files: FAB 5.3.0's addresses for actions break on any name, for
        # anybody, and the one for files serves the whole upload folder (traps.md M1, M2)
        for view in (self.permissionmodelview, self.permissionviewmodelview, self.viewmenumodelview):
            view.exclude_route_methods = view.exclude_route_methods | {"action", "action_post", "download"}
        super().register_views()
        for view in self.appbuilder.baseviews:
            if isinstance(view, ApiKeyApi):
                view.post_schema = KeyWish()
        if current_app.config["AUTH_RATE_LIMITED"]:
            api = next(view for view in self.appbuilder.baseviews if isinstance(view, self.security_api))
            limit_sign_in(self.limiter, (self.auth_view.blueprint, api.blueprint))

    @property
    def is_auth_limited(self) -> bool:
        """FAB's own limit counts good logins and the address alone; ours stands in its place."""
        return False

    def get_user_by_id(self, pk: Any) -> Staff | None:
        """The user with his roles and groups in one statement instead of three per request."""
        number = int(pk) if str(pk).isascii() and str(pk).isdigit() else 0  # FAB gives what an address says
        if not 0 < number < 2**31:
            return None
        found: Staff | None = self.session.scalars(_with_roles(number)).unique().one_or_none()
        return found

    def create_login_manager(self, app: Any) -> LoginManager:
        """A cookie must be of a signing in that still holds; FAB would take any that is signed (M5)."""
        manager = super().create_login_manager(app)
        manager.user_loader(self.load_cookie_user)
        return manager

    def load_cookie_user(self, pk: str) -> Staff | None:
        """The person of the browser's cookie, while the session that it names holds."""
        return self._load_session_user(int(pk), cookie)

    def _load_session_user(self, pk: int, carried: Mapping[str, Any]) -> Staff | None:
        """The person together with his session and whether he must enrol first, in one statement."""
        key = carried.get(sessions.KEY)
        query = _with_roles(pk).join(UserSession, sessions.is_open(key))
        query = query.add_columns(UserSession.last_seen_at, second_factor.must_enrol())
        row = self.session.execute(query).unique().one_or_none()
        if row is None or not row[0].is_active or not sessions.is_sealed(carried, row[0]):
            return None
        if sessions.is_stale(row[1]):
            sessions.note_seen(self.session, str(key), request.remote_addr or "")
            row = self.session.execute(query).unique().one_or_none()
            if row is None:
                return None
        user: Staff = row[0]
        user.must_enrol = bool(row[2])
        return user

    def create_jwt_manager(self, app: Any) -> JWTManager:
        """Tokens carry the seal and their session's key, too."""
        manager: JWTManager = super().create_jwt_manager(app)
        manager.additional_claims_loader(self._claims)
        return manager

    def _claims(self, identity: str) -> dict[str, str]:
        """The marks of a token: of the session whose refresh token asks for it, or of a new session."""
        user = self.get_user_by_id(int(identity))
        if user is None:
            return {}
        made: tuple[int, dict[str, str]] | None = g.get("token_marks")
        if made is None or made[0] != user.id:
            made = g.token_marks = (user.id, self._token_marks(user))
        return made[1]

    def _token_marks(self, user: Staff) -> dict[str, str]:
        try:
            carried = get_jwt()
        except RuntimeError:  # no token was shown in this request
            carried = {}
        if carried.get(sessions.KEY):
            return {sessions.SEAL: sessions.seal_of(user), sessions.KEY: carried[sessions.KEY]}
        address, agent = "", ""
        if has_request_context():
            address, agent = request.remote_addr or "", request.user_agent.string
        marks = sessions.open_session(self.session, user, kind=sessions.API, address=address, agent=agent)
        self.session.commit()
        return marks

    def load_user_jwt(self, _jwt_header: Any, jwt_data: Any) -> Staff | None:
        """The person of a token whose session holds, unless he must get a second factor first."""
        user = self._load_session_user(int(jwt_data["sub"]), jwt_data)
        if user is None or user.must_enrol:
            return None
        g.user = user
        return user

    def validate_api_key(self, api_key_string: str) -> Any:
        """The person of a key that was not taken back, unless he must get a second factor first."""
        row = self.session.execute(
            select(ApiKey.created_on, Staff.keys_since, second_factor.must_enrol())
            .join(Staff, Staff.id == ApiKey.user_id)
            .where(ApiKey.lookup_hash == self._compute_lookup_hash(api_key_string))
        ).one_or_none()
        if row is None or row[2] or is_taken_back(row[0], row[1]):
            return None
        return super().validate_api_key(api_key_string)

    def reset_password(self, userid: Any, password: str) -> None:
        """Everything that was opened with the old password is closed from now on.

        Raises NotFound, and Forbidden for somebody whose password the directory keeps.
        """
        ensure_kept_here(self, self.get_user_by_id(userid))
        super().reset_password(userid, password)
        signals.password_changed.send(self, user=self.get_user_by_id(userid))

    def on_user_login(self, user: Any) -> None:
        """The password was right: he is in, unless there is another step to take."""
        standing = second_factor.standing(self.session, user.id)
        refused = standing.must_enrol and request.path.startswith("/api/")
        if not standing.is_on and not refused:
            signals.signed_in.send(self, user=user)

    def on_user_logout(self, user: Any) -> None:
        signals.signed_out.send(self, user=user)

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
