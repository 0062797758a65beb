"""Search over all tickets that the person may see."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from flask import g, redirect, request
from flask_appbuilder import expose

from app.services.boxes import BoxPage
from app.services.ticket_search import LONGEST_QUERY, parse_search, search_tickets
from views.base import Screen, current_actor, session
from views.ticket_lists import without_actor
from views.ticket_query import PAGE_SIZES, number_in
from views.ticket_rows import row_context


class TicketSearchView(Screen):
    """Words, numbers and fields."""

    route_base = "/tickets"
    default_view = "search"
    class_permission_name = "Tickets"

    @expose("/search")
    def search(self) -> Any:
        """What was found, newest first. A number alone that is found opens its ticket."""
        typed = request.args.get("q", "").strip()[:LONGEST_QUERY]
        size = g.user.page_size if g.user.page_size in PAGE_SIZES else PAGE_SIZES[0]
        before = number_in(request.args.get("before"))
        found = search_tickets(session(), typed, actor=current_actor(), limit=size, before_id=before)
        number = parse_search(typed).number
        if number and before is None and [ticket.id for ticket in found.tickets] == [number]:
            return redirect(f"/tickets/{number}")
        return self.page(
            "tickets/search.html",
            typed=typed,
            found=found,
            next_url=next_url(typed, found),
            **without_actor(row_context()),
        )


def next_url(typed: str, found: BoxPage) -> str:
    """The address of the older finds, or an empty string at the end."""
    return "/tickets/search?" + urlencode({"q": typed, "before": found.after}) if found.after else ""
