"""Corrections that wait: shown to those who may edit clients, who say yes or no to each field."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.services.corrections import ask_correction, count_corrections
from models import ChangeRequest, Client, Staff
from tests.support.factories import actor_of, make_client, make_department, make_unit, make_user
from tests.support.grid import employees_may_not_edit_clients
from tests.support.queries import count_queries
from tests.support.signing import sign_in

MOST_QUERIES = 13
PATH = "/client-base/corrections"
HTMX = {"HX-Request": "true"}


@pytest.fixture
def employee(session: Session) -> Staff:
    """He may edit clients, not manage them."""
    return make_user(session, "employee", employee_of=[make_department(session, "Desk")])


@pytest.fixture
def caller(session: Session) -> Client:
    """Whose record is wrong."""
    unit = make_unit(session, "Accounting")
    return make_client(session, "Ткаченко Оксана", phones=["2-34"], room="214", unit_id=unit.id)


def make_reader(session: Session) -> Staff:
    """An employee, for whom the grid is changed while he acts."""
    return make_user(session, "reader", employee_of=[make_department(session)])


def ask(session: Session, client: Client, **changes: object) -> list[ChangeRequest]:
    """Somebody who may not edit clients asks."""
    reader = session.query(Staff).filter_by(username="reader").first() or make_reader(session)
    with employees_may_not_edit_clients():
        asked = ask_correction(session, client.id, changes, actor=actor_of(session, reader))
    session.commit()
    return asked


@pytest.mark.parametrize("people", [1, 40])
def test_editor_sees_what_waits_at_the_same_cost(
    client: FlaskClient, session: Session, employee: Staff, caller: Client, people: int
) -> None:
    other = make_unit(session, "Archive room")
    for number in range(people):
        ask(session, make_client(session, f"Клієнт {number:03}", room="1"), room="2", unit_id=other.id)
    ask(session, caller, room="301", phones=["2-34", "5-67"])
    sign_in(client, employee)
    with count_queries() as sent:
        page = client.get(PATH).text
    assert len(sent) <= MOST_QUERIES, str(sent)
    assert page.count('class="hd-correction"') == 2 * people + 2
    assert page.count(">Ткаченко Оксана</a>") == 1
    for text in ("<del>214</del> → <b>301</b>", "<b>2-34, 5-67</b>", "<b>Archive room</b>", "Reader Tester"):
        assert text in page
    assert 'href="/client-base/runs"' not in page  # a tab that an employee may not open


def test_only_a_hundred_are_drawn_at_once(client: FlaskClient, session: Session, employee: Staff) -> None:
    for number in range(101):
        ask(session, make_client(session, f"Клієнт {number:03}", room="1"), room="2")
    page = sign_in(client, employee).get(PATH).text
    assert page.count('class="hd-correction"') == 100
    assert "oldest hundred" in page


@pytest.mark.parametrize(("verdict", "room"), [("yes", "301"), ("no", "214")])
def test_editor_decides_without_javascript(
    client: FlaskClient, session: Session, employee: Staff, caller: Client, verdict: str, room: str
) -> None:
    asked = ask(session, caller, room="301")[0]
    answer = sign_in(client, employee).post(f"{PATH}/{asked.id}/{verdict}")
    assert (answer.status_code, answer.location) == (303, PATH)
    assert session.get_one(Client, caller.id).room == room
    assert "No corrections wait" in client.get(PATH).text
    history = client.get(f"/clients/{caller.id}/history").text
    assert "asked for a correction" in history
    assert ("accepted a correction" if verdict == "yes" else "refused a correction") in history


def test_editor_decides_in_place_and_a_second_one_is_told(
    client: FlaskClient, session: Session, employee: Staff, caller: Client
) -> None:
    asked = ask(session, caller, room="301")[0]
    sign_in(client, employee)
    with count_queries() as sent:
        answer = client.post(f"{PATH}/{asked.id}/yes", headers=HTMX)
    assert len(sent) <= 30, str(sent)
    assert answer.status_code == 200
    assert answer.text.strip().startswith(f'<li id="correction-{asked.id}"')
    assert "accepted" in answer.text
    assert "<button" not in answer.text
    late = client.post(f"{PATH}/{asked.id}/no", headers=HTMX)
    assert late.status_code == 409
    assert "Somebody has decided about this correction meanwhile." in late.text
    assert "accepted" in late.text
    assert client.post(f"{PATH}/{asked.id}/no").status_code == 303
    assert "Somebody has decided" in client.get(PATH).text
    assert session.get_one(Client, caller.id).room == "301"


def test_reader_suggests_other_fields_on_a_form(
    client: FlaskClient, session: Session, caller: Client
) -> None:
    sign_in(client, make_reader(session))
    address = f"/clients/{caller.id}"
    with employees_may_not_edit_clients():
        suggest(client, caller, address)
    assert count_corrections(session) == 3
    assert session.get_one(Client, caller.id).full_name == "Ткаченко Оксана"


def suggest(client: FlaskClient, caller: Client, address: str) -> None:
    """Once unchanged, once with three fields changed."""
    page = client.get(address).text
    assert f'href="{address}/suggest"' in page
    assert f'href="{address}/edit"' not in page
    form = {"full_name": caller.full_name, "phones": "2-34", "room": "214", "unit_id": caller.unit_id}
    with count_queries() as sent:
        assert 'value="214"' in client.get(f"{address}/suggest").text
    assert len(sent) <= 12, str(sent)
    assert client.post(f"{address}/suggest", data=form).location == address
    assert "Nothing to send" in client.get(address).text
    changed = {**form, "full_name": "Ткаченко-Мороз Оксана", "email": "moroz@corp.example", "unit_id": ""}
    assert client.post(f"{address}/suggest", data=changed).status_code == 303
    assert "Sent for approval: Full name, E-mail, Unit." in client.get(address).text


@pytest.mark.parametrize(
    ("field", "value"),
    [("email", "nobody"), ("phones", "no digits"), ("unit_id", "999999"), ("full_name", "")],
)
def test_bad_suggestion_is_refused_by_name(
    client: FlaskClient, session: Session, caller: Client, field: str, value: str
) -> None:
    form = {"full_name": caller.full_name, "job_title": "Typed with care", field: value}
    sign_in(client, make_reader(session))
    with employees_may_not_edit_clients():
        answer = client.post(f"/clients/{caller.id}/suggest", data=form)
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    assert "Typed with care" in answer.text
    assert count_corrections(session) == 0


def test_others_neither_see_nor_decide(client: FlaskClient, session: Session, caller: Client) -> None:
    asked = ask(session, caller, room="301")[0]
    assert client.get(PATH).location.startswith("/login/")
    assert client.post(f"{PATH}/{asked.id}/yes").status_code == 401
    assert client.post(f"/clients/{caller.id}/suggest").status_code == 401
    sign_in(client, make_user(session, "stranger"))
    assert client.get(PATH).status_code == 403
    assert client.post(f"{PATH}/{asked.id}/yes").status_code == 403
    assert client.get(f"/clients/{caller.id}/suggest").status_code == 403
    assert client.post(f"/clients/{caller.id}/suggest", data={"room": "1"}).status_code == 403
    assert f"/clients/{caller.id}/suggest" not in client.get(f"/clients/{caller.id}").text
    assert count_corrections(session) == 1


def test_missing_request_and_wrong_verb(client: FlaskClient, session: Session, employee: Staff) -> None:
    sign_in(client, employee)
    assert client.post(f"{PATH}/999999/yes").status_code == 404
    assert client.post(f"{PATH}/99999999999999999999/no").status_code == 404
    assert client.post(f"{PATH}/1/maybe").status_code == 404
    assert client.get(f"{PATH}/1/yes").status_code == 405
    assert client.get("/clients/999999/suggest").status_code == 404
    assert client.post("/clients/99999999999999999999/suggest", data={"full_name": "A B"}).status_code == 404
