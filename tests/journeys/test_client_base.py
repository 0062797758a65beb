"""The client base in a real browser: two clients become one and two again; a correction gets its yes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.request import urlopen

import pytest
from playwright.sync_api import Browser, Page, expect

from app.extensions import db
from app.services.corrections import ask_correction
from app.services.runs import finish_run, start_run
from app.services.telling import add_people
from models import Client, RunKind, Source, Staff
from tests.support.factories import actor_of, make_client, make_department, make_ticket, make_user
from tests.support.grid import employees_may_not_edit_clients
from tests.support.live import LiveServer

PATIENCE = 20_000  # ms; a loaded machine is slow, never wrong
pytestmark = pytest.mark.timeout(240)


@dataclass(frozen=True)
class Base:
    """Numbers by name."""

    boss: int
    known: int
    double: int
    list: int


@pytest.fixture(scope="module")
def base(live_server: LiveServer) -> Base:
    """A coordinator, one person who is written down twice with a ticket, a list that was imported."""
    urlopen(f"{live_server.url}/login/", timeout=60).close()  # the first page waits for the program to load
    with live_server.app.app_context():
        session = db.session()
        desk = make_department(session, "Desk")
        boss = make_user(session, "boss", coordinator_of=[desk])
        asker = make_user(session, "asker", employee_of=[desk])
        known = make_client(session, "Ткаченко Олена Василівна", login="tkachenko", room="214")
        double = make_client(session, "Кравець Олена", phones=["2-34"])
        make_ticket(session, author=boss, department=desk, client=double, subject="The lamp hums")
        double.tickets_count = 1
        with employees_may_not_edit_clients():
            changes = {"room": "301", "phones": ["7-77"]}
            ask_correction(session, known.id, changes, actor=actor_of(session, asker))
        run = start_run(session, RunKind.LIST, title="people.csv", actor=actor_of(session, boss))
        names = [{"full_name": f"Нова Людина {number}"} for number in range(3)]
        add_people(session, names, source=Source.LIST, run=run)
        finish_run(session, run, counts={"created": 3})
        session.commit()
        found = Base(boss.id, known.id, double.id, run.id)
        db.session.remove()
        return found


def open_page(live: LiveServer, base: Base, browser: Browser, path: str) -> Page:
    """The coordinator's page at a path."""
    context = browser.new_context(viewport={"width": 1366, "height": 768})
    with live.app.app_context():
        cookie: Any = live.cookie(db.session.get_one(Staff, base.boss))
        context.add_cookies([cookie])
        db.session.remove()
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    page.goto(live.url + path)
    return page


def test_coordinator_merges_two_clients_and_parts_them_again(
    live_server: LiveServer, base: Base, browser: Browser
) -> None:
    page = open_page(live_server, base, browser, f"/clients/{base.double}")
    expect(page.locator(".hd-mini")).to_contain_text("The lamp hums")
    page.get_by_role("link", name="Merge with…").click()
    page.locator("#who").press_sequentially("ткач")
    page.locator(f"#hit-{base.known}").click()
    expect(page.get_by_text("Ткаченко Олена Василівна stays and gets")).to_be_visible()
    page.get_by_role("button", name="Merge").click()
    page.wait_for_url(f"**/clients/{base.known}")
    expect(page.locator("#hd-flashes")).to_contain_text("Merged into Ткаченко Олена Василівна")
    expect(page.locator(".hd-mini").first).to_contain_text("The lamp hums")
    expect(page.locator(".hd-facts").first).to_contain_text("2-34")
    page.goto(f"{live_server.url}/clients/{base.double}")
    page.wait_for_url(f"**/clients/{base.known}")
    expect(page.locator("#hd-flashes")).to_contain_text("Кравець Олена was merged into this client.")
    page.get_by_role("button", name="Un-merge").click()
    expect(page.locator("#hd-flashes")).to_contain_text("1 client parted again")
    expect(page.get_by_text("No tickets to show")).to_be_visible()
    page.goto(f"{live_server.url}/clients/{base.double}")
    expect(page.locator(".hd-mini").first).to_contain_text("The lamp hums")
    page.context.close()


def test_coordinator_says_yes_and_no_with_two_keys(
    live_server: LiveServer, base: Base, browser: Browser
) -> None:
    page = open_page(live_server, base, browser, f"/clients/{base.known}")
    page.get_by_role("link", name="2 corrections wait").click()
    rows = page.locator(".hd-correction")
    expect(rows).to_have_count(2)
    page.keyboard.press("n")  # phones
    expect(rows.nth(0)).to_contain_text("refused")
    page.keyboard.press("y")  # room
    expect(rows.nth(1)).to_contain_text("accepted")
    expect(rows.get_by_role("button")).to_have_count(0)
    page.context.close()
    with live_server.app.app_context():
        client = db.session.get_one(Client, base.known)
        assert (client.room, client.phone) == ("301", "")
        db.session.remove()


def test_coordinator_takes_a_list_back_after_the_question(
    live_server: LiveServer, base: Base, browser: Browser
) -> None:
    page = open_page(live_server, base, browser, f"/client-base/runs/{base.list}")
    page.get_by_role("button", name="Take back…").click()
    question = page.get_by_role("dialog")
    expect(question).to_contain_text("3 clients whom this run made are taken out.")
    question.get_by_role("button", name="Leave it as it is").click()
    expect(question).to_be_hidden()
    page.get_by_role("button", name="Take back…").click()
    question.get_by_role("button", name="Take back").click()
    expect(page.locator("#hd-flashes")).to_contain_text("3 clients taken out")
    expect(page.get_by_text("This run was taken back.")).to_be_visible()
    page.context.close()
