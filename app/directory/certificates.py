"""TLS to a directory: the certificate is always checked, by OpenSSL itself."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask_babel import gettext as _
from ldap3 import Tls

from app.directory.settings import DirectorySettings, Security
from app.directory.troubles import DirectoryError, Trouble


class CheckedTls(Tls):
    """ldap3's own check of names stands on functions that Python has dropped; the context checks here.

    ``failure`` keeps what the handshake raised: ldap3 hands on its text alone.
    """

    def __init__(self, settings: DirectorySettings) -> None:
        super().__init__(validate=ssl.CERT_REQUIRED)
        self._checked = checked_context(settings)
        self._name = settings.certificate_name or settings.host
        self.failure: BaseException | None = None

    def wrap_socket(self, connection: Any, do_handshake: bool = False) -> None:
        """Called by ldap3 on a connected socket whose timeout is set."""
        try:
            connection.socket = self._checked.wrap_socket(connection.socket, server_hostname=self._name)
        except Exception as error:
            self.failure = error
            raise


def checked_context(settings: DirectorySettings) -> ssl.SSLContext:
    """Trusts the organisation's own authorities if given, otherwise the system's. Checks the name."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    # an administrator may paste the authority that issued the certificate without those above it
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    if not settings.ca_pem.strip():
        context.load_default_certs()
        return context
    try:
        context.load_verify_locations(cadata=settings.ca_pem)
    except (ssl.SSLError, ValueError) as error:
        text = _("The authority's certificate is not PEM text: it begins with -----BEGIN CERTIFICATE-----.")
        raise DirectoryError(Trouble.CERTIFICATE, text) from error
    return context


# LDAPMessage 1, ExtendedRequest with the name alone (RFC 4511, 4.14.1)
_START_TLS = bytes.fromhex("301d02010177188016") + b"1.3.6.1.4.1.1466.20037"
# X509_V_ERR_* of OpenSSL
_EXPIRED, _NOT_YET = 10, 9
_NAME, _ADDRESS = 62, 64


def certificate_words(error: ssl.SSLCertVerificationError, settings: DirectorySettings) -> str:
    """Why the certificate is refused, with the names it has."""
    shown = _shown_certificate(settings)
    if error.verify_code in {_NAME, _ADDRESS}:
        names = ", ".join(_names_of(shown)) or "?"
        name = settings.certificate_name or settings.host
        text = _("The server's certificate is for %(names)s, not for %(name)s.", names=names, name=name)
        advice = _("Use that name as the address, or set it as the name in the certificate.")
        return f"{text} {advice}"
    if error.verify_code == _EXPIRED:
        text = _("The server's certificate has expired. Renew it on the server.")
    elif error.verify_code == _NOT_YET:
        text = _("The server's certificate is not valid yet. Check the clocks of both machines.")
    else:
        text = _(
            "The server's certificate comes from an unknown authority (%(issuer)s). "
            "Paste the authority's certificate into the settings.",
            issuer=_issuer_of(shown) or error.verify_message,
        )
    return str(text)


def _names_of(shown: dict[str, Any]) -> list[str]:
    names = [str(value) for kind, value in shown.get("subjectAltName", ()) if kind in {"DNS", "IP Address"}]
    return names or [
        str(value) for part in shown.get("subject", ()) for key, value in part if key == "commonName"
    ]


def _issuer_of(shown: dict[str, Any]) -> str:
    parts = {key: str(value) for part in shown.get("issuer", ()) for key, value in part}
    return parts.get("commonName") or parts.get("organizationName") or ""


def _shown_certificate(settings: DirectorySettings) -> dict[str, Any]:
    """The certificate that the server shows, unchecked, for words alone; {} when it cannot be had.

    No password goes over these connections.
    """
    blind = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        blind.check_hostname = trusting.check_hostname = False
        blind.verify_mode = ssl.CERT_NONE
        with _shaken_hands(settings, blind) as wrapped:
            shown = wrapped.getpeercert(binary_form=True)
        # Python takes a certificate apart only when it is trusted: trust this very one
        trusting.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        trusting.load_verify_locations(cadata=shown or b"")
        with _shaken_hands(settings, trusting) as wrapped:
            return dict(wrapped.getpeercert() or {})
    except (OSError, ValueError):
        return {}


@contextmanager
def _shaken_hands(settings: DirectorySettings, context: ssl.SSLContext) -> Iterator[ssl.SSLSocket]:
    address = (settings.host, settings.real_port)
    with socket.create_connection(address, timeout=settings.timeout) as plain:
        if settings.security is Security.STARTTLS:
            plain.sendall(_START_TLS)
            plain.recv(4096)
        with context.wrap_socket(plain, server_hostname=settings.host) as wrapped:
            yield wrapped
