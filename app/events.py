"""What happened: the only writer of the journal and of the outbox, and the one commit."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from enum import Enum, StrEnum
from typing import Any

from redis.exceptions import RedisError
from sqlalchemy import insert
from sqlalchemy.orm import Session

from app.extensions import queue
from app.policy import Actor
from models import JournalEntry, OutboxEvent

log = logging.getLogger(__name__)
FAN_OUT = "jobs.outbox.fan_out"
_WAITING = "helpdesk.outbox"


class Kind(StrEnum):
    """Everything that the journal knows of."""

    TICKET_CREATED = "ticket.created"
    TICKET_TAKEN = "ticket.taken"
    TICKET_RELEASED = "ticket.released"
    TICKET_TRANSFERRED = "ticket.transferred"
    TICKET_COMPLETED = "ticket.completed"
    TICKET_REOPENED = "ticket.reopened"
    TICKET_ARCHIVED = "ticket.archived"
    TICKET_RESTORED = "ticket.restored"
    TICKET_COMMENTED = "ticket.commented"
    TICKET_EDITED = "ticket.edited"
    CLIENT_CREATED = "client.created"
    CLIENT_EDITED = "client.edited"
    CLIENT_MERGED = "client.merged"
    CLIENT_UNMERGED = "client.unmerged"
    CORRECTION_ASKED = "client.correction_asked"
    CORRECTION_DECIDED = "client.correction_decided"
    DIRECTORY_EDITED = "directory.edited"
    CHANNEL_EDITED = "channel.edited"
    RUN_APPLIED = "run.applied"
    RUN_STOPPED = "run.stopped"
    RUN_REFUSED = "run.refused"
    RUN_FAILED = "run.failed"
    RUN_UNDONE = "run.undone"
    ROW_DECIDED = "book.row_decided"
    CALL_RECORDED = "call.recorded"
    REFERENCE_CREATED = "reference.created"
    REFERENCE_EDITED = "reference.edited"
    REFERENCE_DELETED = "reference.deleted"
    SETTINGS_EDITED = "settings.edited"
    DEFAULTS_EDITED = "notifications.defaults_edited"
    LADDER_EDITED = "notifications.ladder_edited"
    DUTY_EDITED = "notifications.duty_edited"
    GROUPS_EDITED = "groups.edited"
    GROUPS_APPLIED = "user.groups_applied"
    ACCESS_CHANGED = "access.changed"
    ROLE_CHANGED = "role.changed"
    SIGNED_IN = "user.signed_in"
    SIGNED_OUT = "user.signed_out"
    SIGN_IN_FAILED = "user.sign_in_failed"
    INVITATION_RULE_ADDED = "invitation.rule_added"
    INVITATION_RULE_REVOKED = "invitation.rule_revoked"
    INVITATION_REFUSED = "invitation.refused"
    INVITATION_SENT = "invitation.sent"
    INVITATION_FAILED = "invitation.failed"
    INVITATION_REVOKED = "invitation.revoked"
    INVITATION_WRONG_PASSWORD = "invitation.wrong_password"
    INVITATION_USED = "invitation.used"
    PASSWORD_CHANGED = "user.password_changed"
    SESSIONS_ENDED = "user.sessions_ended"
    SECOND_FACTOR_ON = "user.second_factor_on"
    SECOND_FACTOR_OFF = "user.second_factor_off"
    SECOND_FACTOR_RESET = "user.second_factor_reset"
    RECOVERY_CODES_MADE = "user.recovery_codes_made"
    RECOVERY_CODE_USED = "user.recovery_code_used"
    SECOND_FACTOR_EDITED = "second_factor.edited"
    LETTER_RECEIVED = "letter.received"
    LETTER_ASSIGNED = "letter.assigned"
    LETTER_DISCARDED = "letter.discarded"
    LETTER_FAILED = "letter.failed"
    LETTER_BOUNCED = "letter.bounced"
    MAILBOX_EDITED = "mailbox.edited"
    API_KEY_MADE = "user.api_key_made"
    API_KEY_REVOKED = "user.api_key_revoked"
    DELIVERY_SENT_AGAIN = "delivery.sent_again"
    TEMPLATE_EDITED = "template.edited"


# The kinds that somebody is told of, or whose ticket must be redrawn on open pages.
TOLD = frozenset(kind for kind in Kind if kind.startswith("ticket.")) | {Kind.RUN_STOPPED, Kind.RUN_FAILED}


def _plain(values: Mapping[str, Any] | None) -> dict[str, Any]:
    """Values as JSON can hold them."""
    plain: dict[str, Any] = {}
    for name, value in (values or {}).items():
        if isinstance(value, datetime):
            value = value.isoformat()
        elif isinstance(value, Enum):
            value = value.value
        plain[name] = value
    return plain


def record(
    session: Session,
    kind: Kind,
    *,
    actor: Actor | None,
    ticket_id: int | None = None,
    client_id: int | None = None,
    subject: str = "",
    old: Mapping[str, Any] | None = None,
    new: Mapping[str, Any] | None = None,
) -> JournalEntry:
    """Write a journal entry and, for what people are told of, its outbox row.

    Both belong to the caller's transaction. ``actor`` is None for the system's own doing.
    """
    entry = JournalEntry(
        kind=kind,
        actor_id=actor.id if actor else None,
        address=actor.address if actor else "",
        ticket_id=ticket_id,
        client_id=client_id,
        subject=subject,
        old=_plain(old),
        new=_plain(new),
    )
    session.add(entry)
    session.flush()
    if kind in TOLD:
        event = OutboxEvent(journal_id=entry.id)
        session.add(event)
        session.flush()
        session.info.setdefault(_WAITING, []).append(event.id)
    return entry


def record_many(
    session: Session,
    kind: Kind,
    entries: Iterable[tuple[int, Mapping[str, Any], Mapping[str, Any]]],
    *,
    actor: Actor | None,
    subject: str = "",
) -> None:
    """Write many entries about clients at once: (client's id, old, new). Not for what people are told of."""
    if kind in TOLD:
        raise ValueError(kind)
    actor_id, address = (actor.id, actor.address) if actor else (None, "")
    same = {"kind": kind, "actor_id": actor_id, "address": address, "subject": subject}
    rows = [
        {**same, "client_id": client_id, "old": _plain(old), "new": _plain(new)}
        for client_id, old, new in entries
    ]
    if rows:
        session.execute(insert(JournalEntry), rows)


@contextmanager
def unit_of_work(session: Session) -> Iterator[Session]:
    """Commit once at the end, then poke the worker; on any error roll everything back.

    A lost poke is harmless: the sweep finds the outbox rows (jobs.outbox).
    """
    try:
        yield session
        session.commit()
    except BaseException:
        session.rollback()
        session.info.pop(_WAITING, None)
        raise
    wake_outbox(session.info.pop(_WAITING, []))


def wake_outbox(event_ids: list[int]) -> None:
    """Ask the worker to fan these outbox rows out now."""
    try:
        for event_id in event_ids:
            queue("high").enqueue(FAN_OUT, event_id, result_ttl=0, failure_ttl=3600)
    except (RedisError, OSError) as error:
        log.warning("no Redis, %d events wait for the sweep: %s", len(event_ids), error)
