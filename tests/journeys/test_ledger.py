"""Notifications in a real browser: who was told, sending again, the charts, a text and its preview."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, expect
from sqlalchemy import select

from app.extensions import db
from models import Delivery, JournalEntry
from tests.support.factories import make_department, make_ticket, make_user
from tests.support.ledger import make_dead, make_event, make_sent
from tests.support.live import LiveServer


def test_administrator_follows_messages_and_words_them(live_server: LiveServer, browser: Browser) -> None:
    with live_server.app.app_context():
        session = db.session
        boss = make_user(session(), "boss", administrator=True)
        desk = make_department(session())
        ticket = make_ticket(session(), author=boss, department=desk, subject="Printer")
        reader = make_user(session(), "reader", employee_of=[desk])
        event = make_event(session(), ticket)
        event.fanned_out_at = event.created_at
        # over a channel that is switched off: nothing sends it while the page is looked at
        numbers = [make_dead(session(), event, reader, name).id for name in ("push", "sms", "own:1")]
        make_sent(session(), event, reader, "email")
        number = ticket.id
        session.commit()
        cookie = live_server.cookie(boss)
        session.remove()
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.add_cookies([cookie])  # type: ignore[list-item]  # a cookie's dictionary
    page = context.new_page()
    problems: list[str] = []
    page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)

    page.goto(f"{live_server.url}/tickets/{number}")
    page.locator(".hd-told-box summary").click()
    expect(page.locator(".hd-told-person b")).to_have_text("Reader Tester")
    expect(page.get_by_text("Send again")).to_have_count(3)
    page.locator(f'form[action$="/told/{numbers[0]}/again"] button').click()
    expect(page.get_by_text("Send again")).to_have_count(2)

    page.goto(f"{live_server.url}/notify/deliveries/?status=dead")
    expect(page.locator("[data-hd-again]")).to_be_disabled()
    page.locator(f"#delivery-{numbers[1]} input").check()
    page.locator("[data-hd-again]").click()
    expect(page.get_by_text("1 message is tried once more.")).to_be_visible()
    expect(page.locator("tbody tr")).to_have_count(1)

    page.goto(f"{live_server.url}/notify/statistics/")
    expect(page.locator(".hd-chart canvas").first).to_be_visible()
    page.locator("details summary").first.click()
    expect(page.locator("table").first).to_be_visible()
    assert Axe().run(page).response["violations"] == []

    page.goto(f"{live_server.url}/notify/texts/ticket.commented/sms/en")
    page.locator("#body").fill("Ours: ")
    page.locator('[data-hd-insert="{{ subject }}"]').click()
    expect(page.locator("#preview")).to_contain_text("Ours: Printer")
    expect(page.locator("[data-hd-parts]")).to_contain_text("13 characters")
    page.locator("#body").fill("{{ wrong }}")
    expect(page.locator("#preview")).to_contain_text("there is no “wrong”")
    page.locator("[data-hd-save]").click()
    expect(page.locator("#body")).to_have_value("{{ wrong }}")
    page.locator("#body").fill("{{ subject }}!")
    page.locator("[data-hd-save]").click()
    expect(page.get_by_text("The text is saved.")).to_be_visible()
    page.get_by_role("button", name="Back to the delivered text").click()
    page.locator("#hd-confirm button[value=yes]").click()
    expect(page.get_by_text("The delivered text is used again.")).to_be_visible()
    assert [text for text in problems if "422" not in text] == []
    context.close()
    with live_server.app.app_context():
        kinds = set(db.session.scalars(select(JournalEntry.kind)))
        assert {"delivery.sent_again", "template.edited"} <= kinds
        assert db.session.get_one(Delivery, numbers[2]).status == "dead"
        db.session.remove()
