"""FAB's screens of passwords and of one's own name.

One's own password: FAB's page asks for no old one, so it leads to ours, which does. What the directory keeps
is not changed here.
"""

from __future__ import annotations

from typing import Any

from flask import g, redirect, request
from flask_appbuilder import expose
from flask_appbuilder.security import views as fab
from flask_appbuilder.security.decorators import has_access
from flask_babel import gettext as _

from app.errors import Forbidden, NotFound
from models import SignInWay, Staff

PAGE = "/settings/#password"


def ensure_kept_here(manager: Any, user: Staff | None) -> Staff:
    """The person, if a password of his is kept here. Raises NotFound, Forbidden in plain words."""
    if user is None:
        raise NotFound(_("There is no such person."))
    if not manager.signs_in_here(user):
        raise Forbidden(
            _("%(name)s signs in with the domain. The password is changed there.", name=user.full_name)
        )
    return user


class ResetMyPasswordView(fab.ResetMyPasswordView):
    """Keeps FAB's name and address, because links and rights are made of them."""

    @expose("/form", methods=["GET"])
    @has_access
    def this_form_get(self) -> Any:
        return redirect(PAGE)

    @expose("/form", methods=["POST"])
    @has_access
    def this_form_post(self) -> Any:
        return redirect(PAGE, 303)


class ResetPasswordView(fab.ResetPasswordView):
    """Somebody else's password, as an administrator sets it: only where one is kept here."""

    def _init_vars(self) -> None:
        """Called before the form is shown and before it is read."""
        manager = self.appbuilder.sm
        ensure_kept_here(manager, manager.get_user_by_id(request.args.get("pk")))
        super()._init_vars()


class UserInfoEditView(fab.UserInfoEditView):
    """One's own name; that of a domain user is kept in the directory."""

    def _init_vars(self) -> None:
        """Called before the form is shown and before it is read."""
        if g.user.sign_in_way == SignInWay.DOMAIN:
            raise Forbidden(_("Your name is kept in the directory. Have it changed there."))
        super()._init_vars()
