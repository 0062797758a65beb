"""All tables by subject. Import models from here."""

from models.access import RoleException, RoleGridStamp, RoleSight, RoleVerb, Sight, Verb, WorkRole
from models.base import Model, utcnow
from models.clients import Client, ClientPhone, ClientWord, Unit, UnitAlias
from models.group_roles import GroupGrant, GroupRole
from models.invitations import Ending, Invitation, InvitationRule
from models.joins import BookRow, DirectorySource, MatchDecision, RowStanding, TwinPair, Verdict
from models.journal import Delivery, JournalEntry, OutboxEvent, PeriodicRun
from models.personal import SavedView, TicketRead
from models.provenance import ChangeRequest, ClientClaim, Source
from models.runs import ImportRun, RunChange, RunKind, RunStage
from models.signing import Absence, RecoveryCode, SecondFactor, SecondFactorRole, UserSession
from models.staff import Department, Membership, Role, SignInWay, Staff
from models.tickets import Call, Comment, Priority, State, Ticket, Topic

__all__ = [
    "Absence",
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
    "RecoveryCode",
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
    "SecondFactor",
    "SecondFactorRole",
    "Sight",
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
    "UserSession",
    "Verb",
    "Verdict",
    "WorkRole",
    "utcnow",
]
