"""What a letter says, as a ticket or a comment holds it: own words, the rest folded, files in limits."""

from __future__ import annotations

import re
from dataclasses import dataclass

from flask_babel import gettext as _

from app.notify.channels.base import Settings
from app.notify.mailbox.letter import File, Received
from app.notify.mailbox.quotes import split_reply
from app.notify.mailbox.settings import MEGABYTE
from app.services.attachments import Stored, clean_name, store
from app.services.typed import clean_text

SUBJECT = 200
FOLDED = 100_000
WHOLE = "letter.txt"
_ANSWER = re.compile(r"^(?:\s*(?:re|fwd?|aw|відп|відповідь|пересл|на|отв|пер)\s*(?:\[\d+\])?\s*:)+\s*", re.I)


@dataclass(frozen=True)
class Words:
    """``subject`` without "Re:", ``body`` at most as long as asked, ``folded`` what stands below it."""

    subject: str
    body: str
    folded: str
    files: tuple[Stored, ...]


def words_of(letter: Received, settings: Settings, *, longest: int, begins: bool) -> Words:
    """The words of a letter; its files are written to the disk. ``begins``: it becomes a ticket.

    A text that is too long is kept whole as a file; a file that is not kept is named in the text.
    """
    parts = split_reply(letter.text, keeps_forwarded=begins)
    said, folded = clean_text(parts.said), clean_text(parts.folded)
    if not said:
        said, folded = (folded, "") if begins or not letter.files else (str(_("Files by e-mail.")), folded)
    subject = " ".join(clean_text(_ANSWER.sub("", letter.subject)).split())
    kept, left_out = _within_limits(letter.files, settings)
    notes = []
    if len(subject) > SUBJECT:
        notes.append(subject)
        subject = f"{subject[: SUBJECT - 1].rstrip()}…"
    if left_out:
        names = ", ".join(clean_name(file.name) for file in left_out[:20])
        notes.append(str(_("Not kept, too large or too many: %(names)s.", names=names))[:3000])
    body = "\n\n".join([*notes, said] if said else notes)
    files = [store(file.data, file.name) for file in kept]
    if len(body) > longest:
        files.append(store(f"{letter.subject}\n\n{letter.text}".encode("utf-8", "replace"), WHOLE))
        note = _("The whole letter is in the file %(name)s.", name=WHOLE)
        body = f"{body[: longest - 200].rstrip()}…\n\n{note}"
    return Words(
        subject=subject or str(_("Letter without a subject")) if not body else subject,
        body=body or (str(_("The letter is empty.")) if not begins else ""),
        folded=folded[:FOLDED],
        files=tuple(files),
    )


def _within_limits(files: tuple[File, ...], settings: Settings) -> tuple[list[File], list[File]]:
    """(kept, left out)."""
    largest = settings.number("max_file_mb", 20) * MEGABYTE
    most = settings.number("max_files", 20)
    kept: list[File] = []
    left_out: list[File] = []
    for file in files:
        fits = len(file.data) <= largest and len(kept) < most
        (kept if fits else left_out).append(file)
    return kept, left_out
