"""What the join reaches on made-up directories that it was not tuned on: the aims, as means of five sets.

Tuned on seeds 1 to 25; the bench prints the whole table (``python -m tests.bench joins``).
"""

from __future__ import annotations

import pytest

from import_tools.joining import Mode
from tests.bench.directories import Directory, make_directory
from tests.bench.scoring import forgetful, measure

SEEDS = range(101, 106)


@pytest.fixture(scope="module")
def directories() -> list[Directory]:
    return [make_directory(seed) for seed in SEEDS]


def test_balanced_links_most_and_asks_about_few(directories: list[Directory]) -> None:
    found = measure(directories, Mode.BALANCED)
    assert found.precision >= 0.985
    assert found.recall >= 0.88
    assert found.rows <= 160
    assert found.reach >= 0.995


def test_sure_links_only_what_is_sure(directories: list[Directory]) -> None:
    found = measure(directories, Mode.SURE)
    assert found.precision >= 0.998
    assert found.recall >= 0.56


def test_least_work_leaves_the_fewest_rows(directories: list[Directory]) -> None:
    found = measure(directories, Mode.LEAST_WORK)
    assert found.precision >= 0.98
    assert found.recall >= 0.94
    assert found.rows <= 80


def test_names_that_no_list_knows_are_joined_too(directories: list[Directory]) -> None:
    found = measure(directories, Mode.BALANCED, [forgetful(0.3, seed) for seed in SEEDS])
    assert found.precision >= 0.98
    assert found.recall >= 0.82
    assert found.reach >= 0.95
