"""A phone book in a real browser: dropped, watched, looked at, applied; then its number is found."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from app.extensions import db
from models import Staff
from tests.support.factories import make_client, make_department, make_user
from tests.support.live import LiveServer

PATIENCE = 60_000  # ms: a worker of a loaded machine starts, reads, joins
NAMES = ("Ткаченко Оксана Іванівна", "Лисенко Марія Петрівна", "Гнатюк Андрій Олегович")
BOOK = "ПІБ;Телефон;Кабінет\r\n" + "".join(
    f"{name};7-{n}1{n};{100 + n}\r\n" for n, name in enumerate(NAMES, start=1)
)


@pytest.fixture
def page(live_server: LiveServer, browser: Browser) -> Iterator[Page]:
    """A coordinator's page beside a client base that has no numbers yet."""
    with live_server.app.app_context():
        session = db.session()
        boss = make_user(session, "boss", coordinator_of=[make_department(session)])
        for name in NAMES:
            make_client(session, name)
        session.commit()
        cookie = live_server.cookie(session.get_one(Staff, boss.id))
        db.session.remove()
    context = browser.new_context(viewport={"width": 1366, "height": 768})
    context.add_cookies([cookie])  # type: ignore[list-item]  # a cookie's dictionary
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    expect.set_options(timeout=PATIENCE)
    yield page
    expect.set_options(timeout=5_000)
    context.close()


def test_coordinator_imports_a_book_and_finds_its_number(
    live_server: LiveServer, page: Page, tmp_path: Path
) -> None:
    path = tmp_path / "Телефони 2026.csv"
    path.write_bytes(BOOK.encode("windows-1251"))
    page.goto(f"{live_server.url}/client-base/imports")
    page.locator("[data-hd-upload]").evaluate("element => { element.dataset.most = 10 }")
    page.locator("#book").set_input_files(path)
    expect(page.locator("#book-error")).to_be_visible()
    page.get_by_role("button", name="Read the book").click()
    expect(page.locator("#book")).to_be_focused()
    assert page.url.endswith("/client-base/imports")

    page.locator("[data-hd-upload]").evaluate("element => { element.dataset.most = 1e6 }")
    with page.expect_file_chooser() as chooser:  # the same file again, as if it had been saved anew
        page.locator("#book").click()
    chooser.value.set_files(path)
    expect(page.locator("#book-error")).to_be_hidden()
    page.get_by_role("button", name="Read the book").click()
    page.wait_for_url("**/client-base/imports/*")
    expect(page.get_by_role("button", name="Apply")).to_be_visible()
    expect(page.locator(".hd-tiles dd").first).to_have_text("3")
    expect(page.locator("main")).to_contain_text("windows-1251")
    expect(page.locator("main")).to_contain_text("Телефони 2026.csv")

    page.get_by_role("button", name="Apply").click()
    expect(page.locator(".hd-notice-done")).to_contain_text("3 clients have changed.")
    page.goto(f"{live_server.url}/clients/?q=7212")
    expect(page.locator("#clients tbody tr")).to_have_count(1)
    expect(page.locator("#clients")).to_contain_text(NAMES[1])
