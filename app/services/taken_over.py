"""What the one who stays takes over from a double, and gives back when they are two people again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from app.policy import Actor
from app.services.claims import Entry, is_nothing, load_claims
from app.services.client_rows import MOST_PHONES
from app.services.telling import Statement, tell
from app.services.units import UnitNames
from app.text import phone_digits
from models import Client, ImportRun, RunChange, Source

# logins and GUIDs stay with their records
TAKEN_OVER = ("email", "unit", "job_title", "phones", "room", "note")
Gone = dict[str, list[Any]]  # field → the values that were a double's


def take_over(session: Session, stays: Client, double: Client, *, run: ImportRun, actor: Actor) -> None:
    """Tell of the one who stays what the double's record says, and what a person has said of the double.

    Words of doubles before him stand: their numbers are joined, of other fields the first value is kept. A
    person's word on the double beats the imports of the one who stays too, unless a person has spoken of him.
    """
    claims = load_claims(session, (stays.id, double.id))
    own, his = (claims.get(client.id, {}) for client in (stays, double))
    earlier = own[Source.MERGED].values if Source.MERGED in own else {}
    known = _values(UnitNames(session), double)
    left = {field: value for field, value in known.items() if field not in earlier}
    if "phones" in known and "phones" in earlier:
        left["phones"] = join_numbers(earlier["phones"]["value"], known["phones"])
    words = _persons_words(
        stays,
        known.get("phones", []),
        own[Source.PERSON].values if Source.PERSON in own else {},
        his[Source.PERSON].values if Source.PERSON in his else {},
    )
    tell(session, [Statement(stays, left)], source=Source.MERGED, run=run, actor=actor)
    tell(session, [Statement(stays, words)], source=Source.PERSON, run=run, actor=actor)


def join_numbers(*lists: Iterable[str]) -> list[str]:
    """The numbers of several lists in their order, each once however it is written."""
    numbers: dict[str, str] = {}
    for number in (number for numbers_of_one in lists for number in numbers_of_one):
        numbers.setdefault(phone_digits(number), number)
    return list(numbers.values())[:MOST_PHONES]


def gone_values(session: Session, change: RunChange, double: Client) -> Gone:
    """What was taken over from a double in a merge, by field, and what his record says now."""
    gone: Gone = {}
    for field, value in _values(UnitNames(session), double).items():
        gone[field] = list(value) if field == "phones" else [value]
    told = select(RunChange).where(
        RunChange.run_id == change.run_id,
        RunChange.client_id == change.new["into"],
        RunChange.source == Source.MERGED,
    )
    for row in session.scalars(told):
        for field, entry in row.new.items():
            if entry and field in TAKEN_OVER:
                gone.setdefault(field, []).extend(only_new(row.old.get(field), entry))
    return gone


def without_double(
    session: Session, client_id: int, said: Mapping[str, Entry], gone: Gone
) -> dict[str, Entry]:
    """What is still taken over when one double has gone: his values go, unless another double says so too."""
    units = UnitNames(session)
    doubles = select(Client).where(Client.merged_into_id == client_id).options(selectinload(Client.phones))
    others = [_values(units, double) for double in session.scalars(doubles.order_by(Client.id))]
    left = dict(said)
    for field in said.keys() & gone.keys():
        theirs = [other[field] for other in others if field in other]
        value: Any
        if field == "phones":
            theirs = [number for numbers in theirs for number in numbers]
            value = [n for n in said[field]["value"] if n not in gone[field] or n in theirs]
        elif said[field]["value"] in gone[field] and said[field]["value"] not in theirs:
            value = theirs[0] if theirs else None
        else:
            continue
        if is_nothing(value):
            left.pop(field)
        elif value != said[field]["value"]:
            left[field] = {**said[field], "value": value}
    return left


def drop_numbers(entry: Entry, numbers: Sequence[str]) -> Entry:
    """A claim on telephones without some of them."""
    return {**entry, "value": [number for number in entry["value"] if number not in numbers]}


def only_new(old: Entry | None, new: Entry) -> list[Any]:
    """What a claim says that it did not say before: the numbers that were added, or the value."""
    if not isinstance(new["value"], list):
        return [new["value"]]
    return [number for number in new["value"] if old is None or number not in old["value"]]


def _values(units: UnitNames, client: Client) -> dict[str, Any]:
    values = {field: units.value_of(client, field) for field in TAKEN_OVER}
    return {field: value for field, value in values.items() if not is_nothing(value)}


def _persons_words(
    stays: Client, his_phones: Sequence[str], own: Mapping[str, Entry], his: Mapping[str, Entry]
) -> dict[str, Any]:
    words = {
        field: his[field]["value"]
        for field in TAKEN_OVER
        if field in his and field not in own and not is_nothing(his[field]["value"])
    }
    if "phones" in words or ("phones" in own and his_phones):
        # a person's list hides every other: it must hold the numbers of both
        words["phones"] = join_numbers((phone.number for phone in stays.phones), his_phones)
    return words
