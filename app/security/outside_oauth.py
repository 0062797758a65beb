"""OAuth 2 and OpenID Connect: sent away with state, nonce and PKCE, and read when coming back.

Everything here that talks to a service runs within ``outside.ask``. Tokens are used once and kept nowhere.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from typing import Any

from requests import RequestException

from app.security.outside import OutsideDown, OutsidePerson, OutsideRefused

log = logging.getLogger(__name__)
# signed by a key of the service alone; “none” and those with a shared secret are not
ALGORITHMS = (
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519",
)  # fmt: skip
WELL_KNOWN = "/.well-known/openid-configuration"


def begin(manager: Any, provider: dict[str, Any], redirect_uri: str) -> dict[str, str]:
    """Where the person is sent (``url``) and what must fit when he comes back.

    Raises OutsideDown, OutsideRefused.
    """
    client = manager.oauth_remotes[provider["name"]]
    try:
        _learn(client, provider["remote_app"])
        begun: dict[str, str] = client.create_authorization_url(redirect_uri)
    except RequestException as error:
        raise OutsideDown(str(error)) from error
    except (ValueError, RuntimeError, TypeError, AttributeError) as error:
        raise OutsideRefused(f"its description cannot be used: {error}") from error
    return begun


def _learn(client: Any, remote: Mapping[str, Any]) -> Mapping[str, Any]:
    """The service's description of itself, with no weak way of signing left in it.

    Raises OutsideRefused if it is of another service than the settings name (OpenID Discovery, 4.3).
    """
    metadata: dict[str, Any] = client.load_server_metadata()
    issuer = str(metadata.get("issuer") or "")
    if "server_metadata_url" in remote and not _is_described(issuer, remote):
        metadata.pop("_loaded_at", None)  # asked for anew the next time
        raise OutsideRefused(f"its description is of {issuer!r}: if that is right, write it as “issuer”")
    offered = metadata.get("id_token_signing_alg_values_supported") or ALGORITHMS
    allowed = [name for name in offered if name in ALGORITHMS]
    if not allowed:
        raise OutsideRefused("it signs in no way that is taken here")
    metadata["id_token_signing_alg_values_supported"] = allowed
    return metadata


def _is_described(issuer: str, remote: Mapping[str, Any]) -> bool:
    if "issuer" in remote:
        return bool(issuer == remote["issuer"])
    return bool(f"{issuer.rstrip('/')}{WELL_KNOWN}" == remote["server_metadata_url"])


def finish(
    manager: Any, provider: dict[str, Any], arguments: Mapping[str, str], begun: Mapping[str, Any]
) -> OutsidePerson:
    """Who has come back with these arguments. Raises OutsideDown, OutsideRefused."""
    client = manager.oauth_remotes[provider["name"]]
    try:
        _check_sender(_learn(client, provider["remote_app"]), arguments)
        token = client.fetch_access_token(
            code=arguments["code"], redirect_uri=begun["redirect_uri"], code_verifier=begun["code_verifier"]
        )
        client.token = token  # for this context alone
        if begun.get("nonce"):
            return _by_id_token(client, provider, token, begun["nonce"])
        return _by_hook(manager, provider, token)
    except OutsideRefused:
        raise
    except RequestException as error:
        raise OutsideDown(str(error)) from error
    except Exception as error:  # a stranger's answer: whatever is wrong with it, it opens nothing
        raise OutsideRefused(f"{type(error).__name__}: {error}") from error


def _check_sender(metadata: Mapping[str, Any], arguments: Mapping[str, str]) -> None:
    """A service that names itself in its answers must be the one we asked (RFC 9207)."""
    named = arguments.get("iss")
    if metadata.get("authorization_response_iss_parameter_supported") and not named:
        raise OutsideRefused("the answer does not name its sender")
    if named and metadata.get("issuer") and named != metadata["issuer"]:
        raise OutsideRefused("the answer comes from another service")


def _by_id_token(
    client: Any, provider: dict[str, Any], token: Mapping[str, Any], nonce: str
) -> OutsidePerson:
    """By the signed statement: Authlib checks signature, issuer, audience, times and nonce."""
    if "id_token" not in token:
        raise OutsideRefused("there is no id_token")
    metadata = client.load_server_metadata()
    if not metadata.get("issuer"):
        raise OutsideRefused("its description names no issuer")
    claims = dict(client.parse_id_token(token, nonce=nonce))
    subject = _text(claims.get("sub"))
    if "email" not in claims and metadata.get("userinfo_endpoint"):
        more = dict(client.userinfo())
        if more.get("sub") != subject:
            raise OutsideRefused("its two answers are of two people")
        claims = {**more, **claims}
    return _person(
        provider,
        issuer=f"oidc:{metadata['issuer']}",
        subject=subject,
        email=_text(claims.get("email")),
        is_verified=claims.get("email_verified") is True,
        login=_text(claims.get("preferred_username")),
    )


def _by_hook(manager: Any, provider: dict[str, Any], token: Any) -> OutsidePerson:
    """By FAB's reading of the services that it knows; its ``username`` is the name there."""
    name = provider["name"]
    info = manager.oauth_user_info(name, token) or {}
    login = _text(info.get("username"))
    return _person(
        provider,
        issuer=f"oauth:{name}",
        subject=_text(info.get("subject")) or login,
        email=_text(info.get("email")),
        is_verified=info.get("email_verified") is True,
        login=login,
    )


def _person(
    provider: dict[str, Any], *, issuer: str, subject: str, email: str, is_verified: bool, login: str
) -> OutsidePerson:
    if not subject:
        raise OutsideRefused("it does not say who he is")
    if (patterns := provider.get("whitelist")) and not any(re.search(f"{p}$", email) for p in patterns):
        raise OutsideRefused(f"the whitelist does not hold the e-mail of {subject}")
    by_login = provider.get("bind_by") == "login"
    may_use = not by_login and (is_verified or bool(provider.get("trust_email")))
    return OutsidePerson(
        issuer=issuer,
        subject=subject,
        email=email if may_use else "",
        login=login if by_login else "",
        shown=email or login or subject,
    )


def _text(value: Any) -> str:
    """What a service says, if it is a text at all (some count their people with numbers)."""
    return str(value).strip() if isinstance(value, str | int) and not isinstance(value, bool) else ""
