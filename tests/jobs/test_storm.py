"""Nothing lost, nothing twice, whoever is killed when. ``make storm`` does the same with 10,000 tickets."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.factory import create_app
from tests.support.databases import Place
from tests.support.mail import mail_server
from tests.support.outage import outage
from tests.support.servers import stop_servers
from tests.support.storm import TOLD, durable, storm

EVENTS = 150


@pytest.fixture(scope="module")
def own_place() -> Iterator[Place]:
    """Servers that no other test uses, for being killed."""
    with tempfile.TemporaryDirectory(prefix="helpdesk-storm-") as name:
        yield Place(Path(name), 1)
        stop_servers(Path(name))


@pytest.mark.timeout(300)
def test_without_redis_pages_answer_and_afterwards_everything_arrives(own_place: Place) -> None:
    application = create_app(own_place.settings(own_place.new_database("postgres")))
    with mail_server() as post:
        result = outage(own_place, application, post, tickets=6, seconds=5)
    assert result.lost == 0, result
    assert result.until_all < 120, result
    assert result.slowest < 30, result  # its figure is for make storm; here only that no page hangs


@pytest.mark.timeout(400)
def test_processes_and_servers_killed_at_random_lose_nothing_and_repeat_only_under_the_same_name(
    own_place: Place,
) -> None:
    application = create_app(own_place.settings(durable(own_place, own_place.new_database("postgres"))))
    with mail_server() as post:
        outcome = storm(own_place, application, post, events=EVENTS, pause=1.6, seed=5)
    assert outcome.kills.total() >= 2, outcome
    assert (outcome.tickets, outcome.deliveries, outcome.sent) == (EVENTS, EVENTS * TOLD, EVENTS * TOLD), (
        outcome
    )
    assert (outcome.lost, outcome.foreign) == (0, 0), outcome
    # a letter goes twice only if what was to be written of its answer died: one at a time
    assert outcome.repeated <= outcome.kills["courier"] + outcome.kills["postgres"], outcome
