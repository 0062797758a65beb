"""Administrators: whose role requires a second factor, how it stands with everybody, and resets."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request
from flask_appbuilder import expose
from flask_appbuilder.security.sqla.models import Role
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from sqlalchemy import select

from app.events import unit_of_work
from app.security import signals
from app.services import second_factor as verbs
from views.base import Screen, current_actor, session
from views.ticket_query import number_in

PAGE = "/access/second-factor/"


class SecondFactorRulesView(Screen):
    """For administrators alone, whoever was given the screen."""

    route_base = "/access/second-factor"
    default_view = "show"
    menu = ("SecondFactorRules", lazy_gettext("Second factor"), "fa-shield")
    class_permission_name = "SecondFactorRules"

    @expose("/")
    def show(self) -> str:
        """The roles with ticks, and the people."""
        verbs.ensure_administrator(current_actor())
        public = self.appbuilder.sm.auth_role_public
        roles = session().scalars(select(Role).where(Role.name != public).order_by(Role.name)).all()
        return self.page(
            "access/second_factor.html",
            roles=roles,
            required=verbs.required_roles(session()),
            people=verbs.everybody(session()),
        )

    @expose("/roles", methods=["POST"])
    def require(self) -> Any:
        """Exactly the ticked roles require it from now on."""
        ticked = {
            number for typed in request.form.getlist("roles") if (number := number_in(typed)) is not None
        }
        with unit_of_work(session()):
            verbs.require_for(session(), ticked, actor=current_actor())
        flash(_("Saved. Whoever must and has no second factor sets it up with the next page."), "success")
        return redirect(PAGE, 303)

    @expose("/<int:user_id>/reset", methods=["POST"])
    def reset(self, user_id: int) -> Any:
        """Take somebody's lost factor away; his sessions end."""
        with unit_of_work(session()):
            person = verbs.reset(session(), user_id, actor=current_actor())
        signals.rights_changed.send(self, user=person)
        flash(_("%(name)s signs in without a second factor now.", name=person.full_name), "success")
        return redirect(PAGE, 303)
