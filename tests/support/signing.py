"""Signing in without paying for a password hash each time; the real form has tests of its own."""

from __future__ import annotations

from typing import Any

from flask import Flask
from flask.testing import FlaskClient

from models import Staff


def sign_in(client: FlaskClient, user: Staff) -> FlaskClient:
    """Make the test client's session that of the user; returns the client."""
    user_id, locale = user.id, user.locale
    with client.session_transaction() as session:
        session.clear()
        session["_user_id"] = str(user_id)
        session["_fresh"] = True
        session["locale"] = locale
    return client


def session_cookie(application: Flask, user: Staff, url: str) -> Any:
    """A cookie for a real browser: ``context.add_cookies([session_cookie(app, user, live.url)])``."""
    serializer: Any = application.session_interface
    signer = serializer.get_signing_serializer(application)
    value = signer.dumps({"_user_id": str(user.id), "_fresh": True, "locale": user.locale})
    name = application.config["SESSION_COOKIE_NAME"]
    return {"name": name, "value": value, "url": url, "httpOnly": True, "sameSite": "Lax"}
