"""All the ways in which somebody is inside at once, and which of them still open something."""

from __future__ import annotations

from typing import Any

from flask import Flask

FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Firefox/128.0"
ALL = {"cookie": True, "token": True, "refresh": True, "key": True}
NONE = dict.fromkeys(ALL, False)


class Ways:
    """A browser, a token, a refresh token and an API key of one person, who signs in for them."""

    def __init__(self, app: Flask, login: str, password: str) -> None:
        self.app, self.browser = app, app.test_client()
        data = {"username": login, "password": password}
        assert self.browser.post("/login/", data=data, headers={"User-Agent": FIREFOX}).status_code == 302
        body = {**data, "provider": "db", "refresh": True}
        tokens: Any = app.test_client().post("/api/v1/security/login", json=body).json
        self.token = {"Authorization": f"Bearer {tokens['access_token']}"}
        self.refresh = {"Authorization": f"Bearer {tokens['refresh_token']}"}
        made: Any = app.test_client().post(
            "/api/v1/security/api_keys/", json={"name": "script"}, headers=self.token
        )
        self.key = {"Authorization": f"Bearer {made.json['result']['key']}"}

    def open(self) -> dict[str, bool]:
        """Which of them still open something."""
        caller = self.app.test_client()
        return {
            "cookie": self.browser.get("/api/v1/me/").status_code == 200,
            "token": caller.get("/api/v1/me/", headers=self.token).status_code == 200,
            "refresh": caller.post("/api/v1/security/refresh", headers=self.refresh).status_code == 200,
            "key": caller.get("/api/v1/me/", headers=self.key).status_code == 200,
        }
