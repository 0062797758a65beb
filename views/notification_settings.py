"""My settings → notifications: events × channels, quiet time, and what would happen now."""

from __future__ import annotations

from typing import Any

from flask import current_app, flash, redirect, render_template, request
from flask_appbuilder import expose
from flask_babel import gettext as _

from app.errors import Invalid
from app.events import unit_of_work
from app.notify.preferences import CHOSEN_CHANNELS, Defaults, Person, read_defaults, wants
from app.notify.ways import Way, Ways, read_ways
from app.services import notification_settings as verbs
from app.services.duty_calendar import departments_of, on_duty_now
from app.services.notification_settings import Foretold, Typed, clock_of
from models import NotificationHabit
from views.base import Screen, current_actor, session
from views.notify.grid import Column, ticked_cells
from views.notify.plan_words import CHANNEL_ICONS, CHANNEL_WORDS, KIND_WORDS, plan_words, remedy, shift_words

PAGE = "/settings/notifications"


class NotificationSettingsView(Screen):
    """What each person wants to hear."""

    route_base = PAGE
    default_view = "edit"
    class_permission_name = "Settings"

    @expose("", methods=["GET", "POST"])
    def edit(self) -> Any:
        """The page; a mistake answers 422 with everything that was typed."""
        if request.method == "GET":
            return self._draw()
        typed = typed_now()
        try:
            with unit_of_work(session()):
                verbs.save_preferences(session(), typed, actor=current_actor())
        except Invalid as error:
            return self._draw(typed, error), 422
        flash(_("Your notifications are saved."), "success")
        return redirect(PAGE, 303)

    @expose("/now", methods=["POST"])
    def now(self) -> str:
        """The sentence of what would happen now, by what is typed and not yet saved."""
        person = verbs.read_person(session(), current_actor())
        try:
            person = verbs.as_typed(person, read_defaults(session()), typed_now())
        except Invalid as error:
            return render_template("settings/now.html", problem=error.message)
        return render_template("settings/now.html", **now_words(person))

    def _draw(self, typed: Typed | None = None, error: Invalid | None = None) -> str:
        actor = current_actor()
        person, defaults = verbs.read_person(session(), actor), read_defaults(session())
        ways = read_ways(session(), [actor.id])
        columns = columns_of(person, ways)
        has_departments = actor.is_administrator or actor.departments
        departments = departments_of(session(), actor=actor) if has_departments else []
        return self.page(
            "settings/notifications.html",
            kinds=[(kind, KIND_WORDS[kind]) for kind in verbs.own_kinds(actor)],
            columns=columns,
            is_default=lambda kind, channel: defaults.is_on(person.roles, kind, channel),
            is_on=ticked_of(person, defaults, typed),
            habit=habit_of(person.habit, typed),
            wrong=error.fields if error else {},
            zones=sorted(zone for zone in verbs.time_zones() if zone.startswith("Europe/")),
            zone=current_app.config["TIME_ZONE"],
            departments=departments,
            duty=on_duty_now(session(), departments) if departments else {},
            shift_words=shift_words,
            **now_words(person),
        )


def now_words(person: Person) -> dict[str, Any]:
    """Two sentences, by the code that plans real news."""
    found: Foretold = verbs.foretell(session(), person)
    return {
        "urgent": plan_words(found.urgent, person),
        "usual": plan_words(found.usual, person),
        "problem": "",
        "is_away": person.away_until is not None,
    }


def columns_of(person: Person, ways: Ways) -> list[Column]:
    """All channels; grey ones say what to do."""
    columns = []
    for name in CHOSEN_CHANNELS:
        way = ways.standing(person.staff, name)
        why, url = remedy(name) if way == Way.NO_ADDRESS else ("", "")
        word, icon = str(CHANNEL_WORDS[name]), CHANNEL_ICONS[name]
        columns.append(Column(name, word, icon, way == Way.OPEN, way == Way.OFF, why, url))
    return columns


def ticked_of(person: Person, defaults: Defaults, typed: Typed | None) -> Any:
    """What the boxes show: what was typed, else what holds."""

    def is_on(kind: str, channel: str) -> bool:
        if typed is not None and channel in typed.columns:
            return (kind, channel) in typed.ticked
        return wants(person, defaults, kind, channel)

    return is_on


def habit_of(stored: NotificationHabit | None, typed: Typed | None) -> Typed:
    """The habits as the fields show them."""
    if typed is not None:
        return typed
    if stored is None:
        return Typed()
    return Typed(
        quiet_from=clock_of(stored.quiet_from),
        quiet_until=clock_of(stored.quiet_until),
        quiet_days=stored.quiet_days,
        time_zone=stored.time_zone,
        sms_only_high=stored.sms_only_high,
        digest_on=stored.digest_on,
    )


def typed_now() -> Typed:
    """The form as it was sent; columns that are no channels are left out."""
    form = request.form
    return Typed(
        columns=[name for name in CHOSEN_CHANNELS if name in form.getlist("column")],
        ticked=ticked_cells(),
        reset=form.get("reset", ""),
        quiet_from=form.get("quiet_from", "").strip(),
        quiet_until=form.get("quiet_until", "").strip(),
        quiet_days="".join(form.getlist("quiet_days")),
        time_zone=form.get("time_zone", "").strip(),
        sms_only_high=form.get("sms_only_high") == "1",
        digest_on=form.get("digest_on") == "1",
    )
