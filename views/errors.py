"""One mapping of refusals to a page, a fragment or JSON."""

from __future__ import annotations

import logging
from typing import Any

from flask import Flask, jsonify, make_response, render_template, request
from flask_babel import gettext as _
from flask_login import current_user
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from app.errors import HelpdeskError, Invalid
from app.extensions import appbuilder, db
from views.away import answer_away, is_away
from views.base import is_fragment

log = logging.getLogger(__name__)


def wants_json() -> bool:
    """The API, or whoever asks for JSON and not for a page."""
    return request.path.startswith("/api/") or (
        request.accept_mimetypes.best == "application/json" and not is_fragment()
    )


def register_errors(app: Flask) -> None:
    """Let every refusal answer in the form and language of the one who asked."""
    app.register_error_handler(HelpdeskError, answer_refusal)
    app.register_error_handler(CSRFError, answer_csrf)
    app.register_error_handler(HTTPException, answer_http)
    app.register_error_handler(Exception, answer_crash)


def answer_refusal(error: HelpdeskError) -> Any:
    """NotFound 404, Forbidden 403, Conflict 409 with the current version, Invalid 422 with fields."""
    db.session.rollback()
    if error.status == 403:
        _log_refusal()
    details = dict(error.details)
    if isinstance(error, Invalid):
        details["fields"] = error.fields
    return _answer(error.status, error.message, details)


def answer_csrf(error: CSRFError) -> Any:
    """The page was open for too long, or the request did not come from our page."""
    return _answer(400, _("This page is out of date: reload it and send once more."), {})


def answer_http(error: HTTPException) -> Any:
    """Werkzeug's own errors in our clothes."""
    if error.response is not None or (error.code or 500) < 400:
        return error
    if error.code == 403:
        _log_refusal()
    return _answer(error.code or 500, _reason(error.code or 500), {}, headers=error)


def answer_crash(error: Exception) -> Any:
    """A fault of ours: logged with its trace, told without it."""
    if is_away(error):
        return answer_away(error)
    log.exception("unexpected error on %s %r", request.method, request.path)
    db.session.rollback()
    return _answer(500, _reason(500), {})


def _log_refusal() -> None:
    """Who was refused what, from where. Quoted, so that an address cannot begin a line of its own."""
    who = current_user.get_id() if current_user else None
    log.warning("refused user %s at %s: %s %r", who, request.remote_addr, request.method, request.path)


def _reason(status: int) -> str:
    reasons: dict[int, str] = {
        400: _("The request makes no sense as it was sent."),
        401: _("Please sign in."),
        403: _("You may not open this. Ask an administrator if you need it."),
        404: _("There is nothing here, or it is not yours to see."),
        405: _("This address does not take such a request."),
        413: _("That is too large to send."),
        429: _("Too many attempts: wait a minute and try again."),
    }
    return str(reasons.get(status, _("Something went wrong on our side. It has been logged; try again.")))


def _answer(status: int, message: str, details: dict[str, Any], headers: HTTPException | None = None) -> Any:
    if wants_json():
        response = jsonify({"message": message, **details})
    elif is_fragment():
        response = make_response(
            render_template("errors/fragment.html", status=status, message=message, details=details)
        )
    else:
        response = make_response(
            render_template(
                "errors/page.html",
                status=status,
                message=message,
                details=details,
                appbuilder=appbuilder(),
            )
        )
    response.status_code = status
    if headers is not None:
        for name, value in headers.get_headers():
            if name.lower() in {"retry-after", "allow"}:
                response.headers[name] = value
    return response
