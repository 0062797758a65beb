"""The shell: headers, served files, words for moments, and FAB's pages in a real browser."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from flask_appbuilder import AppBuilder, ModelView
from flask_appbuilder.models.sqla.interface import SQLAInterface

import config
from app import assets_build
from app.extensions import csrf, db
from app.security.manager import HelpdeskSecurityManager
from app.security_headers import content_security_policy, init_security_headers
from models import Department, Model, Staff
from views.icons import icon_of
from views.shell import Link, ago, init_shell, when

# FAB 5.3.0's select fields yield tuples, which WTForms 4 will refuse
pytestmark = pytest.mark.filterwarnings("ignore:Yielding raw tuples:DeprecationWarning")


class DepartmentView(ModelView):
    """A generated screen to look at."""

    datamodel = SQLAInterface(Department)
    list_columns = ["name", "short_name", "is_hidden"]  # noqa: RUF012 - FAB's way
    add_columns = edit_columns = show_columns = ["name", "short_name", "is_hidden", "position"]  # noqa: RUF012 - FAB


@pytest.fixture(scope="module")
def fab_app(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """FAB with its security screens and one of ours, on our shell."""
    if assets_build.needs_build():
        assets_build.build()
    folder = tmp_path_factory.mktemp("shell")
    app = Flask("app", root_path=str(assets_build.ROOT / "app"))
    env = {"HELPDESK_VAR": str(folder), "HELPDESK_LIMIT_SIGN_IN": "0", "HELPDESK_LANGUAGE": "en"}
    app.config.update(config.load(env))
    db.init_app(app)
    csrf.init_app(app)
    init_security_headers(app)
    init_shell(app)
    with app.app_context():
        Model.metadata.create_all(db.engine)
        builder = AppBuilder(
            app, db.session, security_manager_class=HelpdeskSecurityManager, update_perms=False
        )
        builder.add_view(DepartmentView, "Departments", icon="fa-building", category="Administration")
        builder.sm.create_db()
        builder.add_permissions(update_perms=True)
        role = builder.sm.find_role("Admin") or builder.sm.add_role("Admin")
        builder.sm.add_user("admin", "Павло", "Гнатюк", "p@corp.example", role, "admin-admin")
        db.session.add_all(Department(name=f"Відділ {n}", position=n) for n in range(30))
        db.session.commit()
        assert db.session.query(Staff).count() == 1
    return app


def test_every_response_carries_the_headers(fab_app: Flask) -> None:
    answer = fab_app.test_client().get("/login/")
    policy = answer.headers["Content-Security-Policy"]
    nonce = policy.split("'nonce-")[1].split("'")[0]
    assert f'nonce="{nonce}"' in answer.text
    assert "unsafe" not in policy
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_a_strange_host_stays_out_of_the_policy() -> None:
    assert "evil" not in content_security_policy("n", "evil; script-src *")


def test_built_files_are_compressed_and_kept_for_ever(fab_app: Flask) -> None:
    with fab_app.test_request_context():
        url = fab_app.jinja_env.globals["asset"]("js/app.js")  # type: ignore[operator]  # a template global, typed object
    client = fab_app.test_client()
    with client.get(url, headers={"Accept-Encoding": "gzip"}) as packed:
        assert packed.headers["Content-Encoding"] == "gzip"
        assert "immutable" in packed.headers["Cache-Control"]
    with client.get(url) as plain:
        assert b"startShell" in plain.data
    assert client.get("/static/dist/../../factory.py").status_code == 404


@pytest.mark.parametrize(
    ("minutes", "text"), [(0, "now"), (5, "5 min"), (185, "3 hr"), (60 * 24 * 2, "2 days")]
)
def test_ago_says_how_long(fab_app: Flask, minutes: int, text: str) -> None:
    now = datetime(2026, 11, 24, 12, tzinfo=UTC)
    with fab_app.test_request_context(headers={"Accept-Language": "en"}):
        assert ago(now - timedelta(minutes=minutes), now=now) == text


def test_icons_of_fab_become_ours() -> None:
    assert icon_of("fa-users") == "people"
    assert icon_of(None) == "dot"
    assert icon_of("rocket-takeoff") == "rocket-takeoff"


def test_a_link_is_current_on_the_pages_below_it() -> None:
    tickets = Link("Tickets", "/tickets/inbox", "inbox")
    assert tickets.is_current("/tickets/17")
    assert not tickets.is_current("/clients/")
    assert not Link("My day", "/", "house-door").is_current("/tickets/inbox")
    access = Link("Who may what", "/access/", "grid")
    assert all(access.is_current(path) for path in ("/access/", "/access/roles/", "/access/why"))
    assert not access.is_current("/access/white-list/"), "a line of its own"


@pytest.mark.parametrize(
    ("moment", "words"),
    [
        (datetime(2026, 11, 24, 8, 21, tzinfo=UTC), "today, 10:21"),
        (datetime(2026, 11, 23, 22, 5, tzinfo=UTC), "today, 00:05"),
        (datetime(2026, 11, 23, 14, 20, tzinfo=UTC), "yesterday, 16:20"),
        (datetime(2026, 11, 25, 1, 12, tzinfo=UTC), "tomorrow, 03:12"),
        (datetime(2026, 11, 14, 6, 0, tzinfo=UTC), "14 Nov, 08:00"),
        (datetime(2025, 11, 14, 6, 0, tzinfo=UTC), "14 Nov 2025, 08:00"),
    ],
)
def test_a_moment_is_said_as_people_say_it(fab_app: Flask, moment: datetime, words: str) -> None:
    now = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
    with fab_app.test_request_context("/?_l_=en"):
        assert when(moment, now=now) == words
