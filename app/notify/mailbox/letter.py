"""A letter as it came, read: who, what, in answer to what, with which files.

Parsed by the old rules of Python's parser: the new ones raise on broken headers. Limits stand against letters
that are made to hurt.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import policy
from email.message import Message
from email.parser import BytesParser

from app.notify.mailbox.charsets import decode
from app.notify.mailbox.headers import Address, addresses, message_ids, raw_values, text_of, words
from app.notify.mailbox.html_text import html_to_text
from app.notify.mailbox.marks import Mark, Report, failed_authentication, mark_of, report_of

MOST_HEADER_BYTES = 256 * 1024
MOST_HEADER_LINES = 2_000
MOST_PARTS = 300
MOST_TEXT = 400_000  # characters of one letter's text
LONGEST_ID = 300
_BOUNDARY = re.compile(rb"^--\S", re.MULTILINE)
_END_OF_HEADERS = re.compile(rb"\r?\n\r?\n")


class Unreadable(Exception):
    """A letter that is made to hurt, or broken beyond reading. The text says what is wrong, in two words."""


@dataclass(frozen=True)
class File:
    """A file in a letter. ``name`` is as the sender wrote it: never a path of ours."""

    name: str
    declared_type: str
    data: bytes


@dataclass(frozen=True)
class Received:
    """One letter. ``sender`` is empty unless From names exactly one mailbox.

    ``external_id`` says which letter it is: the same however often and by whichever way it comes, another one
    for another letter that took its Message-ID.
    """

    external_id: str
    message_id: str
    sender: Address
    recipients: tuple[str, ...]
    subject: str
    text: str
    files: tuple[File, ...]
    answers: tuple[str, ...]
    mark: Mark
    report: Report | None
    is_forged: bool


def read_letter(raw: bytes, *, authority: str = "") -> Received:
    """Read a letter. Raises Unreadable; whatever else it raises counts as that too."""
    ensure_bearable(raw)
    letter = BytesParser(policy=policy.compat32).parsebytes(raw)
    senders = addresses(letter, "From")
    is_one = len(senders) == 1 and len(raw_values(letter, "From")) == 1
    sender = senders[0] if is_one else Address("", "")
    mark = mark_of(letter, sender.address)
    return Received(
        external_id=external_id(letter, raw),
        message_id="".join(message_ids(letter, "Message-ID")[:1]),
        sender=sender,
        recipients=tuple(_recipients(letter)),
        subject=text_of(letter, "Subject"),
        text=_text(letter)[:MOST_TEXT].strip(),
        files=tuple(_files(letter)),
        answers=tuple(message_ids(letter, "In-Reply-To", "References")),
        mark=mark,
        report=report_of(letter) if mark is Mark.REPORT else None,
        is_forged=failed_authentication(letter, authority),
    )


def ensure_bearable(raw: bytes) -> None:
    """Raise Unreadable before a parser could drown in it."""
    head = _head(raw)
    if len(head) > MOST_HEADER_BYTES or head.count(b"\n") > MOST_HEADER_LINES:
        raise Unreadable("too many headers")
    if b"\n" not in raw[:MOST_HEADER_BYTES]:
        raise Unreadable("no letter")
    # a boundary line each, and some for signatures ("-- ") and text that looks like one
    lines = _BOUNDARY.findall(raw)
    if len(lines) > MOST_PARTS * 20 or raw.lower().count(b"\ncontent-type:") > MOST_PARTS:
        raise Unreadable("too many parts")


def external_id(letter: Message, raw: bytes) -> str:
    """Message-ID and a digest of what the sender made: his From and Date, and all below the headers.

    Headers that servers add on the way differ from copy to copy. Without a Message-ID the digest alone.
    """
    made = [value for name in ("From", "Date", "Subject") for value in raw_values(letter, name)]
    found = _END_OF_HEADERS.search(raw)
    body = raw[found.end() :] if found else raw
    digest = hashlib.sha256("\0".join(made).encode("utf-8", "surrogateescape") + b"\0" + body.rstrip())
    name = "".join(message_ids(letter, "Message-ID")[:1])[: LONGEST_ID - 34]
    # a lone surrogate is nothing that a database keeps
    name = name.encode("ascii", "replace").decode("ascii")
    return f"{name}#{digest.hexdigest()[:32]}"


def read_head(head: bytes) -> tuple[Address, str, str]:
    """(sender, subject, Message-ID) of a letter of which only the headers are read. Never raises."""
    try:
        letter = BytesParser(policy=policy.compat32).parsebytes(head[:MOST_HEADER_BYTES], headersonly=True)
        senders = addresses(letter, "From")
        found = "".join(message_ids(letter, "Message-ID")[:1])
        return (senders[0] if len(senders) == 1 else Address("", "")), text_of(letter, "Subject"), found
    except Exception:  # whatever a parser does with such a letter
        return Address("", ""), "", ""


def _head(raw: bytes) -> bytes:
    found = _END_OF_HEADERS.search(raw, 0, MOST_HEADER_BYTES + 10)
    return raw[: found.start()] if found else raw[: MOST_HEADER_BYTES + 1]


def _recipients(letter: Message) -> Iterator[str]:
    """Every mailbox that the letter went to, also by the servers' own notes."""
    names = ("To", "Cc", "Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To")
    for one in addresses(letter, *names):
        if one.address:
            yield one.address


def _text(part: Message) -> str:
    """The words of a letter: of alternatives the plain one, of a mixture all that is shown between files."""
    kind = part.get_content_type()
    if kind == "multipart/alternative":
        return _alternative([child for child in _children(part) if not _is_file(child)])
    if kind == "multipart/related":
        first = _children(part)[:1]
        return _text(first[0]) if first else ""
    if part.get_content_maintype() == "multipart":
        texts = (_text(child) for child in _children(part) if not _is_file(child))
        return "\n\n".join(text for text in texts if text)
    if kind == "text/html":
        return html_to_text(_decoded(part))
    return _decoded(part).replace("\r\n", "\n") if kind == "text/plain" else ""


def _alternative(children: list[Message]) -> str:
    """The plain version, unless it is empty."""
    plain = [child for child in children if child.get_content_type() == "text/plain"]
    others = [child for child in children if child.get_content_type() != "text/plain"]
    texts = (_text(child) for child in [*plain, *others])
    return next((text for text in texts if text.strip()), "")


def _files(letter: Message) -> Iterator[File]:
    """Everything that is no text of the letter's own and no picture of its look without a name."""
    for part in _leaves(letter):
        if not _is_file(part):
            continue
        if part.get_content_type() == "message/rfc822":
            inner = _children(part)
            data = inner[0].as_bytes() if inner else b""
            name = _name(part) or f"{text_of(inner[0], 'Subject')[:100] if inner else ''}.eml"
        else:
            payload = part.get_payload(decode=True)
            data = payload if isinstance(payload, bytes) else b""
            name = _name(part)
        if data:
            yield File(name, part.get_content_type(), data)


def _leaves(letter: Message) -> Iterator[Message]:
    """Every part that holds no others; a letter within a letter is one part."""
    waiting, seen = [letter], 0
    while waiting:
        part = waiting.pop()
        seen += 1
        if seen > MOST_PARTS:
            raise Unreadable("too many parts")
        if part.get_content_maintype() == "multipart" and part.is_multipart():
            waiting += reversed(_children(part))
        else:
            yield part


def _is_file(part: Message) -> bool:
    kind = part.get_content_type()
    if kind.startswith("multipart/"):
        return False
    if kind in {"application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature"}:
        return False
    if kind in {"text/plain", "text/html"}:
        return part.get_content_disposition() == "attachment" or bool(_name(part))
    return not (kind == "text/x-amp-html" or kind.startswith("message/delivery-status"))


def _children(part: Message) -> list[Message]:
    payload = part.get_payload()
    return [child for child in payload if isinstance(child, Message)] if isinstance(payload, list) else []


def _name(part: Message) -> str:
    """The name of a file as its sender wrote it, by any of the ways of writing it."""
    try:
        found = part.get_filename()
    except (LookupError, ValueError, TypeError, AttributeError):  # a charset that there is not, and worse
        return ""
    return words(" ".join(found.split())) if found else ""


def _decoded(part: Message) -> str:
    payload = part.get_payload(decode=True)
    try:
        charset = str(part.get_content_charset() or "")
    except (LookupError, ValueError, TypeError):
        charset = ""
    return decode(payload, charset) if isinstance(payload, bytes) else ""
