"""A firm whose letters come in."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.events import Kind, record
from app.notify.channels.base import Settings
from app.notify.mailbox.letter import read_letter
from app.services.letters_in import Taken, take_in
from models import (
    ChannelName,
    Client,
    Delivery,
    DeliveryStatus,
    Department,
    LetterStatus,
    MailLetter,
    OutboxEvent,
    Staff,
    Ticket,
)
from tests.support.factories import make_client, make_department, make_ticket, make_user
from tests.support.letters import set_up_mailbox, write_letter


class Office:
    """A firm with a mailbox, one client, one colleague in the department."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.department: Department = make_department(session)
        self.robot: Staff = make_user(session, "mailbox", active=False)
        self.worker: Staff = make_user(session, employee_of=[self.department])
        self.client: Client = make_client(session, "Коваленко Олена", email="Olena@corp.example")
        self.settings: Settings = set_up_mailbox(session, self.department, self.robot)

    def receive(self, raw: bytes = b"", **how: Any) -> Taken:
        """The letter comes in; without one, a usual one with these traits."""
        self.session.commit()
        return take_in(self.session, read_letter(raw or write_letter(**how)), self.settings)

    def ticket(self, **values: Any) -> Ticket:
        """A ticket of the client that the colleague wrote down."""
        values = {"author": self.worker, "client": self.client, **values}
        ticket = make_ticket(self.session, department=self.department, **values)
        self.session.commit()
        return ticket

    def told(self, ticket: Ticket, person: Staff) -> Delivery:
        """A letter about the ticket that went to the person."""
        entry = record(self.session, Kind.TICKET_TAKEN, actor=None, ticket_id=ticket.id)
        event = self.session.scalars(select(OutboxEvent).where(OutboxEvent.journal_id == entry.id)).one()
        delivery = Delivery(event_id=event.id, user_id=person.id, channel=ChannelName.EMAIL)
        delivery.status = DeliveryStatus.SENT
        self.session.add(delivery)
        self.session.commit()
        return delivery

    def only(self, table: type[Any]) -> Any:
        """The one row of a table."""
        return self.session.scalars(select(table).execution_options(populate_existing=True)).one()

    def count(self, table: type[Any]) -> int:
        """How many rows there are."""
        return self.session.scalar(select(func.count()).select_from(table)) or 0

    def tray(self) -> MailLetter:
        """The one letter that waits."""
        query = select(MailLetter).where(MailLetter.status == LetterStatus.WAITING)
        return self.session.scalars(query).one()
