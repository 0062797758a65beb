"""An earlier book or its sitting taken back: the book in force goes on saying what its rows say."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.events import unit_of_work
from app.services.merging import merge_clients
from app.services.undo import undo_run
from models import Client, ImportRun, RunKind, Verdict
from tests.support.book_desk import BOOK, Desk, numbers
from tests.support.books import stands


@pytest.fixture
def desk(session: Session, tmp_path: Path) -> Desk:
    return Desk(session, tmp_path)


def undo(desk: Desk, run: ImportRun) -> dict[str, int]:
    """A run taken back, committed."""
    with unit_of_work(desk.session):
        counts = undo_run(desk.session, run.id, actor=desk.boss)
    desk.session.expire_all()
    return counts


def sitting(desk: Desk) -> ImportRun:
    """The only run of decisions."""
    return desk.session.scalars(select(ImportRun).where(ImportRun.kind == RunKind.JOIN)).one()


def test_same_book_twice_and_the_first_taken_back_changes_nothing(desk: Desk) -> None:
    before = desk.picture()
    first, second = desk.bring(), desk.bring()
    after = desk.picture()
    undo(desk, first)
    assert desk.picture() == after
    undo(desk, second)
    assert desk.picture() == before


def test_rows_carried_over_outlive_their_book(desk: Desk) -> None:
    first = desk.bring()
    shorter = "\n".join(line for line in BOOK.splitlines() if "Осипенко" not in line)
    desk.bring(shorter, keep_missing=True)
    after = desk.picture()
    undo(desk, first)
    assert desk.picture() == after
    assert numbers(desk.osypenko) == ["20-70", "067 123-45-67"]


def test_sitting_of_an_earlier_book_taken_back_reaches_the_book_in_force(desk: Desk) -> None:
    desk.bring()
    after = desk.picture()
    desk.decide("Ткаченко", Verdict.LINKED, desk.olena)
    desk.decide("Приймальня", Verdict.LEFT)
    desk.bring()
    assert numbers(desk.olena) == ["3142"]
    undo(desk, sitting(desk))
    assert not desk.row("Ткаченко").is_decided
    assert desk.row("Ткаченко").client_id != desk.olena.id
    assert stands(desk.session, desk.row("Приймальня")) == ("unmatched", None, False)
    assert numbers(desk.olena) == []
    assert desk.picture() == after


def test_row_of_a_client_whom_the_undo_took_out_waits_again(desk: Desk) -> None:
    first = desk.bring()
    made = desk.decide("Невідомий", Verdict.CREATED).client_id
    desk.bring()
    undo(desk, first)
    assert desk.session.get_one(Client, made).is_hidden
    assert stands(desk.session, desk.row("Невідомий")) == ("unmatched", None, False)
    assert numbers(desk.osypenko) == ["20-70", "067 123-45-67"]


def test_numbers_of_a_later_book_part_with_the_people(desk: Desk) -> None:
    desk.bring()
    desk.decide("Ткаченко", Verdict.LINKED, desk.olena)
    stays, run = merge_clients(desk.session, desk.other.id, desk.olena.id, actor=desk.boss)
    desk.session.commit()
    desk.bring(BOOK.replace("3142", "3143"))
    assert "3143" in numbers(stays)
    with unit_of_work(desk.session):
        undo_run(desk.session, run.id, actor=desk.boss)
    desk.session.expire_all()
    assert (numbers(desk.other), numbers(desk.olena)) == ([], ["3143"])
