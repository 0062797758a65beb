"""An operator's desk in a real browser: a small firm with callers, and the operator signed in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.request import urlopen

from playwright.sync_api import Browser, Page
from sqlalchemy import func, select

from app.extensions import db
from models import Staff
from tests.support.factories import (
    make_client,
    make_department,
    make_ticket,
    make_topic,
    make_unit,
    make_user,
)
from tests.support.live import LiveServer

PATIENCE = 20_000  # ms; a loaded machine is slow, never wrong
# every key that goes down, across pages; letters and digits typed are counted too
COUNT_KEYS = """
const count = () => sessionStorage.setItem("keys", Number(sessionStorage.getItem("keys")) + 1);
addEventListener("keydown", count, true);
addEventListener("pointerdown", () => sessionStorage.setItem("mouse", "used"), true);
"""


@dataclass
class Desk:
    """An operator at work: his server, and whom he may be called by."""

    live: LiveServer
    operator_id: int
    browser: Browser

    def page(self, width: int = 1366, theme: Any = "light", operator_id: int | None = None) -> Page:
        """A browser of his own, signed in, that fails the test on an error in the console."""
        context = self.browser.new_context(viewport={"width": width, "height": 768}, color_scheme=theme)
        with self.live.app.app_context():
            user = db.session.get_one(Staff, operator_id or self.operator_id)
            cookie: Any = self.live.cookie(user)
            context.add_cookies([cookie])
        context.add_init_script(COUNT_KEYS)
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        return page

    def open(self, path: str = "/tickets/new", **options: Any) -> Page:
        """The page at a path."""
        page = self.page(**options)
        page.goto(self.live.url + path)
        return page

    def new_operator(self) -> int:
        """Somebody who has never written a ticket."""
        with self.live.app.app_context():
            user = make_user(db.session(), employee_of=[make_department(db.session(), position=9)])
            db.session.commit()
            return int(user.id)

    def count(self, table: type[Any], **values: Any) -> int:
        """How many rows with these values are stored now."""
        with self.live.app.app_context():
            return db.session.scalar(select(func.count()).select_from(table).filter_by(**values)) or 0


def open_firm(live_server: LiveServer) -> int:
    """Four departments, a few clients of whom one has open tickets; the operator's id."""
    urlopen(f"{live_server.url}/login/", timeout=60).close()  # the first page waits for the program to load
    with live_server.app.app_context():
        session = db.session()
        departments = [make_department(session, f"Team {n}", position=n) for n in range(4)]
        operator = make_user(session, "operator", employee_of=departments[:1])
        for number in range(3):
            make_user(session, f"worker{number}", employee_of=departments[1:2])
        make_topic(session, "Printing")
        unit = make_unit(session, "Accounting")
        tkachenko = make_client(
            session, "Ткаченко Оксана", phones=["2-34", "(044) 239-02-34"], room="214", unit_id=unit.id
        )
        make_client(session, "Лисенко Марія", phones=["5-67"], unit_id=unit.id, login="lysenko")
        make_client(session, "Литвин Іван", phones=["5-68"], unit_id=unit.id)
        make_ticket(session, author=operator, department=departments[0], client=tkachenko)
        tkachenko.tickets_count = 1
        session.commit()
        return int(operator.id)
