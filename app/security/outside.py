"""Signing in with a service outside (OAuth, OpenID Connect, SAML), beside our own passwords.

FAB would let such a service replace the whole sign-in page (its AUTH_TYPE 4 and 5), and the local accounts
with it. Here services are one more way: what they say of a person comes to one door, which knows accounts.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from authlib.integrations.flask_client import OAuth
from flask import current_app
from flask_appbuilder.exceptions import OAuthProviderUnknown
from flask_appbuilder.security.sqla.manager import SecurityManager

from app.security import signals
from app.text import is_storable
from models import Staff

log = logging.getLogger(__name__)
# each holds a thread of the web server while it waits; the others go on serving
_asking = ThreadPoolExecutor(8, thread_name_prefix="outside")
Answer = TypeVar("Answer")


class OutsideDown(Exception):
    """The service did not answer in time, so nothing is known."""


class OutsideRefused(Exception):
    """What came back is not to be believed, or the person said no. The reason is for the log alone."""


@dataclass(frozen=True)
class OutsidePerson:
    """Who somebody is outside. ``email`` and ``login`` are “” unless an account may be found by them.

    ``shown`` is for the journal of failures.
    """

    issuer: str
    subject: str
    email: str = ""
    login: str = ""
    shown: str = ""


class OutsideDoor(Protocol):
    """Whoever knows whose account it is."""

    def admit(self, person: OutsidePerson) -> Staff | None:
        """The active account of this person, None if there is none."""


class OutsideWays(SecurityManager):
    """FAB's OAuth and SAML without its accounts that make themselves."""

    outside_door: OutsideDoor | None = None
    oauth_user_info: Any

    def __init__(self, appbuilder: Any) -> None:
        super().__init__(appbuilder)
        self.oauth = OAuth(current_app)
        self.oauth_remotes = {
            entry["name"]: self.oauth.register(entry["name"], **entry["remote_app"])
            for entry in current_app.config.get("OAUTH_PROVIDERS", [])
        }
        if self.oauth_user_info is None:
            self.oauth_user_info = self.get_oauth_user_info

    def get_oauth_user_info(self, provider: str, resp: Any) -> dict[str, Any]:
        """Who holds this token, in FAB's words. ``subject`` is added where FAB's ``username`` may go over to
        another person, and services that FAB does not know are read by their userinfo_endpoint."""
        remote = self.oauth_remotes[provider]
        if provider in {"github", "githublocal"}:
            answer = remote.get("user")
            answer.raise_for_status()
            return {
                "username": f"github_{answer.json()['login']}",
                "subject": f"github_{answer.json()['id']}",
            }
        try:
            known: dict[str, Any] = super().get_oauth_user_info(provider, resp)
        except OAuthProviderUnknown:
            found = remote.userinfo()
            return {**found, "username": found.get("preferred_username", ""), "subject": found["sub"]}
        return known

    def auth_user_oauth(self, userinfo: Any) -> None:
        """FAB's own makes accounts and finds them by any name: ours is auth_user_outside alone."""

    def auth_user_saml(self, userinfo: Any) -> None:
        """As auth_user_oauth."""

    def auth_user_outside(self, person: OutsidePerson) -> Staff | None:
        """The account of whom a service has recognised, or None.

        A refusal takes the same time whatever it was.
        """
        began = time.monotonic()
        is_clean = all(is_storable(text) for text in (person.subject, person.email, person.login))
        user = self.outside_door.admit(person) if self.outside_door is not None and is_clean else None
        if user is not None:
            self.update_user_auth_stat(user, True)
            return user
        log.warning("%s: no account here for the subject %r", person.issuer, person.subject)
        signals.sign_in_failed.send(self, login=person.shown)
        time.sleep(max(0.0, began + current_app.config["SIGN_IN_REFUSAL_SECONDS"] - time.monotonic()))
        return None


def providers() -> list[dict[str, Any]]:
    """The services of the settings, as their buttons stand on the page."""
    return [*current_app.config.get("OAUTH_PROVIDERS", []), *current_app.config.get("SAML_PROVIDERS", [])]


def label_of(provider: dict[str, Any]) -> str:
    """How a service is called on screen."""
    return str(provider.get("label") or provider["name"].replace("_", " ").title())


def ask(question: Callable[..., Answer], *arguments: Any) -> Answer:
    """The answer of a function that asks a service, within the time for signing in. Raises OutsideDown."""
    app: Any = current_app

    def within(application: Any) -> Answer:
        with application.app_context():
            return question(*arguments)

    waiting = _asking.submit(within, app._get_current_object())
    try:
        return waiting.result(timeout=current_app.config["SIGN_IN_OUTSIDE_SECONDS"])
    except TimeoutError:
        waiting.cancel()
        raise OutsideDown("the time for signing in is over") from None
