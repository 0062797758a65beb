"""What people of each role are told over which channel unless they choose otherwise: administrators' word."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.errors import NotFound
from app.events import Kind, record
from app.notify.preferences import (
    ADMINISTRATOR,
    CHOSEN_CHANNELS,
    CHOSEN_KINDS,
    Defaults,
    is_delivered_on,
    read_defaults,
    read_people,
    wants,
)
from app.policy import Actor, active_actors
from app.services.roles import ensure_administrator, role_labels
from models import NotificationDefault

Cell = tuple[str, str]


def roles_with_defaults(session: Session) -> dict[str, str]:
    """Names by key of everything that has defaults: the roles of the grid, then the administrator."""
    return {**role_labels(session), ADMINISTRATOR: _("Administrator")}


def kinds_of_role(role: str) -> list[Kind]:
    """The rows of a role's grid: only administrators hear of imports."""
    return [kind for kind in CHOSEN_KINDS if role == ADMINISTRATOR or kind.startswith("ticket.")]


def save_defaults(session: Session, role: str, ticked: Collection[Cell], *, actor: Actor) -> int:
    """Exactly the ticked cells are on for the role; returns how many people hear otherwise from now on.

    What is as delivered is not kept. Raises Forbidden, or NotFound for a role that is not there.
    """
    ensure_administrator(actor)
    touched = count_touched(session, role, ticked, actor=actor)
    stored = {
        (row.kind, row.channel): row
        for row in session.scalars(
            select(NotificationDefault).where(NotificationDefault.role == role).with_for_update()
        )
    }
    old: dict[str, bool] = {}
    new: dict[str, bool] = {}
    for cell in _cells(role):
        row, delivered, is_on = stored.get(cell), is_delivered_on(*cell), cell in ticked
        was = row.is_on if row else delivered
        if row and is_on == delivered:
            session.delete(row)
        elif row:
            row.is_on = is_on
        elif is_on != delivered:
            session.merge(NotificationDefault(role=role, kind=cell[0], channel=cell[1], is_on=is_on))
        if was != is_on:
            old[" ".join(cell)], new[" ".join(cell)] = was, is_on
    session.flush()
    if new:
        record(session, Kind.DEFAULTS_EDITED, actor=actor, subject=f"role {role}", old=old, new=new)
    return touched


def count_touched(session: Session, role: str, ticked: Collection[Cell], *, actor: Actor) -> int:
    """How many people would hear otherwise: who holds the role, and neither another role nor his own choice
    decides. Raises as :func:`save_defaults`."""
    ensure_administrator(actor)
    if role not in roles_with_defaults(session):
        raise NotFound(_("There is no such role any more."))
    now = read_defaults(session)
    then = _with(now, role, ticked)
    changed = [cell for cell in _cells(role) if now.is_on([role], *cell) != then.is_on([role], *cell)]
    if not changed:
        return 0
    return sum(
        any(wants(person, now, *cell) != wants(person, then, *cell) for cell in changed)
        for person in read_people(session, active_actors(session))
        if role in person.roles
    )


def _with(defaults: Defaults, role: str, ticked: Collection[Cell]) -> Defaults:
    rows: Mapping[tuple[str, str, str], bool] = {(role, *cell): cell in ticked for cell in _cells(role)}
    return Defaults({**defaults.rows, **rows})


def _cells(role: str) -> list[Cell]:
    return [(kind, channel) for kind in kinds_of_role(role) for channel in CHOSEN_CHANNELS]
