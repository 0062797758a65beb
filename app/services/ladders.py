"""The ladders of urgent tickets: everybody's, and those of departments that have their own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.errors import Conflict, Forbidden, Invalid, NotFound
from app.events import Kind, record
from app.notify.ladder import ADDRESSEES, COORDINATORS
from app.notify.preferences import CHOSEN_CHANNELS
from app.policy import Actor
from app.services.rows import find_row
from models import Department, LadderRung

LATEST = 1440  # minutes
MOST_RUNGS = 10
AUDIENCES = (ADDRESSEES, COORDINATORS)


@dataclass(frozen=True, order=True)
class Rung:
    """A step: after so many minutes, over this channel, to these people."""

    after_minutes: int
    channel: str
    audience: str = ADDRESSEES

    @property
    def packed(self) -> str:
        """The step as the journal and the form remember it: ``10 sms addressees``."""
        return f"{self.after_minutes} {self.channel} {self.audience}"


@dataclass(frozen=True)
class TypedRung:
    """A step as it was typed; one without a channel is none."""

    channel: str = ""
    minutes: str = ""
    audience: str = ADDRESSEES


@dataclass(frozen=True)
class Ladder:
    """A department's ladder; ``department`` None: everybody's. Without own steps everybody's holds."""

    department: Department | None
    rungs: tuple[Rung, ...]
    is_own: bool


def pack(rungs: Sequence[Rung]) -> str:
    """All steps as one text, to see whether somebody else has changed them meanwhile."""
    return "; ".join(rung.packed for rung in rungs)


def ensure_may_edit(actor: Actor, department_id: int | None) -> None:
    """Raise Forbidden unless he is an administrator, or coordinates this very department."""
    if not actor.is_administrator and department_id not in actor.coordinates:
        raise Forbidden(_("Only the department's coordinators and administrators change its ladder."))


def read_ladders(session: Session, *, actor: Actor) -> list[Ladder]:
    """Everybody's ladder first, then those of the departments that he may edit, by name. Raises Forbidden."""
    if not actor.is_administrator and not actor.coordinates:
        raise Forbidden(_("Only the department's coordinators and administrators change its ladder."))
    steps = _all_rungs(session)
    query = select(Department).where(Department.is_hidden.is_(False))
    if not actor.is_administrator:
        query = query.where(Department.id.in_(actor.coordinates))
    common = steps.get(None, ())
    return [
        Ladder(None, common, is_own=True),
        *(
            Ladder(one, steps.get(one.id, common), is_own=one.id in steps)
            for one in session.scalars(query.order_by(Department.position, Department.name))
        ),
    ]


def read_ladder(session: Session, department_id: int | None, *, actor: Actor) -> Ladder:
    """One of them. Raises NotFound, Forbidden."""
    department = find_row(session, Department, department_id) if department_id is not None else None
    if department_id is not None and (department is None or not _may_know(actor, department_id)):
        raise NotFound(_("There is no such department, or it is not yours."))
    ensure_may_edit(actor, department_id)
    steps = _all_rungs(session)
    return Ladder(
        department,
        steps.get(department_id, steps.get(None, ())),
        is_own=department_id is None or department_id in steps,
    )


def _may_know(actor: Actor, department_id: int) -> bool:
    return actor.is_administrator or department_id in actor.departments


def _all_rungs(session: Session) -> dict[int | None, tuple[Rung, ...]]:
    found: dict[int | None, list[Rung]] = {}
    for row in session.scalars(select(LadderRung).order_by(LadderRung.after_minutes, LadderRung.id)):
        found.setdefault(row.department_id, []).append(
            Rung(row.after_minutes, row.channel, str(row.audience))
        )
    return {department: tuple(rungs) for department, rungs in found.items()}


def check_rungs(typed: Sequence[TypedRung]) -> list[Rung]:
    """The steps in the order in which they are climbed. Raises Invalid (fields such as ``minutes-3``)."""
    wrong: dict[str, str] = {}
    found: dict[tuple[str, str], Rung] = {}
    for number, one in enumerate(typed):
        if not one.channel:
            if one.minutes.strip():
                wrong[f"channel-{number}"] = _("Choose a channel, or empty the minutes.")
            continue
        minutes = _minutes(one.minutes)
        if minutes is None:
            wrong[f"minutes-{number}"] = _("Write whole minutes from 0 to %(most)d.", most=LATEST)
        if one.channel not in set(CHOSEN_CHANNELS) or one.audience not in AUDIENCES:
            wrong[f"channel-{number}"] = _("Choose one of the channels.")
        elif (one.channel, one.audience) in found:
            wrong[f"channel-{number}"] = _(
                "This step stands there already: nobody is told twice over one channel."
            )
        else:
            found[one.channel, one.audience] = Rung(minutes or 0, one.channel, one.audience)
    if len(found) > MOST_RUNGS:
        wrong["rungs"] = _("A ladder has at most %(most)d steps.", most=MOST_RUNGS)
    if not found and not wrong:
        wrong["rungs"] = _("A ladder needs at least one step: a pop-up at once is the quietest one.")
    if wrong:
        raise Invalid(fields=wrong)
    return sorted(found.values(), key=lambda rung: rung.after_minutes)


def _minutes(text: str) -> int | None:
    text = text.strip()
    if not text.isascii() or not text.isdigit() or len(text) > 5:
        return None
    return int(text) if int(text) <= LATEST else None


def save_ladder(
    session: Session, department_id: int | None, typed: Sequence[TypedRung], *, was: str, actor: Actor
) -> Ladder:
    """The department's own ladder is now exactly this; ``was``: what its editor saw, packed.

    Raises NotFound, Forbidden, Invalid, or Conflict when it is another one by now.
    """
    before = _locked(session, department_id, was, actor)
    rungs = check_rungs(typed)
    _write(session, before, rungs, actor)
    return Ladder(before.department, tuple(rungs), is_own=True)


def drop_ladder(session: Session, department_id: int, *, was: str, actor: Actor) -> None:
    """The department goes by everybody's ladder again. Raises as :func:`save_ladder`."""
    before = _locked(session, department_id, was, actor)
    if before.is_own:
        _write(session, before, [], actor)


def _locked(session: Session, department_id: int | None, was: str, actor: Actor) -> Ladder:
    """The ladder as it stands, which nobody else changes until the commit."""
    rows = select(LadderRung.id).where(LadderRung.department_id.is_not_distinct_from(department_id))
    session.execute(rows.with_for_update())
    before = read_ladder(session, department_id, actor=actor)
    if pack(before.rungs) != was:
        raise Conflict(_("Somebody else has changed this ladder meanwhile. Look at it and save once more."))
    return before


def _write(session: Session, before: Ladder, rungs: Sequence[Rung], actor: Actor) -> None:
    department_id = before.department.id if before.department else None
    if before.is_own and list(before.rungs) == list(rungs):
        return
    query = select(LadderRung).where(LadderRung.department_id.is_not_distinct_from(department_id))
    for row in session.scalars(query):
        session.delete(row)
    session.add_all([LadderRung(department_id=department_id, **vars(rung)) for rung in rungs])
    session.flush()
    record(
        session,
        Kind.LADDER_EDITED,
        actor=actor,
        subject=f"department {department_id}" if department_id else "everybody",
        old={"rungs": pack(before.rungs) if before.is_own else None},
        new={"rungs": pack(rungs) or None},
    )
