"""The extensions, made once and bound to an application by the factory. No logic."""

from __future__ import annotations

import logging

from flask_appbuilder import AppBuilder
from flask_appbuilder.models.sqla.base import SQLA
from flask_compress import Compress
from flask_migrate import Migrate
from flask_socketio import SocketIO
from flask_wtf.csrf import CSRFProtect
from redis import Redis
from rq import Queue
from sqlalchemy.exc import DBAPIError

log = logging.getLogger(__name__)


class Database(SQLA):
    """The database, whose connection may have died before a request has ended."""

    def _teardown_session(self, exc: BaseException | None) -> None:
        """The answer is made by now: a session that cannot be closed any more must not spoil it."""
        try:
            self.session.remove()
        except DBAPIError as error:
            log.warning("the database went away before the end: %s", type(error).__name__)
            self.session.registry.clear()


db = Database()
migrate = Migrate()
csrf = CSRFProtect()
compress = Compress()
socketio = SocketIO()


def appbuilder() -> AppBuilder:
    """Flask-AppBuilder of the current application (one per application, so not a global)."""
    from flask import current_app

    builder: AppBuilder = current_app.extensions["appbuilder"]
    return builder


def redis() -> Redis:
    """The application's Redis connection pool. Commands fail fast when Redis is away."""
    from flask import current_app

    client: Redis = current_app.extensions["redis"]
    return client


def queue(name: str = "default") -> Queue:
    """An rq queue whose jobs travel as JSON, never as pickle (traps.md M15)."""
    return Queue(name, connection=redis(), serializer="rq.serializers.JSONSerializer")
