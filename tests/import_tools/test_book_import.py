"""A phone book joined with the client base: what is sure is written, what is decided is remembered."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.errors import Invalid, NotFound
from app.events import unit_of_work
from app.search import find_clients
from app.services.bench import count_only_in_directory, decide, list_only_in_directory, list_rows
from app.services.book_rows import count_standings, current_book
from app.services.merging import merge_clients
from app.services.undo import undo_run
from import_tools.book_import import apply_run, open_book_run, read_run, row_keys
from import_tools.joining import Mode
from models import Client, ImportRun, RowStanding, RunChange, RunStage, Verdict
from tests.support.book_desk import BOOK, Desk, numbers
from tests.support.factories import make_department, make_ticket, make_user


@pytest.fixture
def desk(session: Session, tmp_path: Path) -> Desk:
    return Desk(session, tmp_path)


def test_sure_rows_are_written_doubtful_ones_wait_and_offices_are_nobody(desk: Desk) -> None:
    before = desk.picture()
    run = desk.read()
    assert desk.picture() == before
    assert (run.counts["linked"], run.counts["doubtful"], run.counts["unmatched"]) == (2, 1, 2)
    with unit_of_work(desk.session):
        apply_run(desk.session, run.id, actor=desk.boss)
    desk.session.expire_all()
    assert (numbers(desk.osypenko), desk.osypenko.room) == (["20-70", "067 123-45-67"], "к. 635")
    assert numbers(desk.kravets) == ["7777"]
    assert numbers(desk.olena) == []
    assert run.counts["changed"] == 2
    assert [hit.client.id for hit in find_clients(desk.session, "2070")] == [desk.osypenko.id]
    rows, _more = list_rows(desk.session, run, RowStanding.DOUBTFUL, actor=desk.boss)
    assert [row.name for row in rows] == ["Ткаченко О."]
    assert {c["client_id"] for c in rows[0].candidates} >= {desk.olena.id, desk.other.id}
    only, _cursor = list_only_in_directory(desk.session, run, actor=desk.boss)
    assert {client.id for client in only} == {desk.olena.id, desk.other.id, desk.silent.id}
    assert count_only_in_directory(desk.session, run) == 3


def test_same_file_again_asks_nothing_and_changes_nothing(desk: Desk) -> None:
    desk.bring()
    desk.decide("Ткаченко", Verdict.LINKED, desk.olena)
    desk.decide("Невідомий", Verdict.CREATED)
    desk.decide("Приймальня", Verdict.LEFT)
    before, changes = desk.picture(), desk.session.scalar(select(func.count()).select_from(RunChange))
    run = desk.bring()
    standings = count_standings(desk.session, run.id)
    assert standings == {"linked": 3, "created": 1, "left": 1}
    assert desk.picture() == before
    assert desk.session.scalar(select(func.count()).select_from(RunChange)) == changes
    assert (run.counts["changed"], run.counts["forgotten"]) == (0, 0)


def test_each_verdict_and_back_again(desk: Desk) -> None:
    desk.bring()
    before = desk.picture()
    desk.decide("Ткаченко", Verdict.LINKED, desk.olena)
    assert (numbers(desk.olena), desk.olena.room) == (["3142"], "280")
    desk.decide("Ткаченко", Verdict.LINKED, desk.other)
    assert (numbers(desk.olena), numbers(desk.other)) == ([], ["3142"])
    desk.decide("Ткаченко", Verdict.REFUSED, desk.other)
    assert desk.row("Ткаченко").standing == RowStanding.DOUBTFUL
    assert numbers(desk.other) == []
    new = desk.decide("Невідомий", Verdict.CREATED).client_id
    assert [hit.client.id for hit in find_clients(desk.session, "невідомий")] == [new]
    desk.decide("Осипенко", Verdict.REFUSED, desk.osypenko)
    assert numbers(desk.osypenko) == []
    for name in ("Ткаченко", "Невідомий", "Осипенко"):
        desk.decide(name, Verdict.REOPENED)
    assert desk.picture() == before


def test_refused_pair_is_not_linked_by_the_next_import(desk: Desk) -> None:
    desk.bring()
    desk.decide("Осипенко", Verdict.REFUSED, desk.osypenko)
    desk.bring(BOOK.replace("494", "495"))
    assert desk.row("Осипенко").client_id is None
    assert numbers(desk.osypenko) == []


def test_undo_of_the_import_takes_its_decisions_along(desk: Desk) -> None:
    before = desk.picture()
    run = desk.bring()
    after = desk.picture()
    desk.decide("Ткаченко", Verdict.LINKED, desk.olena)
    desk.decide("Невідомий", Verdict.CREATED)
    with unit_of_work(desk.session):
        undo_run(desk.session, run.id, actor=desk.boss)
    assert desk.picture() == before
    assert current_book(desk.session) is None
    desk.bring()
    assert desk.picture() == after


def test_undo_of_a_sitting_leaves_the_import(desk: Desk) -> None:
    desk.bring()
    after = desk.picture()
    desk.decide("Ткаченко", Verdict.LINKED, desk.olena)
    desk.decide("Приймальня", Verdict.LEFT)
    sitting = desk.session.scalars(select(ImportRun).where(ImportRun.kind == "join")).one()
    assert sitting.counts == {"linked": 1, "left": 1}
    with unit_of_work(desk.session):
        undo_run(desk.session, sitting.id, actor=desk.boss)
    assert desk.picture() == after
    assert desk.row("Ткаченко").standing == RowStanding.DOUBTFUL
    assert desk.row("Приймальня").standing == RowStanding.UNMATCHED


def test_who_is_not_in_the_next_edition_loses_its_numbers_unless_they_are_kept(desk: Desk) -> None:
    desk.bring()
    shorter = "\n".join(line for line in BOOK.splitlines() if "Осипенко" not in line)
    kept = desk.bring(shorter, keep_missing=True)
    assert numbers(desk.osypenko) == ["20-70", "067 123-45-67"]
    assert kept.counts["forgotten"] == 0
    run = desk.bring(shorter)
    assert numbers(desk.osypenko) == []
    assert run.counts["forgotten"] == 1
    with unit_of_work(desk.session):
        undo_run(desk.session, run.id, actor=desk.boss)
    desk.session.expire_all()
    assert numbers(desk.osypenko) == ["20-70", "067 123-45-67"]


def test_link_is_kept_when_a_namesake_is_hired(desk: Desk) -> None:
    desk.bring()
    desk.person("Осипенко Іван Сергійович", "i.osypenko2")
    desk.bring(BOOK.replace("20-70", "20-71"))
    assert numbers(desk.osypenko) == ["20-71", "067 123-45-67"]


def test_decision_follows_a_merged_client(desk: Desk) -> None:
    desk.bring()
    desk.decide("Ткаченко", Verdict.LINKED, desk.olena)
    merge_clients(desk.session, desk.other.id, desk.olena.id, actor=desk.boss)
    desk.session.commit()
    desk.bring(BOOK.replace("3142", "3143"))
    assert "3143" in numbers(desk.other)


def test_new_client_with_history_stays_when_the_import_is_taken_back(desk: Desk) -> None:
    run = desk.bring()
    client_id = desk.decide("Невідомий", Verdict.CREATED).client_id
    client = desk.session.get_one(Client, client_id)
    make_ticket(
        desk.session, author=make_user(desk.session), department=make_department(desk.session), client=client
    )
    client.tickets_count = 1
    with unit_of_work(desk.session):
        counts = undo_run(desk.session, run.id, actor=desk.boss)
    assert counts["kept"] == 1
    assert not client.is_hidden


def test_row_of_an_earlier_book_cannot_be_decided(desk: Desk) -> None:
    desk.bring()
    old = desk.row("Ткаченко").id
    desk.bring()
    with pytest.raises(NotFound):
        decide(desk.session, old, Verdict.LEFT, actor=desk.boss)


def test_what_a_colleague_decided_is_not_decided_again_unseen(desk: Desk) -> None:
    desk.bring()
    desk.decide("Ткаченко", Verdict.LINKED, desk.olena)
    with pytest.raises(Invalid):
        decide(desk.session, desk.row("Ткаченко").id, Verdict.LEFT, seen_standing="doubtful", actor=desk.boss)


def test_file_that_cannot_be_read_fails_its_run_and_changes_nothing(desk: Desk) -> None:
    before = desk.picture()
    path = desk.folder / "broken.csv"
    path.write_bytes(b"")
    with unit_of_work(desk.session):
        run = open_book_run(
            desk.session, path, name="broken.csv", mode=Mode.BALANCED, keep_missing=False, actor=desk.boss
        )
    run = read_run(desk.session, run.id, actor=desk.boss)
    assert (run.stage, bool(run.problem)) == (RunStage.FAILED, True)
    assert desk.picture() == before
    with pytest.raises(Invalid):
        apply_run(desk.session, run.id)


def test_keys_of_rows_tell_repeated_names_apart() -> None:
    from import_tools.book import BookEntry

    def entry(name: str, phone: str) -> BookEntry:
        return BookEntry(1, 1, name, (phone,) if phone else (), "", "")

    keys = row_keys(
        [entry("Коваль  І.", "1"), entry("коваль і.", "2"), entry("Інша", ""), entry("Коваль І.", "1")]
    )
    assert len(set(keys)) == 4
    assert keys[2] == "інша"
