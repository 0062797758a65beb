"""Whose word counts: a person's before the imports', the directory's for names, the book's for telephones."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.errors import Invalid
from app.policy import Actor
from app.search import find_clients
from app.services.claims import Claims, resolve
from app.services.clients import release_field, update_client
from app.services.reference import merge_rows
from app.services.runs import start_run
from app.services.sources import field_sources
from app.services.telling import Statement, add_people, tell
from models import Client, ClientClaim, RunChange, RunKind, Source, Unit
from tests.support.factories import actor_of, make_client, make_department, make_unit, make_user


@pytest.fixture
def editor(session: Session) -> Actor:
    """An employee: he may edit clients."""
    return actor_of(session, make_user(session, employee_of=[make_department(session)]))


def say(session: Session, client: Client, source: Source, **values: Any) -> bool:
    """One source says something of one client."""
    return tell(session, [Statement(client, values)], source=source)[0]


def numbers(client: Client) -> list[str]:
    """The client's telephones as they are shown."""
    return [phone.number for phone in client.phones]


def test_directory_knows_names_best_and_the_book_telephones_and_rooms(session: Session) -> None:
    client = make_client(session, "Осипенко І. С.")
    say(session, client, Source.BOOK, full_name="Осипенко І. С.", phones=["2-34"], room="305", unit="Каса")
    say(session, client, Source.DIRECTORY, full_name="Осипенко Іван Сергійович", phones=["900"], room="1")
    assert client.full_name == "Осипенко Іван Сергійович"
    assert (numbers(client), client.room) == (["2-34", "900"], "305")
    assert client.unit is not None
    assert client.unit.name == "Каса"
    assert [hit.client.id for hit in find_clients(session, "іван осипенко")] == [client.id]
    assert [hit.client.id for hit in find_clients(session, "900")] == [client.id]


@pytest.mark.parametrize("source", [None, Source.LIST, Source.DIRECTORY])
def test_book_names_only_whom_nobody_else_names(session: Session, source: Source | None) -> None:
    client = make_client(session, "Осипенко Іван Сергійович")
    if source is not None:
        say(session, client, source, full_name="Осипенко Іван Сергійович")
    say(session, client, Source.BOOK, full_name="Осипенко І. С.", room="305")
    assert (client.full_name, client.room) == ("Осипенко Іван Сергійович", "305")
    (newcomer,) = add_people(session, [{"full_name": "Мороз Г."}], source=Source.BOOK)
    say(session, newcomer, Source.BOOK, full_name="Мороз Ганна")
    assert newcomer.full_name == "Мороз Ганна"


def test_person_beats_every_import_until_he_lets_it_go(session: Session, editor: Actor) -> None:
    client = make_client(session, "Осипенко Іван")
    say(session, client, Source.DIRECTORY, room="100", phones=["100"])
    update_client(
        session, client.id, changes={"room": "200", "phones": []}, version=client.version, actor=editor
    )
    say(session, client, Source.DIRECTORY, room="101", phones=["101"])
    say(session, client, Source.BOOK, room="102", phones=["102"])
    assert (client.room, numbers(client)) == ("200", [])

    release_field(session, client.id, field="room", version=client.version, actor=editor)
    release_field(session, client.id, field="phones", version=client.version, actor=editor)
    assert (client.room, numbers(client)) == ("102", ["102", "101"])
    with pytest.raises(Invalid):
        release_field(session, client.id, field="room", version=client.version, actor=editor)


def test_saving_a_form_unchanged_claims_nothing(session: Session, editor: Actor) -> None:
    client = make_client(session, "Осипенко Іван", room="100", phones=["100"])
    changes = {"room": "100", "full_name": "Осипенко Іван", "phones": ["100"]}
    update_client(session, client.id, changes=changes, version=client.version, actor=editor)
    assert session.scalars(select(ClientClaim).where(ClientClaim.client_id == client.id)).all() == []


def test_what_stood_there_before_comes_back_when_the_import_says_nothing_more(session: Session) -> None:
    client = make_client(session, "Осипенко Іван", room="100", unit=make_unit(session, "Каса"))
    say(session, client, Source.BOOK, room="200", unit="Архів")
    assert (client.room, client.unit and client.unit.name) == ("200", "Архів")
    say(session, client, Source.BOOK, room="", unit=None)
    assert (client.room, client.unit and client.unit.name) == ("100", "Каса")


def test_same_words_again_change_nothing(session: Session) -> None:
    client = make_client(session, "Осипенко Іван")
    run = start_run(session, RunKind.BOOK)
    assert say(session, client, Source.BOOK, room="200", phones=["1"]) is True
    version = client.version
    assert tell(
        session, [Statement(client, {"room": "200", "phones": ["1"]})], source=Source.BOOK, run=run
    ) == [False]
    assert client.version == version
    assert session.scalars(select(RunChange)).all() == []


def test_leaver_is_deactivated_and_comes_back_as_himself(session: Session) -> None:
    client = make_client(session, "Осипенко Іван", login="i.osypenko")
    say(session, client, Source.DIRECTORY, is_active=False)
    assert not client.is_active
    say(session, client, Source.DIRECTORY, is_active=True)
    assert client.is_active


def test_name_is_never_lost(session: Session) -> None:
    client = make_client(session, "Осипенко Іван")
    say(session, client, Source.DIRECTORY, full_name="Осипенко Іван Сергійович")
    say(session, client, Source.DIRECTORY, full_name="")
    assert client.full_name == "Осипенко Іван"


def test_telephones_of_several_sources_are_one_list_without_repeats() -> None:
    def entry(value: Any) -> dict[str, Any]:
        return {"value": value}

    claims: Claims = {
        Source.DIRECTORY: {"phones": entry(["2 34", "500"])},
        Source.BOOK: {"phones": entry(["2-34", "(044) 239-78-91"])},
    }
    assert resolve(claims, "phones") == ["2-34", "(044) 239-78-91", "500"]
    assert resolve(claims | {Source.PERSON: {"phones": entry(["7"])}}, "phones") == ["7"]


def test_every_field_knows_its_source_and_date(session: Session, editor: Actor) -> None:
    run = start_run(session, RunKind.SYNC, title="dc1")
    (client,) = add_people(
        session,
        [{"full_name": "Осипенко Іван", "room": "100", "unit": "Каса", "login": "i.osypenko"}],
        source=Source.DIRECTORY,
        run=run,
    )
    update_client(session, client.id, changes={"room": "200"}, version=client.version, actor=editor)
    told = field_sources(session, client.id)
    assert told["unit"].counts.source is Source.DIRECTORY
    assert (told["unit"].counts.run_id, told["unit"].is_pinned) == (run.id, False)
    room = told["room"]
    assert (room.counts.source, room.counts.who, room.is_pinned) == (Source.PERSON, editor.full_name, True)
    assert [(word.source, word.value) for word in room.others] == [(Source.DIRECTORY, "100")]
    assert room.counts.at.tzinfo is not None


def test_units_that_were_merged_are_not_parted_by_the_next_import(session: Session) -> None:
    boss = actor_of(session, make_user(session, administrator=True))
    client = make_client(session, "Осипенко Іван")
    say(session, client, Source.DIRECTORY, unit="Бухг-рія")
    (wrong,) = session.scalars(select(Unit).where(Unit.name == "Бухг-рія"))
    right, last = make_unit(session, "Бухгалтерія"), make_unit(session, "Фінанси")
    merge_rows(session, Unit, [wrong.id], right.id, actor=boss)
    merge_rows(session, Unit, [right.id], last.id, actor=boss)
    other = make_client(session, "Ткаченко Олена")
    say(session, other, Source.DIRECTORY, unit="БУХГ-РІЯ")
    say(session, client, Source.DIRECTORY, unit="Бухг-рія", room="1")
    session.expire_all()
    assert (client.unit_id, other.unit_id) == (last.id, last.id)
    assert session.scalars(select(Unit.name)).all() == ["Фінанси"]
