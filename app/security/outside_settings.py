"""The services outside that people may sign in with: a JSON file in Flask-AppBuilder's own words, checked.

``OAUTH_PROVIDERS``, ``SAML_PROVIDERS`` and ``SAML_CONFIG`` are written as FAB 5.3 documents them. Ours beside
them, in a provider: ``label`` (the word on the button), ``bind_by`` (“email”, the default, or “login”: by
what an account is found at its first sign-in) and ``trust_email`` (the service's e-mails count as verified
though it does not say so). No message ever shows a value of the file: it holds secrets.
"""

from __future__ import annotations

import copy
import json
import re
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

KEYS = ("OAUTH_PROVIDERS", "SAML_PROVIDERS", "SAML_CONFIG")
# what Authlib takes of an application, without OAuth 1 and without what is no plain value
REMOTE_APP = {
    "client_id", "client_secret", "api_base_url", "access_token_url", "access_token_params", "authorize_url",
    "authorize_params", "refresh_token_url", "refresh_token_params", "server_metadata_url", "client_kwargs",
    "request_token_url", "issuer", "jwks_uri", "userinfo_endpoint",
}  # fmt: skip
ADDRESSES = {name for name in REMOTE_APP if name.endswith(("_url", "_uri", "_endpoint"))}
LOOPBACK = {"127.0.0.1", "localhost", "::1"}
TIMEOUT = 4  # seconds between two signs of life of a service
_NAME = re.compile(r"[A-Za-z0-9_.-]{1,32}")
# our own addresses below /login/
_TAKEN = {"code"}


def read_providers(path: str, public_url: str) -> dict[str, Any]:
    """The three settings of the file, empty without ``path``. Raises ValueError, in plain words."""
    if not path:
        return {"OAUTH_PROVIDERS": [], "SAML_PROVIDERS": [], "SAML_CONFIG": {}}
    if not public_url:
        raise ValueError("set HELPDESK_URL beside it, for the services send people back there")
    try:
        content = json.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise ValueError(f"the file {path} cannot be read: {error.strerror}") from None
    except ValueError as error:
        place = f", line {error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
        raise ValueError(f"the file {path} is no JSON in UTF-8{place}") from None
    if not isinstance(content, dict) or set(content) - set(KEYS):
        raise ValueError(f"write an object with the keys {', '.join(KEYS)}")
    oauth, saml = _list(content, "OAUTH_PROVIDERS"), _list(content, "SAML_PROVIDERS")
    names: set[str] = set()
    for provider in [*oauth, *saml]:
        _check_name(provider, names)
    return {
        "OAUTH_PROVIDERS": [_oauth(provider) for provider in oauth],
        "SAML_PROVIDERS": [_saml(provider) for provider in saml],
        "SAML_CONFIG": _saml_config(content.get("SAML_CONFIG", {}), saml),
    }


def _list(content: dict[str, Any], key: str) -> list[dict[str, Any]]:
    found = content.get(key, [])
    if not isinstance(found, list) or not all(isinstance(entry, dict) for entry in found):
        raise ValueError(f"{key}: write a list of objects")
    return found


def _check_name(provider: dict[str, Any], names: set[str]) -> None:
    name = provider.get("name")
    if not isinstance(name, str) or not _NAME.fullmatch(name) or name in _TAKEN | {".", ".."}:
        raise ValueError("each provider needs a name of letters, digits and _.- (“code” is taken)")
    if name in names:
        raise ValueError(f"two providers are called {name}")
    names.add(name)
    if provider.get("bind_by", "email") not in {"email", "login"}:
        raise ValueError(f"{name}: bind_by is “email” or “login”")
    if not isinstance(provider.get("trust_email", False), bool):
        raise ValueError(f"{name}: trust_email is true or false")
    if not all(isinstance(provider.get(key, ""), str) for key in ("icon", "label")):
        raise ValueError(f"{name}: icon and label are texts")


def _oauth(provider: dict[str, Any]) -> dict[str, Any]:
    name, remote = provider["name"], provider.get("remote_app")
    if not isinstance(remote, dict):
        raise ValueError(f"{name}: remote_app is missing")
    if unknown := sorted(set(remote) - REMOTE_APP):
        raise ValueError(f"{name}: remote_app has no {', '.join(unknown)}")
    remote = {key: value for key, value in remote.items() if value is not None}
    if "request_token_url" in remote:
        raise ValueError(f"{name}: OAuth 1 (request_token_url) is not supported")
    for key in ("client_id", "client_secret"):
        if not isinstance(remote.get(key), str) or not remote[key]:
            raise ValueError(f"{name}: remote_app needs {key}")
    for key in sorted(ADDRESSES & set(remote)):
        check_address(remote[key], f"{name}: {key}")
    if "server_metadata_url" not in remote and not {"authorize_url", "access_token_url"} <= set(remote):
        raise ValueError(f"{name}: write server_metadata_url, or authorize_url and access_token_url")
    remote["client_kwargs"] = _client_kwargs(name, remote.get("client_kwargs", {}))
    is_openid = "openid" in str(remote["client_kwargs"].get("scope", "")).split()
    if is_openid and "server_metadata_url" not in remote and not {"issuer", "jwks_uri"} <= set(remote):
        raise ValueError(f"{name}: the scope openid needs server_metadata_url, or issuer and jwks_uri")
    _check_whitelist(provider)
    return {**provider, "remote_app": remote}


def _client_kwargs(name: str, given: Any) -> dict[str, Any]:
    if not isinstance(given, dict):
        raise ValueError(f"{name}: client_kwargs is an object")
    if given.get("code_challenge_method", "S256") != "S256":
        raise ValueError(f"{name}: code_challenge_method is S256")
    if not given.get("verify", True):
        raise ValueError(f"{name}: certificates are checked always; verify names a file with your authority")
    return {"default_timeout": TIMEOUT, **given, "code_challenge_method": "S256"}


def _check_whitelist(provider: dict[str, Any]) -> None:
    patterns = provider.get("whitelist", [])
    try:
        compiled: list[Any] = patterns if isinstance(patterns, list) else [None]
        for pattern in compiled:
            re.compile(pattern)
    except (TypeError, re.error):
        raise ValueError(f"{provider['name']}: whitelist is a list of regular expressions") from None


def check_address(value: Any, what: str) -> None:
    """Raise ValueError unless it is an https address; on this machine itself http will do."""
    parts = urlsplit(value) if isinstance(value, str) else urlsplit("")
    is_local = parts.scheme == "http" and parts.hostname in LOOPBACK
    if not parts.hostname or not (parts.scheme == "https" or is_local):
        raise ValueError(f"{what} is no https:// address")


def _saml(provider: dict[str, Any]) -> dict[str, Any]:
    name, idp = provider["name"], provider.get("idp")
    if not isinstance(idp, dict) or not isinstance(idp.get("entityId"), str) or not idp["entityId"]:
        raise ValueError(f"{name}: idp needs entityId")
    if any(key.startswith("certFingerprint") for key in idp):
        raise ValueError(f"{name}: write idp.x509cert instead of a fingerprint, which others can satisfy")
    if not idp.get("x509cert") and not idp.get("x509certMulti"):
        raise ValueError(f"{name}: idp needs x509cert, or nobody could tell whose the answers are")
    sso = idp.get("singleSignOnService")
    check_address(sso.get("url") if isinstance(sso, dict) else None, f"{name}: idp.singleSignOnService.url")
    mapping = provider.get("attribute_mapping", {})
    if not isinstance(mapping, dict) or not all(isinstance(field, str) for field in mapping.values()):
        raise ValueError(f"{name}: attribute_mapping is an object: attribute of the service → our field")
    return provider


def _saml_config(given: Any, services: list[dict[str, Any]]) -> dict[str, Any]:
    if not services:
        return {}
    if find_spec("onelogin") is None:
        raise ValueError("SAML_PROVIDERS: install its library first: pip install -r requirements-saml.txt")
    sp = given.get("sp") if isinstance(given, dict) else None
    if not isinstance(sp, dict) or not isinstance(sp.get("entityId"), str) or not sp["entityId"]:
        raise ValueError("SAML_CONFIG: sp needs entityId")
    acs = sp.get("assertionConsumerService")
    check_address(
        acs.get("url") if isinstance(acs, dict) else None, "SAML_CONFIG: sp.assertionConsumerService.url"
    )
    security = given.get("security", {})
    if not given.get("strict", True) or not isinstance(security, dict):
        raise ValueError("SAML_CONFIG: strict is true, security an object")
    # whatever else is wanted, an assertion that nobody has signed opens nothing
    security = {"rejectDeprecatedAlgorithm": True, **security, "wantAssertionsSigned": True}
    found = {**given, "strict": True, "security": security}
    for service in services:
        _check_with_library(service, found)
    return found


def _check_with_library(service: dict[str, Any], config: dict[str, Any]) -> None:
    errors = import_module("onelogin.saml2.errors")
    settings = copy.deepcopy({**config, "idp": service["idp"]})
    try:
        import_module("onelogin.saml2.settings").OneLogin_Saml2_Settings(settings)
    except errors.OneLogin_Saml2_Error as error:  # it tells codes, no values
        raise ValueError(f"{service['name']}: {error}") from None
