"""News for me: shown once, to the right person, while he still may see the ticket."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.notify.fanout import fan_out
from app.policy import Verb
from app.services.tickets import TicketDraft, create_ticket, move_ticket, transfer_ticket
from models import Delivery, Department, OutboxEvent, Staff, Ticket
from tests.support.factories import actor_of, make_client, make_department, make_user
from tests.support.queries import count_queries
from tests.support.signing import sign_in


def missed(client: FlaskClient) -> dict[str, Any]:
    """What a page that connects is told."""
    answer: Any = client.get("/notices/missed").json
    return dict(answer)


class Scene:
    """An author writes to an addressee of a department; a colleague and a stranger stand by."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.department = make_department(session)
        self.author = make_user(session, "author", employee_of=[make_department(session)])
        self.addressee = make_user(session, "addressee", employee_of=[self.department])
        self.colleague = make_user(session, "colleague", employee_of=[self.department])
        self.client = make_client(session, full_name="Ткаченко Олена Василівна")

    def write(
        self, *, to: Staff | None = None, subject: str = "No network", by: Staff | None = None
    ) -> Ticket:
        """A ticket of the author, and its news told."""
        draft = TicketDraft(
            client_id=self.client.id,
            department_id=self.department.id,
            assignee_id=to.id if to else None,
            subject=subject,
        )
        ticket = create_ticket(self.session, draft, actor=actor_of(self.session, by or self.author))
        self.tell()
        return ticket

    def tell(self) -> None:
        """Do what the worker does."""
        self.session.commit()
        waiting = select(OutboxEvent.id).where(OutboxEvent.fanned_out_at.is_(None)).order_by(OutboxEvent.id)
        for event_id in self.session.scalars(waiting).all():
            assert fan_out(self.session, event_id)

    def deliveries(self, person: Staff) -> list[int]:
        """Ids of what the person was told, oldest first."""
        query = select(Delivery.id).where(Delivery.user_id == person.id).order_by(Delivery.id)
        return list(self.session.scalars(query))


@pytest.fixture
def scene(session: Session) -> Scene:
    """People and a client."""
    return Scene(session)


def test_addressee_claims_a_notice_and_sees_its_toast(client: FlaskClient, scene: Scene) -> None:
    ticket = scene.write(to=scene.addressee)
    (delivery_id,) = scene.deliveries(scene.addressee)
    answer = sign_in(client, scene.addressee).post(f"/notices/{delivery_id}/claim")
    assert answer.status_code == 200
    for part in (
        "New ticket for you",
        str(ticket.id),
        "No network",
        "Ткаченко О. В.",
        "Author T.",
        "/move/take",
    ):
        assert part in answer.text
    assert answer.headers["HD-Unread"] == "1"


def test_second_claim_of_a_notice_shows_nothing(client: FlaskClient, scene: Scene) -> None:
    scene.write(to=scene.addressee)
    (delivery_id,) = scene.deliveries(scene.addressee)
    sign_in(client, scene.addressee)
    answers = [client.post(f"/notices/{delivery_id}/claim") for _turn in range(3)]
    assert [answer.status_code for answer in answers] == [200, 204, 204]
    assert client.get("/notices/missed").json == {"ids": [], "unread": 1, "changed": True}


def test_colleague_cannot_claim_what_was_told_to_another(client: FlaskClient, scene: Scene) -> None:
    scene.write(to=scene.addressee)
    (delivery_id,) = scene.deliveries(scene.addressee)
    sign_in(client, scene.colleague)
    assert client.post(f"/notices/{delivery_id}/claim").status_code == 204
    assert "No network" not in client.get("/notices/").text
    sign_in(client, scene.addressee)
    assert client.post(f"/notices/{delivery_id}/claim").status_code == 200


def test_claim_of_a_ticket_sent_on_meanwhile_shows_nothing_and_is_over(
    client: FlaskClient, scene: Scene
) -> None:
    ticket = scene.write(to=scene.addressee)
    (delivery_id,) = scene.deliveries(scene.addressee)
    other = make_department(scene.session)
    transfer_ticket(
        scene.session, ticket, actor=actor_of(scene.session, scene.author), department_id=other.id
    )
    scene.tell()
    sign_in(client, scene.addressee)
    assert missed(client)["ids"] == []
    assert client.post(f"/notices/{delivery_id}/claim").status_code == 204
    assert scene.session.get_one(Delivery, delivery_id).sent_at is not None
    assert "No network" not in client.get("/notices/").text


@pytest.mark.parametrize("number", ["0", "999999", "99999999999999999999"])
def test_claim_of_a_number_nobody_has_shows_nothing(client: FlaskClient, scene: Scene, number: str) -> None:
    answer = sign_in(client, scene.addressee).post(f"/notices/{number}/claim")
    assert answer.status_code in (204, 404)


def test_claim_by_get_is_refused(client: FlaskClient, scene: Scene) -> None:
    assert sign_in(client, scene.addressee).get("/notices/1/claim").status_code == 405


def test_nobody_claims_without_signing_in(client: FlaskClient, scene: Scene) -> None:
    assert client.post("/notices/1/claim").status_code == 401
    assert client.get("/notices/missed").status_code == 302


def test_missed_news_beyond_the_newest_come_as_one_summary_once(client: FlaskClient, scene: Scene) -> None:
    for number in range(14):
        scene.write(to=scene.addressee, subject=f"Subject {number}")
    sign_in(client, scene.addressee)
    ids = missed(client)["ids"]
    assert ids == sorted(scene.deliveries(scene.addressee), reverse=True)
    assert [client.post(f"/notices/{number}/claim").status_code for number in ids[:2]] == [200, 200]
    summary = client.post("/notices/rest", data={"upto": ids[2]})
    assert "and 12 more" in summary.text
    assert 'href="/notices/"' in summary.text
    assert client.post("/notices/rest", data={"upto": ids[2]}).status_code == 204
    assert missed(client)["ids"] == []


@pytest.mark.parametrize("upto", ["", "x", "-1", "1e9", "99999999999999999999"])
def test_summary_of_nonsense_shows_nothing(client: FlaskClient, scene: Scene, upto: str) -> None:
    scene.write(to=scene.addressee)
    sign_in(client, scene.addressee)
    assert client.post("/notices/rest", data={"upto": upto}).status_code == 204
    assert len(missed(client)["ids"]) == 1


def test_list_shows_news_newest_first_and_pages_by_key(client: FlaskClient, scene: Scene) -> None:
    for number in range(30):
        scene.write(to=scene.addressee, subject=f"Subject-{number:02}-end")
    first = sign_in(client, scene.addressee).get("/notices/").text
    assert first.index("Subject-29-end") < first.index("Subject-28-end")
    assert "Subject-04-end" not in first
    cursor = scene.deliveries(scene.addressee)[5]
    assert f'href="/notices/?before={cursor}" rel="next"' in first
    second = client.get(f"/notices/?before={cursor}").text
    assert "Subject-04-end" in second
    assert "Subject-05-end" not in second
    assert 'rel="next"' not in second


@pytest.mark.parametrize("before", ["x", "-5", "99999999999999999999", "0"])
def test_list_with_a_broken_cursor_is_the_first_page(client: FlaskClient, scene: Scene, before: str) -> None:
    scene.write(to=scene.addressee)
    assert "No network" in sign_in(client, scene.addressee).get(f"/notices/?before={before}").text


def test_opening_the_ticket_makes_its_news_read(client: FlaskClient, scene: Scene) -> None:
    ticket = scene.write(to=scene.addressee)
    sign_in(client, scene.addressee)
    assert "is-unread" in client.get("/notices/").text
    assert client.get(f"/tickets/{ticket.id}").status_code == 200
    assert "is-unread" not in client.get("/notices/").text
    assert missed(client)["unread"] == 0


def test_empty_list_says_what_comes_here(client: FlaskClient, scene: Scene) -> None:
    assert "No news" in sign_in(client, scene.colleague).get("/notices/").text


def test_list_costs_the_same_for_few_and_for_many(client: FlaskClient, scene: Scene) -> None:
    sign_in(client, scene.addressee)
    costs = []
    for wanted in (2, 30):
        while len(scene.deliveries(scene.addressee)) < wanted:
            scene.write(to=scene.addressee)
        with count_queries() as sent:
            client.get("/notices/")
        costs.append(len(sent))
        assert len(sent) <= 10, sent
    assert costs[0] == costs[1]


WORDS = [
    (Verb.TAKE, "took it"),
    (Verb.COMPLETE, "completed it"),
]


@pytest.mark.parametrize(("verb", "words"), WORDS)
def test_author_reads_who_did_what(client: FlaskClient, scene: Scene, verb: Verb, words: str) -> None:
    ticket = scene.write(to=scene.addressee)
    move_ticket(scene.session, ticket, verb, actor=actor_of(scene.session, scene.addressee))
    scene.tell()
    last = scene.deliveries(scene.author)[-1]
    answer = sign_in(client, scene.author).post(f"/notices/{last}/claim")
    assert f"Addressee Tester {words}" in answer.text


def test_toast_of_a_ticket_sent_on_to_me_says_so(client: FlaskClient, scene: Scene) -> None:
    ticket = scene.write(to=scene.addressee)
    transfer_ticket(
        scene.session,
        ticket,
        actor=actor_of(scene.session, scene.addressee),
        department_id=scene.department.id,
        assignee_id=scene.colleague.id,
    )
    scene.tell()
    (delivery_id,) = scene.deliveries(scene.colleague)
    answer = sign_in(client, scene.colleague).post(f"/notices/{delivery_id}/claim")
    assert "Transferred to you" in answer.text


def test_a_department_is_told_of_its_ticket_but_not_its_writer(client: FlaskClient, scene: Scene) -> None:
    department: Department = scene.department
    scene.write(by=scene.addressee)
    assert scene.deliveries(scene.addressee) == []
    (delivery_id,) = scene.deliveries(scene.colleague)
    answer = sign_in(client, scene.colleague).post(f"/notices/{delivery_id}/claim")
    assert "New ticket for your department" in answer.text
    assert department.id
