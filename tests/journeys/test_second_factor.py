"""The second factor and "sign out everywhere" in real browsers, with their sockets."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator

import pyotp
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from sqlalchemy.orm import Session
from werkzeug.security import generate_password_hash

from app.extensions import db
from app.security.second_factor import STEP
from models import SecondFactor, Staff
from tests.support.factories import make_department, make_user
from tests.support.live import LiveServer

PASSWORD = "correct horse battery"
Enter = Callable[[], Page]


@pytest.fixture
def session(live_server: LiveServer) -> Iterator[Session]:
    """The live server's database."""
    with live_server.app.app_context():
        yield db.session()
        db.session.remove()


@pytest.fixture
def person(session: Session) -> Staff:
    """Somebody with a password."""
    person = make_user(session, employee_of=[make_department(session)])
    person.password = generate_password_hash(PASSWORD, method="pbkdf2:sha256:1000")
    session.commit()
    return person


@pytest.fixture
def new_browser(browser: Browser, live_server: LiveServer) -> Iterator[Enter]:
    """Browsers in which nobody has signed in yet."""
    contexts: list[BrowserContext] = []

    def start() -> Page:
        contexts.append(browser.new_context(base_url=live_server.url))
        return contexts[-1].new_page()

    yield start
    for context in contexts:
        context.close()


def type_password(page: Page, person: Staff) -> None:
    """The first step of signing in."""
    page.goto("/login/")
    page.locator("#username").fill(person.username)
    page.locator("#password").fill(PASSWORD)
    page.locator("form[name=login] button[type=submit]").click()


def type_code(page: Page, code: str) -> None:
    """The second step; the page speaks the browser's language still."""
    page.locator("#code").fill(code)
    page.locator(".hd-card button[type=submit]").click()


def free_code(session: Session, person: Staff, secret: str) -> str:
    """A code that was not taken yet: of the next half minute, which the clock's allowance covers."""
    session.rollback()
    taken = session.get_one(SecondFactor, person.id).last_step
    return pyotp.TOTP(secret).generate_otp(max(int(time.time()) // STEP, taken + 1))


def test_person_enrols_and_signs_in_with_the_code(
    session: Session, person: Staff, new_browser: Enter
) -> None:
    page = new_browser()
    type_password(page, person)
    page.goto("/settings/")
    page.get_by_role("link", name="Set up").click()
    expect(page.locator(".hd-qr svg")).to_be_visible()
    secret = re.sub(r"\s", "", page.locator(".hd-secret").inner_text())
    page.get_by_label("Code", exact=True).fill(pyotp.TOTP(secret).now())
    page.get_by_role("button", name="Switch on").click()
    codes = page.locator(".hd-codes code")
    expect(codes).to_have_count(10)
    recovery = codes.first.inner_text()
    page.get_by_role("link", name="I have kept them").click()
    page.wait_for_selector('body[data-live="on"]')

    page.locator(".hd-me-button").click()
    page.get_by_role("button", name="Sign out").click()
    type_password(page, person)
    expect(page).to_have_url(re.compile("/login/code$"))
    type_code(page, "000")
    expect(page.locator(".hd-flashes .hd-notice-danger")).to_be_visible()
    type_code(page, free_code(session, person, secret))
    page.wait_for_selector('body[data-live="on"]')

    other = new_browser()
    type_password(other, person)
    type_code(other, recovery)
    other.wait_for_selector('body[data-live="on"]')
    other.goto("/settings/")
    expect(other.get_by_text("9 recovery codes are left")).to_be_visible()


def test_second_browser_and_its_socket_are_out_after_signing_out_everywhere_else(
    person: Staff, new_browser: Enter
) -> None:
    here, other = new_browser(), new_browser()
    for page in (here, other):
        type_password(page, person)
        page.wait_for_selector('body[data-live="on"]')
    here.goto("/settings/")
    expect(here.locator("#sessions .hd-lines li")).to_have_count(2)
    here.get_by_role("button", name="Sign out everywhere else").click()
    expect(here.get_by_text("You are signed out everywhere else.")).to_be_visible()
    expect(here.locator("#sessions .hd-lines li")).to_have_count(1)
    # the other page hears nothing more, and its next address asks who is there
    other.wait_for_selector('body:not([data-live="on"])')
    other.goto("/tickets/inbox")
    expect(other).to_have_url(re.compile("/login/"))
    here.wait_for_selector('body[data-live="on"]')
