"""What the product never does: run a text as a program, open a pickle, build a template of input."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = ("app", "views", "jobs", "models", "import_tools")
FILES = [path for name in FOLDERS for path in sorted((ROOT / name).rglob("*.py"))] + [
    ROOT / "config.py",
    ROOT / "run.py",
]
RUNS_TEXT = {"eval", "exec", "compile", "__import__"}
READS_OBJECTS = {"pickle", "cPickle", "shelve", "marshal", "yaml", "dill", "jsonpickle"}
BUILDS_TEMPLATES = {"render_template_string", "from_string"}
RUNS_SHELL = {"system", "popen", "getoutput", "getstatusoutput"}
# the texts of messages are templates of an administrator: of an allow-list of syntax, in a sandbox
SANDBOX = "app/services/message_sandbox.py:"
TEXTS = {"_", "gettext", "lazy_gettext", "ngettext"}


def _calls(path: Path) -> Iterator[ast.Call]:
    return (n for n in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(n, ast.Call))


def _name(call: ast.Call) -> str:
    return call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")


def _found(path: Path) -> Iterator[str]:
    for call in _calls(path):
        name, where = _name(call), f"{path.relative_to(ROOT)}:{call.lineno}"
        if isinstance(call.func, ast.Name) and call.func.id in RUNS_TEXT:
            yield f"{where} {name}"
        if name in BUILDS_TEMPLATES | RUNS_SHELL:
            yield f"{where} {name}"
        if any(word.arg == "shell" and getattr(word.value, "value", True) for word in call.keywords):
            yield f"{where} shell"
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        modules += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        yield from (f"{path.name}: {name}" for name in modules if name.split(".")[0] in READS_OBJECTS)


def test_no_text_becomes_a_program_an_object_or_a_template() -> None:
    assert len(FILES) > 100
    found = [line for path in FILES for line in _found(path)]
    assert [line for line in found if not line.startswith(SANDBOX)] == []


def test_every_message_is_a_constant_into_which_values_are_put() -> None:
    wrong = [
        f"{path.relative_to(ROOT)}:{call.lineno}"
        for path in FILES
        for call in _calls(path)
        if _name(call) in TEXTS and isinstance(call.func, ast.Name) and call.args
        if isinstance(call.args[0], ast.JoinedStr | ast.BinOp | ast.Call)
    ]
    assert wrong == []


@pytest.mark.parametrize(
    "line", ["eval(x)", "import pickle", "from yaml import load", "run(x, shell=True)", "os.system(x)"]
)
def test_such_a_line_would_be_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str) -> None:
    path = tmp_path / "bad.py"
    path.write_text(line)
    monkeypatch.setattr("tests.test_dangerous_calls.ROOT", tmp_path)
    assert list(_found(path))
