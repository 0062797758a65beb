"""Brings the database up to date before anything starts: tables, permissions, demo data on the first run."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import make_url, select
from sqlalchemy.exc import SQLAlchemyError

from app.extensions import db, redis
from app.launcher.errors import CannotStart
from app.security.permissions import sync_permissions
from models import Staff

ROOT = Path(__file__).resolve().parents[2]


def prepare(app: Flask, environment: dict[str, str]) -> None:
    """Migrate, sync, seed an empty database, and leave no connection open (children are forked next)."""
    with app.app_context():
        try:
            upgrade()
            sync_permissions()
            empty = db.session.scalar(select(Staff.id).limit(1)) is None
        except SQLAlchemyError as error:
            url = make_url(app.config["SQLALCHEMY_DATABASE_URI"])
            reason = str(getattr(error, "orig", None) or error).strip()
            raise CannotStart(f"The database {url} cannot be used: {reason}") from None
        finally:
            _let_go()
    if empty and environment.get("HELPDESK_DEMO", "1") != "0":
        _seed(environment)


def _let_go() -> None:
    db.session.remove()
    db.engine.dispose()
    redis().connection_pool.disconnect()


def _seed(environment: dict[str, str]) -> None:
    """In a process of its own: what it needs in memory is not ours for the rest of the day."""
    command = [sys.executable, "-m", "flask", "--app", "app.wsgi:app", "seed", "--demo"]
    if subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode:
        raise CannotStart("The demo data could not be written: see the messages above")


def demo_logins(app: Flask) -> list[tuple[str, str, str]]:
    """The demo people that are still there and active, as (login, password, role)."""
    from app.demo import LOGINS

    with app.app_context():
        names = [login for login, _password, _role in LOGINS]
        query = select(Staff.username).where(Staff.username.in_(names), Staff.active.is_(True))
        there = set(db.session.scalars(query))
        _let_go()
    return [row for row in LOGINS if row[0] in there]
