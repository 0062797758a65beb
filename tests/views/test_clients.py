"""Clients: listed, shown with what the reader may see, edited without losing a word."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Client, Department, JournalEntry, Staff
from tests.support.factories import (
    make_client,
    make_department,
    make_ticket,
    make_unit,
    make_user,
)
from tests.support.queries import count_queries
from tests.support.signing import sign_in

Firm = tuple[Staff, Department, Client]


@pytest.fixture
def firm(session: Session) -> Firm:
    """An operator, the department he works in, and a client."""
    desk = make_department(session, "Desk")
    unit = make_unit(session, "Accounting")
    client = make_client(
        session, "Ткаченко Оксана", phones=["2-34", "(044) 239-02-34"], room="214", unit_id=unit.id
    )
    return make_user(session, "operator", employee_of=[desk]), desk, client


def record(client: Client, **values: object) -> dict[str, object]:
    """The edit form of a client as the page sends it."""
    fields = {"full_name": client.full_name, "room": client.room, "unit_id": client.unit_id or ""}
    phones = "\r\n".join(phone.number for phone in client.phones)
    return {**fields, "phones": phones, "is_active": "1", "version": client.version, **values}


# ------------------------------------------------------------------------- list and page


def test_list_pages_by_name_and_finds(client: FlaskClient, session: Session, firm: Firm) -> None:
    for number in range(60):
        make_client(session, f"Андрієнко {number:02}")
    sign_in(client, firm[0])
    names: list[str] = []
    address = "/clients/"
    for _page in range(3):
        with count_queries() as sent:
            page = client.get(address).text
        assert len(sent) <= 10, str(sent)
        names += re.findall(r"data-hd-open>([^<]+)</a>", page)
        following = re.search(r'href="(/clients/\?[^"]+)" rel="next"', page)
        address = following[1].replace("&amp;", "&") if following else ""
    assert address == ""
    assert len(names) == len(set(names)) == 61
    assert "Ткаченко Оксана" in client.get("/clients/?q=234").text
    assert "Андрієнко 07" not in client.get("/clients/", query_string={"q": "ткач"}).text


def test_list_falls_back_to_similar_people(client: FlaskClient, firm: Firm) -> None:
    answer = sign_in(client, firm[0]).get("/clients/?q=Nrfxtyrj", headers={"HX-Request": "true"})
    assert "Ткаченко Оксана" in answer.text
    assert "<html" not in answer.text


@pytest.mark.parametrize("after", ["x", "1", "99999999999999.y", ".", "0.а", "1.\0"])
def test_broken_cursor_is_no_error(client: FlaskClient, firm: Firm, after: str) -> None:
    assert sign_in(client, firm[0]).get("/clients/", query_string={"after": after}).status_code == 200


@pytest.mark.parametrize("tickets", [3, 40])
def test_page_costs_the_same_for_a_noisy_client(
    client: FlaskClient, session: Session, firm: Firm, tickets: int
) -> None:
    author = make_user(session)
    for _number in range(tickets):
        make_ticket(session, author=author, department=firm[1], client=firm[2], taken_by=firm[0])
    sign_in(client, firm[0])
    with count_queries() as sent:
        page = client.get(f"/clients/{firm[2].id}").text
    assert len(sent) <= 10, str(sent)
    assert page.count('class="hd-no"') == min(tickets, 25)
    assert ('rel="next"' in page) is (tickets > 25)


def test_history_tells_calls_and_changes_in_words(client: FlaskClient, session: Session, firm: Firm) -> None:
    other = make_unit(session, "Archive room")
    sign_in(client, firm[0])
    assert (
        client.post(f"/clients/{firm[2].id}/edit", data=record(firm[2], unit_id=other.id)).status_code == 303
    )
    client.post("/calls/", data={"client_id": firm[2].id, "subject": "Forgot the password"})
    with count_queries() as sent:
        history = client.get(f"/clients/{firm[2].id}/history").text
    assert len(sent) <= 10, str(sent)
    assert "Forgot the password" in history
    assert "<del>Accounting</del> → <b>Archive room</b>" in history


# ---------------------------------------------------------------------------------- edit


def test_operator_edits_a_client(client: FlaskClient, session: Session, firm: Firm) -> None:
    form = record(firm[2], full_name="Ткаченко-Мороз Оксана", phones="2-34\r\n5-55\r\n", is_active="")
    sign_in(client, firm[0])
    assert client.get(f"/clients/{firm[2].id}/edit").status_code == 200
    assert client.post(f"/clients/{firm[2].id}/edit", data=form).status_code == 303
    stored = session.get_one(Client, firm[2].id)
    assert (stored.full_name, stored.is_active) == ("Ткаченко-Мороз Оксана", False)
    assert [phone.number for phone in stored.phones] == ["2-34", "5-55"]
    assert session.scalars(select(JournalEntry.kind)).all() == ["client.edited"]


def test_late_edit_keeps_the_form_shows_what_is_there_and_wins_the_second_time(
    client: FlaskClient, session: Session, firm: Firm
) -> None:
    sign_in(client, firm[0])
    address, late = f"/clients/{firm[2].id}/edit", record(firm[2], room="400", note="Typed with care")
    assert client.post(address, data=record(firm[2], room="300")).status_code == 303
    answer = client.post(address, data=late)
    assert answer.status_code == 409
    for text in (
        "Someone was faster",
        "Operator Tester",
        'value="400"',
        "Typed with care",
        "Now stored: 300",
    ):
        assert text in answer.text
    assert session.get_one(Client, firm[2].id).room == "300"
    fresh = re.search(r'name="version" value="(\d+)"', answer.text)
    assert fresh is not None
    assert client.post(address, data={**late, "version": fresh[1]}).status_code == 303
    assert session.get_one(Client, firm[2].id).room == "400"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("full_name", " "),
        ("email", "nobody"),
        ("unit_id", "999999"),
        ("unit_id", "x"),
        ("phones", "no digits"),
        ("room", "x" * 81),
        ("login", "taken"),
    ],
)
def test_bad_edit_is_refused_by_name(
    client: FlaskClient, session: Session, firm: Firm, field: str, value: str
) -> None:
    make_client(session, "Хтось", login="taken")
    answer = sign_in(client, firm[0]).post(
        f"/clients/{firm[2].id}/edit", data=record(firm[2], note="Typed with care", **{field: value})
    )
    assert answer.status_code == 422
    assert f'href="#{field}"' in answer.text
    assert f'id="{field}-error"' in answer.text
    assert "Typed with care" in answer.text


def test_reader_without_the_right_edits_nothing(client: FlaskClient, session: Session, firm: Firm) -> None:
    sign_in(client, make_user(session, "reader"))
    assert client.get(f"/clients/{firm[2].id}/edit").status_code == 403
    assert client.post(f"/clients/{firm[2].id}/edit", data=record(firm[2], room="1")).status_code == 403
    assert session.get_one(Client, firm[2].id).room == "214"
