"""What a letter is besides a person's words: an answer of a machine, a list, a report of a lost letter."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message
from enum import StrEnum

from app.notify.mailbox.headers import message_ids, raw_values

_MACHINES = re.compile(r"^(?:mailer-daemon|postmaster|double-bounce|no-?reply|do-?not-?reply)(?:\+|@|$)")
_STATUS = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")


class Mark(StrEnum):
    """Who wrote a letter. Only what a PERSON wrote becomes a ticket by itself, or is ever answered."""

    PERSON = "person"
    REPLY = "auto_reply"  # a machine answers: "I am away"
    MACHINE = "machine"  # a list, a newsletter, a printer
    REPORT = "report"  # about a letter that did not arrive


@dataclass(frozen=True)
class Report:
    """A delivery report. ``keys`` are the Message-IDs of the letter that it is about."""

    has_failed: bool
    status: str
    keys: tuple[str, ...]


def mark_of(letter: Message, sender: str) -> Mark:
    """Who wrote this letter, by the headers that machines are asked to write (RFC 3834 and older customs)."""
    if letter.get_content_type() == "multipart/report":
        return Mark.REPORT
    submitted = re.split(r"[;(\s]", _first(letter, "Auto-Submitted"))[0]
    precedence = _first(letter, "Precedence")
    if submitted == "auto-replied" or precedence == "auto_reply":
        return Mark.REPLY
    if any(raw_values(letter, name) for name in ("X-Autoreply", "X-Autorespond", "X-Autorespond-From")):
        return Mark.REPLY
    if "<>" in (value.strip() for value in raw_values(letter, "Return-Path")[:1]):
        return Mark.REPLY
    if submitted not in {"", "no"} or precedence in {"bulk", "list", "junk"}:
        return Mark.MACHINE
    if any(raw_values(letter, name) for name in ("List-Id", "List-Unsubscribe", "X-Auto-Response-Suppress")):
        return Mark.MACHINE
    return Mark.MACHINE if _MACHINES.match(sender) else Mark.PERSON


def report_of(letter: Message) -> Report:
    """What a multipart/report says, of the first hundred parts."""
    has_failed, status, keys = False, "", []
    for part in _some_parts(letter):
        kind = part.get_content_type()
        if kind == "message/delivery-status":
            for block in part.get_payload() if part.is_multipart() else []:
                if not isinstance(block, Message):
                    continue
                has_failed |= _first(block, "Action") == "failed"
                found = _STATUS.search(_first(block, "Status"))
                status = found[1] if found else status
        elif kind in {"message/rfc822", "text/rfc822-headers", "message/rfc822-headers"}:
            keys += _ids_within(part)
    return Report(has_failed, status, tuple(keys))


def failed_authentication(letter: Message, authority: str) -> bool:
    """Whether the firm's own mail server (its name in Authentication-Results) says that DMARC failed.

    Only the topmost result of that name counts: those below may have been written by the sender.
    """
    for value in raw_values(letter, "Authentication-Results") if authority else []:
        name, _, results = value.lower().partition(";")
        if name.split()[:1] == [authority.lower()]:
            return re.search(r"\bdmarc\s*=\s*fail\b", results) is not None
    return False


def _first(letter: Message, name: str) -> str:
    """The first value in small letters."""
    values = raw_values(letter, name)
    return values[0].strip().lower() if values else ""


def _some_parts(letter: Message) -> Iterator[Message]:
    for number, part in enumerate(letter.walk()):
        if number == 100:
            return
        yield part


def _ids_within(part: Message) -> list[str]:
    """The Message-ID of the letter, or of the headers, that a report sends back."""
    payload = part.get_payload()
    if isinstance(payload, list):
        inside = [inner for inner in payload if isinstance(inner, Message)]
        return [one for inner in inside for one in message_ids(inner, "Message-ID")]
    raw = part.get_payload(decode=True)
    text = raw.decode("ascii", "replace")[:20_000] if isinstance(raw, bytes) else ""
    found = re.search(r"^message-id:\s*<([^<>\s]{1,300})>", text, re.IGNORECASE | re.MULTILINE)
    return [found[1]] if found else []
