"""Who gets into ``/api/``: a bearer token, or the browser's session with our page's token for changes.

FAB exempts its APIs from the CSRF check (traps.md M8). Here the check is put back for every request
that is let in by a cookie; a bearer token cannot be sent by a foreign page and needs none.
"""

from __future__ import annotations

from typing import Any

from flask import Flask, abort, current_app, g, jsonify, request
from flask import session as cookie
from flask_appbuilder import AppBuilder
from flask_babel import gettext as _
from flask_login import AnonymousUserMixin

from app.extensions import csrf
from app.text import is_storable
from views.api.fields import LARGEST_ID, read_rison

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
# gives a token for a password; the cookie plays no part in it
SIGN_IN = "/api/v1/security/login"
# FAB's own resources, which take a request as it comes and crash on nonsense
UNCHECKED = "/api/v1/security/"
ROW_ARGUMENTS = frozenset({"pk", "role_id"})


def init_api_guard(app: Flask, builder: AppBuilder) -> None:
    """Guard every API of ``app``, FAB's own included, and let token errors answer like ours."""
    app.before_request(_guard)
    manager = builder.sm.jwt_manager
    for loader in (manager.unauthorized_loader, manager.invalid_token_loader):
        loader(_refuse_token)
    for loader in (
        manager.expired_token_loader,
        manager.revoked_token_loader,
        manager.user_lookup_error_loader,
        manager.needs_fresh_token_loader,
    ):
        loader(_refuse_token)


def _guard() -> None:
    if not request.path.startswith("/api/"):
        return
    if _has_bearer():
        # the token alone says who it is: the browser's session must not answer in its place
        g._login_user = g.user = AnonymousUserMixin()
    elif _changes_by_cookie() and current_app.config["WTF_CSRF_ENABLED"]:
        csrf.protect()
    if request.path.startswith(UNCHECKED):
        _check_sent()


def _check_sent() -> None:
    """Answer 400 to a body or a rison argument that cannot be read or stored."""
    try:
        body = request.get_json(silent=True)
    except RecursionError:
        abort(400)
    asked = read_rison()
    ids = [str(value) for name, value in (request.view_args or {}).items() if name in ROW_ARGUMENTS]
    if not is_storable(request.path) or not all(_is_id(text) for text in ids):
        abort(404)
    if not all(isinstance(key, str) for key in asked) or not (_is_storable(body) and _is_storable(asked)):
        abort(400)


def _is_storable(value: Any) -> bool:
    """Whether the databases take every text and number in a JSON value, however deep."""
    left = [value]
    while left:
        part = left.pop()
        if isinstance(part, dict):
            left += [*part.keys(), *part.values()]
        elif isinstance(part, list):
            left += part
        elif not _is_plain_storable(part):
            return False
    return True


def _is_plain_storable(value: Any) -> bool:
    if isinstance(value, str):
        return is_storable(value)
    return not isinstance(value, int | float) or -LARGEST_ID <= value <= LARGEST_ID


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 11 and int(text) <= LARGEST_ID


def _changes_by_cookie() -> bool:
    return request.method not in SAFE_METHODS and "_user_id" in cookie and request.path != SIGN_IN


def _has_bearer() -> bool:
    return request.headers.get("Authorization", "").lower().startswith("bearer ")


def _refuse_token(*_details: Any) -> Any:
    return jsonify({"message": _("Please sign in: the token is missing, wrong or too old.")}), 401
