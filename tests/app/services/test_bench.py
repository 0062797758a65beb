"""Decisions about rows of a phone book: one word for rows written alike, and nobody lost on the way back."""

from __future__ import annotations

import threading

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from app.errors import Conflict, Invalid, NotFound
from app.events import unit_of_work
from app.extensions import db
from app.policy import Actor
from app.services.bench import decide
from app.services.bench_rows import count_bench, last_word, open_row
from models import BookRow, Client, ImportRun, RowStanding, Verdict
from tests.support.books import make_book, make_known, make_row, stands
from tests.support.factories import actor_of, make_client, make_user

THREADS = 6


@pytest.fixture
def actor(session: Session) -> Actor:
    return actor_of(session, make_user(session, administrator=True))


@pytest.fixture
def book(session: Session) -> ImportRun:
    return make_book(session)


def test_one_word_is_for_all_rows_that_are_written_alike(
    session: Session, book: ImportRun, actor: Actor
) -> None:
    person = make_known(session, "Ткаченко Олена")
    rows = [
        make_row(session, book, "Ткаченко О.", key="same", candidates=[person], phones=[f"2-3{n}"])
        for n in range(2)
    ]
    decide(session, rows[0].id, Verdict.LINKED, client_id=person.id, actor=actor)
    assert [stands(session, row) for row in rows] == [("linked", person.id, True)] * 2
    assert [phone.number for phone in person.phones] == ["2-30", "2-31"]
    decide(session, rows[1].id, Verdict.REOPENED, actor=actor)
    assert [stands(session, row) for row in rows] == [("doubtful", None, False)] * 2
    assert person.phones == []


def test_new_client_whom_another_row_has_joined_stays_when_the_first_is_opened_again(
    session: Session, book: ImportRun, actor: Actor
) -> None:
    one = make_row(session, book, "Мороз Г.", standing=RowStanding.UNMATCHED)
    other = make_row(session, book, "Мороз Ганна", standing=RowStanding.UNMATCHED)
    made = decide(session, one.id, Verdict.CREATED, actor=actor).client_id
    decide(session, other.id, Verdict.LINKED, client_id=made, actor=actor)
    decide(session, one.id, Verdict.REOPENED, actor=actor)
    assert not session.get_one(Client, made).is_hidden
    assert stands(session, other) == ("linked", made, True)
    decide(session, other.id, Verdict.REOPENED, actor=actor)
    assert stands(session, other) == ("unmatched", None, False)


def test_nobody_is_joined_with_a_hidden_client(session: Session, book: ImportRun, actor: Actor) -> None:
    hidden = make_client(session, is_hidden=True)
    row = make_row(session, book, candidates=[hidden])
    with pytest.raises(NotFound):
        decide(session, row.id, Verdict.LINKED, client_id=hidden.id, actor=actor)
    decide(session, row.id, Verdict.REFUSED, client_id=hidden.id, actor=actor)
    assert stands(session, row) == ("unmatched", None, False)


def test_linked_client_comes_first_even_if_nobody_had_thought_of_him(
    session: Session, book: ImportRun, actor: Actor
) -> None:
    proposed, chosen = make_known(session, "Ткаченко Олена"), make_known(session, "Мороз Ганна")
    row = make_row(session, book, "Ткаченко О.", candidates=[proposed])
    decide(session, row.id, Verdict.REFUSED, client_id=proposed.id, actor=actor)
    decide(session, row.id, Verdict.LINKED, client_id=chosen.id, actor=actor)
    opened = open_row(session, row.id, actor=actor)
    assert [(one.client.id, one.is_refused) for one in opened.candidates] == [
        (chosen.id, False),
        (proposed.id, True),
    ]
    assert opened.decision is not None
    assert opened.decision.actor_id == actor.id
    word = last_word(session, book, actor=actor)
    assert word is not None
    assert (word.row.id, word.client) == (row.id, chosen)


def test_counts_tell_how_much_of_the_doubt_is_answered(
    session: Session, book: ImportRun, actor: Actor
) -> None:
    person = make_known(session, "Ткаченко Олена")
    make_known(session, "Поза Книгою")
    rows = [make_row(session, book, candidates=[person]) for _number in range(3)]
    make_row(session, book, standing=RowStanding.UNMATCHED)
    sure = make_row(session, book, standing=RowStanding.LINKED, client=person)
    decide(session, rows[0].id, Verdict.LINKED, client_id=person.id, actor=actor)
    decide(session, rows[1].id, Verdict.LEFT, actor=actor)
    decide(session, sure.id, Verdict.REFUSED, client_id=person.id, actor=actor)
    counts = count_bench(session, book)
    assert counts.standings == {"linked": 1, "left": 1, "doubtful": 1, "unmatched": 2}
    assert (counts.answered, counts.asked, counts.only_in_directory) == (2, 3, 1)


def test_of_many_who_decide_at_once_one_wins_and_the_others_are_told(live_app: Flask) -> None:
    session = db.session()
    actor = actor_of(session, make_user(session, administrator=True))
    book = make_book(session)
    people = [make_known(session, f"Ткаченко {n}") for n in range(THREADS)]
    row = make_row(session, book, "Ткаченко", candidates=people)
    session.commit()
    row_id, ids = row.id, [person.id for person in people]
    start, said = threading.Barrier(THREADS), []

    def choose(client_id: int) -> None:
        with live_app.app_context():
            mine = db.session()
            try:
                mine.get_one(BookRow, row_id)
                start.wait(timeout=30)
                with unit_of_work(mine):
                    decide(
                        mine,
                        row_id,
                        Verdict.LINKED,
                        client_id=client_id,
                        seen_standing="doubtful",
                        actor=actor,
                    )
                said.append(client_id)
            except (Conflict, Invalid):
                pass
            finally:
                db.session.remove()

    threads = [threading.Thread(target=choose, args=(number,)) for number in ids]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert len(said) == 1
    assert stands(session, row) == ("linked", said[0], True)
