"""``/api/v1/client/``: the people who call."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Response, jsonify, request
from flask_appbuilder import expose
from flask_appbuilder.security.decorators import permission_name, protect
from flask_babel import gettext as _

from app.errors import Invalid, NotFound
from app.search import find_clients
from app.services.cards import client_card
from app.services.clients import list_clients
from app.text import is_storable
from models import Client
from views.api.base import COUNTED, Asked, HelpdeskApi, page_by_key, read_asked
from views.api.fields import LARGEST_ID
from views.api.present import CLIENT_COLUMNS, client_row, ticket_row
from views.base import current_actor, session


def _read_cursor(text: str) -> tuple[str, int] | None:
    """``12.Ткаченко`` → the last row of the page before; anything else is the first page."""
    number, dot, name = text.partition(".")
    fits = number.isascii() and number.isdigit() and len(number) < 11
    return (name, int(number)) if dot and fits and int(number) <= LARGEST_ID else None


def _read(q: str, cursor: str, limit: int) -> tuple[Sequence[Client], str]:
    rows, last = list_clients(session(), q, after=_read_cursor(cursor), limit=limit)
    return rows, f"{last[1]}.{last[0]}" if last else ""


def _count(q: str, asked: Asked, shown: int, cursor: str) -> int:
    """How many there are, looked at up to :data:`COUNTED`."""
    if not asked.page and not asked.cursor and not cursor:
        return shown
    rows, more = list_clients(session(), q, limit=COUNTED)
    return len(rows) + (1 if more else 0)


class ClientApi(HelpdeskApi):
    """Every staff member sees every client; of the tickets only those that the caller may see."""

    resource_name = "client"
    openapi_spec_tag = "Client"
    class_permission_name = "ClientApi"
    list_columns = CLIENT_COLUMNS

    @expose("/", methods=["GET"])
    @protect()
    @permission_name("read")
    def get_list(self) -> Response:
        """Clients by name.
        ---
        get:
          description: >-
            Clients in the order of their names. Filter by full_name with opr ct: any words of the name
            in any spelling. The count is exact up to 1000 (count_is_exact)
          parameters:
          - in: query
            name: q
            description: Rison with page, page_size, columns, filters, order_column, order_direction, cursor
            schema: {type: string}
          responses:
            200:
              description: A page of clients
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
        asked = read_asked(self.list_columns, filters={"full_name": "ct"}, orders=("full_name",))
        if asked.order == ("full_name", "desc"):
            raise Invalid(fields={"order_direction": _("Send one of: %(choices)s.", choices="asc")})
        q = str(asked.filters.get("full_name") or "")[:100]
        if not is_storable(q):
            raise Invalid(fields={"filters": _("The text has characters that cannot be stored.")})
        rows, cursor = page_by_key(lambda after, limit: _read(q, after, limit), asked)
        count = _count(q, asked, len(rows), cursor)
        return self.answer_list([client_row(row) for row in rows], asked, count=count, cursor=cursor)

    @expose("/lookup", methods=["GET"])
    @protect()
    @permission_name("read")
    def lookup(self) -> Response:
        """Find people the way the telephone form does.
        ---
        get:
          description: >-
            The ten people who fit best: parts of the name in any order, spelling or keyboard layout,
            digits of a telephone, login. From two characters
          parameters:
          - in: query
            name: q
            description: What was typed, as it is (not rison)
            schema: {type: string}
          responses:
            200:
              description: Who fits, the best first
              content:
                application/json:
                  schema: {type: object}
            401:
              $ref: '#/components/responses/401'
        """
        q = request.args.get("q", "")[:100]
        hits = find_clients(session(), q) if is_storable(q) else []
        rows = [
            {**client_row(hit.client), "phone": hit.phone, "exactness": hit.exactness.name.lower()}
            for hit in hits
        ]
        return jsonify({"count": len(rows), "ids": [row["id"] for row in rows], "result": rows})

    @expose("/<int:pk>", methods=["GET"])
    @protect()
    @permission_name("read")
    def get(self, pk: int) -> Response:
        """One client's card.
        ---
        get:
          description: >-
            A client with the true totals, and the open and the latest of his tickets that the caller sees
          parameters:
          - in: path
            name: pk
            schema: {type: integer}
          responses:
            200:
              description: The client
              content:
                application/json:
                  schema: {type: object}
            401:
              $ref: '#/components/responses/401'
            404:
              $ref: '#/components/responses/404'
        """
        if pk > LARGEST_ID:
            raise NotFound(_("There is no such client."))
        actor = current_actor()
        card = client_card(session(), pk, actor=actor)
        row = client_row(card.client)
        row["note"] = card.client.note
        row["may_edit"] = card.may_edit
        row["open_tickets"] = [ticket_row(ticket, actor=actor) for ticket in card.open_tickets]
        row["latest_tickets"] = [ticket_row(ticket, actor=actor) for ticket in card.latest]
        return self.answer_one(row)
