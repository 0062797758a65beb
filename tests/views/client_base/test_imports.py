"""A phone book uploaded: kept, its run begun, the worker asked; and nobody else may."""

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

from jobs.client_base import read_book_run
from models import ImportRun, RunKind, RunStage, Staff, utcnow
from tests.support.factories import make_department, make_user
from tests.support.signing import sign_in
from tests.support.uploads import BOOK, PAGE, asked_jobs, only_run, read_one, send, sign_in_boss

NO_QUEUE = "The queue of background work does not answer. Try again in a minute."


@pytest.fixture(autouse=True)
def folder(app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the uploads of this test go."""
    monkeypatch.setitem(app.config, "VAR_DIR", tmp_path)
    return tmp_path / "imports"


@pytest.fixture
def boss(client: FlaskClient, session: Session) -> Staff:
    """A signed-in coordinator, and two clients of the book."""
    return sign_in_boss(client, session)


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
    assert asked_jobs() == [("jobs.client_base.read_book_run", [run.id, boss.id])]


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


# ------------------------------------------------------------------------------- rights


def test_file_of_the_console_is_never_read_from_the_page(
    client: FlaskClient, session: Session, boss: Staff, tmp_path: Path
) -> None:
    path = tmp_path / "of-somebody.csv"
    path.write_text(BOOK)
    run = ImportRun(kind=RunKind.BOOK, stage=RunStage.FAILED, counts={}, notes=[])
    run.details = {"file": str(path), "mode": "balanced"}
    session.add(run)
    session.flush()
    assert "/again" not in client.get(f"{PAGE}/{run.id}").text
    assert client.post(f"{PAGE}/{run.id}/again").location == PAGE
    assert only_run(session).id == run.id


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
