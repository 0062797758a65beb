"""The ledger of deliveries: filters, pages, and sending again what was given up."""

from __future__ import annotations

import re
from datetime import timedelta
from unittest.mock import patch

import pytest
from flask.testing import FlaskClient
from sqlalchemy import insert, select, text
from sqlalchemy.orm import Session

from app.events import Kind
from app.services import ledger
from models import Delivery, DeliveryStatus, JournalEntry, Staff, Ticket, utcnow
from models.journal import new_delivery_key
from tests.support.channels import recording_channel
from tests.support.factories import make_department, make_ticket, make_user
from tests.support.ledger import make_dead, make_delivery, make_event, make_sent
from tests.support.queries import count_queries
from tests.support.signing import sign_in

PATH = "/notify/deliveries/"
MOST_QUERIES = 14


@pytest.fixture
def administrator(session: Session) -> Staff:
    """Who may see everything."""
    return make_user(session, "admin", administrator=True)


@pytest.fixture
def ticket(session: Session) -> Ticket:
    """Of whom it is told."""
    return make_ticket(session, author=make_user(session, "author"), department=make_department(session))


def shown(client: FlaskClient, query: str = "") -> list[int]:
    """The numbers of the deliveries on the page."""
    answer = client.get(PATH + query)
    assert answer.status_code == 200
    return [int(number) for number in re.findall(r'id="delivery-(\d+)"', answer.text)]


def test_administrator_finds_by_everything(
    client: FlaskClient, session: Session, administrator: Staff, ticket: Ticket
) -> None:
    anna, boris = make_user(session, "anna"), make_user(session, "boris")
    created, commented = make_event(session, ticket, Kind.TICKET_CREATED), make_event(session, ticket)
    elsewhere = make_ticket(session, author=ticket.author, department=ticket.department)
    first = make_sent(session, created, anna, parts=2, channel="sms")
    dead = make_dead(session, created, boris)
    waiting = make_delivery(session, commented, anna)
    unshown = make_delivery(session, commented, boris, "popup")
    own = make_sent(session, commented, anna, "own:3")
    old = make_sent(session, make_event(session, elsewhere), boris)
    old.created_at = utcnow() - timedelta(days=9)
    sign_in(client, administrator)
    week_ago = (utcnow() - timedelta(days=7)).date()
    everything = [one.id for one in (old, own, unshown, waiting, dead, first)]
    assert shown(client) == everything
    assert shown(client, "?since=tomorrow&channel=pigeon&user=x&kind=y&ticket=z&before=q") == everything
    for query, wanted in {
        "?status=dead": [dead],
        "?status=waiting": [waiting],
        "?status=waiting&channel=popup": [unshown],
        "?status=sent": [old, own, first],
        "?channel=sms": [first],
        "?channel=own": [own],
        f"?user={anna.id}": [own, waiting, first],
        f"?user={anna.id}&kind=ticket.created": [first],
        "?kind=ticket.created": [dead, first],
        f"?ticket={elsewhere.id}": [old],
        f"?ticket=%23{elsewhere.id}": [old],
        f"?since={week_ago}": [own, unshown, waiting, dead, first],
        f"?until={week_ago}": [old],
        "?since=tomorrow&channel=pigeon&user=x&kind=y&ticket=z&before=q": [
            old,
            own,
            unshown,
            waiting,
            dead,
            first,
        ],
        "?ticket=999999": [],
    }.items():
        assert shown(client, query) == [one.id for one in wanted], query


@pytest.mark.parametrize("who", ["employee", "coordinator"])
def test_nobody_else_opens_it(client: FlaskClient, session: Session, ticket: Ticket, who: str) -> None:
    place = {f"{who}_of": [ticket.department]}
    sign_in(client, make_user(session, **place))  # type: ignore[arg-type]  # one of two keywords
    dead = make_dead(session, make_event(session, ticket), ticket.author)
    assert client.get(PATH).status_code == 403
    assert client.post(f"{PATH}again", data={"ids": [dead.id]}).status_code == 403
    assert session.get_one(Delivery, dead.id).status == DeliveryStatus.DEAD


def test_wrong_verb_is_refused(client: FlaskClient, administrator: Staff) -> None:
    sign_in(client, administrator)
    assert client.post(PATH).status_code == 405
    assert client.get(f"{PATH}again").status_code == 405


def test_chosen_ones_are_sent_again(
    client: FlaskClient, session: Session, administrator: Staff, ticket: Ticket
) -> None:
    with recording_channel(session, "email"):
        dead = [make_dead(session, make_event(session, ticket), ticket.author) for _turn in range(3)]
        sent = make_sent(session, make_event(session, ticket), ticket.author)
        chosen = [dead[0].id, dead[2].id, sent.id, 999_999]
        data = {"ids": [*chosen, "x"], "status": "dead"}
        answer = sign_in(client, administrator).post(f"{PATH}again", data=data)
    assert (answer.status_code, answer.location) == (303, f"{PATH}?status=dead")
    states = [session.get_one(Delivery, one.id).status for one in (*dead, sent)]
    assert states == ["waiting", "dead", "waiting", "sent"]
    assert session.get_one(Delivery, dead[0].id).queued_until is not None
    entry = session.scalars(select(JournalEntry).where(JournalEntry.kind == Kind.DELIVERY_SENT_AGAIN)).one()
    assert entry.new["deliveries"] == [dead[0].id, dead[2].id]
    assert "2 messages are tried once more" in client.get(PATH).text


def test_all_of_a_filter_are_sent_again_but_what_died_since(
    client: FlaskClient, session: Session, administrator: Staff, ticket: Ticket
) -> None:
    anna = make_user(session, "anna")
    mine = [make_dead(session, make_event(session, ticket), anna) for _turn in range(3)]
    other = make_dead(session, make_event(session, ticket), ticket.author)
    page = sign_in(client, administrator).get(f"{PATH}?status=dead&user={anna.id}").text
    assert "Send 3 messages again?" in page
    upto = re.findall(r'name="upto" value="(\d+)"', page)[0]
    late = make_dead(session, make_event(session, ticket), anna)
    data = {"all": "1", "upto": upto, "status": "dead", "user": str(anna.id)}
    client.post(f"{PATH}again", data=data)
    states = [session.get_one(Delivery, one.id).status for one in (*mine, other, late)]
    assert states == ["waiting"] * 3 + ["dead", "dead"]


def test_nothing_chosen_is_said(client: FlaskClient, administrator: Staff) -> None:
    sign_in(client, administrator).post(f"{PATH}again", data={"ids": ["7"]})
    assert "Nothing was chosen" in client.get(PATH).text


def make_many(session: Session, ticket: Ticket, number: int, **values: object) -> None:
    """So many deliveries in one statement."""
    events = [make_event(session, ticket).id for _turn in range(5)]
    people = [make_user(session).id for _turn in range(number // 5)]
    session.execute(
        insert(Delivery),
        [
            {
                "event_id": event,
                "user_id": person,
                "channel": "email",
                "status": "sent",
                "key": new_delivery_key(),
                **values,
            }
            for event in events
            for person in people
        ],
    )


@pytest.mark.parametrize("number", [10, 150])
@pytest.mark.parametrize(
    "query", ["", "?status=dead", "?channel=email&kind=ticket.commented", "?status=sent"]
)
def test_page_costs_the_same_however_much_there_is(
    client: FlaskClient, session: Session, administrator: Staff, ticket: Ticket, number: int, query: str
) -> None:
    make_many(session, ticket, number, status="dead" if "dead" in query else "sent")
    sign_in(client, administrator)
    with count_queries() as sent:
        page = client.get(PATH + query).text
    assert len(sent) <= MOST_QUERIES, str(sent)
    assert page.count('id="delivery-') == min(number, ledger.PAGE)


def test_pages_follow_each_other_without_gap(
    client: FlaskClient, session: Session, administrator: Staff, ticket: Ticket
) -> None:
    make_many(session, ticket, 120)
    sign_in(client, administrator)
    seen, address = [], "?channel=email"
    while address:
        seen += shown(client, address)
        found = re.search(
            r'href="/notify/deliveries/(\?[^"]*before=\d+[^"]*)" rel="next"', client.get(PATH + address).text
        )
        address = found.group(1).replace("&amp;", "&") if found else ""
    assert len(seen) == 120
    assert seen == sorted(set(seen), reverse=True)


def test_what_is_rare_is_looked_for_window_by_window(
    client: FlaskClient, session: Session, administrator: Staff, ticket: Ticket
) -> None:
    rare = make_sent(session, make_event(session, ticket), ticket.author, "sms")
    make_many(session, ticket, 60)
    sign_in(client, administrator)
    with patch.object(ledger, "WINDOW", 40):
        first = client.get(f"{PATH}?channel=sms").text
        assert "Nothing was found among the latest ones" in first
        address = re.findall(r'href="(/notify/deliveries/[^"]*)" rel="next"', first)[0].replace("&amp;", "&")
        assert f'id="delivery-{rare.id}"' in client.get(address).text


@pytest.mark.database("postgres", reason="its planner is asked")
def test_dead_ones_are_found_by_their_index(session: Session) -> None:
    session.execute(text("set local enable_seqscan = off"))
    plan = "\n".join(
        row[0]
        for row in session.execute(
            text("explain select id from delivery where status = 'dead' order by id desc limit 51")
        )
    )
    assert "ix_delivery_dead" in plan
