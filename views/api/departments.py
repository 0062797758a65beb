"""``/api/v1/department/``: where a ticket can be sent."""

from __future__ import annotations

from flask import Response
from flask_appbuilder import expose
from flask_appbuilder.security.decorators import permission_name, protect
from flask_babel import gettext as _

from app.errors import NotFound
from app.services.placement import addressees, open_departments
from views.api.base import HelpdeskApi, page_by_key, read_asked
from views.api.present import DEPARTMENT_COLUMNS, department_row
from views.base import session


class DepartmentApi(HelpdeskApi):
    """Departments that take tickets, and the people in them."""

    resource_name = "department"
    openapi_spec_tag = "Department"
    class_permission_name = "DepartmentApi"
    list_columns = DEPARTMENT_COLUMNS

    @expose("/", methods=["GET"])
    @protect()
    @permission_name("read")
    def get_list(self) -> Response:
        """Departments in their order.
        ---
        get:
          description: Departments that take tickets. Filter by name with opr ct
          parameters:
          - in: query
            name: q
            description: Rison with page, page_size, columns, filters, cursor
            schema: {type: string}
          responses:
            200:
              description: A page of departments
              content:
                application/json:
                  schema: {type: object}
            400:
              $ref: '#/components/responses/400'
            401:
              $ref: '#/components/responses/401'
            422:
              $ref: '#/components/responses/422'
        """
        asked = read_asked(self.list_columns, filters={"name": "ct"})
        name = str(asked.filters.get("name") or "").lower()
        rows = [department_row(d) for d in open_departments(session()) if name in d.name.lower()]

        def read(cursor: str, limit: int) -> tuple[list[dict[str, object]], str]:
            start = int(cursor) if cursor.isascii() and cursor.isdigit() and len(cursor) < 10 else 0
            end = start + limit
            return rows[start:end], str(end) if end < len(rows) else ""

        page, cursor = page_by_key(read, asked)
        return self.answer_list(page, asked, count=len(rows), cursor=cursor)

    @expose("/<int:pk>", methods=["GET"])
    @protect()
    @permission_name("read")
    def get(self, pk: int) -> Response:
        """One department with its people.
        ---
        get:
          description: A department and the people in it who can be sent a ticket
          parameters:
          - in: path
            name: pk
            schema: {type: integer}
          responses:
            200:
              description: The department
              content:
                application/json:
                  schema: {type: object}
            401:
              $ref: '#/components/responses/401'
            404:
              $ref: '#/components/responses/404'
        """
        department = next((d for d in open_departments(session()) if d.id == pk), None)
        if department is None:
            raise NotFound(_("There is no such department."))
        people = [
            {"id": p.id, "full_name": p.full_name, "role": p.role, "in_work": p.in_work}
            for p in addressees(session())
            if p.department_id == pk
        ]
        return self.answer_one({**department_row(department), "people": people})
