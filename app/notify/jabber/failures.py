"""What a server's refusals mean for a message: never again, later for this one, or the channel is down.

The conditions are those of RFC 6120, section 8.3.3. A server says "service-unavailable" both for an unknown
account and for one that is offline where nothing is kept for it, so that this must not be final.
"""

from __future__ import annotations

import socket
import ssl

from app.notify.channels.base import ChannelError, Permanent, Temporary

UNREACHABLE = "unreachable"
NOT_TRUSTED = "certificate not trusted"
REFUSED = "sign-in refused"
NOT_ENCRYPTED = "server offers no encryption"
SILENT = "no answer in time"
BROKEN = "connection broke"
_FINAL = frozenset(
    {
        "bad-request",
        "forbidden",
        "gone",
        "item-not-found",
        "jid-malformed",
        "not-acceptable",
        "not-allowed",
        "not-authorized",
        "policy-violation",
        "registration-required",
        "subscription-required",
    }
)


def refusal(condition: str) -> ChannelError:
    """The error of a message that came back with this condition: it is about this one alone."""
    text = f"refused: {condition or 'undefined-condition'}"
    return Permanent(text) if condition in _FINAL else Temporary(text, is_channel=False)


def no_connection(error: object) -> Temporary:
    """The error of a connection that did not come about."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return Temporary(NOT_TRUSTED)
    if isinstance(error, ssl.SSLError):
        return Temporary("no TLS there: check port and encryption")
    if isinstance(error, str | socket.gaierror):  # slixmpp says it in words
        return Temporary(f"{UNREACHABLE}: unknown host")
    if isinstance(error, OSError):
        return Temporary(f"{UNREACHABLE}: {error.strerror or type(error).__name__}"[:100])
    return Temporary(UNREACHABLE)


def ended(condition: str) -> Temporary:
    """The error of a stream that the server has ended (RFC 6120, section 4.9.3)."""
    return Temporary(f"ended by the server: {condition or 'undefined-condition'}")
