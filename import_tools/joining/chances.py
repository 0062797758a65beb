"""The chance of each pair, all pairs weighed together: a row is one person at most, and a person one row.

The model: each person stands in the book with some chance, the other rows are strangers who are named as
people are. Then a set of links weighs as the product of its pairs' weights, and the chance of a pair is its
share in all possible sets. Messages between rows and people find these shares (belief propagation for
matchings: exact without cycles, and it converges always). How many people stand in the book is found out on
the way.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from import_tools.joining.pairs import Pairs

STEPS, ROUNDS = 12, 4
# before anything is known: so many of the rows are people of the list
FIRST_GUESS = 0.7
STRANGERS = 0.02

Floats = NDArray[np.float64]


def pair_chances(pairs: Pairs, rows: int, people: int) -> Floats:
    """The chance of each pair. ``rows``: rows that are persons; ``people``: all people."""
    linked = FIRST_GUESS * min(rows, people)
    chances = np.zeros(len(pairs.row))
    if not len(pairs.row):
        return chances
    there, row = np.unique(pairs.row, return_inverse=True)
    person = np.unique(pairs.person, return_inverse=True)[1]
    rest = pairs.rest[there]
    likelihood = np.exp(np.minimum(pairs.weight, 60.0))
    for _round in range(ROUNDS):
        odds = _odds(linked, rows, people)
        chances = _spread(row, person, likelihood * odds, rest * odds)
        linked = float(chances.sum())
    return chances


def _odds(linked: float, rows: int, people: int) -> float:
    """The weight of a pair whose names say nothing: how much likelier linked than both alone."""
    linked = min(linked, rows * 0.98, people * 0.98)
    strangers = rows - linked + 0.5 + STRANGERS * rows
    return (linked + 0.5) / (people - linked + 1.0) / strangers


def _spread(row: NDArray[np.int64], person: NDArray[np.int64], weight: Floats, rest: Floats) -> Floats:
    """Messages until they stand still: each side tells how free it is but for the other."""
    free_person = np.ones(len(weight))
    free_row = free_person
    for _step in range(STEPS):
        offered = weight * free_person
        total: Floats = np.asarray(np.bincount(row, weights=offered) + rest, dtype=np.float64)
        free_row = 1.0 / (1.0 + total[row] - offered)
        asked = weight * free_row
        total = np.asarray(np.bincount(person, weights=asked), dtype=np.float64)
        free_person = 1.0 / (1.0 + total[person] - asked)
    together = weight * free_row * free_person
    return np.asarray(together / (1.0 + together))
