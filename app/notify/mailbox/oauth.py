"""An access token for a refresh token (RFC 6749, section 6). Kept in the process until it is old."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from urllib.parse import urlsplit

import requests

from app.notify.channels.base import Permanent, Settings, Temporary

TIMEOUT = (5, 15)  # seconds to connect, to answer
EARLY = 60  # seconds before its end at which a token counts as old
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_tokens: dict[str, tuple[str, float]] = {}


def access_token(settings: Settings, *, keep: Callable[[str], None] | None = None) -> str:
    """A token that holds now. ``keep`` gets the new refresh token when the server has changed it.

    Raises Temporary or Permanent; their texts hold no secret.
    """
    key = _key(settings, settings.text("refresh_token"))
    token, ends = _tokens.get(key, ("", 0.0))
    if token and time.monotonic() < ends - EARLY:
        return token
    answer = _ask(settings)
    token = str(answer.get("access_token") or "")
    if not token:
        raise Permanent("oauth2: no access token in the answer")
    try:
        seconds = float(str(answer.get("expires_in") or 300))
    except ValueError:
        seconds = 300.0
    fresh = str(answer.get("refresh_token") or settings.text("refresh_token"))
    _tokens.clear()
    # under the new refresh token too: whoever reads the settings anew must not spend that one at once
    _tokens[key] = _tokens[_key(settings, fresh)] = (token, time.monotonic() + seconds)
    if keep is not None and fresh != settings.text("refresh_token"):
        keep(fresh)
    return token


def _key(settings: Settings, refresh_token: str) -> str:
    names = ("token_url", "client_id", "client_secret", "scope")
    parts = [*(settings.text(name) for name in names), refresh_token]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def forget_tokens() -> None:
    """The server took none of them: ask for a new one next time."""
    _tokens.clear()


def is_safe(url: str) -> bool:
    """Whether a refresh token may be sent there: encrypted, or to this machine."""
    parts = urlsplit(url)
    return bool(parts.hostname) and (
        parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)
    )


def _ask(settings: Settings) -> dict[str, object]:
    if not is_safe(settings.text("token_url")):
        raise Permanent("oauth2: the token address is not https")
    form = {"grant_type": "refresh_token"}
    for name in ("refresh_token", "client_id", "client_secret", "scope"):
        if settings.text(name):
            form[name] = settings.text(name)
    try:
        with requests.post(
            settings.text("token_url"),
            data=form,
            timeout=TIMEOUT,
            allow_redirects=False,
            verify=settings.text("ca_file") or True,
        ) as answer:
            if answer.status_code >= 500 or answer.status_code == 429:
                raise Temporary(f"oauth2: answer {answer.status_code}")
            if answer.status_code != 200:
                raise Permanent(f"oauth2: answer {answer.status_code}")
            found = answer.json()
    except requests.JSONDecodeError as error:
        raise Temporary("oauth2: the answer is no JSON") from error
    except requests.RequestException as error:
        raise Temporary(f"oauth2: {type(error).__name__}") from error
    return found if isinstance(found, dict) else {}
