"""SAML's addresses, those of FAB: metadata, and where the service's answer is posted to.

A browser brings no cookie of ours with another site's form (SameSite=Lax). So the answer is read without any
session, kept for a moment under a name that nobody can guess, and taken by the browser that had asked for it.
"""

from __future__ import annotations

import json
import logging
import secrets
from contextlib import suppress
from dataclasses import asdict
from typing import Any

from flask import Response, current_app, g, redirect, request, url_for
from flask_appbuilder import expose
from redis.exceptions import RedisError

from app.errors import NotFound
from app.extensions import csrf, redis
from app.security import outside_saml, outside_state
from app.security.outside import OutsidePerson, OutsideRefused
from app.security.outside_views import OutsideRoutes, not_completed, service_of

log = logging.getLogger(__name__)
_KEPT = "helpdesk:saml:"
PATIENCE = 120  # seconds for one redirect
ASSERTION_LIFE = 86_400  # seconds; none is valid for longer than that
NOTHING = "-"
# a form of another site by its nature; what it carries is signed, and bound to the browser afterwards
csrf.exempt(f"{__name__}.acs")


class SamlRoutes(OutsideRoutes):
    """Part of the sign-in view."""

    def start_saml(self, service: dict[str, Any], target: str) -> Any:
        """Send the person to the service."""
        url, request_id = outside_saml.begin(service)
        outside_state.keep(request_id, target=target, provider=service["name"])
        return redirect(url)

    @expose("/saml/acs/", methods=["POST"])
    def acs(self) -> Any:
        """The service's answer. Nothing of the session is touched: another site may post here."""
        if not current_app.config["SAML_PROVIDERS"]:
            raise NotFound
        ticket = NOTHING
        try:
            statement = outside_saml.read(request.form.get("SAMLResponse", ""))
            ticket = secrets.token_urlsafe(24)
            redis().set(f"{_KEPT}{ticket}", json.dumps(asdict(statement)), ex=PATIENCE)
        except OutsideRefused as problem:
            log.warning("SAML: an answer was refused: %s", problem)
        except (RedisError, OSError) as error:
            log.warning("nobody can sign in with SAML, Redis is away: %s", error)
        return redirect(url_for("SignInView.saml_finish", ticket=ticket), code=303)

    @expose("/saml/finish/<ticket>")
    def saml_finish(self, ticket: str) -> Any:
        """The browser comes for the answer to its own request."""
        if not current_app.config["SAML_PROVIDERS"]:
            raise NotFound
        if g.user is not None and g.user.is_authenticated:
            return redirect("/")
        kept = _taken(ticket)
        begun = self.begun(kept["request_id"], kept["provider"]) if kept else None
        if kept is None or begun is None or not _is_new(kept["assertion_id"]):
            log.warning("SAML: somebody came back who had not gone, or twice")
            return self.refuse_outside(not_completed(), 401)
        return self.decide(OutsidePerson(**kept["person"]), begun["next"])

    @expose("/saml/metadata/")
    @expose("/saml/metadata/<idp>")
    def metadata(self, idp: str = "") -> Any:
        """What a service must know of us; of no secret."""
        names = [idp] if idp else [entry["name"] for entry in current_app.config["SAML_PROVIDERS"][:1]]
        service = service_of(names[0] if names else "", "SAML_PROVIDERS")
        return Response(outside_saml.metadata_of(service), mimetype="text/xml")


def _taken(ticket: str) -> dict[str, Any] | None:
    with suppress(RedisError, OSError):
        text: Any = redis().getdel(f"{_KEPT}{ticket}")
        return json.loads(text) if text else None
    return None


def _is_new(assertion_id: str) -> bool:
    try:
        return outside_state.is_first(f"assertion:{assertion_id}", seconds=ASSERTION_LIFE)
    except (RedisError, OSError):
        return False
