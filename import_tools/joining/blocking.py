"""Which surnames are near each other, without comparing all with all."""

from __future__ import annotations

from collections.abc import Sequence

# up to so many comparisons all are made; beyond, words meet by what is left when one letter is taken away
ALL_WITH_ALL = 4_000_000
# two errors only in long surnames
LONG = 5


def near_keys(rows: Sequence[str], people: Sequence[str]) -> list[list[tuple[int, int]]]:
    """For each key of the rows the people's keys near it: (number, typing errors between them)."""
    if len(rows) * len(people) <= ALL_WITH_ALL:
        return _all_with_all(rows, people)
    return _by_deletion(rows, people)


def _all_with_all(rows: Sequence[str], people: Sequence[str]) -> list[list[tuple[int, int]]]:
    import numpy as np
    from rapidfuzz import process
    from rapidfuzz.distance import OSA

    found: list[list[tuple[int, int]]] = [[] for _ in rows]
    if not rows or not people:
        return found
    distances = process.cdist(rows, people, scorer=OSA.distance, score_cutoff=2, dtype=np.uint8)
    for row, person in zip(*np.nonzero(distances <= 2), strict=True):
        errors = int(distances[row, person])
        if errors <= _bearable(rows[row], people[person]):
            found[row].append((int(person), errors))
    return found


def _by_deletion(rows: Sequence[str], people: Sequence[str]) -> list[list[tuple[int, int]]]:
    from rapidfuzz.distance import OSA

    index: dict[str, list[int]] = {}
    for number, key in enumerate(people):
        for rest in _rests(key):
            index.setdefault(rest, []).append(number)
    found = []
    for key in rows:
        near = {number for rest in _rests(key) for number in index.get(rest, ())}
        errors = ((number, OSA.distance(key, people[number], score_cutoff=1)) for number in sorted(near))
        found.append([(number, apart) for number, apart in errors if apart <= min(1, _bearable(key, people[number]))])
    return found


def _rests(key: str) -> set[str]:
    return {key, *(key[:place] + key[place + 1 :] for place in range(len(key)))}


def _bearable(one: str, other: str) -> int:
    shortest = min(len(one), len(other))
    return 2 if shortest >= LONG else 1 if shortest >= 3 else 0
