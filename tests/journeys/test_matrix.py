"""The matrix in a browser: many cells by keys, shown before it is saved, felt by a second open browser."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.extensions import db
from models import Department, Membership, Staff, utcnow
from tests.support.factories import (
    make_client,
    make_department,
    make_membership,
    make_role,
    make_ticket,
    make_user,
)
from tests.support.live import LiveServer

FELT = 5_000  # ms: within this open pages must show it
PATIENCE = 20_000  # ms; a loaded machine is slow, never wrong


@dataclass
class Firm:
    """An administrator, and a substitute who sees what is sent to his department."""

    session: Session
    admin: Staff
    substitute: Staff
    colleague: Staff
    departments: list[Department]
    personal: int
    client_id: int

    def role(self, person: Staff, department: Department) -> str | None:
        """What is stored."""
        self.session.rollback()
        return self.session.scalars(
            select(Membership.role).where(
                Membership.user_id == person.id, Membership.department_id == department.id
            )
        ).one_or_none()


@pytest.fixture
def firm(live_server: LiveServer) -> Iterator[Firm]:
    """New people for each test."""
    with live_server.app.app_context():
        session = db.session()
        number = session.scalar(select(func.count()).select_from(Department))
        here, there = (make_department(session, f"Place {number:03} {name}") for name in "ab")
        client = make_client(session)
        colleague = make_user(session, employee_of=[here])
        ticket = make_ticket(
            session,
            author=make_user(session),
            department=here,
            client=client,
            assignee=colleague,
            subject="Sent to a colleague by name",
        )
        firm = Firm(
            session=session,
            admin=make_user(session, administrator=True),
            substitute=make_user(session, employee_of=[here]),
            colleague=colleague,
            departments=[here, there],
            personal=ticket.id,
            client_id=client.id,
        )
        session.commit()
        yield firm
        db.session.remove()


@pytest.fixture
def enter(browser: Browser, live_server: LiveServer) -> Iterator[Any]:
    """A browser of its own for a person."""
    contexts: list[BrowserContext] = []

    def enter_as(user: Staff, **how: Any) -> Page:
        context = browser.new_context(
            base_url=live_server.url, viewport={"width": 1366, "height": 768}, **how
        )
        cookie: Any = live_server.cookie(user)
        context.add_cookies([cookie])
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        page.on("pageerror", lambda error: pytest.fail(f"an error on the page: {error}"))
        return page

    yield enter_as
    for context in contexts:
        context.close()


def cell(page: Page, person: Staff, department: Department) -> Any:
    """One cell of the matrix."""
    return page.locator(f'select[name="r.{person.id}.{department.id}"]')


def open_inbox(page: Page) -> Page:
    """The list of tickets, connected."""
    page.goto("/tickets/inbox")
    page.wait_for_selector('body[data-live="on"]')
    return page


def test_change_is_foretold_saved_and_felt_by_a_second_open_browser(firm: Firm, enter: Any) -> None:
    inbox, matrix = open_inbox(enter(firm.substitute)), enter(firm.admin)
    row = inbox.locator(f'[data-ticket="{firm.personal}"]')
    expect(row).to_have_count(0)
    matrix.goto(f"/access/?q={firm.substitute.username}")
    cell(matrix, firm.substitute, firm.departments[0]).focus()
    matrix.keyboard.press("2")
    bar = matrix.locator(".hd-savebar")
    expect(bar).to_contain_text("will see 1 more ticket")
    expect(bar).to_contain_text(firm.colleague.full_name)
    assert firm.role(firm.substitute, firm.departments[0]) == "employee", "nothing is saved yet"
    matrix.keyboard.press("Control+s")
    expect(matrix.locator("#hd-flashes")).to_contain_text("It acts already")
    expect(row).to_have_count(1, timeout=FELT)
    cell(matrix, firm.substitute, firm.departments[0]).focus()
    matrix.keyboard.press("0")
    expect(bar).to_contain_text("no more")
    matrix.keyboard.press("Control+s")
    expect(row).to_have_count(0, timeout=FELT)
    assert firm.role(firm.substitute, firm.departments[0]) is None


def test_change_of_a_role_is_foretold_by_keys_and_felt_only_when_saved(firm: Firm, enter: Any) -> None:
    role = make_role(firm.session, f"Looker {firm.departments[0].id}")
    looker = make_user(firm.session)
    make_membership(firm.session, looker, firm.departments[0], role.key)
    firm.session.commit()
    inbox, page = open_inbox(enter(looker)), enter(firm.admin)
    row = inbox.locator(f'[data-ticket="{firm.personal}"]')
    page.goto("/access/roles/")
    sight, bar = page.locator(f'select[name="sight.{role.id}"]'), page.locator(".hd-savebar")
    sight.select_option("department")
    sight.focus()
    page.keyboard.press("Control+Enter")
    expect(bar).to_contain_text(looker.full_name)
    expect(bar).to_contain_text("will see 1 more ticket")
    page.keyboard.press("Escape")
    expect(bar).to_have_count(0)
    expect(sight).to_be_focused()
    expect(row).to_have_count(0)
    page.locator("[data-hd-save][form=grid]").click()
    expect(bar.locator("[data-hd-now]")).to_be_focused()
    page.locator(f'input[name="verb.{role.id}"][value=comment]').check()
    expect(bar).to_have_count(0)  # what it said holds no more
    page.keyboard.press("Control+Enter")
    expect(bar).to_contain_text("may now: comment")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#hd-flashes")).to_contain_text("The roles are saved")
    expect(row).to_have_count(1, timeout=FELT)


def test_many_cells_are_chosen_by_keys_and_undone(firm: Firm, enter: Any) -> None:
    page = enter(firm.admin)
    page.goto(f"/access/?q={firm.substitute.first_name.lower()}")
    cell(page, firm.substitute, firm.departments[0]).focus()
    page.keyboard.press("Shift+ArrowRight")
    expect(page.locator("td.is-selected")).to_have_count(2)
    page.keyboard.press("2")
    expect(page.locator("td.is-changed")).to_have_count(2)
    expect(page.locator(".hd-savebar .btn-primary")).to_contain_text("Save 2 changes")
    page.locator("[data-hd-undo]").click()
    expect(page.locator("td.is-changed")).to_have_count(0)
    expect(page.locator(".hd-savebar")).to_have_count(0)
    cell(page, firm.substitute, firm.departments[1]).select_option("employee")
    page.locator(".hd-savebar .btn-primary").click()
    expect(page.locator("#hd-flashes")).to_contain_text("1 change saved")
    assert firm.role(firm.substitute, firm.departments[1]) == "employee"


def test_dates_are_set_with_a_key(firm: Firm, enter: Any) -> None:
    page = enter(firm.admin)
    page.goto(f"/access/?q={firm.substitute.username}")
    cell(page, firm.substitute, firm.departments[0]).focus()
    page.keyboard.press("2")
    page.keyboard.press("d")
    page.locator("#dates-until").fill("2099-11-28")
    page.keyboard.press("Enter")
    expect(page.locator(".hd-savebar")).to_contain_text("until 28.11")
    page.locator(".hd-savebar .btn-primary").click()
    expect(page.locator("#hd-flashes")).to_be_visible()
    expect(page.locator("td .hd-dates", has_text="until 28.11")).to_have_count(1)


def test_role_that_ends_by_itself_is_felt_by_the_open_page(firm: Firm, enter: Any) -> None:
    place = firm.session.scalars(select(Membership).where(Membership.user_id == firm.substitute.id)).one()
    place.role, page = "coordinator", enter(firm.substitute)
    row = page.locator(f'[data-ticket="{firm.personal}"]')
    for seconds in (3, 12):  # the longer one for a busy machine, on which the page comes too late to show it
        place.valid_until = end = utcnow() + timedelta(seconds=seconds)
        firm.session.commit()
        open_inbox(page)
        shown, left = row.count(), (end - utcnow()).total_seconds() * 1000
        if shown and left > 0:
            break
    assert (shown, left > 0) == (1, True), "the page came too late to show anything"
    expect(row).to_have_count(0, timeout=left + FELT)


def test_matrix_works_without_scripts(firm: Firm, enter: Any) -> None:
    page = enter(firm.admin, java_script_enabled=False)
    page.goto(f"/access/?q={firm.substitute.username}")
    cell(page, firm.substitute, firm.departments[1]).select_option("coordinator")
    page.get_by_role("button", name="Show what changes").click()
    expect(page.locator("form li")).to_have_count(1)
    page.get_by_role("button", name="Save 1 change").click()
    expect(page.locator("#hd-flashes")).to_contain_text("1 change saved")
    assert firm.role(firm.substitute, firm.departments[1]) == "coordinator"


def test_author_reads_by_name_who_will_see_the_ticket(firm: Firm, enter: Any) -> None:
    page = enter(firm.colleague)
    page.goto(f"/tickets/new?client={firm.client_id}")
    page.locator('label[for^="department"]', has_text=firm.departments[0].name).click()
    panel = page.locator("[data-hd-who]")
    expect(panel).to_contain_text("will see it")
    panel.locator("summary").click()
    expect(panel).to_contain_text(firm.substitute.full_name)
