"""The people who call: written down, corrected, hidden. Keeps what the search reads in step."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import delete, false, insert, or_, select, tuple_, union_all, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, joinedload, selectinload

from app.errors import Conflict, Invalid, NotFound
from app.events import Kind, record
from app.policy import Actor, Verb, ensure_can_somewhere
from app.search.clients import with_phone
from app.search.terms import has_words
from app.services.rows import find_row
from app.services.typed import clean_text
from app.text import fold_words, is_phone, phone_digits, readings, spellings
from models import Client, ClientPhone, ClientWord, Unit

LENGTHS = {"full_name": 200, "login": 128, "email": 320, "job_title": 200, "room": 80, "note": 4000}
FIELDS = frozenset({*LENGTHS, "unit_id", "is_active", "phones"})
CORRECTED = frozenset({"phone", "room"})
MOST_PHONES = 10
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")


def search_words(full_name: str, login: str | None, email: str | None) -> list[str]:
    """The folded words a client is found by: name, login, and the local part of the e-mail."""
    local = (email or "").split("@", 1)[0]
    texts = (full_name, login or "", local)
    return list(dict.fromkeys(w[:80] for text in texts for ways in spellings(text) for w in ways))


def reindex_client(session: Session, client: Client) -> None:
    """Write the words the look-up reads; the client must have an id."""
    words = search_words(client.full_name, client.login, client.email)
    client.search_text = " " + " ".join(words)
    session.execute(delete(ClientWord).where(ClientWord.client_id == client.id))
    session.add_all(ClientWord(word=word, client_id=client.id) for word in words)
    session.flush()


def create_client(session: Session, values: Mapping[str, Any], *, actor: Actor) -> Client:
    """Write a new client down. ``values`` are of FIELDS, ``phones`` a list. Raises Forbidden, Invalid."""
    ensure_can_somewhere(actor, Verb.EDIT_CLIENTS)
    clean = clean_values(session, values)
    if not clean.get("full_name"):
        raise Invalid(fields={"full_name": _("Write the client's name.")})
    return add_clients(session, [clean], actor=actor)[0]


def add_clients(
    session: Session, people: Sequence[Mapping[str, Any]], *, actor: Actor | None, subject: str = ""
) -> list[Client]:
    """Write clients down whose values :func:`clean_values` has passed. The caller has checked the right.

    ``subject`` says in the journal where they came from. Raises Invalid when a login is taken.
    """
    clients = []
    for values in people:
        columns = {name: value for name, value in values.items() if name != "phones"}
        client = Client(**columns)
        client.search_text = " " + " ".join(search_words(client.full_name, client.login, client.email))
        _set_phones(client, values.get("phones", []))
        clients.append(client)
    session.add_all(clients)
    _flush(session)
    words = [{"word": w, "client_id": c.id} for c in clients for w in c.search_text.split()]
    session.execute(insert(ClientWord), words)
    for client, values in zip(clients, people, strict=True):
        record(
            session, Kind.CLIENT_CREATED, actor=actor, client_id=client.id, subject=subject, new=dict(values)
        )
    return clients


def update_client(
    session: Session, client_id: int, *, changes: Mapping[str, Any], version: int, actor: Actor
) -> Client:
    """Change a client as it was at ``version``. Raises Forbidden, NotFound, Invalid, Conflict."""
    ensure_can_somewhere(actor, Verb.EDIT_CLIENTS)
    client = _load(session, client_id, version)
    return change_client(session, client, clean_values(session, changes), actor)


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
    return change_client(session, client, clean_values(session, changes), actor)


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


def _load(session: Session, client_id: int, version: int) -> Client:
    client = find_row(session, Client, client_id, options=[selectinload(Client.phones)])
    if client is None:
        raise NotFound(_("There is no such client."))
    if client.version != version:
        raise _changed(client)
    return client


def _changed(client: Client) -> Conflict:
    return Conflict(_("Someone has changed this client meanwhile."), current=client.version)


def change_client(
    session: Session, client: Client, changes: Mapping[str, Any], actor: Actor | None, subject: str = ""
) -> Client:
    """Compare and set by version, journal what really changed, and index again.

    The values are clean and the caller has checked the right. ``subject`` says where they came from.
    """
    before = {n: [p.number for p in client.phones] if n == "phones" else getattr(client, n) for n in changes}
    new = {name: value for name, value in changes.items() if before[name] != value}
    if not new:
        return client
    phones = new.get("phones")
    columns = {name: value for name, value in new.items() if name != "phones"}
    seen = client.version
    try:
        with session.begin_nested():
            changed = session.execute(
                update(Client)
                .where(Client.id == client.id, Client.version == seen)
                .values(version=seen + 1, **columns)
                .execution_options(synchronize_session=False)
                .returning(Client.id)
            ).first()
    except IntegrityError:
        raise _taken_login() from None
    session.refresh(client)
    if changed is None:
        raise _changed(client)
    if phones is not None:
        _set_phones(client, phones)
    reindex_client(session, client)
    old = {name: before[name] for name in new}
    record(session, Kind.CLIENT_EDITED, actor=actor, client_id=client.id, subject=subject, old=old, new=new)
    return client


def _set_phones(client: Client, numbers: Sequence[str]) -> None:
    client.phones = [
        ClientPhone(number=n, digits=phone_digits(n)[:40], tail=phone_digits(n)[:40][::-1], position=i)
        for i, n in enumerate(numbers)
    ]


def _flush(session: Session) -> None:
    try:
        with session.begin_nested():
            session.flush()
    except IntegrityError:
        raise _taken_login() from None


def _taken_login() -> Invalid:
    return Invalid(fields={"login": _("Another client has this login.")})


def clean_values(session: Session, values: Mapping[str, Any]) -> dict[str, Any]:
    """Known fields only, trimmed, of bearable length; what is empty and unique becomes None.

    Raises Invalid with the field that cannot be used.
    """
    clean: dict[str, Any] = {}
    for name in values.keys() & FIELDS:
        value = values[name]
        if name in LENGTHS:
            value = clean_text(str(value or ""))
            if name != "note":
                value = " ".join(value.split())
            if len(value) > LENGTHS[name]:
                raise Invalid(fields={name: _("Shorten to %(number)s characters.", number=LENGTHS[name])})
            if name in {"login", "email"}:
                value = value or None
        clean[name] = value
    if "full_name" in clean and not fold_words(clean["full_name"]):
        raise Invalid(fields={"full_name": _("Write the client's name.")})
    if clean.get("email") and not _EMAIL.fullmatch(clean["email"]):
        raise Invalid(fields={"email": _("This is not an e-mail address.")})
    if clean.get("unit_id") is not None and find_row(session, Unit, clean["unit_id"]) is None:
        raise Invalid(fields={"unit_id": _("Choose the unit from the list.")})
    if "phones" in clean:
        clean["phones"] = _clean_phones(clean["phones"])
    return clean


def _clean_phones(numbers: Sequence[str]) -> list[str]:
    numbers = [number for n in numbers if (number := " ".join(clean_text(str(n)).split()))]
    if len(numbers) > MOST_PHONES:
        raise Invalid(fields={"phones": _("At most %(number)s phones.", number=MOST_PHONES)})
    if any(len(n) > 60 or not phone_digits(n) for n in numbers):
        raise Invalid(fields={"phones": _("A phone number has digits and at most 60 characters.")})
    return list(dict.fromkeys(numbers))
