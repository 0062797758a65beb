"""Charts and tables of deliveries over a period."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from decimal import Decimal

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.errors import Forbidden
from app.services.delivery_statistics import read_statistics
from models import Ticket, utcnow
from tests.support.factories import actor_of, make_department, make_ticket, make_user
from tests.support.ledger import make_dead, make_delivery, make_event, make_sent
from tests.support.queries import count_queries
from tests.support.signing import sign_in

PATH = "/notify/statistics/"
MOST_QUERIES = 11


@pytest.fixture
def ticket(session: Session) -> Ticket:
    """Of whom it is told."""
    return make_ticket(session, author=make_user(session, "author"), department=make_department(session))


def test_numbers_are_those_of_the_period(session: Session, ticket: Ticket) -> None:
    administrator = make_user(session, administrator=True)
    anna = make_user(session, "anna")
    for seconds in range(1, 21):
        make_sent(session, make_event(session, ticket), anna, after=seconds)
    make_sent(session, make_event(session, ticket), anna, after=90_000, is_held=True)
    make_sent(session, make_event(session, ticket), anna, "sms", after=3, parts=2, cost=Decimal("1.70"))
    make_dead(session, make_event(session, ticket), anna)
    make_delivery(session, make_event(session, ticket), anna, "push", status="skipped", error="online")
    old = make_sent(session, make_event(session, ticket), anna)
    old.created_at = utcnow() - timedelta(days=31)
    session.flush()
    found = read_statistics(session, 30, actor=actor_of(session, administrator))
    assert sum(found.sent["email"].values()) == 21
    assert len(found.days) == 30
    assert (found.ends["email"]["dead"], found.ends["push"]["skipped"]) == (1, 1)
    assert found.retried["email"] == 1
    speeds = {one.channel: one for one in found.speeds}
    assert speeds["email"].count == 20
    assert round(speeds["email"].median) == 10
    assert round(speeds["email"].p95) == 19
    assert (sum(found.parts.values()), sum(found.cost.values())) == (2, Decimal("1.70"))
    assert [(one.name, one.parts, one.cost) for one in found.spenders] == [
        ("Anna Tester", 2, Decimal("1.70"))
    ]


def test_nobody_else_reads_them(client: FlaskClient, session: Session) -> None:
    person = make_user(session, coordinator_of=[make_department(session)])
    with pytest.raises(Forbidden):
        read_statistics(session, 30, actor=actor_of(session, person))
    assert sign_in(client, person).get(PATH).status_code == 403


@pytest.mark.parametrize("number", [1, 40])
def test_page_has_a_table_under_each_chart_at_the_same_cost(
    client: FlaskClient, session: Session, ticket: Ticket, number: int
) -> None:
    administrator = make_user(session, administrator=True)
    for _turn in range(number):
        person = make_user(session, first_name="</script><b>")
        make_sent(session, make_event(session, ticket), person, "sms", parts=1, cost=Decimal(1))
        make_dead(session, make_event(session, ticket), person)
    sign_in(client, administrator)
    with count_queries() as sent:
        page = client.get(f"{PATH}?days=7").text
    assert len(sent) <= MOST_QUERIES, str(sent)
    assert page.count("<table") == page.count("data-hd-chart") == 5
    assert "</script><b>" not in page
    drawn = [json.loads(text) for text in re.findall(r"data-hd-numbers>(.*?)</script>", page)]
    assert len(drawn) == 5
    assert len(drawn[0]["names"]) == 7


@pytest.mark.parametrize("query", ["", "?days=99999", "?days=x", "?days=90"])
def test_period_that_is_none_is_the_usual_one(client: FlaskClient, session: Session, query: str) -> None:
    page = sign_in(client, make_user(session, administrator=True)).get(PATH + query)
    assert page.status_code == 200
    assert "Nothing was sent in this period" in page.text
