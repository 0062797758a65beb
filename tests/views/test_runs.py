"""Runs: listed, looked at with their differences, and taken back by those who may."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.services.run_preview import preview_undo
from app.services.runs import finish_run, start_run
from app.services.telling import Statement, add_people, tell
from app.services.undo import undo_run
from models import Client, ImportRun, RunKind, RunStage, Source, Staff
from tests.support.factories import (
    actor_of,
    make_client,
    make_department,
    make_ticket,
    make_user,
)
from tests.support.queries import count_queries
from tests.support.signing import sign_in

MOST_QUERIES = 14  # six of them know the person, four count what waits in the tabs and boxes


@pytest.fixture
def boss(session: Session) -> Staff:
    """A coordinator: he may manage the client base."""
    return make_user(session, "boss", coordinator_of=[make_department(session, "Desk")])


def make_list(session: Session, boss: Staff, people: int = 2, *, notes: int = 0) -> ImportRun:
    """An applied list: so many new people, one known client changed, so many lines refused."""
    actor = actor_of(session, boss)
    known = make_client(session, "Ткаченко Оксана", room="214")
    run = start_run(session, RunKind.LIST, title="people.csv", actor=actor)
    names = [{"full_name": f"Нова Людина {number:05}"} for number in range(people)]
    add_people(session, names, source=Source.LIST, run=run, actor=actor)
    statement = Statement(known, {"room": "301", "phones": ["2-34", "5-67"]})
    tell(session, [statement], source=Source.LIST, run=run, actor=actor)
    refused = [{"line": n + 2, "text": f"Line {n}", "reason": "No name."} for n in range(notes)]
    counts = {"created": people, "changed": 1, "refused": notes}
    finish_run(session, run, counts=counts, notes=refused, actor=actor)
    session.commit()
    return run


# ---------------------------------------------------------------------------------- list


@pytest.mark.parametrize("number", [3, 60])
def test_manager_pages_through_the_runs_at_the_same_cost(
    client: FlaskClient, session: Session, boss: Staff, number: int
) -> None:
    for index in range(number):
        run = start_run(session, RunKind.BOOK, title=f"book{index}.xlsx", actor=actor_of(session, boss))
        finish_run(session, run, counts={"linked": 5})
    sign_in(client, boss)
    found: list[str] = []
    address = "/client-base/runs"
    while address:
        with count_queries() as sent:
            page = client.get(address).text
        assert len(sent) <= MOST_QUERIES, str(sent)
        found += re.findall(r"data-hd-open>(book\d+\.xlsx)<", page)
        following = re.search(r'href="([^"]+)" rel="next"', page)
        address = following[1] if following else ""
    assert found == [f"book{index}.xlsx" for index in reversed(range(number))]
    assert "Phone book" in page
    assert "5 joined" in page
    assert "Applied" in page


def test_list_is_empty_in_words(client: FlaskClient, boss: Staff) -> None:
    assert "No runs yet" in sign_in(client, boss).get("/client-base/runs").text


# ---------------------------------------------------------------------------------- page


@pytest.mark.parametrize("people", [2, 120])
def test_page_shows_facts_notes_and_the_difference_in_pages(
    client: FlaskClient, session: Session, boss: Staff, people: int
) -> None:
    run = make_list(session, boss, people, notes=people)
    sign_in(client, boss)
    names: list[str] = []
    address, pages = f"/client-base/runs/{run.id}", ""
    while address:
        with count_queries() as sent:
            page = client.get(address).text
        assert len(sent) <= MOST_QUERIES, str(sent)
        names += re.findall(r'<a class="hd-strong" href="/clients/\d+">([^<]+)</a>', page)
        pages += page
        following = re.search(r'href="([^"]+)" rel="next"', page)
        address = following[1] if following else ""
    assert len(names) == len(set(names)) == people + 1
    assert "people.csv" in pages
    assert f"{people} new clients" in pages
    assert "<del>—</del> → <b>2-34, 5-67</b>" in pages
    assert "Line 2" in pages
    assert "No name." in pages
    shown = client.get(f"/client-base/runs/{run.id}?notes=all").text.count("No name.")
    assert shown == people
    assert page.count("No name.") == min(people, 50)


def test_manager_takes_a_run_back_knowing_the_numbers(
    client: FlaskClient, session: Session, boss: Staff
) -> None:
    run = make_list(session, boss, 3)
    spoken = session.query(Client).filter(Client.full_name == "Нова Людина 00000").one()
    make_ticket(session, author=boss, department=make_department(session), client=spoken)
    spoken.tickets_count = 1
    session.commit()
    sign_in(client, boss)
    page = client.get(f"/client-base/runs/{run.id}").text
    for text in (
        "1 client gets back what was there before.",
        "2 clients whom this run made are taken out.",
        "1 client made by it stays",
    ):
        assert text in page
    answer = client.post(f"/client-base/runs/{run.id}/undo")
    assert (answer.status_code, answer.location) == (303, f"/client-base/runs/{run.id}")
    page = client.get(answer.location).text
    assert f'Taken back: <a href="/client-base/runs/{run.id}">run {run.id}</a>' in page
    assert "2 clients taken out" in page
    assert "This run was taken back." in page
    assert "Take back…" not in page
    assert session.query(Client).filter(Client.is_hidden.is_(False)).count() == 2
    assert client.post(f"/client-base/runs/{run.id}/undo").status_code == 422


def test_preview_promises_what_the_undo_does(session: Session, boss: Staff) -> None:
    run = make_list(session, boss, 4)
    heard = session.query(Client).filter(Client.full_name == "Нова Людина 00001").one()
    tell(session, [Statement(heard, {"room": "7"})], source=Source.BOOK, run=None)
    spoken = session.query(Client).filter(Client.full_name == "Нова Людина 00002").one()
    spoken.calls_count = 1
    session.flush()
    session.refresh(run)
    with count_queries() as sent:
        preview = preview_undo(session, run)
    assert len(sent) == 2, str(sent)
    assert (preview.removed, preview.kept, preview.restored, preview.unmerged) == (2, 1, 2, 0)
    counts = undo_run(session, run.id, actor=actor_of(session, boss))
    assert (counts["removed"], counts["kept"]) == (2, 1)
    assert run.details["taken_back"] == counts


# -------------------------------------------------------------------------------- rights

GETS = ("/client-base/runs", "/client-base/runs/{}", "/client-base/runs/{}/progress")
POSTS = tuple(f"/client-base/runs/{{}}/{verb}" for verb in ("undo", "refuse", "approve"))


def test_others_neither_see_nor_touch_runs(client: FlaskClient, session: Session, boss: Staff) -> None:
    run = make_list(session, boss)
    employee = make_user(session, "employee", employee_of=[make_department(session)])
    for person in (employee, make_user(session, "stranger")):
        sign_in(client, person)
        assert [client.get(path.format(run.id)).status_code for path in GETS] == [403] * 3
        assert [client.post(path.format(run.id)).status_code for path in POSTS] == [403] * 3
    assert session.get_one(ImportRun, run.id).stage == RunStage.APPLIED


def test_anonymous_signs_in_first(client: FlaskClient, session: Session, boss: Staff) -> None:
    run = make_list(session, boss)
    for path in GETS:
        assert client.get(path.format(run.id)).location.startswith("/login/")
    assert [client.post(path.format(run.id)).status_code for path in POSTS] == [401] * 3


@pytest.mark.parametrize("number", ["999999", "99999999999999999999", "0"])
def test_missing_run_is_not_found(client: FlaskClient, boss: Staff, number: str) -> None:
    sign_in(client, boss)
    assert [client.get(path.format(number)).status_code for path in GETS[1:]] == [404] * 2
    assert [client.post(path.format(number)).status_code for path in POSTS] == [404] * 3


def test_wrong_verb_and_broken_cursors_are_no_error(
    client: FlaskClient, session: Session, boss: Staff
) -> None:
    run = make_list(session, boss)
    sign_in(client, boss)
    assert client.post("/client-base/runs").status_code == 405
    assert client.get(f"/client-base/runs/{run.id}/undo").status_code == 405
    for query in ("before=x", "before=99999999999999", "before=-1"):
        assert client.get(f"/client-base/runs?{query}").status_code == 200
        assert client.get(f"/client-base/runs/{run.id}?{query.replace('before', 'after')}").status_code == 200


@pytest.mark.parametrize("people", [3, 150])
def test_taking_new_clients_out_costs_the_same_however_many(
    client: FlaskClient, session: Session, boss: Staff, people: int
) -> None:
    run = make_list(session, boss, people)
    sign_in(client, boss)
    with count_queries() as sent:
        assert client.post(f"/client-base/runs/{run.id}/undo").status_code == 303
    assert len(sent) <= 50, str(sent)
    assert session.query(Client).filter(Client.is_hidden.is_(True)).count() == people
