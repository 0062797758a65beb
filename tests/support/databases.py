"""Databases built by the migrations once per run; every test worker gets a copy."""

from __future__ import annotations

import shutil
import sqlite3
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from flask import Flask
from jinja2 import FileSystemBytecodeCache

from tests.support.servers import Servers, ensure_servers, locked

KINDS = ("sqlite", "postgres")
TEMPLATE = "helpdesk_template"


@dataclass(frozen=True)
class Place:
    """Where this test process keeps its things: the run's folder, and its own number in the run."""

    folder: Path
    number: int

    @property
    def servers(self) -> Servers:
        """The run's servers, started when first asked for."""
        return ensure_servers(self.folder)

    def settings(self, url: str, **more: Any) -> dict[str, Any]:
        """An application's settings for a database of ours."""
        return {
            "SQLALCHEMY_DATABASE_URI": url,
            "SQLALCHEMY_ENGINE_OPTIONS": _engine_options(url),
            "REDIS_URL": self.servers.redis_url(self.number),
            "RATELIMIT_STORAGE_URI": self.servers.redis_url(self.number),
            "SOCKET_CHANNEL": f"test-{self.number}",
            "SECRET_KEY": "a key for tests, long enough to pass",
            "TESTING": True,
            "WTF_CSRF_ENABLED": False,
            "AUTH_RATE_LIMITED": False,
            "SIGN_IN_REFUSAL_SECONDS": 0.0,
            # costly on purpose; test_config holds what an installation gets
            "FAB_PASSWORD_HASH_METHOD": "pbkdf2:sha256:1000",
            # a busy machine is not a broken server
            "SIGN_IN_DIRECTORY_SECONDS": 20.0,
            "RATELIMIT_ENABLED": False,
            "SERVER_NAME": None,
            **more,
        }

    def application(self, url: str) -> Flask:
        """An application on that database. The templates are compiled once for all of the run."""
        from app.factory import create_app

        application = create_app(self.settings(url))
        compiled = self.folder / "templates"
        compiled.mkdir(exist_ok=True)
        application.jinja_env.bytecode_cache = FileSystemBytecodeCache(str(compiled))
        return application

    def environment(self, url: str) -> dict[str, str]:
        """The same for a process of its own."""
        return {
            "DATABASE_URL": url,
            "REDIS_URL": self.servers.redis_url(self.number),
            "HELPDESK_SOCKET_CHANNEL": f"test-{self.number}",
            "SECRET_KEY": "a key for tests, long enough to pass",
            "HELPDESK_VAR": str(self.folder / "var"),
            "HELPDESK_LIMIT_SIGN_IN": "0",
        }

    def new_database(self, kind: str) -> str:
        """The address of a fresh migrated database with the roles and permissions in it."""
        self._ensure_template(kind)
        if kind == "sqlite":
            path = self.folder / f"{uuid.uuid4().hex}.sqlite"
            shutil.copyfile(self._sqlite_template, path)
            return f"sqlite:///{path}"
        name = f"t_{uuid.uuid4().hex[:12]}"
        with locked(self.folder / "clone.lock"):
            self._administer(f'CREATE DATABASE "{name}" TEMPLATE "{TEMPLATE}"')
        return self.servers.postgres_url(name)

    def empty_database(self, kind: str) -> str:
        """The address of a database with nothing in it, for the migrations' own tests."""
        if kind == "sqlite":
            return f"sqlite:///{self.folder / f'{uuid.uuid4().hex}.sqlite'}"
        name = f"e_{uuid.uuid4().hex[:12]}"
        self._administer(f'CREATE DATABASE "{name}"')
        return self.servers.postgres_url(name)

    @property
    def _sqlite_template(self) -> Path:
        return self.folder / "template.sqlite"

    def _ensure_template(self, kind: str) -> None:
        done = self.folder / f"template-{kind}.done"
        with locked(self.folder / f"template-{kind}.lock"):
            if done.exists():
                return
            if kind == "postgres":
                self._administer(f'CREATE DATABASE "{TEMPLATE}"')
                migrate(self.settings(self.servers.postgres_url(TEMPLATE)))
            else:
                migrate(self.settings(f"sqlite:///{self._sqlite_template}"))
                # the copy is one file: fold the write-ahead log into it
                with sqlite3.connect(self._sqlite_template) as connection:
                    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            done.touch()

    def _administer(self, statement: str) -> None:
        port = self.servers.postgres_port
        with psycopg.connect(
            host="127.0.0.1", port=port, user="postgres", dbname="postgres", autocommit=True
        ) as connection:
            connection.execute(statement)


def migrate(settings: dict[str, Any]) -> None:
    """Build a database by the migrations and sync the permissions, as an installation does."""
    from flask_migrate import upgrade

    from app.extensions import db
    from app.factory import create_app
    from app.security.permissions import sync_permissions

    application: Flask = create_app(settings)
    with application.app_context():
        upgrade()
        sync_permissions()
        db.session.remove()
        db.engine.dispose()


def _engine_options(url: str) -> dict[str, Any]:
    if url.startswith("sqlite:"):
        return {"connect_args": {"timeout": 30, "check_same_thread": False}}
    return {"pool_size": 20, "max_overflow": 100}
