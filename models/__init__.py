"""All tables by subject. Import models from here."""

from models.base import Model, utcnow
from models.clients import Client, ClientPhone, ClientWord, Unit, UnitAlias
from models.group_roles import GroupGrant, GroupRole
from models.invitations import Ending, Invitation, InvitationRule
from models.joins import BookRow, DirectorySource, MatchDecision, RowStanding, TwinPair, Verdict
from models.journal import Delivery, JournalEntry, OutboxEvent, PeriodicRun
from models.personal import EndedSession, SavedView, TicketRead
from models.provenance import ChangeRequest, ClientClaim, Source
from models.runs import ImportRun, RunChange, RunKind, RunStage
from models.staff import Department, Membership, Role, SignInWay, Staff
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
    "Ending",
    "GroupGrant",
    "GroupRole",
    "ImportRun",
    "Invitation",
    "InvitationRule",
    "JournalEntry",
    "MatchDecision",
    "Membership",
    "Model",
    "OutboxEvent",
    "PeriodicRun",
    "Priority",
    "Role",
    "RowStanding",
    "RunChange",
    "RunKind",
    "RunStage",
    "SavedView",
    "SignInWay",
    "Source",
    "Staff",
    "State",
    "Ticket",
    "TicketRead",
    "Topic",
    "TwinPair",
    "Unit",
    "UnitAlias",
    "Verdict",
    "utcnow",
]
