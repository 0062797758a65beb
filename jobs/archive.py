"""Completed tickets go to the archive some days later."""

from __future__ import annotations

from datetime import timedelta

from flask import current_app
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.errors import Conflict
from app.events import unit_of_work
from app.extensions import db
from app.workflow import archive_by_itself
from jobs.context import with_app
from jobs.once import once
from models import State, Ticket, TicketRead, utcnow

BATCH = 200


@with_app
def archive_done_tickets(slot: str) -> int:
    """Archive what has been done and untouched for ARCHIVE_AFTER_DAYS days; returns how many.

    ``slot`` names the turn (the hour): however many schedulers ask for it, one job does it. A comment
    on a completed ticket, or its restoring, starts the days anew.
    """
    with once(db.session(), "archive_done_tickets", slot) as mine:
        if not mine:
            return 0
        before = utcnow() - timedelta(days=current_app.config["ARCHIVE_AFTER_DAYS"])
        total = 0
        last_id = 0
        while batch := _next_batch(db.session(), before, last_id):
            total += sum(_archive(db.session(), ticket_id) for ticket_id in batch)
            last_id = batch[-1]
        return total


def _next_batch(session: Session, before: object, last_id: int) -> list[int]:
    query = (
        select(Ticket.id)
        .where(Ticket.state == State.DONE, Ticket.updated_at < before, Ticket.id > last_id)
        .order_by(Ticket.id)
        .limit(BATCH)
    )
    return list(session.scalars(query))


def _archive(session: Session, ticket_id: int) -> int:
    """One ticket in its own transaction: a ticket that somebody reopens meanwhile is left alone."""
    try:
        with unit_of_work(session):
            ticket = session.get(Ticket, ticket_id)
            if ticket is None or ticket.state != State.DONE:
                return 0
            archive_by_itself(session, ticket)
            # nobody's list shows it as unread any more: the marks have served
            session.query(TicketRead).filter(TicketRead.ticket_id == ticket_id).delete()
    except Conflict:
        return 0
    return 1
