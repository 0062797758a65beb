"""Signing in and out: FAB's view with what was typed kept, and a logout that no link can cause."""

from __future__ import annotations

from typing import Any

from flask import flash, g, redirect, request, url_for
from flask_appbuilder import expose
from flask_appbuilder.security.forms import LoginForm_db
from flask_appbuilder.security.views import AuthDBView
from flask_babel import gettext as _
from flask_limiter.util import get_remote_address

from app.security import second_factor, second_step, signals


def sign_in_limit_key() -> str:
    """Account and address together: behind one proxy the staff must not share one allowance (M7)."""
    try:
        body = request.get_json(silent=True) if request.is_json else None
    except RecursionError:  # brackets upon brackets: refused later, as everywhere in the API
        body = None
    typed = body.get("username") if isinstance(body, dict) else request.form.get("username")
    typed = typed or second_step.waiting_login()
    return f"{get_remote_address()}|{str(typed or '').strip().lower()[:128]}"


def is_refused(response: Any) -> bool:
    """Only failures use the allowance up."""
    return bool(response.status_code == 401)


class SignInView(AuthDBView):
    """The sign-in page. A failure answers 401 with the login still typed in."""

    @expose("/login/", methods=["GET", "POST"])
    def login(self) -> Any:
        if g.user is not None and g.user.is_authenticated:
            return redirect(self._get_safe_next_url())
        form = LoginForm_db()
        status = 200
        if form.validate_on_submit():
            user = self.appbuilder.sm.auth_user_db(form.username.data, form.password.data)
            if user:
                return second_step.let_in(user, request.args.get("next", ""))
            flash(_("The login or the password is wrong. Check the keyboard layout and Caps Lock."), "danger")
            status = 401
        page = self.render_template(
            self.login_template, title=_("Sign in"), form=form, appbuilder=self.appbuilder
        )
        return page, status, {"Cache-Control": "no-store"}

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
