"""Pop-ups in real browsers: who sees one, when, and that each is seen once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.events import unit_of_work
from app.extensions import db
from app.services.runs import start_run, stop_run
from app.services.tickets import TicketDraft, create_ticket
from models import Delivery, RunKind, Staff
from tests.support.factories import actor_of, make_client, make_department, make_user
from tests.support.live import LiveServer
from tests.support.wire import wait_for_worker, wait_until

TOAST = "#hd-toasts .hd-toast"
QUIET = 900  # milliseconds in which a pop-up that must not come would have come


@dataclass
class Office:
    """An operator, the person his tickets go to, and a colleague."""

    session: Session
    operator: Staff
    addressee: Staff
    colleague: Staff
    department_id: int
    client_id: int

    def write(self, subject: str) -> int:
        """The operator writes a ticket to the addressee."""
        draft = TicketDraft(
            client_id=self.client_id,
            department_id=self.department_id,
            assignee_id=self.addressee.id,
            subject=subject,
        )
        with unit_of_work(self.session):
            return create_ticket(self.session, draft, actor=actor_of(self.session, self.operator)).id

    def told(self) -> int:
        """How many pieces of news there are for the addressee."""
        query = select(func.count()).select_from(Delivery).where(Delivery.user_id == self.addressee.id)
        count = self.session.scalar(query) or 0
        self.session.rollback()
        return count


@pytest.fixture
def office(live_server: LiveServer) -> Iterator[Office]:
    """New people for each test."""
    with live_server.app.app_context():
        wait_for_worker()
        session = db.session()
        department = make_department(session)
        office = Office(
            session=session,
            operator=make_user(session, employee_of=[make_department(session)]),
            addressee=make_user(session, employee_of=[department]),
            colleague=make_user(session, employee_of=[department]),
            department_id=department.id,
            client_id=make_client(session, full_name="Ткаченко Олена Василівна").id,
        )
        session.commit()
        yield office
        db.session.remove()


Enter = Callable[[Staff], BrowserContext]


@pytest.fixture
def enter(browser: Browser, live_server: LiveServer) -> Iterator[Enter]:
    """A browser of its own for a person, signed in; the pages must log no error."""
    contexts: list[BrowserContext] = []

    def enter_as(user: Staff) -> BrowserContext:
        context = browser.new_context(base_url=live_server.url)
        cookie: Any = live_server.cookie(user)
        context.add_cookies([cookie])
        contexts.append(context)
        return context

    yield enter_as
    for context in contexts:
        context.close()


def open_page(context: BrowserContext, path: str = "/") -> Page:
    """A page that is connected."""
    page = context.new_page()
    page.goto(path)
    page.wait_for_selector('body[data-live="on"]')
    return page


def cut(context: BrowserContext, page: Page) -> None:
    """Pull the cable out."""
    context.set_offline(True)
    page.evaluate("window.dispatchEvent(new Event('offline'))")
    page.wait_for_selector('body[data-live="off"]')


def test_addressee_sees_the_popup_at_once_and_nobody_else_does(office: Office, enter: Enter) -> None:
    addressee, colleague = open_page(enter(office.addressee)), open_page(enter(office.colleague))
    operator = open_page(enter(office.operator))
    number = office.write("No network in room 118")
    toast = addressee.locator(TOAST)
    expect(toast).to_have_count(1, timeout=1_000)
    for text in ("New ticket for you", str(number), "No network in room 118", "Ткаченко О. В."):
        expect(toast).to_contain_text(text)
    expect(addressee.locator("[data-hd-bell-count]")).to_have_text("1")
    colleague.wait_for_timeout(QUIET)
    expect(colleague.locator(TOAST)).to_have_count(0)
    expect(operator.locator(TOAST)).to_have_count(0)
    toast.get_by_role("link", name="Open").click()
    addressee.wait_for_url(f"**/tickets/{number}")


def test_addressee_takes_from_the_popup_and_the_operator_is_told(office: Office, enter: Enter) -> None:
    addressee, operator = open_page(enter(office.addressee)), open_page(enter(office.operator))
    office.write("Printer")
    addressee.locator(TOAST).get_by_role("button", name="Take").click()
    expect(operator.locator(TOAST)).to_contain_text("took it")


def test_my_day_changes_by_itself(office: Office, enter: Enter) -> None:
    page = open_page(enter(office.addressee))
    expect(page.locator("#day-free")).to_have_text("0")
    number = office.write("Screen is black")
    expect(page.locator("#day-free")).to_have_text("1")
    expect(page.locator(f"#day-ticket-{number}")).to_contain_text("Screen is black")


def test_missed_news_are_shown_once_after_the_connection_is_back(office: Office, enter: Enter) -> None:
    context = enter(office.addressee)
    page = open_page(context)
    cut(context, page)
    office.write("While away")
    page.wait_for_timeout(300)
    expect(page.locator(TOAST)).to_have_count(0)
    context.set_offline(False)
    expect(page.locator(TOAST)).to_have_count(1)
    expect(page.locator(TOAST)).to_contain_text("While away")
    page.reload()
    page.wait_for_selector('body[data-live="on"]')
    page.wait_for_timeout(QUIET)
    expect(page.locator(TOAST)).to_have_count(0)


def test_many_missed_news_become_two_and_a_summary(office: Office, enter: Enter) -> None:
    for number in range(14):
        office.write(f"Missed {number}")
    wait_until(lambda: office.told() == 14, "14 deliveries")
    page = open_page(enter(office.addressee))
    expect(page.locator(TOAST)).to_have_count(3)
    expect(page.locator(TOAST).last).to_contain_text("and 12 more")
    page.locator(TOAST).last.get_by_role("link").click()
    page.wait_for_url("**/notices/")
    expect(page.locator("tr.is-unread")).to_have_count(14)


def test_person_with_two_tabs_sees_the_popup_in_one(office: Office, enter: Enter) -> None:
    context = enter(office.addressee)
    first, second = open_page(context), open_page(context, "/notices/")
    office.write("Only once")
    second.wait_for_timeout(QUIET)
    shown = first.locator(TOAST).count() + second.locator(TOAST).count()
    assert shown == 1
    expect(second.locator("tr.is-unread")).to_have_count(1)  # the list knows in any case
    expect(first.locator("[data-hd-bell-count]")).to_have_text("1")


def test_page_says_when_it_is_offline_and_when_live_again(office: Office, enter: Enter) -> None:
    context = enter(office.addressee)
    page = open_page(context)
    expect(page.locator("#hd-live")).to_have_text("Live")
    cut(context, page)
    expect(page.locator("#hd-live")).to_have_text("Offline")
    context.set_offline(False)
    expect(page.locator("#hd-live")).to_have_text("Live")


def test_signing_out_in_one_tab_stops_the_news_in_the_other(office: Office, enter: Enter) -> None:
    context = enter(office.addressee)
    first, second = open_page(context), open_page(context)
    first.get_by_role("button", name="My menu").click()
    first.get_by_role("button", name="Sign out").click()
    expect(second.locator("#hd-live")).to_have_text("Offline")
    expect(second.locator("#hd-flashes")).to_contain_text("You have signed out")
    office.write("Not for him now")
    second.wait_for_timeout(QUIET)
    expect(second.locator(TOAST)).to_have_count(0)


def test_administrator_alone_sees_that_the_nightly_sync_waits(office: Office, enter: Enter) -> None:
    administrator = make_user(office.session, administrator=True)
    office.session.commit()
    page, other = open_page(enter(administrator)), open_page(enter(office.colleague))
    with unit_of_work(office.session):
        run = start_run(office.session, RunKind.SYNC, title="dc1.corp.example")
        counts = {"deactivated": 812, "known": 2000}
        stop_run(office.session, run, problem="Too many.", counts=counts, details={})
    toast = page.locator(TOAST)
    expect(toast).to_have_count(1)
    for text in ("The directory sync waits for you", "It would deactivate 812 of 2,000 people"):
        expect(toast).to_contain_text(text)
    expect(toast.get_by_role("link")).to_have_attribute("href", f"/client-base/runs/{run.id}")
    other.wait_for_timeout(QUIET)
    expect(other.locator(TOAST)).to_have_count(0)
    page.goto("/notices/")
    expect(page.locator(".hd-news a")).to_have_text("It would deactivate 812 of 2,000 people")
