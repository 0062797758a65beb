"""Several tickets at once: all of them, or none and the reasons by number."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import JournalEntry, Priority, Staff, State, Ticket
from tests.support.cast import Cast, make_cast
from tests.support.signing import sign_in

FRAGMENT = {"HX-Request": "true"}


@pytest.fixture
def cast(session: Session) -> Cast:
    return make_cast(session)


def as_person(client: FlaskClient, session: Session, cast: Cast, who: str) -> FlaskClient:
    person = session.get(Staff, cast.people[who])
    assert person is not None
    return sign_in(client, person)


def order(cast: Cast, verb: str, *names: str, version: int = 1, **more: object) -> dict[str, object]:
    ids = [cast.tickets[name] for name in names]
    return {"verb": verb, "ids": ids, "versions": [version] * len(ids), **more}


def states(session: Session, cast: Cast, *names: str) -> list[str]:
    return [session.get_one(Ticket, cast.tickets[name]).state for name in names]


def test_a_worker_completes_his_own_and_free_ones_at_once(
    client: FlaskClient, session: Session, cast: Cast
) -> None:
    worker = as_person(client, session, cast, "worker_a")
    answer = worker.post("/tickets/bulk", data=order(cast, "complete", "a_free", "a_mine"), headers=FRAGMENT)
    assert answer.status_code == 204
    assert states(session, cast, "a_free", "a_mine") == [State.DONE, State.DONE]


def test_a_form_without_scripts_goes_back_to_its_list(
    client: FlaskClient, session: Session, cast: Cast
) -> None:
    worker = as_person(client, session, cast, "worker_a")
    answer = worker.post("/tickets/bulk", data=order(cast, "take", "a_free", list="inbox?state=free"))
    assert (answer.status_code, answer.location) == (303, "/tickets/inbox?state=free")


@pytest.mark.parametrize("other", ["a_other", "a_done", "b_free"])
def test_one_refusal_undoes_all_and_names_the_number(
    client: FlaskClient, session: Session, cast: Cast, other: str
) -> None:
    worker = as_person(client, session, cast, "worker_a")
    before = session.scalars(select(JournalEntry.id)).all()
    answer = worker.post("/tickets/bulk", data=order(cast, "take", "a_free", other), headers=FRAGMENT)
    assert answer.status_code == 409
    assert f" {cast.tickets[other]}: " in answer.text
    assert f" {cast.tickets['a_free']}: " not in answer.text
    assert states(session, cast, "a_free") == [State.FREE]
    assert session.scalars(select(JournalEntry.id)).all() == before


def test_hidden_and_missing_are_refused_with_the_same_words(
    client: FlaskClient, session: Session, cast: Cast
) -> None:
    worker = as_person(client, session, cast, "worker_a")
    hidden = cast.tickets["b_free"]
    texts = []
    for number in (hidden, 999_999):
        data = {"verb": "take", "ids": [number], "versions": [1]}
        answer = worker.post("/tickets/bulk", data=data, headers=FRAGMENT)
        assert answer.status_code == 409
        texts.append(answer.text.replace(str(number), "N"))
    assert texts[0] == texts[1]


def test_a_stale_version_is_refused(client: FlaskClient, session: Session, cast: Cast) -> None:
    worker = as_person(client, session, cast, "worker_a")
    data = order(cast, "take", "a_free", "a_own", version=5)
    assert worker.post("/tickets/bulk", data=data, headers=FRAGMENT).status_code == 409
    assert states(session, cast, "a_free", "a_own") == [State.FREE, State.FREE]


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"verb": "take"},
        {"verb": "explode", "ids": ["1"]},
        {"verb": "comment", "ids": ["1"]},
        {"verb": "take", "ids": ["abc"]},
        {"verb": "take", "ids": ["99999999999"]},
        {"verb": "take", "ids": ["1", "2"], "versions": ["1"]},
        {"verb": "take", "ids": [str(number) for number in range(1, 102)]},
    ],
)
def test_a_senseless_order_is_refused(
    client: FlaskClient, session: Session, cast: Cast, data: dict[str, object]
) -> None:
    worker = as_person(client, session, cast, "worker_a")
    assert worker.post("/tickets/bulk", data=data, headers=FRAGMENT).status_code == 422


def test_several_are_transferred_with_a_reason(client: FlaskClient, session: Session, cast: Cast) -> None:
    boss = as_person(client, session, cast, "boss_a")
    ids = [cast.tickets["a_free"], cast.tickets["a_mine"]]
    form = boss.get(f"/tickets/transfer?ids={ids[0]}&ids={ids[1]}&list=inbox", headers=FRAGMENT).text
    assert form.count('name="ids"') == 2
    there = cast.departments["b"]
    data = order(cast, "transfer", "a_free", "a_mine", department_id=there, reason="Theirs")
    assert boss.post("/tickets/bulk", data=data, headers=FRAGMENT).status_code == 204
    for number in ids:
        ticket = session.get(Ticket, number)
        assert ticket is not None
        assert (ticket.department_id, ticket.state) == (cast.departments["b"], State.FREE)
        assert ticket.comments_count == 1
    refused = order(cast, "transfer", "a_done", department_id="", reason="Keep me")
    answer = boss.post("/tickets/bulk", data=refused, headers=FRAGMENT)
    assert answer.status_code == 409
    assert "Keep me" in answer.text


def test_the_transfer_form_of_a_hidden_ticket_is_missing(
    client: FlaskClient, session: Session, cast: Cast
) -> None:
    worker = as_person(client, session, cast, "worker_a")
    mixed = f"/tickets/transfer?ids={cast.tickets['a_free']}&ids={cast.tickets['b_free']}"
    assert worker.get(mixed).status_code == 404
    assert worker.get("/tickets/transfer").status_code == 422


def test_a_coordinator_sets_the_priority_of_several(
    client: FlaskClient, session: Session, cast: Cast
) -> None:
    boss = as_person(client, session, cast, "boss_a")
    data = order(cast, "set_priority", "a_free", "a_mine", priority=2)
    assert boss.post("/tickets/bulk", data=data, headers=FRAGMENT).status_code == 204
    for name in ("a_free", "a_mine"):
        assert session.get_one(Ticket, cast.tickets[name]).priority == Priority.HIGH
    worker = as_person(client, session, cast, "worker_a")
    assert worker.post("/tickets/bulk", data=data, headers=FRAGMENT).status_code == 409
