"""The reader at a real IMAP server: each letter once, whatever dies when; a bad one holds up no other."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from app.notify.channels.base import Settings
from app.notify.mailbox.imap import Mailbox
from jobs import mailbox as reader
from models import (
    Attachment,
    ChannelHealth,
    Comment,
    Incoming,
    LetterWhy,
    MailLetter,
    Ticket,
)
from tests.support.dovecot import Dovecot
from tests.support.letters import write_letter
from tests.support.mail_desk import DONE, Desk

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def desk(
    session: Session, app: Flask, dovecot: Dovecot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Desk:
    """The firm; attachments lie in a folder of the test's."""
    monkeypatch.setitem(app.config, "VAR_DIR", tmp_path)
    return Desk(session, dovecot)


def test_letters_are_read_once_and_lie_in_the_done_folder(desk: Desk) -> None:
    desk.deliver(write_letter(files=(("a.txt", b"text"),)), write_letter(sender="stranger@else.example"))
    assert desk.read() == 2
    assert (desk.count(Ticket), desk.count(MailLetter), desk.count(Attachment)) == (1, 2, 1)
    assert desk.lies() == (0, 2, 0)
    assert desk.read() == 0


def test_minute_job_reads_and_notes_that_it_worked(desk: Desk) -> None:
    desk.deliver(write_letter())
    assert reader.poll_mailbox() == 1
    health = desk.session.get_one(ChannelHealth, "mailbox", populate_existing=True)
    assert health.worked_at is not None
    with reader.reader_lock() as mine, reader.reader_lock() as other:
        assert mine is not None
        assert other is None
        desk.deliver(write_letter())
        assert reader.poll_mailbox() == 0  # another one reads
    assert reader.poll_mailbox() == 1


def test_mailbox_that_is_off_or_only_counted_is_not_touched(desk: Desk) -> None:
    desk.deliver(write_letter())
    desk.settings = desk.set_up(console=True)
    assert reader.poll_mailbox() == 0
    assert desk.lies() == (1, 0, 0)


@pytest.mark.parametrize("moment", ["fetch", "commit", "move"])
def test_reader_that_dies_anywhere_makes_one_ticket(
    desk: Desk, moment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.deliver(write_letter(files=(("a.txt", b"text"),)))

    def die(*_args: Any, **_how: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        places: dict[str, tuple[Any, str]] = {
            "fetch": (reader, "take_in"),
            "commit": (Session, "commit"),
            "move": (Mailbox, "move"),
        }
        patched.setattr(*places[moment], die)
        with pytest.raises(KeyboardInterrupt):
            desk.read()
    desk.session.rollback()
    assert desk.lies() == (1, 0, 0)
    desk.read()
    assert (desk.count(Ticket), desk.count(Attachment), desk.count(Incoming)) == (1, 1, 1)
    assert desk.lies() == (0, 1, 0)


def test_database_that_is_away_leaves_the_letter_where_it_is(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.deliver(write_letter())

    def away(*_args: Any, **_how: Any) -> None:
        raise OperationalError("select", {}, Exception("gone"))

    with monkeypatch.context() as patched:
        patched.setattr(reader, "take_in", away)
        with pytest.raises(OperationalError):
            desk.read()
    assert desk.lies() == (1, 0, 0)
    assert desk.read() == 1


POISON = {
    "headers": b"From: a@corp.example\n" + b"X-Bomb: 1\n" * 3000 + b"\nx",
    "parts": b'Content-Type: multipart/mixed; boundary="b"\n\n'
    + b"--b\nContent-Type: text/plain\n\nx\n" * 1000,
    "nested": b"".join(
        b'Content-Type: multipart/mixed; boundary="b%d"\n\n--b%d\n' % (n, n) for n in range(280)
    ),
    "nothing": b"\n",
    "large": write_letter(text="x\n" * 600_000),
}


def test_poison_is_put_aside_and_holds_up_nothing(desk: Desk) -> None:
    desk.settings = desk.set_up(max_mb=1)
    desk.deliver(*POISON.values(), write_letter())
    desk.read()
    assert desk.count(Ticket) == 1
    assert desk.lies()[0] == 0
    broken = list(desk.session.scalars(select(MailLetter.reason).where(MailLetter.why == LetterWhy.BROKEN)))
    assert len(broken) == desk.lies()[2] >= 3
    assert any(reason.startswith("too large") for reason in broken)


def test_letter_that_always_breaks_or_kills_is_put_aside(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.deliver(write_letter(subject="deadly"), write_letter(subject="good"))
    from app.services.letters_in import take_in as real

    def take_in(session: Session, letter: Any, settings: Settings) -> Any:
        if letter.subject == "deadly":
            raise KeyboardInterrupt
        return real(session, letter, settings)

    monkeypatch.setattr(reader, "take_in", take_in)
    for _turn in range(reader.TRIES):
        with pytest.raises(KeyboardInterrupt):
            desk.read()
    assert desk.read() == 2
    assert (desk.count(Ticket), desk.lies()) == (1, (0, 1, 1))


def test_letter_that_breaks_our_code_is_put_aside(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.deliver(write_letter())

    def breaks(*_args: Any, **_how: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(reader, "take_in", breaks)
    desk.read()
    letter = desk.session.scalars(select(MailLetter)).one()
    assert (letter.why, letter.reason, letter.sender) == ("broken", "ZeroDivisionError", "olena@corp.example")
    assert desk.lies() == (0, 0, 1)


def test_new_numbering_of_the_folder_changes_nothing(desk: Desk) -> None:
    """UIDVALIDITY changes when a folder is made anew: the letters are known by what they are."""
    letter = write_letter()
    desk.deliver(letter)
    desk.read()
    with desk.dovecot.client(desk.user) as client:
        client.delete_folder(DONE)
    desk.deliver(letter)
    desk.read()
    assert (desk.count(Ticket), desk.lies()) == (1, (0, 1, 0))


def test_answer_waits_for_no_second_go(desk: Desk) -> None:
    desk.deliver(write_letter(Message_ID="<one@corp.example>"))
    desk.read()
    desk.deliver(write_letter(text="more", In_Reply_To="<one@corp.example>"))
    desk.read()
    assert (desk.count(Ticket), desk.count(Comment)) == (1, 1)
