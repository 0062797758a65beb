"""A phone book joined in a real browser: one key a row, or the mouse, or no script at all."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any
from urllib.request import urlopen

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from app.extensions import db
from models import BookRow, Client, Staff
from tests.support.books import make_book, make_known, make_row
from tests.support.desk import COUNT_KEYS, PATIENCE
from tests.support.factories import make_client, make_user
from tests.support.live import LiveServer

ROWS = 8
_works = itertools.count()  # one database for all tests: whom to search for has a name of his own
QUIET = 250  # ms: the page takes no key for a moment after a row has come


class Work:
    """A manager with a fresh book of doubtful rows, each with the same two candidates."""

    def __init__(self, live: LiveServer, browser: Browser) -> None:
        self.live, self.browser = live, browser
        with live.app.app_context():
            session = db.session()
            first = make_known(session, "Ткаченко Олена Василівна", phones=["2-34"])
            second = make_known(session, "Ткаченко Ольга")
            self.surname = f"Мороз{'абвгґдежзик'[next(_works)]}"
            self.other = make_client(session, f"{self.surname} Ганна").id
            book = make_book(session)
            rows = [
                make_row(session, book, f"Ткаченко {letter}.", candidates=[first, second], phones=["2-34"])
                for letter in "АБВГДЕЖЗ"
            ]
            manager = make_user(session, administrator=True)
            session.commit()
            self.first, self.second = first.id, second.id
            self.rows, self.manager = [row.id for row in rows], manager.id
            db.session.remove()

    def open(self, width: int = 1366, height: int = 768, **options: Any) -> Page:
        """The bench in a browser of the manager's own."""
        context = self.browser.new_context(viewport={"width": width, "height": height}, **options)
        with self.live.app.app_context():
            cookie: Any = self.live.cookie(db.session.get_one(Staff, self.manager))
            context.add_cookies([cookie])
        context.add_init_script(COUNT_KEYS)
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        page.goto(f"{self.live.url}/client-base/")
        return page

    def stands(self, number: int) -> tuple[str, int | None]:
        """What is stored of the row."""
        with self.live.app.app_context():
            row = db.session.get_one(BookRow, self.rows[number])
            return row.standing, row.client_id


@pytest.fixture
def work(live_server: LiveServer, browser: Browser) -> Iterator[Work]:
    urlopen(f"{live_server.url}/login/", timeout=60).close()  # the first page waits for the program to load
    expect.set_options(timeout=PATIENCE)
    yield Work(live_server, browser)
    expect.set_options(timeout=5_000)
    for context in browser.contexts:
        context.close()


def opened(page: Page, letter: str) -> None:
    """Wait for the row, and until keys are taken again."""
    expect(page.locator("#bench-name")).to_have_text(f"Ткаченко {letter}.")
    page.wait_for_timeout(QUIET)


def test_whole_book_is_decided_with_one_key_a_row(work: Work) -> None:
    page = work.open()
    opened(page, "А")
    page.keyboard.press("Enter")
    opened(page, "Б")
    expect(page.locator("#bench-name")).to_be_focused()
    expect(page.locator("#hd-said")).to_have_text("“Ткаченко А.” is Ткаченко Олена Василівна.")
    page.keyboard.press("2")
    opened(page, "В")
    page.keyboard.press("n")
    opened(page, "Г")
    page.keyboard.press("l")
    opened(page, "Д")
    page.keyboard.press("r")
    expect(page.locator(".is-refused")).to_have_count(1)
    opened(page, "Д")
    page.keyboard.press("a")
    opened(page, "Е")
    page.keyboard.press("u")
    opened(page, "Д")
    expect(page.locator(".is-refused")).to_have_count(0)
    expect(page.locator(".hd-bench-progress")).to_contain_text("4 of 8 decided")
    page.keyboard.press("ArrowDown")
    opened(page, "Е")
    page.keyboard.press("k")
    opened(page, "Д")
    page.keyboard.press("j")
    opened(page, "Е")
    page.keyboard.press("s")
    expect(page.locator("#who")).to_be_focused()
    page.keyboard.insert_text(work.surname)
    expect(page.locator("[role=option]")).to_have_count(1)
    page.keyboard.press("Enter")
    opened(page, "Ж")
    assert page.evaluate("sessionStorage.getItem('mouse')") is None
    assert [work.stands(number) for number in (0, 1, 5)] == [
        ("linked", work.first),
        ("linked", work.second),
        ("linked", work.other),
    ]
    assert [work.stands(number) for number in (3, 4)] == [("left", None), ("doubtful", None)]
    standing, made = work.stands(2)
    assert standing == "created"
    with work.live.app.app_context():
        assert db.session.get_one(Client, made).full_name == "Ткаченко В."


def test_key_held_down_or_typed_into_the_search_decides_nothing(work: Work) -> None:
    page = work.open()
    opened(page, "А")
    page.keyboard.down("l")
    page.keyboard.down("l")
    page.keyboard.down("l")
    page.keyboard.up("l")
    opened(page, "Б")
    page.locator("#who").focus()
    page.keyboard.type("nlrau12")
    opened(page, "Б")
    assert [work.stands(number)[0] for number in range(3)] == ["left", "doubtful", "doubtful"]


def test_letters_switched_off_leave_enter_and_arrows(work: Work) -> None:
    page = work.open()
    opened(page, "А")
    page.evaluate("document.body.dataset.letterKeys = 'off'")
    for key in ("l", "n", "r", "2", "a", "j"):
        page.keyboard.press(key)
    opened(page, "А")
    page.keyboard.press("ArrowDown")
    opened(page, "Б")
    page.keyboard.press("Enter")
    opened(page, "В")
    assert work.stands(0)[0] == "doubtful"
    assert work.stands(1) == ("linked", work.first)


def test_mouse_decides_opens_and_takes_back(work: Work) -> None:
    page = work.open()
    opened(page, "А")
    page.get_by_role("button", name="It is Ткаченко Ольга").click()
    opened(page, "Б")
    page.get_by_role("button", name="Undo").click()
    opened(page, "А")
    page.get_by_role("link", name="Ткаченко З.").click()
    opened(page, "З")
    page.get_by_role("button", name="Nobody’s").click()
    opened(page, "А")
    page.get_by_role("link", name="Only in the book").click()
    page.get_by_role("link", name="Nobody’s 1").click()
    opened(page, "З")
    page.get_by_role("button", name="Open again").click()
    opened(page, "З")
    expect(page.locator(".hd-bench-state")).to_contain_text("doubtful")
    assert {work.stands(number)[0] for number in range(ROWS)} == {"doubtful"}


def test_decision_of_a_colleague_meanwhile_is_told_and_the_row_shown_anew(work: Work) -> None:
    page, late = work.open(), work.open()
    opened(page, "А")
    opened(late, "А")
    page.keyboard.press("2")
    opened(page, "Б")
    late.keyboard.press("Enter")
    expect(late.locator("[data-hd-problem]")).to_contain_text("Somebody has decided about this row meanwhile")
    expect(late.locator(".hd-bench-state")).to_contain_text("joined")
    opened(late, "А")
    assert work.stands(0) == ("linked", work.second)


def test_without_scripts_every_button_is_a_form(work: Work) -> None:
    page = work.open(java_script_enabled=False)
    page.get_by_role("button", name="It is Ткаченко Олена Василівна").click()
    expect(page.locator("#bench-name")).to_have_text("Ткаченко Б.")
    page.locator("#who").fill(work.surname)
    page.locator("#who").press("Enter")
    page.get_by_role("button", name=f"It is {work.surname} Ганна").click()
    expect(page.locator("#bench-name")).to_have_text("Ткаченко В.")
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("#bench-name")).to_have_text("Ткаченко Б.")
    assert work.stands(0) == ("linked", work.first)
    assert work.stands(1) == ("doubtful", None)


@pytest.mark.parametrize(("width", "height"), [(1366, 768), (390, 844)])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_bench_after_decisions_is_accessible_and_fits(
    work: Work, width: int, height: int, theme: str
) -> None:
    page = work.open(width, height, color_scheme=theme)
    opened(page, "А")
    page.keyboard.press("r")
    expect(page.locator(".is-refused")).to_have_count(1)
    page.locator("#who").fill("ткач")
    expect(page.locator("[role=option]").first).to_be_visible()
    found = Axe().run(page, options={"resultTypes": ["violations"]})
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), "scrolls sideways"
