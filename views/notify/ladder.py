"""The ladder of urgent tickets, everybody's and each department's own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import render_template, request
from flask_appbuilder import expose
from flask_babel import gettext as _

from app.errors import Conflict, HelpdeskError, Invalid
from app.events import unit_of_work
from app.notify.channels.registry import channels_on
from app.notify.preferences import CHOSEN_CHANNELS
from app.services import ladders as verbs
from app.services.ladders import Ladder, Rung, TypedRung
from views.access.frame import done
from views.base import current_actor, session
from views.notify.frame import NotifyScreen
from views.notify.plan_words import AUDIENCE_WORDS, CHANNEL_WORDS, rung_words

PAGE = "/notify/ladder/"
SPARE = 2  # empty steps after those that there are


class LadderView(NotifyScreen):
    """For administrators, and coordinators of the department."""

    route_base = "/notify/ladder"
    default_view = "show"
    class_permission_name = "Tickets"
    tab = "ladder"

    @expose("/")
    def show(self) -> str:
        """All ladders that the reader may change, in words."""
        actor, on = current_actor(), channels_on(session())
        found = verbs.read_ladders(session(), actor=actor)
        return self.frame(
            "notify/ladders.html",
            ladders=[(one, rung_words(one.rungs, on)) for one in found],
            may_edit_common=actor.is_administrator,
        )

    @expose("/everybody", methods=["GET", "POST"])
    def everybody(self) -> Any:
        """The steps of everybody's ladder, as those of one department."""
        return self._edit(None)

    @expose("/<int:department_id>", methods=["GET", "POST"])
    def edit(self, department_id: int) -> Any:
        """The steps as a form; a mistake answers 422 with what was typed."""
        return self._edit(department_id)

    @expose("/<int:department_id>/drop", methods=["POST"])
    def drop(self, department_id: int) -> Any:
        """Everybody's ladder holds for the department again."""
        with unit_of_work(session()):
            verbs.drop_ladder(
                session(), department_id, was=request.form.get("was", ""), actor=current_actor()
            )
        return done(_("Everybody's ladder holds for the department again."), PAGE)

    @expose("/words", methods=["POST"])
    def words(self) -> str:
        """The steps that are typed, in words."""
        try:
            rungs = verbs.check_rungs(typed_rungs())
        except Invalid as error:
            return render_template("notify/ladder_words.html", problem=error.message, steps=[])
        return render_template(
            "notify/ladder_words.html", problem="", steps=rung_words(rungs, channels_on(session()))
        )

    def _edit(self, department_id: int | None) -> Any:
        ladder = verbs.read_ladder(session(), department_id, actor=current_actor())
        if request.method == "GET":
            return self._form(ladder, typed_of(ladder.rungs))
        typed = typed_rungs()
        try:
            with unit_of_work(session()):
                verbs.save_ladder(
                    session(), department_id, typed, was=request.form.get("was", ""), actor=current_actor()
                )
        except (Conflict, Invalid) as error:
            session().rollback()
            ladder = verbs.read_ladder(session(), department_id, actor=current_actor())
            return self._form(ladder, typed, error), error.status
        return done(_("The ladder is saved. It holds for tickets that come from now on."), PAGE)

    def _form(self, ladder: Ladder, typed: list[TypedRung], error: HelpdeskError | None = None) -> str:
        while len(typed) < min(len(ladder.rungs) + SPARE, verbs.MOST_RUNGS):
            typed.append(TypedRung())
        return self.frame(
            "notify/ladder.html",
            ladder=ladder,
            typed=typed,
            was=verbs.pack(ladder.rungs),
            wrong=error.fields if isinstance(error, Invalid) else {},
            refusal=error.message if isinstance(error, Conflict) else "",
            channels=[(name, CHANNEL_WORDS[name]) for name in CHOSEN_CHANNELS],
            audiences=list(AUDIENCE_WORDS.items()),
            steps=rung_words(ladder.rungs, channels_on(session())),
            latest=verbs.LATEST,
        )


def typed_of(rungs: Sequence[Rung]) -> list[TypedRung]:
    """Stored steps as the form shows them."""
    return [TypedRung(rung.channel, str(rung.after_minutes), rung.audience) for rung in rungs]


def typed_rungs() -> list[TypedRung]:
    """The steps as they were sent; of too many the first are enough to be refused."""
    form = request.form
    rows = zip(form.getlist("channel"), form.getlist("minutes"), form.getlist("audience"), strict=False)
    return [TypedRung(*row) for row in rows][: verbs.MOST_RUNGS + 5]
