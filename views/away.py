"""When the database does not answer: in plain words, asking nobody, and keeping what was typed."""

from __future__ import annotations

import logging
from typing import Any

from flask import current_app, jsonify, make_response, request
from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError

from app.extensions import db
from views.base import is_fragment

log = logging.getLogger(__name__)
COME_AGAIN = "5"  # seconds, for those who ask again by themselves
MOST_FIELDS = 200
# what is typed anew rather than kept in a page
_SECRET = ("password", "code", "token")


def is_away(error: BaseException) -> bool:
    """Whether it was the database that did not answer, or was too busy, and not a fault of ours."""
    if isinstance(error, OperationalError | InterfaceError):
        return True
    return isinstance(error, DBAPIError) and error.connection_invalidated


def answer_away(error: BaseException) -> Any:
    """503 as page, fragment or JSON; nothing in it needs the database."""
    log.error("the database does not answer: %s on %s %r", type(error).__name__, request.method, request.path)
    _let_go()
    languages = list(current_app.config["LANGUAGES"])
    language = request.accept_languages.best_match(languages) or current_app.config["BABEL_DEFAULT_LOCALE"]
    with force_locale(language):
        message = _(
            "The database does not answer at the moment. Nothing is lost: try again in a few seconds."
        )
        if request.path.startswith("/api/") or is_fragment() or _wants_json():
            response = jsonify({"message": message})
        else:
            response = make_response(_page(language, message))
    response.status_code = 503
    response.headers["Retry-After"] = COME_AGAIN
    return response


def _page(language: str, message: str) -> str:
    # not render_template: what it puts into every page asks the database who is looking
    template = current_app.jinja_env.get_template("errors/away.html")
    return template.render(
        language=language,
        title=_("The database does not answer"),
        message=message,
        again=_("Send once more") if request.method == "POST" else _("Try again"),
        path=request.full_path.rstrip("?"),
        fields=_typed() if request.method == "POST" else None,
    )


def _typed() -> list[tuple[str, str]]:
    """What was sent, to be sent once more; without secrets and files, which are typed and chosen anew."""
    pairs = [(name, value) for name, values in request.form.lists() for value in values]
    return [pair for pair in pairs if not any(word in pair[0].lower() for word in _SECRET)] + [
        ("csrf_token", value) for value in request.form.getlist("csrf_token")
    ][:MOST_FIELDS]


def _wants_json() -> bool:
    return request.accept_mimetypes.best == "application/json"


def _let_go() -> None:
    """The session with its broken connection is of no use any more."""
    try:
        db.session.rollback()
    except Exception:
        db.session.remove()
