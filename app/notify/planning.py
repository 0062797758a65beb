"""From "these people are told of this" to "each over these channels, at this moment"."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.notify.duty import Roster, read_roster
from app.notify.ladder import ADDRESSEES, COORDINATORS, climbs, rungs_of, told_as
from app.notify.preferences import Defaults, Person, quiet_until, read_defaults, read_people, wants
from app.notify.recipients import addressees_of
from app.notify.ways import Ways, read_ways
from app.policy import Actor
from models import (
    ChannelName,
    JournalEntry,
    Priority,
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
    """What has happened, and everything about the helpdesk that decides how loud it is.

    ``hearing`` are those on whose hearing a duty can count: who is told and neither away nor deaf to the
    ticket, and whoever did it himself.
    """

    kind: str
    ticket: Ticket | None
    now: datetime
    ways: Ways
    defaults: Defaults
    roster: Roster = field(default_factory=Roster)
    hearing: frozenset[int] = frozenset()
    muted: frozenset[int] = frozenset()

    @property
    def is_urgent(self) -> bool:
        """An urgent ticket's news are urgent."""
        return self.ticket is not None and self.ticket.priority == Priority.HIGH

    def duty_at(self, moment: datetime) -> frozenset[int]:
        """Those on duty then who hear of this; when there is none, nobody may sleep through it."""
        return self.roster.at(moment) & self.hearing


def plan(session: Session, entry: JournalEntry, ticket: Ticket | None, told: Iterable[Actor]) -> list[Plan]:
    """Every delivery of this event, each person and channel once: the earliest moment wins.

    A constant number of statements, however many people are told.
    """
    now = utcnow()
    people = read_people(session, told, now=now)
    return plan_for(session, people, told_as(entry, ticket), ticket, now=now, actor_id=entry.actor_id)


def plan_for(
    session: Session,
    people: list[Person],
    kind: str,
    ticket: Ticket | None,
    *,
    now: datetime | None = None,
    actor_id: int | None = None,
) -> list[Plan]:
    """What these people would be told if this happened now, by what they have chosen; writes nothing.

    The ticket may be only being written, the choices only being made.
    """
    occasion = _occasion(session, kind, ticket, now or utcnow(), people, actor_id)
    plans: dict[tuple[int, str], Plan] = {}
    for made in [one for person in people for one in _at_once(person, occasion)]:
        plans[made.user_id, made.channel] = made
    for made in _ladder(session, people, occasion):
        known = plans.get((made.user_id, made.channel))
        if known is None or made.due_at < known.due_at:
            plans[made.user_id, made.channel] = made
    return sorted(plans.values(), key=lambda made: (made.user_id, made.channel))


def _occasion(
    session: Session,
    kind: str,
    ticket: Ticket | None,
    now: datetime,
    people: list[Person],
    actor_id: int | None,
) -> _Occasion:
    muted = _muted(session, ticket)
    awake = {one.id for one in people if one.away_until is None and not is_muted(one.id, ticket, muted)}
    return _Occasion(
        kind=kind,
        ticket=ticket,
        now=now,
        ways=read_ways(session, [person.id for person in people]),
        defaults=read_defaults(session),
        roster=read_roster(session, ticket.department_id, now) if ticket else Roster(),
        hearing=frozenset(awake | ({actor_id} if actor_id else set())),
        muted=muted,
    )


def _muted(session: Session, ticket: Ticket | None) -> frozenset[int]:
    if ticket is None or not ticket.id:
        return frozenset()
    query = select(TicketWatch.user_id)
    return frozenset(
        session.scalars(query.where(TicketWatch.ticket_id == ticket.id, TicketWatch.watches.is_(False)))
    )


def _at_once(person: Person, occasion: _Occasion) -> list[Plan]:
    """What the person's own grid says."""
    if is_muted(person.id, occasion.ticket, occasion.muted):
        return []
    made = [
        Plan(person.id, channel, occasion.now, occasion.is_urgent)
        for name in sorted(occasion.ways.on)
        if _is_wanted(person, occasion, name)
        for channel in occasion.ways.to(person.staff, name)
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


def _shift(made: Plan, person: Person, occasion: _Occasion) -> Plan | None:
    """The plan as absence and quiet hours let it be; None: not at all.

    A pop-up needs an open page, so it disturbs nobody. Who is away gets one letter when he is back and it is
    not quiet. In quiet hours urgent news reach who is on duty at that moment, and everybody when nobody is.
    """
    if made.channel == ChannelName.POPUP:
        return made
    if person.away_until is not None:
        if made.channel != ChannelName.EMAIL or made.rung:
            return None
        back = max(made.due_at, person.away_until)
        return replace(made, due_at=quiet_until(person.habit, back) or back, is_held=_digests(person))
    if made.is_urgent:
        duty = occasion.duty_at(made.due_at)
        if person.id in duty or not duty:
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
    """The rungs of an urgent ticket. They are the department's rule: nobody's grid silences them.

    A ticket that was sent to one person by name calls him, and the coordinators where a rung says so.
    """
    ticket = occasion.ticket
    if ticket is None or not climbs(occasion.kind, ticket):
        return []
    deaf = {person.id for person in people if is_muted(person.id, ticket, occasion.muted)}
    called = (addressees_of(session, ticket) & {person.id for person in people}) - deaf
    chiefs = {person.id for person in people if ticket.department_id in person.actor.coordinates} & called
    named = {ticket.assignee_id} & called
    hearing = {COORDINATORS: chiefs, ADDRESSEES: named or called - chiefs or chiefs}
    made = []
    for number, rung in enumerate(rungs_of(session, ticket.department_id), start=1):
        if rung.channel not in occasion.ways.on or rung.channel == ChannelName.POPUP:
            continue  # the pop-up is there from the first second
        due_at = occasion.now + timedelta(minutes=rung.after_minutes)
        for person in people:
            if person.id in hearing[rung.audience]:
                made += _rung(person, occasion, rung.channel, due_at, number)
    return made


def _rung(person: Person, occasion: _Occasion, name: str, due_at: datetime, number: int) -> list[Plan]:
    made = [Plan(person.id, one, due_at, True, rung=number) for one in occasion.ways.to(person.staff, name)]
    return [shifted for one in made if (shifted := _shift(one, person, occasion)) is not None]
