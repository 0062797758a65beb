"""Corrections by those who may not edit clients: asked for field by field, then accepted or refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session, joinedload, selectinload

from app.errors import Conflict, Invalid, NotFound
from app.events import Kind, record
from app.policy import Actor, Verb, ensure_can_somewhere
from app.services.claims import FIELDS
from app.services.client_rows import clean_values
from app.services.merging import survivor_id
from app.services.rows import find_row
from app.services.telling import Statement, tell
from app.services.units import UnitNames
from models import ChangeRequest, Client, Source, rows_changed, utcnow

ASKABLE = ("full_name", "unit_id", "job_title", "room", "phones", "email")
MOST_OPEN = 20


def ask_correction(
    session: Session, client_id: int, changes: Mapping[str, Any], *, actor: Actor
) -> list[ChangeRequest]:
    """Ask for a correction of some fields; what does not differ is left out, asking twice is one request.

    Every staff member sees every client and may ask; of a merged client it is asked of the one he became.
    Raises NotFound, Invalid naming the field that cannot be used.
    """
    if find_row(session, Client, client_id) is None:
        raise NotFound(_("There is no such client."))
    client = _client_of_today(session, client_id)
    clean = clean_values(session, {name: value for name, value in changes.items() if name in ASKABLE})
    units = UnitNames(session)
    wanted = units.by_name(clean)
    known = {field: units.value_of(client, field) for field in wanted}
    same = select(ChangeRequest).where(
        ChangeRequest.client_id == client.id, ChangeRequest.decided_at.is_(None)
    )
    waiting = session.scalars(same).all()
    asked = {(request.field, repr(request.new)) for request in waiting}
    differing = [f for f in FIELDS if f in wanted and wanted[f] != known[f]]
    fresh = [f for f in differing if (f, repr(wanted[f])) not in asked]
    if len(waiting) + len(fresh) > MOST_OPEN:
        raise Invalid(_("Too many corrections of this client wait already: ask your coordinator."))
    requests = [
        ChangeRequest(client_id=client.id, field=f, old=known[f], new=wanted[f], asked_by_id=actor.id)
        for f in fresh
    ]
    session.add_all(requests)
    session.flush()
    if requests:
        old, new = {f: known[f] for f in fresh}, {f: wanted[f] for f in fresh}
        record(session, Kind.CORRECTION_ASKED, actor=actor, client_id=client.id, old=old, new=new)
    return requests


def open_corrections(
    session: Session, *, actor: Actor, client_id: int | None = None, limit: int = 100
) -> Sequence[ChangeRequest]:
    """The corrections that wait, oldest first; of one client or of all. Raises Forbidden."""
    ensure_can_somewhere(actor, Verb.EDIT_CLIENTS)
    query = select(ChangeRequest).where(ChangeRequest.decided_at.is_(None))
    if client_id is not None:
        query = query.where(ChangeRequest.client_id == client_id)
    query = query.options(joinedload(ChangeRequest.client), joinedload(ChangeRequest.asked_by))
    return session.scalars(query.order_by(ChangeRequest.client_id, ChangeRequest.id).limit(limit)).all()


def count_corrections(session: Session, client_id: int | None = None) -> int:
    """How many corrections wait, of one client or of all."""
    waiting = select(func.count()).select_from(ChangeRequest).where(ChangeRequest.decided_at.is_(None))
    if client_id is not None:
        waiting = waiting.where(ChangeRequest.client_id == client_id)
    return session.scalar(waiting) or 0


def decide_correction(session: Session, request_id: int, *, is_accepted: bool, actor: Actor) -> ChangeRequest:
    """Say yes or no to one field. A yes is a person's word like any other correction; of a
    client who was merged meanwhile it is said of the one he became.

    Raises Forbidden, NotFound, Conflict when somebody has decided meanwhile, Invalid.
    """
    ensure_can_somewhere(actor, Verb.EDIT_CLIENTS)
    request = find_row(session, ChangeRequest, request_id)
    if request is None:
        raise NotFound(_("There is no such request."))
    claimed = session.execute(
        update(ChangeRequest)
        .where(ChangeRequest.id == request.id, ChangeRequest.decided_at.is_(None))
        .values(decided_at=utcnow(), decided_by_id=actor.id, is_accepted=is_accepted)
        .execution_options(synchronize_session="fetch")
    )
    if rows_changed(claimed) != 1:
        raise Conflict(_("Somebody has decided about this correction meanwhile."))
    client = _client_of_today(session, request.client_id)
    if is_accepted:
        tell(session, [Statement(client, {request.field: request.new})], source=Source.PERSON, actor=actor)
    facts = {"field": request.field, "value": request.new, "accepted": is_accepted}
    record(session, Kind.CORRECTION_DECIDED, actor=actor, client_id=client.id, new=facts)
    return request


def _client_of_today(session: Session, client_id: int) -> Client:
    """The client, or the one he became when he was merged."""
    query = select(Client).where(Client.id == survivor_id(session, client_id))
    return session.scalars(query.options(selectinload(Client.phones))).one()
