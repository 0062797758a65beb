"""A person's own account: password, absence, sessions, API keys. The sections of the settings page."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any, TypeVar

from flask import flash, make_response, redirect, request
from flask_appbuilder import expose
from flask_babel import gettext as _

from app.errors import HelpdeskError, Invalid
from app.events import unit_of_work
from app.notify import popup
from app.security import signals
from app.services import absences, account
from models import Staff
from views.access.settings_page import settings_page
from views.base import Screen, current_actor, session
from views.door import go_on_here
from views.ticket_query import number_in

T = TypeVar("T")


class AccountView(Screen):
    """Every section saves by itself; a mistake answers 422 with what was typed."""

    route_base = "/settings"
    default_view = "edit"
    class_permission_name = "Settings"

    @expose("/password", methods=["POST"])
    def password(self) -> Any:
        """A new password; everything opened with the old one ends, except here."""
        old, new, again = (request.form.get(name, "") for name in ("old_password", "new_password", "again"))
        try:
            person = _done(lambda: account.change_password(session(), old, new, again, actor=current_actor()))
        except Invalid as error:
            return settings_page(self, "password", error), 422
        signals.password_changed.send(self, user=person)
        return _back("password", _("Your password is changed. Other browsers, tokens and API keys are out."))

    @expose("/away", methods=["POST"])
    def away(self) -> Any:
        """Away until a day, and who stands in; ``back`` ends it."""
        if request.form.get("back"):
            _done(lambda: absences.come_back(session(), actor=current_actor()))
            return _back("away", _("Everybody sees that you are here again."))
        until, stand_in = _day(request.form.get("away_until", "")), request.form.get("stand_in", "")
        try:
            _done(lambda: absences.go_away(session(), until, number_in(stand_in), actor=current_actor()))
        except Invalid as error:
            return settings_page(self, "away", error, typed=request.form), 422
        return _back("away", _("Your colleagues see that you are away."))

    @expose("/sessions/<int:session_id>/end", methods=["POST"])
    def end_session(self, session_id: int) -> Any:
        """End one session; its open pages hear nothing more."""
        _done(lambda: account.end_one(session(), session_id, actor=current_actor()))
        popup.reconnect(current_actor().id)
        return _back("sessions", _("The session is ended."))

    @expose("/sessions/end-others", methods=["POST"])
    def end_others(self) -> Any:
        """Sign out everywhere else: this browser alone goes on."""
        with_keys = request.form.get("with_keys") == "1"

        def end() -> Staff:
            person = account.end_everywhere(session(), with_keys=with_keys, actor=current_actor())
            go_on_here(person)
            return person

        person = _done(end)
        signals.rights_changed.send(self, user=person)
        return _back("sessions", _("You are signed out everywhere else."))

    @expose("/keys", methods=["POST"])
    def make_key(self) -> Any:
        """A new API key, shown on this answer alone."""
        days = number_in(request.form.get("key_days", ""), least=0)
        name = request.form.get("key_name", "")
        try:
            made = _done(
                lambda: account.make_key(session(), name, -1 if days is None else days, actor=current_actor())
            )
        except HelpdeskError as error:
            return settings_page(self, "keys", error, typed=request.form), 422
        answer = make_response(settings_page(self, made_key=made))
        answer.headers["Cache-Control"] = "no-store"
        return answer

    @expose("/keys/<uuid>/revoke", methods=["POST"])
    def revoke_key(self, uuid: str) -> Any:
        """Revoke one key."""
        name = _done(lambda: account.revoke_key(session(), uuid, actor=current_actor()))
        return _back("keys", _("The key %(name)s is revoked.", name=name))


def _done(verb: Callable[[], T]) -> T:
    with unit_of_work(session()):
        return verb()


def _back(section: str, message: str) -> Any:
    flash(message, "success")
    return redirect(f"/settings/#{section}", 303)


def _day(typed: str) -> date | None:
    try:
        return date.fromisoformat(typed.strip())
    except ValueError:
        return None
