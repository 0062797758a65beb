"""What the web server does not carry: the libraries of imports come with the job that needs them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.databases import Place

HEAVY = ("docx", "numpy", "pandas", "python_calamine", "scipy")


@pytest.mark.parametrize("module", ["app.wsgi", "jobs.periodic"])
def test_imports_tools_are_not_loaded_before_they_are_used(place: Place, module: str) -> None:
    code = f"import sys, {module}; print(sorted(set({HEAVY!r}) & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=Path(__file__).resolve().parent.parent,
        env=place.environment(place.new_database("sqlite")),
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "[]"
