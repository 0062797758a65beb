"""``/api/v1/ticket/``: list, read, write down. The moves are in ``views.api.moves``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from flask import Response, request
from flask_appbuilder import expose
from flask_appbuilder.security.decorators import permission_name, protect
from flask_babel import gettext as _

from app.errors import Invalid
from app.events import unit_of_work
from app.policy import access_ticket
from app.services.boxes import ROW_OPTIONS, Box, BoxQuery, Filter, Sort, count_up_to, cursor_of, read_page
from app.services.comments import comments_of
from app.services.tickets import TicketDraft, create_ticket
from models import Priority, Ticket
from views.api.base import COUNTED, Asked, page_by_key, read_asked
from views.api.fields import Fields, read_body, request_key
from views.api.moves import TicketMoves
from views.api.present import TICKET_COLUMNS, comment_row, ticket_row, whole_ticket
from views.base import current_actor, session

PRIORITIES: dict[Any, Priority] = {
    **{p.value: p for p in Priority},
    **{str(p.value): p for p in Priority},
    **{p.name.lower(): p for p in Priority},
}
ID_FILTERS = ("department_id", "topic_id", "client_id", "assignee_id")
FILTERS = {"box": "eq", "state": "eq", "priority": "eq", **dict.fromkeys(ID_FILTERS, "eq")}
ORDERS = ("id", "priority", "updated_at")
EVERYTHING = "all"
_BOXES = {**{box.value: (box,) for box in Box}, EVERYTHING: tuple(Box)}


def _from_address() -> dict[str, Any]:
    """What may also be written plainly: ``?box=inbox&state=free&page_size=50&after=…``."""
    plain: dict[str, Any] = {}
    for name in ("page", "page_size"):
        if typed := request.args.get(name):
            plain[name] = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 10 else typed
    for name in ("cursor", "after"):
        if typed := request.args.get(name):
            plain[name] = typed
    return plain


def _queries(asked: Asked) -> list[BoxQuery]:
    """The boxes that the list is made of."""
    values: dict[str, Any] = {name: request.args[name] for name in FILTERS if name in request.args}
    for name in ID_FILTERS:
        if name in values and values[name].isascii() and values[name].isdigit() and len(values[name]) < 11:
            values[name] = int(values[name])
    typed = Fields({**values, **asked.filters})
    boxes = typed.choice("box", _BOXES, tuple(Box))
    state = typed.choice("state", {f.value: f for f in Filter}, Filter.ALL)
    priority = typed.choice("priority", PRIORITIES, None)
    ids: dict[str, Any] = {name: typed.number(name) for name in ID_FILTERS}
    sort = _sort(asked, typed, boxes)
    typed.finish()
    if state != Filter.ALL and len(boxes) > 1:
        boxes = (Box.INBOX, Box.OUTBOX)  # what is archived is in none of these states
    return [BoxQuery(box=box, filter=state, sort=sort, priority=priority, **ids) for box in boxes]


def _sort(asked: Asked, typed: Fields, boxes: tuple[Box, ...]) -> Sort:
    column, direction = asked.order or ("id", "desc")
    if column == "id":
        return Sort.NEW if direction == "desc" else Sort.OLD
    if direction != "desc" or boxes not in ((Box.INBOX,), (Box.OUTBOX,)):
        typed.wrong["order_column"] = _("This order is there for the inbox or the outbox alone, descending.")
    return Sort.PRIORITY if column == "priority" else Sort.ACTIVITY


def _read(queries: list[BoxQuery], after: str, limit: int) -> tuple[Sequence[Ticket], str]:
    """The next ``limit`` tickets of the boxes together, each once, and the cursor after them."""
    actor = current_actor()
    found: dict[int, Ticket] = {}
    more = False
    for query in queries:
        page = read_page(session(), replace(query, after=after, limit=limit), actor=actor)
        found |= {ticket.id: ticket for ticket in page.tickets}
        more = more or bool(page.after)
    rows = list(found.values())
    if len(queries) > 1:
        rows.sort(key=lambda ticket: ticket.id, reverse=queries[0].sort != Sort.OLD)
    shown = rows[:limit]
    more = more or len(rows) > limit
    return shown, cursor_of(shown[-1], queries[0]) if shown and more else ""


class TicketApi(TicketMoves):
    """Tickets by the rules of sight: what is hidden answers like what does not exist."""

    resource_name = "ticket"
    openapi_spec_tag = "Ticket"
    class_permission_name = "TicketApi"
    list_columns = TICKET_COLUMNS

    @expose("/", methods=["GET"])
    @protect()
    @permission_name("read")
    def get_list(self) -> Response:
        """Tickets that the caller sees.
        ---
        get:
          description: >-
            Tickets that the caller sees, newest first. Filters (opr eq): box (inbox, outbox, archive, all),
            state (all, free, mine, others, done), priority, department_id, topic_id, client_id,
            assignee_id; they may also stand in the address. The count is exact up to 1000
            (count_is_exact); cursor goes on to the next rows
          parameters:
          - in: query
            name: q
            description: Rison with page, page_size, columns, filters, order_column, order_direction, cursor
            schema: {type: string}
          - in: query
            name: box
            schema: {type: string, enum: [inbox, outbox, archive, all]}
          - in: query
            name: state
            schema: {type: string, enum: [all, free, mine, others, done]}
          - in: query
            name: after
            schema: {type: string}
          responses:
            200:
              description: A page of tickets
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
        asked = read_asked(self.list_columns, filters=FILTERS, orders=ORDERS, plain=_from_address())
        queries = _queries(asked)
        actor = current_actor()
        tickets, cursor = page_by_key(lambda after, limit: _read(queries, after, limit), asked)
        whole = not (asked.page or asked.cursor or cursor)
        count = len(tickets) if whole else count_up_to(session(), queries, actor=actor, most=COUNTED)
        rows = [ticket_row(ticket, actor=actor) for ticket in tickets]
        return self.answer_list(rows, asked, count=count, cursor=cursor)

    @expose("/<int:pk>", methods=["GET"])
    @protect()
    @permission_name("read")
    def get(self, pk: int) -> Response:
        """One ticket with its text and comments.
        ---
        get:
          description: A ticket, its comments, and the moves that the caller may make now
          parameters:
          - in: path
            name: pk
            description: The ticket's number
            schema: {type: integer}
          responses:
            200:
              description: The ticket
              content:
                application/json:
                  schema: {type: object}
            401:
              $ref: '#/components/responses/401'
            404:
              $ref: '#/components/responses/404'
        """
        actor = current_actor()
        ticket = access_ticket(session(), pk, actor=actor, options=ROW_OPTIONS)
        comments = [comment_row(comment) for comment in comments_of(session(), ticket)]
        return self.answer_one({**whole_ticket(ticket, actor=actor), "comments": comments})

    @expose("/", methods=["POST"])
    @protect()
    @permission_name("write")
    def post(self) -> Response:
        """Write a ticket down.
        ---
        post:
          description: >-
            A new ticket. The same request_key (or Idempotency-Key header) again answers with the same ticket
          parameters:
          - in: header
            name: Idempotency-Key
            schema: {type: string}
          requestBody:
            required: true
            content:
              application/json:
                schema:
                  type: object
                  required: [client_id]
                  properties:
                    client_id: {type: integer}
                    department_id: {type: integer, description: left out = the only one of the assignee}
                    assignee_id: {type: integer, nullable: true}
                    subject: {type: string, description: "the first line of body when left out"}
                    body: {type: string}
                    priority: {type: string, enum: [low, normal, high], description: "or 0, 1, 2"}
                    topic_id: {type: integer, nullable: true}
                    topic_text: {type: string}
                    request_key: {type: string}
          responses:
            201:
              description: The ticket
              content:
                application/json:
                  schema: {type: object}
            400:
              $ref: '#/components/responses/400'
            401:
              $ref: '#/components/responses/401'
            403:
              $ref: '#/components/responses/403'
            422:
              $ref: '#/components/responses/422'
        """
        actor, body = current_actor(), read_body()
        assignee_id = body.number("assignee_id", empty=True)
        draft = TicketDraft(
            client_id=body.number("client_id", required=True),
            department_id=body.number("department_id", required=assignee_id is None),
            assignee_id=assignee_id,
            subject=body.text("subject"),
            body=body.text("body"),
            priority=body.choice("priority", PRIORITIES, Priority.NORMAL),
            topic_id=body.number("topic_id", empty=True),
            topic_text=body.text("topic_text"),
            request_key=request_key(body.text("request_key"), ("ticket", actor.id)),
        )
        body.finish()
        if not (draft.subject.strip() or draft.body.strip()):
            raise Invalid(fields={"subject": _("Write in a few words what has happened.")})
        with unit_of_work(session()):
            ticket = create_ticket(session(), draft, actor=actor)
        return self.answer_one(whole_ticket(ticket, actor=actor), status=201)
