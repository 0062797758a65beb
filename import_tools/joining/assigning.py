"""The one-to-one assignment with the highest sum of chances, over all rows at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

# a chance below this links nobody in any mode
LEAST = 0.05
LARGEST = 2_000


def assign(
    row: NDArray[np.int64], person: NDArray[np.int64], chance: NDArray[np.float64]
) -> NDArray[np.int64]:
    """The numbers of the chosen pairs: no row and no person twice."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    places = np.flatnonzero(chance >= LEAST)
    if not len(places):
        return places
    people = int(row[places].max()) + 1
    size = people + int(person[places].max()) + 1
    graph = coo_array((np.ones(len(places)), (row[places], people + person[places])), shape=(size, size))
    _count, labels = connected_components(graph, directed=False)
    component = labels[row[places]]
    order = np.argsort(component, kind="stable")
    cuts = np.flatnonzero(np.diff(component[order])) + 1
    chosen = [_assign_one(row, person, chance, places[part]) for part in np.split(order, cuts)]
    return np.sort(np.concatenate(chosen))


def _assign_one(
    row: NDArray[np.int64], person: NDArray[np.int64], chance: NDArray[np.float64], pairs: NDArray[np.int64]
) -> NDArray[np.int64]:
    if len(pairs) == 1:
        return pairs
    from scipy.optimize import linear_sum_assignment

    rows, one = np.unique(row[pairs], return_inverse=True)
    people, other = np.unique(person[pairs], return_inverse=True)
    if max(len(rows), len(people)) > LARGEST:
        return _greedy(row, person, chance, pairs)
    gains = np.zeros((len(rows), len(people)))
    number = np.full(gains.shape, -1)
    gains[one, other], number[one, other] = chance[pairs], pairs
    chosen = number[linear_sum_assignment(gains, maximize=True)]
    return chosen[chosen >= 0]


def _greedy(
    row: NDArray[np.int64], person: NDArray[np.int64], chance: NDArray[np.float64], pairs: NDArray[np.int64]
) -> NDArray[np.int64]:
    """For a knot of thousands of namesakes, where nobody is sure: the best first."""
    rows, people, chosen = set[int](), set[int](), []
    for pair in pairs[np.lexsort((pairs, -chance[pairs]))]:
        if int(row[pair]) not in rows and int(person[pair]) not in people:
            rows.add(int(row[pair]))
            people.add(int(person[pair]))
            chosen.append(int(pair))
    return np.array(chosen, dtype=np.int64)
