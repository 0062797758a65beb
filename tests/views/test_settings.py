"""My settings: kept, checked, journalled; the language also before signing in."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.events import Kind
from models import JournalEntry, Staff
from tests.support.factories import make_user
from tests.support.signing import sign_in

GOOD = {"locale": "ru", "theme": "dark", "page_size": "50", "sound_on": "1"}


def kept(session: Session, person: Staff) -> tuple[object, ...]:
    """What is stored for the person."""
    names = ("locale", "theme", "page_size", "sound_on", "letter_keys_on")
    return tuple(getattr(session.get_one(Staff, person.id), name) for name in names)


@pytest.fixture
def person(session: Session) -> Staff:
    """A staff member with the defaults, in English."""
    return make_user(session, "olena")


def test_person_saves_settings_and_the_page_speaks_his_language(
    client: FlaskClient, session: Session, person: Staff
) -> None:
    sign_in(client, person)
    answer = client.post("/settings/", data=GOOD)
    assert (answer.status_code, answer.location) == (303, "/settings/")
    assert kept(session, person) == ("ru", "dark", 50, True, False)
    page = client.get("/settings/").text
    assert '<html lang="ru"' in page
    assert 'data-hd-choice="dark"' in page
    assert 'data-letter-keys="off"' in page
    assert 'data-sound="on"' in page
    entry = session.scalars(select(JournalEntry).where(JournalEntry.kind == Kind.SETTINGS_EDITED)).one()
    assert (entry.actor_id, entry.old["theme"], entry.new["theme"]) == (person.id, "auto", "dark")


WRONG = [
    ("locale", "de"),
    ("locale", ""),
    ("theme", "pink"),
    ("page_size", "1000000"),
    ("page_size", "x"),
    ("page_size", "-25"),
]


@pytest.mark.parametrize(("name", "value"), WRONG)
def test_person_with_a_wrong_choice_is_told_and_the_others_stay_chosen(
    client: FlaskClient, session: Session, person: Staff, name: str, value: str
) -> None:
    before = kept(session, person)
    answer = sign_in(client, person).post("/settings/", data={**GOOD, name: value})
    assert answer.status_code == 422
    assert f'href="#{name}"' in answer.text
    assert f'id="{name}-error"' in answer.text
    assert 'id="sound_on" value="1" aria-describedby="sound_on-hint" checked' in answer.text
    assert kept(session, person) == before


def test_person_changes_the_theme_from_the_shell(
    client: FlaskClient, session: Session, person: Staff
) -> None:
    sign_in(client, person)
    assert client.post("/settings/theme", data={"theme": "light"}).status_code == 204
    assert client.post("/settings/theme", data={"theme": "pink"}).status_code == 422
    assert kept(session, person)[1] == "light"


def test_person_changes_the_language_from_the_shell_and_stays_on_his_page(
    client: FlaskClient, session: Session, person: Staff
) -> None:
    sign_in(client, person)
    answer = client.post("/settings/language", data={"locale": "uk", "next": "/tickets/inbox?state=free"})
    assert (answer.status_code, answer.location) == (303, "/tickets/inbox?state=free")
    assert kept(session, person)[0] == "uk"
    assert '<html lang="uk"' in client.get("/settings/").text


def test_stranger_changes_the_language_of_the_sign_in_page(client: FlaskClient, session: Session) -> None:
    client.get("/login/")
    answer = client.post("/settings/language", data={"locale": "en", "next": "/login/"})
    assert (answer.status_code, answer.location) == (303, "/login/")
    assert '<html lang="en"' in client.get("/login/").text
    assert '<html lang="ru"' not in client.get("/login/").text


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example/", "\\\\evil.example"])
def test_language_never_leads_to_another_site(client: FlaskClient, session: Session, target: str) -> None:
    answer = client.post("/settings/language", data={"locale": "en", "next": target})
    assert answer.status_code == 303
    assert "evil" not in answer.location


def test_unknown_language_is_refused(client: FlaskClient, session: Session, person: Staff) -> None:
    assert sign_in(client, person).post("/settings/language", data={"locale": "xx"}).status_code == 422
    assert kept(session, person)[0] == "en"


def test_settings_need_signing_in(client: FlaskClient, session: Session) -> None:
    assert client.get("/settings/").status_code == 302
    assert client.post("/settings/", data=GOOD).status_code == 401
    assert client.post("/settings/theme", data={"theme": "dark"}).status_code == 401


def test_disabled_person_cannot_change_anything(client: FlaskClient, session: Session) -> None:
    gone = make_user(session, "gone", active=False)
    assert sign_in(client, gone).post("/settings/", data=GOOD).status_code == 401
    assert kept(session, gone)[0] == "en"
