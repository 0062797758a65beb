"""The rules of the house that no linter knows: who may read what, how long things may grow."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PRODUCT = ("app", "models", "views", "jobs", "import_tools")
LONGEST_FILE = 300
LONGEST_FUNCTION = 60
# the whole of a word list or a statement table is one subject
LONG_FILES = {"app/demo", "models/migrations/versions"}
REQUEST_NAMES = {"request", "session", "g", "flash", "current_user"}
REQUEST_PLACES = ("views/", "app/sockets.py", "app/security/", "app/security_headers.py")


def python_files(*folders: str) -> Iterator[tuple[str, ast.Module]]:
    """Every module of the folders with its path from the root and its tree."""
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            yield path.relative_to(ROOT).as_posix(), _tree(path)


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def imported(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """(module, name) of every import; name is "" for ``import module``."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ((node.module or "", alias.name) for alias in node.names)


def test_files_have_one_subject_and_fit_a_reading() -> None:
    too_long = [
        f"{path.relative_to(ROOT)}: {lines} lines"
        for folder in (*PRODUCT, "tests")
        for path in (ROOT / folder).rglob("*.py")
        if not any(path.relative_to(ROOT).as_posix().startswith(name) for name in LONG_FILES)
        if (lines := len(path.read_text().splitlines())) > LONGEST_FILE
    ]
    assert not too_long


def test_functions_fit_a_screen() -> None:
    too_long = [
        f"{path}:{node.lineno} {node.name}"
        for path, tree in python_files(*PRODUCT)
        if not path.startswith("models/migrations/versions")
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or 0) - node.lineno > LONGEST_FUNCTION
    ]
    assert not too_long


def test_every_public_function_says_what_it_does() -> None:
    silent = [
        f"{path}:{node.lineno} {node.name}"
        for path, tree in python_files("app", "models", "jobs", "import_tools")
        if not path.startswith(("models/migrations", "app/demo"))
        for node in tree.body
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
        and not node.name.startswith("_")
        and not ast.get_docstring(node)
    ]
    assert not silent


def test_only_the_settings_read_the_environment() -> None:
    readers = [
        path
        for path, tree in python_files(*PRODUCT)
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr in {"environ", "getenv"}
        if isinstance(node.value, ast.Name) and node.value.id == "os"
        if not path.startswith("app/launcher/")  # hands the environment on to its children
    ]
    assert not readers


def test_the_request_stays_in_the_views() -> None:
    leaks = [
        f"{path}: {name}"
        for path, tree in python_files(*PRODUCT)
        for module, name in imported(tree)
        if module in {"flask", "flask_login"} and name in REQUEST_NAMES
        if not path.startswith(REQUEST_PLACES)
    ]
    assert not leaks


@pytest.mark.parametrize(
    ("library", "places"),
    [
        ("pandas", ("import_tools/", "app/services/statistics.py")),
        ("ldap3", ("app/security/", "app/directory/")),
        ("flask_admin", ("views/",)),
    ],
)
def test_a_library_stays_where_it_belongs(library: str, places: tuple[str, ...]) -> None:
    strays = [
        path
        for path, tree in python_files(*PRODUCT)
        for module, _name in imported(tree)
        if module.split(".")[0] == library and not path.startswith(places)
    ]
    assert not strays


def test_only_the_popup_channel_emits() -> None:
    emitters = [
        path
        for path, tree in python_files(*PRODUCT)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and (
            (isinstance(node.func, ast.Attribute) and node.func.attr == "emit")
            or (isinstance(node.func, ast.Name) and node.func.id == "emit")
        )
        if path != "app/notify/popup.py"
    ]
    assert not emitters


def test_only_the_workflow_writes_a_tickets_state() -> None:
    writers = [
        f"{path}:{node.lineno}"
        for path, tree in python_files(*PRODUCT)
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Attribute) and target.attr == "state"
        if path != "app/workflow.py" and not path.startswith("app/demo/")
    ]
    assert not writers


def test_only_events_write_the_journal() -> None:
    writers = [
        path
        for path, tree in python_files("app", "views", "jobs", "import_tools")
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        if node.func.id in {"JournalEntry", "OutboxEvent"}
        if path != "app/events.py" and not path.startswith("app/demo/")
    ]
    assert not writers


def test_layout_the_catalogues_do_not_shadow_babel() -> None:
    assert not (ROOT / "babel" / "__init__.py").exists()


def test_templates_have_no_inline_code() -> None:
    inline = re.compile(r"<[a-z][^>{]*\s(?:style=|on[a-z]+=)", re.IGNORECASE)
    found = [
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "app" / "templates").rglob("*.html")
        if inline.search(path.read_text())
    ]
    assert not found


def test_no_path_or_host_of_a_workplace_is_in_the_tree() -> None:
    hosts = "|".join(("py" + "pi", "python" + "hosted", "npm" + "js", "deb" + "ian"))
    folders = "|".join(("wo" + "rk", "fa" + "rm", "ro" + "ot"))
    pattern = rf"(^|[^A-Za-z0-9_./])/({folders})/|https?://[A-Za-z0-9.-]*({hosts})[A-Za-z0-9.-]*"
    found = subprocess.run(
        ["git", "grep", "-nIE", pattern, "--", "."], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert found.stdout == ""
