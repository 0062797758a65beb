"""The addresses of services outside, those that FAB gives them: what is registered there goes on working."""

from __future__ import annotations

import logging
from typing import Any

from flask import current_app, g, redirect, request, url_for
from flask_appbuilder import expose
from flask_babel import gettext as _
from redis.exceptions import RedisError

from app.errors import NotFound
from app.extensions import db
from app.security import outside_oauth, outside_state, second_step, signals
from app.security.outside import OutsideDown, OutsidePerson, OutsideRefused, ask, label_of, providers

log = logging.getLogger(__name__)
FROM_OUTSIDE = {"SignInView.oauth_authorized", "SignInView.acs", "SignInView.saml_finish"}
ICONS = {"google", "github", "microsoft", "windows", "linkedin", "gitlab", "apple"}


def not_completed() -> str:
    """The words for whatever went wrong on the way: who tries again begins anew."""
    return str(_("Signing in was not completed. Try again, or sign in with a login and a password."))


def no_account() -> str:
    """The one answer to an unknown, a disabled and a not allowed person, and to an unproven e-mail."""
    return str(_("No account here may be opened this way. Ask an administrator, or sign in with a password."))


def is_silent(name: str) -> str:
    """The words for a service that does not answer."""
    return str(
        _("%(name)s does not answer: try again in a minute, or sign in with a local account.", name=name)
    )


def service_icon(icon: str | None) -> str:
    """Our icon for FAB's “fa-google”."""
    name = str(icon or "").removeprefix("fa-")
    return name if name in ICONS else "box-arrow-in-right"


def outer_address(endpoint: str, **values: Any) -> str:
    """Our address as the services know it."""
    public = current_app.config["PUBLIC_URL"]
    return f"{public}{url_for(endpoint, **values)}" if public else url_for(endpoint, **values, _external=True)


class OutsideRoutes:
    """Part of the sign-in view, which gives ``appbuilder`` and ``refuse_outside``."""

    appbuilder: Any

    def refuse_outside(self, words: str, status: int, target: str = "") -> Any:
        """The sign-in page with these words."""
        raise NotImplementedError

    def start_saml(self, service: dict[str, Any], target: str) -> Any:
        """The other kind of service."""
        raise NotImplementedError

    @expose("/login/<provider>")
    def start_outside(self, provider: str) -> Any:
        """Send the person to the service."""
        service, target = service_of(provider), request.args.get("next", "")
        if g.user is not None and g.user.is_authenticated:
            return redirect(second_step.first_page(g.user, target))
        if provider not in self.appbuilder.sm.oauth_remotes:
            return self.start_saml(service, target)
        db.session.commit()  # the database's connection is given back before the waiting
        back = outer_address("SignInView.oauth_authorized", provider=provider)
        try:
            begun = ask(outside_oauth.begin, self.appbuilder.sm, service, back)
        except (OutsideDown, OutsideRefused) as problem:
            log.warning("nobody can sign in with %s: %s", provider, problem)
            return self.refuse_outside(is_silent(label_of(service)), 503, target)
        outside_state.keep(
            begun["state"],
            target=target,
            provider=provider,
            redirect_uri=back,
            code_verifier=begun["code_verifier"],
            nonce=begun.get("nonce", ""),
        )
        return redirect(begun["url"])

    @expose("/oauth-authorized/<provider>")
    def oauth_authorized(self, provider: str) -> Any:
        """The person is back from the service: find out who he is."""
        service = service_of(provider, "OAUTH_PROVIDERS")
        if g.user is not None and g.user.is_authenticated:
            return redirect("/")
        begun = self.begun(request.args.get("state", ""), provider)
        if begun is None:
            log.warning("%s: somebody came back who had not gone, or twice", provider)
            return self.refuse_outside(not_completed(), 401)
        db.session.commit()
        try:
            if not request.args.get("code"):
                raise OutsideRefused(f"no code: {request.args.get('error', '')[:100]!r}")
            sm, arguments = self.appbuilder.sm, request.args.to_dict()
            person = ask(outside_oauth.finish, sm, service, arguments, begun)
        except (OutsideDown, OutsideRefused) as problem:
            return self._failed(service, problem, begun["next"])
        return self.decide(person, begun["next"])

    def _failed(self, service: dict[str, Any], problem: Exception, target: str) -> Any:
        log.warning("%s: nobody was signed in: %s", service["name"], problem)
        if isinstance(problem, OutsideDown):
            return self.refuse_outside(is_silent(label_of(service)), 503, target)
        signals.sign_in_failed.send(self.appbuilder.sm, login=service["name"])
        return self.refuse_outside(not_completed(), 401, target)

    def begun(self, state: str, provider: str) -> dict[str, Any] | None:
        """What this browser took along, once; None if it has nothing of the kind."""
        try:
            return outside_state.take(state, provider)
        except (RedisError, OSError) as error:
            log.warning("%s: nobody can sign in, Redis is away: %s", provider, error)
            return None

    def decide(self, person: OutsidePerson, target: str) -> Any:
        """Let in whoever was recognised, if his account is one that may be opened so."""
        user = self.appbuilder.sm.auth_user_outside(person)
        if user is None:
            return self.refuse_outside(no_account(), 401, target)
        outside_state.forget()
        return second_step.let_in(user, target)


def service_of(name: str, kind: str = "") -> dict[str, Any]:
    """The service of the settings, of one kind or of any. Raises NotFound."""
    for entry in current_app.config[kind] if kind else providers():
        if entry["name"] == name:
            found: dict[str, Any] = entry
            return found
    raise NotFound(_("There is no such way of signing in."))
