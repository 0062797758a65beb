"""The file of sign-in services: FAB's examples are taken, every fault is named, no secret is shown."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import config
from app.security import outside_settings
from config import ConfigError
from tests.support.saml_service import SamlService

SECRET = "a-secret-that-nobody-may-read"
GOOGLE = {
    "name": "google",
    "icon": "fa-google",
    "token_key": "access_token",
    "remote_app": {
        "client_id": "id",
        "client_secret": SECRET,
        "api_base_url": "https://www.googleapis.com/oauth2/v2/",
        "client_kwargs": {"scope": "email profile"},
        "request_token_url": None,
        "access_token_url": "https://accounts.google.com/o/oauth2/token",
        "authorize_url": "https://accounts.google.com/o/oauth2/auth",
        "jwks_uri": "https://www.googleapis.com/oauth2/v3/certs",
    },
}
OPENID = {
    "name": "keycloak",
    "remote_app": {
        "client_id": "id",
        "client_secret": SECRET,
        "server_metadata_url": "https://id.corp.example/realms/x/.well-known/openid-configuration",
        "client_kwargs": {"scope": "openid email profile"},
    },
}


def load(folder: Path, content: Any, **more: str) -> dict[str, Any]:
    """The settings of a start with this file."""
    path = folder / "oauth.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    env = {
        "HELPDESK_VAR": str(folder),
        "HELPDESK_OAUTH_FILE": str(path),
        "HELPDESK_URL": "https://help.example",
    }
    return config.load({**env, **more})


def refusal(folder: Path, content: Any, **more: str) -> str:
    """What the start says instead."""
    with pytest.raises(ConfigError) as caught:
        load(folder, content, **more)
    text = str(caught.value)
    assert "HELPDESK_OAUTH_FILE" in text
    assert SECRET not in text
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__
    return text


def remote(**values: Any) -> dict[str, Any]:
    """The file with one thing changed in a service's remote_app."""
    return {"OAUTH_PROVIDERS": [{**OPENID, "remote_app": {**OPENID["remote_app"], **values}}]}  # type: ignore[dict-item]  # a dict of dicts


def test_examples_of_fab_are_taken_and_made_safe(tmp_path: Path) -> None:
    found = load(tmp_path, {"OAUTH_PROVIDERS": [GOOGLE, OPENID]})
    assert found["AUTH_TYPE"] == 1
    assert [entry["name"] for entry in found["OAUTH_PROVIDERS"]] == ["google", "keycloak"]
    for entry in found["OAUTH_PROVIDERS"]:
        assert entry["remote_app"]["client_kwargs"]["code_challenge_method"] == "S256"
        assert entry["remote_app"]["client_kwargs"]["default_timeout"] == outside_settings.TIMEOUT
    nothing = config.load({"HELPDESK_VAR": str(tmp_path)})
    assert (nothing["OAUTH_PROVIDERS"], nothing["SAML_PROVIDERS"], nothing["SAML_CONFIG"]) == ([], [], {})


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{", "no JSON"),
        ("[]", "write an object"),
        ({"OAUTH_PROVIDER": []}, "write an object"),
        ({"OAUTH_PROVIDERS": {}}, "a list of objects"),
        ({"OAUTH_PROVIDERS": [{}]}, "needs a name"),
        ({"OAUTH_PROVIDERS": [{**OPENID, "name": "code"}]}, "is taken"),
        ({"OAUTH_PROVIDERS": [{**OPENID, "name": "a/b"}]}, "needs a name"),
        ({"OAUTH_PROVIDERS": [OPENID, OPENID]}, "two providers"),
        ({"OAUTH_PROVIDERS": [{"name": "x"}]}, "remote_app is missing"),
        ({"OAUTH_PROVIDERS": [{**OPENID, "bind_by": "name"}]}, "bind_by"),
        ({"OAUTH_PROVIDERS": [{**OPENID, "trust_email": "yes"}]}, "trust_email"),
        ({"OAUTH_PROVIDERS": [{**OPENID, "whitelist": ["("]}]}, "whitelist"),
        (remote(client_secret=""), "client_secret"),
        (remote(secret=SECRET), "no secret"),
        (remote(server_metadata_url="http://id.corp.example/"), "no https:// address"),
        (remote(server_metadata_url=None), "write server_metadata_url"),
        (
            remote(server_metadata_url=None, authorize_url="https://a/", access_token_url="https://a/"),
            "scope openid needs",
        ),
        (remote(request_token_url="https://a/"), "OAuth 1"),
        (remote(client_kwargs={"verify": False}), "certificates"),
        (remote(client_kwargs={"code_challenge_method": "plain"}), "S256"),
    ],
)
def test_fault_is_named(tmp_path: Path, content: Any, words: str) -> None:
    assert words in refusal(tmp_path, content)


def test_file_and_address_must_be_there(tmp_path: Path) -> None:
    assert "HELPDESK_URL" in refusal(tmp_path, {"OAUTH_PROVIDERS": [OPENID]}, HELPDESK_URL="")
    missing = str(tmp_path / "none.json")
    assert "cannot be read" in refusal(tmp_path, {}, HELPDESK_OAUTH_FILE=missing)


def test_saml_is_checked_with_its_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    right = SamlService().settings()
    security = load(tmp_path, right)["SAML_CONFIG"]["security"]
    assert security == {"rejectDeprecatedAlgorithm": True, "wantAssertionsSigned": True}
    provider, saml = right["SAML_PROVIDERS"][0], right["SAML_CONFIG"]
    wrong = [
        ({**right, "SAML_CONFIG": {}}, "sp needs entityId"),
        ({**right, "SAML_CONFIG": {**saml, "strict": False}}, "strict is true"),
        ({**right, "SAML_CONFIG": {"sp": {"entityId": "x"}}}, "assertionConsumerService.url"),
        ({**right, "SAML_PROVIDERS": [{**provider, "idp": {"entityId": "x"}}]}, "x509cert"),
        (
            {**right, "SAML_PROVIDERS": [{**provider, "idp": {**provider["idp"], "certFingerprint": "aa"}}]},
            "fingerprint",
        ),
    ]
    for content, words in wrong:
        assert words in refusal(tmp_path, content)
    monkeypatch.setattr(outside_settings, "find_spec", lambda _name: None)
    assert "pip install -r requirements-saml.txt" in refusal(tmp_path, right)
