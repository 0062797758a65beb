"""Why and who on screen."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.policy import viewers
from models import Department, Sight, Staff, Ticket
from tests.support.cast import Cast, canaries, make_cast
from tests.support.factories import make_membership, make_role
from tests.support.signing import sign_in


@pytest.fixture
def cast(session: Session) -> Cast:
    """The firm of tests.support.cast."""
    return make_cast(session)


def enter(client: FlaskClient, session: Session, cast: Cast, who: str) -> FlaskClient:
    """Sign one of the firm in."""
    return sign_in(client, session.get_one(Staff, cast.people[who]))


def why(client: FlaskClient, cast: Cast, who: str, ticket: str) -> tuple[int, str]:
    """Status and page of one question."""
    answer = client.get(f"/access/why?user={cast.people[who]}&ticket={cast.tickets[ticket]}")
    return answer.status_code, answer.text


def test_administrator_reads_the_reasons(client: FlaskClient, session: Session, cast: Cast) -> None:
    boss = enter(client, session, cast, "administrator")
    status, html = why(boss, cast, "worker_a", "a_named")
    assert status == 200
    assert 'data-hd-verdict="sees"' in html
    assert re.findall(r'data-hd-rule="(\w+)" data-on="yes"', html) == ["assignee"]
    assert "take" in re.findall(r'data-hd-verb="(\w+)" data-on="yes"', html)
    status, html = why(boss, cast, "worker_a", "a_both")
    assert 'data-hd-verdict="hidden"' in html
    assert re.findall(r'data-hd-(?:rule|verb)="\w+" data-on="yes"', html) == []
    assert "disabled" in why(boss, cast, "disabled", "a_free")[1]


def test_coordinator_asks_where_he_coordinates_and_nowhere_else(
    client: FlaskClient, session: Session, cast: Cast
) -> None:
    head = enter(client, session, cast, "boss_b_worker_a")
    assert why(head, cast, "both", "b_named")[0] == 200
    status, html = why(head, cast, "worker_a", "a_free")
    assert (status, "data-hd-verdict" in html) == (403, False)
    hidden, missing = why(head, cast, "worker_a", "a_named"), head.get("/access/why?user=1&ticket=987654")
    assert (hidden[0], missing.status_code) == (404, 404)
    assert canaries(hidden[1]) == set()


def test_employee_asks_nothing(client: FlaskClient, session: Session, cast: Cast) -> None:
    worker = enter(client, session, cast, "worker_a")
    assert why(worker, cast, "worker_a", "a_free")[0] == 403
    assert "/access/why" not in worker.get(f"/tickets/{cast.tickets['a_free']}").text


def test_coordinator_comes_from_the_ticket(client: FlaskClient, session: Session, cast: Cast) -> None:
    number = cast.tickets["a_free"]
    head = enter(client, session, cast, "boss_a")
    assert f"/access/why?ticket={number}" in head.get(f"/tickets/{number}").text
    assert f'value="{number}"' in head.get(f"/access/why?ticket={number}").text


def test_author_reads_by_name_who_will_see_his_ticket(
    client: FlaskClient, session: Session, cast: Cast
) -> None:
    writer = enter(client, session, cast, "both")
    answer = writer.get(
        f"/access/who?department_id={cast.departments['a']}&assignee_id={cast.people['worker_a']}"
    )
    shown = {int(number) for number in re.findall(r'data-hd-viewer="(\d+)"', answer.text)}
    assert cast.who(shown) == {"administrator", "boss_a", "worker_a", "both"}
    assert answer.text.count("bi-bell") == 2


def test_transfer_counts_with_the_author_of_the_ticket(
    client: FlaskClient, session: Session, cast: Cast
) -> None:
    head = enter(client, session, cast, "boss_a")
    number = cast.tickets["a_own"]
    answer = head.get(f"/access/who?department_id={cast.departments['b']}&ticket={number}")
    shown = {int(one) for one in re.findall(r'data-hd-viewer="(\d+)"', answer.text)}
    assert shown == viewers(session, session.get_one(Ticket, cast.tickets["b_by_worker_a"]))
    assert head.get(f"/access/who?department_id=1&ticket={cast.tickets['b_free']}").status_code == 404


def test_own_role_that_only_looks_on_is_named_and_not_told(
    client: FlaskClient, session: Session, cast: Cast
) -> None:
    role = make_role(session, sight=Sight.DEPARTMENT)
    watcher = session.get_one(Staff, cast.people["stranger"])
    make_membership(session, watcher, session.get_one(Department, cast.departments["a"]), role.key)
    writer = enter(client, session, cast, "both")
    sent_to = f"department_id={cast.departments['a']}&assignee_id={cast.people['worker_a']}"
    for more in ("", f"&ticket={cast.tickets['b_free']}"):
        html = writer.get(f"/access/who?{sent_to}{more}").text
        lines = re.findall(r'<li data-hd-viewer="(\d+)">(.*?)</li>', html)
        told = {int(number): "bi-bell" in line for number, line in lines}
        assert told[watcher.id] is False
        assert told[cast.people["worker_a"]] is True


def test_writer_of_a_comment_reads_who_will_read_it(
    client: FlaskClient, session: Session, cast: Cast
) -> None:
    number = cast.tickets["a_named"]
    head = enter(client, session, cast, "boss_a")
    (address,) = re.findall(r'hx-get="(/access/who[^"]*)"', head.get(f"/tickets/{number}").text)
    html = head.get(address.replace("&amp;", "&")).text
    shown = {int(one) for one in re.findall(r'data-hd-viewer="(\d+)"', html)}
    assert shown == viewers(session, session.get_one(Ticket, number))
    assert "will read it" in html
    hidden = cast.tickets["b_named"]
    assert head.get(f"/access/who?ticket={hidden}&comment=1").status_code == 404


def test_who_needs_a_place_and_the_right_to_write(client: FlaskClient, session: Session, cast: Cast) -> None:
    writer = enter(client, session, cast, "both")
    assert "Choose a department or a person." in writer.get("/access/who").text
    outsider = enter(client, session, cast, "stranger")
    assert outsider.get(f"/access/who?department_id={cast.departments['a']}").status_code == 403
