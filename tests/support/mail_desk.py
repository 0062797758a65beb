"""A firm whose mailbox lies on a real server."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.notify.channels.base import Settings
from app.notify.mailbox.imap import open_mailbox
from jobs import mailbox as reader
from models import (
    Staff,
)
from tests.support.dovecot import PASSWORD, Dovecot
from tests.support.factories import make_client, make_department, make_user
from tests.support.letters import set_up_mailbox

ROOT = Path(__file__).resolve().parents[2]
DONE, FAILED = "helpdesk-done", "helpdesk-failed"


class Desk:
    """A firm whose mailbox lies on the real server."""

    def __init__(self, session: Session, dovecot: Dovecot) -> None:
        self.session, self.dovecot = session, dovecot
        self.user = dovecot.new_user()
        self.department = make_department(session)
        self.robot: Staff = make_user(session, active=False)
        make_client(session, "Коваленко Олена", email="olena@corp.example")
        self.settings = self.set_up()

    def set_up(self, secrets: dict[str, str] | None = None, **more: Any) -> Settings:
        """The mailbox with other settings."""
        values = self.dovecot.values(self.user, **more)
        secrets = secrets or {"password": PASSWORD}
        return set_up_mailbox(self.session, self.department, self.robot, secrets, **values)

    def deliver(self, *letters: bytes) -> None:
        """Letters come."""
        self.dovecot.deliver(self.user, *letters)

    def read(self) -> int:
        """One go of the reader."""
        with open_mailbox(self.settings) as mailbox:
            return reader.read_all(mailbox, self.settings)

    def lies(self) -> tuple[int, int, int]:
        """How many letters are (new, done, failed) on the server."""
        new, done, failed = (self.dovecot.count(self.user, folder) for folder in ("INBOX", DONE, FAILED))
        return new, done, failed

    def count(self, table: type[Any]) -> int:
        """How many rows there are."""
        self.session.rollback()
        return self.session.scalar(select(func.count()).select_from(table)) or 0
