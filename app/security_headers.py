"""The security headers of every response, with a fresh nonce for the scripts of each page."""

from __future__ import annotations

import re
import secrets

from flask import Flask, Response, g, request
from werkzeug.exceptions import SecurityError

_FIXED = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Permitted-Cross-Domain-Policies": "none",
    "Permissions-Policy": (
        "accelerometer=(), browsing-topics=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), "
        "microphone=(), midi=(), payment=(), usb=()"
    ),
}
YEAR = 31_536_000
_HOST = re.compile(r"[A-Za-z0-9.:\[\]-]+")


def csp_nonce() -> str:
    """The nonce of this response's inline scripts; the same for all of them, new for each request."""
    if "csp_nonce" not in g:
        g.csp_nonce = secrets.token_urlsafe(18)
    nonce: str = g.csp_nonce
    return nonce


def content_security_policy(nonce: str | None, host: str) -> str:
    """The policy of a page served at ``host``: nothing but our own files and the socket back to us."""
    inline = f" 'nonce-{nonce}'" if nonce else ""
    # older Safari does not count a WebSocket to our own host as 'self'
    sockets = f" ws://{host} wss://{host}" if _HOST.fullmatch(host) else ""
    return "; ".join(
        [
            "default-src 'none'",
            f"script-src 'self'{inline}",
            f"style-src 'self'{inline}",
            "img-src 'self' data:",
            "font-src 'self'",
            f"connect-src 'self'{sockets}",
            "media-src 'self'",
            "manifest-src 'self'",
            "worker-src 'self'",
            "object-src 'none'",
            "form-action 'self'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        ]
    )


def _trusted_host() -> str:
    """The Host of this request, “” if it is none of ours: then the answer is a refusal (traps.md M9)."""
    try:
        return request.host
    except SecurityError:
        return ""


def init_security_headers(app: Flask) -> None:
    """Put the headers on every response of ``app`` and ``csp_nonce()`` into its templates."""
    app.jinja_env.globals["csp_nonce"] = csp_nonce
    https = bool(app.config.get("HTTPS"))

    @app.after_request
    def add_headers(response: Response) -> Response:
        for name, value in _FIXED.items():
            response.headers.setdefault(name, value)
        response.headers.setdefault(
            "Content-Security-Policy", content_security_policy(g.get("csp_nonce"), _trusted_host())
        )
        # files say themselves how long they keep; everything else is somebody's and stays in no cache
        response.headers.setdefault("Cache-Control", "no-store")
        if https:
            response.headers.setdefault("Strict-Transport-Security", f"max-age={YEAR}; includeSubDomains")
        return response
