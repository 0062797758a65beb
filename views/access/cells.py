"""The matrix as a form: cells out of what was sent, dates as people write them, effects as sentences."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta

from flask_babel import format_date, ngettext, to_user_timezone, to_utc
from flask_babel import gettext as _

from app.errors import Invalid
from app.policy import Verb
from app.services.access import Cell, Change
from app.services.access_preview import Effect
from app.services.rows import LARGEST_ID
from app.services.sight_difference import MOST_COUNTED, Difference
from views.access.frame import VERB_WORDS

_NAME = re.compile(r"r\.(\d{1,10})\.(\d{1,10})", re.ASCII)
_DAY = timedelta(days=1)
MOST_NAMED = 4


def pack(cell: Cell) -> str:
    """A cell as the form remembers what was there: ``employee|from|until``."""
    moments = (moment.isoformat() if moment else "" for moment in (cell.valid_from, cell.valid_until))
    return "|".join([cell.role, *moments])


def unpack(text: str) -> Cell:
    """The cell that was there. Raises Invalid for what no page of ours sends."""
    parts = text.split("|")
    try:
        role, start, end = parts if len(parts) == 3 else (parts[0], "", "")
        moments = [datetime.fromisoformat(part) if part else None for part in (start, end)]
        if any(moment is not None and moment.tzinfo is None for moment in moments):
            raise ValueError
    except ValueError:
        raise Invalid(_("The request makes no sense as it was sent.")) from None
    return Cell(role, *moments)


def first_day(cell: Cell) -> str:
    """The day on which the role begins, as a date field takes it."""
    return str(to_user_timezone(cell.valid_from).date()) if cell.valid_from else ""


def last_day(cell: Cell) -> str:
    """The last day on which the role holds, as a date field takes it."""
    if cell.valid_until is None:
        return ""
    return str(to_user_timezone(cell.valid_until - timedelta(microseconds=1)).date())


def read_changes(sent: Mapping[str, str]) -> list[Change]:
    """The cells that were changed: ``r.<user>.<department>`` with ``w.`` (was), ``f.`` and ``u.`` (dates)."""
    changes = []
    for name, role in sent.items():
        found = _NAME.fullmatch(name)
        if not found:
            continue
        user_id, department_id = int(found[1]), int(found[2])
        if max(user_id, department_id) > LARGEST_ID:
            raise Invalid(_("The request makes no sense as it was sent."))
        key = f"{user_id}.{department_id}"
        was = unpack(sent.get(f"w.{key}", ""))
        now = _now(was, role.strip(), sent.get(f"f.{key}", ""), sent.get(f"u.{key}", ""))
        if now != was:
            changes.append(Change(user_id, department_id, was, now))
    return changes


def _now(was: Cell, role: str, start: str, end: str) -> Cell:
    """What is to be; a date that was not touched keeps its moment."""
    if not role:
        return Cell()
    begins = was.valid_from if start == first_day(was) else _midnight(start)
    ends = was.valid_until if end == last_day(was) else _midnight(end, _DAY)
    return Cell(role, begins, ends)


def _midnight(text: str, later: timedelta = timedelta()) -> datetime | None:
    if not text.strip():
        return None
    try:
        day = date.fromisoformat(text.strip()) + later
        moment: datetime = to_utc(datetime.combine(day, time())).replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise Invalid(_("Write a date as day, month and year.")) from None
    return moment


def dates_words(cell: Cell) -> str:
    """``26.11–28.11``, ``until 28.11`` or ``from 26.11``; nothing without dates."""
    start, end = (
        format_date(date.fromisoformat(day), "dd.MM") if day else ""
        for day in (first_day(cell), last_day(cell))
    )
    if start and end:
        return f"{start}–{end}"
    if end:
        return str(_("until %(day)s", day=end))
    return str(_("from %(day)s", day=start)) if start else ""


# -------------------------------------------------------------------------------------- sentences


def effect_words(effect: Effect) -> list[str]:
    """What the changes mean for one person, each sentence without his name."""
    if effect.is_administrator:
        return [_("is an administrator and sees everything anyway")]
    words = [*_tickets(effect.gained, is_more=True), *_tickets(effect.lost, is_more=False)]
    if effect.may_now:
        words.append(_("may now: %(verbs)s", verbs=named(effect.may_now)))
    if effect.may_no_more:
        words.append(_("may no more: %(verbs)s", verbs=named(effect.may_no_more)))
    dates = [text for change in effect.changes if (text := dates_words(change.now))]
    return [*(words or [_("sees the same tickets as before")]), *dict.fromkeys(dates)]


def named(verbs: frozenset[Verb]) -> str:
    """A few actions by name, many by number."""
    if len(verbs) > MOST_NAMED:
        return str(ngettext("%(num)d action", "%(num)d actions", len(verbs)))
    return ", ".join(str(VERB_WORDS[verb]).lower() for verb in VERB_WORDS if verb in verbs)


def _number(number: int) -> str:
    return f"{MOST_COUNTED}+" if number > MOST_COUNTED else str(number)


def _tickets(difference: Difference, *, is_more: bool) -> list[str]:
    words = []
    number = {"n": difference.live, "number": _number(difference.live)}
    if difference.live:
        words.append(
            ngettext(
                "will see %(number)s more ticket",
                "will see %(number)s more tickets",
                number["n"],
                number=number["number"],
            )
            if is_more
            else ngettext(
                "will see %(number)s ticket no more",
                "will see %(number)s tickets no more",
                number["n"],
                number=number["number"],
            )
        )
        if difference.personal:
            people = ", ".join(f"{name} ({_number(count)})" for name, count in difference.personal[:5])
            words.append(_("among them personal ones of: %(people)s", people=people))
    if difference.archived:
        archived = _number(difference.archived)
        words.append(
            _("in the archive %(number)s more", number=archived)
            if is_more
            else _("in the archive %(number)s less", number=archived)
        )
    return words
