"""Doubles: shown side by side, merged, parted again, or left as two people, by those who may."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.services.doubles import Suspicion, count_doubles, keep_suspicions
from models import Client, ImportRun, RunStage, Staff, Ticket
from tests.support.factories import make_client, make_department, make_ticket, make_unit, make_user
from tests.support.queries import count_queries
from tests.support.signing import sign_in

MOST_QUERIES = 15
Pair = tuple[Client, Client]


@pytest.fixture
def boss(session: Session) -> Staff:
    """A coordinator: he may manage the client base."""
    return make_user(session, "boss", coordinator_of=[make_department(session, "Desk")])


@pytest.fixture
def pair(session: Session) -> Pair:
    """One person written down twice: with a login, and from the telephone."""
    unit = make_unit(session, "Accounting")
    known = make_client(session, "Ткаченко Олена Василівна", login="tkachenko", unit_id=unit.id, room="214")
    double = make_client(session, "Ткаченко Олена", phones=["2-34"], unit_id=unit.id, room="215")
    return known, double


def suspect(session: Session, *pairs: Pair) -> None:
    """Write the pairs down as the nightly job does."""
    evidence = ("surname-same", "first-same", "unit-same")
    keep_suspicions(session, [Suspicion(one.id, other.id, 91, evidence) for one, other in pairs])
    session.commit()


def merge(client: FlaskClient, pair: Pair, **more: str) -> str:
    """Press "Merge"; returns where the answer leads."""
    answer = client.post("/client-base/merge", data={"client": pair[0].id, "double": pair[1].id, **more})
    assert answer.status_code == 303
    return answer.location


@pytest.mark.parametrize("others", [0, 24])
def test_manager_sees_pairs_side_by_side_at_the_same_cost(
    client: FlaskClient, session: Session, boss: Staff, pair: Pair, others: int
) -> None:
    more = [(make_client(session), make_client(session, phones=["1-23"])) for _number in range(others)]
    suspect(session, pair, *more)
    sign_in(client, boss)
    pages, address = "", "/client-base/doubles"
    while address:
        with count_queries() as sent:
            page = client.get(address).text
        assert len(sent) <= MOST_QUERIES, str(sent)
        pages += page
        following = re.search(r'href="([^"]+)" rel="next"', page)
        address = following[1] if following else ""
    shown = re.findall(r'id="pair-\d+-\d+"', pages)
    assert len(shown) == len(set(shown)) == others + 1
    first = pages[pages.index(f'id="pair-{pair[0].id}-{pair[1].id}"') :]
    first = first[: first.index("</form>")]
    assert "91% alike" in first
    assert "Ткаченко Олена Василівна stays and gets the tickets and calls of the other" in first
    marked = re.findall(r'<tr class="is-different"><th scope="row">([^<]+?) <i', first)
    assert marked == ["Full name", "Room"]


def test_manager_merges_and_parts_again_and_the_tickets_follow(
    client: FlaskClient, session: Session, boss: Staff, pair: Pair
) -> None:
    suspect(session, pair)
    ticket = make_ticket(session, author=boss, department=make_department(session), client=pair[1])
    pair[1].tickets_count = 1
    session.commit()
    sign_in(client, boss)
    assert merge(client, pair, **{"from": "doubles"}) == "/client-base/doubles"
    run = session.scalars(select(ImportRun)).one()
    page = client.get("/client-base/doubles").text
    assert f'<a href="/client-base/runs/{run.id}">run {run.id}</a>' in page
    assert "No doubles to look at" in page
    assert session.get_one(Ticket, ticket.id).client_id == pair[0].id

    answer = client.get(f"/clients/{pair[1].id}")
    assert answer.location == f"/clients/{pair[0].id}"
    page = client.get(answer.location).text
    assert "Ткаченко Олена was merged into this client." in page
    assert "Also known as" in page
    assert f'action="/client-base/runs/{run.id}/undo"' in page
    history = client.get(f"/clients/{pair[0].id}/history").text
    assert "merged a double into him" in history
    assert f'by a merge (<a href="/client-base/runs/{run.id}">run {run.id}</a>)' in history

    answer = client.post(f"/client-base/runs/{run.id}/undo", data={"client": pair[0].id})
    assert answer.location == f"/clients/{pair[0].id}"
    page = client.get(answer.location).text
    assert "1 client parted again" in page
    assert "Also known as" not in page
    assert session.get_one(Ticket, ticket.id).client_id == pair[1].id
    assert client.get(f"/clients/{pair[1].id}").status_code == 200
    assert session.get_one(ImportRun, run.id).stage == RunStage.UNDONE


def test_chain_of_merges_leads_to_the_last_one(
    client: FlaskClient, session: Session, boss: Staff, pair: Pair
) -> None:
    third = make_client(session, "Мороз Олена", login="moroz", object_guid="a" * 36)
    sign_in(client, boss)
    merge(client, pair)
    merge(client, (third, pair[0]))
    assert client.get(f"/clients/{pair[1].id}").location == f"/clients/{third.id}"


def test_manager_says_that_these_are_two_people(
    client: FlaskClient, session: Session, boss: Staff, pair: Pair
) -> None:
    suspect(session, pair)
    ids = {"client": pair[1].id, "double": pair[0].id}
    answer = sign_in(client, boss).post("/client-base/doubles/dismiss", data=ids)
    assert (answer.status_code, answer.location) == (303, "/client-base/doubles")
    assert count_doubles(session) == 0
    suspect(session, pair)
    assert count_doubles(session) == 0  # dismissed for good


def test_manager_merges_any_two_from_a_clients_page(
    client: FlaskClient, session: Session, boss: Staff, pair: Pair
) -> None:
    sign_in(client, boss)
    address = f"/client-base/merge?client={pair[1].id}"
    assert f'href="{address}"' in client.get(f"/clients/{pair[1].id}").text
    assert 'data-hd-combo="/clients/lookup?known=1"' in client.get(address).text
    found = client.get("/client-base/merge", query_string={"client": pair[1].id, "q": "ткач"}).text
    following = f"/client-base/merge?client={pair[1].id}&amp;double={pair[0].id}"
    assert f'href="{following}"' in found
    with count_queries() as sent:
        page = client.get(following.replace("&amp;", "&")).text
    assert len(sent) <= MOST_QUERIES, str(sent)
    assert "Ткаченко Олена Василівна stays" in page
    assert f'name="client" value="{pair[0].id}"' in page


def test_wrong_choices_are_explained(client: FlaskClient, session: Session, boss: Staff, pair: Pair) -> None:
    sign_in(client, boss)
    one, other = pair[0].id, pair[1].id
    for client_id, double_id, status in (
        (one, one, 422),
        (one, 999999, 404),
        ("x", other, 404),
        (one, "", 404),
    ):
        answer = client.post("/client-base/merge", data={"client": client_id, "double": double_id})
        assert answer.status_code == status
    assert client.get(f"/client-base/merge?client={one}&double={one}").status_code == 422
    assert client.get("/client-base/merge?client=999999").status_code == 404
    assert client.get("/client-base/merge").status_code == 404
    merge(client, pair)
    assert client.get(f"/client-base/merge?client={one}&double={other}").status_code == 409
    assert client.post("/client-base/merge", data={"client": one, "double": other}).status_code == 409
    assert client.get("/client-base/doubles?page=99999999").status_code == 200


GETS = ("/client-base/doubles", "/client-base/merge?client={}")
POSTS = ("/client-base/merge", "/client-base/doubles/dismiss")


def test_others_neither_see_nor_merge_doubles(
    client: FlaskClient, session: Session, boss: Staff, pair: Pair
) -> None:
    suspect(session, pair)
    data = {"client": pair[0].id, "double": pair[1].id}
    for path in GETS:
        assert client.get(path.format(pair[0].id)).location.startswith("/login/")
    assert [client.post(path, data=data).status_code for path in POSTS] == [401, 401]
    employee = make_user(session, "employee", employee_of=[make_department(session)])
    for person in (employee, make_user(session, "stranger")):
        sign_in(client, person)
        assert [client.get(path.format(pair[0].id)).status_code for path in GETS] == [403] * 2
        assert [client.post(path, data=data).status_code for path in POSTS] == [403] * 2
        assert "/client-base/merge" not in client.get(f"/clients/{pair[0].id}").text
    assert count_doubles(session) == 1
    assert client.get("/client-base/doubles/dismiss").status_code == 405
    assert client.post("/client-base/doubles").status_code == 405
