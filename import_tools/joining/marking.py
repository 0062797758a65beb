"""Two names side by side with the letters that differ marked."""

from __future__ import annotations

import re

from import_tools.names.letters import skeleton, tidy

Pieces = list[tuple[str, bool]]
_WORDS = re.compile(r"\s+|[^\s]+")
# words less alike than this are not compared letter by letter
ALIKE = 0.5


def differences(left: str, right: str) -> tuple[Pieces, Pieces]:
    """Both texts cut into (text, differs); the pieces joined are the text itself.

    Words are compared with those that sound alike, wherever they stand; case, apostrophes' shapes and blanks
    do not differ.
    """
    words, others = _WORDS.findall(left), _WORDS.findall(right)
    partner = _align(words, others)
    marks = [[(word, not word.isspace())] for word in words]
    other_marks = [[(word, not word.isspace())] for word in others]
    for one, other in partner.items():
        marks[one], other_marks[other] = _compare(words[one], others[other])
    return _joined(marks), _joined(other_marks)


def _align(words: list[str], others: list[str]) -> dict[int, int]:
    """The words that belong together, the most similar first, nobody twice."""
    from rapidfuzz.distance import OSA

    here = [(place, skeleton(tidy(word))) for place, word in enumerate(words) if not word.isspace()]
    there = [(place, skeleton(tidy(word))) for place, word in enumerate(others) if not word.isspace()]
    likeness = sorted(
        (
            (-_likeness(bones, other, OSA.normalized_similarity(bones, other)), place, second)
            for place, bones in here[:20]
            for second, other in there[:20]
        ),
    )
    found: dict[int, int] = {}
    for value, place, second in likeness:
        if -value >= ALIKE and place not in found and second not in found.values():
            found[place] = second
    return found


def _likeness(bones: str, other: str, similarity: float) -> float:
    if not bones or not other:
        return 0.0
    # an initial belongs to the word it begins
    is_initial = min(len(bones), len(other)) <= 2 and (bones.startswith(other) or other.startswith(bones))
    return max(similarity, 0.6) if is_initial else similarity


def _compare(word: str, other: str) -> tuple[Pieces, Pieces]:
    from rapidfuzz.distance import Levenshtein

    here, there = _plain(word), _plain(other)
    marks: Pieces = []
    other_marks: Pieces = []
    for step in Levenshtein.opcodes(here, there):
        is_same = step.tag == "equal"
        marks.append((word[step.src_start : step.src_end], not is_same))
        other_marks.append((other[step.dest_start : step.dest_end], not is_same))
    return marks, other_marks


def _plain(word: str) -> str:
    """What is compared, letter for letter of the same length."""
    plain = "".join(low if len(low := c.casefold()) == 1 else c for c in word)
    return plain.translate(dict.fromkeys(map(ord, "’ʼ`´‘′"), "'"))


def _joined(marks: list[Pieces]) -> Pieces:
    """Neighbours of one kind in one piece; blanks take no side."""
    found: Pieces = []
    for text, differs in (piece for pieces in marks for piece in pieces if piece[0]):
        if found and (found[-1][1] == differs):
            found[-1] = (found[-1][0] + text, differs)
        else:
            found.append((text, differs))
    return found
