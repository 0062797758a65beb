"""What can be wrong with a directory, in plain words that say what to do."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from flask_babel import gettext as _

from app.errors import Invalid


class Trouble(StrEnum):
    """Where to look."""

    HOST = "host"
    CERTIFICATE = "certificate"
    ENCRYPTION_REQUIRED = "encryption_required"
    PASSWORD = "password"
    ACCOUNT = "account"
    BASE = "base"
    RIGHTS = "rights"
    FILTER = "filter"
    CUT = "cut"
    EMPTY = "empty"
    BROKEN = "broken"
    TIMEOUT = "timeout"
    NOT_A_DIRECTORY = "not_a_directory"


class DirectoryError(Invalid):
    """The directory could not be read as a whole: nothing may be concluded from it.

    ``code`` is Active Directory's own number of why an account may not sign in, "" if it gave none.
    """

    def __init__(self, trouble: Trouble, message: str, *, code: str = "") -> None:
        super().__init__(message)
        self.trouble = trouble
        self.code = code


# result codes: RFC 4511, appendix A.1
SUCCESS = 0
_STRONGER, _CONFIDENTIAL = 8, 13
_NO_SUCH_OBJECT, _BAD_DN, _REFERRAL = 32, 34, 10
_BAD_PASSWORD, _BAD_WAY, _UNWILLING = 49, 48, 53
_SUBCODE = re.compile(r"\bdata ([0-9a-f]+)", re.IGNORECASE)


def bind_trouble(result: Mapping[str, Any], *, user: str) -> DirectoryError:
    """Why the server did not let us in."""
    code = result["result"]
    if code in {_STRONGER, _CONFIDENTIAL}:
        return _unprotected()
    if code == _BAD_DN:
        text = _("The server does not know names like “%(user)s”. Type the account's full DN.", user=user)
        return DirectoryError(Trouble.PASSWORD, text)
    if code not in {_BAD_PASSWORD, _BAD_WAY, _UNWILLING}:
        return _server_trouble(result)
    found = _SUBCODE.search(str(result.get("message", "")))
    number = found[1].lower() if found else ""
    reason = _account_reason(number, user)
    if reason:
        return DirectoryError(Trouble.ACCOUNT, reason, code=number)
    text = _("The server refuses the account “%(user)s” or its password. Type both again.", user=user)
    return DirectoryError(Trouble.PASSWORD, text)


def _account_reason(code: str, user: str) -> str | None:
    """Active Directory's sub-codes of a refused sign-in: Windows error numbers in hexadecimal."""
    reasons = {
        "530": _("The account “%(user)s” may not sign in at this hour. Change its logon hours.", user=user),
        "531": _("The account “%(user)s” may not sign in from this computer. Change its rights.", user=user),
        "532": _("The password of the account “%(user)s” has expired. Set a new one.", user=user),
        "533": _("The account “%(user)s” is disabled. Enable it or take another one.", user=user),
        "701": _("The account “%(user)s” has expired. Prolong it or take another one.", user=user),
        "773": _("The account “%(user)s” must change its password first. Set a lasting one.", user=user),
        "775": _("The account “%(user)s” is locked. Unlock it and wait a little.", user=user),
    }
    return reasons.get(code)


def search_trouble(result: Mapping[str, Any], *, base: str) -> DirectoryError:
    """Why the server did not answer a question as a whole."""
    code = result["result"]
    if code == _NO_SUCH_OBJECT:
        text = _("“%(base)s” is not in the directory, or the account may not see it.", base=base)
        return DirectoryError(Trouble.BASE, text)
    if code == _BAD_DN:
        return DirectoryError(Trouble.BASE, _("“%(base)s” is not written like a DN.", base=base))
    if code == _REFERRAL:
        text = _("“%(base)s” is kept by another server. Name that server.", base=base)
        return DirectoryError(Trouble.BASE, text)
    if code in {1, _BAD_WAY, 50}:
        text = _("The account has no right to read “%(base)s”. Give it that right.", base=base)
        return DirectoryError(Trouble.RIGHTS, text)
    if code in {_STRONGER, _CONFIDENTIAL}:
        return _unprotected()
    if code in {17, 18, 87}:
        return DirectoryError(Trouble.FILTER, _("The server does not understand the filter. Correct it."))
    return _limit_trouble(result)


def _limit_trouble(result: Mapping[str, Any]) -> DirectoryError:
    code = result["result"]
    if code in {4, 11}:
        text = _("The server cut its answer off. Make the page smaller: 500 is usual. Nothing was changed.")
        return DirectoryError(Trouble.CUT, text)
    if code == 12:
        text = _("The server cannot answer in pages, so a whole answer is not certain. Nothing was changed.")
        return DirectoryError(Trouble.CUT, text)
    if code == 3:
        text = _("The server took longer than it allows itself. Make the page smaller. Nothing was changed.")
        return DirectoryError(Trouble.TIMEOUT, text)
    return _server_trouble(result)


def _server_trouble(result: Mapping[str, Any]) -> DirectoryError:
    said = f"{result.get('description', '')} {result.get('message', '')}".strip()[:200]
    text = _("The server could not answer: %(said)s. Nothing was changed; try again later.", said=said)
    return DirectoryError(Trouble.BROKEN, text)


def _unprotected() -> DirectoryError:
    text = _("The server takes no passwords over an unprotected connection. Choose LDAPS or StartTLS.")
    return DirectoryError(Trouble.ENCRYPTION_REQUIRED, text)


def not_whole() -> DirectoryError:
    """The answer does not say whether it is whole."""
    text = _("The server did not say whether its answer is whole. Nothing was changed.")
    return DirectoryError(Trouble.CUT, text)


def broken(why: str) -> DirectoryError:
    """The answer came, but cannot be believed."""
    return DirectoryError(Trouble.BROKEN, why)
