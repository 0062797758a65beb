"""How good the join by name is and what it costs, beside other ways.

``python -m tests.bench joins [FOLDER]``: FOLDER holds ad.csv, phonebook.csv and
truth.csv (login;row), and is measured as well.
"""

from __future__ import annotations

import argparse
import csv
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path

from app.commands.clients_match import read_people, read_rows
from import_tools.joining import Match, Mode, Outcome, join
from tests.bench import other_joins
from tests.bench.directories import Directory, make_directory
from tests.bench.scoring import Score, forgetful, mean, score

JUDGED = range(101, 107)
HEAD = "| way | precision | recall | rows to look at | in reach | s |\n|---|---:|---:|---:|---:|---:|"


def main(arguments: Sequence[str]) -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench joins")
    parser.add_argument("folder", nargs="?", type=Path, help="with ad.csv, phonebook.csv, truth.csv")
    parser.add_argument("--large", type=int, default=200_000, help="people of the largest directory; 0: none")
    options = parser.parse_args(arguments)
    made = [make_directory(seed) for seed in JUDGED]
    _table(f"{len(made)} made-up directories, 2,000 people and 1,212 rows each", made)
    if options.folder:
        _table(str(options.folder), [read_directory(options.folder)])
    print(
        "\n## Cost of the join\n\n| people × rows | s | CPU s | peak MiB |\n|---|---:|---:|---:|", flush=True
    )
    for people in filter(None, (2_000, options.large)):
        # a process of its own, so that its peak is its own
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
            print(pool.submit(cost, people).result(), flush=True)


def read_directory(folder: Path) -> Directory:
    """A directory from files."""
    with (folder / "truth.csv").open(encoding="utf-8-sig", newline="") as file:
        truth = {line["row"]: line["login"] for line in csv.DictReader(file, delimiter=";")}
    return Directory(read_people(folder / "ad.csv"), read_rows(folder / "phonebook.csv"), truth)


def cost(people: int) -> str:
    """A line with the time and the peak of one process that joins so many people (with imports, cold)."""
    made = make_directory(
        7, people=people, pairs=people // 2, strangers=people // 10, things=max(12, people // 10_000)
    )
    before = _peak()
    start, cpu = time.perf_counter(), time.process_time()
    join(made.people, made.rows)
    took, cpu = time.perf_counter() - start, time.process_time() - cpu
    size = f"{people:,} × {len(made.rows):,}"
    return f"| {size} | {took:.1f} | {cpu:.1f} | {_peak()} (lists alone {before}) |"


def _peak() -> int:
    """MiB at most so far; getrusage would tell the parent's peak too."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) // 1024


def _table(title: str, made: Sequence[Directory]) -> None:
    print(f"\n## {title}\n\n{HEAD}", flush=True)
    for mode in Mode:
        _line(f"ours, {mode.value}", made, partial(_ours, mode, 0.0))
    _line("ours, balanced, 30 % of the names unknown", made, partial(_ours, Mode.BALANCED, 0.3))
    for name, way in (
        ("exact name", other_joins.exact),
        ("normalised words", other_joins.normalised),
        ("splink 5", other_joins.splink),
    ):
        _line(name, made, partial(_others, way))


def _ours(mode: Mode, forgotten: float, one: Directory, number: int) -> list[Match]:
    known = forgetful(forgotten, number) if forgotten else None
    return join(one.people, one.rows, mode=mode, known=known)


def _others(way: Callable[[Directory], dict[str, str]], one: Directory, _number: int) -> list[Match]:
    links = way(one)
    return [
        Match(row.key, Outcome.SURE if row.key in links else Outcome.UNMATCHED, links.get(row.key), (), ())
        for row in one.rows
    ]


def _line(name: str, made: Sequence[Directory], way: Callable[[Directory, int], list[Match]]) -> None:
    scores: list[Score] = []
    start = time.perf_counter()
    for number, one in enumerate(made):
        scores.append(score(way(one, number), one.truth))
    took = (time.perf_counter() - start) / len(made)
    found = mean(scores)
    quality = f"{found.precision:.4f} | {found.recall:.4f} | {found.rows:.0f} | {found.reach:.4f}"
    print(f"| {name} | {quality} | {took:.2f} |", flush=True)
