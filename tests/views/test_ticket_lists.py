"""The three boxes: what stands in them, what they cost, and whom they refuse."""

from __future__ import annotations

import html
import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.policy import load_actor
from app.services.saved_views import saved_views
from models import Priority, SavedView, Staff
from tests.support.cast import Cast, canaries, expected_box, make_cast
from tests.support.factories import make_department, make_ticket, make_user
from tests.support.queries import count_queries
from tests.support.signing import sign_in


@pytest.fixture
def cast(session: Session) -> Cast:
    return make_cast(session)


def as_person(client: FlaskClient, session: Session, cast: Cast, who: str) -> FlaskClient:
    person = session.get(Staff, cast.people[who])
    assert person is not None
    return sign_in(client, person)


@pytest.mark.parametrize("box", ["inbox", "outbox", "archive"])
@pytest.mark.parametrize("who", ["worker_a", "boss_a", "worker_b", "administrator", "stranger"])
def test_everyone_sees_exactly_his_tickets(
    client: FlaskClient, session: Session, cast: Cast, who: str, box: str
) -> None:
    answer = as_person(client, session, cast, who).get(f"/tickets/{box}")
    assert answer.status_code == 200
    assert canaries(answer.text) == expected_box(box, who)


def many(session: Session, number: int) -> Staff:
    """An employee whose department has ``number`` tickets of every state, with comments and topics."""
    department = make_department(session)
    worker = make_user(session, employee_of=[department])
    other = make_user(session, employee_of=[department], coordinator_of=[make_department(session)])
    for turn in range(number):
        taken = (None, worker, other)[turn % 3]
        make_ticket(
            session,
            author=other,
            department=department,
            taken_by=taken,
            assignee=other if turn % 5 == 0 and taken is None else None,
        )
    session.commit()
    return worker


@pytest.mark.parametrize("number", [3, 24])
def test_a_list_costs_the_same_however_long(client: FlaskClient, session: Session, number: int) -> None:
    sign_in(client, many(session, number))
    client.get("/tickets/inbox")
    with count_queries() as sent:
        answer = client.get("/tickets/inbox")
    assert answer.status_code == 200
    assert len(sent) <= 10, sent


# --------------------------------------------------------------------------- what it refuses


def test_a_stranger_signed_out_is_sent_to_sign_in(client: FlaskClient) -> None:
    answer = client.get("/tickets/inbox")
    assert answer.status_code == 302
    assert "/login/" in answer.location


@pytest.mark.parametrize(
    "query",
    [
        "state=nonsense&sort=nonsense&per=7",
        "department=99999999999999999999&topic=-1&priority=9&client=abc&assignee=2147483648",
        "after=abc&before=1.2.3",
        "after=99999999999999999&sort=activity",
        "per=1000000",
    ],
)
def test_a_senseless_address_is_the_plain_list(
    client: FlaskClient, session: Session, cast: Cast, query: str
) -> None:
    person = as_person(client, session, cast, "worker_a")
    answer = person.get(f"/tickets/inbox?{query}")
    assert answer.status_code == 200
    assert canaries(answer.text) == expected_box("inbox", "worker_a")


def test_an_unknown_box_is_missing(client: FlaskClient, session: Session, cast: Cast) -> None:
    person = as_person(client, session, cast, "worker_a")
    assert person.get("/tickets/nonsense").status_code == 404
    assert person.post("/tickets/inbox").status_code == 405
    assert person.get("/tickets/bulk").status_code == 405


# --------------------------------------------------------------------------- filters and paging


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("state=free", {"a_free", "a_own", "a_named"}),
        ("state=mine", {"a_mine"}),
        ("state=others", {"a_other"}),
        ("state=done", {"a_done"}),
    ],
)
def test_the_quick_filters_narrow_the_list_down(
    client: FlaskClient, session: Session, cast: Cast, query: str, names: set[str]
) -> None:
    answer = as_person(client, session, cast, "worker_a").get(f"/tickets/inbox?{query}")
    assert canaries(answer.text) == names


def test_the_further_filters_add_up_and_can_be_taken_away(
    client: FlaskClient, session: Session, cast: Cast
) -> None:
    boss = as_person(client, session, cast, "administrator")
    query = f"department={cast.departments['b']}&assignee={cast.people['both']}"
    answer = boss.get(f"/tickets/inbox?{query}")
    assert canaries(answer.text) == {"b_named"}
    assert f'href="/tickets/inbox?assignee={cast.people["both"]}"' in answer.text


@pytest.mark.parametrize("sort", ["new", "old", "priority", "activity"])
def test_paging_by_key_shows_every_ticket_once_both_ways(
    client: FlaskClient, session: Session, sort: str
) -> None:
    department = make_department(session)
    worker = make_user(session, employee_of=[department])
    for turn in range(60):
        make_ticket(session, author=worker, department=department, priority=Priority(turn % 3))
    session.commit()
    sign_in(client, worker)
    address, seen, pages = f"/tickets/inbox?sort={sort}&per=25", [], []
    while address:
        page = client.get(address).text
        pages.append(row_ids(page))
        seen += row_ids(page)
        address = link(page, "next")
    assert [len(page) for page in pages] == [25, 25, 10]
    assert len(set(seen)) == 60
    back = client.get(link(client.get(f"/tickets/inbox?sort={sort}").text, "next")).text
    assert row_ids(client.get(link(back, "prev")).text) == pages[0]


def row_ids(page: str) -> list[str]:
    return re.findall(r'data-ticket="(\d+)"', page)


def link(page: str, rel: str) -> str:
    found = re.search(rf'rel="{rel}" href="([^"]+)"', page)
    return html.unescape(found[1]) if found else ""


def test_the_page_size_is_remembered_for_the_person(
    client: FlaskClient, session: Session, cast: Cast
) -> None:
    person = as_person(client, session, cast, "worker_a")
    person.get("/tickets/inbox?per=50")
    assert session.get_one(Staff, cast.people["worker_a"]).page_size == 50
    assert session.get_one(Staff, cast.people["boss_a"]).page_size == 25
    assert '<option value="/tickets/inbox?per=50" selected>' in person.get("/tickets/inbox").text


# --------------------------------------------------------------------------- rows and counters


def test_a_row_is_drawn_only_into_the_list_it_belongs_to(
    client: FlaskClient, session: Session, cast: Cast
) -> None:
    person = as_person(client, session, cast, "worker_a")
    free, hidden = cast.tickets["a_free"], cast.tickets["b_free"]
    assert 'data-state="free"' in person.get(f"/tickets/{free}/row?box=inbox").text
    assert person.get(f"/tickets/{free}/row?box=inbox&state=done").status_code == 204
    assert person.get(f"/tickets/{free}/row?box=archive").status_code == 204
    for number in (hidden, 999_999, 2**40):
        answer = person.get(f"/tickets/{number}/row?box=inbox")
        assert (answer.status_code, answer.data) == (204, b"")
    assert person.get(f"/tickets/{free}/row?box=nonsense").status_code == 404


def test_a_row_offers_exactly_the_allowed_moves(client: FlaskClient, session: Session, cast: Cast) -> None:
    person = as_person(client, session, cast, "worker_a")
    page = person.get("/tickets/inbox").text
    found = {name: verbs(page, cast.tickets[name]) for name in ("a_free", "a_mine", "a_other", "a_done")}
    assert found == {
        "a_free": {"take", "transfer", "complete"},
        "a_mine": {"release", "transfer", "complete"},
        "a_other": set(),
        "a_done": {"reopen"},
    }


def verbs(page: str, number: int) -> set[str]:
    found = re.search(rf'data-ticket="{number}"[^>]*data-verbs="([^"]*)"', page)
    assert found
    return set(found[1].split()) - {"set_priority"}


def test_unread_is_each_persons_own(client: FlaskClient, session: Session, cast: Cast) -> None:
    number = cast.tickets["a_free"]
    worker = as_person(client, session, cast, "worker_a")
    assert "is-unread" in worker.get(f"/tickets/{number}/row?box=inbox").text
    worker.get(f"/tickets/{number}")
    assert "is-unread" not in worker.get(f"/tickets/{number}/row?box=inbox").text
    boss = as_person(client, session, cast, "boss_a")
    assert "is-unread" in boss.get(f"/tickets/{number}/row?box=inbox").text


def test_counters_count_what_the_person_sees(client: FlaskClient, session: Session, cast: Cast) -> None:
    counters = as_person(client, session, cast, "worker_a").get("/tickets/counters").json
    assert counters == {
        "all": 6,
        "free": 3,
        "mine": 1,
        "others": 1,
        "done": 1,
        "unread": 6,
        "outbox": 2,
        "outbox_open": 2,
    }


# --------------------------------------------------------------------------- saved views


def test_a_view_is_saved_replaced_and_deleted_by_its_owner_alone(
    client: FlaskClient, session: Session, cast: Cast
) -> None:
    worker = as_person(client, session, cast, "worker_a")
    form = {"name": " My  free ", "list": "inbox?state=free&evil=1&sort=priority"}
    answer = worker.post("/tickets/views", data=form)
    assert answer.status_code == 303
    actor = load_actor(session, cast.people["worker_a"])
    (view,) = saved_views(session, actor=actor)
    assert (view.name, view.box, view.query) == ("My free", "inbox", "state=free&sort=priority")
    worker.post("/tickets/views", data={"name": "My free", "list": "archive"})
    (view,) = saved_views(session, actor=actor)
    assert (view.box, view.query) == ("archive", "")
    assert "My free" in worker.get("/tickets/inbox/views").text
    number = view.id
    stranger = as_person(client, session, cast, "worker_b")
    assert "My free" not in stranger.get("/tickets/inbox/views").text
    assert stranger.post(f"/tickets/views/{number}/delete").status_code == 404
    assert session.get(SavedView, number) is not None
    worker = as_person(client, session, cast, "worker_a")
    assert worker.post(f"/tickets/views/{number}/delete", data={"list": "archive"}).status_code == 303
    assert session.get(SavedView, number) is None


@pytest.mark.parametrize("form", [{"list": "inbox"}, {"name": "x" * 61, "list": "inbox"}, {"name": "x"}])
def test_a_view_without_name_or_list_is_refused(
    client: FlaskClient, session: Session, cast: Cast, form: dict[str, str]
) -> None:
    assert as_person(client, session, cast, "worker_a").post("/tickets/views", data=form).status_code == 422


def test_the_filter_menu_offers_departments_people_and_topics(
    client: FlaskClient, session: Session, cast: Cast
) -> None:
    page = as_person(client, session, cast, "worker_a").get("/tickets/inbox/filter?state=free").text
    assert "Department A" in page
    assert '<input type="hidden" name="state" value="free">' in page


def test_an_empty_box_says_so(client: FlaskClient, session: Session, cast: Cast) -> None:
    page = as_person(client, session, cast, "stranger").get("/tickets/inbox").text
    assert "hd-empty" in page
    assert "data-hd-nothing hidden" not in page
