"""An OpenID Connect service of the tests' own on a socket: discovery, codes with PKCE, signed statements.

It does what it is told to do wrongly: see :class:`Service`.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT_ID, CLIENT_SECRET = "helpdesk", "a secret of the service's"
KEY = RSAKey.generate_key(2048, {"kid": "one", "use": "sig"})
OTHER_KEY = RSAKey.generate_key(2048, {"kid": "one", "use": "sig"})


@dataclass
class Service:
    """Who comes in next (``claims``) and what is wrong with the service."""

    url: str = ""
    claims: dict[str, Any] = field(default_factory=dict)  # over the right ones
    key: RSAKey = field(default_factory=lambda: KEY)
    issuer: str = ""  # instead of its own
    unsigned: bool = False
    no_statement: bool = False
    hangs: dict[str, float] = field(default_factory=dict)  # path → seconds
    userinfo: dict[str, Any] = field(default_factory=dict)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    used: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def reset(self) -> None:
        """As good as new, on the same address."""
        vars(self).update(vars(Service(url=self.url)))

    def provider(self, name: str = "keycloak", **more: Any) -> dict[str, Any]:
        """As somebody writes it into the file."""
        remote = {
            "client_id": CLIENT_ID,
            "client_secret": CLIENT_SECRET,
            "server_metadata_url": f"{self.url}/.well-known/openid-configuration",
            "client_kwargs": {"scope": "openid email profile"},
        }
        return {"name": name, "icon": "fa-key", "token_key": "access_token", "remote_app": remote, **more}

    def authorize(self, url: str) -> str:
        """What a person's browser is sent back to, after he has said yes there."""
        asked = dict(parse_qsl(urlsplit(url).query))
        assert asked["code_challenge_method"] == "S256", asked
        code = secrets.token_urlsafe(16)
        self.codes[code] = asked
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}"

    def description(self) -> dict[str, Any]:
        """The discovery document."""
        return {
            "issuer": self.issuer or self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/keys",
            "userinfo_endpoint": f"{self.url}/userinfo",
            "id_token_signing_alg_values_supported": ["none", "HS256", "RS256"],
        }

    def token(self, form: dict[str, str], authorization: str) -> tuple[int, dict[str, Any]]:
        """The answer to a code: once, to the right client, with the right verifier."""
        basic = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
        begun = self.codes.pop(form.get("code", ""), None)
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        is_right = begun is not None and begun["redirect_uri"] == form.get("redirect_uri")
        if begun is None or not is_right or begun["code_challenge"] != challenge:
            return 400, {"error": "invalid_grant"}
        if authorization != f"Basic {basic}":
            return 401, {"error": "invalid_client"}
        self.used.append(form["code"])
        answer = {"access_token": secrets.token_urlsafe(16), "token_type": "Bearer", "expires_in": 300}
        if not self.no_statement:
            answer["id_token"] = self.statement(begun.get("nonce", ""))
        return 200, answer

    def statement(self, nonce: str) -> str:
        """The id_token."""
        now = int(time.time())
        right = {"iss": self.url, "aud": CLIENT_ID, "iat": now, "exp": now + 60, "nonce": nonce}
        claims = {name: value for name, value in {**right, **self.claims}.items() if value is not None}
        if self.unsigned:
            parts = ({"alg": "none", "kid": "one"}, claims)
            texts = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in parts]
            return f"{texts[0].decode()}.{texts[1].decode()}."
        return jwt.encode({"alg": "RS256", "kid": "one"}, claims, self.key)

    def answer(self, path: str, form: dict[str, str], authorization: str) -> tuple[int, dict[str, Any]]:
        """The answer to any request."""
        self.asked.append(path)
        time.sleep(self.hangs.get(path, 0.0))
        if path == "/token":
            return self.token(form, authorization)
        documents = {
            "/.well-known/openid-configuration": self.description(),
            "/keys": {"keys": [KEY.as_dict(private=False)]},
            "/userinfo": {"sub": self.claims.get("sub"), **self.userinfo},
            "/user": self.userinfo,
        }
        return (200, documents[path]) if path in documents else (404, {})


@contextmanager
def oidc_service() -> Iterator[Service]:
    """Run one in a thread of its own."""
    service = Service()

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            authorization = self.headers.get("Authorization", "")
            path = urlsplit(self.path).path
            if path == "/authorize":
                self.send_response(302)
                self.send_header("Location", service.authorize(self.path))
                self.end_headers()
                return
            status, document = service.answer(path, dict(parse_qsl(body)), authorization)
            text = json.dumps(document).encode()
            try:
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)
            except OSError:  # whoever asked has waited long enough
                return

        do_GET = do_POST = _answer

        def log_message(self, *_args: object) -> None:
            """Silence."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    service.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield service
    server.shutdown()
    server.server_close()
