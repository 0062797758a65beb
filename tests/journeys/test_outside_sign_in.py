"""Signing in with services on other sites, in a real browser: its cookies, our policy, the keyboard."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from app.extensions import db
from app.factory import create_app
from models import SignInWay
from tests.support.databases import Place
from tests.support.factories import make_user
from tests.support.live import LiveServer, start_live_server
from tests.support.oidc import Service, oidc_service
from tests.support.saml_service import SamlService, saml_pages
from tests.support.servers import free_port

pytestmark = pytest.mark.timeout(120)


@pytest.fixture(scope="module")
def oidc() -> Iterator[Service]:
    """One service."""
    with oidc_service() as service:
        yield service


@pytest.fixture(scope="module")
def live(place: Place, oidc: Service, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """A helpdesk that knows both services from its file."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    saml = SamlService(name="s-2", email="taras@corp.example", acs=f"{url}/saml/acs/")
    application = create_app(place.settings(place.new_database("postgres")))
    with saml_pages(saml):
        path = tmp_path_factory.mktemp("outside") / "services.json"
        path.write_text(json.dumps({"OAUTH_PROVIDERS": [oidc.provider()], **saml.settings()}))
        with application.app_context():
            for name in ("olena", "taras"):
                make_user(db.session(), name, sign_in_way=SignInWay.OUTSIDE)
            db.session.commit()
        live = start_live_server(
            place, application, port=port, HELPDESK_URL=url, HELPDESK_OAUTH_FILE=str(path)
        )
        yield live
        live.stop()
    with application.app_context():
        db.engine.dispose()


@pytest.mark.parametrize(("label", "login"), [("Keycloak", "olena"), ("ADFS", "taras")])
def test_person_signs_in_from_another_site_by_keyboard(
    browser: Browser, live: LiveServer, oidc: Service, label: str, login: str
) -> None:
    oidc.claims = {"sub": "s-1", "email": "olena@corp.example", "email_verified": True}
    page = browser.new_context().new_page()
    page.goto(f"{live.url}/login/?next=/clients/")
    button = page.locator(f".btn-default:has-text('{label}')")
    for _step in range(12):
        if button.evaluate("element => element === document.activeElement"):
            break
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{live.url}/clients/")
    expect(page.locator("body")).to_contain_text(login.capitalize())
    page.context.close()
