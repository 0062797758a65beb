"""Search: what is found, in what order, and never what is hidden."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.search.tickets import contains
from app.services.ticket_search import Wanted, parse_search, search_tickets
from models import Staff, Ticket
from tests.support.cast import ACTIVE, VISIBLE, Cast, canaries, make_cast
from tests.support.factories import actor_of, make_client, make_department, make_ticket, make_topic, make_user
from tests.support.queries import count_queries
from tests.support.signing import sign_in


@pytest.fixture
def cast(session: Session) -> Cast:
    return make_cast(session)


@pytest.mark.parametrize("who", ACTIVE)
def test_everyone_finds_exactly_what_he_may_see(
    client: FlaskClient, session: Session, cast: Cast, who: str
) -> None:
    person = session.get(Staff, cast.people[who])
    assert person is not None
    answer = sign_in(client, person).get("/tickets/search?q=canary")
    assert answer.status_code == 200
    assert canaries(answer.text) == VISIBLE[who]


def test_a_number_alone_opens_its_ticket_and_a_hidden_one_is_not_found(
    client: FlaskClient, session: Session, cast: Cast
) -> None:
    person = session.get(Staff, cast.people["worker_a"])
    assert person is not None
    worker = sign_in(client, person)
    number, hidden = cast.tickets["a_free"], cast.tickets["b_free"]
    assert worker.get(f"/tickets/search?q=%23{number}").location == f"/tickets/{number}"
    answer = worker.get(f"/tickets/search?q={hidden}")
    assert answer.status_code == 200
    assert canaries(answer.text) == set()


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "   ",
        "''",
        '"',
        "'; drop table ticket; --",
        "a & | ! ( )",
        "NEAR(",
        "*",
        ":",
        "x" * 500,
        "\\",
        "%_",
    ],
)
def test_nothing_typed_breaks_it(client: FlaskClient, session: Session, cast: Cast, typed: str) -> None:
    person = session.get(Staff, cast.people["worker_a"])
    assert person is not None
    answer = sign_in(client, person).get("/tickets/search", query_string={"q": typed, "before": "x"})
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        ("принтер 214", Wanted(text="принтер 214")),
        ("№ 5230", Wanted(text="№ 5230", number=5230)),
        ("0", Wanted(text="0")),
        ("99999999999", Wanted(text="99999999999")),
        ('from:"Олена К" TO:мережі x', Wanted(text="x", sender="Олена К", receiver="мережі")),
        ("topic: друк", Wanted(topic="друк")),
        ("http://from:x", Wanted(text="http://from:x")),
    ],
)
def test_what_is_typed_is_taken_apart(typed: str, wanted: Wanted) -> None:
    assert parse_search(typed) == wanted


@pytest.mark.parametrize(
    ("typed", "names"),
    [
        ("принтер", {"printer"}),
        ("ПРИНТ бухгалт", {"printer"}),
        ("ghbynth", {"printer"}),  # the same word with the keyboard in the wrong layout
        ("ткаченко", {"mail"}),
        ("from:Ткаченко", {"mail"}),
        ("from:Шевчук", {"printer", "mail"}),
        ("to:Мережі", {"mail"}),
        ("to:Коваленко", {"printer"}),
        ("topic:друк", {"printer"}),
        ("topic:пош", {"mail"}),
        ("topic:друк пошта", set()),
        ("пошта to:Мережі", {"mail"}),
        ("поштаа", set()),
    ],
)
def test_words_fields_and_layouts_find(session: Session, typed: str, names: set[str]) -> None:
    tech, net = make_department(session, name="Техніка"), make_department(session, name="Мережі та зв’язок")
    boss = make_user(session, coordinator_of=[tech, net], first_name="Андрій", last_name="Шевчук")
    worker = make_user(session, employee_of=[tech], first_name="Олена", last_name="Коваленко")
    caller = make_client(session, full_name="Ткаченко Оксана Василівна")
    topic = make_topic(session, name="Друк і сканери")
    printer = make_ticket(
        session,
        author=boss,
        department=tech,
        assignee=worker,
        topic=topic,
        subject="Не друкує принтер",
        body="У бухгалтерії",
    )
    mail = make_ticket(
        session, author=boss, department=net, client=caller, subject="Пошта", topic_text="Пошта"
    )
    session.flush()
    found = search_tickets(session, typed, actor=actor_of(session, boss)).tickets
    by_id = {printer.id: "printer", mail.id: "mail"}
    assert {by_id[ticket.id] for ticket in found} == names


def test_an_edited_text_is_found_by_the_new_words_only(session: Session) -> None:
    department = make_department(session)
    boss = make_user(session, coordinator_of=[department])
    ticket = make_ticket(session, author=boss, department=department, subject="Scanner")
    actor = actor_of(session, boss)
    assert search_tickets(session, "scanner", actor=actor).tickets == [ticket]
    ticket.subject = "Projector"
    session.flush()
    assert search_tickets(session, "scanner", actor=actor).tickets == []
    assert search_tickets(session, "projector", actor=actor).tickets == [ticket]
    session.delete(ticket)
    session.flush()
    assert search_tickets(session, "projector", actor=actor).tickets == []


@pytest.mark.parametrize("number", [2, 30])
def test_a_search_goes_on_by_key_and_costs_the_same(
    client: FlaskClient, session: Session, number: int
) -> None:
    department = make_department(session)
    worker = make_user(session, employee_of=[department])
    for _turn in range(number):
        make_ticket(session, author=worker, department=department, subject="Printer")
    session.commit()
    sign_in(client, worker)
    with count_queries() as sent:
        client.get("/tickets/search?q=printer")
    assert len(sent) <= 12, str(sent)
    actor = actor_of(session, worker)
    seen: list[Ticket] = []
    before: int | None = None
    while True:
        page = search_tickets(session, "printer", actor=actor, limit=7, before_id=before)
        seen += page.tickets
        if not page.after:
            break
        before = int(page.after)
    assert len({ticket.id for ticket in seen}) == len(seen) == number


def test_words_are_looked_up_in_the_full_text_index(session: Session) -> None:
    condition = contains(session, "printer broken")
    assert condition is not None
    query = select(Ticket.id).where(condition)
    sent = query.compile(session.get_bind(), compile_kwargs={"literal_binds": True})
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SET LOCAL enable_seqscan = off"))
        plan = "\n".join(session.scalars(text(f"EXPLAIN {sent}".replace(":*", r"\:*"))))
        assert "sx_ticket_text" in plan
    else:
        rows = session.execute(text(f"EXPLAIN QUERY PLAN {sent}")).all()
        assert any("ticket_text VIRTUAL TABLE INDEX" in str(row) for row in rows)
