"""Clients found by whatever is known of them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from app.search import Exactness, find_clients, mark_matches, terms
from app.search import clients as look_up
from models import utcnow
from tests.support.factories import make_client
from tests.support.queries import count_queries

MOST_QUERIES = 4


@pytest.fixture
def people(session: Session) -> Session:
    make_client(
        session, "Іваненко Олександр Петрович", login="o.ivanenko", email="boss@corp.example", phones=["2-34"]
    )
    make_client(session, "Ковальов Євген Юрійович", login="y.kovalov", phones=["(044) 239-02-34", "8-502"])
    make_client(session, "Дем'яненко Ірина Іванівна", phones=["вн. 2-35"])
    make_client(session, "Тищенко Марія Йосипівна", phones=["2-34"])
    return session


def _names(session: Session, query: str) -> list[str]:
    return [hit.client.full_name.split()[0] for hit in find_clients(session, query)]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("Іваненко", ["Іваненко"]),
        ("іваненк", ["Іваненко"]),
        ("олександр іван", ["Іваненко"]),
        ("Петрович Олександр Іваненко", ["Іваненко"]),
        ("Sdfytyrj", ["Іваненко"]),
        ("Ivanenko Oleks", ["Іваненко"]),
        ("o.ivanenko", ["Іваненко"]),
        ("щ.шмфтутлщ", ["Іваненко"]),
        ("boss@corp.example", ["Іваненко"]),
        ("kovalyov", ["Ковальов"]),
        ("ковалев", ["Ковальов"]),
        ("Ковалёв Евген", ["Ковальов"]),
        ("Yevhen", ["Ковальов"]),
        ("демяненко", ["Дем'яненко"]),
        ("Дем’яненко", ["Дем'яненко"]),
        ("ваненк", ["Іваненко"]),
        ("(044) 239-02-34", ["Ковальов"]),
        ("+38 044 239 02 34", ["Ковальов"]),
        ("502", ["Ковальов"]),
        ("85", ["Ковальов"]),
        ("вн. 235", ["Дем'яненко"]),
        ("щщщщ", []),
        ("і", []),
        ("  ", []),
        ("%%", []),
        ("__", []),
    ],
)
def test_a_client_is_found_by(people: Session, query: str, found: list[str]) -> None:
    assert _names(people, query) == found


@pytest.mark.parametrize("query", ["2-34", "234", "2 34"])
def test_equal_numbers_come_before_numbers_that_end_so(people: Session, query: str) -> None:
    hits = find_clients(people, query)
    assert [hit.exactness for hit in hits] == [Exactness.EXACT, Exactness.EXACT, Exactness.PREFIX]
    assert [hit.phone for hit in hits] == ["2-34", "2-34", "(044) 239-02-34"]


def test_the_exact_word_comes_first_and_then_who_called_last(session: Session) -> None:
    now = utcnow()
    make_client(session, "Бондаренко Іван", last_contact_at=now)
    make_client(session, "Бонд Ганна", last_contact_at=now - timedelta(days=9))
    make_client(session, "Бонд Ольга", last_contact_at=now - timedelta(days=1))
    make_client(session, "Бонд Петро", is_active=False, last_contact_at=now)
    found = [hit.client.full_name for hit in find_clients(session, "бонд")]
    assert found == ["Бонд Ольга", "Бонд Ганна", "Бондаренко Іван", "Бонд Петро"]


def test_what_was_typed_comes_before_the_other_layout(session: Session) -> None:
    make_client(session, "Іваненко Олег", last_contact_at=utcnow())
    make_client(session, "Hans Sdfytyr")
    assert _names(session, "Sdfytyr") == ["Hans", "Іваненко"]


def test_a_hidden_client_is_never_found(session: Session) -> None:
    make_client(session, "Захована Ганна", phones=["777"], is_hidden=True)
    assert [_names(session, query) for query in ("захована", "ахован", "777")] == [[], [], []]


def test_two_very_common_words_are_found_although_nobody_of_them_ever_called(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(look_up, "CANDIDATES", 5)
    monkeypatch.setattr(look_up, "WALKED", 5)
    monkeypatch.setattr(terms, "PROBED", 5)
    for number in range(12):
        make_client(session, f"Шевченко Петро {number}", last_contact_at=utcnow())
        make_client(session, f"Іванов Олександр {number}", last_contact_at=utcnow())
    make_client(session, "Шевченко Олександр")
    with count_queries() as sent:
        found = [hit.client.full_name for hit in find_clients(session, "шевченко олександр")]
    assert found == ["Шевченко Олександр"]
    assert len(sent) <= MOST_QUERIES, sent


def test_of_a_very_common_word_those_who_called_last_are_found(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(look_up, "CANDIDATES", 5)
    for number in range(60):
        make_client(session, f"Мельник {number}")
    make_client(session, "Мельник Остання", last_contact_at=utcnow())
    assert [hit.client.full_name for hit in find_clients(session, "мельник", limit=1)] == ["Мельник Остання"]


@pytest.mark.parametrize(
    "query", ["іван", "ваненк", "2-34", "щщщщщ", "Sdfytyrj", "o.ivanenko", "999", "іван іван"]
)
def test_a_look_up_takes_few_queries(people: Session, query: str) -> None:
    people.expunge_all()
    with count_queries() as sent:
        for hit in find_clients(people, query):
            assert hit.client.unit is None
            assert hit.client.phone
    assert len(sent) <= MOST_QUERIES, sent


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=30))
def test_nothing_that_can_be_typed_breaks_the_look_up(people: Session, query: str) -> None:
    hits = find_clients(people, query)
    assert len({hit.client.id for hit in hits}) == len(hits)
    assert "".join(part for part, _is_matched in mark_matches("Іваненко 2-34", query)) == "Іваненко 2-34"


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.permutations(["Дем'яненко", "Ірина", "Іванівна"]), st.integers(3, 10))
def test_beginnings_of_the_name_in_any_order_find_it(people: Session, words: list[str], length: int) -> None:
    assert _names(people, " ".join(word[:length] for word in words)) == ["Дем'яненко"]


@pytest.mark.parametrize(
    ("text", "query", "marked"),
    [
        ("2-34", "234", ["2-34"]),
        ("(044) 239-02-34", "0234", ["02-34"]),
        ("Іваненко Олександр", "Sdfy", ["Іван"]),
        ("Дем'яненко", "демян", ["Дем'ян"]),
        ("Щербина", "sh", ["Щ"]),
        ("Іваненко", "петро", []),
    ],
)
def test_what_was_typed_is_marked(text: str, query: str, marked: list[str]) -> None:
    assert [part for part, is_matched in mark_matches(text, query) if is_matched] == marked
