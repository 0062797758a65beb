"""``/api/v1/me/``: who the caller is."""

from __future__ import annotations

from dataclasses import asdict

from flask import Response, g
from flask_appbuilder import expose
from flask_appbuilder.security.decorators import permission_name, protect
from sqlalchemy import select

from models import Department
from views.api.base import HelpdeskApi
from views.base import current_actor, current_counters, session


class MeApi(HelpdeskApi):
    """The person behind the token or the session."""

    resource_name = "me"
    openapi_spec_tag = "Me"
    class_permission_name = "MeApi"

    @expose("/", methods=["GET"])
    @protect()
    @permission_name("read")
    def get_me(self) -> Response:
        """Who am I, which departments I stand in, what waits for me.
        ---
        get:
          description: The caller, his roles per department and his counters
          responses:
            200:
              description: The caller
              content:
                application/json:
                  schema:
                    type: object
                    properties:
                      id: {type: integer}
                      result: {type: object}
            401:
              $ref: '#/components/responses/401'
        """
        actor = current_actor()
        query = select(Department).where(Department.id.in_(actor.departments))
        departments = session().scalars(query.order_by(Department.position, Department.name))
        return self.answer_one(
            {
                "id": actor.id,
                "username": g.user.username,
                "full_name": actor.full_name,
                "email": g.user.email,
                "locale": actor.locale,
                "is_administrator": actor.is_administrator,
                "departments": [
                    {
                        "id": department.id,
                        "name": department.name,
                        "role": actor.posts[department.id].role,
                    }
                    for department in departments
                ],
                "counters": asdict(current_counters()),
            }
        )
