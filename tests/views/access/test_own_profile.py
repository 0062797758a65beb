"""The profile and the absence on the settings page: kept, checked, journalled, seen by colleagues."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.security import generate_password_hash

from app.events import Kind
from app.services.absences import today
from models import Absence, Department, JournalEntry, Staff
from tests.support.factories import make_department, make_ticket, make_user
from tests.support.queries import count_queries
from tests.support.signing import sign_in

PASSWORD = "correct horse"
PROFILE = {
    "locale": "en",
    "theme": "auto",
    "page_size": "25",
    "start_page": "outbox",
    "phone": " +380 (44) 123-45-67 ",
    "jabber_id": "olena@chat.example",
}


@pytest.fixture
def department(session: Session) -> Department:
    """Where all of them work."""
    return make_department(session)


@pytest.fixture
def person(session: Session, department: Department) -> Staff:
    """Somebody with a password."""
    person = make_user(session, "olena", employee_of=[department])
    person.password = generate_password_hash(PASSWORD, method="pbkdf2:sha256:1000")
    session.commit()
    return person


@pytest.fixture
def colleague(session: Session, department: Department) -> Staff:
    """Who stands in."""
    return make_user(session, "petro", employee_of=[department])


def entries(session: Session) -> list[JournalEntry]:
    """What was journalled of the person's settings."""
    return list(session.scalars(select(JournalEntry).where(JournalEntry.kind == Kind.SETTINGS_EDITED)))


def test_person_saves_start_page_telephone_and_jabber_address(
    client: FlaskClient, session: Session, person: Staff
) -> None:
    assert sign_in(client, person).post("/settings/", data=PROFILE).status_code == 303
    kept = (person.start_page, person.phone, person.jabber_id)
    assert kept == ("outbox", "+380 (44) 123-45-67", "olena@chat.example")
    (entry,) = entries(session)
    assert entry.new["jabber_id"] == "olena@chat.example"
    page = client.get("/settings/").text
    assert 'value="+380 (44) 123-45-67"' in page
    assert 'id="start_page-outbox" value="outbox" checked' in page


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("start_page", "https://evil.example"),
        ("phone", "call me"),
        ("phone", "1" * 41),
        ("jabber_id", "olena"),
        ("jabber_id", "olena@chat.example/home"),
        ("jabber_id", "<b>@x"),
        ("jabber_id", "a" * 320 + "@x"),
    ],
)
def test_wrong_profile_is_told_and_what_was_typed_stays(
    client: FlaskClient, session: Session, person: Staff, name: str, value: str
) -> None:
    answer = sign_in(client, person).post("/settings/", data={**PROFILE, name: value})
    assert answer.status_code == 422
    assert f'id="{name}-error"' in answer.text
    assert f'href="#{name}"' in answer.text
    other = "jabber_id" if name == "phone" else "phone"
    assert f'value="{PROFILE[other]}"' in answer.text
    assert person.phone == ""
    assert entries(session) == []


@pytest.mark.parametrize(
    ("start", "path"),
    [("day", "/"), ("inbox", "/tickets/inbox"), ("outbox", "/tickets/outbox"), ("new", "/tickets/new")],
)
def test_signing_in_leads_to_the_start_page_unless_another_was_asked_for(
    client: FlaskClient, session: Session, person: Staff, start: str, path: str
) -> None:
    person.start_page = start
    data = {"username": "olena", "password": PASSWORD}
    assert client.post("/login/", data=data).location == path
    client.post("/logout/")
    assert client.post("/login/?next=/clients/", data=data).location == "/clients/"
    assert client.get(path).status_code == 200


# ------------------------------------------------------------------------------------ away


def test_person_goes_away_and_comes_back(
    client: FlaskClient, session: Session, person: Staff, colleague: Staff
) -> None:
    until = today() + timedelta(days=10)
    sign_in(client, person)
    answer = client.post("/settings/away", data={"away_until": until.isoformat(), "stand_in": colleague.id})
    assert (answer.status_code, answer.location) == (303, "/settings/#away")
    row = session.get_one(Absence, person.id)
    assert (row.until, row.stand_in_id) == (until, colleague.id)
    assert "stands in: Petro Tester" in client.get("/settings/").text
    assert client.post("/settings/away", data={"back": "1"}).status_code == 303
    assert session.get(Absence, person.id) is None
    gone, back = entries(session)
    assert gone.new == back.old == {"away_until": until.isoformat(), "stand_in_id": colleague.id}
    assert client.post("/settings/away", data={"back": "1"}).status_code == 303


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("away_until", ""),
        ("away_until", "tomorrow"),
        ("away_until", "2020-01-01"),
        ("away_until", "9999-12-31"),
        ("stand_in", ""),
        ("stand_in", "x"),
        ("stand_in", "900900"),
        ("stand_in", "99999999999"),
        ("stand_in", "himself"),
        ("stand_in", "disabled"),
    ],
)
def test_absence_that_makes_no_sense_is_refused_and_what_was_typed_stays(
    client: FlaskClient, session: Session, person: Staff, colleague: Staff, field: str, value: str
) -> None:
    gone = make_user(session, "gone", active=False)
    value = {"himself": str(person.id), "disabled": str(gone.id)}.get(value, value)
    good = {"away_until": today().isoformat(), "stand_in": str(colleague.id)}
    answer = sign_in(client, person).post("/settings/away", data={**good, field: value})
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    if field == "stand_in":
        assert f'value="{good["away_until"]}"' in answer.text
    else:
        assert f'<option value="{colleague.id}" selected>' in answer.text
    assert session.get(Absence, person.id) is None


@pytest.fixture
def away(session: Session, person: Staff, colleague: Staff) -> date:
    """The person is away; the last day of it."""
    until = today() + timedelta(days=3)
    session.add(Absence(user_id=person.id, until=until, stand_in_id=colleague.id))
    session.commit()
    return until


def test_colleagues_see_who_is_away_where_they_choose_and_on_the_ticket(
    client: FlaskClient, session: Session, person: Staff, colleague: Staff, department: Department, away: date
) -> None:
    ticket = make_ticket(session, author=colleague, department=department, assignee=person)
    sign_in(client, colleague)
    said = f"away until {away.day} {away:%b}"
    paths = (
        f"/clients/addressees?department_id={department.id}",
        "/clients/addressees",
        f"/tickets/{ticket.id}/transfer",
        f"/tickets/{ticket.id}",
    )
    for path in paths:
        page = client.get(path).text
        assert said in page, path
        assert "stands in: Petro Tester" in page, path
    people: Any = client.get("/clients/addressees", headers={"Accept": "application/json"}).json
    words = {one["name"]: one["away"] for one in people["people"]}
    assert words == {"Olena Tester": f"{said}, stands in: Petro Tester", "Petro Tester": ""}


def test_absence_costs_the_ticket_page_nothing(
    client: FlaskClient, session: Session, person: Staff, colleague: Staff, department: Department
) -> None:
    ticket = make_ticket(session, author=colleague, department=department, assignee=person)
    number = ticket.id
    sign_in(client, colleague)
    client.get(f"/tickets/{number}")
    with count_queries() as before:
        client.get(f"/tickets/{number}")
    session.add(Absence(user_id=person.id, until=today(), stand_in_id=colleague.id))
    session.commit()
    with count_queries() as sent:
        assert "away until" in client.get(f"/tickets/{number}").text
    assert len(sent) == len(before), sent


def test_absence_that_is_over_is_shown_nowhere(
    client: FlaskClient, session: Session, person: Staff, colleague: Staff, department: Department, away: date
) -> None:
    session.get_one(Absence, person.id).until = today() - timedelta(days=1)
    ticket = make_ticket(session, author=colleague, department=department, assignee=person)
    sign_in(client, colleague)
    for path in ("/clients/addressees", f"/tickets/{ticket.id}"):
        assert "away until" not in client.get(path).text, path
    assert "I am here again" not in sign_in(client, person).get("/settings/").text


def test_standing_in_grants_nothing(client: FlaskClient, session: Session, person: Staff, away: date) -> None:
    stranger = make_user(session, employee_of=[make_department(session)])
    session.get_one(Absence, person.id).stand_in_id = stranger.id
    elsewhere = make_department(session)
    ticket = make_ticket(session, author=person, department=elsewhere, assignee=person)
    assert sign_in(client, stranger).get(f"/tickets/{ticket.id}").status_code == 404
