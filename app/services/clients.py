"""The people who call: written down, corrected, hidden. What a person says beats every import."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import false, or_, select, tuple_, union_all
from sqlalchemy.orm import Session, joinedload, selectinload

from app.errors import Invalid, NotFound
from app.policy import Actor, Verb, ensure_can_somewhere
from app.search.clients import with_phone
from app.search.terms import has_words
from app.services.claims import release
from app.services.client_rows import change_client, changed_meanwhile, clean_values, stored_value
from app.services.rows import find_row
from app.services.telling import Statement, add_people, tell
from app.text import is_phone, phone_digits, readings
from models import Client, Source

CORRECTED = frozenset({"phone", "room"})


def create_client(session: Session, values: Mapping[str, Any], *, actor: Actor) -> Client:
    """Write a new client down. ``values`` are of FIELDS, ``phones`` a list. Raises Forbidden, Invalid."""
    ensure_can_somewhere(actor, Verb.EDIT_CLIENTS)
    clean = clean_values(session, values)
    if not clean.get("full_name"):
        raise Invalid(fields={"full_name": _("Write the client's name.")})
    return add_people(session, [clean], source=Source.PERSON, actor=actor)[0]


def update_client(
    session: Session, client_id: int, *, changes: Mapping[str, Any], version: int, actor: Actor
) -> Client:
    """Change a client as it was at ``version``. Raises Forbidden, NotFound, Invalid, Conflict."""
    ensure_can_somewhere(actor, Verb.EDIT_CLIENTS)
    client = _load(session, client_id, version)
    return _correct(session, client, clean_values(session, changes), actor)


def correct_field(
    session: Session, client_id: int, *, field: str, value: str, version: int, actor: Actor
) -> Client:
    """Correct the first phone or the room during a call. Raises as :func:`update_client`."""
    ensure_can_somewhere(actor, Verb.EDIT_CLIENTS)
    if field not in CORRECTED:
        raise Invalid(fields={"field": _("Only the phone and the room are corrected here.")})
    client = _load(session, client_id, version)
    changes: dict[str, Any] = {field: value}
    if field == "phone":
        changes = {"phones": [value, *(phone.number for phone in client.phones[1:])]}
    return _correct(session, client, clean_values(session, changes), actor)


def release_field(session: Session, client_id: int, *, field: str, version: int, actor: Actor) -> Client:
    """Let the imports decide about a field again that a person has corrected.

    Raises Forbidden, NotFound, Conflict; Invalid when no person has corrected it, or nobody else knows it.
    """
    ensure_can_somewhere(actor, Verb.EDIT_CLIENTS)
    client = _load(session, client_id, version)
    release(session, client, field, actor=actor)
    return client


def hide_client(session: Session, client_id: int, *, version: int, actor: Actor) -> Client:
    """Take a client out of the look-up; his tickets stay. Raises Forbidden, NotFound, Conflict."""
    ensure_can_somewhere(actor, Verb.EDIT_CLIENTS)
    return change_client(session, _load(session, client_id, version), {"is_hidden": True}, actor)


def list_clients(
    session: Session, q: str = "", *, after: tuple[str, int] | None = None, limit: int = 25
) -> tuple[Sequence[Client], tuple[str, int] | None]:
    """A page of clients by name and the cursor of the next page (None: this was the last).

    ``q`` as for :func:`app.search.find_clients`: the beginnings of words in any layout, or the beginning
    or the end of a phone.
    """
    query = select(Client).where(Client.is_hidden.is_(False))
    query = query.options(joinedload(Client.unit), selectinload(Client.phones))
    if is_phone(q):
        numbers = union_all(*with_phone(session, phone_digits(q))).subquery()
        query = query.where(Client.id.in_(select(numbers.c.client_id)))
    elif q.strip():
        ways = [has_words(words) for words in readings(q.split("@", 1)[0])]
        query = query.where(or_(false(), *ways))
    if after:
        query = query.where(tuple_(Client.full_name, Client.id) > after)
    rows = session.scalars(query.order_by(Client.full_name, Client.id).limit(limit + 1)).all()
    page = rows[:limit]
    return page, (page[-1].full_name, page[-1].id) if len(rows) > limit else None


def _correct(session: Session, client: Client, changes: Mapping[str, Any], actor: Actor) -> Client:
    """Only what differs becomes the person's word: a form that was saved unchanged claims nothing."""
    said = {name: value for name, value in changes.items() if value != stored_value(client, name)}
    if said:
        tell(session, [Statement(client, said)], source=Source.PERSON, actor=actor)
    return client


def _load(session: Session, client_id: int, version: int) -> Client:
    client = find_row(session, Client, client_id, options=[selectinload(Client.phones)])
    if client is None:
        raise NotFound(_("There is no such client."))
    if client.version != version:
        raise changed_meanwhile(client)
    return client
