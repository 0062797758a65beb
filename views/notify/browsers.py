"""``/settings/push``: the browsers in which a person is told while no page is open. His own alone."""

from __future__ import annotations

from typing import Any

from flask import flash, jsonify, redirect, request
from flask_appbuilder import expose
from flask_babel import gettext as _

from app.errors import Conflict, Invalid
from app.events import unit_of_work
from app.extensions import db
from app.services.browsers import add_browser, forget_endpoint, mark_of, remove_browser
from app.services.channel_trials import ask_browser
from models import Staff
from views.base import Screen, current_actor, session
from views.notify.messengers import PAGE
from views.notify.trials import show_outcome

# what the form of signing out carries where the browser has just unsubscribed (js/signout.js)
FIELD = "push_endpoint"


class BrowsersView(Screen):
    """Subscribing, a test and forgetting; the list itself is on the page of messengers."""

    route_base = "/settings/push"
    default_view = "add"
    class_permission_name = "Settings"

    @expose("", methods=["POST"])
    def add(self) -> Any:
        """Keep what this browser has subscribed to; asked by script, answered with the row's mark."""
        form = request.form
        try:
            with unit_of_work(session()):
                row = add_browser(
                    session(),
                    form.get("endpoint", ""),
                    form.get("p256dh", ""),
                    form.get("auth", ""),
                    agent=request.user_agent.string,
                    actor=current_actor(),
                )
                mark = mark_of(row.endpoint)
        except (Conflict, Invalid) as error:
            return jsonify(message=error.message), error.status
        flash(_("News reach this browser now while no page is open, too."), "success")
        return jsonify(mark=mark), 201

    @expose("/off", methods=["POST"])
    def off(self) -> Any:
        """This browser has unsubscribed: forget it."""
        with unit_of_work(session()):
            forget_endpoint(session(), request.form.get("endpoint", ""), user_id=current_actor().id)
        return "", 204

    @expose("/<int:subscription_id>/remove", methods=["POST"])
    def remove(self, subscription_id: int) -> Any:
        """Forget one of the person's browsers, this one or another."""
        with unit_of_work(session()):
            remove_browser(session(), subscription_id, actor=current_actor())
        flash(_("This browser is told nothing any more while no page is open."), "success")
        return redirect(f"{PAGE}#browsers", 303)

    @expose("/<int:subscription_id>/test", methods=["POST"])
    def test(self, subscription_id: int) -> Any:
        """Have a test message sent to one browser."""
        return show_outcome(lambda: ask_browser(session(), subscription_id, actor=current_actor()), back=PAGE)


def forget_browser(_sender: Any, *, user: Staff) -> None:
    """On signing out: the browser that says it has unsubscribed is told nothing any more."""
    endpoint = request.form.get(FIELD, "")
    if endpoint:
        with unit_of_work(db.session()):
            forget_endpoint(db.session(), endpoint, user_id=user.id)
