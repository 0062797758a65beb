"""The clients as the join takes them."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.text import phone_digits
from import_tools.joining import PersonRecord
from models import Client, ClientClaim, ClientPhone, Source, Unit


def client_records(session: Session) -> list[PersonRecord]:
    """Everybody who is not hidden; ``key`` is the client's id.

    Numbers and rooms that a phone book brought are left out: they would prove the very link they came by.
    """
    claimed = select(ClientClaim.client_id, ClientClaim.values).where(ClientClaim.source == Source.BOOK)
    said = {row[0]: row[1] for row in session.execute(claimed)}
    phones: dict[int, list[str]] = {}
    for client_id, number, digits in session.execute(
        select(ClientPhone.client_id, ClientPhone.number, ClientPhone.digits)
    ):
        from_book = said.get(client_id, {}).get("phones", {}).get("value", [])
        if digits not in {phone_digits(n) for n in from_book}:
            phones.setdefault(client_id, []).append(number)
    columns = (Client.id, Client.full_name, Client.login, Client.email, Client.room, Unit.name)
    query = select(*columns).outerjoin(Unit, Unit.id == Client.unit_id).where(Client.is_hidden.is_(False))
    return [
        PersonRecord(
            key=str(row[0]),
            name=row[1],
            unit=_own(said, row[0], "unit", row[5] or ""),
            login=row[2] or "",
            email=row[3] or "",
            phones=tuple(phones.get(row[0], ())),
            room=_own(said, row[0], "room", row[4]),
        )
        for row in session.execute(query.order_by(Client.id))
    ]


def _own(said: dict[int, dict[str, dict[str, str]]], client_id: int, field: str, value: str) -> str:
    """The value, unless it is the phone book's own word."""
    return "" if said.get(client_id, {}).get(field, {}).get("value") == value else value
