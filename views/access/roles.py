"""Roles × actions: what each role may do and how far it sees, in every department or in one."""

from __future__ import annotations

from typing import Any

from flask import make_response, request
from flask_appbuilder import expose
from flask_babel import gettext as _
from sqlalchemy import select

from app.errors import Conflict, HelpdeskError, Invalid, NotFound
from app.events import unit_of_work
from app.grid import stamp_now
from app.services.access import all_departments
from app.services.role_preview import Forecast, foretell
from app.services.roles import (
    DepartmentValues,
    RoleValues,
    access_role,
    add_role,
    delete_role,
    department_values,
    edit_exceptions,
    edit_role,
    ensure_administrator,
    ensure_seen,
    held_counts,
    list_roles,
    role_label,
)
from models import Department, Sight, Verb, WorkRole
from views.access.frame import SIGHT_WORDS, VERB_WORDS, AccessScreen, done, icon_of_role, make_felt
from views.access.role_words import forecast_words
from views.base import current_actor, session
from views.client_parts import is_part
from views.ticket_query import number_in


class RolesView(AccessScreen):
    """``/access/roles``: for administrators."""

    route_base = "/access/roles"
    default_view = "roles"
    tab = "roles"

    @expose("/")
    def roles(self) -> Any:
        """The grid; ``department`` shows the exceptions of one department."""
        ensure_administrator(current_actor())
        return self._draw(_asked_department(request.args.get("department")))

    @expose("/", methods=["POST"])
    def save(self) -> Any:
        """Save the whole grid, or the exceptions of one department. It acts at once."""
        ensure_administrator(current_actor())
        department = _asked_department(request.form.get("department"))
        try:
            with unit_of_work(session()):
                felt = _save_all(department)
        except (Conflict, Invalid) as error:
            return self._refused(error, department)
        make_felt(felt)
        return done(_("The roles are saved. They act already."), _address(department))

    @expose("/preview", methods=["POST"])
    def preview(self) -> Any:
        """What saving would do: a bar for the script, a page without it. Nothing is written."""
        ensure_administrator(current_actor())
        department = _asked_department(request.form.get("department"))
        forecast, error = Forecast(), None
        try:
            forecast = foretell(session(), lambda: _save_all(department))
        except (Conflict, Invalid) as refused:
            error = refused
        context: dict[str, Any] = {
            "changes": forecast.roles,
            "lines": forecast_words(forecast, {one.id: one.name for one in all_departments(session())}),
            "others": forecast.others,
            "error": error,
            "sent": [(name, value) for name, value in request.form.items(multi=True) if name != "csrf_token"],
        }
        status = error.status if error else 200
        if is_part():
            return make_response(self.render_template("access/role_bar.html", **context), status)
        return make_response(self.frame("access/role_preview.html", **context), status)

    @expose("/again", methods=["POST"])
    def again(self) -> Any:
        """The grid as it was sent and is not saved yet, to go on with, for whoever has no scripts."""
        ensure_administrator(current_actor())
        department = _asked_department(request.form.get("department"))
        attempt = session().begin_nested()
        try:
            _save_all(department)
            return self._draw(department, stamp=request.form.get("stamp", ""))
        except (Conflict, Invalid) as error:
            return make_response(self._draw(department, error.message), error.status)
        finally:
            attempt.rollback()

    @expose("/new", methods=["POST"])
    def add(self) -> Any:
        """A new role that may nothing yet, or what another one may."""
        ensure_administrator(current_actor())
        model = number_in(request.form.get("like"))
        try:
            with unit_of_work(session()):
                like = access_role(session(), model) if model else None
                values = RoleValues(
                    name=request.form.get("name", ""),
                    sight=like.sight if like else Sight.OWN,
                    is_chief=bool(like and like.is_chief),
                    verbs=frozenset(row.verb for row in like.verbs) if like else frozenset(),
                )
                role = add_role(session(), values, actor=current_actor())
                name = role_label(role)
        except Invalid as error:
            return self._refused(error, None)
        return done(_("The role “%(name)s” is there. Say below what it may.", name=name), "/access/roles/")

    @expose("/<int:role_id>/delete", methods=["POST"])
    def delete(self, role_id: int) -> Any:
        """Delete a role that nobody holds."""
        ensure_administrator(current_actor())
        try:
            with unit_of_work(session()):
                delete_role(session(), role_id, actor=current_actor())
        except Invalid as error:
            return self._refused(error, None)
        return done(_("The role is deleted."), "/access/roles/")

    def _refused(self, error: HelpdeskError, department: Department | None) -> Any:
        message, status = error.message, error.status
        session().rollback()
        return make_response(self._draw(department, message), status)

    def _draw(self, department: Department | None, problem: str = "", stamp: str | None = None) -> str:
        roles = list_roles(session())
        held = held_counts(session(), department.id if department else None)
        exceptions = {
            role.id: department_values(session(), role, department.id) if department else DepartmentValues()
            for role in roles
        }
        return self.frame(
            "access/roles.html",
            roles=roles,
            may={role.id: {row.verb for row in role.verbs} for role in roles},
            exceptions=exceptions,
            held={role.id: held.get(role.key, 0) for role in roles},
            departments=all_departments(session()),
            department=department,
            stamp=stamp or session().scalar(select(stamp_now())),
            verbs=VERB_WORDS,
            sights=SIGHT_WORDS,
            label=role_label,
            icon=icon_of_role,
            problem=problem,
        )


def _asked_department(text: str | None) -> Department | None:
    """The department of the address; None for every one. Raises NotFound."""
    number = number_in(text)
    if number is None:
        return None
    department = session().get(Department, number)
    if department is None:
        raise NotFound(_("There is no such department."))
    return department


def _address(department: Department | None) -> str:
    return f"/access/roles/?department={department.id}" if department else "/access/roles/"


def _save_all(department: Department | None) -> set[int]:
    """Write the grid as it was sent; ids of those whose rights changed. Raises Conflict or Invalid."""
    felt: set[int] = set()
    ensure_seen(session(), request.form.get("stamp", ""))
    for role in list_roles(session()):
        if f"sight.{role.id}" in request.form:
            felt |= _save_role(role, department)
    return felt


def _save_role(role: WorkRole, department: Department | None) -> set[int]:
    sent = request.form
    sight = sent.get(f"sight.{role.id}", "")
    if department is None:
        values = RoleValues(
            name=sent.get(f"name.{role.id}", role.name),
            sight=sight,
            is_chief=sent.get(f"chief.{role.id}") == "1",
            verbs=frozenset(sent.getlist(f"verb.{role.id}")),
        )
        return edit_role(session(), role.id, values, actor=current_actor())
    said = {verb: sent.get(f"e.{role.id}.{verb}", "") for verb in Verb}
    exceptions = {str(verb): word == "1" for verb, word in said.items() if word in ("0", "1")}
    return edit_exceptions(
        session(), role.id, department.id, DepartmentValues(sight, exceptions), actor=current_actor()
    )
