"""SAML 2.0: the request that a person is sent away with, and the signed statement that he comes back with.

The library is optional (requirements-saml.txt): it needs a C library. It checks signature, issuer, times and
destination; what it leaves open is checked here: a statement must name us, our address and our request.
"""

from __future__ import annotations

import copy
import logging
from dataclasses import dataclass
from importlib import import_module
from typing import Any
from urllib.parse import urlsplit

from flask import current_app
from flask_appbuilder.security.saml.metadata import get_sp_metadata
from flask_appbuilder.security.saml.utils import map_saml_attributes

from app.security.outside import OutsidePerson, OutsideRefused

log = logging.getLogger(__name__)
LONGEST_RESPONSE = 300_000  # characters of base64
_TRANSIENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient"
_CONFIRMED = "/saml:Subject/saml:SubjectConfirmation/saml:SubjectConfirmationData"


@dataclass(frozen=True)
class Statement:
    """What a service has signed: who it is, and to which request of ours it answers."""

    provider: str
    request_id: str
    assertion_id: str
    person: OutsidePerson


def settings_of(provider: dict[str, Any]) -> dict[str, Any]:
    """The library's settings: FAB's SAML_CONFIG with this service in it. No single logout: no link ends a
    session of ours."""
    found: dict[str, Any] = copy.deepcopy({**current_app.config["SAML_CONFIG"], "idp": provider["idp"]})
    found["sp"].pop("singleLogoutService", None)
    return found


def metadata_of(provider: dict[str, Any]) -> str:
    """What the service must know of us, as XML."""
    text = get_sp_metadata(settings_of(provider))
    return text.decode() if isinstance(text, bytes) else str(text)


def _here() -> dict[str, Any]:
    """Our address by the settings: what a request says of its own address proves nothing."""
    parts = urlsplit(_our_address())
    return {
        "https": "on" if parts.scheme == "https" else "off",
        "http_host": parts.netloc,
        "script_name": parts.path,
        "get_data": {},
        "post_data": {},
    }


def _our_address() -> str:
    return str(current_app.config["SAML_CONFIG"]["sp"]["assertionConsumerService"]["url"])


def begin(provider: dict[str, Any]) -> tuple[str, str]:
    """Where the person is sent, and the id of the request that he carries."""
    auth = import_module("onelogin.saml2.auth").OneLogin_Saml2_Auth(_here(), settings_of(provider))
    url = str(auth.login(return_to=""))
    return url, str(auth.get_last_request_id())


def read(text: str) -> Statement:
    """The statement in a form's SAMLResponse. Raises OutsideRefused."""
    if not text or len(text) > LONGEST_RESPONSE:
        raise OutsideRefused("there is no answer, or a giant one")
    try:
        for provider in current_app.config["SAML_PROVIDERS"]:
            settings = import_module("onelogin.saml2.settings").OneLogin_Saml2_Settings(settings_of(provider))
            response = import_module("onelogin.saml2.response").OneLogin_Saml2_Response(settings, text)
            if provider["idp"]["entityId"] in response.get_issuers():
                response.is_valid(_here(), raise_exceptions=True)
                return _statement(provider, response)
    except OutsideRefused:
        raise
    except Exception as error:  # a stranger's answer: whatever is wrong with it, it opens nothing
        raise OutsideRefused(f"{type(error).__name__}: {error}") from error
    raise OutsideRefused("its issuer is none of ours")


def _statement(provider: dict[str, Any], response: Any) -> Statement:
    """Of a response whose assertion is signed; only what stands in the assertion is believed."""
    if current_app.config["SAML_CONFIG"]["sp"]["entityId"] not in response.get_audiences():
        raise OutsideRefused("it is not written for us")
    # the library's own way to the signed assertion, whatever else the document holds
    confirmed = [
        node.get("InResponseTo")
        for node in response._query_assertion(_CONFIRMED)
        if node.get("Recipient") == _our_address() and node.get("NotOnOrAfter")
    ]
    if len(confirmed) != 1 or not confirmed[0]:
        raise OutsideRefused("it answers no request of ours")
    return Statement(
        provider["name"], confirmed[0], str(response.get_assertion_id()), _person(provider, response)
    )


def _person(provider: dict[str, Any], response: Any) -> OutsidePerson:
    name_id = str(response.get_nameid() or "").strip()
    mapping = provider.get("attribute_mapping", {})
    info: dict[str, Any] = dict(map_saml_attributes(response.get_attributes(), mapping, name_id))
    is_lasting = response.get_nameid_format() != _TRANSIENT
    subject = str(info.get("subject") or (name_id if is_lasting else "")).strip()
    if not subject:
        raise OutsideRefused("its NameID is another each time: map an attribute to “subject”")
    email, login = str(info.get("email") or "").strip(), str(info.get("username") or "").strip()
    by_login = provider.get("bind_by") == "login"
    return OutsidePerson(
        issuer=f"saml:{provider['idp']['entityId']}",
        subject=subject,
        email=email if not by_login and provider.get("trust_email", True) else "",
        login=login if by_login else "",
        shown=email or login or subject,
    )
