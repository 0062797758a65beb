"""create_app(): config → extensions → security → views → sockets → cli → errors."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask import Flask
from flask_appbuilder import AppBuilder
from redis import Redis
from werkzeug.middleware.proxy_fix import ProxyFix

import app.sqlite  # noqa: F401  # its listeners are its effect
import config
from app import sockets
from app.cli import register_commands
from app.extensions import compress, csrf, db, migrate, socketio
from app.i18n import compile_catalogues
from app.security.manager import HelpdeskSecurityManager
from app.security.passwords import ensure_length
from app.security.request_size import CappedRequest
from app.security_headers import init_security_headers
from app.services.domain_sign_in import DirectoryDoor
from app.services.outside_sign_in import AccountDoor
from models import Model
from views import register_views
from views.home import HomeView
from views.reference.staff import (
    GroupApi,
    PermissionViewMenuApi,
    RoleApi,
    RoleModelView,
    UserApi,
    UserDBModelView,
    UserGroupModelView,
    ViewMenuApi,
)

ROOT = Path(__file__).resolve().parent.parent
log = logging.getLogger(__name__)


class SecurityManager(HelpdeskSecurityManager):
    """The security manager with our journalled screens and API of users, roles and groups."""

    userdbmodelview = UserDBModelView
    rolemodelview = RoleModelView
    groupmodelview = UserGroupModelView
    domain_door = DirectoryDoor()
    outside_door = AccountDoor()
    user_api, role_api, group_api = UserApi, RoleApi, GroupApi
    view_menu_api, permission_view_menu_api = ViewMenuApi, PermissionViewMenuApi


def create_app(settings: dict[str, Any] | None = None) -> Flask:
    """Return a ready application. ``settings`` override those of the environment."""
    # FAB tells at each start of columns that it makes no search field for
    logging.getLogger("flask_appbuilder.models.filters").setLevel(logging.ERROR)
    compile_catalogues()
    app = Flask(__name__, static_folder="static", template_folder="templates")
    app.request_class = CappedRequest
    app.config.update(config.load())
    app.config["FAB_PASSWORD_COMPLEXITY_VALIDATOR"] = ensure_length
    app.config.update(settings or {})
    _init_proxy(app)
    _init_extensions(app)
    with app.app_context():
        builder = AppBuilder(
            app,
            db.session,
            indexview=HomeView,
            security_manager_class=SecurityManager,
            update_perms=False,
        )
        register_views(app, builder)
    sockets.register(socketio)
    register_commands(app)
    return app


def _init_proxy(app: Flask) -> None:
    """Trust exactly as many proxies as the settings say; by default none."""
    hops = app.config["TRUSTED_PROXIES"]
    if hops:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    if app.config["ALLOWED_HOSTS"]:
        app.config["TRUSTED_HOSTS"] = app.config["ALLOWED_HOSTS"]


def _init_extensions(app: Flask) -> None:
    db.init_app(app)
    migrate.init_app(
        app,
        db,
        directory=str(ROOT / "models" / "migrations"),
        compare_type=True,
        render_as_batch=True,
    )
    csrf.init_app(app)
    compress.init_app(app)
    app.extensions["metadata"] = Model.metadata
    app.extensions["redis"] = Redis.from_url(
        app.config["REDIS_URL"], socket_connect_timeout=1, socket_timeout=1
    )
    socketio.init_app(
        app,
        async_mode="threading",
        message_queue=app.config["REDIS_URL"],
        channel=app.config["SOCKET_CHANNEL"],
        transports=["websocket"],
        cors_allowed_origins=_origins(app),
    )
    init_security_headers(app)


def _origins(app: Flask) -> list[str] | Callable[[str, dict[str, Any]], bool]:
    """The origins a socket may come from: those of the settings, else only the page's own (traps.md M14)."""
    https, hops = app.config["HTTPS"], app.config["TRUSTED_PROXIES"]

    def is_own(origin: str, environ: dict[str, Any]) -> bool:
        """Socket.IO itself would believe in X-Forwarded-Host whoever sends it, and asks before ProxyFix."""
        host = _forwarded(environ, "HOST", hops) or environ.get("HTTP_HOST", "")
        scheme = _forwarded(environ, "PROTO", hops) or environ.get("wsgi.url_scheme", "http")
        return bool(host) and origin in {f"{scheme}://{host}", f"{'https' if https else scheme}://{host}"}

    return [f"{'https' if https else 'http'}://{host}" for host in app.config["ALLOWED_HOSTS"]] or is_own


def _forwarded(environ: dict[str, Any], name: str, hops: int) -> str:
    """What the outermost of the trusted proxies says in its header, “” if none is trusted or none says so."""
    values = environ.get(f"HTTP_X_FORWARDED_{name}", "").split(",")
    return values[-hops].strip() if 0 < hops <= len(values) else ""
