"""Signing in without paying for a password hash each time; the real form has tests of its own."""

from __future__ import annotations

from typing import Any

from flask import Flask
from flask.testing import FlaskClient

from app.extensions import db
from app.security import sessions
from models import Staff


def sign_in(client: FlaskClient, user: Staff) -> FlaskClient:
    """Make the test client's session that of the user; returns the client."""
    user_id, locale, marks = user.id, user.locale, new_marks(user)
    with client.session_transaction() as session:
        session.clear()
        session["_user_id"] = str(user_id)
        session["_fresh"] = True
        session["locale"] = locale
        session.update(marks)
    return client


def new_marks(user: Staff) -> dict[str, str]:
    """A signing in that is kept in the database."""
    marks = sessions.open_session(db.session(), user, address="127.0.0.1")
    db.session.commit()
    return marks


def session_cookie(application: Flask, user: Staff, url: str, **more: str) -> Any:
    """A cookie for a real browser: ``context.add_cookies([session_cookie(app, user, live.url)])``.

    ``more`` is put into the session beside the signing in.
    """
    serializer: Any = application.session_interface
    signer = serializer.get_signing_serializer(application)
    with application.app_context():
        marks = new_marks(user)
    value = signer.dumps({"_user_id": str(user.id), "_fresh": True, "locale": user.locale, **marks, **more})
    name = application.config["SESSION_COOKIE_NAME"]
    return {"name": name, "value": value, "url": url, "httpOnly": True, "sameSite": "Lax"}
