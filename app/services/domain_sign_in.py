"""Whoever signs in with the domain: found, proven, and given what his groups give.

Whatever the directory does, a visitor has his answer within seconds, and everybody else goes on.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from flask import current_app
from flask_babel import gettext as _
from redis.exceptions import RedisError
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.directory import DirectoryError, DirectorySettings, Found, Trouble, find_login, prove_password
from app.errors import Invalid
from app.events import unit_of_work
from app.extensions import db, redis
from app.notify import popup
from app.security.domain import DomainAnswer, plain_login
from app.services.directory_source import find_source, settings_of
from app.services.domain_accounts import create_account, follow_directory
from app.services.group_grants import apply_groups, mapped_groups
from models import SignInWay, Staff

log = logging.getLogger(__name__)
_REST = "helpdesk:directory-rests"
REST_SECONDS = 10
# each holds a thread of the web server while it waits; the others go on serving
MOST_AT_ONCE = 16
_asking = ThreadPoolExecutor(MOST_AT_ONCE, thread_name_prefix="directory")
# whoever asks again at once would be no wiser, or lock the reading account
_LASTING = {
    Trouble.TIMEOUT,
    Trouble.HOST,
    Trouble.NOT_A_DIRECTORY,
    Trouble.CERTIFICATE,
    Trouble.ENCRYPTION_REQUIRED,
    Trouble.PASSWORD,
    Trouble.ACCOUNT,
}
# right as far as the directory tells: only who knows the password learns of it
_PASSWORD_EXPIRED, _MUST_CHANGE = "532", "773"


class DirectoryDoor:
    """The way through the directory that administrators have set on screen."""

    def sign_in(self, login: str, password: str) -> DomainAnswer:
        """The person with this login and password; nothing is sent for an empty one."""
        return self._admit(login, password)

    def by_name(self, login: str) -> DomainAnswer:
        """The existing domain user whom a trusted proxy names; his account is never created by that."""
        return self._admit(login, None)

    def rest(self) -> DomainAnswer | None:
        """What to say while the directory is known not to answer."""
        return silent() if _is_resting() else None

    def _admit(self, login: str, password: str | None) -> DomainAnswer:
        plan = _plan(db.session(), plain_login(login))
        if plan is None:
            return DomainAnswer()
        if _is_resting():
            return silent()
        try:
            found = plan.ask(find_login, plan.login, groups=plan.groups)
        except Invalid as error:
            return _unable(error)
        session = db.session()
        user = whose(session, found) if found else None
        may_be_new = user is None and bool(plan.creates and found and found.groups and password is not None)
        if found is None or found.person.is_disabled or (user is None and not may_be_new):
            return DomainAnswer()
        if user is not None and not user.active:
            return DomainAnswer()
        if password is not None and (refusal := _refusal(plan, found, password)) is not None:
            return refusal
        return DomainAnswer(_enter(session, found, may_be_new=may_be_new))


def prove_person(session: Session, user: Staff, password: str) -> DomainAnswer:
    """Whether this is the domain password of somebody who is inside already: ``user`` is he then.

    Commits, so that nothing of the database is held while the directory thinks.
    """
    plan = _plan(session, str(user.username))
    if plan is None:
        return DomainAnswer()
    if _is_resting():
        return silent()
    try:
        found = plan.ask(find_login, plan.login)
    except Invalid as error:
        return _unable(error)
    if found is None or found.person.is_disabled or whose(session, found) is not user:
        return DomainAnswer()
    return _refusal(plan, found, password) or DomainAnswer(user)


@dataclass(frozen=True)
class _Plan:
    """What is asked, and until when (monotonic seconds)."""

    settings: DirectorySettings
    login: str
    groups: frozenset[str]
    creates: bool
    until: float

    def ask(self, question: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
        """The directory's answer to a function of app.directory. Raises DirectoryError, TIMEOUT in time."""
        left = self.until - time.monotonic()
        settings = replace(self.settings, timeout=max(0.1, min(self.settings.timeout, left)))
        app: Any = current_app

        def within(application: Any) -> Any:
            with application.app_context():  # for the words of what goes wrong
                return question(settings, *arguments, **named)

        answer = _asking.submit(within, app._get_current_object())
        try:
            return answer.result(timeout=max(0.0, left))
        except TimeoutError:
            answer.cancel()
            raise DirectoryError(Trouble.TIMEOUT, "the time for signing in is over") from None


def _plan(session: Session, login: str) -> _Plan | None:
    """None when there is nothing to ask. The database's connection is given back before the waiting."""
    source = find_source(session)
    if source.id is None or not login:
        return None
    try:
        settings = settings_of(source)
    except Invalid as error:
        log.error("the directory's settings cannot be used: %s", error.message)
        return None
    seconds = current_app.config["SIGN_IN_DIRECTORY_SECONDS"]
    plan = _Plan(settings, login, mapped_groups(session), source.creates_accounts, time.monotonic() + seconds)
    session.commit()
    return plan


def _refusal(plan: _Plan, found: Found, password: str) -> DomainAnswer | None:
    """Why the password does not open; None when the directory accepts it."""
    try:
        plan.ask(prove_password, found.person.dn, password)
    except DirectoryError as error:
        if error.code == _PASSWORD_EXPIRED:
            return DomainAnswer(
                problem=_("Your domain password has expired. Set a new one in Windows first.")
            )
        if error.code == _MUST_CHANGE:
            return DomainAnswer(problem=_("You must change your domain password first. Do it in Windows."))
        if error.trouble in {Trouble.PASSWORD, Trouble.ACCOUNT}:
            return DomainAnswer()
        return _unable(error)
    return None


def _unable(error: Invalid) -> DomainAnswer:
    """The directory could not be asked: log it for administrators, and let it be for some seconds."""
    log.warning("nobody can sign in with the domain: %s", error.message)
    if isinstance(error, DirectoryError) and error.trouble in _LASTING:
        with suppress(RedisError, OSError):
            redis().set(_REST, "1", ex=REST_SECONDS)
    return silent()


def silent() -> DomainAnswer:
    """In plain words, the same for every login."""
    text = _("The directory does not answer: try again in a minute, or sign in with a local account.")
    return DomainAnswer(problem=text, is_down=True)


def _is_resting() -> bool:
    try:
        return bool(redis().exists(_REST))
    except (RedisError, OSError):
        return False


def whose(session: Session, found: Found) -> Staff | None:
    """The domain user who is this person: by his identity, or by his login as long as he has none.

    A login that has gone over to another person opens nothing of the former one.
    """
    person = found.person
    known = session.scalars(select(Staff).where(Staff.directory_guid == person.guid)).one_or_none()
    if known is None:
        named = select(Staff).where(
            func.lower(Staff.username) == func.lower(person.login), Staff.directory_guid.is_(None)
        )
        rows = session.scalars(named).all()
        known = rows[0] if len(rows) == 1 else None
    return known if known is not None and known.sign_in_way == SignInWay.DOMAIN else None


def _enter(session: Session, found: Found, *, may_be_new: bool) -> Staff | None:
    try:
        user, has_changed = _write(session, found, may_be_new=may_be_new)
    except IntegrityError:  # his first sign-in, in two windows at once
        user, has_changed = _write(session, found, may_be_new=False)
    if user is not None and has_changed:
        popup.reconnect(user.id)
    return user


def _write(session: Session, found: Found, *, may_be_new: bool) -> tuple[Staff | None, bool]:
    with unit_of_work(session):
        user = whose(session, found)
        if user is None and may_be_new:
            user = create_account(session, found)
        if user is None:
            return None, False
        follow_directory(session, user, found)
        return user, apply_groups(session, user, found.groups)
