"""The first login: asking for the letter, and the page that its link opens. For people without an account."""

from __future__ import annotations

import logging
from typing import Any

from flask import current_app, make_response, redirect, request
from flask import session as browser_session
from flask_appbuilder import BaseView, expose
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_limiter.util import get_remote_address
from redis.exceptions import RedisError

from app.errors import Invalid, NotFound
from app.extensions import queue
from app.security import second_step
from app.services.first_login import SHORTEST_PASSWORD, Chosen, access_open_letter, join, read_login
from views.base import session

log = logging.getLogger(__name__)
ASK = "jobs.invitations.ask_for_letter"
# what the pages carry must stay in the browser that asked for it
CLOSED = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}


class DoorView(BaseView):
    """A view for people without an account: limited like the sign-in, since anybody may knock."""

    def create_blueprint(self, *args: Any, **kwargs: Any) -> Any:
        blueprint = super().create_blueprint(*args, **kwargs)
        if current_app.config["AUTH_RATE_LIMITED"]:
            limiter = self.appbuilder.sm.limiter
            limit = current_app.config["FIRST_LOGIN_LIMIT"]
            limiter.limit(limit, key_func=get_remote_address, methods=["POST"])(blueprint)
            self.limit_more(limiter, blueprint)
        return blueprint

    def limit_more(self, limiter: Any, blueprint: Any) -> None:
        """What else is limited."""

    def answer(self, template: str, status: int = 200, **context: Any) -> Any:
        """A page that nobody keeps."""
        return make_response(self.render_template(template, **context), status, CLOSED)


def asked_login() -> str:
    """Whose letter is asked for: one mailbox must not be flooded from many addresses."""
    return f"first-login|{read_login(request.form.get('login', ''))}"


class FirstLoginView(DoorView):
    """``/first-login/``: only the login is typed, and the answer is the same for everybody."""

    route_base = "/first-login"
    default_view = "ask"

    def limit_more(self, limiter: Any, blueprint: Any) -> None:
        limit = current_app.config["LETTERS_LIMIT"]
        limiter.limit(limit, key_func=asked_login, methods=["POST"])(blueprint)

    @expose("/", methods=["GET", "POST"])
    def ask(self) -> Any:
        """The form; once sent, the work is a job's, so that not even the time tells who is listed."""
        if request.method == "GET":
            return self.answer("first_login/ask.html", asked=False)
        login = read_login(request.form.get("login", ""))
        if not login:
            return redirect("/first-login/", 303)
        try:
            queue().enqueue(ASK, login, request.remote_addr or "", result_ttl=0, failure_ttl=3600)
        except (RedisError, OSError) as error:
            log.warning("no Redis, a first login was not taken on: %s", error)
        return self.answer("first_login/ask.html", asked=True)


class LetterView(DoorView):
    """``/first-login/<token>``: what the letter's link opens. Looking uses nothing up: mail scanners look."""

    route_base = "/first-login"
    default_view = "letter"

    @expose("/<string:token>", methods=["GET"])
    def letter(self, token: str) -> Any:
        """The form, or the way to a new letter."""
        return self._form(token, {})

    @expose("/<string:token>", methods=["POST"])
    def join(self, token: str) -> Any:
        """Open the account and sign in."""
        form = request.form
        chosen = Chosen(
            temporary=form.get("temporary", ""),
            password=form.get("password", ""),
            repeated=form.get("repeated", ""),
            locale=_language(),
            address=request.remote_addr or "",
        )
        try:
            user = join(session(), token, chosen)
        except NotFound:
            return self._nothing()
        except Invalid as error:
            return self._form(token, error.fields, 422)
        browser_session.clear()
        self.appbuilder.sm.update_user_auth_stat(user)
        answer = second_step.let_in(user)
        answer.status_code = 303
        return answer

    def _form(self, token: str, wrong: dict[str, str], status: int = 200) -> Any:
        try:
            login = access_open_letter(session(), token).login
        except NotFound:  # at this very moment, too
            return self._nothing()
        words = {
            "temporary": _("Temporary password"),
            "password": _("New password"),
            "repeated": _("New password once more"),
        }
        errors = {name: (words[name], text) for name, text in wrong.items()}
        context = {"login": login, "wrong": wrong, "words": words, "errors": errors}
        return self.answer("first_login/letter.html", status, shortest=SHORTEST_PASSWORD, **context)

    def _nothing(self) -> Any:
        return self.answer("first_login/nothing.html", 404)


def _language() -> str:
    spoken = str(getattr(get_locale(), "language", ""))
    default: str = current_app.config["BABEL_DEFAULT_LOCALE"]
    return spoken if spoken in current_app.config["LANGUAGES"] else default
