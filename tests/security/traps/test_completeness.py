"""Every trap has a test that is named after it."""

from __future__ import annotations

import ast
import re
from pathlib import Path

TESTS = Path(__file__).resolve().parents[2]
TRAPS = {f"m{number:02}" for number in range(1, 23)} | {"layout"}
NAME = re.compile(r"test_(m\d+|layout)_")


def names_of_tests() -> list[str]:
    """Every test function there is."""
    return [
        node.name
        for path in sorted(TESTS.rglob("test_*.py"))
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    ]


def test_every_trap_has_its_test_and_no_test_names_another() -> None:
    found = [match[1] for name in names_of_tests() if (match := NAME.match(name))]
    assert set(found) == TRAPS
    assert found.count("layout") >= 8
