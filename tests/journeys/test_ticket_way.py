"""The way of a ticket through two real browsers at once: written, popped up, taken, completed, watched."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.request import urlopen

import pytest
from playwright.sync_api import Browser, BrowserType, Page, expect
from sqlalchemy import select

from app.extensions import db
from models import JournalEntry, Staff, Ticket
from tests.support.factories import make_client, make_department, make_user
from tests.support.live import LiveServer

PATIENCE = 20_000  # ms; a loaded machine is slow, never wrong
SUBJECT = "printer jams on the second floor"
pytestmark = pytest.mark.timeout(240)


@dataclass(frozen=True)
class Firm:
    """Numbers by name."""

    people: dict[str, int]
    client: int


@pytest.fixture(scope="module")
def firm(live_server: LiveServer) -> Firm:
    """An operator, and a department with an employee and a coordinator; a colleague works elsewhere."""
    urlopen(f"{live_server.url}/login/", timeout=60).close()  # the first page waits for the program to load
    with live_server.app.app_context():
        session = db.session()
        desk, repairs, elsewhere = (
            make_department(session, name) for name in ("Desk", "Repairs", "Elsewhere")
        )
        people = {
            "operator": make_user(session, "operator", employee_of=[desk]),
            "worker": make_user(session, "worker", employee_of=[repairs]),
            "coordinator": make_user(session, "coordinator", coordinator_of=[repairs]),
            "colleague": make_user(session, "colleague", employee_of=[elsewhere]),
        }
        client = make_client(session, "Ткаченко Оксана", phones=["2-34"])
        session.commit()
        return Firm({name: person.id for name, person in people.items()}, client.id)


@pytest.fixture
def second_browser(browser_type: BrowserType, browser_type_launch_args: dict[str, Any]) -> Iterator[Browser]:
    """Another browser process beside the first."""
    browser = browser_type.launch(**browser_type_launch_args)
    yield browser
    browser.close()


def sit_down(live: LiveServer, firm: Firm, browser: Browser, who: str, path: str) -> Page:
    """A person at his own screen, signed in."""
    context = browser.new_context(viewport={"width": 1366, "height": 768})
    with live.app.app_context():
        cookie: Any = live.cookie(db.session.get_one(Staff, firm.people[who]))
    context.add_cookies([cookie])
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    page.goto(live.url + path)
    return page


def write_ticket(page: Page, department: str) -> int:
    """What the operator does while the caller speaks; the number he reads out."""
    expect(page.locator("#subject")).to_be_visible()
    page.locator("#subject").fill(SUBJECT)
    page.get_by_text(department, exact=True).first.click()
    expect(page.locator("[name=department_id]:checked + label")).to_have_text(department)
    page.locator("#subject").focus()
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/saved")
    return int(page.locator("[data-hd-said-number]").get_attribute("data-hd-said-number") or 0)


def kinds_of(live: LiveServer, number: int) -> list[str]:
    """The ticket's journal."""
    with live.app.app_context():
        query = select(JournalEntry.kind).where(JournalEntry.ticket_id == number).order_by(JournalEntry.id)
        return list(db.session.scalars(query))


def test_ticket_goes_from_the_caller_to_done_before_everyones_eyes(
    live_server: LiveServer, firm: Firm, browser: Browser, second_browser: Browser
) -> None:
    expect.set_options(timeout=PATIENCE)
    worker = sit_down(live_server, firm, second_browser, "worker", "/tickets/inbox")
    coordinator = sit_down(live_server, firm, second_browser, "coordinator", "/tickets/inbox")
    colleague = sit_down(live_server, firm, second_browser, "colleague", "/tickets/inbox")
    operator = sit_down(live_server, firm, browser, "operator", f"/tickets/new?client={firm.client}")
    number = write_ticket(operator, "Repairs")

    toast = worker.locator(f".hd-toast[data-ticket='{number}']")
    expect(toast).to_have_count(1)
    row = coordinator.locator(f"#ticket-{number}")
    expect(row).to_contain_text(SUBJECT)
    expect(coordinator.locator(f".hd-toast[data-ticket='{number}']")).to_have_count(1)

    toast.get_by_role("link", name="Open").click()
    worker.wait_for_url(f"**/tickets/{number}*")
    worker.locator("[data-hd-move=take]").first.click()
    expect(worker.locator("[data-hd-move=release]").first).to_be_visible()
    expect(row.locator("[data-hd-move=take]")).to_have_count(0)
    expect(row).to_have_attribute("data-version", "2")
    worker.locator("[data-hd-move=complete]").first.click()
    expect(worker.locator("[data-hd-move=reopen]").first).to_be_visible()
    expect(row).to_have_attribute("data-version", "3")

    # the author hears that it is done; the actor hears nothing of his own doing
    expect(operator.locator(f".hd-toast[data-ticket='{number}']").first).to_be_visible()
    expect(worker.locator(f".hd-toast[data-ticket='{number}']")).to_have_count(0)
    # the colleague has heard and seen nothing, and asking for it answers as if it did not exist
    expect(colleague.locator(f"#ticket-{number}")).to_have_count(0)
    expect(colleague.locator(f".hd-toast[data-ticket='{number}']")).to_have_count(0)
    answer = colleague.goto(f"{live_server.url}/tickets/{number}")
    assert answer is not None
    assert answer.status == 404
    assert SUBJECT not in colleague.content()

    assert kinds_of(live_server, number) == ["ticket.created", "ticket.taken", "ticket.completed"]
    with live_server.app.app_context():
        ticket = db.session.get_one(Ticket, number)
        assert (ticket.state, ticket.done_by_id) == ("done", firm.people["worker"])
        assert ticket.author_id == firm.people["operator"]
    expect.set_options(timeout=5_000)
