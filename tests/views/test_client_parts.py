"""Parts of pages about clients: the look-up, the card, a correction in place, the addressees."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import ChangeRequest, Client, Department, Staff, State
from tests.support.factories import (
    make_client,
    make_department,
    make_ticket,
    make_unit,
    make_user,
)
from tests.support.grid import employees_may_not_edit_clients
from tests.support.queries import count_queries
from tests.support.signing import sign_in

Firm = tuple[Staff, Department, Client]
SIGNING_IN = 5  # statements for the person, his roles and rights


@pytest.fixture
def firm(session: Session) -> Firm:
    """An operator, the department he works in, and a client."""
    desk = make_department(session, "Desk")
    unit = make_unit(session, "Accounting")
    client = make_client(
        session, "Ткаченко Оксана", phones=["2-34", "(044) 239-02-34"], room="214", unit_id=unit.id
    )
    return make_user(session, "operator", employee_of=[desk]), desk, client


def options(html: str) -> list[str]:
    return re.findall(r'role="option" id="hit-(\w+)"', html)


# ------------------------------------------------------------------------------- look-up


@pytest.mark.parametrize("query", ["234", "2-34", "ткач окс", "tkachenko", "Nrfxtyrj", "239-02-34"])
def test_operator_finds_a_client_by_what_he_hears(client: FlaskClient, firm: Firm, query: str) -> None:
    answer = sign_in(client, firm[0]).get("/clients/lookup", query_string={"q": query})
    assert options(answer.text) == [str(firm[2].id), "new"]


def test_lookup_marks_the_digits_across_separators(client: FlaskClient, firm: Firm) -> None:
    answer = sign_in(client, firm[0]).get("/clients/lookup?q=234")
    assert "<mark>2-34</mark>" in answer.text
    assert "New client with the number 234" in answer.text


def test_lookup_marks_the_letters_of_the_name(client: FlaskClient, firm: Firm) -> None:
    answer = sign_in(client, firm[0]).get("/clients/lookup", query_string={"q": "ткач"})
    assert "<b><mark>Ткач</mark>енко</b>" in answer.text


def test_lookup_selects_the_first_and_offers_a_new_client_last(client: FlaskClient, firm: Firm) -> None:
    sign_in(client, firm[0])
    found = client.get("/clients/lookup?q=234").text
    nobody = client.get("/clients/lookup?q=zzzz").text
    assert re.search(rf'id="hit-{firm[2].id}" aria-selected="true"', found)
    assert 'id="hit-new" aria-selected="false"' in found
    assert options(nobody) == ["new"]
    assert 'id="hit-new" aria-selected="true"' in nobody


def test_lookup_says_how_many_are_open_of_those_the_reader_may_see(
    client: FlaskClient, session: Session, firm: Firm
) -> None:
    author = make_user(session)
    elsewhere = make_department(session)
    for department in (firm[1], firm[1], elsewhere):
        make_ticket(session, author=author, department=department, client=firm[2])
    make_ticket(session, author=author, department=firm[1], client=firm[2], state=State.DONE)
    assert "2 open" in sign_in(client, firm[0]).get("/clients/lookup?q=234").text


@pytest.mark.parametrize("others", [0, 12])
def test_lookup_needs_few_statements_however_many_fit(
    client: FlaskClient, session: Session, firm: Firm, others: int
) -> None:
    for number in range(others):
        make_client(session, f"Ткачук {number}", phones=[f"5-{number:02}"])
    sign_in(client, firm[0])
    with count_queries() as sent:
        answer = client.get("/clients/lookup", query_string={"q": "ткач"})
    assert len(options(answer.text)) == min(10, others + 1) + 1
    assert len(sent) - SIGNING_IN <= 6, str(sent)


@pytest.mark.parametrize("query", ["", "x", "%", "\0", "'; --", "ъ", "я" * 500, "½²", "()"])
def test_lookup_survives_anything_typed(client: FlaskClient, firm: Firm, query: str) -> None:
    answer = sign_in(client, firm[0]).get("/clients/lookup", query_string={"q": query})
    assert answer.status_code == 200
    assert str(firm[2].id) not in options(answer.text)


@pytest.mark.parametrize(("query", "name"), [("345-67", "phone"), ("Мороз", "full_name")])
def test_new_client_is_prefilled_from_what_was_typed(
    client: FlaskClient, firm: Firm, query: str, name: str
) -> None:
    answer = sign_in(client, firm[0]).get("/clients/new-fields", query_string={"q": query})
    assert re.search(rf'name="{name}"[^>]*value="{query}"', answer.text)
    assert "Accounting" in answer.text


# ---------------------------------------------------------------------------------- card


def test_card_shows_true_totals_and_only_the_tickets_in_sight(
    client: FlaskClient, session: Session, firm: Firm
) -> None:
    author, elsewhere = make_user(session), make_department(session)
    mine = make_ticket(session, author=author, department=firm[1], client=firm[2])
    hidden = make_ticket(session, author=author, department=elsewhere, client=firm[2], subject="Secret")
    firm[2].tickets_count, firm[2].calls_count = 2, 7
    sign_in(client, firm[0])
    with count_queries() as sent:
        card = client.get(f"/clients/{firm[2].id}/card").text
    assert len(sent) <= 10, str(sent)
    assert f"/tickets/{mine.id}#comment" in card
    assert "Secret" not in card
    assert f"/tickets/{hidden.id}" not in card
    assert "<dd>2</dd>" in card
    assert "<dd>7</dd>" in card


def test_card_of_nobody_is_not_found(client: FlaskClient, firm: Firm) -> None:
    sign_in(client, firm[0])
    for address in ("/clients/999999/card", "/clients/999999", "/clients/x", "/clients/999999/edit"):
        assert client.get(address).status_code == 404


def correct(client: FlaskClient, firm: Firm, **values: object) -> tuple[int, str]:
    """Send a correction as clients.js does."""
    fields = {"name": "room", "value": "301", "version": firm[2].version, **values}
    address = f"/clients/{firm[2].id}/field"
    answer = client.post(address, data=fields, headers={"X-Requested-With": "fetch"})
    return answer.status_code, answer.text


def test_operator_corrects_the_room_in_place(client: FlaskClient, session: Session, firm: Firm) -> None:
    status, html = correct(sign_in(client, firm[0]), firm)
    assert (status, session.get_one(Client, firm[2].id).room) == (200, "301")
    assert html.strip().startswith("<div data-hd-facts")
    assert f'name="version" value="{firm[2].version}"' in html


def test_operator_corrects_the_first_phone_and_keeps_the_others(
    client: FlaskClient, session: Session, firm: Firm
) -> None:
    assert correct(sign_in(client, firm[0]), firm, name="phone", value="5-55")[0] == 200
    numbers = [phone.number for phone in session.get_one(Client, firm[2].id).phones]
    assert numbers == ["5-55", "(044) 239-02-34"]


def test_late_correction_keeps_the_typed_text_and_wins_the_second_time(
    client: FlaskClient, session: Session, firm: Firm
) -> None:
    sign_in(client, firm[0])
    seen = firm[2].version
    assert correct(client, firm, value="301")[0] == 200
    status, html = correct(client, firm, value="302", version=seen)
    assert status == 409
    assert 'value="302"' in html
    assert "Someone was faster" in html
    assert "Operator Tester" in html
    assert session.get_one(Client, firm[2].id).room == "301"
    fresh = re.search(r'name="version" value="(\d+)"', html)
    assert fresh is not None
    assert correct(client, firm, value="302", version=fresh[1])[0] == 200
    assert session.get_one(Client, firm[2].id).room == "302"


@pytest.mark.parametrize(
    "values",
    [{"name": "phone", "value": "no digits"}, {"name": "room", "value": "x" * 81}],
)
def test_bad_correction_is_explained_with_the_text_kept(
    client: FlaskClient, firm: Firm, values: dict[str, str]
) -> None:
    status, html = correct(sign_in(client, firm[0]), firm, **values)
    assert status == 422
    assert f'value="{values["value"]}"' in html
    assert 'role="alert"' in html


def test_only_phone_and_room_are_corrected_in_place(
    client: FlaskClient, session: Session, firm: Firm
) -> None:
    assert correct(sign_in(client, firm[0]), firm, name="full_name", value="Хтось")[0] == 422
    assert session.get_one(Client, firm[2].id).full_name == "Ткаченко Оксана"


def test_correction_without_javascript_goes_back_to_the_page(
    client: FlaskClient, session: Session, firm: Firm
) -> None:
    address, fields = f"/clients/{firm[2].id}", {"name": "room", "value": "301"}
    sign_in(client, firm[0])
    answer = client.post(f"{address}/field", data={**fields, "version": firm[2].version})
    assert (answer.status_code, answer.location) == (303, address)
    assert client.post(f"{address}/field", data={**fields, "version": 0}).status_code == 409
    assert client.post(f"{address}/field", data={**fields, "name": "note"}).status_code == 422


def test_reader_without_a_role_asks_and_changes_nothing(
    client: FlaskClient, session: Session, firm: Firm
) -> None:
    sign_in(client, make_user(session, "reader"))
    status, html = correct(client, firm)
    assert (status, "Sent for approval: Room." in html) == (200, True)
    assert session.get_one(Client, firm[2].id).room == "214"
    assert 'id="hit-new"' not in client.get("/clients/lookup?q=234").text


def test_operator_without_the_right_to_edit_asks_for_a_correction(
    client: FlaskClient, session: Session, firm: Firm
) -> None:
    sign_in(client, firm[0])
    with employees_may_not_edit_clients():
        assert "data-hd-correct=" in client.get(f"/clients/{firm[2].id}/card").text
        status, html = correct(client, firm)
        assert status == 200
        assert "Sent for approval: Room." in html
        assert session.get_one(Client, firm[2].id).room == "214"
        asked = session.scalars(select(ChangeRequest)).one()
        assert (asked.field, asked.old, asked.new) == ("room", "214", "301")
        assert asked.asked_by_id == firm[0].id
        assert "Nothing to send" in correct(client, firm)[1]  # it waits already
        assert correct(client, firm, name="phone", value="no digits")[0] == 422
    assert session.scalars(select(ChangeRequest)).one() is asked


def test_operator_without_javascript_is_told_on_the_page(
    client: FlaskClient, session: Session, firm: Firm
) -> None:
    sign_in(client, firm[0])
    address, fields = f"/clients/{firm[2].id}", {"name": "phone", "value": "5-55"}
    with employees_may_not_edit_clients():
        assert client.post(f"{address}/field", data=fields).location == address
        assert "Sent for approval: Phones." in client.get(address).text


def test_card_says_to_editors_how_many_corrections_wait(client: FlaskClient, firm: Firm) -> None:
    sign_in(client, firm[0])
    with employees_may_not_edit_clients():
        correct(client, firm)
        assert "correction waits" not in client.get(f"/clients/{firm[2].id}/card").text
    for address in (f"/clients/{firm[2].id}/card", f"/clients/{firm[2].id}"):
        with count_queries() as sent:
            page = client.get(address).text
        assert f'href="/client-base/corrections#client-{firm[2].id}"' in page
        assert "1 correction waits" in page
        assert len(sent) <= 12, str(sent)


# ---------------------------------------------------------------------------- addressees


def test_addressees_are_the_people_of_the_department(
    client: FlaskClient, session: Session, firm: Firm
) -> None:
    other = make_department(session, "Other")
    make_user(session, "elsewhere", employee_of=[other])
    make_ticket(session, author=firm[0], department=firm[1], client=firm[2], taken_by=firm[0])
    sign_in(client, firm[0])
    html = client.get(f"/clients/addressees?department_id={firm[1].id}").text
    assert re.findall(r'id="person-(\d+)"', html) == [str(firm[0].id)]
    assert "Goes to the whole department" in html
    answer: Any = client.get("/clients/addressees", headers={"Accept": "application/json"}).json
    assert {person["name"] for person in answer["people"]} == {"Operator Tester", "Elsewhere Tester"}
    assert [p["in_work"] for p in answer["people"] if p["id"] == firm[0].id] == [1]


def test_without_a_department_everyone_is_offered_by_department(client: FlaskClient, firm: Firm) -> None:
    html = sign_in(client, firm[0]).get("/clients/addressees?department_id=&assignee_id=").text
    assert '<optgroup label="Desk">' in html
    assert f'data-department="{firm[1].id}"' in html


@pytest.mark.parametrize("address", ["/clients/", "/clients/lookup?q=234", "/clients/addressees"])
def test_anonymous_signs_in_first(client: FlaskClient, firm: Firm, address: str) -> None:
    assert client.get(address).location.startswith("/login/")
    assert client.get(address, headers={"HX-Request": "true"}).status_code == 401


def test_wrong_verb_is_refused(client: FlaskClient, firm: Firm) -> None:
    sign_in(client, firm[0])
    assert client.post("/clients/lookup").status_code == 405
    assert client.get(f"/clients/{firm[2].id}/field").status_code == 405
