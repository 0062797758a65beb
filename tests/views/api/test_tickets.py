"""``/api/v1/ticket/``: the services and the policy, seen through JSON."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import Client, Comment, Department, Staff, Ticket
from tests.support.factories import make_department, make_ticket, make_user
from tests.support.signing import sign_in


def draft(caller: Client, department: Department, **more: Any) -> dict[str, Any]:
    return {"client_id": caller.id, "department_id": department.id, "subject": "No paper", **more}


def test_employee_creates_a_ticket_and_gets_it_whole(
    api: Any, session: Session, caller: Client, department: Department, employee: Staff
) -> None:
    typed = draft(caller, department, body="At all", priority="high")
    answer = api.post("/api/v1/ticket/", json=typed)
    assert answer.status_code == 201
    row = answer.json["result"]
    ticket = session.get(Ticket, answer.json["id"])
    assert ticket is not None
    assert (ticket.subject, ticket.body, ticket.priority) == ("No paper", "At all", 2)
    assert (row["state"], row["version"], row["priority"]) == ("free", 1, "high")
    assert row["author"]["id"] == employee.id
    assert set(row["moves"]) == {"take", "transfer"}


@pytest.mark.parametrize("priority", [2, "2", "high"])
def test_priority_is_a_number_or_a_word(
    api: Any, caller: Client, department: Department, priority: object
) -> None:
    answer = api.post("/api/v1/ticket/", json=draft(caller, department, priority=priority))
    assert answer.json["result"]["priority"] == "high"


@pytest.mark.parametrize("name", ["client_id", "department_id", "assignee_id", "topic_id"])
@pytest.mark.parametrize("value", [True, "x", "1", 1.5, 10**30, -1, 0, [], {}])
def test_nonsense_for_a_number_is_refused_by_name(
    api: Any, caller: Client, department: Department, name: str, value: object
) -> None:
    answer = api.post("/api/v1/ticket/", json={**draft(caller, department), name: value})
    assert answer.status_code == 422
    assert list(answer.json["fields"]) == [name]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("client_id", None),
        ("client_id", 2**31 - 1),
        ("department_id", None),
        ("department_id", 2**31 - 1),
        ("assignee_id", 2**31 - 1),
        ("topic_id", 2**31 - 1),
        ("priority", None),
        ("priority", True),
        ("priority", 3),
        ("priority", "urgent"),
        ("subject", 5),
        ("subject", None),
        ("subject", "x" * 201),
        ("body", ["x"]),
        ("body", "\x00"),
        ("body", "\ud800"),
        ("body", "x" * 20_001),
        ("request_key", 7),
        ("request_key", "k" * 201),
        ("asignee_id", 1),
    ],
)
def test_a_wrong_field_is_named_and_nothing_is_written(
    api: Any, session: Session, caller: Client, department: Department, name: str, value: object
) -> None:
    answer = api.post("/api/v1/ticket/", json={**draft(caller, department), name: value})
    assert answer.status_code == 422
    assert list(answer.json["fields"]) == [name]
    assert answer.json["message"]
    assert session.scalar(select(func.count()).select_from(Ticket)) == 0


@pytest.mark.parametrize("body", ["{", "", "[]", "7", "null", "[" * 100_000, '{"a":' * 50_000])
def test_broken_json_is_a_bad_request(api: Any, body: str) -> None:
    answer = api.post("/api/v1/ticket/", data=body, content_type="application/json")
    assert answer.status_code == 400
    assert answer.json["message"]


def test_the_same_key_twice_makes_one_ticket(
    api: Any, session: Session, caller: Client, department: Department
) -> None:
    typed = draft(caller, department)
    first = api.post("/api/v1/ticket/", json=typed, headers={"Idempotency-Key": "press"})
    second = api.post("/api/v1/ticket/", json={**typed, "request_key": "press"})
    assert first.json["id"] == second.json["id"]
    assert session.scalar(select(func.count()).select_from(Ticket)) == 1


def test_another_persons_key_is_another_ticket(
    api: Any, session: Session, caller: Client, department: Department
) -> None:
    typed = draft(caller, department, request_key="press")
    first = api.post("/api/v1/ticket/", json=typed).json["id"]
    other = make_user(session, employee_of=[department])
    sign_in(api, other)
    assert api.post("/api/v1/ticket/", json=typed).json["id"] != first


def test_stranger_without_a_department_may_not_create(
    client: FlaskClient, session: Session, caller: Client, department: Department
) -> None:
    sign_in(client, make_user(session))
    assert client.post("/api/v1/ticket/", json=draft(caller, department)).status_code == 403


def test_whole_way_of_a_ticket(
    api: Any, session: Session, department: Department, caller: Client, employee: Staff
) -> None:
    boss = make_user(session, coordinator_of=[department])
    ticket = make_ticket(session, author=employee, department=department, client=caller)
    number = ticket.id
    version = 1
    for verb, state in (("take", "in_work"), ("release", "free"), ("complete", "done"), ("reopen", "free")):
        answer = api.post(f"/api/v1/ticket/{number}/{verb}", json={"version": version})
        assert answer.status_code == 200, answer.json
        assert answer.json["result"]["state"] == state
        version = answer.json["result"]["version"]
    api.post(f"/api/v1/ticket/{number}/complete")
    sign_in(api, boss)
    assert api.post(f"/api/v1/ticket/{number}/archive").json["result"]["state"] == "archived"
    assert api.post(f"/api/v1/ticket/{number}/restore").json["result"]["state"] == "done"


def test_transfer_moves_the_ticket_and_leaves_the_reason(
    api: Any, session: Session, department: Department, employee: Staff
) -> None:
    other = make_department(session)
    colleague = make_user(session, employee_of=[other])
    ticket = make_ticket(session, author=employee, department=department)
    body = {"department_id": other.id, "assignee_id": colleague.id, "reason": "Yours"}
    answer = api.post(f"/api/v1/ticket/{ticket.id}/transfer", json=body)
    assert answer.status_code == 200
    assert answer.json["result"]["department"]["id"] == other.id
    assert answer.json["result"]["assignee"]["id"] == colleague.id
    assert session.scalars(select(Comment.body)).all() == ["Yours"]
    wrong = api.post(f"/api/v1/ticket/{ticket.id}/transfer", json={"department_id": "x"})
    assert (wrong.status_code, list(wrong.json["fields"])) == (422, ["department_id"])


def test_comment_is_written_once_per_key(
    api: Any, session: Session, department: Department, employee: Staff
) -> None:
    ticket = make_ticket(session, author=employee, department=department)
    url = f"/api/v1/ticket/{ticket.id}/comment"
    for _press in range(2):
        answer = api.post(url, json={"body": "On my way", "request_key": "k"})
        assert answer.status_code == 201
        assert answer.json["result"]["comment"]["body"] == "On my way"
    assert session.scalar(select(func.count()).select_from(Comment)) == 1
    assert api.post(url, json={"body": " "}).json["fields"].keys() == {"body"}
    assert [c["body"] for c in api.get(f"/api/v1/ticket/{ticket.id}").json["result"]["comments"]] == [
        "On my way"
    ]


def test_a_stale_version_is_a_conflict_with_the_current_one(
    api: Any, session: Session, department: Department, employee: Staff
) -> None:
    ticket = make_ticket(session, author=employee, department=department, version=7)
    answer = api.post(f"/api/v1/ticket/{ticket.id}/take", json={"version": 6})
    assert (answer.status_code, answer.json["current"]) == (409, 7)
    assert api.post(f"/api/v1/ticket/{ticket.id}/take", json={"version": 7}).status_code == 200
    again = api.post(f"/api/v1/ticket/{ticket.id}/take")
    assert (again.status_code, again.json["current"]) == (409, 8)
    for nonsense in (None, True, "7", 7.0, 10**40):
        bad = api.post(f"/api/v1/ticket/{ticket.id}/release", json={"version": nonsense})
        assert (bad.status_code, list(bad.json["fields"])) == (422, ["version"])


def test_a_move_of_anothers_ticket_is_forbidden_and_a_hidden_one_is_not_there(
    api: Any, session: Session, department: Department
) -> None:
    colleague = make_user(session, employee_of=[department])
    taken = make_ticket(session, author=colleague, department=department, taken_by=colleague)
    hidden = make_ticket(session, author=colleague, department=department, assignee=colleague)
    assert api.post(f"/api/v1/ticket/{taken.id}/release").status_code == 403
    answers = [
        api.open(f"/api/v1/ticket/{number}{path}", method=method)
        for method, path in (("GET", ""), ("POST", "/take"), ("POST", "/comment"), ("POST", "/transfer"))
        for number in (hidden.id, 2**31 - 1, 10**25)
    ]
    assert {a.status_code for a in answers} == {404}
    assert len({a.get_data() for a in answers}) == 1
