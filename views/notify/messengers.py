"""``/settings/messengers``: one's own messengers, and the list of one's browsers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import flash, make_response, redirect, request
from flask_appbuilder import expose
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.errors import Invalid
from app.events import unit_of_work
from app.notify.channels.push import public_key
from app.notify.channels.registry import channels_on
from app.services import own_addresses as verbs
from app.services.browsers import mark_of, own_browsers
from app.services.channel_trials import ask_address
from models import ChannelName
from views.base import Screen, current_actor, is_fragment, session
from views.notify.trials import follow, show_outcome

PAGE = "/settings/messengers"


class MessengersView(Screen):
    """Everything here is the person's own; another's is not there."""

    route_base = "/settings"
    default_view = "show"
    class_permission_name = "Settings"

    @expose("/messengers")
    def show(self) -> Response:
        """Both lists, and the form of a new messenger."""
        return self._draw({}, {})

    @expose("/messengers", methods=["POST"])
    def add(self) -> Any:
        """Keep a new messenger; a mistake answers 422 with what was typed."""
        form = request.form
        name, address = form.get("messenger_name", ""), form.get("messenger_address", "")
        try:
            with unit_of_work(session()):
                verbs.add_address(session(), name, address, actor=current_actor())
        except Invalid as error:
            return self._draw({"messenger_name": name, "messenger_address": address}, error.fields)
        flash(_("The messenger is kept. Send a test to it."), "success")
        return redirect(f"{PAGE}#messengers", 303)

    @expose("/messengers/<int:address_id>/switch", methods=["POST"])
    def switch(self, address_id: int) -> Any:
        """Switch one on or off."""
        is_on = request.form.get("on") == "1"
        with unit_of_work(session()):
            row = verbs.switch_address(session(), address_id, is_on, actor=current_actor())
            name = row.name
        flash(_("%(name)s is on.", name=name) if is_on else _("%(name)s is off.", name=name), "success")
        return redirect(f"{PAGE}#messengers", 303)

    @expose("/messengers/<int:address_id>/remove", methods=["POST"])
    def remove(self, address_id: int) -> Any:
        """Forget one for good."""
        with unit_of_work(session()):
            name = verbs.remove_address(session(), address_id, actor=current_actor())
        flash(_("%(name)s is removed.", name=name), "success")
        return redirect(f"{PAGE}#messengers", 303)

    @expose("/messengers/<int:address_id>/test", methods=["POST"])
    def test(self, address_id: int) -> Any:
        """Have a test message sent to one."""
        return show_outcome(lambda: ask_address(session(), address_id, actor=current_actor()), back=PAGE)

    @expose("/outcome/<token>")
    def outcome(self, token: str) -> Any:
        """What has come of a check or a test that the person has asked for; a part, or a page by itself."""
        part = follow(token)
        if is_fragment():
            return part
        return self.page("notify/outcome_page.html", part=part.get_data(as_text=True))

    def _draw(self, typed: Mapping[str, str], errors: Mapping[str, str]) -> Response:
        actor = current_actor()
        settings = verbs.own_settings(session())
        on = channels_on(session())
        html = self.page(
            "notify/messengers.html",
            addresses=verbs.own_addresses(session(), actor.id),
            most=verbs.MOST,
            examples=verbs.allowed_examples(settings),
            is_own_on=ChannelName.OWN in on,
            is_push_on=ChannelName.PUSH in on,
            browsers=[(row, mark_of(row.endpoint)) for row in own_browsers(session(), actor.id)],
            push_key=public_key(),
            typed=typed,
            errors=errors,
        )
        return make_response(html, 422 if errors else 200)
