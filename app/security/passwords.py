"""How long a password is that a person or an administrator sets; nothing else is asked of its letters."""

from __future__ import annotations

from flask_appbuilder.exceptions import PasswordComplexityValidationError
from flask_babel import gettext as _

SHORTEST, LONGEST = 10, 200  # characters


def ensure_length(password: str) -> None:
    """For FAB's forms and API of users. Raises PasswordComplexityValidationError."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise PasswordComplexityValidationError(
            _("Write from %(least)s to %(most)s characters.", least=SHORTEST, most=LONGEST)
        )
