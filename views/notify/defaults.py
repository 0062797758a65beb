"""Administrators: what people of each role are told over which channel unless they choose otherwise."""

from __future__ import annotations

from typing import Any

from flask import render_template, request
from flask_appbuilder import expose
from flask_babel import gettext as _
from flask_babel import ngettext

from app.errors import NotFound
from app.events import unit_of_work
from app.notify.channels.registry import channels_on
from app.notify.preferences import CHOSEN_CHANNELS, is_delivered_on, read_defaults
from app.services import notification_defaults as verbs
from app.services.roles import ensure_administrator, held_counts
from views.access.frame import done
from views.base import current_actor, session
from views.notify.frame import NotifyScreen
from views.notify.grid import Column, ticked_cells
from views.notify.plan_words import CHANNEL_ICONS, CHANNEL_WORDS, KIND_WORDS

PAGE = "/notify/defaults/"


class DefaultsView(NotifyScreen):
    """One grid a role."""

    route_base = "/notify/defaults"
    default_view = "show"
    class_permission_name = "NotificationDefaults"
    tab = "defaults"

    @expose("/")
    def show(self) -> Any:
        """The grid of the role in the address, the first one otherwise."""
        ensure_administrator(current_actor())
        roles = verbs.roles_with_defaults(session())
        role = request.args.get("role") or next(iter(roles))
        if role not in roles:
            raise NotFound(_("There is no such role any more."))
        defaults, on = read_defaults(session()), channels_on(session())
        return self.frame(
            "notify/defaults.html",
            roles=roles,
            role=role,
            held=held_counts(session()),
            kinds=[(kind, KIND_WORDS[kind]) for kind in verbs.kinds_of_role(role)],
            columns=[Column(name, str(CHANNEL_WORDS[name]), CHANNEL_ICONS[name]) for name in CHOSEN_CHANNELS],
            off=[str(CHANNEL_WORDS[name]) for name in CHOSEN_CHANNELS if name not in on],
            is_on=lambda kind, channel: defaults.is_on([role], kind, channel),
            is_default=is_delivered_on,
        )

    @expose("/touched", methods=["POST"])
    def touched(self) -> str:
        """How many people the change would touch, as a sentence; nothing is saved."""
        number = verbs.count_touched(
            session(), request.form.get("role", ""), ticked_cells(), actor=current_actor()
        )
        return render_template("notify/touched.html", words=touched_words(number))

    @expose("/", methods=["POST"])
    def save(self) -> Any:
        """Exactly the ticked cells are on for the role."""
        role = request.form.get("role", "")
        with unit_of_work(session()):
            number = verbs.save_defaults(session(), role, ticked_cells(), actor=current_actor())
        return done(f"{_('Saved.')} {touched_words(number, is_done=True)}", f"{PAGE}?role={role}")

    @expose("/delivered", methods=["POST"])
    def delivered(self) -> Any:
        """The role goes back to what is delivered with the program."""
        role = request.form.get("role", "")
        cells = {(kind, name) for kind in verbs.kinds_of_role(role) for name in CHOSEN_CHANNELS}
        ticked = {cell for cell in cells if is_delivered_on(*cell)}
        with unit_of_work(session()):
            number = verbs.save_defaults(session(), role, ticked, actor=current_actor())
        return done(f"{_('Saved.')} {touched_words(number, is_done=True)}", f"{PAGE}?role={role}")


def touched_words(number: int, *, is_done: bool = False) -> str:
    """The number as a sentence."""
    if not number:
        return str(_("Nobody hears otherwise than before."))
    words = (
        ngettext(
            "%(num)d person hears otherwise from now on.",
            "%(num)d people hear otherwise from now on.",
            number,
        )
        if is_done
        else ngettext("%(num)d person would hear otherwise.", "%(num)d people would hear otherwise.", number)
    )
    return str(words)
