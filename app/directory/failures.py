"""What an exception of the network, of TLS or of ldap3 means, in plain words."""

from __future__ import annotations

import ssl
from collections.abc import Iterator

from flask_babel import gettext as _
from ldap3.core.exceptions import (
    LDAPInvalidFilterError,
    LDAPObjectError,
    LDAPResponseTimeoutError,
    LDAPSASLPrepError,
    LDAPSocketOpenError,
    LDAPStartTLSError,
)

from app.directory.certificates import certificate_words
from app.directory.settings import DirectorySettings
from app.directory.troubles import DirectoryError, Trouble

_OUTDATED = ("PROTOCOL_VERSION", "UNSUPPORTED_PROTOCOL", "TOO_SMALL", "TOO_WEAK", "LEGACY")
_NOT_TLS = ("WRONG_VERSION", "UNKNOWN_PROTOCOL", "HTTP_REQUEST", "RECORD_LAYER", "PACKET_LENGTH")


def explained(
    error: Exception, settings: DirectorySettings, *, tls: BaseException | None, met: bool
) -> DirectoryError:
    """The trouble behind an exception. ``tls`` failed the handshake; ``met``: it spoke LDAP before."""
    if tls is not None:
        return _tls_trouble(tls, settings)
    if isinstance(error, LDAPInvalidFilterError | LDAPObjectError):
        return DirectoryError(
            Trouble.FILTER,
            _("The filter is not written correctly. Check its brackets, for example (department=IT)."),
        )
    if isinstance(error, LDAPSASLPrepError):
        return DirectoryError(Trouble.PASSWORD, _("The password has characters that no directory accepts."))
    if isinstance(error, LDAPStartTLSError):
        text = _("The server offers no StartTLS. Choose LDAPS, or give the server a certificate.")
        return DirectoryError(Trouble.ENCRYPTION_REQUIRED, text)
    causes = list(_causes(error))
    if any(isinstance(cause, TimeoutError | LDAPResponseTimeoutError) for cause in causes):
        return _silence(settings)
    if isinstance(error, LDAPSocketOpenError):
        return _unreachable(causes, settings)
    return _broken_off(settings, met=met)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The exception and, when several addresses were tried, theirs."""
    yield error
    history = error.args[1] if len(error.args) > 1 and isinstance(error.args[1], list) else []
    yield from (item[0] for item in history if isinstance(item, tuple) and isinstance(item[0], BaseException))


def _silence(settings: DirectorySettings) -> DirectoryError:
    text = _(
        "The server %(host)s was silent for %(seconds)s s on port %(port)s. "
        "Check the address, the port and the firewall. Nothing was changed.",
        host=settings.host,
        port=settings.real_port,
        seconds=f"{settings.timeout:g}",
    )
    return DirectoryError(Trouble.TIMEOUT, text)


def _unreachable(causes: list[BaseException], settings: DirectorySettings) -> DirectoryError:
    where = {"host": settings.host, "port": settings.real_port}
    if any(isinstance(cause, ConnectionRefusedError) for cause in causes):
        text = _("Nothing answers on port %(port)s of %(host)s. Check the port, start the server.", **where)
    elif "invalid server address" in str(causes[0]):
        text = _("No server has the name “%(host)s”. Check its spelling.", **where)
    else:
        text = _("The server %(host)s cannot be reached. Check the address and the network.", **where)
    return DirectoryError(Trouble.HOST, text)


def _broken_off(settings: DirectorySettings, *, met: bool) -> DirectoryError:
    where = {"host": settings.host, "port": settings.real_port}
    if met:
        text = _("The answer of %(host)s broke off. Nothing was changed; try again later.", **where)
        return DirectoryError(Trouble.BROKEN, text)
    text = _(
        "What answers on port %(port)s of %(host)s is not a directory. Check port and protection.", **where
    )
    return DirectoryError(Trouble.NOT_A_DIRECTORY, text)


def _tls_trouble(error: BaseException, settings: DirectorySettings) -> DirectoryError:
    if isinstance(error, ssl.SSLCertVerificationError):
        return DirectoryError(Trouble.CERTIFICATE, certificate_words(error, settings))
    if isinstance(error, TimeoutError):
        return _silence(settings)
    reason = (getattr(error, "reason", "") or str(error)).upper()
    if isinstance(error, ssl.SSLError) and any(word in reason for word in _NOT_TLS):
        return _broken_off(settings, met=False)
    if any(word in reason for word in _OUTDATED):
        text = _("The server's encryption is outdated (%(reason)s). Update the server.", reason=reason)
        return DirectoryError(Trouble.CERTIFICATE, text)
    text = _(
        "%(host)s broke off before showing its certificate. A domain controller does so when it has none: "
        "give it one, or check the port.",
        host=settings.host,
    )
    return DirectoryError(Trouble.CERTIFICATE, text)
