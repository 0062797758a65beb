"""Nothing lost, nothing twice, whoever is killed when. ``make storm`` does the same with 10,000 tickets."""

from __future__ import annotations

import pytest
from flask import Flask

from tests.support.databases import Place
from tests.support.mail import mail_server
from tests.support.storm import TOLD, storm

pytestmark = [
    pytest.mark.database("postgres", reason="processes of their own; make storm takes SQLite too"),
    pytest.mark.timeout(300),
]
EVENTS = 150


def test_processes_killed_at_random_lose_nothing_and_repeat_only_under_the_same_name(
    place: Place, live_app: Flask
) -> None:
    with mail_server() as post:
        outcome = storm(place, live_app, post, events=EVENTS, pause=1.6, seed=5)
    assert outcome.kills.total() >= 2, outcome
    assert (outcome.tickets, outcome.deliveries, outcome.sent) == (EVENTS, EVENTS * TOLD, EVENTS * TOLD), (
        outcome
    )
    assert (outcome.lost, outcome.foreign) == (0, 0), outcome
    # a letter goes twice only if its answer died with the courier: one at a time
    assert outcome.repeated <= outcome.kills["courier"], outcome
