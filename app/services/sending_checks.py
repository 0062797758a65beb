"""Whether a delivery may go now: everything that may have changed since it was planned is asked anew."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy.orm import Session, joinedload

from app.errors import NotFound
from app.notify import ladder
from app.notify.audience import listeners
from app.notify.caps import is_over_cap
from app.notify.channels.base import Channel
from app.notify.channels.registry import kind_of, open_channel
from app.notify.planning import is_muted
from app.policy import Actor, load_actor, visible_tickets
from models import ChannelName, Delivery, JournalEntry, Staff, Ticket, TicketWatch, utcnow


class Reason(StrEnum):
    """Why a delivery was skipped, or given up."""

    TAKEN = ladder.TAKEN
    NOT_ALLOWED = "not_allowed"  # he may not see it any more, or has left
    MUTED = "muted"
    NO_ADDRESS = "no_address"
    OFF = "channel_off"
    ONLINE = "online"  # he sits before a screen that has told him
    TOO_LATE = "too_late"
    CAP = "cap"  # as many of this kind as were allowed for the day


class Skip(Exception):
    """The delivery is not needed, or not allowed. Raised by :func:`prepare` and what it asks."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason


@dataclass(frozen=True)
class Ready:
    """A delivery that may go: to whom, of what, over what."""

    delivery: Delivery
    channel: Channel
    person: Staff
    actor: Actor
    ticket: Ticket | None
    address: str


def prepare(session: Session, delivery: Delivery) -> Ready:
    """Everything asked anew: rights, mute, the ladder, the address. Raises Skip."""
    channel = open_channel(session, delivery.channel)
    if channel is None:
        raise Skip(Reason.OFF)
    try:
        actor = load_actor(session, delivery.user_id)
    except NotFound:
        raise Skip(Reason.NOT_ALLOWED) from None
    entry = delivery.event.entry
    ticket = hearable_ticket(session, entry, actor)
    if ticket is not None:
        if delivery.rung and ladder.has_ended(session, delivery.event, ticket):
            raise Skip(Reason.TAKEN)
        watch = session.get(TicketWatch, (actor.id, ticket.id))
        if watch is not None and not watch.watches and is_muted(actor.id, ticket, frozenset({actor.id})):
            raise Skip(Reason.MUTED)
    person = session.get_one(Staff, delivery.user_id)
    if channel.is_reached_otherwise(person):
        raise Skip(Reason.ONLINE)
    if is_over_cap(session, delivery.channel, person.id, channel.settings):
        raise Skip(Reason.CAP)
    address = _address(session, delivery, channel, person)
    if utcnow() > delivery.wanted_at + channel.patience:
        raise Skip(Reason.TOO_LATE)
    return Ready(delivery, channel, person, actor, ticket, address)


def hearable_ticket(session: Session, entry: JournalEntry, actor: Actor) -> Ticket | None:
    """The ticket, if he sees it now; None for news about none that he may hear. Raises Skip."""
    if entry.ticket_id is None:
        if actor.id not in listeners(session, entry.kind):
            raise Skip(Reason.NOT_ALLOWED)
        return None
    query = visible_tickets(actor).where(Ticket.id == entry.ticket_id)
    ticket = session.scalars(
        query.options(joinedload(Ticket.client), joinedload(Ticket.department))
    ).one_or_none()
    if ticket is None:
        raise Skip(Reason.NOT_ALLOWED)
    return ticket


def _address(session: Session, delivery: Delivery, channel: Channel, person: Staff) -> str:
    """Where it goes: a person's own messenger by its number, else what the channel reads of him."""
    address = delivery.channel if kind_of(delivery.channel) == ChannelName.OWN else channel.address_of(person)
    if not address:
        raise Skip(Reason.NO_ADDRESS)
    return address
