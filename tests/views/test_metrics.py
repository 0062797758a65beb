"""Numbers for Prometheus, behind a token."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from flask import Flask
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy.orm import Session

import config
from models import ChannelHealth, Incoming, utcnow
from tests.support.channels import recording_channel
from tests.support.factories import make_department, make_ticket, make_user
from tests.support.ledger import make_dead, make_delivery, make_event, make_sent
from tests.support.queries import count_queries

TOKEN = "0123456789abcdef-token"
MOST_QUERIES = 7


@pytest.fixture
def shown(app: Flask, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The header of whoever knows the token."""
    monkeypatch.setitem(app.config, "METRICS_TOKEN", TOKEN)
    return {"Authorization": f"Bearer {TOKEN}"}


def test_without_a_token_there_is_no_such_address(client: FlaskClient) -> None:
    assert client.get("/metrics").status_code == 404
    assert client.get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404


@pytest.mark.parametrize(
    "given", ["", "Bearer", "Bearer wrong", f"Basic {TOKEN}", f"Bearer {TOKEN}x", "Bearer ї"]
)
def test_wrong_token_is_refused(client: FlaskClient, shown: dict[str, str], given: str) -> None:
    answer = client.get("/metrics", headers={"Authorization": given.encode().decode("latin-1")})
    assert answer.status_code == 401
    assert "helpdesk_" not in answer.text
    assert client.post("/metrics", headers=shown).status_code == 405


def test_numbers_are_those_of_the_database(
    client: FlaskClient, session: Session, shown: dict[str, str]
) -> None:
    author = make_user(session)
    ticket = make_ticket(session, author=author, department=make_department(session))
    make_sent(session, make_event(session, ticket), author, "sms", after=4, parts=3, cost=Decimal("2.55"))
    make_sent(session, make_event(session, ticket), author, "own:1")
    make_sent(session, make_event(session, ticket), author, "own:2")
    make_dead(session, make_event(session, ticket), author)
    make_delivery(session, make_event(session, ticket), author, due_at=utcnow() - timedelta(seconds=60))
    session.add(Incoming(source="email", external_id="<1@x>", outcome="comment"))
    session.add(ChannelHealth(channel="sms", failures=4, failing_since=utcnow()))
    with recording_channel(session, "email"), recording_channel(session, "sms"), count_queries() as sent:
        answer = client.get("/metrics", headers=shown)
    assert len(sent) <= MOST_QUERIES, str(sent)
    assert answer.status_code == 200
    assert answer.content_type.startswith("text/plain; version=0.0.4")
    found = {
        (sample.name, *(word for _name, word in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }
    assert found["helpdesk_deliveries_total", "own", "sent"] == 2
    assert found["helpdesk_deliveries_total", "email", "dead"] == 1
    assert found["helpdesk_deliveries_waiting", "email"] == 1
    assert 59 < found["helpdesk_oldest_waiting_seconds", "email"] < 120
    assert round(found["helpdesk_delivery_seconds", "sms", "0.5"]) == 4
    assert (found["helpdesk_sms_parts_total",], found["helpdesk_sms_cost_total",]) == (3, 2.55)
    assert (found["helpdesk_channel_up", "email"], found["helpdesk_channel_up", "sms"]) == (1, 0)
    assert found["helpdesk_outbox_waiting_events",] == 5
    assert found["helpdesk_incoming_total", "comment", "email"] == 1


@pytest.mark.parametrize("token", ["short", "пароль-пароль-пароль"])
def test_weak_token_is_refused_at_start(token: str, tmp_path: object) -> None:
    with pytest.raises(config.ConfigError, match="HELPDESK_METRICS_TOKEN"):
        config.load({"HELPDESK_METRICS_TOKEN": token, "HELPDESK_VAR": str(tmp_path)})
