"""From "these people are told of this" to "each over these channels, at this moment"."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.notify.channels.registry import CHANNELS, channels_on
from app.notify.duty import on_duty
from app.notify.ladder import climbs, rungs_of
from app.notify.preferences import Defaults, Person, quiet_until, read_defaults, read_people, wants
from app.notify.recipients import addressees_of
from app.policy import Actor
from models import (
    ChannelName,
    JournalEntry,
    OwnAddress,
    Priority,
    PushSubscription,
    Ticket,
    TicketWatch,
    utcnow,
)


@dataclass(frozen=True)
class Plan:
    """One delivery to be. ``rung`` counts from 1; 0: told at once, by the person's own grid."""

    user_id: int
    channel: str
    due_at: datetime
    is_urgent: bool = False
    is_held: bool = False
    rung: int = 0


@dataclass(frozen=True)
class _Occasion:
    """What has happened, and everything about the helpdesk that decides how loud it is."""

    kind: str
    ticket: Ticket | None
    now: datetime
    on: frozenset[str]
    defaults: Defaults
    duty: frozenset[int] = frozenset()
    muted: frozenset[int] = frozenset()
    pushes: frozenset[int] = frozenset()
    own: Mapping[int, tuple[int, ...]] = field(default_factory=dict)

    @property
    def is_urgent(self) -> bool:
        """An urgent ticket's news are urgent."""
        return self.ticket is not None and self.ticket.priority == Priority.HIGH


def plan(session: Session, entry: JournalEntry, ticket: Ticket | None, told: Iterable[Actor]) -> list[Plan]:
    """Every delivery of this event, each person and channel once: the earliest moment wins.

    A constant number of statements, however many people are told.
    """
    actors = list(told)
    now = utcnow()
    people = read_people(session, actors, now=now)
    occasion = _occasion(session, entry.kind, ticket, now, [person.id for person in people])
    plans: dict[tuple[int, str], Plan] = {}
    for made in [one for person in people for one in _at_once(person, occasion)]:
        plans[made.user_id, made.channel] = made
    for made in _ladder(session, people, occasion):
        known = plans.get((made.user_id, made.channel))
        if known is None or made.due_at < known.due_at:
            plans[made.user_id, made.channel] = made
    return sorted(plans.values(), key=lambda made: (made.user_id, made.channel))


def _occasion(session: Session, kind: str, ticket: Ticket | None, now: datetime, ids: list[int]) -> _Occasion:
    on = channels_on(session)
    pushes: frozenset[int] = frozenset()
    own: dict[int, tuple[int, ...]] = {}
    if ChannelName.PUSH in on:
        query = select(PushSubscription.user_id).where(PushSubscription.user_id.in_(ids))
        pushes = frozenset(session.scalars(query))
    if ChannelName.OWN in on:
        addresses = select(OwnAddress.user_id, OwnAddress.id).where(
            OwnAddress.user_id.in_(ids), OwnAddress.is_on.is_(True)
        )
        for user_id, number in session.execute(addresses.order_by(OwnAddress.id)):
            own[user_id] = (*own.get(user_id, ()), number)
    muted = select(TicketWatch.user_id).where(
        TicketWatch.ticket_id == (ticket.id if ticket else 0), TicketWatch.watches.is_(False)
    )
    return _Occasion(
        kind=kind,
        ticket=ticket,
        now=now,
        on=on,
        defaults=read_defaults(session),
        duty=on_duty(session, ticket.department_id, now) if ticket else frozenset(),
        muted=frozenset(session.scalars(muted)) if ticket else frozenset(),
        pushes=pushes,
        own=own,
    )


def _at_once(person: Person, occasion: _Occasion) -> list[Plan]:
    """What the person's own grid says."""
    if is_muted(person.id, occasion.ticket, occasion.muted):
        return []
    made = [
        Plan(person.id, channel, occasion.now, occasion.is_urgent)
        for name in sorted(occasion.on)
        if _is_wanted(person, occasion, name)
        for channel in _reachable(person, occasion, name)
    ]
    return [shifted for one in made if (shifted := _shift(one, person, occasion)) is not None]


def is_muted(user_id: int, ticket: Ticket | None, muted: frozenset[int]) -> bool:
    """Who has muted a ticket hears nothing of it, unless it was sent to him by name."""
    return user_id in muted and (ticket is None or ticket.assignee_id != user_id)


def _is_wanted(person: Person, occasion: _Occasion, name: str) -> bool:
    spares_sms = person.habit is None or person.habit.sms_only_high
    if name == ChannelName.SMS and spares_sms and not occasion.is_urgent:
        return False
    return wants(person, occasion.defaults, occasion.kind, name)


def _reachable(person: Person, occasion: _Occasion, name: str) -> list[str]:
    """The channels of this name over which the person can be reached at all."""
    if name == ChannelName.POPUP:
        return [name]
    if name == ChannelName.PUSH:
        return [name] if person.id in occasion.pushes else []
    if name == ChannelName.OWN:
        return [f"{name}:{number}" for number in occasion.own.get(person.id, ())]
    return [name] if CHANNELS[name].address_of(person.staff) else []


def _shift(made: Plan, person: Person, occasion: _Occasion) -> Plan | None:
    """The plan as absence and quiet hours let it be; None: not at all.

    A pop-up needs an open page, so it disturbs nobody. Who is away gets one letter when he is back. In quiet
    hours urgent news reach who is on duty, and everybody when nobody is.
    """
    if made.channel == ChannelName.POPUP:
        return made
    if person.away_until is not None:
        if made.channel != ChannelName.EMAIL or made.rung:
            return None
        return replace(made, due_at=max(made.due_at, person.away_until), is_held=_digests(person))
    if person.id in occasion.duty or (made.is_urgent and not occasion.duty):
        return made
    end = quiet_until(person.habit, made.due_at)
    if end is None:
        return made
    if made.rung:
        return None  # by the morning somebody has taken it, or the day's first rung has passed
    return replace(made, due_at=end, is_held=_digests(person))


def _digests(person: Person) -> bool:
    return person.habit is None or person.habit.digest_on


def _ladder(session: Session, people: list[Person], occasion: _Occasion) -> list[Plan]:
    """The rungs of an urgent ticket. They are the department's rule: nobody's grid silences them."""
    ticket = occasion.ticket
    if ticket is None or not climbs(occasion.kind, ticket):
        return []
    called = addressees_of(session, ticket)
    chiefs = {person.id for person in people if ticket.department_id in person.actor.coordinates} & called
    hearing = {"coordinators": chiefs, "addressees": called - chiefs or chiefs}
    made = []
    for number, rung in enumerate(rungs_of(session, ticket.department_id), start=1):
        if rung.channel not in occasion.on or rung.channel == ChannelName.POPUP:
            continue  # the pop-up is there from the first second
        due_at = occasion.now + timedelta(minutes=rung.after_minutes)
        for person in people:
            if person.id in hearing[rung.audience]:
                made += _rung(person, occasion, rung.channel, due_at, number)
    return made


def _rung(person: Person, occasion: _Occasion, name: str, due_at: datetime, number: int) -> list[Plan]:
    made = [Plan(person.id, one, due_at, True, rung=number) for one in _reachable(person, occasion, name)]
    return [shifted for one in made if (shifted := _shift(one, person, occasion)) is not None]
