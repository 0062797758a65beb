"""A person in a browser: switches a cell with keys, keeps quiet hours; watches and mutes a ticket."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.extensions import db
from models import (
    ChannelName,
    ChannelSetting,
    NotificationChoice,
    NotificationHabit,
    Staff,
    Ticket,
    TicketWatch,
)
from tests.support.factories import make_department, make_ticket, make_user
from tests.support.live import LiveServer


@pytest.fixture
def session(live_server: LiveServer) -> Iterator[Session]:
    """The live helpdesk's database, with e-mail on."""
    with live_server.app.app_context():
        values = {"console": True}
        db.session.merge(ChannelSetting(channel=ChannelName.EMAIL, is_on=True, values=values))
        db.session.commit()
        yield db.session()
        db.session.remove()


@pytest.fixture
def ticket(session: Session) -> Ticket:
    """A ticket of a department with one employee."""
    desk = make_department(session)
    make_user(session, "reader", employee_of=[desk])
    ticket = make_ticket(session, author=make_user(session), department=desk)
    session.commit()
    return ticket


@pytest.fixture
def page(browser: Browser, live_server: LiveServer, session: Session, ticket: Ticket) -> Iterator[Page]:
    """The employee's browser."""
    context = browser.new_context(base_url=live_server.url, viewport={"width": 1280, "height": 900})
    person = session.scalars(select(Staff).where(Staff.username == "reader")).one()
    cookie: Any = live_server.cookie(person)
    context.add_cookies([cookie])
    page = context.new_page()
    page.set_default_timeout(20_000)
    page.on("pageerror", lambda error: pytest.fail(f"an error on the page: {error}"))
    yield page
    context.close()


def test_person_chooses_with_keys_and_then_mutes_a_ticket(
    page: Page, session: Session, ticket: Ticket
) -> None:
    _choose(page, session)
    _mute(page, session, ticket)


def _choose(page: Page, session: Session) -> None:
    page.goto("/settings/notifications")
    now = page.locator("#now")
    expect(now).to_contain_text("at once: E-mail and Pop-up")
    page.get_by_label("A new ticket has come: Pop-up").focus()
    page.keyboard.press("ArrowRight")  # over the grey ones
    expect(page.get_by_label("A new ticket has come: E-mail")).to_be_focused()
    page.keyboard.press("Space")
    expect(now).not_to_contain_text("E-mail")
    expect(page.locator("td.is-changed")).to_have_count(1)
    page.keyboard.press("ArrowDown")
    expect(page.get_by_label("A ticket was sent on: E-mail")).to_be_focused()
    page.locator("#quiet_from").fill("22:00")
    page.locator("#quiet_until").fill("07:00")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#hd-flashes")).to_contain_text("Your notifications are saved.")
    session.rollback()
    assert session.scalars(select(NotificationChoice.is_on)).all() == [False]
    assert session.scalars(select(NotificationHabit.quiet_from)).all() == [22 * 60]
    page.get_by_role("button", name="As my role: A new ticket has come").click()
    expect(page.locator("td.is-changed")).to_have_count(0)


def _mute(page: Page, session: Session, ticket: Ticket) -> None:
    page.goto(f"/tickets/{ticket.id}")
    page.wait_for_selector('body[data-live="on"]')
    page.locator("#comment").fill("not yet sent")
    page.locator("h1").click()
    page.keyboard.press("w")
    for name, icon in (("Everything", "bell-fill"), ("Nothing", "bell-slash")):
        page.locator("#watch").get_by_role("button", name=name).click()
        expect(page.locator(f"#watch > button .bi-{icon}")).to_be_visible()
        expect(page.locator("#watch > button")).to_be_focused()
        page.keyboard.press("Enter")
    expect(page.locator("#comment")).to_have_value("not yet sent")
    session.rollback()
    assert session.scalars(select(TicketWatch.watches)).all() == [False]
    page.goto("/tickets/inbox")
    expect(page.locator(f"#ticket-{ticket.id} .bi-bell-slash")).to_be_visible()
