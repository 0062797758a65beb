"""``/api/v1/client/``, ``department/`` and ``me/``, and the description of all of it."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy.orm import Session

from tests.support.factories import make_client, make_department, make_ticket, make_user
from tests.support.signing import sign_in


@pytest.mark.parametrize("resource", ["ticket", "client", "department", "me"])
def test_nobody_gets_in_without_a_token(client: Any, resource: str) -> None:
    answer = client.get(f"/api/v1/{resource}/")
    assert answer.status_code == 401
    assert answer.json["message"]
    wrong = client.get(f"/api/v1/{resource}/", headers={"Authorization": "Bearer nonsense"})
    assert wrong.status_code == 401
    key = client.get(f"/api/v1/{resource}/", headers={"Authorization": "Bearer hd_nonsense"})
    assert key.status_code == 401


def test_client_is_found_listed_and_shown_with_visible_tickets_only(client: Any, session: Session) -> None:
    department = make_department(session)
    person, colleague = (make_user(session, employee_of=[department]) for _ in range(2))
    caller = make_client(session, full_name="Іваненко Олена", phones=["2-34"], tickets_count=2)
    shown = make_ticket(session, author=colleague, department=department, client=caller)
    make_ticket(session, author=colleague, department=department, client=caller, assignee=colleague)
    number, ticket = caller.id, shown.id
    sign_in(client, person)
    for typed in ("іван", "Sdfytyrj", "234", "olena ivan"):
        found = client.get("/api/v1/client/lookup", query_string={"q": typed}).json
        assert found["ids"] == [number], typed
    row = client.get(f"/api/v1/client/{number}").json["result"]
    assert (row["phones"], row["tickets_count"]) == (["2-34"], 2)
    assert [t["id"] for t in row["open_tickets"]] == [ticket]
    assert client.get("/api/v1/client/2147483647").status_code == 404
    assert client.get("/api/v1/client/99999999999999").status_code == 404
    assert client.get("/api/v1/client/lookup", query_string={"q": "\x00\x00"}).json["ids"] == []


def test_client_list_goes_on_by_page_and_cursor(client: Any, session: Session) -> None:
    numbers = [make_client(session, full_name=f"Client {letter}").id for letter in "abcde"]
    sign_in(client, make_user(session))
    first = client.get("/api/v1/client/?q=(page_size:2)").json
    assert (first["ids"], first["count"], first["count_is_exact"]) == (numbers[:2], 5, True)
    query = f"(page_size:2,cursor:'{first['cursor']}')"
    assert client.get("/api/v1/client/", query_string={"q": query}).json["ids"] == numbers[2:4]
    assert client.get("/api/v1/client/?q=(page:2,page_size:2)").json["ids"] == numbers[4:]
    named = client.get("/api/v1/client/?q=(filters:!((col:full_name,opr:ct,value:'client')))").json
    assert named["count"] == 5
    for column in ("search_text", "note", "email"):
        refused = client.get(f"/api/v1/client/?q=(filters:!((col:{column},opr:ct,value:x)))")
        assert refused.status_code == 422


def test_departments_that_take_tickets_are_listed_with_their_people(client: Any, session: Session) -> None:
    shown, hidden = make_department(session), make_department(session, is_hidden=True)
    person = make_user(session, coordinator_of=[shown])
    shown_id, hidden_id = shown.id, hidden.id
    sign_in(client, person)
    assert client.get("/api/v1/department/").json["ids"] == [shown_id]
    people = client.get(f"/api/v1/department/{shown_id}").json["result"]["people"]
    assert [(p["id"], p["role"]) for p in people] == [(person.id, "coordinator")]
    assert client.get(f"/api/v1/department/{hidden_id}").status_code == 404


def test_me_tells_who_the_caller_is(client: Any, session: Session) -> None:
    a, b = make_department(session), make_department(session)
    person = make_user(session, coordinator_of=[a], employee_of=[b])
    make_ticket(session, author=person, department=a)
    sign_in(client, person)
    me = client.get("/api/v1/me/").json["result"]
    assert me["id"] == person.id
    assert {d["id"]: d["role"] for d in me["departments"]} == {a.id: "coordinator", b.id: "employee"}
    assert (me["counters"]["free"], me["is_administrator"]) == (1, False)


# FAB's own schemas are named and added twice; it warns of that and goes on
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_the_description_shows_every_address(client: Any, session: Session) -> None:
    sign_in(client, make_user(session, administrator=True))
    paths = client.get("/api/v1/_openapi").json["paths"]
    moves = ["take", "release", "transfer", "complete", "reopen", "comment", "archive", "restore"]
    for move in moves:
        assert paths[f"/api/v1/ticket/{{pk}}/{move}"]["post"]["responses"]["409"], move
    for path in ("ticket/", "ticket/{pk}", "client/", "client/{pk}", "client/lookup", "department/", "me/"):
        assert paths[f"/api/v1/{path}"]["get"]["description"], path
    assert paths["/api/v1/ticket/"]["post"]["requestBody"]
    assert client.get("/swagger/v1").status_code == 200
