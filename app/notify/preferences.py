"""What each person wants to be told over which channel: delivered defaults, the firm's, his own choice."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from flask import current_app
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.events import Kind
from app.policy import Actor
from models import (
    Absence,
    ChannelName,
    NotificationChoice,
    NotificationDefault,
    NotificationHabit,
    Staff,
    utcnow,
)

ADMINISTRATOR = "administrator"  # as a role of the defaults
MORNING = time(8, 0)  # when who was away hears of what he has missed

_NEW_WORK = (Kind.TICKET_CREATED, Kind.TICKET_TRANSFERRED, Kind.TICKET_RELEASED, Kind.TICKET_REOPENED)
_NEWS = (Kind.TICKET_TAKEN, Kind.TICKET_COMPLETED, Kind.TICKET_COMMENTED)
_RUNS = (Kind.RUN_STOPPED, Kind.RUN_FAILED)
# the rows of the grid, in the order of the screen
CHOSEN_KINDS: tuple[Kind, ...] = (*_NEW_WORK, *_NEWS, *_RUNS)
# its columns
CHOSEN_CHANNELS: tuple[ChannelName, ...] = (
    ChannelName.POPUP,
    ChannelName.PUSH,
    ChannelName.JABBER,
    ChannelName.EMAIL,
    ChannelName.SMS,
    ChannelName.OWN,
)
# as delivered: new work is told loudly, news about it quietly, nothing twice over without being asked for
_DELIVERED: Mapping[ChannelName, frozenset[Kind]] = {
    ChannelName.POPUP: frozenset(CHOSEN_KINDS),
    ChannelName.PUSH: frozenset(_NEW_WORK),
    ChannelName.JABBER: frozenset(CHOSEN_KINDS) - {Kind.TICKET_TAKEN},
    ChannelName.EMAIL: frozenset({*_NEW_WORK, *_RUNS}),
    ChannelName.SMS: frozenset(),  # the ladder of urgent tickets sends them, when nobody has taken one
    ChannelName.OWN: frozenset(_NEW_WORK),
}


def is_delivered_on(kind: str, channel: str) -> bool:
    """What holds where neither the firm nor the person has said anything."""
    return kind in _DELIVERED.get(ChannelName(channel), frozenset())


@dataclass(frozen=True)
class Person:
    """One person to be told, with what he has chosen.

    ``choices`` are by (kind, channel). ``away_until``: the moment from which he is told again, if he is away.
    """

    staff: Staff
    actor: Actor
    choices: Mapping[tuple[str, str], bool] = field(default_factory=dict)
    habit: NotificationHabit | None = None
    away_until: datetime | None = None

    @property
    def id(self) -> int:
        """His number."""
        return int(self.staff.id)

    @property
    def roles(self) -> frozenset[str]:
        """The roles whose defaults hold for him."""
        return roles_of(self.actor)

    @property
    def zone(self) -> ZoneInfo:
        """His time zone."""
        return zone_of(self.habit)


def zone_of(habit: NotificationHabit | None) -> ZoneInfo:
    """The person's time zone, or the helpdesk's."""
    try:
        return ZoneInfo((habit.time_zone if habit else "") or current_app.config["TIME_ZONE"])
    except (ZoneInfoNotFoundError, ValueError, OSError):  # "Europe" is a folder
        return ZoneInfo(current_app.config["TIME_ZONE"])


@dataclass(frozen=True)
class Defaults:
    """The firm's defaults by (role, kind, channel)."""

    rows: Mapping[tuple[str, str, str], bool]

    def is_on(self, roles: Iterable[str], kind: str, channel: str) -> bool:
        """Whether any of the roles is told; a role of which nothing is said goes by what is delivered."""
        delivered = is_delivered_on(kind, channel)
        held = list(roles) or [""]
        return any(self.rows.get((role, kind, channel), delivered) for role in held)


def read_defaults(session: Session) -> Defaults:
    """The firm's defaults as they are now."""
    rows = session.scalars(select(NotificationDefault))
    return Defaults({(row.role, row.kind, row.channel): row.is_on for row in rows})


def roles_of(actor: Actor) -> frozenset[str]:
    """Under which roles the defaults know a person: those he holds anywhere."""
    held = {post.role for post in actor.posts.values()}
    return frozenset(held | ({ADMINISTRATOR} if actor.is_administrator else set()))


def wants(person: Person, defaults: Defaults, kind: str, channel: str) -> bool:
    """Whether he is told of this kind over this channel: his choice, else his roles' default."""
    chosen = person.choices.get((kind, channel))
    return defaults.is_on(person.roles, kind, channel) if chosen is None else chosen


def read_people(session: Session, actors: Iterable[Actor], *, now: datetime | None = None) -> list[Person]:
    """These people with what they have chosen; four statements, however many they are."""
    now = now or utcnow()
    by_id = {actor.id: actor for actor in actors}
    if not by_id:
        return []
    staff = session.scalars(select(Staff).where(Staff.id.in_(by_id)).order_by(Staff.id)).unique().all()
    choices: dict[int, dict[tuple[str, str], bool]] = {}
    for row in session.scalars(select(NotificationChoice).where(NotificationChoice.user_id.in_(by_id))):
        choices.setdefault(row.user_id, {})[row.kind, row.channel] = row.is_on
    habits = {
        row.user_id: row
        for row in session.scalars(select(NotificationHabit).where(NotificationHabit.user_id.in_(by_id)))
    }
    away = {
        row.user_id: row.until
        for row in session.execute(select(Absence.user_id, Absence.until).where(Absence.user_id.in_(by_id)))
    }
    return [
        Person(
            one,
            by_id[one.id],
            choices.get(one.id, {}),
            habits.get(one.id),
            _back_at(away.get(one.id), zone_of(habits.get(one.id)), now),
        )
        for one in staff
    ]


def _back_at(until: date | None, zone: ZoneInfo, now: datetime) -> datetime | None:
    """The morning after the last day of an absence that has not ended yet."""
    if until is None:
        return None
    back = datetime.combine(until + timedelta(days=1), MORNING, zone)
    return back if back > now else None


def quiet_until(habit: NotificationHabit | None, now: datetime) -> datetime | None:
    """When the person's quiet time that holds ``now`` ends; None if it is not quiet."""
    if habit is None:
        return None
    here = now.astimezone(zone_of(habit))
    end = here
    # a quiet day may follow a quiet night, a quiet night a quiet day: a week of turns at most
    for _turn in range(16):
        later = _end_of_quiet(habit, end)
        if later is None:
            break
        end = later
    return end if end > here else None


def _end_of_quiet(habit: NotificationHabit, moment: datetime) -> datetime | None:
    """The end of the quiet day or hours in which this moment lies.

    Of an hour that the clock goes through twice, the end lies in the same turn as the moment.
    """
    if str(moment.isoweekday()) in habit.quiet_days:
        return datetime.combine(moment.date() + timedelta(days=1), time(), moment.tzinfo)
    if habit.quiet_from is None or habit.quiet_until is None or habit.quiet_from == habit.quiet_until:
        return None
    minute = moment.hour * 60 + moment.minute
    start, stop = habit.quiet_from, habit.quiet_until
    ends = time(stop // 60 % 24, stop % 60)
    if start < stop:
        day = moment.date() if start <= minute < stop else None
    elif minute >= start:
        day = moment.date() + timedelta(days=1)
    else:
        day = moment.date() if minute < stop else None
    return datetime.combine(day, ends, moment.tzinfo).replace(fold=moment.fold) if day else None
