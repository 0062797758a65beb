"""News of the directory's sync on an administrator's pages: the toast, the list, the bell."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, event, select, text
from sqlalchemy.orm import Session

from app.events import Kind, record
from app.notify.fanout import fan_out
from app.services.notices import count_unread, list_notices, missed_ids
from app.services.runs import fail_run, refuse_run, start_run, stop_run
from models import Delivery, ImportRun, OutboxEvent, RunKind
from tests.support.factories import actor_of, make_department, make_ticket, make_user
from tests.support.queries import count_queries
from tests.support.signing import sign_in

SERVER = "dc1.corp.example"


class Night:
    """An administrator, a coordinator, and what the sync does while they sleep."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.administrator = make_user(session, "chief", administrator=True)
        self.coordinator = make_user(session, "boss", coordinator_of=[make_department(session)])

    def stop(self, **counts: int) -> ImportRun:
        """The sync waits for a person."""
        run = start_run(self.session, RunKind.SYNC, title=SERVER)
        stop_run(self.session, run, problem="Too many.", counts=counts, details={})
        self.tell()
        return run

    def fail(self, problem: str) -> ImportRun:
        """The sync comes to nothing."""
        run = start_run(self.session, RunKind.SYNC, title=SERVER)
        self.session.commit()
        fail_run(self.session, run.id, problem)
        self.tell()
        return run

    def tell(self) -> None:
        """Do what the worker does."""
        self.session.commit()
        waiting = select(OutboxEvent.id).where(OutboxEvent.fanned_out_at.is_(None)).order_by(OutboxEvent.id)
        for event_id in self.session.scalars(waiting).all():
            assert fan_out(self.session, event_id)

    def deliveries(self) -> list[int]:
        """Ids of what the administrator was told, oldest first."""
        query = select(Delivery.id).where(Delivery.user_id == self.administrator.id)
        return list(self.session.scalars(query.order_by(Delivery.id)))


@pytest.fixture
def night(session: Session) -> Night:
    """People, and nothing has happened yet."""
    return Night(session)


def missed(client: FlaskClient) -> dict[str, Any]:
    """What a page that connects is told."""
    answer: Any = client.get("/notices/missed").json
    return dict(answer)


DIFFERENCES = [
    ({"deactivated": 812, "changed": 0, "known": 2000}, "It would deactivate 812 of 2,000 people"),
    ({"deactivated": 0, "changed": 1600, "known": 2000}, "It would change 1,600 of 2,000 people"),
    (
        {"deactivated": 3, "changed": 90, "known": 120},
        "It would deactivate 3 and change 90 of 120 people",
    ),
    ({"deactivated": 1, "changed": 0, "known": 1}, "It would deactivate 1 of 1 person"),
    ({}, "Too many."),
]


@pytest.mark.parametrize(("counts", "words"), DIFFERENCES)
def test_toast_of_a_stopped_sync_says_what_it_would_do_and_where(
    client: FlaskClient, night: Night, counts: dict[str, int], words: str
) -> None:
    run = night.stop(**counts)
    (delivery_id,) = night.deliveries()
    answer = sign_in(client, night.administrator).post(f"/notices/{delivery_id}/claim")
    assert answer.status_code == 200
    for part in ("The directory sync waits for you", words, SERVER, "<time", "Open"):
        assert part in answer.text
    assert f'href="/client-base/runs/{run.id}"' in answer.text
    assert "/tickets/" not in answer.text
    assert client.post(f"/notices/{delivery_id}/claim").status_code == 204


def test_toast_of_a_failed_sync_says_why_and_is_no_markup(client: FlaskClient, night: Night) -> None:
    run = night.fail("The server <dc1> does not answer.")
    (delivery_id,) = night.deliveries()
    answer = sign_in(client, night.administrator).post(f"/notices/{delivery_id}/claim")
    assert "The directory sync failed" in answer.text
    assert "The server &lt;dc1&gt; does not answer." in answer.text
    assert f'href="/client-base/runs/{run.id}"' in answer.text


def test_list_shows_runs_among_tickets_with_words_link_and_moment(client: FlaskClient, night: Night) -> None:
    run = night.stop(deactivated=812, changed=0, known=2000)
    ticket = make_ticket(
        night.session, author=night.administrator, department=make_department(night.session), subject="Toner"
    )
    boss = actor_of(night.session, night.coordinator)
    record(night.session, Kind.TICKET_TAKEN, actor=boss, ticket_id=ticket.id)
    night.tell()
    page = sign_in(client, night.administrator).get("/notices/").text
    about_run, about_ticket = page.index("812 of 2,000 people"), page.index("Toner")
    assert about_ticket < about_run
    row = page[page.rindex("<tr", 0, about_run) : page.index("</tr>", about_run)]
    for part in ("The directory sync waits for you", f'href="/client-base/runs/{run.id}"', SERVER, "<time"):
        assert part in row
    assert f'href="/tickets/{ticket.id}"' in page


def test_news_of_a_run_are_unread_until_a_page_has_shown_them(client: FlaskClient, night: Night) -> None:
    night.stop(deactivated=2, known=3)
    sign_in(client, night.administrator)
    (delivery_id,) = night.deliveries()
    assert (missed(client)["ids"], missed(client)["unread"]) == ([delivery_id], 1)
    assert "is-unread" in client.get("/notices/").text
    assert client.post(f"/notices/{delivery_id}/claim").headers["HD-Unread"] == "0"
    assert (missed(client)["ids"], missed(client)["unread"]) == ([], 0)
    page = client.get("/notices/").text
    assert "2 of 3 people" in page
    assert "is-unread" not in page


def test_former_administrator_is_shown_nothing_and_is_never_offered_it_again(
    client: FlaskClient, night: Night
) -> None:
    night.stop(deactivated=2, known=3)
    (delivery_id,) = night.deliveries()
    night.administrator.roles = night.coordinator.roles
    sign_in(client, night.administrator)
    assert missed(client) == {"ids": [], "unread": 0, "changed": True}
    assert "2 of 3 people" not in client.get("/notices/").text
    assert client.post(f"/notices/{delivery_id}/claim").status_code == 204
    assert client.post("/notices/rest", data={"upto": delivery_id}).status_code == 204
    assert night.session.get_one(Delivery, delivery_id).sent_at is not None


def test_coordinator_neither_gets_nor_claims_them(client: FlaskClient, night: Night) -> None:
    night.stop(deactivated=2, known=3)
    (delivery_id,) = night.deliveries()
    sign_in(client, night.coordinator)
    assert missed(client)["ids"] == []
    assert client.post(f"/notices/{delivery_id}/claim").status_code == 204
    assert "No news" in client.get("/notices/").text
    assert night.session.get_one(Delivery, delivery_id).sent_at is None


def test_delivery_made_out_to_a_coordinator_is_hidden_from_him_all_the_same(
    client: FlaskClient, night: Night
) -> None:
    night.stop(deactivated=2, known=3)
    (own,) = night.deliveries()
    event_id = night.session.get_one(Delivery, own).event_id
    night.session.add(Delivery(event_id=event_id, user_id=night.coordinator.id, channel="popup"))
    sign_in(client, night.coordinator)
    assert missed(client) == {"ids": [], "unread": 0, "changed": True}
    assert "No news" in client.get("/notices/").text


def test_run_that_was_answered_meanwhile_pops_up_no_more_but_stays_in_the_list(
    client: FlaskClient, night: Night
) -> None:
    run = night.stop(deactivated=2, known=3)
    refuse_run(night.session, run.id, actor=actor_of(night.session, night.administrator))
    (delivery_id,) = night.deliveries()
    sign_in(client, night.administrator)
    assert client.post(f"/notices/{delivery_id}/claim").status_code == 204
    page = client.get("/notices/").text
    assert "The directory sync waits no more" in page
    assert "waits for you" not in page


def test_missed_runs_and_tickets_come_as_one_summary(client: FlaskClient, night: Night) -> None:
    for number in range(5):
        night.fail(f"Problem {number}.")
    upto = night.deliveries()[2]
    sign_in(client, night.administrator)
    assert "and 3 more" in client.post("/notices/rest", data={"upto": upto}).text
    assert missed(client)["ids"] == sorted(night.deliveries()[3:], reverse=True)


def test_list_costs_the_same_for_few_and_for_many(client: FlaskClient, night: Night) -> None:
    sign_in(client, night.administrator)
    costs = []
    for wanted in (2, 30):
        while len(night.deliveries()) < wanted:
            night.stop(deactivated=2, known=3)
        with count_queries() as sent:
            client.get("/notices/")
        costs.append(len(sent))
        assert len(sent) <= 10, sent
    assert costs[0] == costs[1]


def plans(session: Session, ask: Callable[[], object]) -> list[str]:
    """How the database finds the deliveries that ``ask`` reads; it avoids full scans if it can at all."""
    sent: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        if statement.startswith("SELECT") and "FROM delivery" in statement:
            sent.append((statement, parameters))

    event.listen(Engine, "before_cursor_execute", note)
    try:
        ask()
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    explain = "EXPLAIN QUERY PLAN"
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SET LOCAL enable_seqscan = off"))
        explain = "EXPLAIN"
    connection = session.connection()
    rows = [connection.exec_driver_sql(f"{explain} {query}", values).all() for query, values in sent]
    return ["\n".join(str(row[-1]) for row in plan) for plan in rows]


@pytest.mark.parametrize("who", ["administrator", "coordinator"])
@pytest.mark.parametrize("ask", [list_notices, missed_ids, count_unread])
def test_news_are_found_through_indexes(
    session: Session, night: Night, who: str, ask: Callable[..., object]
) -> None:
    actor = actor_of(session, getattr(night, who))
    (plan,) = plans(session, lambda: ask(session, actor=actor))
    assert "ix_delivery_user" in plan
    for table in ("delivery", "outbox_event", "journal_entry", "ticket"):
        assert f"Seq Scan on {table}" not in plan, plan
        assert f"SCAN {table}\n" not in f"{plan}\n", plan
