"""The way to a sign-in service and back, as a browser goes it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from authlib.integrations.flask_client import OAuth
from flask import Flask
from flask.testing import FlaskClient

from app.extensions import appbuilder
from app.security.outside_settings import read_providers
from tests.support.oidc import Service

NO_ACCOUNT = "No account here may be opened this way"
NOT_COMPLETED = "Signing in was not completed"
SILENT = "does not answer"


def know(app: Flask, folder: Path, monkeypatch: pytest.MonkeyPatch, *providers: dict[str, Any]) -> None:
    """The settings name these services, as at a start."""
    path = folder / "oauth.json"
    path.write_text(json.dumps({"OAUTH_PROVIDERS": providers}))
    found = read_providers(str(path), "https://helpdesk.corp.example")["OAUTH_PROVIDERS"]
    oauth = OAuth(app)
    remotes = {entry["name"]: oauth.register(entry["name"], **entry["remote_app"]) for entry in found}
    monkeypatch.setitem(app.config, "OAUTH_PROVIDERS", found)
    monkeypatch.setattr(appbuilder().sm, "oauth_remotes", remotes)


def go(client: FlaskClient, service: Service, *, name: str = "keycloak", target: str = "") -> Any:
    """The whole way; the last answer."""
    return client.get(local(service.authorize(start(client, name=name, target=target))))


def start(client: FlaskClient, *, name: str = "keycloak", target: str = "") -> str:
    """Where the person is sent."""
    answer = client.get(f"/login/{name}", query_string={"next": target} if target else {})
    assert answer.status_code == 302, answer.text
    return str(answer.location)


def local(url: str) -> str:
    """An address without its host."""
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}"


def is_in(client: FlaskClient) -> bool:
    """Whether the browser is somebody's."""
    return client.get("/tickets/inbox").status_code == 200


def refused(client: FlaskClient, answer: Any, words: str, status: int = 401) -> None:
    """The sign-in page with these words, and nobody in."""
    assert (answer.status_code, words in answer.text) == (status, True), answer.text
    assert 'name="password"' in answer.text
    assert not is_in(client)
