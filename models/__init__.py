"""All tables by subject. Import models from here."""

from models.base import Model, utcnow
from models.clients import Client, ClientPhone, ClientWord, Unit
from models.journal import Delivery, JournalEntry, OutboxEvent, PeriodicRun
from models.personal import EndedSession, SavedView, TicketRead
from models.staff import Department, Membership, Role, Staff
from models.tickets import Call, Comment, Priority, State, Ticket, Topic

__all__ = [
    "Call",
    "Client",
    "ClientPhone",
    "ClientWord",
    "Comment",
    "Delivery",
    "Department",
    "EndedSession",
    "JournalEntry",
    "Membership",
    "Model",
    "OutboxEvent",
    "PeriodicRun",
    "Priority",
    "Role",
    "SavedView",
    "Staff",
    "State",
    "Ticket",
    "TicketRead",
    "Topic",
    "Unit",
    "utcnow",
]
