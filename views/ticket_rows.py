"""What rows of tickets are drawn with: their states, moves and addresses for one person."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode

from flask import render_template
from flask_babel import gettext as _

from app.errors import Conflict
from app.policy import Actor, Verb, access_ticket, can
from app.services.boxes import Box, BoxQuery, Sort, read_row
from app.services.bulk import possible_verbs
from app.services.happenings import Happening
from app.services.ticket_page import latest_happening
from models import State, Ticket
from views.base import current_actor, session
from views.shell import ago
from views.ticket_query import origin_of

_KINDS = {State.FREE: "free", State.DONE: "done", State.ARCHIVED: "archived"}


def kind_of(ticket: Ticket, actor: Actor) -> str:
    """The ticket's state as this person sees it: free mine other done archived."""
    if ticket.state == State.IN_WORK:
        return "mine" if ticket.taken_by_id == actor.id else "other"
    return _KINDS[State(ticket.state)]


def may_prioritise(ticket: Ticket, actor: Actor) -> bool:
    """Whether the person may change the priority now."""
    return ticket.state != State.ARCHIVED and can(actor, Verb.SET_PRIORITY, ticket)


def verb_words() -> dict[str, tuple[str, str, str]]:
    """Verb → (the word on its button, its icon, its key)."""
    return {
        Verb.TAKE: (_("Take"), "play-circle", "t"),
        Verb.COMPLETE: (_("Complete"), "check-lg", "e"),
        Verb.TRANSFER: (_("Transfer…"), "arrow-right-circle", "p"),
        Verb.RELEASE: (_("Release"), "arrow-counterclockwise", "r"),
        Verb.REOPEN: (_("Reopen"), "arrow-repeat", "o"),
        Verb.ARCHIVE: (_("To the archive"), "archive", ""),
        Verb.RESTORE: (_("Restore"), "box-arrow-up", "b"),
    }


def row_context(query: BoxQuery | None = None) -> dict[str, Any]:
    """What ``tickets/row.html`` needs besides the ticket."""
    actor = current_actor()
    origin = origin_of(query) if query else ""
    suffix = "?" + urlencode({"from": origin}) if origin else ""
    return {
        "actor": actor,
        "origin": origin,
        "origin_suffix": suffix,
        "kind_of": lambda ticket: kind_of(ticket, actor),
        "verbs_of": lambda ticket: possible_verbs(actor, ticket),
        "may_prioritise": lambda ticket: may_prioritise(ticket, actor),
        "words": verb_words(),
        "sort_key": lambda ticket: sort_key(ticket, query),
    }


def sort_key(ticket: Ticket, query: BoxQuery | None) -> str:
    """Where the row stands in its list, as numbers that grow down the list."""
    sort = query.sort if query else Sort.NEW
    if query and query.box == Box.ARCHIVE and sort != Sort.OLD:
        sort = Sort.NEW
    match sort:
        case Sort.OLD:
            return str(ticket.id)
        case Sort.PRIORITY:
            return f"{-ticket.priority} {-ticket.id}"
        case Sort.ACTIVITY:
            return f"{-ticket.updated_at.timestamp():.6f} {-ticket.id}"
    return str(-ticket.id)


def render_row(ticket_id: int, query: BoxQuery) -> str | None:
    """The row of a ticket as it is now, or None when it does not belong into this list."""
    found = read_row(session(), ticket_id, query, actor=current_actor())
    if found is None:
        return None
    ticket, unread, muted = found
    return render_template(
        "tickets/row.html", ticket=ticket, unread=unread, muted=muted, **row_context(query)
    )


@contextmanager
def explained(ticket_id: int) -> Iterator[None]:
    """Let a Conflict say who was faster, with what and when.

    A ticket that went out of sight meanwhile is NotFound, like any other.
    """
    try:
        yield
    except Conflict as error:
        session().rollback()
        access_ticket(session(), ticket_id, actor=current_actor())
        last = latest_happening(session(), ticket_id, actor=current_actor())
        raise Conflict(faster(last) if last else error.message, **error.details) from error


def who_of(line: Happening) -> str:
    """The name in a happening; the reader himself is "you", the program has its own word."""
    if line.who is None:
        return str(_("Helpdesk"))
    return str(line.who or _("You"))


def faster(last: Happening) -> str:
    """The friendly sentence over a form that came too late."""
    text = _(
        "Someone was faster: the ticket has changed. %(who)s: %(what)s (%(when)s). Nothing of yours is lost.",
        who=who_of(last),
        what=last.what,
        when=ago(last.at),
    )
    return str(text)
