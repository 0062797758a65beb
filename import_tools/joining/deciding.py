"""The outcome of each row: which links are made without a person, which rows are to be looked at."""

from __future__ import annotations

from typing import NamedTuple

from import_tools.joining.records import Mode


class Limits(NamedTuple):
    """``sure``: the least chance of a link made without a person; ``doubtful``: the least chance, all
    candidates of the row together, of a row that a person is asked about."""

    sure: float
    doubtful: float


# tuned on generated sets 1 to 10 (tests/bench/directories.py), judged on others
LIMITS = {
    Mode.SURE: Limits(0.985, 0.15),
    Mode.BALANCED: Limits(0.75, 0.35),
    Mode.LEAST_WORK: Limits(0.5, 0.4),
}
