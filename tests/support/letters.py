"""Letters as people's programs write them, and a mailbox that is set up."""

from __future__ import annotations

import itertools
from email.message import EmailMessage
from typing import Any

from sqlalchemy.orm import Session

from app.notify.channels.base import Settings
from app.notify.channels.registry import seal_secrets
from app.notify.mailbox.settings import FIELDS, MAILBOX, filled
from models import ChannelSetting, Department, Staff

OWN = "helpdesk@corp.example"
_numbers = itertools.count(1)


def write_letter(
    sender: str = "Олена Коваленко <olena@corp.example>",
    text: str = "Не друкує принтер у 12 кабінеті.",
    *,
    to: str = OWN,
    subject: str = "Принтер",
    files: tuple[tuple[str, bytes], ...] = (),
    html: str = "",
    **headers: str,
) -> bytes:
    """A letter as it travels; ``headers`` with underscores for hyphens (``In_Reply_To``)."""
    message = EmailMessage()
    if sender:
        message["From"] = sender
    message["To"] = to
    message["Subject"] = subject
    message["Date"] = "Tue, 24 Nov 2026 10:21:00 +0200"
    headers.setdefault("Message_ID", f"<letter-{next(_numbers)}.{id(message)}@corp.example>")
    for name, value in headers.items():
        if value:
            message[name.replace("_", "-")] = value
    message.set_content(text)
    if html:
        message.add_alternative(html, subtype="html")
    for name, data in files:
        message.add_attachment(data, maintype="application", subtype="octet-stream", filename=name)
    return message.as_bytes()


def set_up_mailbox(
    session: Session,
    department: Department,
    author: Staff,
    secrets: dict[str, str] | None = None,
    **more: Any,
) -> Settings:
    """Switch the mailbox on with these settings; returns them as they are read."""
    values = {field.name: field.default for field in FIELDS if field.default != ""}
    values |= {"host": "imap.corp.example", "user": "helpdesk", "address": OWN}
    values |= {"department": department.id, "author": author.id, **more}
    sealed = seal_secrets(secrets or {})
    row = session.merge(ChannelSetting(channel=MAILBOX, is_on=True, values=values, sealed=sealed, version=1))
    session.commit()
    return filled(row)
