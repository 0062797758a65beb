"""Which mutants there are: what Cosmic Ray makes of a module, less what is no other program.

A mutant that does not compile says nothing about tests, and neither does one inside a type hint, which is
never run (``from __future__ import annotations``): both are left out and only counted.
"""

from __future__ import annotations

import ast
import difflib
import importlib
import importlib.util
import warnings
from contextlib import chdir
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MODULES = ("app/policy.py", "app/grid.py", "app/actors.py")
_INSTALL = "Cosmic Ray is not here: `make mutants` installs it, or pip install -r requirements-mutants.txt"

Spot = tuple[int, int]


@dataclass(frozen=True)
class Mutant:
    """One change of one line."""

    file: str
    line: int
    was: str
    becomes: str
    operator: str
    item: Any  # Cosmic Ray's order for it

    def __str__(self) -> str:
        return f"{self.file}:{self.line}  {self.operator}\n    - {self.was}\n    + {self.becomes}"


def cosmic_ray(module: str) -> Any:
    """A module of Cosmic Ray. Raises SystemExit that says how to install it."""
    if importlib.util.find_spec("cosmic_ray") is None:
        raise SystemExit(_INSTALL)
    return importlib.import_module(f"cosmic_ray.{module}")


def find_mutants(tree: Path) -> tuple[list[Mutant], int]:
    """All mutants of the modules in this tree, and how many were left out."""
    work_db = cosmic_ray("work_db")
    with chdir(tree), work_db.use_db(str(tree / "all.sqlite"), work_db.WorkDB.Mode.create) as orders:
        cosmic_ray("commands").init([Path(name) for name in MODULES], orders, {})
        made = [_mutant(item) for item in orders.work_items]
    return [mutant for mutant in made if mutant], made.count(None)


def _mutant(item: Any) -> Mutant | None:
    """The mutant that Cosmic Ray orders, if it is another program."""
    (spec,) = item.mutations
    code = Path(spec.module_path).read_text()
    operator = cosmic_ray("plugins").get_operator(spec.operator_name)()
    mutated = cosmic_ray("mutating").mutate_code(code, operator, spec.occurrence)
    if _is_inside(_type_hints(code), spec.start_pos, spec.end_pos) or not _compiles(mutated):
        return None
    was, becomes = _difference(code, mutated)
    return Mutant(
        str(spec.module_path), spec.start_pos[0], was, becomes, spec.operator_name.removeprefix("core/"), item
    )


def _compiles(code: str) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of `is` beside a number
            compile(code, "mutant", "exec")
    except SyntaxError:
        return False
    return True


def _difference(code: str, mutated: str) -> tuple[str, str]:
    """The first line that differs, before and after ("" if it is gone)."""
    before, after = ([line.strip() for line in text.splitlines() if line.strip()] for text in (code, mutated))
    changes = difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes()
    _what, start, end, new_start, new_end = next(change for change in changes if change[0] != "equal")
    return "".join(before[start:end][:1]), "".join(after[new_start:new_end][:1])


def _type_hints(code: str) -> list[tuple[Spot, Spot]]:
    """From where to where the type hints reach, as Cosmic Ray counts (rows from 1, columns from 0)."""
    tree = ast.parse(code)
    late = any(isinstance(node, ast.ImportFrom) and node.module == "__future__" for node in tree.body)
    nodes = list(ast.walk(tree)) if late else []
    found = [node.annotation for node in nodes if isinstance(node, ast.arg | ast.AnnAssign)]
    found += [node.returns for node in nodes if isinstance(node, ast.FunctionDef)]
    return [
        ((hint.lineno, hint.col_offset), (hint.end_lineno or 0, hint.end_col_offset or 0))
        for hint in found
        if hint is not None
    ]


def _is_inside(spans: list[tuple[Spot, Spot]], start: Spot, end: Spot) -> bool:
    return any(first <= tuple(start) and tuple(end) <= last for first, last in spans)
