"""The new ticket: saved once, with its client, and nothing that was typed is lost."""

from __future__ import annotations

import re
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.events import unit_of_work
from app.extensions import db
from app.services.intake import take_down_ticket
from app.services.tickets import TicketDraft
from models import Call, Client, Department, JournalEntry, Staff, Ticket
from tests.support.factories import (
    actor_of,
    make_client,
    make_department,
    make_ticket,
    make_topic,
    make_unit,
    make_user,
)
from tests.support.queries import count_queries
from tests.support.signing import sign_in
from views.new_ticket import grouped

Firm = tuple[Staff, Department, Client]


@pytest.fixture
def firm(session: Session) -> Firm:
    """An operator, the department he writes to, and a caller."""
    support = make_department(session, "Support")
    operator = make_user(session, "operator", employee_of=[make_department(session, "Desk")])
    make_user(session, "olena", employee_of=[support])
    return operator, support, make_client(session, "Ткаченко Оксана", phones=["2-34"], room="214")


def typed(firm: Firm, **values: object) -> dict[str, object]:
    """The form as the page sends it."""
    fields = {"client_id": firm[2].id, "department_id": firm[1].id, "subject": "Printer", "priority": "1"}
    return {**fields, "request_key": str(uuid.uuid4()), **values}


def count(session: Session, table: type[object]) -> int:
    return session.scalar(select(func.count()).select_from(table)) or 0


def test_operator_opens_the_form_with_one_box_focused(client: FlaskClient, firm: Firm) -> None:
    sign_in(client, firm[0])
    with count_queries() as sent:
        page = client.get("/tickets/new").text
    assert len(sent) <= 10, str(sent)
    assert re.search(r'id="who"[^>]*autofocus[^>]*role="combobox"', page, re.S)
    assert page.split("<dialog")[0].count(" autofocus") == 1


def test_operator_saves_a_ticket_and_reads_its_number(
    client: FlaskClient, session: Session, firm: Firm
) -> None:
    answer = sign_in(client, firm[0]).post("/tickets/new", data=typed(firm, body="Since morning"))
    ticket = session.scalars(select(Ticket)).one()
    assert answer.status_code == 303
    assert answer.location == f"/tickets/{ticket.id}/saved"
    assert (ticket.subject, ticket.body, ticket.department_id) == ("Printer", "Since morning", firm[1].id)
    with count_queries() as sent:
        page = client.get(answer.location).text
    assert len(sent) <= 10, str(sent)
    assert f'data-hd-said-number="{ticket.id}"' in page
    assert f'data-saved="{ticket.request_key}"' in page


@pytest.mark.parametrize(
    ("number", "spoken"),
    [(7, "7"), (52, "52"), (523, "5 23"), (5232, "52 32"), (52321, "52 321"), (1234567, "1 234 567")],
)
def test_number_is_grouped_as_it_is_read_aloud(number: int, spoken: str) -> None:
    assert grouped(number).replace("\N{NO-BREAK SPACE}", " ") == spoken


def test_next_form_has_the_last_department_preselected(client: FlaskClient, firm: Firm) -> None:
    sign_in(client, firm[0]).post("/tickets/new", data=typed(firm))
    page = client.get("/tickets/new").text
    assert re.search(rf'name="department_id" id="[\w-]+" value="{firm[1].id}" checked', page)


def test_department_is_preselected_from_the_last_ticket_after_signing_in_anew(
    client: FlaskClient, session: Session, firm: Firm
) -> None:
    make_ticket(session, author=firm[0], department=firm[1], client=firm[2])
    page = sign_in(client, firm[0]).get("/tickets/new").text
    assert re.search(rf'name="department_id" id="[\w-]+" value="{firm[1].id}" checked', page)


def test_double_press_of_save_writes_one_ticket(client: FlaskClient, session: Session, firm: Firm) -> None:
    form = typed(firm)
    first = sign_in(client, firm[0]).post("/tickets/new", data=form)
    second = client.post("/tickets/new", data=form)
    assert first.location == second.location
    assert count(session, Ticket) == 1
    assert session.get_one(Client, firm[2].id).tickets_count == 1


def test_double_press_for_a_new_client_writes_one_client(
    client: FlaskClient, session: Session, firm: Firm
) -> None:
    form = typed(firm, client_id="", client_new="1", full_name="Мороз Ганна", login="moroz")
    sign_in(client, firm[0]).post("/tickets/new", data=form)
    assert client.post("/tickets/new", data=form).status_code == 303
    assert count(session, Ticket) == 1
    assert count(session, Client) == 2


def test_ten_presses_at_once_for_a_new_client_write_one_of_each(live_app: Flask) -> None:
    setup = db.session()
    operator = make_user(setup, employee_of=[make_department(setup)])
    department, author = make_department(setup).id, actor_of(setup, operator)
    setup.commit()
    draft = TicketDraft(None, department, subject="Printer", request_key=str(uuid.uuid4()))

    def press(_number: int) -> int:
        with live_app.app_context(), unit_of_work(db.session()):
            return take_down_ticket(
                db.session(), draft, actor=author, new_client={"full_name": "Мороз", "login": "moroz"}
            ).id

    with ThreadPoolExecutor(10) as pool:
        numbers = set(pool.map(press, range(10)))
    setup.expire_all()
    assert len(numbers) == count(setup, Ticket) == count(setup, Client) == 1
    assert setup.scalars(select(Client.tickets_count)).one() == 1


def test_new_client_is_written_with_his_ticket(client: FlaskClient, session: Session, firm: Firm) -> None:
    unit = make_unit(session, "Accounting")
    new = {"full_name": "Мороз Ганна", "phone": "3-21", "room": "7", "unit_id": unit.id}
    answer = sign_in(client, firm[0]).post(
        "/tickets/new", data=typed(firm, client_id="", client_new="1", **new)
    )
    assert answer.status_code == 303
    written = session.scalars(select(Client).where(Client.full_name == "Мороз Ганна")).one()
    assert (written.phone, written.room, written.unit_id, written.tickets_count) == ("3-21", "7", unit.id, 1)
    assert session.scalars(select(Ticket.client_id)).one() == written.id


def test_wrong_ticket_leaves_no_new_client_behind(client: FlaskClient, session: Session, firm: Firm) -> None:
    form = typed(firm, client_id="", client_new="1", full_name="Мороз Ганна", subject="", department_id="")
    answer = sign_in(client, firm[0]).post("/tickets/new", data=form)
    assert answer.status_code == 422
    assert (count(session, Client), count(session, Ticket), count(session, JournalEntry)) == (1, 0, 0)
    assert 'value="Мороз Ганна"' in answer.text


def test_errors_of_client_and_ticket_are_told_together_and_nothing_typed_is_lost(
    client: FlaskClient, session: Session, firm: Firm
) -> None:
    form = typed(
        firm,
        client_id="",
        client_new="1",
        full_name="",
        phone="none",
        subject="S" * 201,
        body="Long story",
        department_id="",
        topic_id="own",
        topic_text="Rare thing",
    )
    answer = sign_in(client, firm[0]).post("/tickets/new", data=form)
    assert answer.status_code == 422
    for target in ("full_name", "subject", "department"):
        assert f'href="#{target}"' in answer.text
        assert f'id="{target}"' in answer.text
    for kept in ("none", "S" * 201, "Long story", "Rare thing", form["request_key"]):
        assert str(kept) in answer.text


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("client_id", "999999"),
        ("client_id", "1; drop table"),
        ("client_id", "9" * 30),
        ("department_id", "999999"),
        ("department_id", "x"),
        ("assignee_id", "999999"),
        ("assignee_id", "x"),
        ("priority", "7"),
        ("priority", "urgent"),
        ("topic_id", "999999"),
        ("topic_id", "½"),
        ("subject", "  "),
        ("body", "x" * 20_001),
    ],
)
def test_bad_field_is_refused_by_name(
    client: FlaskClient, session: Session, firm: Firm, field: str, value: str
) -> None:
    answer = sign_in(client, firm[0]).post("/tickets/new", data=typed(firm, **{field: value}))
    assert answer.status_code == 422
    assert "data-hd-errors" in answer.text
    assert count(session, Ticket) == 0


def test_broken_request_key_still_saves(client: FlaskClient, session: Session, firm: Firm) -> None:
    answer = sign_in(client, firm[0]).post("/tickets/new", data=typed(firm, request_key="x" * 500))
    assert answer.status_code == 303
    assert count(session, Ticket) == 1


def test_person_alone_fills_the_department(client: FlaskClient, session: Session, firm: Firm) -> None:
    olena = session.scalars(select(Staff).where(Staff.username == "olena")).one()
    form = typed(firm, department_id="", assignee_id=olena.id)
    assert sign_in(client, firm[0]).post("/tickets/new", data=form).status_code == 303
    ticket = session.scalars(select(Ticket)).one()
    assert (ticket.department_id, ticket.assignee_id) == (firm[1].id, olena.id)


def test_topic_from_the_list_or_in_own_words(client: FlaskClient, session: Session, firm: Firm) -> None:
    topic = make_topic(session, "Printing")
    sign_in(client, firm[0]).post("/tickets/new", data=typed(firm, topic_id=topic.id, topic_text="ignored"))
    client.post("/tickets/new", data=typed(firm, topic_id="own", topic_text="Rare thing"))
    names = [ticket.topic_name for ticket in session.scalars(select(Ticket).order_by(Ticket.id))]
    assert names == ["Printing", "Rare thing"]


def test_solved_at_once_counts_a_call_and_no_ticket(
    client: FlaskClient, session: Session, firm: Firm
) -> None:
    form = typed(firm, department_id="")
    answer = sign_in(client, firm[0]).post("/calls/", data=form)
    assert client.post("/calls/", data=form).status_code == 303
    assert answer.location == f"/tickets/new?saved={form['request_key']}"
    assert (count(session, Call), count(session, Ticket)) == (1, 0)
    assert session.get_one(Client, firm[2].id).calls_count == 1
    assert "Ткаченко Оксана" in client.get(answer.location).text


def test_call_of_nobody_is_refused_with_the_text_kept(
    client: FlaskClient, session: Session, firm: Firm
) -> None:
    answer = sign_in(client, firm[0]).post("/calls/", data=typed(firm, client_id="", subject="Password"))
    assert answer.status_code == 422
    assert 'value="Password"' in answer.text
    assert count(session, Call) == 0


def test_call_of_a_new_client_writes_both_once(client: FlaskClient, session: Session, firm: Firm) -> None:
    form = typed(firm, client_id="", client_new="1", full_name="Мороз Ганна")
    sign_in(client, firm[0]).post("/calls/", data=form)
    client.post("/calls/", data=form)
    assert (count(session, Call), count(session, Client)) == (1, 2)


def test_latest_callers_are_offered(client: FlaskClient, firm: Firm) -> None:
    sign_in(client, firm[0]).post("/tickets/new", data=typed(firm))
    assert f'data-hd-caller="{firm[2].id}"' in client.get("/tickets/new").text


def test_anonymous_signs_in_first(client: FlaskClient, firm: Firm) -> None:
    assert client.get("/tickets/new").location.startswith("/login/")
    assert client.post("/tickets/new", data=typed(firm)).status_code == 401
    assert client.post("/calls/", data=typed(firm)).status_code == 401


def test_stranger_without_a_department_may_not_write(
    client: FlaskClient, session: Session, firm: Firm
) -> None:
    sign_in(client, make_user(session, "stranger"))
    assert client.get("/tickets/new").status_code == 403
    assert client.post("/tickets/new", data=typed(firm)).status_code == 403
    assert client.post("/calls/", data=typed(firm)).status_code == 403
    assert count(session, Ticket) == 0


def test_stranger_does_not_read_a_saved_number(client: FlaskClient, session: Session, firm: Firm) -> None:
    ticket = make_ticket(session, author=firm[0], department=firm[1], client=firm[2])
    sign_in(client, make_user(session, "stranger"))
    assert client.get(f"/tickets/{ticket.id}/saved").status_code == 404
    assert client.get("/tickets/999999/saved").status_code == 404
    assert client.get("/tickets/x/saved").status_code == 404


def test_wrong_verb_is_refused(client: FlaskClient, firm: Firm) -> None:
    sign_in(client, firm[0])
    assert client.delete("/tickets/new").status_code == 405
    assert client.get("/calls/").status_code == 405
