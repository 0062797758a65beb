"""Who is away, as the pages say it."""

from __future__ import annotations

from datetime import date

from flask_babel import format_date
from flask_babel import gettext as _

from app.services.absences import today


def away_words(until: date | None, stand_in: str = "") -> str:
    """``away until 5 Dec, stands in: Олена Коваленко``; empty for who is here."""
    day = today()
    if until is None or until < day:
        return ""
    shown = format_date(until, "d MMM" if until.year == day.year else "d MMM yyyy")
    if not stand_in:
        return str(_("away until %(day)s", day=shown))
    return str(_("away until %(day)s, stands in: %(name)s", day=shown, name=stand_in))
