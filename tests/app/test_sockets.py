"""Sockets over a real server, Redis and worker: who hears what, and who hears nothing any more."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from http.client import HTTPConnection
from typing import Any

import pytest

from app.events import unit_of_work
from app.extensions import db
from app.notify import popup, presence
from app.policy import access_ticket
from app.security.signals import signed_out
from app.services.tickets import transfer_ticket
from models import Membership, Staff
from tests.support.factories import actor_of, make_client, make_department, make_user
from tests.support.live import LiveServer
from tests.support.office import Office
from tests.support.wire import Wire, open_wire, wait_for_worker, wait_until

QUIET = 0.4  # seconds in which a frame that must not come would have come many times over


@pytest.fixture
def office(live_server: LiveServer) -> Iterator[Office]:
    """New people for each test on the module's server."""
    with live_server.app.app_context():
        wait_for_worker()
        session = db.session()
        department, desk = make_department(session), make_department(session)
        office = Office(
            live=live_server,
            session=session,
            author=make_user(session, employee_of=[desk]),
            boss=make_user(session, coordinator_of=[department]),
            worker=make_user(session, employee_of=[department]),
            colleague=make_user(session, employee_of=[department]),
            stranger=make_user(session, employee_of=[desk]),
            department_id=department.id,
            client_id=make_client(session).id,
        )
        session.commit()
        yield office
        db.session.remove()


@pytest.fixture
def connect(live_server: LiveServer) -> Iterator[Callable[[Staff | None], Wire]]:
    """Opens pages and closes them behind the test."""
    opened: list[Wire] = []

    def connect_as(user: Staff | None) -> Wire:
        opened.append(open_wire(live_server, user))
        return opened[-1]

    yield connect_as
    for wire in opened:
        wire.close()


Connect = Callable[[Staff | None], Wire]


def test_nobody_connects_without_signing_in(connect: Connect) -> None:
    assert connect(None).state == "refused"


@pytest.mark.parametrize(("origin", "status"), [("http://evil.example", 400), ("", 101)])
def test_m14_page_of_another_site_cannot_connect(office: Office, origin: str, status: int) -> None:
    cookie: Any = office.live.cookie(office.worker)
    headers = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Key": "MDEyMzQ1Njc4OWFiY2RlZg==",
        "Sec-WebSocket-Version": "13",
        "Cookie": f"{cookie['name']}={cookie['value']}",
        "Origin": origin or office.live.url,
        # no proxy is trusted here, so nobody's word counts
        "X-Forwarded-Host": origin.removeprefix("http://"),
    }
    with closing(HTTPConnection(office.live.url.removeprefix("http://"), timeout=5)) as connection:
        connection.request("GET", "/socket.io/?EIO=4&transport=websocket", headers=headers)
        answer = connection.getresponse()
        assert answer.status == status
        answer.close()


def test_disabled_person_cannot_connect(office: Office, connect: Connect) -> None:
    office.worker.active = False
    office.session.commit()
    assert connect(office.worker).state == "refused"


def test_only_those_who_see_the_ticket_hear_of_it(office: Office, connect: Connect) -> None:
    author, boss = connect(office.author), connect(office.boss)
    worker, colleague, stranger = (
        connect(person) for person in (office.worker, office.colleague, office.stranger)
    )
    ticket_id = office.write(to=office.worker)
    for wire in (author, boss, worker):
        (changed,) = wire.wait_for("changed")
        assert changed == {
            "ticket_id": ticket_id,
            "kind": "ticket.created",
            "version": 1,
            "activity": 1,
            "actor_id": office.author.id,
        }
    (notice,) = worker.wait_for("notice")
    assert set(notice) == {"id", "ticket_id", "kind"}
    time.sleep(QUIET)
    assert author.named("notice") == []
    for wire in (colleague, stranger):
        assert [frame for frame in wire.frames if frame.name != "presence"] == []


def test_frames_carry_no_text_of_the_ticket(office: Office, connect: Connect) -> None:
    worker = connect(office.worker)
    ticket_id = office.write(to=office.worker, subject="canary-subject")
    office.comment(ticket_id, by=office.author)
    worker.wait_for("notice", count=2)
    assert "canary" not in json.dumps([frame.data for frame in worker.frames])


def test_those_who_lose_the_ticket_hear_that_it_changed_and_nothing_later(
    office: Office, connect: Connect
) -> None:
    worker, colleague = connect(office.worker), connect(office.colleague)
    ticket_id = office.write()
    for wire in (worker, colleague):
        wire.wait_for("notice")
        wire.frames.clear()
    actor = actor_of(office.session, office.boss)
    with unit_of_work(office.session):
        ticket = access_ticket(office.session, ticket_id, actor=actor)
        place = {"department_id": office.department_id, "assignee_id": office.worker.id}
        transfer_ticket(office.session, ticket, actor=actor, **place)
    worker.wait_for("changed")
    colleague.wait_for("changed")
    assert colleague.named("notice") == []
    office.comment(ticket_id, by=office.boss)
    worker.wait_for("changed", count=2)
    time.sleep(QUIET)
    assert len(colleague.named("changed")) == 1


def test_page_that_ignores_the_call_to_reconnect_is_cut_off(office: Office, connect: Connect) -> None:
    worker = connect(office.worker)
    popup.reconnect(office.worker.id)
    worker.wait_for("reconnect")
    wait_until(lambda: worker.state == "closed", "the end of the connection")
    office.write(to=office.worker)
    time.sleep(QUIET)
    assert worker.named("changed") == []


def test_m13_signing_out_over_http_ends_live_news_of_all_pages(office: Office, connect: Connect) -> None:
    first, second, other = connect(office.worker), connect(office.worker), connect(office.colleague)
    with office.live.app.test_request_context("/logout/", method="POST"):
        signed_out.send(None, user=db.session.get_one(Staff, office.worker.id))
    wait_until(lambda: first.state == second.state == "closed", "the end of both connections")
    assert other.state == "connected"


def test_m13_disabled_person_with_an_open_page_hears_nothing(office: Office, connect: Connect) -> None:
    worker, boss = connect(office.worker), connect(office.boss)
    office.worker.active = False
    office.session.commit()
    office.write()
    boss.wait_for("changed")
    time.sleep(QUIET)
    assert worker.named("changed") == []
    worker.emit("alive")
    wait_until(lambda: worker.state == "closed", "the end of the connection")


def test_person_taken_out_of_the_department_hears_nothing(office: Office, connect: Connect) -> None:
    worker, boss = connect(office.worker), connect(office.boss)
    office.session.query(Membership).filter(Membership.user_id == office.worker.id).delete()
    office.session.commit()
    office.write()
    boss.wait_for("changed")
    time.sleep(QUIET)
    assert worker.named("changed") == worker.named("notice") == []


def test_watchers_see_each_other_and_strangers_are_not_there(office: Office, connect: Connect) -> None:
    ticket_id = office.write(to=office.worker)
    author, worker, colleague = connect(office.author), connect(office.worker), connect(office.colleague)
    author.emit("watch", {"ticket_id": ticket_id})
    author.wait_for("watchers")
    colleague.emit("watch", {"ticket_id": ticket_id})
    worker.emit("watch", {"ticket_id": ticket_id})
    people = author.wait_for("watchers", count=2)[-1]["people"]
    assert {person["id"] for person in people} == {office.author.id, office.worker.id}
    time.sleep(QUIET)
    assert colleague.named("watchers") == []


def test_closing_one_tab_hides_nobody_who_has_another(office: Office, connect: Connect) -> None:
    ticket_id = office.write(to=office.worker)
    author, first, second = connect(office.author), connect(office.worker), connect(office.worker)
    # one after the other: who does not look yet hears nothing of the others' coming
    for number, wire in enumerate((author, first, second), 1):
        wire.emit("watch", {"ticket_id": ticket_id})
        author.wait_for("watchers", count=number)
    first.close()
    people = author.wait_for("watchers", count=4)[-1]["people"]
    assert office.worker.id in {person["id"] for person in people}
    assert presence.online([office.worker.id]) == {office.worker.id}
    second.close()
    people = author.wait_for("watchers", count=5)[-1]["people"]
    assert {person["id"] for person in people} == {office.author.id}


def test_others_see_a_person_come_and_go_but_not_change_pages(office: Office, connect: Connect) -> None:
    author = connect(office.author)
    first = connect(office.worker)
    came = {"user_id": office.worker.id, "status": "yes"}
    wait_until(lambda: came in author.named("presence"), "the coming")
    first.close()
    second = connect(office.worker)  # the next page of the same tab
    time.sleep(presence.GRACE_SECONDS + 1)
    mine = [frame for frame in author.named("presence") if frame["user_id"] == office.worker.id]
    assert mine == [came]
    second.close()
    gone = {"user_id": office.worker.id, "status": "no"}
    wait_until(lambda: gone in author.named("presence"), "the going", presence.GRACE_SECONDS + 3)
    assert presence.online([office.worker.id]) == set()


def test_typing_is_told_seldom_and_only_by_those_who_look(office: Office, connect: Connect) -> None:
    ticket_id = office.write(to=office.worker)
    author, worker = connect(office.author), connect(office.worker)
    worker.emit("typing", {"ticket_id": ticket_id})  # he does not look at it yet: dropped
    author.emit("watch", {"ticket_id": ticket_id})
    worker.emit("watch", {"ticket_id": ticket_id})
    author.wait_for("watchers", count=2)
    for _key in range(15):
        worker.emit("typing", {"ticket_id": ticket_id, "on": True})
    told = author.wait_for("watchers", count=3)[-1]["people"]
    assert {person["id"] for person in told if person["typing"]} == {office.worker.id}
    time.sleep(QUIET)
    assert len(author.named("watchers")) == 3
    worker.emit("typing", {"ticket_id": ticket_id, "on": False})
    told = author.wait_for("watchers", count=4)[-1]["people"]
    assert not any(person["typing"] for person in told)


NONSENSE: list[object] = [
    None, "x", 7, [], {}, {"ticket_id": None}, {"ticket_id": "1"}, {"ticket_id": -1}, {"ticket_id": 2**40},
    {"ticket_id": 1.5}, {"ticket_id": True}, {"ticket_id": {"a": 1}}, {"ticket_id": 999999},
]  # fmt: skip


def test_nonsense_frames_change_nothing_and_break_nothing(office: Office, connect: Connect) -> None:
    worker = connect(office.worker)
    for name in ("watch", "typing"):
        for data in NONSENSE:
            worker.emit(name, data)
    worker.emit("watch", 1, 2, 3)
    worker.emit("alive", {"a": 1})
    worker.emit("no such event", {"a": 1})
    worker.emit("changed", {"ticket_id": 1})
    office.write(to=office.worker)
    worker.wait_for("notice")
    assert worker.state == "connected"
    assert worker.named("watchers") == []


def test_flood_of_frames_is_dropped(office: Office, connect: Connect) -> None:
    ticket_id = office.write(to=office.worker)
    worker = connect(office.worker)
    for _turn in range(200):
        worker.emit("watch", {"ticket_id": ticket_id})
    worker.wait_for("watchers")
    office.write(to=office.worker)
    worker.wait_for("notice")
    assert len(worker.named("watchers")) <= 30


def test_popup_comes_once_for_each_of_ten_tickets(office: Office, connect: Connect) -> None:
    worker = connect(office.worker)
    for number in range(1, 11):
        office.write(to=office.worker)
        worker.wait_for("notice", count=number)
    assert len(worker.named("notice")) == 10
