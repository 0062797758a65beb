"""The page of the reconciliation bench: who may open it, what it shows, what it costs."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import BookRow, MatchDecision, RowStanding, Verdict
from tests.support.books import Bench, answer, make_bench, make_book, make_row, stands
from tests.support.factories import make_client, make_department, make_user
from tests.support.queries import count_queries
from tests.support.signing import sign_in

BUDGET = 16


@pytest.fixture
def bench(session: Session) -> Bench:
    return make_bench(session)


# --------------------------------------------------------------------------- who may open it


def test_manager_sees_the_first_doubtful_row_with_its_candidates(client: FlaskClient, bench: Bench) -> None:
    page = sign_in(client, bench.manager).get("/client-base/").text
    assert '<h2 id="bench-name" tabindex="-1">Ткаченко О.В.</h2>' in page
    assert page.index("Ткаченко Олена Василівна") < page.index("Ткаченко Ольга")
    assert '<mark class="hd-diff">' in page
    assert "no longer works here" in page
    assert "tkachenko@corp.example" in page
    assert "3 tickets" in page
    assert "almost certain" in page
    assert "0.95" not in page
    assert "same surname, the first name&#39;s initial fits" in page
    assert "Why a person is asked: 2 such people" in page
    assert re.search(r"2-34 <i class=\"bi bi-check-circle-fill hd-same\"", page)
    counts = re.findall(r'<a class="hd-chip" [^>]+>.*?<b>(\d+)</b>', page)
    assert counts == ["2", "1", "2", "1"]
    assert "0 of 2 decided" in page


def test_employee_is_led_to_the_corrections_and_may_decide_nothing(
    client: FlaskClient, session: Session, bench: Bench
) -> None:
    sign_in(client, make_user(session, employee_of=[make_department(session)]))
    there = client.get("/client-base/")
    assert (there.status_code, there.headers["Location"]) == (303, "/client-base/corrections")
    assert answer(client, bench.rows["doubtful"], f"linked {bench.first.id}").status_code == 403
    assert stands(session, bench.rows["doubtful"]) == ("doubtful", None, False)


def test_stranger_is_refused(client: FlaskClient, session: Session, bench: Bench) -> None:
    sign_in(client, make_user(session))
    assert client.get("/client-base/").status_code == 403
    assert answer(client, bench.rows["doubtful"], "left").status_code == 403


def test_anonymous_signs_in_first(client: FlaskClient, bench: Bench) -> None:
    assert "/login/" in client.get("/client-base/").headers["Location"]
    assert answer(client, bench.rows["doubtful"], "left").status_code == 401


def test_wrong_verbs_and_ids(client: FlaskClient, session: Session, bench: Bench) -> None:
    sign_in(client, bench.manager)
    assert client.post("/client-base/").status_code == 405
    assert client.get(f"/client-base/rows/{bench.rows['doubtful'].id}").status_code == 405
    assert client.post("/client-base/rows/999999", data={"choice": "left"}).status_code == 404
    assert client.post("/client-base/rows/99999999999999999999", data={"choice": "left"}).status_code == 404
    assert client.get("/client-base/?row=999999").status_code == 404
    for choice in ("linked 999999", "linked x", "linked", "refused"):
        assert answer(client, bench.rows["doubtful"], choice).status_code == 404, choice
    for choice in ("", "nonsense", "linked\0"):
        assert answer(client, bench.rows["doubtful"], choice).status_code == 422, choice
    assert stands(session, bench.rows["doubtful"]) == ("doubtful", None, False)
    assert session.scalars(select(MatchDecision)).all() == []


@pytest.mark.parametrize(
    "query",
    ["view=nonsense", "after=x", "after=-1", "after=99999999999999999999", "row=x", "past=²",
     "view=directory&after=x", "view=directory&after=1.%00", "view=directory&after=99999999999.а", "who=%00"],
)  # fmt: skip
def test_broken_addresses_are_no_error(client: FlaskClient, bench: Bench, query: str) -> None:
    assert sign_in(client, bench.manager).get(f"/client-base/?{query}").status_code == 200


def test_row_of_an_earlier_book_is_not_decided(client: FlaskClient, session: Session, bench: Bench) -> None:
    make_book(session, "newer.csv")
    sign_in(client, bench.manager)
    assert answer(client, bench.rows["doubtful"], "left").status_code == 404
    assert stands(session, bench.rows["doubtful"])[0] == "doubtful"


# ------------------------------------------------------------------------------ empty, large


def test_without_a_book_the_way_to_the_import_is_shown(client: FlaskClient, session: Session) -> None:
    sign_in(client, make_user(session, administrator=True))
    page = client.get("/client-base/").text
    assert "There is no phone book yet" in page
    assert 'href="/client-base/imports"' in page


def test_when_nothing_is_doubtful_it_says_what_was_achieved(client: FlaskClient, bench: Bench) -> None:
    sign_in(client, bench.manager)
    answer(client, bench.rows["doubtful"], f"linked {bench.first.id}")
    answer(client, bench.rows["next"], "left")
    page = client.get("/client-base/").text
    assert "Nothing is doubtful any more" in page
    assert "Joined: 2. New clients: 0. Nobody’s: 1. Only in the book: 1." in page
    assert "2 of 2 decided" in page


@pytest.mark.parametrize("view", ["sure", "created", "left", "directory", "book"])
def test_every_empty_list_says_so(client: FlaskClient, session: Session, view: str) -> None:
    make_book(session)
    sign_in(client, make_user(session, administrator=True))
    assert "hd-empty" in client.get(f"/client-base/?view={view}").text


def test_people_only_in_the_directory_are_paged_by_name(
    client: FlaskClient, session: Session, bench: Bench
) -> None:
    for number in range(30):
        make_client(session, f"Андрієнко {number:02}", object_guid=f"more-{number}")
    sign_in(client, bench.manager)
    first = client.get("/client-base/?view=directory").text
    following = re.search(r'href="([^"]+)" rel="next"', first)
    assert following is not None
    second = client.get(following[1].replace("&amp;", "&")).text
    names = re.findall(r"data-hd-open>([^<]+)</a>", first + second)
    assert len(names) == len(set(names)) == 32
    assert "Лисенко Марія" not in names


@pytest.mark.parametrize("view", ["doubtful", "sure", "book", "directory"])
def test_page_costs_the_same_at_25_and_at_2000_rows(client: FlaskClient, session: Session, view: str) -> None:
    manager = make_user(session, administrator=True)
    book = make_book(session)
    people = [
        make_client(session, f"Особа {n}", phones=[f"1-{n:02}"], object_guid=f"g{n}") for n in range(25)
    ]
    standing = {"sure": RowStanding.LINKED, "book": RowStanding.UNMATCHED}.get(view, RowStanding.DOUBTFUL)

    def fill(numbers: range) -> None:
        session.add_all(
            BookRow(
                run_id=book.id, row=n, line=n, key=f"k{n}", name=f"Рядок {n}", standing=standing,
                found_standing=standing,
                client_id=people[n % 20].id if view == "sure" else None,
                candidates=[{"client_id": people[(n + k) % 25].id, "score": 0.5} for k in range(5)],
            )
            for n in numbers
        )  # fmt: skip
        session.commit()

    sent = []
    sign_in(client, manager)
    for numbers in (range(1, 26), range(26, 2001)):
        fill(numbers)
        client.get("/client-base/")
        with count_queries() as statements:
            page = client.get(f"/client-base/?view={view}&after={'3' if view != 'directory' else ''}")
        assert page.status_code == 200
        assert len(statements) <= BUDGET, str(statements)
        sent.append(len(statements))
    assert sent[0] == sent[1]


def test_rows_are_paged_by_key_and_the_last_of_a_page_leads_on(
    client: FlaskClient, session: Session, bench: Bench
) -> None:
    rows = [make_row(session, bench.book, f"Сидоренко {n}", candidates=[bench.first]) for n in range(40)]
    sign_in(client, bench.manager)
    first = client.get("/client-base/").text
    assert first.count("data-hd-bench-open") == 25
    following = re.search(r'href="([^"]+)" rel="next"', first)
    assert following is not None
    second = client.get(following[1].replace("&amp;", "&")).text
    assert second.count("data-hd-bench-open") == 17
    part = answer(client, rows[22], "left", fragment=True).text
    assert '<h2 id="bench-name" tabindex="-1">Сидоренко 23</h2>' in part
    opened = client.get(f"/client-base/?row={rows[35].id}").text
    assert f'id="row-{rows[35].id}"' in opened


def test_merged_and_hidden_candidates_are_shown_as_they_are_now(
    client: FlaskClient, session: Session, bench: Bench
) -> None:
    bench.second.merged_into_id, bench.second.is_hidden = bench.first.id, True
    row = make_row(session, bench.book, "Чужий", candidates=[bench.second])
    sign_in(client, bench.manager)
    page = client.get(f"/client-base/?row={row.id}").text
    assert f'value="linked {bench.first.id}"' in page
    assert f'value="linked {bench.second.id}"' not in page
    gone = make_client(session, "Зниклий", is_hidden=True)
    assert answer(client, row, f"{Verdict.LINKED} {gone.id}").status_code == 404
