"""White list → first login → letter → link → new password → inside: a real browser and a real mail server."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser, Page, expect

from app.extensions import db
from tests.support.databases import Place
from tests.support.factories import make_department, make_user
from tests.support.invitations import PASSWORD, make_person
from tests.support.live import LiveServer, start_live_server
from tests.support.mail import SENDER, MailServer, mail_server


@pytest.fixture
def mail() -> Iterator[MailServer]:
    with mail_server() as server:
        yield server


@pytest.fixture
def live(place: Place, mail: MailServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[LiveServer]:
    """A whole helpdesk that knows this mail server."""
    from app.factory import create_app

    application: Flask = create_app(place.settings(place.new_database("postgres")))
    application.extensions["redis"].flushdb()
    settings = {
        "HELPDESK_SMTP_URL": f"smtp://127.0.0.1:{mail.port}",
        "HELPDESK_MAIL_FROM": SENDER,
        "HELPDESK_URL": "https://helpdesk.corp.example",
        "HELPDESK_HTTPS": "0",  # no proxy stands before the test
        "HELPDESK_LANGUAGE": "en",
    }
    for name, value in settings.items():
        monkeypatch.setitem(os.environ, name, value)
    server = start_live_server(place, application)
    yield server
    server.stop()
    with application.app_context():
        db.engine.dispose()


def axe_faults(page: Page) -> str:
    """What WCAG finds wrong with the page."""
    found = Axe().run(page, options={"resultTypes": ["violations"]})
    return str(found.generate_report()) if found.violations_count else ""


def test_person_of_the_white_list_comes_in(live: LiveServer, mail: MailServer, browser: Browser) -> None:
    with live.app.app_context():
        admin = make_user(db.session(), "boss", administrator=True)
        make_department(db.session(), "Servicedesk")
        make_person(db.session(), "olena")
        db.session.commit()
        cookie = live.cookie(admin)
        db.session.remove()
    office = browser.new_context(viewport={"width": 1366, "height": 900})
    office.add_cookies([cookie])  # type: ignore[list-item]  # a cookie's dictionary
    page = office.new_page()
    page.goto(f"{live.url}/access/white-list/")
    page.get_by_label("Logins, e-mails or *@domain").fill("*@corp.example")
    page.get_by_label("Department", exact=True).select_option(label="Servicedesk")
    page.get_by_role("button", name="Add to the list").click()
    expect(page.get_by_text("1 line added.")).to_be_visible()
    expect(page.get_by_role("cell", name="*@corp.example", exact=True)).to_be_visible()
    assert axe_faults(page) == ""

    home = browser.new_context(viewport={"width": 390, "height": 800}, locale="en")
    newcomer = home.new_page()
    newcomer.goto(f"{live.url}/login/")
    newcomer.locator("button[name=locale][value=en]").click()
    newcomer.get_by_role("link", name="First login").click()
    newcomer.get_by_label("Login").fill("olena")
    assert axe_faults(newcomer) == ""
    newcomer.get_by_role("button", name="Send me the letter").click()
    expect(newcomer.get_by_text("If this login is on the list")).to_be_visible()
    letter = mail.wait()
    assert letter.recipients == ["olena@corp.example"]
    assert letter.link.startswith("https://helpdesk.corp.example/first-login/")
    newcomer.goto(f"{live.url}/first-login/{letter.token}")
    newcomer.get_by_label("Temporary password").fill("wrong")
    newcomer.locator("#password").fill(PASSWORD)
    newcomer.locator("#repeated").fill(PASSWORD)
    newcomer.get_by_role("button", name="Save and sign in").click()
    expect(newcomer.locator("#temporary-error")).to_be_visible()
    assert axe_faults(newcomer) == ""
    newcomer.get_by_label("Temporary password").fill(letter.password)
    newcomer.locator("#password").fill(PASSWORD)
    newcomer.locator("#repeated").fill(PASSWORD)
    newcomer.get_by_role("button", name="Save and sign in").click()
    newcomer.wait_for_url(f"{live.url}/")
    newcomer.goto(f"{live.url}/tickets/inbox")
    expect(newcomer.locator("main")).to_be_visible()
    # the letter is used up
    again = browser.new_context().new_page()
    again.goto(f"{live.url}/first-login/{letter.token}")
    expect(again.locator("a[href='/first-login/']")).to_be_visible()
    assert axe_faults(again) == ""
    page.reload()
    expect(page.get_by_role("link", name="Олена Ткаченко")).to_be_visible()
    assert letter.token not in Path(live.log).read_text()
    for context in (office, home, again.context):
        context.close()
