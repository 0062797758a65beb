"""Why two records look like one person, in words."""

from __future__ import annotations

from collections.abc import Iterable

from flask_babel import gettext as _


def reason_words(evidence: Iterable[str]) -> str:
    """The codes of import_tools.joining as one line."""
    known = {
        "surname-same": _("the same surname"),
        "surname-typo": _("surnames that differ by a letter"),
        "surname-part": _("a part of a double surname"),
        "surname-former": _("a former surname"),
        "surname-login": _("the surname stands in the login"),
        "first-same": _("the same first name"),
        "first-alike": _("forms of one first name"),
        "first-initial": _("the same initial"),
        "patronymic-same": _("the same patronymic"),
        "patronymic-alike": _("spellings of one patronymic"),
        "unit-same": _("the same unit"),
        "phone-same": _("the same phone"),
        "room-same": _("the same room"),
    }
    return ", ".join(str(known[code]) for code in evidence if code in known)
