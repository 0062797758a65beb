"""A department with its people on a live server, and what they do there, committed and told."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.events import unit_of_work
from app.policy import Verb, access_ticket
from app.services.comments import add_comment
from app.services.tickets import TicketDraft, create_ticket, move_ticket
from models import Staff
from tests.support.factories import actor_of
from tests.support.live import LiveServer


@dataclass
class Office:
    """Who works where; everybody's rows are committed."""

    live: LiveServer
    session: Session
    author: Staff
    boss: Staff
    worker: Staff
    colleague: Staff
    stranger: Staff
    department_id: int
    client_id: int

    def write(self, to: Staff | None = None, subject: str = "No network") -> int:
        """The author writes a ticket; returns its number."""
        draft = TicketDraft(
            client_id=self.client_id,
            department_id=self.department_id,
            assignee_id=to.id if to else None,
            subject=subject,
        )
        with unit_of_work(self.session):
            return create_ticket(self.session, draft, actor=actor_of(self.session, self.author)).id

    def move(self, ticket_id: int, verb: Verb, by: Staff) -> None:
        """Somebody moves the ticket."""
        actor = actor_of(self.session, by)
        with unit_of_work(self.session):
            ticket = access_ticket(self.session, ticket_id, actor=actor)
            move_ticket(self.session, ticket, verb, actor=actor)

    def comment(self, ticket_id: int, by: Staff) -> None:
        """Somebody comments."""
        actor = actor_of(self.session, by)
        with unit_of_work(self.session):
            add_comment(self.session, access_ticket(self.session, ticket_id, actor=actor), "hm", actor=actor)
