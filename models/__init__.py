"""All tables by subject. Import models from here."""

from models.access import RoleException, RoleGridStamp, RoleSight, RoleVerb, Sight, Verb, WorkRole
from models.base import Model, utcnow
from models.clients import Client, ClientPhone, ClientWord, Unit, UnitAlias
from models.joins import BookRow, DirectorySource, MatchDecision, RowStanding, TwinPair, Verdict
from models.journal import Delivery, JournalEntry, OutboxEvent, PeriodicRun
from models.personal import EndedSession, SavedView, TicketRead
from models.provenance import ChangeRequest, ClientClaim, Source
from models.runs import ImportRun, RunChange, RunKind, RunStage
from models.staff import Department, Membership, Role, Staff
from models.tickets import Call, Comment, Priority, State, Ticket, Topic

__all__ = [
    "BookRow",
    "Call",
    "ChangeRequest",
    "Client",
    "ClientClaim",
    "ClientPhone",
    "ClientWord",
    "Comment",
    "Delivery",
    "Department",
    "DirectorySource",
    "EndedSession",
    "ImportRun",
    "JournalEntry",
    "MatchDecision",
    "Membership",
    "Model",
    "OutboxEvent",
    "PeriodicRun",
    "Priority",
    "Role",
    "RoleException",
    "RoleGridStamp",
    "RoleSight",
    "RoleVerb",
    "RowStanding",
    "RunChange",
    "RunKind",
    "RunStage",
    "SavedView",
    "Sight",
    "Source",
    "Staff",
    "State",
    "Ticket",
    "TicketRead",
    "Topic",
    "TwinPair",
    "Unit",
    "UnitAlias",
    "Verb",
    "Verdict",
    "WorkRole",
    "utcnow",
]
