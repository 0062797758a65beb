"""People × departments: the matrix, what a change of it would do, and the change."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from flask import make_response, request
from flask_appbuilder import expose
from flask_babel import gettext as _
from flask_babel import lazy_gettext, ngettext

from app.errors import Conflict, Invalid, NotFound
from app.events import unit_of_work
from app.notify.presence import online
from app.services.access import (
    Cell,
    Change,
    PersonRow,
    all_departments,
    apply_changes,
    holds_now,
    read_people,
)
from app.services.access_preview import preview_changes
from app.services.roles import ensure_administrator, list_roles, role_label
from models import Department, Role
from views.access.cells import dates_words, effect_words, first_day, last_day, pack, read_changes
from views.access.frame import AccessScreen, done, icon_of_role, make_felt
from views.base import current_actor, session
from views.client_parts import is_part
from views.ticket_query import number_in

PEOPLE_ON_A_PAGE = 50
SHOWN = ("all", "coordinators", "dated", "nowhere")


class MatrixView(AccessScreen):
    """``/access/``: for administrators."""

    route_base = "/access"
    default_view = "matrix"
    menu = ("Access", lazy_gettext("Who may what"), "fa-grid-3x3-gap")
    tab = "matrix"

    @expose("/")
    def matrix(self) -> str:
        """A page of the people with their roles, narrowed down by ``q`` and ``show``."""
        ensure_administrator(current_actor())
        query = request.args.get("q", "").strip()[:100]
        show = request.args.get("show", "all")
        everyone = read_people(session())
        groups = {name: [person for person in everyone if _is_shown(person, name)] for name in SHOWN}
        found = [person for person in groups.get(show, everyone) if _is_called(person, query)]
        page = max(1, number_in(request.args.get("page")) or 1)
        shown = found[(page - 1) * PEOPLE_ON_A_PAGE : page * PEOPLE_ON_A_PAGE]
        departments = all_departments(session())
        return self.frame(
            "access/matrix.html",
            people=shown,
            online=online(person.id for person in shown),
            departments=departments,
            members={one.id: sum(one.id in person.cells for person in everyone) for one in departments},
            roles=_role_choices(),
            counts={name: len(some) for name, some in groups.items()},
            show=show,
            query=query,
            page=page,
            has_next=len(found) > page * PEOPLE_ON_A_PAGE,
            link=lambda **more: "/access/?" + urlencode({"q": query, "show": show, **more}),
            **CELL_HELP,
        )

    @expose("/cell/<int:user_id>/<int:department_id>")
    def cell(self, user_id: int, department_id: int) -> str:
        """One cell with its dates, for whoever has no scripts."""
        ensure_administrator(current_actor())
        person = next((one for one in read_people(session()) if one.id == user_id), None)
        department = session().get(Department, department_id)
        if person is None or department is None:
            raise NotFound(_("This person or department is not there any more."))
        cell = person.cells.get(department_id, Cell())
        return self.frame(
            "access/cell.html",
            person=person,
            department=department,
            cell=cell,
            roles=_role_choices(),
            **CELL_HELP,
        )

    @expose("/preview", methods=["POST"])
    def preview(self) -> Any:
        """What the changes that were sent would do: a bar for the script, a page without it."""
        ensure_administrator(current_actor())
        error: Conflict | Invalid | None = None
        changes: Sequence[Change] = []
        effects = []
        try:
            changes = read_changes(request.form)
            effects = preview_changes(session(), changes, actor=current_actor())
        except (Conflict, Invalid) as refused:
            error = refused
        return self._bar(changes, effects, error)

    def _bar(self, changes: Sequence[Change], effects: Sequence[Any], error: Any = None) -> Any:
        context: dict[str, Any] = {
            "changes": changes,
            "effects": [(effect.full_name, effect_words(effect)) for effect in effects],
            "error": error,
            "back": request.form.get("back", "")[:300],
            **CELL_HELP,
        }
        status = error.status if error else 200
        if is_part():
            return make_response(self.render_template("access/bar.html", **context), status)
        return make_response(self.frame("access/preview.html", **context), status)

    @expose("/save", methods=["POST"])
    def save(self) -> Any:
        """Make the changes; they act at once. A refusal keeps what was chosen."""
        ensure_administrator(current_actor())
        changes: Sequence[Change] = []
        try:
            changes = read_changes(request.form)
            with unit_of_work(session()):
                felt = apply_changes(session(), changes, actor=current_actor())
        except (Conflict, Invalid) as error:
            session().rollback()
            return self._bar(changes, [], error)
        make_felt(felt)
        number = len(changes)
        message = ngettext(
            "%(num)s change saved. It acts already.", "%(num)s changes saved. They act already.", number
        )
        return done(
            message, "/access/?" + request.form.get("back", "")[:300].replace("\n", "").replace("\r", "")
        )


def _role_choices() -> list[dict[str, Any]]:
    """The roles as a cell offers them; the first nine have a digit."""
    return [
        {"key": role.key, "label": role_label(role), "icon": icon_of_role(role)}
        for role in list_roles(session())
    ]


def _is_shown(person: PersonRow, group: str) -> bool:
    cells = person.cells.values()
    match group:
        case "coordinators":
            return any(cell.role == Role.COORDINATOR and holds_now(cell) for cell in cells)
        case "dated":
            return any(cell.is_dated for cell in cells)
        case "nowhere":
            return not any(holds_now(cell) for cell in cells)
    return True


def _is_called(person: PersonRow, query: str) -> bool:
    text = f"{person.full_name} {person.username}".casefold()
    return all(word in text for word in query.casefold().split())


# what the templates draw cells with
CELL_HELP: dict[str, Any] = {
    "pack": pack,
    "first_day": first_day,
    "last_day": last_day,
    "dates_words": dates_words,
    "holds_now": holds_now,
    "nothing": Cell(),
}
