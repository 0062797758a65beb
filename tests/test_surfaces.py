"""Every kind of person × every surface that shows tickets: exactly those of the table, on both databases."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.events import Kind, record
from app.notify import fanout, popup
from app.policy import Actor, load_actor
from app.services.boxes import Box, count_boxes
from models import Delivery, OutboxEvent, Staff
from tests.support.cast import (
    ACTIVE,
    ALL,
    PEOPLE,
    VISIBLE,
    Cast,
    canaries,
    expected_box,
    make_cast,
)
from tests.support.signing import sign_in


@pytest.fixture
def cast(session: Session) -> Cast:
    """The firm of tests.support.cast."""
    return make_cast(session)


class Visitor:
    """One person with a browser."""

    def __init__(self, client: FlaskClient, session: Session, cast: Cast, who: str) -> None:
        self.client = sign_in(client, session.get_one(Staff, cast.people[who]))
        self.cast, self.who = cast, who

    def shown(self, path: str) -> set[str]:
        """The tickets whose text stands on a page."""
        answer = self.client.get(path)
        assert answer.status_code == 200, (self.who, path, answer.status_code)
        return canaries(answer.get_data(as_text=True))

    def opened(self, pattern: str) -> set[str]:
        """The tickets whose own address answers, with their text and no other's; the rest is not there."""
        found = set()
        for name, number in self.cast.tickets.items():
            answer = self.client.get(pattern.format(number))
            text = answer.get_data(as_text=True)
            if answer.status_code == 200:
                assert name in canaries(text)
                assert canaries(text) <= VISIBLE[self.who]
                found.add(name)
            else:
                assert (answer.status_code, canaries(text)) == (404, set())
        return found


@pytest.mark.parametrize("box", list(Box))
def test_boxes_show_everyone_exactly_his_tickets(
    client: FlaskClient, session: Session, cast: Cast, box: Box
) -> None:
    shown = {who: Visitor(client, session, cast, who).shown(f"/tickets/{box}?per=100") for who in ACTIVE}
    assert shown == {who: expected_box(box, who) for who in ACTIVE}


def test_counters_count_everyone_exactly_his_tickets(session: Session, cast: Cast) -> None:
    found, wanted = {}, {}
    for who in ACTIVE:
        counters = count_boxes(session, actor=load_actor(session, cast.people[who]))
        found[who] = (counters.all, counters.outbox, counters.unread)
        inbox = len(expected_box("inbox", who))
        wanted[who] = (inbox, len(expected_box("outbox", who)), inbox)
    assert found == wanted


@pytest.mark.parametrize("pattern", ["/tickets/{}", "/tickets/{}/print", "/api/v1/ticket/{}"])
def test_ticket_opens_for_exactly_those_who_see_it(
    client: FlaskClient, session: Session, cast: Cast, pattern: str
) -> None:
    opened = {who: Visitor(client, session, cast, who).opened(pattern) for who in ACTIVE}
    assert opened == {who: VISIBLE[who] for who in ACTIVE}


@pytest.mark.parametrize(
    "path", ["/api/v1/ticket/?q=(page_size:100)", "/tickets/search?q=Printer", "/tickets/search?q=canary"]
)
def test_lists_and_search_find_everyone_exactly_his_tickets(
    client: FlaskClient, session: Session, cast: Cast, path: str
) -> None:
    shown = {who: Visitor(client, session, cast, who).shown(path) for who in ACTIVE}
    assert shown == {who: VISIBLE[who] for who in ACTIVE}


@pytest.mark.parametrize("path", ["/clients/{}", "/clients/{}/card"])
def test_clients_history_shows_nobody_more_than_he_sees(
    client: FlaskClient, session: Session, cast: Cast, path: str
) -> None:
    for who in ACTIVE:
        shown = Visitor(client, session, cast, who).shown(path.format(cast.client_id))
        assert shown <= VISIBLE[who]
        # the page and the card are short: at least five of what he sees stand there
        assert len(shown) >= min(5, len(VISIBLE[who])), (who, shown)


def test_home_shows_nobody_more_than_he_sees(client: FlaskClient, session: Session, cast: Cast) -> None:
    for number in cast.tickets.values():
        record(session, Kind.TICKET_EDITED, actor=None, ticket_id=number)
    session.commit()
    for who in ACTIVE:
        shown = Visitor(client, session, cast, who).shown("/")
        assert shown <= VISIBLE[who]
        assert len(shown) >= min(8, len(expected_box("inbox", who))), (who, shown)


def test_disabled_person_is_shown_nothing_at_all(client: FlaskClient, session: Session, cast: Cast) -> None:
    sign_in(client, session.get_one(Staff, cast.people["disabled"]))
    for path in ("/", "/tickets/inbox", f"/tickets/{cast.tickets['b_by_disabled']}", "/api/v1/ticket/"):
        answer = client.get(path)
        assert answer.status_code in {302, 401, 404}, path
        assert canaries(answer.get_data(as_text=True)) == set()


def test_open_pages_of_exactly_those_who_see_a_ticket_hear_of_it(
    session: Session, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: dict[int, set[int]] = {}
    noticed: dict[int, set[int]] = {}

    def tell_changed(user_ids: Any, change: popup.Change) -> None:
        told[change.ticket_id] = set(user_ids)

    def tell_notice(user_id: int, delivery_id: int, *, ticket_id: int, kind: str) -> None:
        noticed.setdefault(ticket_id, set()).add(user_id)

    monkeypatch.setattr(popup, "tell_changed", tell_changed)
    monkeypatch.setattr(popup, "tell_notice", tell_notice)
    boss = Actor(id=cast.people["boss_a"])
    for number in cast.tickets.values():
        record(session, Kind.TICKET_CREATED, actor=boss, ticket_id=number)
    session.commit()
    for event_id in session.scalars(select(OutboxEvent.id)).all():
        assert fanout.fan_out(session, event_id)
    column = {ticket: {who for who in PEOPLE if ticket in VISIBLE[who]} for ticket in ALL}
    heard = {ticket: cast.who(told[number]) for ticket, number in cast.tickets.items()}
    assert heard == column
    for ticket, number in cast.tickets.items():
        assert cast.who(noticed.get(number, set())) <= column[ticket] - {"boss_a"}
    assert {row.user_id for row in session.scalars(select(Delivery))} == set().union(*noticed.values())
