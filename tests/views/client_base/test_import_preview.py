"""A phone book that was read: watched, looked at, applied or refused."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from jobs.client_base import approve_run
from models import ClientPhone, ImportRun, RunStage, Staff, utcnow
from tests.support.factories import make_client
from tests.support.queries import count_queries
from tests.support.uploads import BOOK, PAGE, asked_jobs, read_one, send, sign_in_boss

WIDE = "The line has 6 cells, the header 4."


@pytest.fixture(autouse=True)
def folder(app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the uploads of this test go."""
    monkeypatch.setitem(app.config, "VAR_DIR", tmp_path)
    return tmp_path / "imports"


@pytest.fixture
def boss(client: FlaskClient, session: Session) -> Staff:
    """A signed-in coordinator, and two clients of the book."""
    return sign_in_boss(client, session)


# ------------------------------------------------------------------- progress and preview


def test_progress_shows_the_step_and_ends_with_a_fresh_page(
    client: FlaskClient, session: Session, boss: Staff
) -> None:
    number = int(send(client).location.rpartition("/")[2])
    run = session.get_one(ImportRun, number)
    run.percent, run.step = 40, "joining"
    page = client.get(f"{PAGE}/{number}").text
    assert f'hx-get="{PAGE}/{number}/progress"' in page
    part = client.get(f"{PAGE}/{number}/progress").text
    assert '<progress class="hd-load" max="100" value="40"' in part
    assert "Joining with the clients" in part
    assert "<html" not in part
    run = session.get_one(ImportRun, number)
    run.percent, run.step, run.started_at = 0, "", utcnow() - timedelta(minutes=2)
    assert "ask the administrator" in client.get(f"{PAGE}/{number}/progress").text
    session.get_one(ImportRun, number).stage = RunStage.FAILED
    assert client.get(f"{PAGE}/{number}/progress").headers["HX-Refresh"] == "true"


def test_preview_tells_how_the_book_was_understood_and_what_it_would_do(
    client: FlaskClient, session: Session, boss: Staff
) -> None:
    number = read_one(client, session, boss, content=BOOK.encode("windows-1251"))
    with count_queries() as sent:
        page = client.get(f"{PAGE}/{number}").text
    assert len(sent) <= 10, str(sent)
    for text in ("text with separators (.csv)", "windows-1251", "semicolon", "line 1", "Кабінет", "Телефон"):
        assert text in page
    assert ">2</dd>" in page  # linked
    assert "only in the book" in page
    assert WIDE in page
    assert "same surname" in page
    assert f'action="{PAGE}/{number}/apply"' in page
    assert session.scalars(select(ClientPhone.number)).all() == []


def test_problems_are_shown_in_part_and_as_a_whole(
    client: FlaskClient, session: Session, boss: Staff
) -> None:
    number = read_one(client, session, boss, content=(BOOK + "Зайва Клітинка;1;2;3;4;5\n" * 130).encode())
    assert client.get(f"{PAGE}/{number}").text.count(WIDE) == 100
    assert client.get(f"{PAGE}/{number}?problems=all").text.count(WIDE) == 131


# --------------------------------------------------------------------------- yes and no


def test_manager_applies_a_book_and_is_led_to_the_bench(
    client: FlaskClient, session: Session, boss: Staff
) -> None:
    number = read_one(client, session, boss)
    answer = client.post(f"{PAGE}/{number}/apply")
    assert answer.location.startswith(f"{PAGE}/{number}?agreed=")
    assert asked_jobs()[-1] == ("jobs.client_base.approve_run", [number, boss.id])
    assert "Agreed" in client.get(answer.location).text
    late = client.get(f"{PAGE}/{number}?agreed=1").text
    assert "that has not happened for more than a minute" in late
    assert f'action="{PAGE}/{number}/apply"' in late
    approve_run(number, boss.id)
    page = client.get(answer.location).text
    assert "2 clients have changed." in page
    assert f'href="/client-base/runs/{number}"' in page
    assert sorted(session.scalars(select(ClientPhone.number))) == ["2-34", "5-67"]
    assert client.post(f"{PAGE}/{number}/apply").status_code == 422
    assert "2 joined" in client.get(PAGE).text


def test_doubtful_rows_are_offered_and_those_left_behind_are_counted(
    client: FlaskClient, session: Session, boss: Staff
) -> None:
    first = read_one(client, session, boss)
    approve_run(first, boss.id)
    for number in range(2):
        make_client(session, f"Бондар Ірина Іванівна{'' if number else ' '}".strip())
    book = "ПІБ;Телефон\nТкаченко Оксана Іванівна;2-35\nБондар Ірина Іванівна;7-77\n"
    second = read_one(client, session, boss, content=book.encode())
    page = client.get(f"{PAGE}/{second}").text
    assert "1 client of the earlier book is not in this one: what that book said of him goes." in page
    approve_run(second, boss.id)
    assert "1 doubtful row waits for you" in client.get(f"{PAGE}/{second}").text


def test_manager_refuses_a_book_and_nothing_changes(
    client: FlaskClient, session: Session, boss: Staff
) -> None:
    number = read_one(client, session, boss)
    assert client.post(f"{PAGE}/{number}/refuse").status_code == 303
    assert session.get_one(ImportRun, number).stage == RunStage.REFUSED
    assert client.post(f"{PAGE}/{number}/refuse").status_code == 422
    assert "This import was refused." in client.get(f"{PAGE}/{number}").text
    approve_run(number, boss.id)
    assert session.scalars(select(ClientPhone.number)).all() == []


def test_wrong_file_fails_with_its_reason(client: FlaskClient, session: Session, boss: Staff) -> None:
    number = read_one(client, session, boss, content=b"%PDF-1.7 ...", name="book.csv")
    page = client.get(f"{PAGE}/{number}").text
    assert "This is a PDF" in page
    assert "Choose another file" in page


def test_page_and_list_stay_within_their_queries(client: FlaskClient, session: Session, boss: Staff) -> None:
    for _number in range(3):
        read_one(client, session, boss)
    with count_queries() as sent:
        assert client.get(PAGE).status_code == 200
    assert len(sent) <= 9, str(sent)
