"""The grid of roles on screen: shown, changed, with exceptions, new ones and deleted ones."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.notify import popup
from app.policy import Verb, can, load_actor
from models import Department, RoleException, RoleVerb, Staff, Ticket, WorkRole
from tests.support.cast import Cast, make_cast
from tests.support.factories import make_membership, make_role, make_user
from tests.support.signing import sign_in


@pytest.fixture
def cast(session: Session) -> Cast:
    """The firm of tests.support.cast."""
    return make_cast(session)


@pytest.fixture
def boss(client: FlaskClient, session: Session, cast: Cast) -> FlaskClient:
    """The administrator's browser."""
    return sign_in(client, session.get_one(Staff, cast.people["administrator"]))


@pytest.fixture
def felt(monkeypatch: pytest.MonkeyPatch) -> set[int]:
    """Whose open pages were told to ask anew."""
    called: set[int] = set()
    monkeypatch.setattr(popup, "reconnect", called.add)
    return called


def employee(session: Session) -> WorkRole:
    """The built-in role."""
    return session.scalars(select(WorkRole).where(WorkRole.key == "employee")).one()


def form_of(html: str) -> list[tuple[str, str]]:
    """What a browser would send of the grid as it is drawn."""
    found = []
    for tag in re.findall(r"<input [^>]*>", html):
        name, value = (re.search(rf'\b{word}="([^"]*)"', tag) for word in ("name", "value"))
        if name and not ('type="checkbox"' in tag and " checked" not in tag) and " disabled" not in tag:
            found.append((name[1], value[1] if value else ""))
    for name, body in re.findall(r'<select [^>]*?name="([^"]*)"[^>]*>(.*?)</select>', html, re.DOTALL):
        chosen = re.search(r'value="([^"]*)" selected', body) or re.search(r'value="([^"]*)"', body)
        found.append((name, chosen[1] if chosen else ""))
    return found


def send(boss: FlaskClient, fields: list[tuple[str, str]]) -> int:
    """Post the form; returns the status."""
    grouped: dict[str, list[str]] = {}
    for name, value in fields:
        grouped.setdefault(name, []).append(value)
    return boss.post("/access/roles/", data=grouped).status_code


def test_saving_what_is_shown_changes_nothing(
    boss: FlaskClient, session: Session, cast: Cast, felt: set[int]
) -> None:
    for address in ("/access/roles/", f"/access/roles/?department={cast.departments['a']}"):
        before = set(session.execute(select(RoleVerb.role_id, RoleVerb.verb)).all())
        assert send(boss, form_of(boss.get(address).text)) == 303
        assert set(session.execute(select(RoleVerb.role_id, RoleVerb.verb)).all()) == before
    assert session.scalars(select(RoleException)).all() == []
    assert felt == set()


def test_verb_taken_away_acts_at_the_next_request(
    boss: FlaskClient, session: Session, cast: Cast, felt: set[int]
) -> None:
    gone = (f"verb.{employee(session).id}", "take")
    fields = [field for field in form_of(boss.get("/access/roles/").text) if field != gone]
    assert send(boss, fields) == 303
    assert cast.people["worker_a"] in felt
    assert cast.people["boss_a"] not in felt
    sign_in(boss, session.get_one(Staff, cast.people["worker_b"]))
    assert boss.post(f"/tickets/{cast.tickets['b_free']}/move/take").status_code == 403


def test_exception_is_made_for_one_department(
    boss: FlaskClient, session: Session, cast: Cast, felt: set[int]
) -> None:
    address = f"/access/roles/?department={cast.departments['b']}"
    name = f"e.{employee(session).id}.take"
    fields = [(key, "0" if key == name else value) for key, value in form_of(boss.get(address).text)]
    assert send(boss, fields) == 303
    both = load_actor(session, cast.people["both"])
    here, there = (session.get_one(Ticket, cast.tickets[one]) for one in ("b_free", "a_free"))
    assert (can(both, Verb.TAKE, here), can(both, Verb.TAKE, there)) == (False, True)
    assert (name, "0") in form_of(boss.get(address).text)


def test_page_that_is_too_old_saves_nothing(boss: FlaskClient, session: Session, cast: Cast) -> None:
    fields = form_of(boss.get("/access/roles/").text)
    make_role(session)
    assert send(boss, fields) == 409


def test_new_role_like_another_is_given_to_somebody_and_deleted_when_free(
    boss: FlaskClient, session: Session, cast: Cast
) -> None:
    sent = {"name": "Стажист", "like": str(employee(session).id)}
    assert boss.post("/access/roles/new", data=sent).status_code == 303
    role = session.scalars(select(WorkRole).where(WorkRole.name == "Стажист")).one()
    assert {row.verb for row in role.verbs} == {row.verb for row in employee(session).verbs}
    assert boss.post("/access/roles/new", data=sent).status_code == 422
    assert boss.post("/access/roles/new", data={"name": " "}).status_code == 422
    person = make_user(session)
    held = make_membership(session, person, session.get_one(Department, cast.departments["a"]), role.key)
    answer = boss.post(f"/access/roles/{role.id}/delete")
    assert answer.status_code == 422
    assert "give them another first" in answer.text
    session.delete(held)
    assert boss.post(f"/access/roles/{role.id}/delete").status_code == 303
    assert session.scalars(select(WorkRole).where(WorkRole.name == "Стажист")).one_or_none() is None


def test_wrong_numbers_are_not_there(boss: FlaskClient, session: Session) -> None:
    assert boss.get("/access/roles/?department=987654").status_code == 404
    assert boss.post("/access/roles/987654/delete").status_code == 404
    assert boss.post(f"/access/roles/{employee(session).id}/delete").status_code == 422


def test_change_is_shown_first_and_nothing_of_it_is_written(
    boss: FlaskClient, session: Session, cast: Cast, felt: set[int]
) -> None:
    gone, sight = (f"verb.{employee(session).id}", "take"), f"sight.{employee(session).id}"
    fields = [field for field in form_of(boss.get("/access/roles/").text) if field != gone]
    sent: dict[str, list[str]] = {}
    for name, value in fields:
        sent.setdefault(name, []).append("department" if name == sight else value)
    bar = boss.post("/access/roles/preview", data=sent, headers={"X-Requested-With": "fetch"})
    assert bar.status_code == 200
    assert "<html" not in bar.text
    text = " ".join(re.sub(r"<[^>]+>", " ", bar.text).split())
    assert "Employee held by 4 people now; will see: all of the department (until now:" in text
    assert "may no more: take" in text
    name = session.get_one(Staff, cast.people["worker_b"]).full_name
    assert f"{name} will see 1 more ticket; among them personal ones of: " in text
    assert 'formaction="/access/roles/"' in bar.text
    page = boss.post("/access/roles/preview", data=sent).text
    carried, wanted = (
        [(name, value) for name, value in found if name.startswith(("sight.", "verb.", "name.", "stamp"))]
        for found in (form_of(page), [(name, value) for name in sent for value in sent[name]])
    )
    assert carried == wanted, "without scripts the page carries all that was sent"
    again = form_of(boss.post("/access/roles/again", data=sent).text)
    assert (sight, "department") in again
    assert gone not in again
    assert Verb.TAKE in {row.verb for row in employee(session).verbs}
    assert felt == set()
    assert boss.post("/access/roles/", data=sent).status_code == 303
    assert Verb.TAKE not in {row.verb for row in employee(session).verbs}


def test_preview_refuses_as_saving_would(boss: FlaskClient, session: Session, cast: Cast) -> None:
    fields = dict(form_of(boss.get("/access/roles/").text))
    head = {"X-Requested-With": "fetch"}
    old = boss.post("/access/roles/preview", data={**fields, "stamp": "old"}, headers=head)
    assert (old.status_code, "formaction" in old.text) == (409, False)
    wrong = {**fields, f"sight.{employee(session).id}": "everything"}
    refused = boss.post("/access/roles/preview", data=wrong, headers=head)
    assert refused.status_code == 422
    assert "Choose how far the role sees" in refused.text
    assert boss.post("/access/roles/again", data=wrong).status_code == 422


def test_preview_of_nothing_offers_nothing_to_save(boss: FlaskClient, cast: Cast) -> None:
    page = f"/access/roles/?department={cast.departments['a']}"
    sent: dict[str, list[str]] = {}
    for name, value in form_of(boss.get(page).text):
        sent.setdefault(name, []).append(value)
    answer = boss.post("/access/roles/preview", data=sent, headers={"X-Requested-With": "fetch"})
    assert "Nothing was changed" in answer.text
    assert "formaction" not in answer.text


def test_department_counts_its_own_people(boss: FlaskClient, session: Session, cast: Cast) -> None:
    def held(address: str) -> list[str]:
        return re.findall(r'title="People who hold it now">(\d+)<', boss.get(address).text)

    assert held("/access/roles/")[0] == "4"
    assert held(f"/access/roles/?department={cast.departments['b']}")[0] == "2"
