"""Browser push in a real Chromium: switched on, shown by the service worker, silent, clicked, signed out."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Worker, expect
from sqlalchemy import select

from app.extensions import db
from models import PushSubscription, Staff
from tests.support.channels import switch_on
from tests.support.factories import make_department, make_user
from tests.support.live import LiveServer
from tests.support.push import ENDPOINT, browser_keys
from tests.support.wire import wait_until

# the one thing that a machine without a network cannot do: subscribe at the browser's maker
PUSH_SERVICE = """
(() => {
  const made = (kept) => kept && ({
    ...JSON.parse(kept), options: {},
    toJSON() { return JSON.parse(kept); },
    async unsubscribe() { localStorage.removeItem("push"); return true; },
  });
  PushManager.prototype.getSubscription = async () => made(localStorage.getItem("push"));
  PushManager.prototype.subscribe = async () => {
    localStorage.setItem("push", %s);
    return made(localStorage.getItem("push"));
  };
})();
"""
SHOWN = "self.registration.getNotifications().then((all) => all.map((one) => [one.title, one.body, one.tag]))"
WATCH = """() => {
  self.opened = [];
  Clients.prototype.openWindow = async (url) => { self.opened.push(["open", url]); };
  WindowClient.prototype.focus = async function () { self.opened.push(["focus", this.url]); };
}"""
CLICK = """() => self.registration.getNotifications().then(([one]) =>
  self.dispatchEvent(new NotificationEvent("notificationclick", { notification: one })))"""
NEWS = {"title": "#5 Принтер", "body": "Нова заявка", "url": "/tickets/5", "tag": "k1", "urgent": False}
QUIET = 600  # milliseconds in which a notification that must not come would have come


@pytest.fixture
def person(live_server: LiveServer) -> Iterator[Staff]:
    """An employee, and push switched on."""
    with live_server.app.app_context():
        person = make_user(db.session(), employee_of=[make_department(db.session())])
        switch_on(db.session(), "push", contact="it@corp.example")
        yield person
        db.session.remove()


@pytest.fixture
def context(browser: Browser, live_server: LiveServer, person: Staff) -> Iterator[BrowserContext]:
    """His browser, in which notifications are allowed."""
    context = browser.new_context()
    context.grant_permissions(["notifications"], origin=live_server.url)
    context.add_cookies([live_server.cookie(person)])  # type: ignore[list-item]  # a dict as Playwright takes it
    point, auth = browser_keys()
    kept = {"endpoint": f"{ENDPOINT}-{person.id}", "keys": {"p256dh": point, "auth": auth}}
    context.add_init_script(PUSH_SERVICE % json.dumps(json.dumps(kept)))
    yield context
    context.close()


def switch_on_here(context: BrowserContext, live: LiveServer) -> tuple[Page, Worker]:
    """Press the button on the page of browsers."""
    page = context.new_page()
    page.goto(f"{live.url}/settings/messengers")
    page.get_by_role("button", name="Switch on in this browser").click()
    expect(page.get_by_text("On in this browser.")).to_be_visible()
    expect(page.locator("[data-hd-here]")).to_be_visible()
    return page, context.service_workers[0]


def push(page: Page, live: LiveServer, news: dict[str, Any]) -> None:
    """Deliver a message as the browser's maker would."""
    wire = page.context.new_cdp_session(page)
    found: list[str] = []
    wire.on(
        "ServiceWorker.workerRegistrationUpdated",
        lambda event: found.extend(one["registrationId"] for one in event["registrations"]),
    )
    wire.send("ServiceWorker.enable")
    page.wait_for_timeout(100)
    message = {"origin": live.url, "registrationId": found[0], "data": json.dumps(news)}
    wire.send("ServiceWorker.deliverPushMessage", message)
    wire.detach()


def wait_shown(page: Page, worker: Worker) -> list[list[str]]:
    """The notifications that are shown, once there are any."""
    for _turn in range(100):
        shown: list[list[str]] = worker.evaluate(SHOWN)
        if shown:
            return shown
        page.wait_for_timeout(50)
    return []


def test_news_show_while_no_page_is_in_sight_and_open_their_ticket(
    context: BrowserContext, live_server: LiveServer
) -> None:
    page, worker = switch_on_here(context, live_server)
    push(page, live_server, NEWS)
    page.wait_for_timeout(QUIET)
    assert worker.evaluate(SHOWN) == [], "a page in sight has its pop-up"
    push(page, live_server, {**NEWS, "tag": "test-1"})
    assert wait_shown(page, worker) == [["#5 Принтер", "Нова заявка", "test-1"]]
    worker.evaluate("self.registration.getNotifications().then((all) => all.forEach((one) => one.close()))")

    page.goto("about:blank")
    push(page, live_server, {**NEWS, "url": "https://evil.example/"})
    assert wait_shown(page, worker) == [["#5 Принтер", "Нова заявка", "k1"]]
    worker.evaluate(WATCH)
    worker.evaluate(CLICK)
    wait_until(lambda: worker.evaluate("self.opened.length") == 1, "the opened page")
    assert worker.evaluate("self.opened") == [["open", f"{live_server.url}/"]]
    assert worker.evaluate(SHOWN) == []

    push(page, live_server, {**NEWS, "url": "/settings/messengers"})
    wait_shown(page, worker)
    page.goto(f"{live_server.url}/settings/messengers")
    worker.evaluate(CLICK)
    wait_until(lambda: worker.evaluate("self.opened.length") == 2, "the focused page")
    assert worker.evaluate("self.opened")[1] == ["focus", f"{live_server.url}/settings/messengers"]


def test_signing_out_unsubscribes_this_browser(
    context: BrowserContext, live_server: LiveServer, person: Staff
) -> None:
    def kept() -> int:
        query = select(PushSubscription.id).where(PushSubscription.user_id == person.id)
        number = len(db.session.scalars(query).all())
        db.session.rollback()
        return number

    page, worker = switch_on_here(context, live_server)
    assert kept() == 1
    push(page, live_server, {**NEWS, "tag": "test-2"})
    wait_shown(page, worker)
    page.goto(f"{live_server.url}/")
    page.locator('form[action="/logout/"] button').evaluate("(button) => button.click()")
    page.wait_for_url("**/login/**")
    assert kept() == 0
    assert page.evaluate("localStorage.getItem('push')") is None
    assert worker.evaluate(SHOWN) == []


def test_person_switches_it_off_here(context: BrowserContext, live_server: LiveServer, person: Staff) -> None:
    page, _worker = switch_on_here(context, live_server)
    page.get_by_role("button", name="Switch off here").click()
    expect(page.get_by_role("button", name="Switch on in this browser")).to_be_visible()
    expect(page.locator("[data-hd-mark]")).to_have_count(0)
