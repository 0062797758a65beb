"""What stands in the letter of a first login, and the two secrets in it."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from hashlib import sha256

from flask import current_app
from flask_babel import gettext as _
from werkzeug.security import generate_password_hash

from app.notify.mail import Letter
from models import Invitation

# without 0 and O, 1, l and I: it is read off a screen and typed
_LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"


@dataclass(frozen=True)
class Secrets:
    """The token of the link (256 bits) and the temporary password (about 60 bits, five tries)."""

    token: str = field(repr=False)
    password: str = field(repr=False)


def new_secrets() -> Secrets:
    """Fresh ones from the system's generator."""
    parts = ("".join(secrets.choice(_LETTERS) for _sign in range(4)) for _part in range(3))
    return Secrets(secrets.token_urlsafe(32), "-".join(parts))


def hash_token(token: str) -> str:
    """What is kept of a token: 256 random bits need no salt."""
    return sha256(token.encode()).hexdigest()


def hash_password(password: str) -> str:
    """What is kept of a password, as Flask-AppBuilder keeps those of accounts."""
    config = current_app.config
    return generate_password_hash(
        password,
        method=config.get("FAB_PASSWORD_HASH_METHOD", "scrypt"),
        salt_length=config.get("FAB_PASSWORD_HASH_SALT_LENGTH", 16),
    )


def write_letter(letter: Invitation, given: Secrets) -> Letter:
    """The letter in the language that is spoken now."""
    link = f"{current_app.config['PUBLIC_URL']}/first-login/{given.token}"
    name = f"{letter.first_name} {letter.last_name}".strip() or letter.login
    before = [
        _("Good day, %(name)s!", name=name),
        _(
            "Somebody has asked for your first login to the helpdesk. Your login is %(login)s.",
            login=letter.login,
        ),
    ]
    after = [
        _("The link works once and for 24 hours. There you choose a password of your own."),
        _("If it was not you who asked, do nothing: without this letter nobody gets in."),
    ]
    password = (_("Temporary password"), given.password)
    html = current_app.jinja_env.get_template("letters/letter.html").render(
        subject=_("First login to the helpdesk"),
        before=before,
        button=(_("Open the helpdesk"), link),
        facts=[password],
        after=after,
    )
    text = "\n\n".join([*before, link, f"{password[0]}: {password[1]}", *after, ""])
    return Letter(letter.email, _("First login to the helpdesk"), text, html)
