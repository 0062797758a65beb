"""Signing in and out: FAB's view with what was typed kept, and a logout that no link can cause."""

from __future__ import annotations

from typing import Any

from flask import current_app, flash, g, redirect, request, url_for
from flask_appbuilder import expose
from flask_appbuilder.security.forms import LoginForm_db
from flask_appbuilder.security.views import AuthDBView
from flask_babel import gettext as _

from app.security import second_factor, second_step, signals
from app.security.domain import last_problem
from app.security.outside import label_of, providers
from app.security.outside_saml_views import SamlRoutes
from app.security.outside_views import service_icon


def wrong_words() -> str:
    """The one answer to an unknown, a disabled and a wrong sign-in."""
    return str(_("The login or the password is wrong. Check the keyboard layout and Caps Lock."))


class SignInView(SamlRoutes, AuthDBView):
    """The sign-in page. A failure answers 401 with the login still typed in, 503 if nobody could be asked."""

    @expose("/login/", methods=["GET", "POST"])
    def login(self) -> Any:
        if g.user is not None and g.user.is_authenticated:
            return redirect(self._get_safe_next_url())
        if request.method == "GET" and (recognised := self._recognised()) is not None:
            return self._enter(recognised)
        form = LoginForm_db()
        status = 200
        if form.validate_on_submit():
            user = self.appbuilder.sm.auth_user_db(form.username.data, form.password.data)
            if user:
                return self._enter(user)
            problem = last_problem()
            flash(problem.problem or wrong_words(), "danger")
            status = 503 if problem.is_down else 401
        return self._page(form, status, request.args.get("next", ""))

    def _page(self, form: Any, status: int, target: str) -> Any:
        """The form and the buttons beside it; ``target`` is the page that was asked for."""
        page = self.render_template(
            self.login_template,
            title=_("Sign in"),
            form=form,
            appbuilder=self.appbuilder,
            target=target,
            services=[
                (entry["name"], label_of(entry), service_icon(entry.get("icon"))) for entry in providers()
            ],
        )
        return page, status, {"Cache-Control": "no-store"}

    def refuse_outside(self, words: str, status: int, target: str = "") -> Any:
        """The sign-in page once more: whoever a service does not let in may have a local account."""
        flash(words, "danger")
        return self._page(LoginForm_db(), status, target)

    def _enter(self, user: Any) -> Any:
        return second_step.let_in(user, request.args.get("next", ""))

    def _recognised(self) -> Any:
        """Whom the proxy names in its header; ``/login/?form=1`` shows the form all the same."""
        name = named_by_proxy()
        return (
            self.appbuilder.sm.auth_user_remote_user(name) if name and not request.args.get("form") else None
        )

    @expose("/login/code", methods=["GET", "POST"])
    def code(self) -> Any:
        """The second step. Until it is taken the browser is nobody's."""
        user = second_step.waiting_user(self.appbuilder.sm)
        if user is None:
            return redirect(url_for("SignInView.login"))
        status = 200
        if request.method == "POST":
            answer = second_factor.check(self.appbuilder.session, user.id, request.form.get("code", ""))
            self.appbuilder.session.commit()
            signals.code_answered.send(self.appbuilder.sm, user=user, answer=answer)
            if answer.is_right:
                return second_step.finish(self.appbuilder.sm, user)
            flash(second_step.refusal(answer), "danger")
            status = 401
        page = self.render_template("access/code.html", appbuilder=self.appbuilder)
        return page, status, {"Cache-Control": "no-store"}

    @expose("/logout/", methods=["POST"])
    def logout(self) -> Any:
        return super().logout()


def named_by_proxy() -> str:
    """The login in the header of a Kerberos proxy, “” if the setting is off or no proxy is trusted.

    Two values mean that the visitor has sent one of his own.
    """
    header = current_app.config["REMOTE_USER_HEADER"]
    if not header or not current_app.config["TRUSTED_PROXIES"]:
        return ""
    values = request.headers.getlist(header)
    if len(values) != 1 or "," in values[0]:
        return ""
    try:
        return values[0].encode("latin-1").decode().strip()
    except UnicodeError:
        return ""
