"""``make mutants``: tests kill every mutant of the permission module."""

from __future__ import annotations

import argparse
import multiprocessing
import tempfile
import time
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.mutation.copies import Copy
from tests.mutation.mutants import Mutant, find_mutants

EQUIVALENT = Path(__file__).with_name("equivalent.toml")


@dataclass(frozen=True)
class Same:
    """A mutant said to be the same program."""

    file: str
    was: str
    becomes: str
    why: str

    def names(self, mutant: Mutant) -> bool:
        """Whether it is this one."""
        return (self.file, self.was, self.becomes) == (mutant.file, mutant.was, mutant.becomes)


def main() -> None:
    """Make, try, tell. Exits with 1 if anything survives or the list of equivalents is wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation")
    parser.add_argument("--workers", type=int, default=2, help="copies of the tree that work side by side")
    parser.add_argument("--only", default="", help="mutants in whose file, line or operator this stands")
    options = parser.parse_args()
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="helpdesk-mutants-") as folder:
        copies = [Copy(Path(folder) / str(number)) for number in range(options.workers)]
        try:
            mutants, left_out = find_mutants(copies[0].tree)
            mutants = [mutant for mutant in mutants if options.only in str(mutant)]
            outcomes = _try_all(copies, mutants)
        finally:
            for copy in copies:
                copy.remove()
    minutes = (time.monotonic() - begun) / 60
    known = [Same(**entry) for entry in tomllib.loads(EQUIVALENT.read_text()).get("equivalent", [])]
    is_clean = _tell(mutants, outcomes, known, is_all=not options.only)
    print(f"{minutes:.1f} minutes; {left_out} more that do not compile or change a type hint were not tried")
    raise SystemExit(0 if is_clean else 1)


def _try_all(copies: Sequence[Copy], mutants: Sequence[Mutant]) -> dict[str, bool]:
    """Whether a test failed, by the number of the mutant's order."""
    fork = multiprocessing.get_context("fork")
    answers = fork.SimpleQueue()
    shares = [mutants[number :: len(copies)] for number in range(len(copies))]
    runs = [
        fork.Process(target=copy.try_all, args=(share, answers))
        for copy, share in zip(copies, shares, strict=True)
    ]
    for run in runs:
        run.start()
    named = {mutant.item.job_id: mutant for mutant in mutants}
    found: dict[str, bool] = {}
    try:
        while any(run.is_alive() for run in runs) or not answers.empty():
            if answers.empty():
                time.sleep(0.1)
                continue
            number, is_killed = answers.get()
            found[number] = is_killed
            if not is_killed:
                print(f"lives: {named[number]}", flush=True)
            if len(found) % 25 == 0:
                print(f"{len(found)} of {len(mutants)}", flush=True)
    finally:
        for run in runs:
            run.terminate()
            run.join()
    if any(run.exitcode for run in runs):
        raise SystemExit("The tests fail without any mutant, see above.")
    return found


def _tell(
    mutants: Sequence[Mutant], outcomes: dict[str, bool], known: Sequence[Same], *, is_all: bool
) -> bool:
    """Print what is wrong, then the one line of figures; whether nothing is."""
    same = [mutant for mutant in mutants if any(entry.names(mutant) for entry in known)]
    others = [mutant for mutant in mutants if mutant not in same]
    killed = [mutant for mutant in others if outcomes.get(mutant.item.job_id) is True]
    survived = [mutant for mutant in others if mutant not in killed]
    wrong = [
        *(f"survived: {mutant}" for mutant in survived),
        *(f"not equivalent: {mutant}" for mutant in same if outcomes.get(mutant.item.job_id) is not False),
        *(f"no such mutant: {entry}" for entry in known if is_all and not any(map(entry.names, mutants))),
    ]
    for line in wrong:
        print(line)
    print(
        f"{len(mutants)} mutants, {len(killed)} killed, {len(survived)} survived, {len(same)} equivalent",
    )
    return not wrong


if __name__ == "__main__":
    main()
