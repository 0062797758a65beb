"""What a person wants to be told over which channel, and when: only what differs from his role is kept."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any
from zoneinfo import available_timezones

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.errors import Invalid
from app.events import Kind, record
from app.notify.audience import heard_kinds
from app.notify.planning import Plan, plan_for
from app.notify.preferences import CHOSEN_KINDS, Defaults, Person, read_defaults, read_people
from app.policy import Actor
from models import NotificationChoice, NotificationHabit, Priority, Staff, State, Ticket, utcnow

ALL = "all"  # resets every row
DAYS = "1234567"
_HABITS = ("quiet_from", "quiet_until", "quiet_days", "time_zone", "sms_only_high", "digest_on")


@dataclass(frozen=True)
class Typed:
    """The page as it was sent.

    ``columns`` are the channels that could be ticked at all: the others stay as they are. ``ticked`` are
    (kind, channel); ``reset`` is a kind whose row goes back to the role's default, or :data:`ALL`.
    """

    columns: Collection[str] = ()
    ticked: Collection[tuple[str, str]] = ()
    reset: str = ""
    quiet_from: str = ""
    quiet_until: str = ""
    quiet_days: str = ""
    time_zone: str = ""
    sms_only_high: bool = True
    digest_on: bool = True


@cache
def time_zones() -> frozenset[str]:
    """The names that may be typed."""
    return frozenset(available_timezones())


def own_kinds(actor: Actor) -> list[Kind]:
    """The rows of his grid: news of imports only for who hears of them."""
    heard = heard_kinds(actor)
    return [kind for kind in CHOSEN_KINDS if kind.startswith("ticket.") or kind in heard]


def read_person(session: Session, actor: Actor) -> Person:
    """The person with what he has chosen."""
    return read_people(session, [actor])[0]


def as_typed(person: Person, defaults: Defaults, typed: Typed) -> Person:
    """The person as he would be with what was typed. Raises Invalid naming every wrong field."""
    return replace(person, choices=_choices(person, defaults, typed), habit=_habit(typed))


def _choices(person: Person, defaults: Defaults, typed: Typed) -> dict[tuple[str, str], bool]:
    """Only what is otherwise than with the person's roles."""
    if typed.reset == ALL:
        return {}
    kept = {cell: is_on for cell, is_on in person.choices.items() if cell[0] != typed.reset}
    for kind in own_kinds(person.actor):
        for channel in typed.columns if kind != typed.reset else ():
            is_on = (kind, channel) in typed.ticked
            if is_on == defaults.is_on(person.roles, kind, channel):
                kept.pop((kind, channel), None)
            else:
                kept[kind, channel] = is_on
    return kept


def _habit(typed: Typed) -> NotificationHabit:
    wrong: dict[str, str] = {}
    start, end = minute_of(typed.quiet_from), minute_of(typed.quiet_until)
    for name, minute in (("quiet_from", start), ("quiet_until", end)):
        if minute is None and getattr(typed, name):
            wrong[name] = _("Write a time such as 22:00.")
    if not wrong and (start is None) != (end is None):
        missing = "quiet_from" if start is None else "quiet_until"
        wrong[missing] = _("Write both ends of the quiet hours, or neither.")
    if start is not None and start == end:
        wrong["quiet_until"] = _("Quiet hours need an end other than their beginning.")
    days = "".join(day for day in DAYS if day in typed.quiet_days)
    if days == DAYS:
        wrong["quiet_days"] = _("Leave at least one day that is not quiet.")
    if typed.time_zone and typed.time_zone not in time_zones():
        wrong["time_zone"] = _("Write a time zone such as Europe/Kyiv, or leave the field empty.")
    if wrong:
        raise Invalid(fields=wrong)
    return NotificationHabit(
        quiet_from=start,
        quiet_until=end,
        quiet_days=days,
        time_zone=typed.time_zone,
        sms_only_high=typed.sms_only_high,
        digest_on=typed.digest_on,
    )


def minute_of(text: str) -> int | None:
    """Minutes after midnight of ``22:30`` (browsers may add seconds); None for anything else."""
    parts = text.split(":")
    if len(parts) not in (2, 3) or not all(part.isascii() and part.isdigit() for part in parts):
        return None
    hour, minute = int(parts[0]), int(parts[1])
    return hour * 60 + minute if hour < 24 and minute < 60 else None


def clock_of(minute: int | None) -> str:
    """``22:30`` as a time field takes it; empty for none."""
    return "" if minute is None else f"{minute // 60:02}:{minute % 60:02}"


def save_preferences(session: Session, typed: Typed, *, actor: Actor) -> None:
    """Keep the grid and the habits, and journal what changed. Raises Invalid."""
    session.get_one(Staff, actor.id, with_for_update=True)  # a second press of the button waits here
    before = read_person(session, actor)
    after = as_typed(before, read_defaults(session), typed)
    old, new = _write_choices(session, before.choices, after.choices, actor)
    row = before.habit
    assert after.habit is not None
    for name in _HABITS:
        was, now = _habit_value(row, name), getattr(after.habit, name)
        if was != now:
            row = row or NotificationHabit(user_id=actor.id)
            setattr(row, name, now)
            old[name], new[name] = was, now
    if row is not None:
        session.add(row)
    session.flush()
    if new:
        record(session, Kind.SETTINGS_EDITED, actor=actor, subject=f"staff {actor.id}", old=old, new=new)


def _habit_value(row: NotificationHabit | None, name: str) -> Any:
    """What is stored, or what holds without a row."""
    if row is not None:
        return getattr(row, name)
    return {"quiet_days": "", "time_zone": "", "sms_only_high": True, "digest_on": True}.get(name)


def _write_choices(
    session: Session,
    before: Mapping[tuple[str, str], bool],
    after: Mapping[tuple[str, str], bool],
    actor: Actor,
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Write the cells that differ; returns (old, new) for the journal, None for "as the role"."""
    old: dict[str, Any] = {}
    new: dict[str, Any] = {}
    for cell in sorted(before.keys() | after.keys()):
        if before.get(cell) == after.get(cell):
            continue
        row = session.get(NotificationChoice, (actor.id, *cell))
        if cell not in after:
            session.delete(row)
        elif row is not None:
            row.is_on = after[cell]
        else:
            session.add(
                NotificationChoice(user_id=actor.id, kind=cell[0], channel=cell[1], is_on=after[cell])
            )
        name = " ".join(cell)
        old[name], new[name] = before.get(cell), after.get(cell)
    return old, new


@dataclass(frozen=True)
class Foretold:
    """What the person would hear if a new ticket came to his department now."""

    urgent: list[Plan]
    usual: list[Plan]


def foretell(session: Session, person: Person) -> Foretold:
    """Planned by the code that plans real news, for a ticket that is written nowhere."""
    now = utcnow()

    def planned(priority: Priority) -> list[Plan]:
        ticket = Ticket(
            author_id=0,
            assignee_id=None,
            department_id=min(person.actor.departments, default=None),
            priority=priority,
            state=State.FREE,
        )
        return plan_for(session, [person], Kind.TICKET_CREATED, ticket, now=now)

    return Foretold(planned(Priority.HIGH), planned(Priority.NORMAL))
