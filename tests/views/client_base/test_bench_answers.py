"""The answers of the reconciliation bench, and that nobody decides unseen."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Client, JournalEntry
from tests.support.books import Bench, answer, make_bench, stands
from tests.support.factories import make_client, make_user
from tests.support.signing import sign_in


@pytest.fixture
def bench(session: Session) -> Bench:
    return make_bench(session)


def test_accepting_joins_the_row_and_opens_the_next(
    client: FlaskClient, session: Session, bench: Bench
) -> None:
    sign_in(client, bench.manager)
    done = answer(client, bench.rows["doubtful"], f"linked {bench.first.id}")
    assert done.status_code == 303
    page = client.get(done.headers["Location"]).text
    assert '<h2 id="bench-name" tabindex="-1">Ткаченко О.</h2>' in page
    assert "“Ткаченко О.В.” is Ткаченко Олена Василівна." in page
    assert "1 of 2 decided" in page
    assert stands(session, bench.rows["doubtful"]) == ("linked", bench.first.id, True)
    assert (
        "client.row_decided" in session.scalars(select(JournalEntry.kind)).all()
        or session.scalars(select(JournalEntry.subject)).all()
    )


def test_script_gets_the_part_alone_with_what_was_done(client: FlaskClient, bench: Bench) -> None:
    sign_in(client, bench.manager)
    part = answer(client, bench.rows["doubtful"], f"linked {bench.second.id}", fragment=True)
    assert part.status_code == 200
    assert "<html" not in part.text
    assert 'data-hd-said="“Ткаченко О.В.” is Ткаченко Ольга."' in part.text
    assert '<h2 id="bench-name" tabindex="-1">Ткаченко О.</h2>' in part.text


def test_refusing_keeps_the_row_while_somebody_is_left(
    client: FlaskClient, session: Session, bench: Bench
) -> None:
    sign_in(client, bench.manager)
    part = answer(client, bench.rows["doubtful"], f"refused {bench.first.id}", fragment=True).text
    assert '<h2 id="bench-name" tabindex="-1">Ткаченко О.В.</h2>' in part
    assert "you said no" in part
    first = re.search(r'value="linked (\d+)"[^>]+data-hd-bench-accept', part)
    assert first is not None
    assert int(first[1]) == bench.second.id
    part = answer(client, bench.rows["doubtful"], f"refused {bench.second.id}", fragment=True).text
    assert '<h2 id="bench-name" tabindex="-1">Ткаченко О.</h2>' in part
    assert stands(session, bench.rows["doubtful"]) == ("unmatched", None, False)
    assert "1 of 2 decided" in part


def test_new_client_is_made_of_the_row_and_taken_back(
    client: FlaskClient, session: Session, bench: Bench
) -> None:
    row = bench.rows["alone"]
    sign_in(client, bench.manager)
    answer(client, row, "created", view="book", seen="unmatched")
    standing, made, _decided = stands(session, row)
    assert standing == "created"
    assert session.get_one(Client, made).full_name == "Факс"
    assert "Факс" in client.get("/client-base/?view=created").text
    answer(client, row, "reopened", view="created", seen="created")
    assert stands(session, row) == ("unmatched", None, False)
    assert session.get_one(Client, made).is_hidden


def test_left_row_is_found_through_the_filter_and_opened_again(
    client: FlaskClient, session: Session, bench: Bench
) -> None:
    row = bench.rows["doubtful"]
    sign_in(client, bench.manager)
    answer(client, row, "left")
    assert stands(session, row) == ("left", None, True)
    page = client.get("/client-base/?view=left").text
    assert 'data-hd-key="o"' in page
    assert "“Ткаченко О.В.” is nobody’s." in page
    there = answer(client, row, "reopened", view="left", seen="left").headers["Location"]
    assert there == f"/client-base/?view=doubtful&row={row.id}"
    assert stands(session, row) == ("doubtful", None, False)


def test_last_word_is_undone_with_one_button(client: FlaskClient, session: Session, bench: Bench) -> None:
    row = bench.rows["doubtful"]
    sign_in(client, bench.manager)
    assert 'data-hd-key="u"' not in client.get("/client-base/").text
    part = answer(client, row, f"refused {bench.first.id}", fragment=True).text
    assert re.search(
        rf'action="/client-base/rows/{row.id}"[^>]*>(?:(?!</form>).)*data-hd-key="u"', part, re.S
    )
    part = answer(client, row, "reopened", fragment=True).text
    assert "you said no" not in part
    assert 'data-hd-key="u"' not in part


def test_word_that_a_colleague_has_overruled_is_not_undone(
    client: FlaskClient, session: Session, bench: Bench
) -> None:
    row = bench.rows["doubtful"]
    sign_in(client, bench.manager)
    answer(client, row, "left")
    assert 'data-hd-key="u"' in client.get("/client-base/").text
    sign_in(client, make_user(session, administrator=True))
    answer(client, row, f"linked {bench.first.id}", seen="left")
    sign_in(client, bench.manager)
    page = client.get("/client-base/").text
    assert "“Ткаченко О.В.” is nobody’s." in page
    assert 'data-hd-key="u"' not in page


def test_somebody_else_is_chosen_by_name(client: FlaskClient, session: Session, bench: Bench) -> None:
    other = make_client(session, "Мороз Ганна")
    row = bench.rows["doubtful"]
    sign_in(client, bench.manager)
    page = client.get(f"/client-base/?row={row.id}&who=мороз").text
    assert f'value="linked {other.id}"' in page
    assert "Nobody found" in client.get(f"/client-base/?row={row.id}&who=zzzzzz").text
    answer(client, row, f"linked {other.id}")
    assert stands(session, row) == ("linked", other.id, True)


def test_lookup_for_the_bench_offers_no_new_client(client: FlaskClient, bench: Bench) -> None:
    sign_in(client, bench.manager)
    assert 'id="hit-new"' in client.get("/clients/lookup?q=ткач").text
    known = client.get("/clients/lookup?known=1&q=ткач").text
    assert 'id="hit-new"' not in known
    assert "Ткаченко" in known


def test_sure_row_is_confirmed_or_refused(client: FlaskClient, session: Session, bench: Bench) -> None:
    row, sure = bench.rows["sure"], bench.rows["sure"].client_id
    sign_in(client, bench.manager)
    assert "Лисенко Марія" in client.get("/client-base/?view=sure").text
    answer(client, row, f"linked {sure}", view="sure", seen="linked")
    assert stands(session, row) == ("linked", sure, True)
    answer(client, row, f"refused {sure}", view="sure", seen="linked")
    assert stands(session, row) == ("unmatched", None, False)


# ------------------------------------------------------------------------------- colleagues


@pytest.mark.parametrize("fragment", [True, False])
def test_decision_meanwhile_is_shown_and_not_overwritten(
    client: FlaskClient, session: Session, bench: Bench, fragment: bool
) -> None:
    row = bench.rows["doubtful"]
    sign_in(client, make_user(session, administrator=True))
    answer(client, row, f"linked {bench.second.id}")
    sign_in(client, bench.manager)
    late = answer(client, row, f"linked {bench.first.id}", fragment=fragment)
    assert late.status_code == (422 if fragment else 303)
    page = late.text if fragment else client.get(late.headers["Location"]).text
    assert "Somebody has decided about this row meanwhile" in page
    assert '<h2 id="bench-name" tabindex="-1">Ткаченко О.В.</h2>' in page
    assert stands(session, row) == ("linked", bench.second.id, True)
