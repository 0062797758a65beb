"""The rows of clients: checked, written, journalled, and kept in step with what the search reads.

Rights, versions and sources are the business of those who call: app.services.clients and app.services.claims.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.errors import Conflict, Invalid
from app.events import Kind, record, record_many
from app.policy import Actor
from app.services.rows import find_row
from app.services.typed import clean_text
from app.text import fold_words, phone_digits, spellings
from models import Client, ClientClaim, ClientPhone, ClientWord, Unit

LENGTHS = {"full_name": 200, "login": 128, "email": 320, "job_title": 200, "room": 80, "note": 4000}
FIELDS = frozenset({*LENGTHS, "unit_id", "is_active", "phones"})
# what the look-up's words are made of, and whether there are any
SEARCHED = frozenset({"full_name", "login", "email", "is_hidden"})
MOST_PHONES = 10
BATCH = 500
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")


def is_address(text: str) -> bool:
    """Whether it is one e-mail address that a client may have: what is written by hand or by an import."""
    return len(text) <= LENGTHS["email"] and _EMAIL.fullmatch(text) is not None


def search_words(full_name: str, login: str | None, email: str | None) -> list[str]:
    """The folded words a client is found by: name, login, and the local part of the e-mail."""
    local = (email or "").split("@", 1)[0]
    texts = (full_name, login or "", local)
    return list(dict.fromkeys(w[:80] for text in texts for ways in spellings(text) for w in ways))


def reindex_client(session: Session, client: Client) -> None:
    """Write the words the look-up reads; the client must have an id."""
    words = search_words(client.full_name, client.login, client.email)
    for double in _doubles_of(session, client.id):  # the maiden name, the old login: he is found by them too
        words += search_words(*double)
    words = list(dict.fromkeys(words))
    client.search_text = " " + " ".join(words)
    # past the session, which would look through all it remembers: large runs do this thousands of times
    old = delete(ClientWord).where(ClientWord.client_id == client.id)
    session.execute(old.execution_options(synchronize_session=False))
    if words:
        session.execute(insert(ClientWord), [{"word": word, "client_id": client.id} for word in words])


def _doubles_of(session: Session, client_id: int) -> list[tuple[str, str | None, str | None]]:
    """Name, login and address of everybody who was merged into a client, also by way of others."""
    found: list[tuple[str, str | None, str | None]] = []
    seen, level = {client_id}, {client_id}
    while level:
        columns = (Client.id, Client.full_name, Client.login, Client.email)
        rows = session.execute(select(*columns).where(Client.merged_into_id.in_(level))).all()
        level = {row[0] for row in rows} - seen
        found += [(row[1], row[2], row[3]) for row in rows if row[0] in level]
        seen |= level
    return found


def _reindex_above(session: Session, double: Client) -> None:
    """A double has another name now: those with whom he was merged are found by it."""
    seen, above = {double.id}, double.merged_into_id
    while above is not None and above not in seen:
        seen.add(above)
        client = session.get_one(Client, above)
        reindex_client(session, client)
        above = client.merged_into_id


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


def stored_value(client: Client, name: str) -> Any:
    """A field as :func:`change_client` takes it: a column, or the numbers of ``phones``."""
    return [phone.number for phone in client.phones] if name == "phones" else getattr(client, name)


def change_client(
    session: Session, client: Client, changes: Mapping[str, Any], actor: Actor | None, subject: str = ""
) -> Client:
    """Compare and set by version, journal what really changed, and index again.

    The values are clean and the caller has checked the right. ``subject`` says where they came from.
    """
    before = {name: stored_value(client, name) for name in changes}
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
        raise changed_meanwhile(client)
    if phones is not None:
        _set_phones(client, phones)
    if new.keys() & SEARCHED:  # most changes of an import are of other fields: half the statements saved
        reindex_client(session, client)
        if client.merged_into_id is not None:
            _reindex_above(session, client)
    old = {name: before[name] for name in new}
    record(session, Kind.CLIENT_EDITED, actor=actor, client_id=client.id, subject=subject, old=old, new=new)
    return client


def forget_clients(session: Session, clients: Sequence[Client], *, actor: Actor | None, subject: str) -> None:
    """Take clients out whom a run should not have made: hidden, found by nothing, their keys free again.

    A few statements however many they are.
    """
    changes = {"is_hidden": True, "login": None, "object_guid": None}
    entries = []
    for client in clients:
        new = {name: value for name, value in changes.items() if getattr(client, name) != value}
        entries.append((client.id, {name: getattr(client, name) for name in new}, new))
    ids = [client.id for client in clients]
    session.flush()
    for start in range(0, len(ids), BATCH):
        batch = ids[start : start + BATCH]
        for statement in (
            update(Client).where(Client.id.in_(batch)).values(version=Client.version + 1, **changes),
            delete(ClientClaim).where(ClientClaim.client_id.in_(batch)),
            delete(ClientWord).where(ClientWord.client_id.in_(batch)),
        ):
            session.execute(statement.execution_options(synchronize_session=False))
    for client in clients:
        session.expire(client)
    record_many(session, Kind.CLIENT_EDITED, entries, actor=actor, subject=subject)


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


def changed_meanwhile(client: Client) -> Conflict:
    """The refusal of a change to a client who is not any more what was seen."""
    return Conflict(_("Someone has changed this client meanwhile."), current=client.version)


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
    if clean.get("email") and not is_address(clean["email"]):
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
