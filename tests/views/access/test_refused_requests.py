"""Requests for a first letter that got none, on the white list's screen."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.events import Kind, record
from app.services.refused_requests import PAGE
from models import JournalEntry, Staff, utcnow
from tests.support.factories import actor_of, make_department, make_user
from tests.support.queries import count_queries
from tests.support.signing import sign_in

HERE = "/access/white-list/"
BUDGET = 12  # statements of the whole screen


@pytest.fixture
def admin(client: FlaskClient, session: Session) -> Staff:
    """The administrator, signed in."""
    person = make_user(session, "boss", administrator=True)
    sign_in(client, person)
    return person


def refuse(
    session: Session,
    login: str,
    reason: str = "not_listed",
    *,
    days_ago: float = 0,
    actor: Staff | None = None,
) -> JournalEntry:
    """What a refused request leaves in the journal."""
    facts = {"login": login, "address": "10.1.2.3", "reason": reason}
    who = actor_of(session, actor) if actor else None
    entry = record(session, Kind.INVITATION_REFUSED, actor=who, subject="white list", new=facts)
    entry.at = utcnow() - timedelta(days=days_ago)
    session.flush()
    return entry


def logins(html: str) -> list[str]:
    """Who stands in the table of refused requests."""
    table = html.partition('id="refused"')[2]
    return re.findall(r"<tr><td>([^<]*)</td>", table)


def test_administrator_sees_who_asked_and_why_it_was_refused(
    client: FlaskClient, session: Session, admin: Staff
) -> None:
    refuse(session, "old", days_ago=31)
    refuse(session, "asked.again", actor=admin)
    refuse(session, "worker", "has_account", days_ago=29)
    refuse(session, "olena")
    html = client.get(HERE).text
    assert logins(html) == ["olena", "worker"]
    assert "is not on the white list" in html
    assert "has an account already" in html
    assert "10.1.2.3" in html


def test_one_click_types_the_login_into_the_form_and_writes_nothing(
    client: FlaskClient, session: Session, admin: Staff
) -> None:
    refuse(session, "olena")
    make_department(session)
    found = re.search(r'href="(/access/white-list/\?add=olena)#patterns"', client.get(HERE).text)
    assert found
    html = client.get(found[1]).text
    assert re.search(r"<textarea[^>]*>olena</textarea>", html)
    assert "Nobody is on the list" in html


@pytest.mark.parametrize(
    ("login", "reason"),
    [
        ("*@evil.example", "not_listed"),
        ("x" * 64, "not_listed"),
        ("a b", "not_listed"),
        ("", "not_listed"),
        ("worker", "has_account"),
        ("nobody", "no_mailbox"),
    ],
)
def test_what_would_let_in_nobody_or_too_many_is_not_offered(
    client: FlaskClient, session: Session, admin: Staff, login: str, reason: str
) -> None:
    refuse(session, login, reason)
    html = client.get(HERE).text
    assert len(logins(html)) == 1
    assert "?add=" not in html


def test_pages_go_back_and_end(client: FlaskClient, session: Session, admin: Staff) -> None:
    for number in range(PAGE + 3):
        refuse(session, f"login{number:02}")
    first = client.get(HERE).text
    (older,) = re.findall(r'hx-get="([^"]*)"', first)
    part = client.get(older, headers={"HX-Request": "true"}).text
    assert "<html" not in part
    assert [*logins(first), *logins(part)] == [f"login{number:02}" for number in reversed(range(PAGE + 3))]
    assert "hx-get" not in part
    assert "<html" in client.get(older).text, "without scripts it is a page"
    assert "No request was refused" in client.get(f"{HERE}refused?before=1").text
    assert client.get(f"{HERE}refused?before={'9' * 30}").status_code in (200, 404)


def test_markup_in_a_login_is_text(client: FlaskClient, session: Session, admin: Staff) -> None:
    refuse(session, "<b>x</b>")
    assert "&lt;b&gt;x" in client.get(HERE).text
    assert "<b>x</b>" not in client.get(f"{HERE}?add=<b>x</b>").text


def test_screen_costs_the_same_however_many_were_refused(
    client: FlaskClient, session: Session, admin: Staff
) -> None:
    client.get(HERE)
    for number in range(PAGE):
        refuse(session, f"login{number}")
    with count_queries() as sent:
        assert client.get(HERE).status_code == 200
    assert len(sent) <= BUDGET, sent


def test_only_administrators_see_them(client: FlaskClient, session: Session) -> None:
    sign_in(client, make_user(session, coordinator_of=[make_department(session)]))
    assert client.get(f"{HERE}refused").status_code == 403
