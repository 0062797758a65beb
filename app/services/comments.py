"""What people write under a ticket."""

from __future__ import annotations

from collections.abc import Sequence

from flask_babel import gettext as _
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, joinedload

from app.errors import Forbidden, Invalid
from app.events import Kind, record
from app.policy import Actor
from app.services.reading import mark_read
from app.services.typed import clean_text
from app.workflow import can_comment
from models import Comment, Ticket, utcnow

COMMENT_LENGTH = 10_000
KEY_LENGTH = 36


def add_comment(
    session: Session, ticket: Ticket, body: str, *, actor: Actor, request_key: str | None = None
) -> Comment:
    """Write a comment; the same ``request_key`` again returns the same comment.

    Raises Forbidden on an archived ticket or without the right, Invalid on an empty or huge text.
    """
    if not can_comment(actor, ticket):
        raise Forbidden(_("The archive is read-only: restore the ticket first."))
    body = clean_text(body)
    if not body:
        raise Invalid(fields={"body": _("Write something first.")})
    if len(body) > COMMENT_LENGTH:
        raise Invalid(fields={"body": _("Shorten to %(number)s characters.", number=COMMENT_LENGTH)})
    if len(request_key or "") > KEY_LENGTH:
        raise Invalid(fields={"body": _("This page is out of date: reload it and send once more.")})
    if earlier := _written_before(session, ticket, request_key, actor):
        return earlier
    comment = Comment(ticket_id=ticket.id, author_id=actor.id, body=body, request_key=request_key)
    try:
        with session.begin_nested():
            session.add(comment)
            session.flush()
    except IntegrityError:
        earlier = _written_before(session, ticket, request_key, actor)
        if earlier is None:
            raise Invalid(fields={"body": _("Send it once more, please.")}) from None
        return earlier
    session.execute(
        update(Ticket)
        .where(Ticket.id == ticket.id)
        .values(
            activity=Ticket.activity + 1,
            comments_count=Ticket.comments_count + 1,
            updated_at=utcnow(),
        )
        .execution_options(synchronize_session=False)
    )
    session.refresh(ticket)
    record(
        session,
        Kind.TICKET_COMMENTED,
        actor=actor,
        ticket_id=ticket.id,
        client_id=ticket.client_id,
        new={"comment_id": comment.id},
    )
    mark_read(session, ticket, actor=actor)
    return comment


def comments_of(session: Session, ticket: Ticket, *, after: int = 0) -> Sequence[Comment]:
    """The comments of a ticket that was accessed, oldest first, those after the id ``after``."""
    query = (
        select(Comment)
        .where(Comment.ticket_id == ticket.id, Comment.id > after)
        .order_by(Comment.id)
        .options(joinedload(Comment.author), joinedload(Comment.letter))
    )
    return session.scalars(query).all()


def _written_before(session: Session, ticket: Ticket, key: str | None, actor: Actor) -> Comment | None:
    if not key:
        return None
    query = select(Comment).where(
        Comment.request_key == key, Comment.author_id == actor.id, Comment.ticket_id == ticket.id
    )
    return session.scalars(query).one_or_none()
