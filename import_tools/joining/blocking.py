"""Which surnames are near each other, without comparing all with all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

# up to so many comparisons all are made; beyond, words meet by what is left when one letter is taken away
ALL_WITH_ALL = 4_000_000
# two errors only in long surnames
LONG = 8
Spelled = Sequence[tuple[str, int]]


def near_keys(rows: Sequence[Spelled], people: Sequence[Spelled]) -> dict[tuple[int, int], int]:
    """(key of a row, key of a person) → typing errors between them.

    Both lists come in several spellings of the same keys, (spelling, key) in each: the n-th of the rows is
    compared with the n-th of the people, and the nearest counts.
    """
    found: dict[tuple[int, int], int] = {}
    for one, other in zip(rows, people, strict=True):
        way = _all_with_all if len(one) * len(other) <= ALL_WITH_ALL else _by_deletion
        for here, there, errors in way(one, other):
            pair = (here, there)
            if errors < found.get(pair, 3):
                found[pair] = errors
    return found


def _all_with_all(rows: Spelled, people: Spelled) -> Iterator[tuple[int, int, int]]:
    import numpy as np
    from rapidfuzz import process
    from rapidfuzz.distance import OSA

    if not rows or not people:
        return
    words, others = [word for word, _key in rows], [word for word, _key in people]
    distances = process.cdist(words, others, scorer=OSA.distance, score_cutoff=2, dtype=np.uint8)
    for row, person in zip(*(places.tolist() for places in np.nonzero(distances <= 2)), strict=True):
        errors = int(distances[row, person])
        if errors <= _bearable(words[row], others[person]):
            yield rows[row][1], people[person][1], errors


def _by_deletion(rows: Spelled, people: Spelled) -> Iterator[tuple[int, int, int]]:
    from rapidfuzz.distance import OSA

    index: dict[str, list[int]] = {}
    for number, (word, _key) in enumerate(people):
        for rest in _rests(word):
            index.setdefault(rest, []).append(number)
    for word, key in rows:
        for number in {number for rest in _rests(word) for number in index.get(rest, ())}:
            other, other_key = people[number]
            errors = OSA.distance(word, other, score_cutoff=1)
            if errors <= min(1, _bearable(word, other)):
                yield key, other_key, errors


def _rests(key: str) -> set[str]:
    return {key, *(key[:place] + key[place + 1 :] for place in range(len(key)))}


def _bearable(one: str, other: str) -> int:
    shortest = min(len(one), len(other))
    return 2 if shortest >= LONG else 1 if shortest >= 3 else 0
