"""Rows of a phone book find the people of today: the merged, the hidden, those who share a short name."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from app.events import unit_of_work
from app.services.bench_rows import open_row
from app.services.clients import hide_client
from app.services.merging import merge_clients
from import_tools.book_import import apply_run
from models import Client, RowStanding, Verdict
from tests.support.book_desk import BOOK, Desk, numbers
from tests.support.books import stands
from tests.support.factories import make_client


@pytest.fixture
def desk(session: Session, tmp_path: Path) -> Desk:
    return Desk(session, tmp_path)


def become(desk: Desk, double: Client) -> Client:
    """The one of the directory who stays when this client turns out to be his double."""
    stays = make_client(desk.session, double.full_name, login="again", object_guid="again")
    with unit_of_work(desk.session):
        kept, _run = merge_clients(desk.session, stays.id, double.id, actor=desk.boss)
    assert kept.id == stays.id
    return stays


def hide(desk: Desk, client: Client) -> None:
    """Taken out by a person."""
    with unit_of_work(desk.session):
        hide_client(desk.session, client.id, version=client.version, actor=desk.boss)
    desk.session.expire_all()


def test_client_merged_while_the_book_waits_is_told_as_who_he_is_now(desk: Desk) -> None:
    run = desk.read()
    stays = become(desk, desk.osypenko)
    with unit_of_work(desk.session):
        apply_run(desk.session, run.id, actor=desk.boss)
    desk.session.expire_all()
    assert stands(desk.session, desk.row("Осипенко")) == ("linked", stays.id, False)
    assert "20-70" in numbers(stays)


def test_row_opened_again_falls_back_to_who_the_client_is_now(desk: Desk) -> None:
    desk.bring()
    stays = become(desk, desk.osypenko)
    desk.decide("Осипенко", Verdict.LINKED, desk.kravets)
    desk.decide("Осипенко", Verdict.REOPENED)
    assert desk.row("Осипенко").client_id == stays.id


def test_no_to_a_double_is_no_to_who_he_became(desk: Desk) -> None:
    desk.bring()
    desk.decide("Осипенко", Verdict.REFUSED, desk.osypenko)
    stays = become(desk, desk.osypenko)
    desk.bring()
    row = desk.row("Осипенко")
    assert row.client_id is None
    shown = open_row(desk.session, row.id, actor=desk.boss).candidates
    assert all(one.is_refused for one in shown if one.client.id == stays.id)


def test_decision_for_a_hidden_client_does_not_stand(desk: Desk) -> None:
    desk.bring()
    desk.decide("Ткаченко", Verdict.LINKED, desk.olena)
    made = desk.session.get_one(Client, desk.decide("Невідомий", Verdict.CREATED).client_id)
    hide(desk, desk.olena)
    hide(desk, made)
    desk.bring()
    assert desk.row("Ткаченко").client_id not in {desk.olena.id, made.id}
    assert stands(desk.session, desk.row("Невідомий")) == ("unmatched", None, False)


def test_client_hidden_while_the_book_waits_gets_nothing(desk: Desk) -> None:
    run = desk.read()
    hide(desk, desk.osypenko)
    with unit_of_work(desk.session):
        apply_run(desk.session, run.id, actor=desk.boss)
    desk.session.expire_all()
    assert desk.row("Осипенко").client_id is None
    assert numbers(desk.osypenko) == []


def test_short_name_with_other_number_and_room_is_asked_about_again(desk: Desk) -> None:
    desk.bring()
    desk.decide("Ткаченко", Verdict.LINKED, desk.other)
    desk.bring(BOOK.replace("3142;280", "9999;11"))
    row = desk.row("Ткаченко")
    assert stands(desk.session, row) == ("doubtful", None, False)
    assert row.candidates[0]["client_id"] == desk.other.id
    assert open_row(desk.session, row.id, actor=desk.boss).candidates[0].client.id == desk.other.id
    assert numbers(desk.other) == []
    desk.decide("Ткаченко", Verdict.LINKED, desk.other)
    desk.bring(BOOK.replace("3142;280", "9999;11"))
    assert numbers(desk.other) == ["9999"]


@pytest.mark.parametrize("where", ["3142;11", "9999;280", ";"])
def test_short_name_with_the_same_number_or_room_asks_nothing(desk: Desk, where: str) -> None:
    desk.bring()
    desk.decide("Ткаченко", Verdict.LINKED, desk.other)
    desk.bring(BOOK.replace("3142;280", where))
    assert desk.row("Ткаченко").standing == RowStanding.LINKED
    assert desk.row("Ткаченко").client_id == desk.other.id


def test_full_name_asks_nothing_whatever_the_number(desk: Desk) -> None:
    desk.bring()
    made = desk.decide("Невідомий", Verdict.CREATED).client_id
    desk.bring(BOOK.replace("8-502;494", "1;2"))
    assert stands(desk.session, desk.row("Невідомий")) == ("created", made, True)


@pytest.mark.parametrize("mail", ["нема@", "@", "a@b.c, d@e.f", "petro.example"])
def test_what_is_no_address_is_noted_and_the_rest_of_the_row_used(desk: Desk, mail: str) -> None:
    run = desk.bring(f"ПІБ;Телефон;E-mail\nНевідомий Петро Петрович;20-70;{mail}\nІнший Іван;2;x@y.z\n")
    assert [(note["line"], note["text"]) for note in run.notes] == [(2, mail)]
    assert run.counts["problems"] == 1
    made = desk.session.get_one(Client, desk.decide("Невідомий", Verdict.CREATED).client_id)
    assert (numbers(made), made.email) == (["20-70"], None)
    other = desk.session.get_one(Client, desk.decide("Інший", Verdict.CREATED).client_id)
    assert other.email == "x@y.z"
