"""All tables by subject. Import models from here."""

from models.access import RoleException, RoleGridStamp, RoleSight, RoleVerb, Sight, Verb, WorkRole
from models.base import Model, rows_changed, utcnow
from models.clients import Client, ClientPhone, ClientWord, Unit, UnitAlias
from models.group_roles import GroupGrant, GroupRole
from models.invitations import Ending, Invitation, InvitationRule
from models.joins import BookRow, DirectorySource, MatchDecision, RowStanding, TwinPair, Verdict
from models.journal import Delivery, DeliveryStatus, JournalEntry, OutboxEvent, PeriodicRun
from models.letters import Attachment, LetterStatus, LetterWhy, MailLetter
from models.notifying import (
    ChannelHealth,
    ChannelName,
    ChannelSetting,
    DutyShift,
    Incoming,
    LadderRung,
    MessageTemplate,
    NotificationChoice,
    NotificationDefault,
    NotificationHabit,
    OwnAddress,
    PushSubscription,
    TicketWatch,
)
from models.outside import OutsideIdentity
from models.personal import SavedView, TicketRead
from models.provenance import ChangeRequest, ClientClaim, Source
from models.runs import ImportRun, RunChange, RunKind, RunStage
from models.signing import Absence, RecoveryCode, SecondFactor, SecondFactorRole, UserSession
from models.staff import Department, Membership, Role, SignInWay, Staff
from models.tickets import Call, Comment, Priority, State, Ticket, Topic

__all__ = [
    "Absence",
    "Attachment",
    "BookRow",
    "Call",
    "ChangeRequest",
    "ChannelHealth",
    "ChannelName",
    "ChannelSetting",
    "Client",
    "ClientClaim",
    "ClientPhone",
    "ClientWord",
    "Comment",
    "Delivery",
    "DeliveryStatus",
    "Department",
    "DirectorySource",
    "DutyShift",
    "Ending",
    "GroupGrant",
    "GroupRole",
    "ImportRun",
    "Incoming",
    "Invitation",
    "InvitationRule",
    "JournalEntry",
    "LadderRung",
    "LetterStatus",
    "LetterWhy",
    "MailLetter",
    "MatchDecision",
    "Membership",
    "MessageTemplate",
    "Model",
    "NotificationChoice",
    "NotificationDefault",
    "NotificationHabit",
    "OutboxEvent",
    "OutsideIdentity",
    "OwnAddress",
    "PeriodicRun",
    "Priority",
    "PushSubscription",
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
    "TicketWatch",
    "Topic",
    "TwinPair",
    "Unit",
    "UnitAlias",
    "UserSession",
    "Verb",
    "Verdict",
    "WorkRole",
    "rows_changed",
    "utcnow",
]
