"""A telephone call in a real browser: few keys, no mouse, no word lost."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Route, expect

from models import Call, Client, Ticket
from tests.support.desk import PATIENCE, Desk, open_firm
from tests.support.live import LiveServer

MOST_KEYS = 8


@pytest.fixture(scope="module")
def firm(live_server: LiveServer) -> int:
    return open_firm(live_server)


@pytest.fixture
def desk(live_server: LiveServer, firm: int, browser: Browser) -> Iterator[Desk]:
    expect.set_options(timeout=PATIENCE)
    yield Desk(live_server, firm, browser)
    expect.set_options(timeout=5_000)
    for context in browser.contexts:
        context.close()


def saved_number(page: Page) -> int:
    page.wait_for_url("**/saved")
    return int(page.locator("[data-hd-said-number]").get_attribute("data-hd-said-number") or 0)


def choose(page: Page, query: str) -> None:
    """Type into the focused box, wait for the hits, take the first, wait for the card."""
    page.keyboard.type(query)
    expect(page.locator("[role=option]").first).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.locator("#subject")).to_be_focused()
    expect(page.locator("[data-hd-client]")).to_be_visible()


def spent(page: Page, typed: str) -> int:
    """Keys pressed beside the characters typed."""
    assert page.evaluate("sessionStorage.getItem('mouse')") is None
    return int(page.evaluate("Number(sessionStorage.getItem('keys'))")) - len(typed)


def test_operator_writes_a_known_client_down_with_few_keys(desk: Desk) -> None:
    page = desk.open("/clients/")
    page.keyboard.press("n")
    page.wait_for_url("**/tickets/new")
    expect(page.locator("#who")).to_be_focused()
    choose(page, "234")
    expect(page.locator("[data-hd-chosen]")).to_have_text("Ткаченко Оксана")
    page.keyboard.type("printer jams")
    page.keyboard.press("Control+Enter")
    number = saved_number(page)
    assert spent(page, "234printer jams") <= MOST_KEYS
    assert desk.count(Ticket, id=number, subject="printer jams") == 1


def test_operator_without_a_habit_needs_few_keys_for_any_department(desk: Desk) -> None:
    page = desk.open(operator_id=desk.new_operator())
    choose(page, "234")
    page.keyboard.type("printer jams")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    for _step in range(3):
        page.keyboard.press("ArrowRight")
    expect(page.locator("[name=department_id]:checked + label")).to_have_text("Team 3")
    page.keyboard.press("Control+Enter")
    saved_number(page)
    assert spent(page, "234printer jams") <= MOST_KEYS


def test_hasty_enter_waits_for_the_only_hit(desk: Desk) -> None:
    page = desk.open()
    page.keyboard.type("tkachenko")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    expect(page.locator("[data-hd-chosen]")).to_have_text("Ткаченко Оксана")
    assert page.url.endswith("/tickets/new")


def test_hasty_enter_never_chooses_between_several(desk: Desk) -> None:
    page = desk.open()
    page.keyboard.insert_text("ли")
    page.keyboard.press("Enter")
    expect(page.locator("[role=option][data-id]")).to_have_count(2)
    expect(page.locator("#who")).to_be_focused()
    page.keyboard.press("ArrowDown")
    second = page.locator("[role=option]").nth(1)
    expect(second).to_have_attribute("aria-selected", "true")
    expect(page.locator("#who")).to_have_attribute("aria-activedescendant", second.get_attribute("id") or "")
    page.keyboard.press("Enter")
    expect(page.locator("[data-hd-chosen]")).to_have_text(second.get_attribute("data-name") or "")


def test_late_answer_never_replaces_a_newer_one(desk: Desk) -> None:
    page = desk.open()
    held: list[Route] = []
    page.route("**/clients/lookup?q=5-6", lambda route: held.append(route))
    page.keyboard.type("5-6", delay=10)
    deadline = time.monotonic() + 5
    while not held and time.monotonic() < deadline:
        page.wait_for_timeout(20)
    assert held
    page.keyboard.type("8")
    expect(page.locator("[role=option][data-id]")).to_have_attribute("data-name", "Литвин Іван")
    held[0].abort()
    page.wait_for_timeout(200)
    expect(page.locator("[role=option][data-id]")).to_have_attribute("data-name", "Литвин Іван")
    expect(page.locator("#hd-flashes .hd-notice")).to_have_count(0)


def test_new_client_is_written_inside_the_same_form(desk: Desk) -> None:
    page = desk.open()
    page.keyboard.type("99-87")
    expect(page.locator("#hit-new")).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Enter")
    expect(page.locator("#full_name")).to_be_focused()
    expect(page.locator("#phone")).to_have_value("99-87")
    page.keyboard.insert_text("Мороз Ганна")
    page.locator("#subject").fill("no network")
    page.keyboard.press("Control+Enter")
    saved_number(page)
    assert desk.count(Client, full_name="Мороз Ганна", tickets_count=1) == 1


def test_errors_keep_the_text_and_get_the_focus(desk: Desk) -> None:
    page = desk.open(operator_id=desk.new_operator())
    choose(page, "234")
    page.locator("#body").fill("It happened twice")
    page.keyboard.press("Control+Enter")
    expect(page.locator("[data-hd-errors]")).to_be_focused()
    expect(page.locator("#body")).to_have_value("It happened twice")
    expect(page.locator("[data-hd-client]")).to_be_visible()
    page.locator("[data-hd-errors] a").first.click()
    expect(page.locator("#department")).to_be_focused()


def test_person_chosen_first_brings_his_department(desk: Desk) -> None:
    page = desk.open(operator_id=desk.new_operator())
    choose(page, "234")
    page.locator("select#people").select_option(label="Worker1 Tester · 0 in work")
    expect(page.locator("[name=department_id]:checked + label")).to_have_text("Team 1")
    expect(page.locator("[name=assignee_id]:checked + label")).to_contain_text("Worker1 Tester")
    expect(page.locator("[data-hd-seen]")).to_have_text("Seen by this person and the coordinators")
    page.locator("label[for=people]").click()
    expect(page.locator("[data-hd-seen]")).to_have_text("The whole department sees it: 3 people")


def test_escape_goes_to_another_client_and_keeps_the_text(desk: Desk) -> None:
    page = desk.open()
    choose(page, "234")
    page.keyboard.type("printer jams")
    page.keyboard.press("Escape")
    expect(page.locator("#who")).to_be_focused()
    choose(page, "567")
    expect(page.locator("[data-hd-chosen]")).to_have_text("Лисенко Марія")
    expect(page.locator("#subject")).to_have_value("printer jams")


def test_alt_enter_counts_a_call_and_is_ready_for_the_next(desk: Desk) -> None:
    page = desk.open()
    choose(page, "567")
    page.keyboard.type("forgot the password")
    page.keyboard.press("Alt+Enter")
    expect(page.locator(".hd-notice-done")).to_contain_text("Лисенко Марія")
    expect(page.locator("#who")).to_be_focused()
    assert desk.count(Call, subject="forgot the password") == 1
    assert desk.count(Ticket, subject="forgot the password") == 0
    expect(page.locator("[data-hd-draft-offer]")).to_be_hidden()


def test_draft_outlives_a_closed_page_and_dies_with_the_saving(desk: Desk) -> None:
    page = desk.open()
    choose(page, "234")
    page.keyboard.type("half a story")
    expect(page.locator("[data-hd-draft]")).to_contain_text("draft saved")
    page.on("dialog", lambda dialog: dialog.accept())
    page.goto(f"{desk.live.url}/tickets/new")
    expect(page.locator("[data-hd-draft-offer]")).to_contain_text("half a story")
    expect(page.locator("#who")).to_be_focused()
    page.locator("[data-hd-draft-take]").click()
    expect(page.locator("#subject")).to_have_value("half a story")
    expect(page.locator("[data-hd-client]")).to_be_visible()
    page.keyboard.press("Control+Enter")
    saved_number(page)
    page.goto(f"{desk.live.url}/tickets/new")
    expect(page.locator("[data-hd-draft-offer]")).to_be_hidden()


def test_double_click_on_save_writes_one_ticket(desk: Desk) -> None:
    page = desk.open()
    choose(page, "234")
    page.keyboard.type("pressed twice")
    page.evaluate("() => { const f = document.getElementById('call'); f.requestSubmit(); f.submit(); }")
    saved_number(page)
    assert desk.count(Ticket, subject="pressed twice") == 1


def test_two_operators_correct_the_same_room(desk: Desk) -> None:
    first, second = desk.open("/clients/1"), desk.open("/clients/1")
    for page, room in ((first, "301"), (second, "302")):
        page.locator("[data-hd-correct=room]").focus()
        page.keyboard.press("Enter")
        field = page.locator("[data-hd-correction=room] [name=value]")
        expect(field).to_be_focused()
        field.fill(room)
    first.keyboard.press("Enter")
    expect(first.locator("[data-hd-correct=room]")).to_be_focused()
    expect(first.locator("[data-hd-facts]")).to_contain_text("301")
    second.keyboard.press("Enter")
    expect(second.locator("[data-hd-facts] [role=alert]")).to_contain_text("Someone was faster")
    kept = second.locator("[data-hd-correction=room] [name=value]")
    expect(kept).to_be_focused()
    expect(kept).to_have_value("302")
    second.keyboard.press("Enter")
    expect(second.locator("[data-hd-facts]")).to_contain_text("302")
    assert desk.count(Client, id=1, room="302") == 1


def test_escape_leaves_a_correction_and_not_the_client(desk: Desk) -> None:
    page = desk.open()
    choose(page, "234")
    page.locator("[data-hd-correct=phone]").click()
    page.keyboard.press("Escape")
    expect(page.locator("[data-hd-correct=phone]")).to_be_focused()
    expect(page.locator("#subject")).to_be_visible()


def test_list_searches_while_typing(desk: Desk) -> None:
    page = desk.open("/clients/")
    page.keyboard.press("/")
    page.keyboard.type("lysen")
    expect(page.locator("#clients tbody tr")).to_have_count(1)
    expect(page.locator("#clients tbody")).to_contain_text("Лисенко Марія")
    expect(page.locator("[data-hd-search]")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#clients tbody tr")).to_have_count(1)


@pytest.mark.parametrize(("width", "theme"), [(1366, "light"), (1366, "dark"), (390, "dark"), (390, "light")])
def test_every_page_is_accessible_and_fits(desk: Desk, width: int, theme: str) -> None:
    page = desk.page(width, theme)
    found: list[str] = []
    page.on("console", lambda message: found.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: found.append(str(error)))

    def check(name: str) -> None:
        violations = Axe().run(page).response["violations"]
        found.extend(f"{name}: {v['id']} {[n['target'] for n in v['nodes']][:3]}" for v in violations)
        if not page.evaluate("document.documentElement.scrollWidth <= innerWidth"):
            found.append(f"{name}: scrolls sideways")

    page.goto(f"{desk.live.url}/tickets/new")
    check("find")
    page.keyboard.type("5-6")
    expect(page.locator("[role=option]").first).to_be_visible()
    check("hits")
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    choose(page, "234")
    expect(page.locator("[data-hd-people] [name=assignee_id]").first).to_be_attached()
    page.locator("[data-hd-correct=room]").click()
    check("write")
    page.goto(f"{desk.live.url}/tickets/new")
    page.keyboard.type("77777")
    expect(page.locator("#hit-new")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.locator("#full_name")).to_be_visible()
    page.locator("#full_name").fill("")
    page.on("dialog", lambda dialog: dialog.accept())
    with page.expect_response(lambda answer: answer.status == 422):
        page.keyboard.press("Control+Enter")
    expect(page.locator("[data-hd-errors]")).to_be_visible()
    check("errors")
    found[:] = [text for text in found if "422" not in text]  # the browser's own word on the answer above
    for path in ("/tickets/1/saved", "/clients/", "/clients/?q=77777", "/clients/1", "/clients/1/edit"):
        page.goto(desk.live.url + path)
        page.wait_for_load_state("networkidle")
        check(path)
    assert found == []
