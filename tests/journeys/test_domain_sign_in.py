"""Somebody of a real Active Directory signs in in a browser, and gets what his group gives."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.request import urlopen

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from sqlalchemy.orm import Session

from app.extensions import db
from app.services.domain_leavers import show_out
from models import Staff
from tests.support.domain import PASSWORD, DomainPerson, make_domain_user, new_person, set_directory
from tests.support.factories import make_department, make_ticket, make_user
from tests.support.live import LiveServer
from tests.support.samba import Samba

PATIENCE = 30_000  # ms; a loaded machine is slow, never wrong
SUBJECT = "The lamp hums"
Enter = Callable[..., Page]
pytestmark = pytest.mark.timeout(240)


@dataclass
class Office:
    """A ticket of a department, a domain user who is in none, an administrator, a group without members."""

    session: Session
    boss: Staff
    person: DomainPerson
    group: str
    group_dn: str


@pytest.fixture
def office(live_server: LiveServer, samba: Samba) -> Iterator[Office]:
    """In the live server's database; its directory is Samba."""
    urlopen(f"{live_server.url}/login/", timeout=60).close()  # the first page waits for the program to load
    with live_server.app.app_context():
        session = db.session()
        desk = make_department(session, "Lighting")
        boss = make_user(session, administrator=True, locale="en")
        make_ticket(session, author=boss, department=desk, subject=SUBJECT)
        set_directory(session, samba.settings())
        person = new_person(samba)
        make_domain_user(session, person, locale="en")
        group = f"Lamps {person.login}"
        yield Office(session, boss, person, group, samba.add_group(group, []))
        db.session.remove()


@pytest.fixture
def enter(browser: Browser, live_server: LiveServer) -> Iterator[Enter]:
    """Browsers of their own; of somebody who is in already, or of a visitor."""
    contexts: list[BrowserContext] = []

    def start(user: Staff | None = None) -> Page:
        contexts.append(browser.new_context(base_url=live_server.url, locale="en-GB"))
        contexts[-1].set_default_timeout(PATIENCE)
        if user is not None:
            contexts[-1].add_cookies([live_server.cookie(user)])  # type: ignore[list-item]  # playwright's own TypedDict
        return contexts[-1].new_page()

    yield start
    for context in contexts:
        context.close()


def sign_in(page: Page, login: str, password: str) -> None:
    """Type both and send them."""
    page.goto("/login/")
    page.locator("#username").fill(login)
    page.locator("#password").fill(password)
    page.locator("form[name=login] button[type=submit]").click()


def test_domain_user_signs_in_and_gets_at_the_next_sign_in_what_his_group_gives(
    office: Office, samba: Samba, enter: Enter
) -> None:
    page, login = enter(), office.person.login
    sign_in(page, login, "wrong")
    expect(page.locator(".hd-flashes .hd-notice-danger")).to_be_visible(timeout=PATIENCE)
    expect(page.locator("#username")).to_have_value(login)
    sign_in(page, f"FIRM\\{login}", PASSWORD)
    page.wait_for_selector('body[data-live="on"]')
    page.goto("/tickets/inbox")
    expect(page.get_by_text(SUBJECT)).to_have_count(0)

    boss = enter(office.boss)
    boss.goto("/access/groups/")
    boss.get_by_label("Group", exact=True).fill("Nobody knows it")
    boss.get_by_label("Gives").select_option(label="Lighting: Employee")
    boss.get_by_role("button", name="Add").click()
    expect(boss.locator("[data-hd-errors]")).to_contain_text("has no group", timeout=PATIENCE)
    boss.get_by_label("Group", exact=True).fill(office.group)
    boss.get_by_role("button", name="Add").click()
    expect(boss.locator("tbody tr")).to_contain_text([office.group], timeout=PATIENCE)
    expect(boss.locator("tbody tr")).to_contain_text(["Lighting: Employee"])

    samba.join(office.group_dn, office.person.dn)
    page.locator(".hd-me-button").click()
    page.get_by_role("button", name="Sign out").click()
    sign_in(page, login, PASSWORD)
    page.wait_for_selector('body[data-live="on"]')
    page.goto("/tickets/inbox")
    expect(page.get_by_text(SUBJECT)).not_to_have_count(0, timeout=PATIENCE)

    samba.change(office.person.dn, userAccountControl="514")
    show_out(office.session)
    page.wait_for_selector('body:not([data-live="on"])')
    page.goto("/tickets/inbox")
    expect(page).to_have_url(re.compile("/login/"))
    sign_in(page, login, PASSWORD)
    expect(page.locator(".hd-flashes .hd-notice-danger")).to_be_visible(timeout=PATIENCE)
