"""The order in which a run takes its files."""

from __future__ import annotations

from pathlib import Path

from tests.support.pace import SLOW, paired

ROOT = Path(__file__).resolve().parent.parent


def test_every_slow_file_is_still_there() -> None:
    assert [name for name in SLOW if not (ROOT / name).is_file()] == []


def test_one_worker_has_the_browser_and_both_end_with_the_shortest() -> None:
    seconds = {"tests/journeys/a.py": 50.0, "tests/journeys/b.py": 40.0, "c": 30.0, "d": 25.0, "e": 36.0}
    # the first worker: a, b; the second meanwhile: e, c, d
    assert paired(seconds) == ["tests/journeys/a.py", "e", "c", "tests/journeys/b.py", "d"]


def test_browsers_alone_and_no_browser_at_all_are_ordered_too() -> None:
    assert paired({"tests/journeys/a.py": 1.0, "tests/journeys/b.py": 2.0})[0] == "tests/journeys/b.py"
    assert paired({"c": 1.0, "d": 2.0, "e": 3.0}) == ["e", "d", "c"]
    assert paired({}) == []
