"""Two departments and their people: whom the tests of a ticket's verbs act for."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.services.tickets import TicketDraft
from models import JournalEntry, Ticket
from tests.support.factories import actor_of, make_client, make_department, make_user


class Firm:
    """Two departments, their people, one client."""

    def __init__(self, session: Session) -> None:
        self.here, self.there = make_department(session), make_department(session)
        self.hidden = make_department(session, is_hidden=True)
        self.client = make_client(session)
        self.boss = make_user(session, coordinator_of=[self.here])
        self.worker = make_user(session, employee_of=[self.here])
        self.neighbour = make_user(session, employee_of=[self.there])
        session.commit()
        self.actor = actor_of(session, self.worker)
        self.chief = actor_of(session, self.boss)
        self.other = actor_of(session, self.neighbour)

    def draft(self, **values: Any) -> TicketDraft:
        """A complete form."""
        whole = TicketDraft(client_id=self.client.id, department_id=self.there.id, subject="No network")
        return replace(whole, **values)


def journal(session: Session, ticket: Ticket) -> list[JournalEntry]:
    """The ticket's journal, oldest first."""
    query = select(JournalEntry).where(JournalEntry.ticket_id == ticket.id).order_by(JournalEntry.id)
    return list(session.scalars(query))
