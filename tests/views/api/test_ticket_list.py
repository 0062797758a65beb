"""Lists of ``/api/v1/ticket/``: what a person sees, page by page, filtered, and nonsense refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy.orm import Session

from models import Department, Staff, State
from tests.support.cast import PEOPLE, VISIBLE, make_cast
from tests.support.factories import make_ticket
from tests.support.signing import sign_in


@pytest.mark.parametrize("who", [name for name in PEOPLE if name != "disabled"])
def test_the_list_is_exactly_what_a_person_sees(client: Any, session: Session, who: str) -> None:
    cast = make_cast(session)
    person = session.get(Staff, cast.people[who])
    assert person is not None
    sign_in(client, person)
    answer = client.get("/api/v1/ticket/?q=(page_size:100)")
    assert cast.names(answer.json["ids"]) == VISIBLE[who]
    assert answer.json["count"] == len(VISIBLE[who])
    for name, number in cast.tickets.items():
        expected = 200 if name in VISIBLE[who] else 404
        assert client.get(f"/api/v1/ticket/{number}").status_code == expected


def walk(api: Any, address: Callable[[str], str]) -> list[int]:
    found: list[int] = []
    cursor = ""
    while True:
        answer = api.get(address(cursor)).json
        found += answer["ids"]
        cursor = answer["cursor"]
        if not cursor:
            return found


def test_pages_and_cursors_show_everything_once(
    api: Any, session: Session, department: Department, employee: Staff
) -> None:
    states = (State.FREE, State.DONE, State.ARCHIVED)
    numbers = [
        make_ticket(session, author=employee, department=department, state=states[i % 3]).id
        for i in range(12)
    ]
    newest = sorted(numbers, reverse=True)
    assert walk(api, lambda c: f"/api/v1/ticket/?page_size=5&after={c}") == newest
    by_page = [api.get(f"/api/v1/ticket/?q=(page:{p},page_size:5)").json for p in range(3)]
    assert [i for page in by_page for i in page["ids"]] == newest
    assert {(page["count"], page["count_is_exact"]) for page in by_page} == {(12, True)}
    oldest = api.get("/api/v1/ticket/?q=(order_column:id,order_direction:asc)").json["ids"]
    assert oldest == newest[::-1]
    assert api.get("/api/v1/ticket/?q=(page_size:-1)").status_code == 200


def test_filters_leave_what_they_name(
    api: Any, session: Session, department: Department, employee: Staff
) -> None:
    free = make_ticket(session, author=employee, department=department, priority=2)
    done = make_ticket(session, author=employee, department=department, state=State.DONE)
    archived = make_ticket(session, author=employee, department=department, state=State.ARCHIVED)
    wanted = {
        "?box=archive": [archived.id],
        "?state=free": [free.id],
        "?state=done&box=inbox": [done.id],
        "?q=(filters:!((col:priority,opr:eq,value:high)))": [free.id],
        f"?q=(filters:!((col:client_id,opr:eq,value:{done.client_id})))": [done.id],
        "?q=(columns:!(id,subject))": [archived.id, done.id, free.id],
    }
    for query, ids in wanted.items():
        assert api.get(f"/api/v1/ticket/{query}").json["ids"] == ids, query


@pytest.mark.parametrize(
    "query",
    [
        "q=(filters:!((col:body,opr:eq,value:x)))",
        "q=(filters:!((col:priority,opr:gt,value:0)))",
        "q=(filters:!(x))",
        "q=(filters:x)",
        "q=(filters:!((col:!(),opr:eq,value:0)))",
        "q=(filters:!((col:client_id,opr:eq,value:'1')))",
        "q=(columns:!(password))",
        "q=(columns:!((a:b)))",
        "q=(order_column:body)",
        "q=(page:-1)",
        "q=(page:x)",
        "q=(page:999999999999999)",
        "q=(page:100,page_size:100)",
        "q=(page_size:!t)",
        "q=(nothing:1)",
        "q=(cursor:5)",
        "page_size=x",
        "box=nowhere",
        "state=lost",
        "client_id=x",
        "client_id=99999999999999999999",
        "priority=9",
    ],
)
def test_nonsense_in_a_list_is_refused_with_the_field(api: Any, query: str) -> None:
    answer = api.get(f"/api/v1/ticket/?{query}")
    assert answer.status_code == 422
    assert answer.json["fields"]


@pytest.mark.parametrize("q", ["(", "x", "!(", "5", "(a", "!!!", "((((", "'"])
def test_broken_rison_is_a_bad_request(api: Any, q: str) -> None:
    assert api.get("/api/v1/ticket/", query_string={"q": q}).status_code == 400
