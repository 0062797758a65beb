"""The server: settings tried, letters waited for, processes killed, OAuth2."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from app.extensions import db
from app.notify.channels.base import Permanent, Settings, Temporary
from app.notify.channels.registry import open_secrets
from app.notify.mailbox.imap import check_mailbox
from app.notify.mailbox.letter import read_letter
from app.notify.mailbox.oauth import forget_tokens
from app.notify.mailbox.settings import mailbox_settings
from app.services.letters_in import take_in
from jobs import mailbox as reader
from models import (
    Attachment,
    ChannelSetting,
    Incoming,
    Ticket,
)
from tests.support.databases import Place
from tests.support.dovecot import TOKEN, Dovecot
from tests.support.letters import write_letter
from tests.support.mail_desk import Desk
from tests.support.servers import locked

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def desk(
    session: Session, app: Flask, dovecot: Dovecot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Desk:
    """The firm; attachments lie in a folder of the test's."""
    monkeypatch.setitem(app.config, "VAR_DIR", tmp_path)
    return Desk(session, dovecot)


def test_check_tells_what_is_wrong(desk: Desk, tmp_path: Path) -> None:
    desk.deliver(write_letter())
    assert check_mailbox(desk.settings) == 1
    assert check_mailbox(desk.set_up(port=desk.dovecot.port, protection="starttls")) == 1
    with pytest.raises(Temporary, match="certificate"):
        check_mailbox(desk.set_up(ca_file=""))
    wrong = Settings({**desk.settings.values, "password": "wrong"})
    with pytest.raises(Permanent, match="refused the sign-in"):
        check_mailbox(wrong)
    with pytest.raises(Temporary, match="unreachable"):
        check_mailbox(desk.set_up(port=1))
    with pytest.raises(Permanent, match="authority"):
        check_mailbox(desk.set_up(ca_file=str(tmp_path / "none.pem")))


@pytest.fixture
def waiting(live_app: Flask, dovecot: Dovecot, tmp_path: Path) -> Iterator[Desk]:
    """The firm with a thread that waits at the mailbox, on a database where commits are real."""
    live_app.config["VAR_DIR"] = tmp_path
    desk = Desk(db.session(), dovecot)
    leave = threading.Event()
    thread = threading.Thread(target=reader.run_mailbox, args=(live_app, leave), daemon=True)
    thread.start()
    yield desk
    leave.set()
    desk.deliver(write_letter())  # wakes it
    thread.join(20)
    assert not thread.is_alive()


@pytest.mark.database("postgres", reason="the waiting is the server's and the thread's")
def test_waiting_reader_sees_a_letter_at_once(waiting: Desk) -> None:
    deadline = time.monotonic() + 50
    for number in (1, 2):
        waiting.deliver(write_letter(text=f"letter {number}"))
        while waiting.count(Ticket) < number and time.monotonic() < deadline:
            time.sleep(0.05)
        assert waiting.count(Ticket) == number


# a process that is killed by itself at the worst moments
KILLED = """
import os, signal
from app.notify.mailbox.imap import Mailbox
from app.services import letters_in
from jobs import mailbox
def die(*args, **how):
    os.kill(os.getpid(), signal.SIGKILL)
setattr({place}, die)
mailbox.poll_mailbox()
"""


@pytest.mark.database("postgres", reason="one kind is enough for the death of a process")
@pytest.mark.parametrize("where", ['letters_in, "record"', 'Mailbox, "move"'])
def test_killed_process_leaves_one_ticket_in_the_end(
    live_app: Flask, dovecot: Dovecot, where: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    servers: Place = request.getfixturevalue("place")
    live_app.config["VAR_DIR"] = tmp_path
    desk = Desk(db.session(), dovecot)
    desk.deliver(write_letter(files=(("a.txt", b"text"),)))
    url = live_app.config["SQLALCHEMY_DATABASE_URI"]
    environment = {**os.environ, **servers.environment(url), "HELPDESK_VAR": str(tmp_path)}
    code = KILLED.replace("{place}", where)
    done = subprocess.run([sys.executable, "-c", code], env=environment, cwd=ROOT, check=False, timeout=60)
    assert done.returncode == -signal.SIGKILL
    live_app.extensions["redis"].delete(reader.LOCK)  # its lease would end by itself
    assert desk.count(Ticket) == (0 if "record" in where else 1)
    reader.poll_mailbox()
    assert (desk.count(Ticket), desk.count(Attachment), desk.count(Incoming)) == (1, 1, 1)
    assert desk.lies() == (0, 1, 0)


def test_two_readers_of_one_letter_make_one_ticket(live_app: Flask, dovecot: Dovecot, tmp_path: Path) -> None:
    """Without Redis nothing keeps a second reader away but the database."""
    live_app.config["VAR_DIR"] = tmp_path
    desk = Desk(db.session(), dovecot)
    letter = read_letter(write_letter(files=(("a.txt", b"text"),)))
    start, outcomes = threading.Barrier(4), []

    def read() -> None:
        with live_app.app_context():
            start.wait()
            outcomes.append(take_in(db.session(), letter, desk.settings).outcome)
            db.session.remove()

    threads = [threading.Thread(target=read) for _number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(outcomes) == ["duplicate", "duplicate", "duplicate", "ticket"]
    assert (desk.count(Ticket), desk.count(Attachment)) == (1, 1)
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 1


# ----------------------------------------------------------------------------------- OAuth2


class TokenServer(BaseHTTPRequestHandler):
    """Changes a refresh token for an access token, and tells Dovecot whose an access token is."""

    user, answer, asked = "", 200, 0

    def do_POST(self) -> None:
        """Either question; the form says what is asked."""
        length = int(self.headers.get("Content-Length") or 0)
        form = parse_qs(self.rfile.read(length).decode())
        found: dict[str, Any]
        if self.path.startswith("/introspect"):
            is_good = form.get("token") == [TOKEN]
            found = {"active": is_good, "user": type(self).user}
            self._say(200, found)
            return
        type(self).asked += 1
        is_good = form.get("refresh_token") == ["refresh one"] and form.get("client_secret") == ["sesame"]
        found = {"access_token": TOKEN, "expires_in": 3600, "refresh_token": "refresh two"}
        self._say(type(self).answer if is_good else 400, found if is_good else {"error": "invalid_grant"})

    def _say(self, status: int, found: dict[str, Any]) -> None:
        body = json.dumps(found).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args: Any) -> None:
        """Quietly."""


@pytest.fixture
def token_url(dovecot: Dovecot) -> Iterator[str]:
    """A token server where Dovecot asks."""
    with locked(dovecot.folder.parent / "introspection.lock"):
        server = ThreadingHTTPServer(("127.0.0.1", dovecot.introspection), TokenServer)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        forget_tokens()
        yield f"http://127.0.0.1:{dovecot.introspection}/token"
        server.shutdown()
        server.server_close()
        thread.join()
        forget_tokens()


def test_reader_signs_in_by_oauth2_and_keeps_the_new_refresh_token(desk: Desk, token_url: str) -> None:
    TokenServer.user, TokenServer.answer, TokenServer.asked = desk.user, 200, 0
    desk.deliver(write_letter())
    values = {"sign_in": "oauth2", "token_url": token_url, "client_id": "helpdesk"}
    secrets = {"client_secret": "sesame", "refresh_token": "refresh one"}
    settings = desk.set_up(secrets, **values)
    assert reader.poll_mailbox() == 1
    row = desk.session.get_one(ChannelSetting, "mailbox", populate_existing=True)
    assert open_secrets(row) == {"client_secret": "sesame", "refresh_token": "refresh two"}
    assert TokenServer.asked == 1
    assert check_mailbox(settings) == 0
    fresh = mailbox_settings(desk.session)
    assert fresh is not None
    assert check_mailbox(fresh) == 0
    assert TokenServer.asked == 1  # the token still holds, under the old refresh token and the new
    forget_tokens()
    with pytest.raises(Permanent, match="oauth2: answer 400"):
        check_mailbox(desk.set_up({**secrets, "refresh_token": "stolen"}, **values))
    TokenServer.answer = 503
    with pytest.raises(Temporary, match="oauth2: answer 503"):
        check_mailbox(settings)
    with pytest.raises(Permanent, match="not https"):
        check_mailbox(desk.set_up(secrets, **values | {"token_url": "http://tokens.example/"}))
