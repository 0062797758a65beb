"""Evidence in the words of the reader."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from flask_babel import gettext as _
from flask_babel import ngettext

from import_tools.joining.evidence import LINKED_BEFORE, NAMESAKES

_TEXTS: dict[str, Callable[[], str]] = {
    "surname-same": lambda: _("same surname"),
    "surname-typo": lambda: _("similar surname"),
    "surname-part": lambda: _("one part of the surname"),
    "surname-former": lambda: _("former surname"),
    "surname-login": lambda: _("surname of the login"),
    "first-same": lambda: _("same first name"),
    "first-alike": lambda: _("similar first name"),
    "first-initial": lambda: _("the first name's initial fits"),
    "first-missing": lambda: _("no first name to compare"),
    "first-differs": lambda: _("another first name"),
    "patronymic-same": lambda: _("same patronymic"),
    "patronymic-alike": lambda: _("similar patronymic"),
    "patronymic-initial": lambda: _("the patronymic's initial fits"),
    "patronymic-missing": lambda: _("no patronymic to compare"),
    "patronymic-differs": lambda: _("another patronymic"),
    "unit-same": lambda: _("same unit"),
    "unit-differs": lambda: _("another unit"),
    "phone-same": lambda: _("same telephone number"),
    "room-same": lambda: _("same room"),
    "email-same": lambda: _("same e-mail"),
    "gender-differs": lambda: _("a man and a woman"),
    "shared-name": lambda: _("several people have exactly this name"),
    "no-first-name": lambda: _("a surname alone is not enough"),
    "fits-another-row": lambda: _("this person fits another row better"),
    LINKED_BEFORE: lambda: _("joined in the earlier phone book"),
    "not-a-person": lambda: _("this is not a person"),
}


def explain(evidence: Sequence[str]) -> str:
    """The evidence as one line in the reader's language; codes that are not known are left out."""
    texts = []
    for code in evidence:
        if code.startswith(NAMESAKES) and code.removeprefix(NAMESAKES).isdecimal():
            number = int(code.removeprefix(NAMESAKES))
            texts.append(ngettext("%(num)s such person", "%(num)s such people", number))
        elif code in _TEXTS:
            texts.append(_TEXTS[code]())
    return ", ".join(texts)
