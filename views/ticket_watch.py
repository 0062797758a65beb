"""What the reader wants to hear of one ticket: as usual, everything, or nothing."""

from __future__ import annotations

from typing import Any

from flask import redirect, render_template, request
from flask_appbuilder import expose
from flask_babel import gettext as _
from flask_babel import lazy_gettext

from app.events import unit_of_work
from app.policy import access_ticket
from app.services.watching import Hearing, set_hearing
from models import Ticket
from views.base import Screen, current_actor, is_fragment, session
from views.ticket_moves import back_url

# state → (icon, word, what it means)
HEARING_WORDS = {
    Hearing.USUAL: ("bell", lazy_gettext("As usual"), lazy_gettext("by my part in the ticket")),
    Hearing.ALL: ("bell-fill", lazy_gettext("Everything"), lazy_gettext("also what does not touch me")),
    Hearing.NOTHING: ("bell-slash", lazy_gettext("Nothing"), lazy_gettext("unless it is sent to me by name")),
}


class TicketWatchView(Screen):
    """The bell of a ticket."""

    route_base = "/tickets"
    default_view = "watch"
    class_permission_name = "Tickets"

    @expose("/<int:ticket_id>/watch", methods=["POST"])
    def watch(self, ticket_id: int) -> Any:
        """Keep the choice; the answer is the bell anew, or the page without a script."""
        ticket = access_ticket(session(), ticket_id, actor=current_actor())
        with unit_of_work(session()):
            found = set_hearing(session(), ticket, request.form.get("hearing", ""), actor=current_actor())
        if is_fragment():
            return render_template("tickets/watch.html", **watch_context(ticket, found), has_focus=True)
        return redirect(back_url(ticket_id), 303)


def watch_context(ticket: Ticket, hearing: Hearing) -> dict[str, Any]:
    """What ``tickets/watch.html`` needs."""
    icon, word, _meaning = HEARING_WORDS[hearing]
    return {
        "ticket": ticket,
        "hearing": hearing,
        "hearing_icon": icon,
        "hearing_word": _("I hear of it: %(what)s (W)", what=str(word).lower()),
        "hearing_words": HEARING_WORDS,
    }
