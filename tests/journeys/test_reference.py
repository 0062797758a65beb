"""FAB's screens in a real browser: filters, and nothing deleted before the question is answered."""

from __future__ import annotations

from playwright.sync_api import Browser, expect

from app.extensions import db
from models import Department
from tests.support.factories import make_department, make_user
from tests.support.live import LiveServer


def test_administrator_deletes_a_record_only_after_the_question(
    live_server: LiveServer, browser: Browser
) -> None:
    with live_server.app.app_context():
        for number in range(12):
            make_department(db.session(), f"Department {number:02}")
        deleter = make_user(db.session(), "deleter", administrator=True)
        db.session.commit()
        cookie = live_server.cookie(deleter)
        db.session.remove()
    context = browser.new_context(viewport={"width": 1366, "height": 800})
    context.add_cookies([cookie])  # type: ignore[list-item]  # a cookie's dictionary
    page = context.new_page()
    page.goto(f"{live_server.url}/departments/list/?_flt_1_name=11")
    rows = page.locator("tbody tr")
    expect(rows).to_have_count(1)
    expect(page.locator(".hd-filter input")).to_have_value("11")
    rows.locator("form button").click()
    page.locator("#hd-confirm button[value=no]").click()
    expect(rows).to_have_count(1)
    rows.locator("form button").click()
    with page.expect_navigation():
        page.locator("#hd-confirm button[value=yes]").click()
    page.goto(f"{live_server.url}/departments/list/")
    page.keyboard.press("?")
    expect(page.locator("#hd-keys")).to_be_visible()
    context.close()
    with live_server.app.app_context():
        assert db.session.query(Department).count() == 11
        db.session.remove()
