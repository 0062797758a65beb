"""Runs that wait for a person, or run: agreed to, refused, and followed until they end."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient
from redis.exceptions import ConnectionError as NoRedis
from sqlalchemy.orm import Session

from app.services.runs import finish_run, start_run, stop_run
from models import ImportRun, RunKind, RunStage, Staff
from tests.support.factories import actor_of, make_client, make_department, make_user
from tests.support.queries import count_queries
from tests.support.signing import sign_in

MOST_QUERIES = 14


@pytest.fixture
def boss(session: Session) -> Staff:
    """A coordinator: he may manage the client base."""
    return make_user(session, "boss", coordinator_of=[make_department(session, "Desk")])


def make_waiting(session: Session, boss: Staff, people: int = 1) -> ImportRun:
    """A sync that the brake has stopped."""
    run = start_run(session, RunKind.SYNC, title="dc.corp.example", actor=actor_of(session, boss))
    gone = make_client(session, "Гнат Юрій")
    difference = {
        "deactivate": [{"id": gone.id, "name": gone.full_name}] * people,
        "change": [{"id": gone.id, "name": gone.full_name, "fields": ["room", "unit"]}],
        "create": ["Нова Людина"],
    }
    counts = {"deactivated": people, "changed": 1, "created": 1}
    details = {"difference": difference}
    stop_run(session, run, problem="Too many would leave.", counts=counts, details=details)
    session.commit()
    return run


@pytest.mark.parametrize("people", [1, 250])
def test_manager_sees_what_a_waiting_run_would_do_and_refuses(
    client: FlaskClient, session: Session, boss: Staff, people: int
) -> None:
    run = make_waiting(session, boss, people)
    sign_in(client, boss)
    with count_queries() as sent:
        page = client.get(f"/client-base/runs/{run.id}").text
    assert len(sent) <= MOST_QUERIES, str(sent)
    for text in (
        "Too many would leave.",
        "Would no longer work here",
        "Гнат Юрій",
        "Room, Unit",
        "Нова Людина",
    ):
        assert text in page
    assert ("… and 50 more" in page) is (people > 200)
    assert client.post(f"/client-base/runs/{run.id}/undo").status_code == 422
    assert client.post(f"/client-base/runs/{run.id}/refuse").status_code == 303
    assert session.get_one(ImportRun, run.id).stage == RunStage.REFUSED
    for verb in ("refuse", "approve"):
        assert client.post(f"/client-base/runs/{run.id}/{verb}").status_code == 422


class Asked:
    """A queue that only remembers."""

    def __init__(self) -> None:
        self.jobs: list[tuple[Any, ...]] = []

    def __call__(self, name: str) -> Asked:
        self.jobs.append((name,))
        return self

    def enqueue(self, *job: Any, **_how: Any) -> None:
        """Remember it."""
        self.jobs[-1] += job


def test_manager_agrees_and_the_worker_is_asked(
    client: FlaskClient, session: Session, boss: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, asked = make_waiting(session, boss), Asked()
    monkeypatch.setattr("views.client_base.asking.queue", asked)
    answer = sign_in(client, boss).post(f"/client-base/runs/{run.id}/approve")
    assert (answer.status_code, answer.location) == (303, f"/client-base/runs/{run.id}?agreed=1")
    assert asked.jobs == [("low", "jobs.client_base.approve_run", run.id, boss.id)]
    page = client.get(answer.location).text
    assert f'hx-get="/client-base/runs/{run.id}/progress?agreed=1" hx-trigger="every 2s"' in page
    assert "Apply anyway" not in page


def test_manager_is_told_when_the_queue_is_away(
    client: FlaskClient, session: Session, boss: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(_name: str) -> None:
        raise NoRedis

    run = make_waiting(session, boss)
    monkeypatch.setattr("views.client_base.asking.queue", away)
    answer = sign_in(client, boss).post(f"/client-base/runs/{run.id}/approve")
    assert answer.location == f"/client-base/runs/{run.id}"
    assert "does not answer" in client.get(answer.location).text


def test_running_run_shows_its_progress_until_it_ends(
    client: FlaskClient, session: Session, boss: Staff
) -> None:
    run = start_run(session, RunKind.SYNC, actor=actor_of(session, boss))
    run.percent, run.step = 40, "comparing"
    sign_in(client, boss)
    page = client.get(f"/client-base/runs/{run.id}").text
    assert '<progress class="hd-load" max="100" value="40"' in page
    assert "Comparing" in page
    address, asks = f"/client-base/runs/{run.id}/progress", {"HX-Request": "true"}
    assert "40 %" in client.get(address, headers=asks).text
    finish_run(session, run, counts={})
    answer = client.get(address, headers=asks)
    assert (answer.text, answer.headers["HX-Refresh"]) == ("", "true")
