"""My notifications: only what differs from the role is kept; quiet time; what would happen now."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.events import Kind
from app.notify.preferences import CHOSEN_KINDS, is_delivered_on
from models import (
    ChannelName,
    DutyShift,
    JournalEntry,
    NotificationChoice,
    NotificationHabit,
    Staff,
    utcnow,
)
from tests.support.channels import recording_channel, switch_on
from tests.support.factories import make_department, make_user
from tests.support.queries import count_queries
from tests.support.signing import sign_in

PAGE = "/settings/notifications"
CREATED = Kind.TICKET_CREATED
MOST_QUERIES = 36  # two plans of real news among them


@pytest.fixture(autouse=True)
def email(session: Session) -> Iterator[None]:
    """E-mail is on, and reaches everybody."""
    with recording_channel(session, ChannelName.EMAIL):
        yield


@pytest.fixture
def person(client: FlaskClient, session: Session) -> Staff:
    """An employee, signed in."""
    person = make_user(session, employee_of=[make_department(session)])
    sign_in(client, person)
    return person


def form(*, without: tuple[str, ...] = (), more: tuple[str, ...] = (), **values: Any) -> dict[str, Any]:
    """The page as a browser sends it: pop-up and e-mail as delivered, but for some cells."""
    columns = [ChannelName.POPUP, ChannelName.EMAIL]
    ticks = [f"{kind} {name}" for kind in CHOSEN_KINDS for name in columns if is_delivered_on(kind, name)]
    on = [*(tick for tick in ticks if tick not in without), *more]
    return {"column": columns, "on": on, "sms_only_high": "1", "digest_on": "1", **values}


def choices(session: Session) -> dict[tuple[str, str], bool]:
    """What is stored."""
    session.expire_all()
    rows = session.scalars(select(NotificationChoice))
    return {(row.kind, row.channel): row.is_on for row in rows}


def test_person_chooses_and_only_what_differs_is_kept(
    client: FlaskClient, session: Session, person: Staff
) -> None:
    sent = form(without=(f"{CREATED} email",), more=(f"{Kind.TICKET_TAKEN} email",))
    assert client.post(PAGE, data=sent).status_code == 303
    kept = {(CREATED, "email"): False, (Kind.TICKET_TAKEN, "email"): True}
    assert choices(session) == kept
    assert session.scalars(select(NotificationHabit)).all() == []
    page = client.get(PAGE).text
    assert page.count("is-changed") == 2
    assert f'value="{Kind.TICKET_TAKEN} email" aria-label="Somebody took my ticket: E-mail"' in page
    entry = session.scalars(select(JournalEntry).where(JournalEntry.kind == Kind.SETTINGS_EDITED)).one()
    assert entry.new == {f"{CREATED} email": False, f"{Kind.TICKET_TAKEN} email": True}
    assert client.post(PAGE, data=sent).status_code == 303  # once more: nothing new to tell
    assert len(session.scalars(select(JournalEntry)).all()) == 1


@pytest.mark.parametrize(
    ("reset", "left"), [(CREATED, {(Kind.TICKET_TAKEN, "email"): True}), ("all", {}), ("nonsense", None)]
)
def test_row_or_all_goes_back_to_the_role(
    client: FlaskClient, session: Session, person: Staff, reset: str, left: Any
) -> None:
    sent = form(without=(f"{CREATED} email",), more=(f"{Kind.TICKET_TAKEN} email",))
    client.post(PAGE, data=sent)
    before = choices(session)
    assert client.post(PAGE, data={**sent, "reset": reset}).status_code == 303
    assert choices(session) == (before if left is None else left)


def test_column_that_was_grey_stays_as_it_was(client: FlaskClient, session: Session, person: Staff) -> None:
    session.add(NotificationChoice(user_id=person.id, kind=CREATED, channel="jabber", is_on=False))
    session.commit()
    assert client.post(PAGE, data=form()).status_code == 303
    assert choices(session) == {(CREATED, "jabber"): False}


def test_nobody_chooses_channels_and_events_that_there_are_not(
    client: FlaskClient, session: Session, person: Staff
) -> None:
    sent = form(more=("ticket.created pigeon", "run.failed email", "x", ""))
    assert client.post(PAGE, data={**sent, "column": ["popup", "email", "pigeon"]}).status_code == 303
    assert choices(session) == {}


def test_person_keeps_quiet_hours_over_midnight(client: FlaskClient, session: Session, person: Staff) -> None:
    sent = form(quiet_from="22:00", quiet_until="07:30", quiet_days=["6", "7"], time_zone="Europe/Warsaw")
    del sent["digest_on"]
    assert client.post(PAGE, data=sent).status_code == 303
    kept = session.get_one(NotificationHabit, person.id)
    assert (kept.quiet_from, kept.quiet_until, kept.quiet_days) == (22 * 60, 7 * 60 + 30, "67")
    assert (kept.time_zone, kept.sms_only_high, kept.digest_on) == ("Europe/Warsaw", True, False)
    page = client.get(PAGE).text
    for text in ('id="quiet_from" value="22:00"', 'id="quiet_until" value="07:30"', 'value="Europe/Warsaw"'):
        assert text in page
    assert client.post(PAGE, data=form()).status_code == 303
    session.expire_all()
    assert (kept.quiet_from, kept.quiet_days, kept.digest_on) == (None, "", True)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"quiet_from": "22:00"}, "quiet_until"),
        ({"quiet_until": "07:00"}, "quiet_from"),
        ({"quiet_from": "25:00", "quiet_until": "07:00"}, "quiet_from"),
        ({"quiet_from": "22:00", "quiet_until": "ten"}, "quiet_until"),
        ({"quiet_from": "22:00", "quiet_until": "22:00"}, "quiet_until"),
        ({"quiet_days": list("1234567")}, "quiet_days"),
        ({"time_zone": "Europe"}, "time_zone"),
        ({"time_zone": "../../etc"}, "time_zone"),
    ],
)
def test_mistake_is_told_and_nothing_typed_is_lost(
    client: FlaskClient, session: Session, person: Staff, values: dict[str, Any], field: str
) -> None:
    answer = client.post(PAGE, data=form(without=(f"{CREATED} email",), **values))
    assert answer.status_code == 422
    assert f'href="#{field}"' in answer.text
    assert f'id="{field}-error"' in answer.text
    assert answer.text.count("is-changed") == 1
    for name in ("quiet_from", "time_zone"):
        assert f'id="{name}"' in answer.text
        assert not values.get(name) or f'value="{values[name]}"' in answer.text
    assert choices(session) == {}
    assert client.post(f"{PAGE}/now", data=form(**values)).status_code == 200


def test_sentence_says_what_would_happen_with_what_is_typed(
    client: FlaskClient, session: Session, person: Staff
) -> None:
    assert "at once: E-mail and Pop-up" in client.post(f"{PAGE}/now", data=form()).text
    off = [f"{CREATED} email", f"{CREATED} popup"]
    assert "not at all" in client.post(f"{PAGE}/now", data=form(without=tuple(off))).text
    days = "".join(str(day) for day in range(1, 8) if day != (utcnow().isoweekday() + 2) % 7 + 1)
    quiet = client.post(f"{PAGE}/now", data=form(quiet_days=list(days))).text
    usual = quiet.partition("a usual one")[2]
    assert "at once: Pop-up;" in usual
    assert "at 00:00: E-mail" in usual
    with recording_channel(session, ChannelName.SMS):
        assert "after 8 minutes, if nobody takes it: SMS" in client.post(f"{PAGE}/now", data=form()).text
    assert choices(session) == {}
    assert session.scalars(select(NotificationHabit)).all() == []


def test_grey_column_says_what_to_do(client: FlaskClient, session: Session, person: Staff) -> None:
    switch_on(session, ChannelName.SMS)
    page = client.get(PAGE).text
    assert '<a href="/settings/#profile">Write your telephone in your profile.</a>' in page
    assert "Switched off for everybody: Browser, Jabber, Own messenger." in page
    assert 'name="column" value="sms"' not in page


def test_person_reads_who_is_on_duty_in_his_departments(
    client: FlaskClient, session: Session, person: Staff
) -> None:
    mine, other = person.memberships[0].department_id, make_department(session).id
    ends = utcnow().replace(year=utcnow().year + 1)
    for number, name in ((mine, "Olena"), (other, "Ivan")):
        who = make_user(session, first_name=name)
        row = DutyShift(department_id=number, user_id=who.id, starts_at=utcnow(), ends_at=ends)
        session.add(row)
    session.commit()
    page = client.get(PAGE).text
    assert "Olena Tester" in page
    assert "Ivan Tester" not in page


def test_imports_are_chosen_by_administrators_alone(
    client: FlaskClient, session: Session, person: Staff
) -> None:
    assert "An import has failed" not in client.get(PAGE).text
    sign_in(client, make_user(session, administrator=True))
    assert "An import has failed" in client.get(PAGE).text


def test_page_costs_the_same_with_many_choices(client: FlaskClient, session: Session, person: Staff) -> None:
    costs = []
    for kinds in ((), CHOSEN_KINDS):
        session.add_all(
            NotificationChoice(user_id=person.id, kind=kind, channel=name, is_on=True)
            for kind in kinds
            for name in ChannelName
        )
        session.commit()
        with count_queries() as sent:
            assert client.get(PAGE).status_code == 200
        costs.append(len(sent))
    assert costs[0] == costs[1] <= MOST_QUERIES, costs


def test_settings_need_signing_in(client: FlaskClient, session: Session) -> None:
    assert client.get(PAGE).status_code == 302
    assert client.post(PAGE, data=form()).status_code == 401
    assert client.post(f"{PAGE}/now", data=form()).status_code == 401
    assert client.get(f"{PAGE}/now").status_code in {401, 405}
