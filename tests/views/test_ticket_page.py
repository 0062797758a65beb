"""The page of one ticket: what it shows, costs and refuses."""

from __future__ import annotations

import re
from uuid import uuid4

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.events import unit_of_work
from app.policy import Verb
from app.services.comments import add_comment
from app.services.tickets import edit_ticket, move_ticket, transfer_ticket
from models import Comment, Membership, Priority, Staff, Ticket, TicketRead
from tests.support.cast import Cast, make_cast
from tests.support.factories import actor_of, make_client, make_department, make_ticket, make_user
from tests.support.queries import count_queries
from tests.support.signing import sign_in

MISSING = (999_999, 2**31, 10**30)


@pytest.fixture
def cast(session: Session) -> Cast:
    return make_cast(session)


def as_person(client: FlaskClient, session: Session, cast: Cast, who: str) -> FlaskClient:
    person = session.get(Staff, cast.people[who])
    assert person is not None
    return sign_in(client, person)


def with_history(session: Session, number: int) -> tuple[Staff, Ticket]:
    """A ticket that was sent to and fro, with ``number`` comments and other tickets of its client."""
    here, there = make_department(session), make_department(session)
    boss = make_user(session, coordinator_of=[here, there])
    worker = make_user(session, employee_of=[here, there])
    person = make_client(session, phones=["2-34", "(044) 239-02-34"])
    for _turn in range(number):
        make_ticket(session, author=worker, department=here, client=person)
    ticket = make_ticket(session, author=worker, department=here, client=person)
    actor = actor_of(session, boss)
    for turn in range(number):
        place = (there, here)[turn % 2]
        transfer_ticket(session, ticket, actor=actor, department_id=place.id, assignee_id=worker.id)
        add_comment(session, ticket, f"Comment {turn}", actor=actor_of(session, (boss, worker)[turn % 2]))
    session.commit()
    return boss, ticket


@pytest.mark.parametrize("number", [1, 12])
def test_the_page_costs_the_same_however_much_has_happened(
    client: FlaskClient, session: Session, number: int
) -> None:
    boss, ticket = with_history(session, number)
    address = f"/tickets/{ticket.id}"
    sign_in(client, boss)
    with count_queries() as first:
        assert client.get(address).status_code == 200
    with count_queries() as second:
        assert client.get(address).status_code == 200
    assert len(first) <= 10, str(first)
    assert len(second) <= 10, str(second)


# ------------------------------------------------------------------------------------ sight


@pytest.mark.parametrize("path", ["", "/print", "/comments"])
def test_a_team_mate_opens_it_and_a_stranger_finds_nothing(
    client: FlaskClient, session: Session, cast: Cast, path: str
) -> None:
    address = f"/tickets/{cast.tickets['a_free']}{path}"
    for who in ("worker_a", "boss_b_worker_a", "boss_a", "author", "administrator"):
        assert as_person(client, session, cast, who).get(address).status_code == 200, who
    for who in ("worker_b", "stranger", "expired_boss_a", "assignee"):
        answer = as_person(client, session, cast, who).get(address)
        assert answer.status_code == 404, who


@pytest.mark.parametrize("path", ["", "/print", "/edit", "/transfer", "/comments", "/next"])
def test_hidden_and_missing_look_the_same(
    client: FlaskClient, session: Session, cast: Cast, path: str
) -> None:
    person = as_person(client, session, cast, "worker_a")
    number = cast.tickets["b_free"]
    hidden = person.get(f"/tickets/{number}{path}")
    assert hidden.status_code == 404
    for missing in MISSING:
        answer = person.get(f"/tickets/{missing}{path}")
        assert answer.status_code == 404
        assert strip(answer.text, missing) == strip(hidden.text, number)
    assert person.get(f"/tickets/abc{path}").status_code == 404
    assert person.get(f"/tickets/-1{path}").status_code == 404


def strip(page: str, number: int) -> str:
    """Without what differs on every answer: the number asked for, the nonce, the token, the time."""
    page = page.replace(f"/tickets/{number}", "/tickets/N")
    return re.sub(r'(nonce|content|name="csrf_token" value)="[^"]{20,}"|\d{13}', "", page)


def test_the_page_shows_text_with_safe_links_and_no_markup(client: FlaskClient, session: Session) -> None:
    department = make_department(session)
    worker = make_user(session, employee_of=[department])
    body = 'See https://wiki.local/a?b=1&c=2. <script>alert(1)</script> javascript:alert(1) "onclick="x'
    ticket = make_ticket(session, author=worker, department=department, body=body)
    session.commit()
    page = sign_in(client, worker).get(f"/tickets/{ticket.id}").text
    assert '<a href="https://wiki.local/a?b=1&amp;c=2" rel="noopener noreferrer nofollow">' in page
    assert "<script>alert" not in page
    assert 'href="javascript' not in page


def test_the_timeline_has_names_and_both_values(client: FlaskClient, session: Session) -> None:
    here, there = make_department(session, name="Here"), make_department(session, name="There")
    boss = make_user(session, coordinator_of=[here, there], locale="en")
    worker = make_user(session, employee_of=[there], first_name="Olena", last_name="Kovalenko")
    ticket = make_ticket(session, author=boss, department=here)
    actor = actor_of(session, boss)
    with unit_of_work(session):
        transfer_ticket(session, ticket, actor=actor, department_id=there.id, assignee_id=worker.id)
        changes = {"priority": Priority.HIGH, "topic_text": "Printing"}
        edit_ticket(session, ticket, changes, version=ticket.version, actor=actor)
        move_ticket(session, ticket, Verb.TAKE, actor=actor_of(session, worker))
    page = sign_in(client, boss).get(f"/tickets/{ticket.id}").text
    history = page[page.index('class="hd-timeline"') :]
    assert "sent on: Here → There, Olena Kovalenko" in history
    assert "priority: normal → high; topic: none → Printing" in history
    assert "<b>Olena Kovalenko</b>: taken into work" in history


def test_reading_marks_it_read_for_the_reader_alone(
    client: FlaskClient, session: Session, cast: Cast
) -> None:
    number = cast.tickets["a_free"]
    as_person(client, session, cast, "worker_a").get(f"/tickets/{number}")
    marks = session.execute(select(TicketRead.user_id, TicketRead.activity)).all()
    assert marks == [(cast.people["worker_a"], 1)]


def test_the_neighbours_follow_the_list_one_came_from(
    client: FlaskClient, session: Session, cast: Cast
) -> None:
    worker = as_person(client, session, cast, "worker_a")
    first, second = cast.tickets["a_own"], cast.tickets["a_free"]
    origin = "inbox%3Fstate%3Dfree"
    down = worker.get(f"/tickets/{first}/next?from={origin}")
    assert down.location == f"/tickets/{second}?from={origin}"
    up = worker.get(f"/tickets/{second}/previous?from={origin}")
    assert up.location == f"/tickets/{first}?from={origin}"
    end = worker.get(f"/tickets/{second}/next?from={origin}")
    assert end.location == "/tickets/inbox?state=free"
    away = worker.get(f"/tickets/{second}/next?from=//evil.example")
    assert away.location.startswith("/tickets/")


# ------------------------------------------------------------------------------------ moves


@pytest.mark.parametrize("fragment", [True, False])
def test_a_worker_takes_and_completes(
    client: FlaskClient, session: Session, cast: Cast, fragment: bool
) -> None:
    worker = as_person(client, session, cast, "worker_a")
    number = cast.tickets["a_free"]
    headers = {"HX-Request": "true"} if fragment else {}
    take = worker.post(f"/tickets/{number}/move/take", data={"version": 1}, headers=headers)
    assert take.status_code == (204 if fragment else 303)
    form = {"version": 2, "list": "inbox"}
    done = worker.post(f"/tickets/{number}/move/complete", data=form, headers=headers)
    ticket = session.get(Ticket, number)
    assert ticket is not None
    assert (ticket.state, ticket.done_by_id, ticket.version) == ("done", cast.people["worker_a"], 3)
    if fragment:
        assert 'data-state="done"' in done.text
    else:
        assert done.location == "/tickets/inbox"


def test_a_row_that_leaves_its_list_answers_with_nothing(
    client: FlaskClient, session: Session, cast: Cast
) -> None:
    worker = as_person(client, session, cast, "worker_a")
    answer = worker.post(
        f"/tickets/{cast.tickets['a_free']}/move/take",
        data={"version": 1, "list": "inbox?state=free"},
        headers={"HX-Request": "true"},
    )
    assert (answer.status_code, answer.data) == (204, b"")


@pytest.mark.parametrize("fragment", [True, False])
def test_the_slower_one_hears_who_was_faster(
    client: FlaskClient, session: Session, cast: Cast, fragment: bool
) -> None:
    number, boss = cast.tickets["a_free"], session.get(Staff, cast.people["boss_a"])
    assert boss is not None
    ticket = session.get(Ticket, number)
    assert ticket is not None
    with unit_of_work(session):
        move_ticket(session, ticket, Verb.TAKE, actor=actor_of(session, boss))
    name = boss.full_name
    worker = as_person(client, session, cast, "worker_a")
    headers = {"HX-Request": "true"} if fragment else {}
    answer = worker.post(f"/tickets/{number}/move/take", data={"version": 1}, headers=headers)
    assert answer.status_code == 409
    assert name in answer.text
    assert ('data-hd-refusal="409"' in answer.text) == fragment
    assert session.get(Ticket, number).taken_by_id == boss.id  # type: ignore[union-attr]


def test_moves_that_are_not_his_are_forbidden_hidden_or_unknown(
    client: FlaskClient, session: Session, cast: Cast
) -> None:
    worker = as_person(client, session, cast, "worker_a")
    taken, hidden = cast.tickets["a_other"], cast.tickets["b_free"]
    assert worker.post(f"/tickets/{taken}/move/release", data={"version": 1}).status_code == 403
    assert worker.post(f"/tickets/{taken}/move/transfer", data={"version": 1}).status_code == 403
    assert worker.post(f"/tickets/{taken}/priority", data={"priority": 2}).status_code == 403
    assert worker.post(f"/tickets/{taken}/edit", data={"subject": "x"}).status_code == 403
    assert worker.get(f"/tickets/{taken}/edit").status_code == 403
    for verb in ("take", "transfer", "complete"):
        assert worker.post(f"/tickets/{hidden}/move/{verb}").status_code == 404
    assert worker.post(f"/tickets/{hidden}/priority").status_code == 404
    assert worker.post(f"/tickets/{taken}/move/explode").status_code == 404
    assert worker.get(f"/tickets/{taken}/move/take").status_code == 405


def test_a_membership_that_ended_takes_the_moves_away(
    client: FlaskClient, session: Session, cast: Cast
) -> None:
    worker = as_person(client, session, cast, "worker_a")
    number = cast.tickets["a_free"]
    for membership in session.scalars(
        select(Membership).where(Membership.user_id == cast.people["worker_a"])
    ):
        session.delete(membership)
    assert worker.post(f"/tickets/{number}/move/take").status_code == 404


def test_a_transfer_asks_goes_and_says_why(client: FlaskClient, session: Session, cast: Cast) -> None:
    worker = as_person(client, session, cast, "worker_a")
    number, there = cast.tickets["a_free"], cast.departments["b"]
    form = worker.get(f"/tickets/{number}/transfer", headers={"HX-Request": "true"}).text
    assert "Department B" in form
    assert "<html" not in form
    data = {"version": 1, "department_id": there, "assignee_id": cast.people["worker_b"], "reason": "Theirs"}
    answer = worker.post(f"/tickets/{number}/move/transfer", data=data, headers={"HX-Request": "true"})
    assert answer.status_code == 204
    ticket = session.get(Ticket, number)
    assert ticket is not None
    assert (ticket.department_id, ticket.assignee_id) == (there, cast.people["worker_b"])
    assert session.scalars(select(Comment.body)).all() == ["Theirs"]
    assert worker.get(f"/tickets/{number}").status_code == 404


@pytest.mark.parametrize(("version", "department", "status"), [(1, "a", 422), (1, "", 422), (7, "b", 409)])
def test_a_refused_transfer_keeps_what_was_typed(
    client: FlaskClient, session: Session, cast: Cast, version: int, department: str, status: int
) -> None:
    worker = as_person(client, session, cast, "worker_a")
    number = cast.tickets["a_free"]
    place = cast.departments.get(department, "")
    data = {"version": version, "department_id": place, "reason": "Because <b>so</b>"}
    answer = worker.post(f"/tickets/{number}/move/transfer", data=data)
    assert answer.status_code == status
    assert "Because &lt;b&gt;so&lt;/b&gt;" in answer.text
    assert 'name="version" value="1"' in answer.text
    assert session.scalars(select(Comment)).all() == []


def test_the_priority_is_set_by_who_may(client: FlaskClient, session: Session, cast: Cast) -> None:
    boss = as_person(client, session, cast, "boss_a")
    number = cast.tickets["a_free"]
    assert boss.post(f"/tickets/{number}/priority", data={"priority": 2, "version": 1}).status_code == 303
    assert session.get(Ticket, number).priority == Priority.HIGH  # type: ignore[union-attr]
    for nonsense in ("9", "high", "", "-1"):
        answer = boss.post(f"/tickets/{number}/priority", data={"priority": nonsense})
        assert answer.status_code == 422
    stale = boss.post(f"/tickets/{number}/priority", data={"priority": 0, "version": 1})
    assert stale.status_code == 409


# ------------------------------------------------------------------------------------- edit


def form_of(**changes: object) -> dict[str, object]:
    form = {
        "subject": "New title",
        "body": "New\r\ntext",
        "priority": 2,
        "topic_id": "",
        "topic_text": "Mail",
    }
    return {"version": 1, **form, **changes}


def test_the_author_edits(client: FlaskClient, session: Session, cast: Cast) -> None:
    author = as_person(client, session, cast, "author")
    number = cast.tickets["a_free"]
    assert 'name="version" value="1"' in author.get(f"/tickets/{number}/edit").text
    answer = author.post(f"/tickets/{number}/edit", data=form_of())
    assert answer.status_code == 303
    ticket = session.get(Ticket, number)
    assert ticket is not None
    assert (ticket.subject, ticket.body, ticket.priority) == ("New title", "New\ntext", Priority.HIGH)
    assert (ticket.topic_id, ticket.topic_text) == (None, "Mail")


def test_a_stale_form_gets_its_text_back_and_is_saved_knowingly(
    client: FlaskClient, session: Session, cast: Cast
) -> None:
    number = cast.tickets["a_free"]
    boss = as_person(client, session, cast, "boss_a")
    boss.post(f"/tickets/{number}/edit", data=form_of(subject="The boss's title"))
    author = as_person(client, session, cast, "author")
    answer = author.post(f"/tickets/{number}/edit", data=form_of(subject="My title", body="My text"))
    assert answer.status_code == 409
    assert 'value="My title"' in answer.text
    assert "My text" in answer.text
    assert "The boss&#39;s title" in answer.text
    assert session.get(Staff, cast.people["boss_a"]).full_name in answer.text  # type: ignore[union-attr]
    assert 'name="version" value="2"' in answer.text
    again = author.post(f"/tickets/{number}/edit", data=form_of(subject="My title", version=2))
    assert again.status_code == 303
    assert session.get(Ticket, number).subject == "My title"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "wrong",
    [
        {"subject": "", "body": ""},
        {"subject": "x" * 201},
        {"body": "x" * 20_001},
        {"priority": "7"},
        {"topic_id": "abc"},
        {"topic_id": 99_999},
    ],
)
def test_a_wrong_form_is_refused_with_the_field_named(
    client: FlaskClient, session: Session, cast: Cast, wrong: dict[str, object]
) -> None:
    author = as_person(client, session, cast, "author")
    answer = author.post(f"/tickets/{cast.tickets['a_free']}/edit", data=form_of(**wrong))
    assert answer.status_code == 422
    assert "invalid-feedback" in answer.text
    assert session.get(Ticket, cast.tickets["a_free"]).version == 1  # type: ignore[union-attr]


def test_the_archive_is_read_only(client: FlaskClient, session: Session, cast: Cast) -> None:
    boss = as_person(client, session, cast, "boss_a")
    number = cast.tickets["a_archived"]
    page = boss.get(f"/tickets/{number}").text
    assert "data-hd-composer" not in page
    assert f"/tickets/{number}/move/restore" in page
    assert boss.get(f"/tickets/{number}/edit").status_code == 403
    assert boss.post(f"/tickets/{number}/edit", data=form_of()).status_code == 403
    assert boss.post(f"/tickets/{number}/comments", data={"body": "x"}).status_code == 403
    assert boss.post(f"/tickets/{number}/move/take").status_code == 409


# --------------------------------------------------------------------------------- comments


def test_a_comment_is_written_once_however_often_it_is_sent(
    client: FlaskClient, session: Session, cast: Cast
) -> None:
    worker = as_person(client, session, cast, "worker_a")
    address = f"/tickets/{cast.tickets['a_free']}/comments"
    form = {"body": "It <b>works</b>", "request_key": str(uuid4())}
    first = worker.post(address, data=form, headers={"HX-Request": "true"})
    second = worker.post(address, data=form, headers={"HX-Request": "true"})
    assert first.text == second.text
    assert "It &lt;b&gt;works&lt;/b&gt;" in first.text
    (number,) = session.scalars(select(Comment.id)).all()
    plain = worker.post(address, data={"body": "Without scripts"})
    assert plain.status_code == 303
    assert plain.location.endswith(f"#comment-{number + 1}")


def test_a_colleague_fetches_only_what_he_has_not(client: FlaskClient, session: Session, cast: Cast) -> None:
    ticket = session.get(Ticket, cast.tickets["a_free"])
    boss = session.get(Staff, cast.people["boss_a"])
    assert ticket is not None
    assert boss is not None
    with unit_of_work(session):
        first = add_comment(session, ticket, "First", actor=actor_of(session, boss)).id
        add_comment(session, ticket, "Second", actor=actor_of(session, boss))
    worker = as_person(client, session, cast, "worker_a")
    address = f"/tickets/{ticket.id}/comments"
    fetched = worker.get(f"{address}?after={first}").text
    assert "Second" in fetched
    assert "First" not in fetched
    assert "First" in worker.get(f"{address}?after=nonsense").text
    assert (
        session.scalars(select(TicketRead).where(TicketRead.user_id == cast.people["worker_a"])).all() == []
    )
    worker.get(f"{address}?after={first}&seen=1")
    assert session.get(TicketRead, (cast.people["worker_a"], ticket.id)) is not None


@pytest.mark.parametrize("body", ["", "   \n", "x" * 10_001])
def test_an_empty_or_huge_comment_is_refused(
    client: FlaskClient, session: Session, cast: Cast, body: str
) -> None:
    worker = as_person(client, session, cast, "worker_a")
    address = f"/tickets/{cast.tickets['a_free']}/comments"
    assert worker.post(address, data={"body": body}).status_code == 422
    hidden = f"/tickets/{cast.tickets['b_free']}/comments"
    assert worker.post(hidden, data={"body": "Hello"}).status_code == 404
    assert session.scalars(select(Comment)).all() == []
