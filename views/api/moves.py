"""One POST per move of a ticket: the API's buttons, made of the same table as those of the pages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Response
from flask_appbuilder import expose
from flask_appbuilder.security.decorators import permission_name, protect
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from app.events import unit_of_work
from app.policy import Verb, access_ticket
from app.services.boxes import ROW_OPTIONS
from app.services.comments import add_comment
from app.services.tickets import move_ticket, transfer_ticket
from models import Comment, Ticket
from views.api.base import HelpdeskApi
from views.api.fields import read_body, request_key
from views.api.present import comment_row, whole_ticket
from views.base import current_actor, session

_PATH = """
---
post:
  description: %s
  parameters:
  - in: path
    name: pk
    description: The ticket's number
    schema: {type: integer}
  requestBody:
    required: %s
    content:
      application/json:
        schema:
          type: object
          properties:
            version: {type: integer, description: the version that the caller was looking at}
%s
  responses:
    200:
      description: The ticket as it is now
      content:
        application/json:
          schema: {type: object}
    400:
      $ref: '#/components/responses/400'
    401:
      $ref: '#/components/responses/401'
    403:
      $ref: '#/components/responses/403'
    404:
      $ref: '#/components/responses/404'
    409:
      description: Someone was faster; current is the version that is there now
    422:
      $ref: '#/components/responses/422'
"""


def _documented(summary: str, *properties: str, required: bool = False) -> Callable[[Any], Any]:
    """Give a method the OpenAPI text that all moves share."""

    def add(method: Any) -> Any:
        lines = "\n".join(" " * 12 + line for line in properties)
        method.__doc__ = summary + _PATH % (summary, str(required).lower(), lines)
        return method

    return add


def _access(pk: int) -> Ticket:
    return access_ticket(session(), pk, actor=current_actor(), options=ROW_OPTIONS)


class TicketMoves(HelpdeskApi):
    """The moves; the table of :mod:`app.workflow` says which are there and whose they are."""

    def _move(self, pk: int, verb: Verb) -> Response:
        ticket = _access(pk)
        body = read_body(required=False)
        version = body.number("version", least=0)
        body.finish()
        with unit_of_work(session()):
            ticket = move_ticket(session(), ticket, verb, actor=current_actor(), version=version)
        return self.answer_one(whole_ticket(ticket, actor=current_actor()))

    @expose("/<int:pk>/take", methods=["POST"])
    @protect()
    @permission_name("write")
    @_documented("I work on it")
    def take(self, pk: int) -> Response:
        return self._move(pk, Verb.TAKE)

    @expose("/<int:pk>/release", methods=["POST"])
    @protect()
    @permission_name("write")
    @_documented("I no longer work on it")
    def release(self, pk: int) -> Response:
        return self._move(pk, Verb.RELEASE)

    @expose("/<int:pk>/complete", methods=["POST"])
    @protect()
    @permission_name("write")
    @_documented("It is done; a free ticket is taken first")
    def complete(self, pk: int) -> Response:
        return self._move(pk, Verb.COMPLETE)

    @expose("/<int:pk>/reopen", methods=["POST"])
    @protect()
    @permission_name("write")
    @_documented("It is not done after all")
    def reopen(self, pk: int) -> Response:
        return self._move(pk, Verb.REOPEN)

    @expose("/<int:pk>/archive", methods=["POST"])
    @protect()
    @permission_name("write")
    @_documented("Put a completed ticket away before its time")
    def archive(self, pk: int) -> Response:
        return self._move(pk, Verb.ARCHIVE)

    @expose("/<int:pk>/restore", methods=["POST"])
    @protect()
    @permission_name("write")
    @_documented("Bring a ticket back from the archive")
    def restore(self, pk: int) -> Response:
        return self._move(pk, Verb.RESTORE)

    @expose("/<int:pk>/transfer", methods=["POST"])
    @protect()
    @permission_name("write")
    @_documented(
        "Send it on to another department or person; reason becomes a comment",
        "department_id: {type: integer}",
        "assignee_id: {type: integer, nullable: true}",
        "reason: {type: string}",
        required=True,
    )
    def transfer(self, pk: int) -> Response:
        ticket = _access(pk)
        body, actor = read_body(), current_actor()
        assignee_id = body.number("assignee_id", empty=True)
        department_id = body.number("department_id", required=assignee_id is None)
        reason = body.text("reason")
        version = body.number("version", least=0)
        body.finish()
        with unit_of_work(session()):
            ticket = transfer_ticket(
                session(),
                ticket,
                actor=actor,
                department_id=department_id,
                assignee_id=assignee_id,
                reason=reason,
                version=version,
            )
        session().refresh(ticket)
        return self.answer_one(whole_ticket(ticket, actor=actor))

    @expose("/<int:pk>/comment", methods=["POST"])
    @protect()
    @permission_name("write")
    @_documented(
        "Write a comment; the same request_key (or Idempotency-Key header) again writes none",
        "body: {type: string}",
        "request_key: {type: string}",
        required=True,
    )
    def comment(self, pk: int) -> Response:
        ticket = _access(pk)
        body, actor = read_body(), current_actor()
        text = body.text("body", required=True)
        key = request_key(body.text("request_key"), ("comment", actor.id, pk))
        body.number("version", least=0)  # taken from all moves alike; a comment overwrites nothing
        body.finish()
        with unit_of_work(session()):
            comment = add_comment(session(), ticket, text, actor=actor, request_key=key)
        shown = session().scalars(
            select(Comment).where(Comment.id == comment.id).options(joinedload(Comment.author))
        )
        row = whole_ticket(ticket, actor=actor)
        return self.answer_one({**row, "comment": comment_row(shown.one())}, status=201)
