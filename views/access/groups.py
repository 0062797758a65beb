"""What the directory's groups give: roles of the screens and in departments."""

from __future__ import annotations

import logging
from typing import Any

from flask import flash, redirect, request
from flask_appbuilder import expose
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from redis.exceptions import RedisError

from app.errors import Invalid
from app.events import unit_of_work
from app.extensions import queue
from app.services.directory_source import find_source
from app.services.group_roles import (
    PLACE,
    SCREENS,
    add_group_role,
    departments,
    list_group_roles,
    remove_group_role,
    screen_roles,
    set_creates_accounts,
)
from app.services.roles import role_labels
from models import GroupRole
from views.base import Screen, current_actor, session

log = logging.getLogger(__name__)
PAGE = "/access/groups/"
APPLY = "jobs.group_roles.apply_groups_now"


class GroupRolesView(Screen):
    """``/access/groups/``: one line a group and what it gives. For administrators."""

    route_base = "/access/groups"
    default_view = "show"
    class_permission_name = "Access"
    menu = ("Groups of the directory", lazy_gettext("Groups of the directory"), "fa-group")

    @expose("/")
    def show(self) -> Any:
        """The lines and the form of a new one."""
        return self._draw({})

    @expose("/add", methods=["POST"])
    def add(self) -> Any:
        """A new line; a mistake answers 422 with what was typed."""
        form = request.form
        try:
            with unit_of_work(session()):
                line = add_group_role(
                    session(), group=form.get("group", ""), gives=form.get("gives", ""), actor=current_actor()
                )
                name = line.group_name
        except Invalid as error:
            return self._draw(error.fields or {"group": error.message}), 422
        return _done(_("“%(name)s” gives that from now on.", name=name))

    @expose("/<int:line_id>/remove", methods=["POST"])
    def remove(self, line_id: int) -> Any:
        """A line less: its members lose what they had from it alone."""
        with unit_of_work(session()):
            remove_group_role(session(), line_id, actor=current_actor())
        return _done(_("The line is removed."))

    @expose("/accounts", methods=["POST"])
    def accounts(self) -> Any:
        """Whether members of these groups get an account when they first sign in."""
        with unit_of_work(session()):
            set_creates_accounts(
                session(), request.form.get("creates_accounts") == "1", actor=current_actor()
            )
        flash(_("Saved."), "success")
        return redirect(PAGE, 303)

    def _draw(self, wrong: dict[str, str]) -> Any:
        lines = list_group_roles(session(), actor=current_actor())
        source = find_source(session())
        return self.page(
            "access/groups.html",
            lines=[(line, gift_of(line)) for line in lines],
            options=_options(),
            wrong=wrong,
            typed=request.form,
            has_directory=source.id is not None,
            creates_accounts=bool(source.creates_accounts),
        )


def gift_of(line: GroupRole) -> str:
    """What a line gives, in words."""
    if line.screen_role is not None:
        return str(_("Screens: %(name)s", name=line.screen_role.name))
    role = role_labels(session()).get(line.role or "", line.role)
    return f"{line.department}: {role}"


def _options() -> list[tuple[str, list[tuple[str, str]]]]:
    """The choice of a new line, in groups."""
    screens = [(f"{SCREENS} {role.id}", str(role.name)) for role in screen_roles(session())]
    roles = role_labels(session())
    places = [
        (f"{PLACE} {department.id} {role}", f"{department.name}: {word}")
        for department in departments(session())
        for role, word in roles.items()
    ]
    return [(_("Roles of the screens"), screens), (_("In departments"), places)]


def _done(message: str) -> Any:
    """Tell, and bring everybody in line at once; without Redis the night does it."""
    try:
        queue("low").enqueue(APPLY, result_ttl=0, failure_ttl=3600)
    except (RedisError, OSError) as error:
        log.warning("no Redis, the groups are applied by night: %s", error)
    flash(message, "success")
    return redirect(PAGE, 303)
