"""Two ways to prove a password: here, or in the organisation's directory, with one answer to whoever fails.

The directory itself is asked by a layer above, through :class:`DomainDoor`; here is who goes which way.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from typing import Any, Protocol

from flask import current_app, g
from flask_appbuilder.security.sqla.manager import SecurityManager
from flask_appbuilder.security.utils import is_null_password

from app.security import signals
from app.text import is_storable
from models import SignInWay, Staff

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class DomainAnswer:
    """What the directory said. ``problem`` are words for the person, "" for the general refusal.

    ``is_down``: it could not be asked, so nothing is known about the password.
    """

    user: Staff | None = None
    problem: str = ""
    is_down: bool = False


class DomainDoor(Protocol):
    """Whoever asks the directory."""

    def sign_in(self, login: str, password: str) -> DomainAnswer:
        """The person with this login and password."""

    def by_name(self, login: str) -> DomainAnswer:
        """The person whom somebody trustworthy has recognised already."""

    def rest(self) -> DomainAnswer | None:
        """What to say while the directory is known not to answer; None: it is well, or nobody knows."""


def plain_login(typed: str) -> str:
    """``FIRM\\olena`` and ``olena@FIRM.TEST`` are ``olena``."""
    return typed.strip().rpartition("\\")[2].partition("@")[0].strip()


class TwoWays(SecurityManager):
    """Local accounts beside those of the directory; each signs in one way, administrators also locally."""

    domain_door: DomainDoor | None = None

    def auth_user_db(self, username: str, password: str) -> Any:
        """The person who proves his password, or None; ``g.sign_in_problem`` then says what more is known.

        A refusal takes the same time whatever it was.
        """
        began = time.monotonic()
        g.sign_in_problem = DomainAnswer()
        login = str(username or "")
        # the databases refuse NUL and lone surrogates, and nobody is called so
        readable = all(is_storable(str(text or "")) for text in (username, password))
        typed = bool(login.strip()) and not is_null_password(password)
        user = self._proven(login, password) if readable and typed else None
        if user is None:
            signals.sign_in_failed.send(self, login=login)
            time.sleep(max(0.0, began + current_app.config["SIGN_IN_REFUSAL_SECONDS"] - time.monotonic()))
        return user

    def auth_user_ldap(self, username: str, password: str) -> Any:
        """FAB's own stands on another library and lacks our guards (traps.md M10): one door for all."""
        return self.auth_user_db(username, password)

    def _proven(self, login: str, password: str) -> Staff | None:
        known = self.find_user(username=login)
        by_email = known is None and (known := self.find_user(email=login)) is not None
        is_domain = known is not None and known.sign_in_way == SignInWay.DOMAIN
        # FAB breaks on an account that never had a password
        has_none = known is not None and known.password is None
        if not has_none and (known is None or self.signs_in_here(known)):
            local: Staff | None = super().auth_user_db(login, password)
            if local is not None:
                return local
        if self.domain_door is None:
            return None
        if known is not None and not is_domain:
            # while the directory is down, nobody can tell from the answer which logins are local
            g.sign_in_problem = self.domain_door.rest() or DomainAnswer()
            return None
        answer = self.domain_door.sign_in(known.username if known and by_email else login, password)
        return self._let_in(answer, known)

    def auth_user_remote_user(self, username: str) -> Any:
        """The domain user whom a trusted proxy names; None for anybody else."""
        g.sign_in_problem = DomainAnswer()
        login = str(username or "")
        if self.domain_door is None or not plain_login(login) or not is_storable(login):
            return None
        user = self._let_in(self.domain_door.by_name(login), None)
        if user is None:
            signals.sign_in_failed.send(self, login=login)
        return user

    def _let_in(self, answer: DomainAnswer, known: Staff | None) -> Staff | None:
        g.sign_in_problem = answer
        if answer.user is not None:
            self.update_user_auth_stat(answer.user, True)
        elif known is not None and known.is_active and not answer.is_down:
            self.update_user_auth_stat(known, False)
        return answer.user

    def signs_in_here(self, user: Staff) -> bool:
        """Whether a password that is kept here opens anything for him."""
        return user.sign_in_way == SignInWay.LOCAL or self.is_administrator(user)

    def is_administrator(self, user: Staff) -> bool:
        """By himself or through a group."""
        name = current_app.config["AUTH_ROLE_ADMIN"]
        return any(role is not None and role.name == name for role in self.get_user_roles(user))


def last_problem() -> DomainAnswer:
    """What is known of the refusal in this request."""
    found: DomainAnswer = g.pop("sign_in_problem", DomainAnswer())
    return found
