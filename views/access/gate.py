"""Whose role requires a second factor and who has none sets it up first, and can do nothing else."""

from __future__ import annotations

from typing import Any

from flask import Flask, redirect, request
from flask_babel import gettext as _
from flask_login import current_user

from app.errors import Forbidden
from views.base import is_fragment

SET_UP = "/second-factor/"
STATIC = frozenset({"static", "dist"})
OPEN = frozenset({"SignInView.login", "SignInView.logout", "LanguageView.language"})


def init_gate(app: Flask) -> None:
    """Stand before every address of the application."""
    app.before_request(stop_at_the_gate)


def stop_at_the_gate() -> Any:
    """None lets the request on; pages lead to the set-up, everything else is refused."""
    endpoint = request.endpoint or ""
    if endpoint in STATIC or endpoint.endswith(".static") or endpoint in OPEN:
        return None
    if not current_user.is_authenticated or not current_user.must_enrol:
        return None
    if endpoint.startswith("SecondFactorView."):
        return None
    if request.method == "GET" and not is_fragment() and not request.path.startswith("/api/"):
        return redirect(SET_UP)
    raise Forbidden(_("Set up your second factor first."))
