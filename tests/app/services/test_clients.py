"""Clients written down, corrected, hidden and listed; what the look-up reads stays in step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.actors import Actor
from app.errors import Conflict, Forbidden, Invalid, NotFound
from app.events import Kind
from app.search import find_clients
from app.services.clients import correct_field, create_client, hide_client, list_clients, update_client
from models import Client, ClientWord, JournalEntry
from tests.support.factories import actor_of, make_client, make_department, make_unit, make_user


@pytest.fixture
def actor(session: Session) -> Actor:
    return actor_of(session, make_user(session, employee_of=[make_department(session)]))


@pytest.fixture
def outsider(session: Session) -> Actor:
    """Signed in, and of no department: may change nothing."""
    return actor_of(session, make_user(session))


def _entries(session: Session, client: Client) -> list[JournalEntry]:
    query = select(JournalEntry).where(JournalEntry.client_id == client.id).order_by(JournalEntry.id)
    return list(session.scalars(query))


def _found(session: Session, query: str) -> list[str]:
    return [hit.client.full_name for hit in find_clients(session, query)]


def test_staff_writes_a_client_down_who_is_found_at_once(session: Session, actor: Actor) -> None:
    unit = make_unit(session)
    values = {
        "full_name": " Савчук   Олег ",
        "login": "o.savchuk",
        "unit_id": unit.id,
        "phones": ["3-12", "3-12"],
    }
    client = create_client(session, values, actor=actor)
    assert (client.full_name, client.unit_id, client.phone) == ("Савчук Олег", unit.id, "3-12")
    assert (
        _found(session, "савч") == _found(session, "312") == _found(session, "o.savchuk") == ["Савчук Олег"]
    )
    (entry,) = _entries(session, client)
    assert (entry.kind, entry.actor_id) == (Kind.CLIENT_CREATED, actor.id)
    assert entry.new["phones"] == ["3-12"]


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"full_name": ""}, "full_name"),
        ({"full_name": "'-!"}, "full_name"),
        ({}, "full_name"),
        ({"full_name": "А" * 201}, "full_name"),
        ({"full_name": "Олег", "email": "nobody"}, "email"),
        ({"full_name": "Олег", "unit_id": 999_999}, "unit_id"),
        ({"full_name": "Олег", "unit_id": 2**70}, "unit_id"),
        ({"full_name": "Олег", "phones": ["немає"]}, "phones"),
        ({"full_name": "Олег", "phones": [str(n) for n in range(100, 111)]}, "phones"),
        ({"full_name": "Олег", "login": "taken"}, "login"),
    ],
)
def test_what_cannot_be_used_is_refused_with_its_field(
    session: Session, actor: Actor, values: dict[str, Any], field: str
) -> None:
    make_client(session, login="taken")
    with pytest.raises(Invalid) as refused:
        create_client(session, values, actor=actor)
    assert list(refused.value.fields) == [field]


def test_staff_corrects_a_name_and_the_old_one_finds_nobody(session: Session, actor: Actor) -> None:
    client = make_client(session, "Савчук Олег", phones=["3-12"])
    updated = update_client(
        session, client.id, changes={"full_name": "Кравець Олег", "phones": ["7-77"]}, version=1, actor=actor
    )
    assert (updated.version, _found(session, "савчук"), _found(session, "312")) == (2, [], [])
    assert _found(session, "кравець") == _found(session, "777") == ["Кравець Олег"]
    words = set(session.scalars(select(ClientWord.word).where(ClientWord.client_id == client.id)))
    assert words == set(client.search_text.split())
    (entry,) = _entries(session, client)
    assert entry.old == {"full_name": "Савчук Олег", "phones": ["3-12"]}
    assert entry.new == {"full_name": "Кравець Олег", "phones": ["7-77"]}


def test_nothing_changed_is_no_change(session: Session, actor: Actor) -> None:
    client = make_client(session, "Савчук Олег", room="12")
    assert update_client(session, client.id, changes={"room": " 12 "}, version=1, actor=actor).version == 1
    assert _entries(session, client) == []


def test_a_login_of_another_client_is_refused_and_the_session_lives_on(
    session: Session, actor: Actor
) -> None:
    make_client(session, login="taken")
    client = make_client(session, "Савчук Олег")
    with pytest.raises(Invalid) as refused:
        update_client(session, client.id, changes={"login": "taken"}, version=1, actor=actor)
    assert list(refused.value.fields) == ["login"]
    assert update_client(session, client.id, changes={"login": "free"}, version=1, actor=actor).version == 2


def test_a_stale_version_is_refused_with_the_current_one(session: Session, actor: Actor) -> None:
    client = make_client(session, "Савчук Олег", phones=["3-12"])
    update_client(session, client.id, changes={"room": "14"}, version=1, actor=actor)
    stale_changes: list[Callable[[], Client]] = [
        lambda: update_client(session, client.id, changes={"room": "15"}, version=1, actor=actor),
        lambda: correct_field(session, client.id, field="room", value="15", version=1, actor=actor),
        lambda: hide_client(session, client.id, version=1, actor=actor),
    ]
    for change in stale_changes:
        with pytest.raises(Conflict) as refused:
            change()
        assert refused.value.details["current"] == 2
    assert (client.room, client.is_hidden) == ("14", False)


def test_a_corrected_phone_is_the_first_one_and_the_others_stay(session: Session, actor: Actor) -> None:
    client = make_client(session, "Савчук Олег", phones=["3-12", "3-13"])
    correct_field(session, client.id, field="phone", value="4-00", version=1, actor=actor)
    assert [phone.number for phone in client.phones] == ["4-00", "3-13"]


def test_only_phone_and_room_are_corrected_in_place(session: Session, actor: Actor) -> None:
    client = make_client(session, "Савчук Олег")
    with pytest.raises(Invalid):
        correct_field(session, client.id, field="login", value="root", version=1, actor=actor)


def test_a_hidden_client_is_neither_found_nor_listed(session: Session, actor: Actor) -> None:
    client = make_client(session, "Савчук Олег")
    hide_client(session, client.id, version=1, actor=actor)
    assert _found(session, "савчук") == []
    assert client not in list_clients(session, "савчук")[0]


def test_who_has_no_department_changes_nothing(session: Session, outsider: Actor) -> None:
    client = make_client(session, "Савчук Олег")
    attempts: list[Callable[[], Client]] = [
        lambda: create_client(session, {"full_name": "Олег"}, actor=outsider),
        lambda: update_client(session, client.id, changes={"room": "1"}, version=1, actor=outsider),
        lambda: correct_field(session, client.id, field="room", value="1", version=1, actor=outsider),
        lambda: hide_client(session, client.id, version=1, actor=outsider),
    ]
    for attempt in attempts:
        with pytest.raises(Forbidden):
            attempt()
    assert (client.version, client.room) == (1, "")


@pytest.mark.parametrize("client_id", [0, -1, 999_999, 2**70])
def test_a_client_who_is_not_there_is_not_found(session: Session, actor: Actor, client_id: int) -> None:
    with pytest.raises(NotFound):
        update_client(session, client_id, changes={"room": "1"}, version=1, actor=actor)


def test_the_list_goes_on_where_its_page_ended(session: Session) -> None:
    names = [make_client(session, f"Жук {letter}").full_name for letter in "аабвгд"]
    listed, cursor = [], None
    while True:
        page, cursor = list_clients(session, "жук", after=cursor, limit=2)
        listed += [client.full_name for client in page]
        if cursor is None:
            break
    assert listed == names


@pytest.mark.parametrize(
    ("q", "is_listed"),
    [
        ("савчук", True),
        ("Cfdxer", True),
        ("savchuk ole", True),
        ("312", True),
        ("0234", True),
        ("вн. 3-12", True),
        ("", True),
        ("кравець", False),
        ("999", False),
        ("%", False),
    ],
)
def test_the_list_is_searched_like_the_look_up(session: Session, q: str, is_listed: bool) -> None:
    client = make_client(session, "Савчук Олег", phones=["3-12", "239-02-34"])
    assert (client in list_clients(session, q)[0]) is is_listed
