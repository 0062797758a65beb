"""How good a join was: what the bench prints and the tests hold."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean

from import_tools.joining import Match, Mode, Outcome, join
from import_tools.names import Lexicon, lexicon
from tests.bench.directories import Directory

SHOWN = 3


@dataclass(frozen=True)
class Score:
    """Shares of links that are right, of pairs that were linked, rows to look at, and the share of
    pairs that were linked or stand among the first three candidates."""

    precision: float
    recall: float
    rows: float
    reach: float


def score(matches: Iterable[Match], truth: dict[str, str]) -> Score:
    """Only links made without a person count."""
    linked = right = rows = reached = 0
    for match in matches:
        true = truth.get(match.row)
        linked += match.key is not None
        right += match.key is not None and match.key == true
        rows += match.outcome is Outcome.DOUBTFUL
        shown = [candidate.key for candidate in match.candidates[:SHOWN]]
        reached += true is not None and (match.key == true or true in shown)
    return Score(right / max(1, linked), right / len(truth), rows, reached / len(truth))


def mean(scores: Sequence[Score]) -> Score:
    """The mean of the scores of several sets."""
    names = ("precision", "recall", "rows", "reach")
    return Score(*(fmean(getattr(one, name) for one in scores) for name in names))


def measure(directories: Sequence[Directory], mode: Mode, known: Sequence[Lexicon] = ()) -> Score:
    """The mean score over directories; ``known``: a lexicon for each of them."""
    lexicons = list(known) or [lexicon()] * len(directories)
    return mean(
        [
            score(join(one.people, one.rows, mode=mode, known=words), one.truth)
            for one, words in zip(directories, lexicons, strict=True)
        ]
    )


def forgetful(share: float, seed: int) -> Lexicon:
    """A lexicon that has forgotten a random share of its names."""
    names = sorted({key[:-1] for key in lexicon().names})
    return Lexicon(frozenset(random.Random(f"names {seed}").sample(names, int(len(names) * share))))
