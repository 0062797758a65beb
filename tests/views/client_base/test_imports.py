"""A phone book: uploaded, read by the worker, looked at, applied or refused."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from redis import Redis
from redis.exceptions import ConnectionError as RedisAway
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.extensions import queue
from jobs.client_base import approve_run, read_book_run
from models import ClientPhone, ImportRun, RunKind, RunStage, Staff, utcnow
from tests.support.factories import make_client, make_department, make_unit, make_user
from tests.support.queries import count_queries
from tests.support.signing import sign_in

PAGE = "/client-base/imports"
NO_QUEUE = "The queue of background work does not answer. Try again in a minute."
WIDE = "The line has 6 cells, the header 4."
BOOK = """ПІБ;Телефон;Кабінет;Відділ
Ткаченко Оксана Іванівна;2-34;214;Бухгалтерія
Лисенко Марія Петрівна;5-67;301;Каса
Нікому Невідомий Сергійович;9-99;;
Зайва Клітинка;1-11;1;2;3;4
"""


@pytest.fixture(autouse=True)
def folder(app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the uploads of this test go."""
    monkeypatch.setitem(app.config, "VAR_DIR", tmp_path)
    return tmp_path / "imports"


@pytest.fixture
def boss(client: FlaskClient, session: Session) -> Staff:
    """A signed-in coordinator, and two clients of the book."""
    person = make_user(session, "boss", coordinator_of=[make_department(session)])
    unit = make_unit(session, "Бухгалтерія")
    make_client(session, "Ткаченко Оксана Іванівна", unit_id=unit.id)
    make_client(session, "Лисенко Марія Петрівна")
    sign_in(client, person)
    return person


def send(client: FlaskClient, content: bytes = BOOK.encode(), name: str = "Книга.csv", **values: Any) -> Any:
    """The form as the page sends it."""
    data = {"mode": "balanced", "book": (io.BytesIO(content), name), **values}
    return client.post(PAGE, data=data, content_type="multipart/form-data")


def only_run(session: Session) -> ImportRun:
    return session.scalars(select(ImportRun)).one()


def jobs() -> list[tuple[str | None, list[Any]]]:
    """What the worker has been asked for."""
    return [(job.func_name, list(job.args)) for job in queue("low").get_jobs()]


def read_one(client: FlaskClient, session: Session, boss: Staff, **how: Any) -> int:
    """An uploaded book that has been read; its run's number."""
    number = int(send(client, **how).location.rpartition("/")[2])
    read_book_run(number, boss.id)
    session.expire_all()
    return number


# ------------------------------------------------------------------------------- the upload


def test_manager_uploads_a_book_and_the_worker_is_asked(
    client: FlaskClient, session: Session, boss: Staff, folder: Path
) -> None:
    answer = send(client, name="../../Книга.csv", keep_missing="1", mode="sure")
    run = only_run(session)
    assert (answer.status_code, answer.location) == (303, f"{PAGE}/{run.id}")
    (path,) = folder.iterdir()
    assert path.read_text() == BOOK
    assert len(path.name) == 32
    assert path.stat().st_mode & 0o077 == 0
    assert (run.kind, run.stage, run.title, run.actor_id) == ("book", "running", "Книга.csv", boss.id)
    assert run.details == {"file": str(path), "mode": "sure", "keep_missing": True}
    assert jobs() == [("jobs.client_base.read_book_run", [run.id, boss.id])]


@pytest.mark.parametrize(
    ("values", "field", "words"),
    [
        ({"book": (io.BytesIO(), "")}, "book", "Choose the file"),
        ({"book": (io.BytesIO(b""), "empty.csv")}, "book", "The file is empty"),
        ({"book": "not a file"}, "book", "Choose the file"),
        ({"mode": "pink"}, "mode-balanced", "Choose one of the three"),
    ],
)
def test_manager_without_a_file_is_told_and_his_choices_stay(
    client: FlaskClient,
    session: Session,
    boss: Staff,
    folder: Path,
    values: dict[str, Any],
    field: str,
    words: str,
) -> None:
    given = {**values, "keep_missing": "1", "mode": values.get("mode", "least-work")}
    if isinstance(given.get("book"), tuple):  # a stream is used up by the first database
        given["book"] = (io.BytesIO(), given["book"][1])
    answer = send(client, **given)
    assert answer.status_code == 422
    assert f'href="#{field}"' in answer.text
    assert words in answer.text
    assert 'id="keep_missing" value="1" aria-describedby="keep_missing-hint" checked' in answer.text
    assert session.scalars(select(ImportRun)).all() == []
    assert not folder.exists() or not list(folder.iterdir())


def test_too_large_a_file_is_refused_before_it_is_kept(
    app: Flask, client: FlaskClient, boss: Staff, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "MAX_CONTENT_LENGTH", 2000)
    answer = send(client, b"x" * 5000)
    assert answer.status_code == 413
    assert not folder.exists()


def test_second_upload_waits_for_the_first(
    client: FlaskClient, session: Session, boss: Staff, folder: Path
) -> None:
    send(client)
    first = only_run(session).id
    answer = send(client, name="Друга.csv")
    assert answer.status_code == 409
    assert f'href="{PAGE}/{first}"' in answer.text
    assert only_run(session).id == first
    assert len(list(folder.iterdir())) == 1
    assert "is being read just now" in client.get(PAGE).text


def test_upload_takes_the_place_of_one_that_waits_and_of_one_that_was_killed(
    client: FlaskClient, session: Session, boss: Staff
) -> None:
    waiting = read_one(client, session, boss)
    assert "waits for a decision" in client.get(PAGE).text
    killed = int(send(client).location.rpartition("/")[2])
    session.get_one(ImportRun, killed).started_at = utcnow() - timedelta(hours=1)
    assert "The import was interrupted." in client.get(f"{PAGE}/{killed}").text
    last = int(send(client).location.rpartition("/")[2])
    stages = {number: session.get_one(ImportRun, number).stage for number in (waiting, killed, last)}
    assert stages == {waiting: "failed", killed: "failed", last: "running"}


def test_upload_without_redis_fails_clearly_and_can_be_read_again(
    client: FlaskClient, session: Session, boss: Staff, monkeypatch: pytest.MonkeyPatch, folder: Path
) -> None:
    def away(*_args: object, **_more: object) -> None:
        raise RedisAway

    with monkeypatch.context() as patch:
        patch.setattr(Redis, "execute_command", away)
        patch.setattr("redis.client.Pipeline.execute", away)
        answer = send(client)
    assert answer.status_code == 303
    run = only_run(session)
    assert (run.stage, run.problem) == (
        "failed",
        "The queue of background work does not answer. Try again in a minute.",
    )
    page = client.get(answer.location).text
    assert run.problem in page
    assert f'action="{PAGE}/{run.id}/again"' in page
    again = client.post(f"{PAGE}/{run.id}/again")
    number = int(again.location.rpartition("/")[2])
    assert number > run.id
    read_book_run(number, boss.id)
    session.expire_all()
    assert session.get_one(ImportRun, number).stage == RunStage.WAITING


def test_file_that_is_gone_cannot_be_read_again(
    client: FlaskClient, session: Session, boss: Staff, folder: Path
) -> None:
    number = read_one(client, session, boss, content=b"nothing here")
    for path in folder.iterdir():
        path.unlink()
    assert "/again" not in client.get(f"{PAGE}/{number}").text
    answer = client.post(f"{PAGE}/{number}/again", follow_redirects=True)
    assert "The file is not kept any more" in answer.text


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
    assert jobs()[-1] == ("jobs.client_base.approve_run", [number, boss.id])
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


# ------------------------------------------------------------------------------- rights


@pytest.fixture
def other(session: Session) -> Callable[[str], Staff]:
    """A person of a kind."""

    def make(kind: str) -> Staff:
        places = [make_department(session)] if kind == "employee" else []
        return make_user(session, employee_of=places)

    return make


ADDRESSES = [
    ("GET", ""),
    ("POST", ""),
    ("GET", "/{}"),
    ("GET", "/{}/progress"),
    ("POST", "/{}/apply"),
    ("POST", "/{}/refuse"),
    ("POST", "/{}/again"),
]


@pytest.mark.parametrize("kind", ["employee", "nobody"])
def test_others_are_refused_everywhere(
    client: FlaskClient, session: Session, boss: Staff, other: Callable[[str], Staff], kind: str, folder: Path
) -> None:
    number = read_one(client, session, boss)
    files = len(list(folder.iterdir()))
    sign_in(client, other(kind))
    for method, path in ADDRESSES:
        address = PAGE + path.format(number)
        answer = send(client) if (method, path) == ("POST", "") else client.open(address, method=method)
        assert answer.status_code == 403, address
    assert len(list(folder.iterdir())) == files
    assert session.get_one(ImportRun, number).stage == RunStage.WAITING


def test_anonymous_is_sent_to_the_door(client: FlaskClient, session: Session) -> None:
    assert client.get(PAGE).status_code == 302
    assert client.post(PAGE).status_code == 401


def test_numbers_of_other_runs_and_of_none_are_not_there(
    client: FlaskClient, session: Session, boss: Staff
) -> None:
    other = ImportRun(kind=RunKind.SYNC, stage=RunStage.WAITING, counts={}, notes=[], details={})
    session.add(other)
    session.flush()
    for number in (other.id, 999_999, 2**40):
        for method, path in ADDRESSES[2:]:
            address = PAGE + path.format(number)
            assert client.open(address, method=method).status_code == 404, address
    assert client.get(f"{PAGE}/x").status_code == 404
    assert client.get(f"{PAGE}/{other.id}/apply").status_code == 405


def test_upload_needs_the_token(
    app: Flask, client: FlaskClient, session: Session, boss: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", True)
    assert send(client).status_code == 400
    assert session.scalars(select(ImportRun)).all() == []
