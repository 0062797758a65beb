"""The comments of a ticket as a live chat."""

from __future__ import annotations

from typing import Any

from flask import redirect, render_template, request
from flask_appbuilder import expose

from app.events import unit_of_work
from app.policy import access_ticket
from app.services.attachments import files_by_comment
from app.services.comments import add_comment, comments_of
from app.services.typed import clean_text
from views.base import Screen, current_actor, is_fragment, session
from views.prose import prose
from views.ticket_moves import back_url
from views.ticket_page import read_now
from views.ticket_query import number_in

KEY_LENGTH = 36


class TicketCommentView(Screen):
    """Reading and writing under a ticket."""

    route_base = "/tickets"
    default_view = "comments"
    class_permission_name = "Tickets"

    @expose("/<int:ticket_id>/comments")
    def comments(self, ticket_id: int) -> str:
        """The comments after the one named; ``seen=1`` says that the person looks at them."""
        ticket = access_ticket(session(), ticket_id, actor=current_actor())
        html = draw_comments(ticket, number_in(request.args.get("after"), least=0) or 0)
        if request.args.get("seen") == "1":
            read_now(ticket)
        return html

    @expose("/<int:ticket_id>/comments", methods=["POST"])
    def add(self, ticket_id: int) -> Any:
        """Write a comment; the answer holds it and whatever came before it unseen."""
        actor = current_actor()
        ticket = access_ticket(session(), ticket_id, actor=actor)
        key = clean_text(request.form.get("request_key", ""))[:KEY_LENGTH] or None
        with unit_of_work(session()):
            comment = add_comment(
                session(), ticket, request.form.get("body", ""), actor=actor, request_key=key
            )
            number = comment.id
        if is_fragment():
            return draw_comments(ticket, number_in(request.form.get("after"), least=0) or number - 1)
        return redirect(f"{back_url(ticket_id)}#comment-{number}", 303)


def draw_comments(ticket: Any, after: int) -> str:
    """The comments of an accessed ticket behind ``after``, as list items."""
    comments = comments_of(session(), ticket, after=after)
    return render_template(
        "tickets/comments.html",
        comments=comments,
        actor=current_actor(),
        prose=prose,
        files=files_by_comment(session(), ticket, comments),
        ticket=ticket,
    )
