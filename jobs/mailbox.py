"""Reading the mailbox: each letter fetched, taken in, committed, and only then moved to the done ones.

One reader at a time, by a lease in Redis; that is for economy alone. What makes each letter count once is the
row of ``incoming``, so two readers, or one that died between commit and move, do no harm.
"""

from __future__ import annotations

import hashlib
import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from flask import Flask, current_app
from flask_babel import force_locale
from redis.exceptions import LockError, RedisError
from redis.lock import Lock
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from app.extensions import db, redis
from app.notify import health
from app.notify.channels.base import ChannelError, Settings
from app.notify.mailbox.imap import Mailbox, open_mailbox
from app.notify.mailbox.letter import Received, Unreadable, read_head, read_letter
from app.notify.mailbox.settings import MAILBOX, MEGABYTE, mailbox_settings
from app.services import attachments
from app.services.letter_answers import send_answer
from app.services.letter_sight import Outcome
from app.services.letters_in import quarantine, take_in
from app.services.mailbox_settings import keep_refresh_token
from jobs.context import with_app

log = logging.getLogger(__name__)
LOCK = "helpdesk:mailbox"
LEASE = 180  # seconds, renewed with every letter and every slice of waiting
LONGEST_GO = 240.0  # seconds; what is left is read in the next go
MOST_FAULTS = 3  # faults of the server in one go
SLICE = 10.0  # seconds of waiting between two looks at whether to go on
PAUSE = 15.0  # seconds until the next try when the mailbox is off, another reads it, or it fails
TRIES = 3  # after so many a letter that ends the process itself is put aside unread
DAY = 86_400


@with_app
def poll_mailbox() -> int:
    """Each minute, in case no courier waits at the mailbox: read what is there. Returns how many letters."""
    settings = mailbox_settings(db.session())
    if settings is None or health.resting_until(db.session(), MAILBOX):
        return 0
    with reader_lock() as lease:
        if lease is None:
            return 0
        try:
            with open_mailbox(settings, keep=_keep) as mailbox:
                count = read_all(mailbox, settings, renew=lease)
        except ChannelError as error:
            return _note_failure(error)
        _note_success()
        return count


@with_app
def sweep_attachments() -> int:
    """Once a day: files that no row names, letters discarded long ago."""
    return attachments.sweep(db.session())


def run_mailbox(app: Flask, leave: threading.Event) -> None:
    """The courier's thread: wait at the mailbox (IDLE), read what comes, until told to leave."""
    while not leave.is_set():
        with app.app_context():
            try:
                _stay(leave)
            except ChannelError as error:
                _note_failure(error)
            except Exception:
                log.exception("the mailbox was not read")
            finally:
                db.session.remove()
        leave.wait(PAUSE)


def _stay(leave: threading.Event) -> None:
    """Read and wait for as long as the settings stay as they are."""
    settings = mailbox_settings(db.session())
    if settings is None or health.resting_until(db.session(), MAILBOX):
        return
    with reader_lock() as lease:
        if lease is None:
            return
        with open_mailbox(settings, keep=_keep) as mailbox:
            while not leave.is_set() and _is_same(settings):
                # what comes while letters are moved is announced then and not again: look until all is read
                while read_all(mailbox, settings, renew=lease):
                    pass
                _note_success()
                _wait(mailbox, settings, leave, lease)


def _wait(mailbox: Mailbox, settings: Settings, leave: threading.Event, renew: Callable[[], None]) -> None:
    """Return when something came, after a while without IDLE, or when the reader must go."""
    if not mailbox.can_wait:
        leave.wait(PAUSE)
        renew()
        return
    for has_come in mailbox.wait(SLICE):
        renew()
        if has_come or leave.is_set() or not _is_same(settings):
            return


def _is_same(settings: Settings) -> bool:
    """Whether the settings are still these; no connection to the database is held while waiting."""
    try:
        now = mailbox_settings(db.session())
        return now is not None and _fixed(now) == _fixed(settings)
    finally:
        db.session.remove()


def _fixed(settings: Settings) -> dict[str, Any]:
    """What a person sets: the refresh token changes by itself."""
    return {name: value for name, value in settings.values.items() if name != "refresh_token"}


def read_all(mailbox: Mailbox, settings: Settings, *, renew: Callable[[], None] = lambda: None) -> int:
    """Take in the letters that lie in the folder, oldest first. Returns how many. Raises ChannelError.

    A letter that breaks is put aside, one that cannot be moved stays; those after it are read all the same.
    A database that is away ends the go: nothing is moved, all is found again.
    """
    numbers = mailbox.numbers()
    if settings.flag("console"):
        log.info("mailbox: %s letters wait", len(numbers))
        return 0
    faults: list[ChannelError] = []
    count, ends = 0, time.monotonic() + LONGEST_GO
    with force_locale(current_app.config["BABEL_DEFAULT_LOCALE"]):
        for number in numbers:
            if time.monotonic() > ends or len(faults) == MOST_FAULTS:
                break
            renew()
            try:
                count += read_one(mailbox, number, settings) is not None
            except ChannelError as error:
                faults.append(error)
    if faults:
        raise faults[0]
    return count


def read_one(mailbox: Mailbox, number: int, settings: Settings) -> Outcome | None:
    """One letter, from the server's folder into ours; None when it has gone meanwhile."""
    size = mailbox.size(number)
    if size is None:
        return None
    name = f"{LOCK}:tries:{mailbox.validity}:{number}"
    if size > settings.number("max_mb", 25) * MEGABYTE:
        return _put_aside(mailbox, number, settings, f"too large: {size} bytes")
    if _tries(name) > TRIES:
        return _put_aside(mailbox, number, settings, "reading it failed again and again")
    raw = mailbox.letter(number)
    if raw is None:
        return None
    letter = _read(raw, settings)
    if letter is None:
        return _put_aside(mailbox, number, settings, "unreadable", raw)
    try:
        taken = take_in(db.session(), letter, settings)
    except DBAPIError as error:
        # the database, not the letter: unless it refuses this letter's very values
        db.session.rollback()
        if _is_away(error):
            raise
        log.exception("letter %s was refused by the database", number)
        return _put_aside(mailbox, number, settings, type(error).__name__, raw)
    except SQLAlchemyError:
        db.session.rollback()
        raise
    except Exception as error:
        log.exception("letter %s broke", number)
        db.session.rollback()
        return _put_aside(mailbox, number, settings, type(error).__name__, raw)
    folder = "failed_folder" if taken.outcome is Outcome.FLOOD else "done_folder"
    mailbox.move(number, settings.text(folder))
    _forget_tries(name)
    if taken.answer is not None:
        send_answer(db.session(), taken.answer, own=settings.text("address"))
    return taken.outcome


def _read(raw: bytes, settings: Settings) -> Received | None:
    try:
        return read_letter(raw, authority=settings.text("auth_server"))
    except Unreadable as error:
        log.warning("a letter was not read: %s", error)
    except Exception:  # whatever a parser may do with what people send
        log.exception("a letter could not be parsed")
    return None


def _put_aside(
    mailbox: Mailbox, number: int, settings: Settings, problem: str, raw: bytes | None = None
) -> Outcome:
    """A row in the tray that says why, then the letter goes to the folder of failed ones."""
    head = raw if raw is not None else mailbox.head(number) or b""
    sender, subject, message_id = read_head(head)
    digest = hashlib.sha256(head + problem.encode()).hexdigest()
    quarantine(
        db.session(),
        f"failed#{digest}",
        sender=sender.address,
        subject=subject,
        message_id=message_id,
        problem=problem,
    )
    mailbox.move(number, settings.text("failed_folder"))
    return Outcome.FAILED


def _is_away(error: DBAPIError) -> bool:
    """Whether the connection failed and not the statement."""
    return error.connection_invalidated or type(error).__name__ in {"OperationalError", "InterfaceError"}


# ------------------------------------------------------------------------------------- Redis


@contextmanager
def reader_lock() -> Iterator[Callable[[], None] | None]:
    """Give the one reader the means to renew his lease, others None. Without Redis everybody may read."""
    lock: Lock = redis().lock(LOCK, timeout=LEASE, blocking=False, thread_local=False)
    try:
        is_mine = lock.acquire()
    except (RedisError, OSError):
        yield lambda: None
        return
    if not is_mine:
        yield None
        return

    def renew() -> None:
        with suppress(RedisError, OSError):
            try:
                lock.reacquire()
            except LockError:  # it had run out, and nobody or another has it now
                lock.acquire()

    try:
        yield renew
    finally:
        with suppress(RedisError, OSError):
            lock.release()


def _tries(name: str) -> int:
    """How often this letter was begun; 0 without Redis."""
    try:
        count = int(redis().incr(name))
        redis().expire(name, DAY)
    except (RedisError, OSError):
        return 0
    return count


def _forget_tries(name: str) -> None:
    with suppress(RedisError, OSError):
        redis().delete(name)


# ------------------------------------------------------------------------------------ health


def _note_success() -> None:
    session = db.session()
    health.has_worked(session, MAILBOX)
    session.commit()


def _note_failure(error: ChannelError) -> int:
    log.warning("the mailbox was not read: %s", error)
    session = db.session()
    session.rollback()
    health.has_failed(session, MAILBOX, str(error))
    session.commit()
    return 0


def _keep(token: str) -> None:
    keep_refresh_token(db.session(), token)
