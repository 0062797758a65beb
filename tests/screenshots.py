"""``make screenshots``: the pictures of the README, taken from the running program with its demo data."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright
from sqlalchemy import select

from app.demo import LOGINS
from app.extensions import db
from app.factory import create_app
from app.policy import load_actor, visible_tickets
from models import Staff, State, Ticket
from tests.conftest import BROWSER_FLAGS
from tests.support.databases import Place
from tests.support.live import ROOT, LiveServer, start_live_server
from tests.support.servers import stop_servers

FOLDER = ROOT / "docs" / "screenshots"
WIDE, NARROW = (1366, 768), (390, 844)


@dataclass(frozen=True)
class Shot:
    """One picture: who looks at what, how wide, in which colours and language."""

    name: str
    role: str
    path: str
    size: tuple[int, int] = WIDE
    theme: str = "light"
    language: str = "uk"


def shots(ticket_id: int) -> list[Shot]:
    """Everything that the README shows, and what we look at ourselves."""
    page = f"/tickets/{ticket_id}"
    return [
        Shot("home", "employee", "/"),
        Shot("inbox", "coordinator", "/tickets/inbox"),
        Shot("inbox-dark", "coordinator", "/tickets/inbox", theme="dark", language="en"),
        Shot("inbox-narrow", "coordinator", "/tickets/inbox", size=NARROW, language="ru"),
        Shot("new-ticket", "operator", "/tickets/new"),
        Shot("new-ticket-dark", "operator", "/tickets/new", theme="dark"),
        Shot("ticket", "coordinator", page),
        Shot("ticket-dark", "coordinator", page, theme="dark", language="en"),
        Shot("ticket-narrow", "coordinator", page, size=NARROW),
        Shot("clients", "operator", "/clients/"),
        Shot("departments", "administrator", "/departments/list/", language="en"),
        Shot("console", "administrator", "/console/", language="en"),
        Shot("settings", "employee", "/settings/"),
    ]


def main() -> None:
    """Start a helpdesk with demo data, take every picture, stop it."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="helpdesk-shots-"))
    place = Place(folder, 1)
    try:
        live = _start(place)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=BROWSER_FLAGS)
            for shot in shots(_busiest_ticket(live)):
                _take(browser, live, shot)
            browser.close()
        live.stop()
    finally:
        stop_servers(folder)


def _start(place: Place) -> LiveServer:
    url = place.new_database("postgres")
    environment = {**os.environ, **place.environment(url), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "flask", "--app", "app.wsgi:app", "seed", "--demo"]
    subprocess.run(command, env=environment, cwd=ROOT, check=True)
    return start_live_server(place, create_app(place.settings(url)))


def _busiest_ticket(live: LiveServer) -> int:
    """A live ticket of the coordinator's with something to show."""
    with live.app.app_context():
        who = select(Staff.id).where(Staff.username == _login_of("coordinator"))
        actor = load_actor(db.session(), db.session.scalars(who).one())
        query = visible_tickets(actor).where(Ticket.state == State.IN_WORK)
        found = db.session.scalars(query.order_by(Ticket.comments_count.desc()).limit(1)).one()
        number = int(found.id)
        db.session.remove()
        return number


def _login_of(role: str) -> str:
    return next(login for login, _password, of in LOGINS if of.startswith(role))


def _take(browser: Browser, live: LiveServer, shot: Shot) -> None:
    context = browser.new_context(
        viewport={"width": shot.size[0], "height": shot.size[1]},
        color_scheme=shot.theme,  # type: ignore[arg-type]  # "light" or "dark"
    )
    with live.app.app_context():
        login = _login_of(shot.role)
        user = db.session.scalars(select(Staff).where(Staff.username == login)).one()
        user.locale, user.theme = shot.language, shot.theme
        db.session.commit()
        context.add_cookies([live.cookie(user)])  # type: ignore[list-item]  # a cookie's dictionary
        db.session.remove()
    page = context.new_page()
    page.goto(live.url + shot.path)
    page.wait_for_load_state("networkidle")
    _dress(page, shot)
    page.screenshot(path=FOLDER / f"{shot.name}.png")
    context.close()


def _dress(page: Page, shot: Shot) -> None:
    """Bring a page into the state that is worth a picture."""
    if shot.name.startswith("new-ticket"):
        page.keyboard.type("ткаченко")
        page.wait_for_selector("[role=option]")
        if shot.name.endswith("dark"):
            page.keyboard.press("Enter")
            page.wait_for_timeout(700)
    page.wait_for_timeout(300)


if __name__ == "__main__":
    main()
