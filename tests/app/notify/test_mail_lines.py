"""Kept connections to a real SMTP server: one for many letters, and never a letter lost or late for it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from app.notify import mail_lines
from app.notify.mail import Letter, MailError, MailServer, send_letter
from app.notify.mail_lines import lines
from tests.support.authority import Authority
from tests.support.mail import PASSWORD, SENDER, USER, mail_server
from tests.support.mail import MailServer as RealServer

pytestmark = pytest.mark.database("sqlite", reason="sending touches no database")


@pytest.fixture
def server() -> Iterator[RealServer]:
    with mail_server() as running:
        yield running


@pytest.fixture
def kept(app: Flask, server: RealServer) -> Iterator[None]:
    """Connections are kept, as in the courier, and ended before the server is."""
    with app.app_context(), lines.keep():
        yield


def send(server: RealServer, **more: str) -> None:
    settings = MailServer(**server.settings(**more))
    send_letter(Letter("olena@corp.example", "News", "News", ""), server=settings, sender=SENDER)


def connections(server: RealServer) -> int:
    """How many different ones the letters came over."""
    return len({letter.peer for letter in server.letters})


def test_letters_share_a_connection_only_where_connections_are_kept(app: Flask, server: RealServer) -> None:
    with app.app_context():
        send(server)
        send(server)
        assert connections(server) == 2
        with lines.keep():
            for _turn in range(3):
                send(server)
    assert (len(server.letters), connections(server)) == (5, 3)


def test_kept_connection_stays_encrypted_and_signed_in(app: Flask, tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    certificate = authority.issue("127.0.0.1")
    with (
        app.app_context(),
        mail_server(certificate, protection="starttls", needs_sign_in=True) as server,
        lines.keep(),
    ):
        for _turn in range(2):
            send(server, user=USER, password=PASSWORD, ca_file=str(authority.certificate))
        assert [letter.was_encrypted for letter in server.letters] == [True, True]
        assert connections(server) == 1
        with pytest.raises(MailError):  # another password is never lent this one's connection
            send(server, user=USER, password="wrong", ca_file=str(authority.certificate))


@pytest.mark.usefixtures("kept")
def test_server_that_hung_up_meanwhile_gets_the_next_letter_at_once(server: RealServer) -> None:
    server.hangs_up = True
    for number in range(1, 4):
        send(server)
        assert server.hung_up.wait(10)
        server.hung_up.clear()
        assert (len(server.letters), connections(server)) == (number, number)


@pytest.mark.usefixtures("kept")
def test_refused_letter_ends_its_connection(server: RealServer) -> None:
    send(server)
    server.answers.append("554 no")
    with pytest.raises(MailError):
        send(server)
    send(server)
    assert (len(server.letters), connections(server)) == (2, 2)


@pytest.mark.usefixtures("kept")
def test_connection_is_made_anew_after_so_many_letters(
    server: RealServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mail_lines, "MOST_LETTERS", 2)
    for _turn in range(5):
        send(server)
    assert connections(server) == 3


@pytest.mark.usefixtures("kept")
def test_idle_connection_is_ended_and_a_used_one_is_not(
    server: RealServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(server)
    monkeypatch.setattr(mail_lines, "IDLE", 3600.0)
    lines.end_idle()
    send(server)
    assert connections(server) == 1
    monkeypatch.setattr(mail_lines, "IDLE", 0.0)
    lines.end_idle()
    send(server)
    assert connections(server) == 2


def test_each_server_gets_its_own_letters(app: Flask, server: RealServer) -> None:
    with app.app_context(), mail_server() as other, lines.keep():
        send(server)
        send(other)
        send(server)
        assert (len(server.letters), len(other.letters)) == (2, 1)
