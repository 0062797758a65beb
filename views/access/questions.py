"""Why does he see this? Who will see that? Answered by the rules that are enforced."""

from __future__ import annotations

from typing import Any

from flask import make_response, request
from flask_appbuilder import expose
from flask_babel import gettext as _
from sqlalchemy import select

from app.errors import Forbidden, Invalid, NotFound
from app.notify.preferences import CHOSEN_CHANNELS
from app.policy import Actor, Verb, access_ticket, ensure_can_somewhere
from app.services.roles import role_labels
from app.services.why import Explanation, Viewer, audience, explain, readers
from models import Staff, Ticket
from views.access.frame import RULE_WORDS, SIGHT_WORDS, STANDING_WORDS, VERB_WORDS, AccessScreen
from views.base import current_actor, session
from views.notify.plan_words import CHANNEL_ICONS, CHANNEL_WORDS
from views.ticket_query import number_in


class QuestionsView(AccessScreen):
    """``/access/why`` for coordinators and administrators, ``/access/who`` for whoever writes tickets."""

    route_base = "/access"
    default_view = "why"
    tab = "why"

    @expose("/why")
    def why(self) -> Any:
        """Which rules let ``user`` see ``ticket`` and do what with it."""
        actor = current_actor()
        if not (actor.is_administrator or actor.coordinates):
            raise Forbidden(
                _("Only administrators and those who act for others in the department may ask this.")
            )
        user_id, ticket_id = number_in(request.args.get("user")), number_in(request.args.get("ticket"))
        found: Explanation | None = None
        problem, status = "", 200
        if user_id and ticket_id:
            try:
                found = explain(session(), user_id, ticket_id, actor=actor)
            except (Forbidden, NotFound) as error:
                problem, status = error.message, error.status
        html = self.frame(
            "access/why.html",
            found=found,
            problem=problem,
            people=_everybody(),
            user_id=user_id,
            ticket_id=ticket_id,
            roles=role_labels(session()),
            rule_words=RULE_WORDS,
            sight_words=SIGHT_WORDS,
            verb_words=VERB_WORDS,
            standing_words=STANDING_WORDS,
        )
        return make_response(html, status)

    @expose("/who")
    def who(self) -> Any:
        """By name, who will see the ticket that is being written or sent on, and who will be told; with
        ``comment``, who will read one on it."""
        actor = current_actor()
        ticket_id = number_in(request.args.get("ticket"))
        if ticket_id is None:
            ensure_can_somewhere(actor, Verb.CREATE)
        ticket = access_ticket(session(), ticket_id, actor=actor) if ticket_id is not None else None
        comment = ticket is not None and request.args.get("comment") == "1"
        people, problem = [], ""
        try:
            if ticket is not None and comment:
                people = readers(session(), ticket, actor=actor)
            else:
                people = _audience(actor, ticket)
        except Invalid as error:
            problem = error.message
        return self.render_template(
            "access/who.html",
            people=people,
            problem=problem,
            me=actor.id,
            channels=[(name, CHANNEL_ICONS[name], CHANNEL_WORDS[name]) for name in CHOSEN_CHANNELS],
            comment=comment,
        )


def _audience(actor: Actor, ticket: Ticket | None) -> list[Viewer]:
    """Of the place in the address. Raises Invalid."""
    return audience(
        session(),
        department_id=number_in(request.args.get("department_id")),
        assignee_id=number_in(request.args.get("assignee_id")),
        actor=actor,
        ticket=ticket,
    )


def _everybody() -> list[tuple[int, str]]:
    """All who have or had an account, by name."""
    query = select(Staff.id, Staff.first_name, Staff.last_name, Staff.active)
    disabled = _("disabled")
    return [
        (row.id, f"{row.first_name} {row.last_name}".strip() + ("" if row.active else f" ({disabled})"))
        for row in session().execute(query.order_by(Staff.first_name, Staff.last_name))
    ]
