"""Where mutants live: copies of the tree, each with servers of its own. The tree itself is never mutated.

One process per copy has the libraries in memory and forks for each mutant: the child reads the helpdesk's own
modules anew, the mutant among them, and runs the tests. That is three times as fast as a new interpreter.
"""

from __future__ import annotations

import gc
import importlib
import os
import resource
import shutil
import sys
import traceback
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from tests.mutation.mutants import Mutant, cosmic_ray
from tests.support.servers import ensure_servers, stop_servers

# the order is that of the first to fall: a mutant is dead at the first failure
TESTS = (
    "tests/app/test_grid.py",
    "tests/app/test_actors.py",
    "tests/app/test_policy.py",
    "tests/app/test_roles.py",
    "tests/app/test_role_worlds.py",
)
ROOT = Path(__file__).parents[2]
LEFT_OUT = (".git", ".venv", "var", "node_modules", "*_cache", "__pycache__", "docs")
# what takes long to import; of the helpdesk's own only the tables, which are never mutated here
LIBRARIES = (
    "models",
    "alembic.context",
    "flask_socketio",
    "hypothesis.strategies",
    "psycopg",
    "redis.asyncio",
    "rq",
)
OPTIONS = (
    *("-x", "-q", "-k", "not postgres", "-p", "no:cacheprovider", "--tb=line", "--timeout=0"),
    # hypothesis is in memory already
    *("-W", "ignore::pytest.PytestAssertRewriteWarning"),
)
ANEW = ("app", "config", "import_tools", "jobs", "tests", "views")
# a mutant that loops for ever is dead too; seconds of a processor, so that a busy machine kills nobody
PATIENCE = 120


class WithoutServersFirst:
    """What needs no application fails within a moment."""

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Called by pytest."""
        items.sort(key=lambda item: "app" in getattr(item, "fixturenames", ()))


class Copy:
    """A copy of the tree, in which one mutant after the other is tried."""

    def __init__(self, folder: Path) -> None:
        self.tree = folder / "tree"
        self.run = folder / "run"
        self._said = folder / "said"
        shutil.copytree(ROOT, self.tree, ignore=shutil.ignore_patterns(*LEFT_OUT))
        self.run.mkdir()
        ensure_servers(self.run)

    def try_all(self, mutants: Iterable[Mutant], answers: Any) -> None:
        """Put (number of the order, whether a test failed) into ``answers`` for each mutant.

        Raises SystemExit if the tests fail without any, before or after: then no failure says anything.
        """
        os.chdir(self.tree)
        sys.path[0] = str(self.tree)
        for name in LIBRARIES:
            importlib.import_module(name)
        gc.collect()
        gc.freeze()  # what children never change is never copied
        self._ensure_tests_pass()  # and leaves everything compiled
        sys.dont_write_bytecode = True  # two mutants may be written in the same second
        for mutant in mutants:
            (spec,) = mutant.item.mutations
            operator = cosmic_ray("plugins").get_operator(spec.operator_name)()
            with cosmic_ray("mutating").use_mutation(Path(mutant.file), operator, spec.occurrence):
                answers.put((mutant.item.job_id, self._tests_fail()))
        self._ensure_tests_pass()

    def remove(self) -> None:
        """Stop the servers; the files are the caller's."""
        stop_servers(self.run)

    def _ensure_tests_pass(self) -> None:
        if self._tests_fail():
            raise SystemExit(f"The tests fail without any mutant:\n{self._said.read_text()}")

    def _tests_fail(self) -> bool:
        child = os.fork()
        if not child:
            self._run_tests()
        _ended, status = os.waitpid(child, 0)
        return os.waitstatus_to_exitcode(status) != 0

    def _run_tests(self) -> None:
        """The child's life: the tests that judge, on SQLite (sight and rights are the same on both)."""
        code = 70
        try:
            said = self._said.open("w")
            os.dup2(said.fileno(), 1)
            os.dup2(said.fileno(), 2)
            for name in [name for name in sys.modules if name.split(".")[0] in ANEW]:
                del sys.modules[name]
            resource.setrlimit(resource.RLIMIT_CPU, (PATIENCE, PATIENCE))
            gc.disable()  # it does not live long
            options = [*TESTS, *OPTIONS, "--run-folder", str(self.run)]
            code = int(pytest.main(options, [WithoutServersFirst()]))
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)
