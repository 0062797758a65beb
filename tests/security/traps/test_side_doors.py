"""FAB's side doors, tried on every screen and every resource that FAB makes of a table (M1–M4, M22)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_appbuilder.api import ModelRestApi
from flask_appbuilder.baseviews import BaseCRUDView
from flask_appbuilder.models.sqla.filters import FilterEqual
from flask_appbuilder.security.sqla.models import Group
from sqlalchemy import func, inspect, select
from sqlalchemy.orm import Session

from app.extensions import appbuilder
from models import Staff
from tests.support.factories import (
    make_client,
    make_department,
    make_ticket,
    make_topic,
    make_unit,
    make_user,
)
from tests.support.signing import sign_in

LARGEST = 100
# columns of other tables and of none, reached over a relation
DOTTED = ("created_by.password", "users.password", "user.password", "tickets.subject", "department.name")
pytestmark = [
    # FAB 5.3.0's select fields yield tuples, which WTForms 4 will refuse
    pytest.mark.filterwarnings("ignore:Yielding raw tuples:DeprecationWarning"),
]


@pytest.fixture
def administrator(client: FlaskClient, session: Session) -> Staff:
    """Who may open everything, with a row in every table."""
    person = make_user(session, administrator=True)
    make_user(session, employee_of=[make_department(session)])
    make_topic(session)
    session.add(Group(name="Everybody"))
    make_client(session, unit_id=make_unit(session).id)
    sign_in(client, person)
    return person


def screens() -> Iterator[Any]:
    """Every screen that FAB makes of a table."""
    found = [view for view in appbuilder().baseviews if isinstance(view, BaseCRUDView)]
    assert len(found) >= 11
    yield from found


def resources() -> Iterator[Any]:
    """Every resource of the API that FAB makes of a table."""
    found = [view for view in appbuilder().baseviews if isinstance(view, ModelRestApi)]
    assert len(found) >= 6
    yield from found


def attributes(view: Any) -> set[str]:
    """Everything that the table's model has."""
    return set(inspect(view.datamodel.obj).attrs.keys())


def some_id(session: Session, view: Any) -> int:
    """A row that is there."""
    number: int | None = session.scalar(select(func.min(view.datamodel.obj.id)))
    assert number is not None, view
    return number


def close(view: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the screen's own filters hide every row."""
    hidden = view.datamodel.get_filters().add_filter("id", FilterEqual, -1)
    monkeypatch.setattr(view, "_base_filters", hidden)


def test_m01_no_screen_acts_on_rows_that_its_list_does_not_show(
    client: FlaskClient, session: Session, administrator: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = 0
    for view in screens():
        number = some_id(session, view)
        close(view, monkeypatch)
        for name in [*view.actions, "muldelete"]:
            one, many = f"{view.route_base}/action/{name}/{number}", f"{view.route_base}/action_post"
            assert client.post(one).status_code == 404, one
            assert client.post(many, data={"action": name, "rowid": [number]}).status_code == 404, many
            assert client.get(one).status_code in {404, 405}, one
            tried += name in view.actions
    assert tried >= 5


def test_m02_no_screen_serves_the_folder_of_uploads(app: Flask) -> None:
    names = {view.endpoint for view in screens()}
    rules = list(app.url_map.iter_rules())
    assert {rule.endpoint.partition(".")[0] for rule in rules} > names
    assert not [rule for rule in rules if rule.endpoint in {f"{name}.download" for name in names}]


def test_m03_the_filters_of_a_screen_hold_for_every_way_to_a_row(
    client: FlaskClient, session: Session, administrator: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    for view in screens():
        number = some_id(session, view)
        shown = client.get(f"{view.route_base}/list/").text
        close(view, monkeypatch)
        hidden = client.get(f"{view.route_base}/list/")
        assert hidden.status_code == 200
        assert rows_of(view, shown), view
        assert not rows_of(view, hidden.text), view
        for verb in ("show", "edit", "delete"):
            answer = client.open(
                f"{view.route_base}/{verb}/{number}", method="POST" if verb == "delete" else "GET"
            )
            assert answer.status_code in {302, 403, 404}, (view, verb)
            assert session.get(view.datamodel.obj, number) is not None, (view, verb)


def test_m03_the_filters_of_a_resource_hold_for_every_way_to_a_row(
    client: FlaskClient, session: Session, administrator: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    for api in resources():
        number, path = some_id(session, api), api.route_base
        assert client.get(f"{path}/{number}").status_code == 200, path
        close(api, monkeypatch)
        listed: Any = client.get(f"{path}/")
        assert (listed.status_code, listed.json["count"], listed.json["result"]) == (200, 0, []), path
        for method in ("GET", "PUT", "DELETE"):
            body = {"first_name": "x"} if path.endswith("/users") else {"name": "x"}
            answer = client.open(f"{path}/{number}", method=method, json=body if method == "PUT" else None)
            assert answer.status_code in {404, 405}, (method, path, answer.status_code)
            assert session.get(api.datamodel.obj, number) is not None, (method, path)


def rows_of(view: Any, page: str) -> set[str]:
    """The rows that a list shows."""
    return set(re.findall(rf'id="row-{type(view).__name__}-(\d+)"', page))


def test_m04_no_list_is_filtered_or_ordered_by_a_column_that_is_not_offered(
    client: FlaskClient, session: Session, administrator: Staff
) -> None:
    for view in screens():
        path = f"{view.route_base}/list/"
        everything = rows_of(view, client.get(path).text)
        assert everything, view
        for name in {*attributes(view), *DOTTED} - set(view.search_columns):
            asked = {f"_flt_0_{name}": "zzz", f"x_flt_4_{name}": "zzz"}
            answer = client.get(path, query_string=asked)
            assert answer.status_code == 404 or rows_of(view, answer.text) == everything, (path, name)
        for name in {*attributes(view), *DOTTED} - set(view.order_columns):
            for key in (f"_oc_{view.endpoint}", f"x_oc_{view.endpoint}"):
                order = {key: name, f"_od_{view.endpoint}": "asc"}
                assert client.get(path, query_string=order).status_code == 404, (path, key, name)


def test_m04_no_resource_is_filtered_ordered_or_widened_by_a_column_that_is_not_offered(
    client: FlaskClient, session: Session, administrator: Staff
) -> None:
    for api in resources():
        path = f"{api.route_base}/"
        for name in {*attributes(api), *DOTTED} - set(api.search_columns):
            answer = client.get(path, query_string={"q": f"(filters:!((col:'{name}',opr:sw,value:a)))"})
            assert answer.status_code == 400, (path, name)
        for name in {*attributes(api), *DOTTED} - set(api.order_columns):
            asked = f"(order_column:'{name}',order_direction:asc)"
            assert client.get(path, query_string={"q": asked}).status_code == 400, (path, name)
        usual: Any = client.get(path).json
        shown = [set(row) for row in usual["result"]]
        for name in {*attributes(api), *DOTTED} - set(api.list_columns):
            wide: Any = client.get(path, query_string={"q": f"(columns:!('{name}'))"}).json
            assert all(set(row) <= known for row, known in zip(wide["result"], shown, strict=True)), (
                path,
                name,
            )
            assert not {"password", "users.password"} & {key for row in wide["result"] for key in row}


def test_m04_what_may_be_searched_and_shown_tells_no_secret(app: Flask) -> None:
    secret = re.compile(r"password|secret|token|hash|epoch|guid|search|ticket|comment|journal")
    for view in (*screens(), *resources()):
        for name in ("search_columns", "list_columns", "show_columns", "order_columns"):
            told = [column for column in getattr(view, name) if secret.search(column)]
            assert told in ([], ["tickets_count"]), (view, name, told)
    for view in screens():
        assert not [name for name in view.search_columns if "." in name], view


def test_m22_no_list_of_a_screen_is_longer_than_a_page(client: FlaskClient, administrator: Staff) -> None:
    for view in screens():
        path = f"{view.route_base}/list/"
        assert client.get(path, query_string={f"psize_{view.endpoint}": LARGEST}).status_code == 200, path
        for size in (LARGEST + 1, 1_000_000, 0, -1, "a"):
            for key in (f"psize_{view.endpoint}", f"xpsize_{view.endpoint}"):
                assert client.get(path, query_string={key: size}).status_code == 404, (path, key, size)


@pytest.mark.parametrize("size", [1_000_000, LARGEST + 1, -1])
def test_m22_no_list_of_a_resource_is_longer_than_a_page(
    client: FlaskClient, session: Session, administrator: Staff, size: int
) -> None:
    for api in resources():
        asked = client.get(f"{api.route_base}/", query_string={"q": f"(page_size:{size})"})
        found: Any = asked.json
        assert asked.status_code == 200
        assert len(found["result"]) == min(found["count"], LARGEST), api
    path = "/api/v1/security/permissions-resources/"
    many: Any = client.get(path, query_string={"q": f"(page_size:{size})"}).json
    assert (len(many["result"]), many["count"] > LARGEST) == (LARGEST, True)


@pytest.mark.parametrize("path", ["/tickets/inbox", "/tickets/archive", "/clients/"])
def test_m22_no_list_of_ours_is_longer_than_a_page(
    client: FlaskClient, session: Session, administrator: Staff, path: str
) -> None:
    department = make_department(session)
    for _each in range(LARGEST + 5):
        make_client(session)
        make_ticket(session, author=administrator, department=department)
    answer = client.get(path, query_string={"per": 1_000_000, "page": 1, "page_size": 1_000_000})
    assert answer.status_code in {200, 404, 422}
    for rows in (r'"/clients/(\d+)"', r'"/tickets/(\d+)"'):
        assert len(set(re.findall(rows, answer.text))) <= LARGEST
