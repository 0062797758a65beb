"""What the sender of a letter wrote himself, and what stands below it: quotations and the signature.

Nothing is thrown away: the rest is folded and can be read. Every pattern looks at a few short lines at a
time, so that no letter can make it work for long.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from mailparser_reply.constants import MAIL_LANGUAGES
from mailparser_reply.parser import EmailMessage

WINDOW = 300  # characters that are looked at together: a heading over up to three lines
LOOKS = 30  # lines that the library is asked about in one letter
CANDIDATES = 200  # lines that could end a heading, and are looked at closely
SIGNATURE_LINES = 12
# "… wrote:" in the languages of our people; Gmail in Russian says only when and who
_VERB = (
    r"(?:wrote|writes|пише|писав|писала|пишет|писал|писала"
    r"|написав(?:\(-?ла\)|ла)?|написала|написал(?:\(-?а\)|а)?)"
)
_WHEN = r"(?:\d{1,2}[.:/]\d{2}|\b(?:19|20)\d{2}\b)"
_WROTE = re.compile(rf"{_WHEN}.*\b{_VERB}\s*:$|\b{_VERB}\b.*{_WHEN}.*:$", re.IGNORECASE)
_WHO_ONLY = re.compile(rf"{_WHEN}.*(?:<[^<>\s]+@[^<>\s]+>|\[mailto:[^\]\s]+\])\s*:?$")
_ORIGINAL = re.compile(
    r"^\W{0,3}[-_]{2,}\s*(?:original message|(?:вихідне|початкове|оригінальне) повідомлення|вихідний лист"
    r"|исходное (?:сообщение|письмо)|оригинальное сообщение|пересылаемое сообщение)\s*[-_]{2,}",
    re.IGNORECASE,
)
_FORWARDED = re.compile(
    r"^\W{0,3}[-_]{2,}\s*(?:forwarded message|begin forwarded message|переслане повідомлення"
    r"|перенаправлене повідомлення|пересланное сообщение|пересылаемое сообщение"
    r"|перенаправленное сообщение)\s*[-_]{2,}"
    r"|^(?:begin forwarded message|початок переадресованого повідомлення"
    r"|начало переадресованного сообщения):$",
    re.IGNORECASE,
)
_FROM = re.compile(r"^[*_\s]*(?:from|від|от|від кого|от кого)[*_\s]*:[*_\s]*\S", re.IGNORECASE)
_FIELD = re.compile(
    r"^[*_\s]*(?:sent|date|to|cc|subject|надіслано|відправлено|дата|кому|копія|тема|отправлено|копия)[*_\s]*:",
    re.IGNORECASE,
)
_RULE = re.compile(r"^[_]{10,}$")
_SENT_FROM = re.compile(
    r"^(?:sent (?:from|via)|get outlook for"
    r"|(?:надіслано|відправлено|послано) з|отправлено (?:с|из))\b.{0,80}$",
    re.IGNORECASE,
)
_CLOSING = re.compile(
    r"^(?:з повагою|з найкращими побажаннями|щиро ваш[аі]?|с уважением|с наилучшими пожеланиями"
    r"|(?:best|kind|warm)(?:est)? regards|regards|yours sincerely|sincerely)[\s,.!]*(?:\S.{0,60})?$",
    re.IGNORECASE,
)
_OTHER_LANGUAGES = sorted(set(MAIL_LANGUAGES) - {"david"})


@dataclass(frozen=True)
class Parts:
    """``said`` is the sender's own words, ``folded`` what stands below."""

    said: str
    folded: str


def split_reply(text: str, *, keeps_forwarded: bool = False) -> Parts:
    """The two parts of a letter's text. Both can be empty; words between quotations keep the quotations.

    ``keeps_forwarded``: what was forwarded belongs to what is said, as in a letter that begins a matter.
    """
    lines = text.replace("\r\n", "\n").split("\n")
    start = _start_of_quotation(lines, keeps_forwarded=keeps_forwarded)
    if start is not None and _answers_between(lines[start:]):
        start = None
    own = lines[:start] if start is not None else lines
    end = _without_signature(own, _before_trailing_quotes(own))
    return Parts(said="\n".join(lines[:end]).strip(), folded="\n".join(lines[end:]).strip())


def _start_of_quotation(lines: list[str], *, keeps_forwarded: bool) -> int | None:
    """The first line of the heading over what is quoted."""
    asked = looked = 0
    has_words = False  # whether the sender wrote anything above
    for number, line in enumerate(lines):
        bare = line.strip()
        if not bare or bare.startswith(">"):
            continue
        if _FORWARDED.match(bare):
            return None if keeps_forwarded else number
        if _ORIGINAL.match(bare) or _is_fields(lines, number):
            return number
        if bare.endswith((":", ">")) and len(bare) <= WINDOW and looked < CANDIDATES:
            looked += 1
            first = _heading(lines, number)
            if first is not None and (has_words or _is_followed_by_quotes(lines, number)):
                return first
            if bare.endswith(":") and asked < LOOKS:
                asked += 1
                if _library_knows(lines, number):
                    return number
        has_words = True
    return None


def _is_fields(lines: list[str], number: int) -> bool:
    """Whether Outlook's "From: … Sent: … To: … Subject: …" begins here (a rule may precede)."""
    if _RULE.match(lines[number].strip()):
        after = [line for line in lines[number + 1 : number + 4] if line.strip()]
        return bool(after and _FROM.match(after[0][:WINDOW]))
    if not _FROM.match(lines[number][:WINDOW]):
        return False
    return sum(1 for line in lines[number + 1 : number + 9] if _FIELD.match(line[:WINDOW])) >= 2


def _heading(lines: list[str], number: int) -> int | None:
    """The first line of "On … wrote:" that ends here, over at most three lines; None if it is none."""
    for back in range(3):
        first = number - back
        if first < 0 or (back and not lines[first].strip()):
            return None
        window = " ".join(line.strip() for line in lines[first : number + 1])
        if len(window) > WINDOW:
            return None
        if _WROTE.search(window) or (_WHO_ONLY.search(window) and _is_followed_by_quotes(lines, number)):
            # "On Tue, 24 Nov" may stand on the line before the hour
            return first
    return None


def _is_followed_by_quotes(lines: list[str], number: int) -> bool:
    after = [line for line in lines[number + 1 : number + 5] if line.strip()]
    return bool(after and after[0].lstrip().startswith(">"))


def _library_knows(lines: list[str], number: int) -> bool:
    """Whether mail-parser-reply knows this line as a heading in one of its languages."""
    line = lines[number].strip()[:WINDOW]
    if not _is_followed_by_quotes(lines, number):
        return False
    message = EmailMessage(text=line, languages=list(_OTHER_LANGUAGES))
    found = message.HEADER_REGEX.search(line)
    return bool(found and found[0].strip())


def _answers_between(rest: list[str]) -> bool:
    """Whether the sender wrote between or below lines quoted with ``>``."""
    quoted = [number for number, line in enumerate(rest) if line.lstrip().startswith(">")]
    if not quoted:
        return False
    below = [line.strip() for line in rest[quoted[0] :] if not line.lstrip().startswith(">")]
    end = next((number for number, line in enumerate(below) if line in {"--", "-- "}), len(below))
    return any(line and not _SENT_FROM.match(line) for line in below[:end])


def _before_trailing_quotes(lines: list[str]) -> int:
    """The end of the text without the quoted lines at its foot."""
    end = len(lines)
    while end and (not lines[end - 1].strip() or lines[end - 1].lstrip().startswith(">")):
        end -= 1
    return end or len(lines)


def _without_signature(lines: list[str], end: int) -> int:
    """The end of the text without a signature: the delimiter, a telephone's advertisement, a closing."""
    for number in range(1, end):
        if lines[number].rstrip() == "--" or lines[number] == "-- ":
            if any(line.strip() for line in lines[:number]):
                return number
            break
    for number in range(max(1, end - SIGNATURE_LINES), end):
        line = lines[number].strip()
        if len(line) <= 100 and (_SENT_FROM.match(line) or _CLOSING.match(line)):
            return number
    return end
