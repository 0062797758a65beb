"""Fixtures of the whole suite. What they stand on is in tests/support."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.support.databases import KINDS, Place
from tests.support.dovecot import Dovecot, ensure_dovecot
from tests.support.live import LiveServer, start_live_server
from tests.support.pace import longest_first, spare_the_collector
from tests.support.prosody import Prosody, ensure_prosody
from tests.support.samba import Samba, ensure_samba
from tests.support.servers import stop_servers
from tests.support.slapd import Slapd, ensure_slapd

RUN_FOLDER = pytest.StashKey[Path]()
BROWSER_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


def pytest_addoption(parser: pytest.Parser) -> None:
    """For who runs pytest many times: servers and databases outlive a run that is told where they are."""
    parser.addoption("--run-folder", help="a folder with servers that somebody else starts and stops")


def pytest_configure(config: pytest.Config) -> None:
    """The controller makes the run's folder; its workers are told where it is."""
    given = getattr(config, "workerinput", {}).get("run_folder") or config.getoption("run_folder")
    config.stash[RUN_FOLDER] = Path(given or tempfile.mkdtemp(prefix="helpdesk-tests-"))
    # xdist would start with the files of many tests; pytest_collection_modifyitems knows the long ones
    config.option.loadscopereorder = False


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long files first. Whoever asks for the domain controller may be the one who waits until it is made."""
    longest_first(items)
    for item in items:
        if "samba" in getattr(item, "fixturenames", ()) and item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(400))


def pytest_collection_finish() -> None:
    """Everything is imported."""
    spare_the_collector()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Called by xdist in the controller for each worker."""
    node.workerinput["run_folder"] = str(node.config.stash[RUN_FOLDER])


def pytest_unconfigure(config: pytest.Config) -> None:
    """The controller stops the servers and removes the files."""
    if not hasattr(config, "workerinput") and not config.getoption("run_folder"):
        stop_servers(config.stash[RUN_FOLDER])


@pytest.fixture(scope="session")
def place(pytestconfig: pytest.Config) -> Place:
    """This process's folder, servers and number."""
    worker = getattr(pytestconfig, "workerinput", {}).get("workerid", "gw0")
    return Place(pytestconfig.stash[RUN_FOLDER], 1 + int(worker.removeprefix("gw")))


@pytest.fixture(scope="session")
def applications(place: Place) -> Iterator[Callable[[str], Flask]]:
    """One application per kind of database, made when first asked for."""
    from app.extensions import db

    made: dict[str, Flask] = {}

    def application(kind: str) -> Flask:
        if kind not in made:
            made[kind] = place.application(place.new_database(kind))
        return made[kind]

    yield application
    for application_made in made.values():
        with application_made.app_context():
            db.engine.dispose()


def _check_database(request: pytest.FixtureRequest, kind: str) -> None:
    marker = request.node.get_closest_marker("database")
    if marker and kind not in marker.args:
        pytest.skip(f"only on {', '.join(marker.args)}: {marker.kwargs['reason']}")


@pytest.fixture(params=KINDS)
def app(request: pytest.FixtureRequest, applications: Callable[[str], Flask]) -> Iterator[Flask]:
    """An application on SQLite, then on PostgreSQL; whatever the test writes is rolled back."""
    from app.extensions import db, redis

    _check_database(request, request.param)
    application = applications(request.param)
    with application.app_context():
        engines = db.engines
        engine = engines[None]
        connection = engine.connect()
        outer = connection.begin()
        engines[None] = connection  # sessions bind to it as to an engine
        db.session.session_factory.configure(join_transaction_mode="create_savepoint")
        redis().flushdb()
        try:
            yield application
        finally:
            db.session.remove()
            db.session.session_factory.configure(join_transaction_mode="conditional_savepoint")
            engines[None] = engine
            outer.rollback()
            connection.close()


@pytest.fixture
def session(app: Flask) -> Session:
    """The session of the test's own application context."""
    from app.extensions import db

    current: Session = db.session()
    return current


class CommittingClient(FlaskClient):
    """Lets a request see what the test has written, and the test what the request has."""

    def open(self, *args: Any, **kwargs: Any) -> Any:
        """Commit (into the test's outer transaction), send, forget what was loaded."""
        from flask import current_app, g, has_app_context

        from app.extensions import db

        if has_app_context() and current_app.testing:
            db.session.commit()
            # the request reuses the test's context: the person of an earlier request must not linger
            for name in list(g):
                g.pop(name)
        answer = super().open(*args, **kwargs)
        if has_app_context() and current_app.testing:
            db.session.expire_all()
        return answer


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser without a screen; see tests.support.signing.sign_in. CSRF is off: test_csrf has its own."""
    app.test_client_class = CommittingClient
    return app.test_client()


@pytest.fixture(params=KINDS)
def live_app(request: pytest.FixtureRequest, place: Place) -> Iterator[Flask]:
    """An application on a fresh database of its own where commits are real, for races between threads."""
    from app.extensions import db

    _check_database(request, request.param)
    application = place.application(place.new_database(request.param))
    with application.app_context():
        yield application
        db.session.remove()
        db.engine.dispose()


@pytest.fixture(scope="module")
def live_server(place: Place) -> Iterator[LiveServer]:
    """A whole helpdesk in processes of its own on PostgreSQL, for browsers and sockets; one per module."""
    from app.extensions import db

    application = place.application(place.new_database("postgres"))
    # the module before had the same numbers of people and tickets: who looked at what there is not here
    application.extensions["redis"].flushdb()
    live = start_live_server(place, application)
    yield live
    live.stop()
    with application.app_context():
        db.engine.dispose()


@pytest.fixture(scope="session")
def samba(place: Place) -> Iterator[Samba]:
    """The run's domain controller with 2,000 people. A test that changes it takes ``samba.new_ou()``."""
    server = ensure_samba(place.folder)
    yield server
    server.close()


@pytest.fixture(scope="session")
def slapd(place: Place) -> Iterator[Slapd]:
    """The run's OpenLDAP with 1,200 people; it gives 1,000 at once. Changes in ``slapd.new_ou()``."""
    server = ensure_slapd(place.folder)
    yield server
    server.close()


@pytest.fixture(scope="session")
def prosody(place: Place) -> Prosody:
    """The run's Jabber server. Each test takes accounts of its own (``prosody.new_account()``)."""
    return ensure_prosody(place.folder)


@pytest.fixture(scope="session")
def dovecot(place: Place) -> Dovecot:
    """The run's IMAP server. Each test takes a mailbox of its own (``dovecot.new_user()``)."""
    return ensure_dovecot(place.folder)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """The distribution's Chromium instead of a download."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        raise RuntimeError("Chromium is missing: install the package chromium")
    return {**browser_type_launch_args, "executable_path": path, "args": BROWSER_FLAGS}
