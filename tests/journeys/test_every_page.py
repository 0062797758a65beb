"""Every page in a real browser: axe finds nothing, nothing is refused by the CSP or fetched elsewhere,
and nothing makes a phone scroll sideways. Colours, widths and languages take turns."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.events import unit_of_work
from app.extensions import db
from app.services.clients import update_client
from app.services.comments import add_comment
from app.services.corrections import ask_correction
from app.services.doubles import Suspicion, keep_suspicions
from app.services.merging import merge_clients
from app.services.runs import finish_run, start_run, stop_run
from app.services.telling import Statement, tell
from models import BookRow, Client, ImportRun, RowStanding, RunKind, Source, Staff
from tests.support.books import make_book, make_known, make_row
from tests.support.factories import (
    actor_of,
    make_client,
    make_department,
    make_ticket,
    make_topic,
    make_unit,
    make_user,
)
from tests.support.ledger import make_dead, make_event, make_sent
from tests.support.live import LiveServer

SIZES = {"wide": (1366, 768), "narrow": (390, 844)}
LOOKS = [("light", "wide", "uk"), ("dark", "narrow", "ru"), ("dark", "wide", "en"), ("light", "narrow", "uk")]
STAFF_PAGES = [
    "/",
    "/tickets/inbox",
    "/tickets/outbox",
    "/tickets/archive",
    "/tickets/inbox?state=free&sort=priority",
    "/tickets/search?q=printer",
    "/tickets/new",
    "/tickets/new?client={client}",
    "/tickets/{ticket}",
    "/tickets/{ticket}/edit",
    "/tickets/{ticket}/saved",
    "/tickets/{ticket}/print",
    "/tickets/999999",
    "/clients/",
    "/clients/{client}",
    "/clients/{client}/edit",
    "/client-base/imports",
    "/client-base/imports/{book}",
    "/clients/{client}/suggest",
    "/client-base/corrections",
    "/client-base/doubles",
    "/client-base/merge?client={client}",
    "/client-base/merge?client={client}&double={double}",
    "/client-base/runs",
    "/client-base/runs/{applied}",
    "/client-base/runs/{running}",
    "/client-base/runs/{waiting}",
    "/notices/",
    "/settings/",
    "/settings/notifications",
    "/notify/duty/",
    "/notify/ladder/",
    "/settings/messengers",
    "/second-factor/",
    "/access/why?user={user}&ticket={ticket}",
    "/tickets/{ticket}/told",
]
ADMINISTRATOR_PAGES = [
    "/notify/defaults/",
    "/notify/ladder/everybody",
    "/departments/list/",
    "/departments/add",
    "/departments/edit/{department}",
    "/departments/show/{department}",
    "/memberships/list/",
    "/memberships/add",
    "/topics/list/",
    "/units/list/",
    "/users/list/",
    "/users/add",
    "/users/show/{user}",
    "/users/userinfo/",
    "/roles/list/",
    "/roles/show/1",
    "/client-base/directory",
    "/access/white-list/",
    "/notify/channels/",
    "/notify/channels/email",
    "/notify/channels/push",
    "/notify/channels/sms?from=twilio",
    "/console/",
    "/console/journal/",
    "/client-base/",
    "/client-base/?view=sure",
    "/client-base/?view=directory",
    "/client-base/?view=book",
    "/client-base/?view=left",
    "/access/second-factor/",
    "/access/",
    "/access/cell/{user}/{department}",
    "/access/roles/",
    "/access/roles/?department={department}",
    "/access/why?user={user}&ticket={ticket}",
    "/notify/deliveries/",
    "/notify/deliveries/?status=dead",
    "/notify/statistics/",
    "/notify/texts/",
    "/notify/texts/ticket.created/email/uk",
    "/notify/texts/ticket.created/sms/en",
]
# every page in two of the four looks, so that each look meets each half of the pages; axe, which takes most
# of the time, reads each page once, in colours that take turns
CASES = [
    (who, path, LOOKS[(number + turn) % len(LOOKS)], turn == 0)
    for who, paths in (("coordinator", STAFF_PAGES), ("administrator", ADMINISTRATOR_PAGES))
    for number, path in enumerate(paths)
    for turn in (0, 1)
]


@pytest.fixture(scope="module")
def ids(live_server: LiveServer) -> dict[str, int]:
    """A small firm with something on every page; the numbers that the paths ask for."""
    with live_server.app.app_context():
        session = db.session()
        department = make_department(session, "Technical support", short_name="Support")
        coordinator = make_user(session, "coordinator", coordinator_of=[department])
        employee = make_user(session, "employee", employee_of=[department])
        make_user(session, "administrator", administrator=True)
        unit, topic = make_unit(session, "Accounting"), make_topic(session, "Printing")
        client = make_client(session, "Ткаченко Оксана", phones=["2-34"], unit_id=unit.id, room="214")
        kinds: list[dict[str, Any]] = [
            {"priority": 2},
            {"taken_by": employee},
            {"taken_by": coordinator},
            {"state": "done"},
            {"state": "archived"},
            {"assignee": employee, "priority": 0},
        ]
        for values in kinds:
            ticket = make_ticket(
                session, author=coordinator, department=department, client=client, topic=topic,
                subject="The printer prints nothing", body="Since the morning.", **values,
            )  # fmt: skip
        book, known = make_book(session), make_known(session, "Ткаченко Олена", unit_id=unit.id)
        make_known(session, "Лисенко Марія", email="lysenko@corp.example")
        make_row(session, book, "Ткаченко О.", candidates=[client, known], phones=["234"], room="214")
        make_row(session, book, "Ткаченко Олена", standing=RowStanding.LINKED, client=known)
        make_row(session, book, "Fax", standing=RowStanding.UNMATCHED, phones=["9-99"])
        session.commit()
        numbers = fill_client_base(session, client, coordinator)
        with unit_of_work(session):
            add_comment(session, ticket, "I am on my way.", actor=actor_of(session, employee))
        numbers["book"] = make_waiting_book(session, client).id
        event = make_event(session, ticket)
        make_dead(session, event, employee, "push")
        make_sent(session, event, employee, "sms", parts=2, cost=2)
        session.commit()
        found = {"ticket": ticket.id, "client": client.id, "department": department.id, "user": employee.id}
        db.session.remove()
        return {**found, **numbers}


def fill_client_base(session: Session, client: Client, coordinator: Staff) -> dict[str, int]:
    """One of everything on the pages about runs, doubles and corrections."""
    actor = actor_of(session, coordinator)
    double = make_client(session, "Ткаченко О. В.", phones=["2-35"], room="215")
    keep_suspicions(session, [Suspicion(client.id, double.id, 91, ("surname-same", "first-initial"))])
    ask_correction(session, client.id, {"room": "301", "phones": ["2-36"]}, actor=actor)
    applied = start_run(session, RunKind.BOOK, title="phones.xlsx", actor=actor)
    tell(session, [Statement(client, {"room": "2071"})], source=Source.BOOK, run=applied)
    notes = [{"line": 4, "text": "Fax", "reason": "This is not a person."}]
    finish_run(session, applied, counts={"linked": 1, "problems": 1}, notes=notes, actor=actor)
    update_client(session, client.id, changes={"room": "214"}, version=client.version, actor=actor)
    merge_clients(session, client.id, make_client(session, "Кравець Оксана").id, actor=actor)
    waiting, running = (start_run(session, RunKind.SYNC, title="dc.corp.example") for _run in range(2))
    leaving = {"deactivate": [{"id": double.id, "name": double.full_name}], "create": ["Нова Людина"]}
    counts = {"deactivated": 1, "created": 1}
    details = {"difference": leaving}
    stop_run(session, waiting, problem="Too many would leave.", counts=counts, details=details)
    running.percent, running.step = 40, "comparing"
    session.commit()
    runs = {"applied": applied.id, "waiting": waiting.id, "running": running.id}
    return {"double": double.id, **runs}


def make_waiting_book(session: Session, client: Client) -> ImportRun:
    """A phone book that was read and waits for a yes: a link and a line with a problem."""
    run = ImportRun(
        kind="book",
        stage="waiting",
        title="phones.csv",
        counts={"linked": 1, "doubtful": 2, "unmatched": 3, "problems": 1},
        notes=[{"line": 7, "sheet": "", "text": "Ткаченко;2", "reason": "The line has 2 cells."}],
        details={"kind": "csv", "encoding": "utf-8", "separator": ";", "columns": {"name": "ПІБ"}},
    )
    session.add(run)
    session.flush()
    row = BookRow(run_id=run.id, row=1, line=2, key="ткаченко", name="Ткаченко О.", phones=["2-34"])
    row.standing, row.client_id, row.evidence = "linked", client.id, ["surname-same", "first-initial"]
    session.add(row)
    return run


class Watch:
    """What a page does that it should not: console errors, CSP refusals, requests to elsewhere."""

    def __init__(self, page: Page, host: str, *, expects_error: bool) -> None:
        self.complaints: list[str] = []
        self.host = host
        self.expects_error = expects_error
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", self._requested)

    def _heard(self, message: object) -> None:
        kind, text = getattr(message, "type", ""), getattr(message, "text", "")
        if kind == "error" and not (self.expects_error and "404" in text):
            self.complaints.append(text)

    def _requested(self, request: object) -> None:
        url = urlsplit(getattr(request, "url", ""))
        if url.scheme in {"http", "https", "ws", "wss"} and url.netloc != self.host:
            self.complaints.append(f"asks {url.netloc}")


@pytest.fixture(scope="module")
def page_of(live_server: LiveServer, browser: Browser) -> Iterator[object]:
    """``page_of(login, look)``: a new page of a signed-in person in that look; closed at the end."""
    contexts: dict[tuple[str, tuple[str, str, str]], BrowserContext] = {}

    def open_page(login: str, look: tuple[str, str, str]) -> Page:
        with live_server.app.app_context():
            user = db.session.scalars(select(Staff).where(Staff.username == login)).one()
            user.locale = look[2]
            db.session.commit()
            if (login, look) not in contexts:  # a browser that keeps the program's files, as people's do
                contexts[login, look] = new_browser(browser, look)
                cookie: Any = live_server.cookie(user)
                contexts[login, look].add_cookies([cookie])
            db.session.remove()
        return contexts[login, look].new_page()

    yield open_page
    for context in contexts.values():
        context.close()


def new_browser(browser: Browser, look: tuple[str, str, str]) -> BrowserContext:
    """One without anything in it, of that look's size and colours."""
    width, height = SIZES[look[1]]
    return browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if look[0] == "dark" else "light",
        reduced_motion="reduce",
    )


@pytest.mark.parametrize(
    ("who", "path", "look", "is_read"),
    CASES,
    ids=[f"{path}-{'-'.join(look)}" for _who, path, look, _ in CASES],
)
def test_a_page_is_accessible_self_contained_and_fits(
    live_server: LiveServer,
    page_of: object,
    ids: dict[str, int],
    who: str,
    path: str,
    look: tuple[str, str, str],
    is_read: bool,
) -> None:
    assert callable(page_of)
    page: Page = page_of(who, look)
    address = path.format(**ids)
    watch = Watch(page, urlsplit(live_server.url).netloc, expects_error="999999" in path)
    answer = page.goto(live_server.url + address)
    assert answer is not None
    assert answer.status == (404 if "999999" in path else 200), live_server.log.read_text()[-3000:]
    page.wait_for_load_state("load")
    if is_read:
        found = Axe().run(page, options={"resultTypes": ["violations"]})
        assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), "scrolls sideways"
    assert watch.complaints == []
    page.close()
