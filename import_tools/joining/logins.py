"""What a login tells of the name: ``h.semeniuk`` says that Анна is Ганна and how the surname is written."""

from __future__ import annotations

import re
from typing import NamedTuple

from import_tools.names import Lexicon, Reading, Word
from import_tools.names.letters import first_letters, initials_of
from import_tools.names.surnames import Surname, read_surname

_PIECES = re.compile("[^a-z]+")
# how alike a login and a surname are when one was made from the other
ALIKE = 0.75


class Login(NamedTuple):
    """The surname and the first name's letters in a login; both may be missing."""

    surname: Surname | None
    letters: str


NO_LOGIN = Login(None, "")


def read_login(login: str, readings: tuple[Reading, ...]) -> Login:
    """Split a login (or the left side of an e-mail address) by the surnames its owner may have."""
    pieces = [
        piece for piece in _PIECES.split(login.partition("@")[0].rpartition("\\")[2].casefold()) if piece
    ]
    if not pieces or not readings:
        return NO_LOGIN
    keys = [part.key for reading in readings for part in (*reading.surnames, *reading.former)]
    if len(pieces) == 1:
        return _glued(pieces[0], keys)
    pieces = sorted(pieces[:3], key=lambda piece: (-_likeness(piece, keys), -len(piece)))
    surname, rest = pieces[0], min(pieces[1:], key=len)
    if len(surname) < 3:
        return NO_LOGIN
    if _likeness(surname, keys) < ALIKE and len(rest) > 2:
        return NO_LOGIN
    return Login(read_surname(surname), initials_of(rest) if len(rest) <= 2 else first_letters(rest))


def _likeness(piece: str, keys: list[str]) -> float:
    from rapidfuzz.distance import OSA

    key = read_surname(piece).key
    return max((OSA.normalized_similarity(key, other) for other in keys), default=0.0)


def _glued(piece: str, keys: list[str]) -> Login:
    """``ivanenko``, ``oivanenko``, ``ivanenkoo``, ``ivanenkoop``: the part that is the surname is cut off."""
    ways = [(piece, ""), (piece[1:], piece[0]), (piece[:-1], piece[-1]), (piece[:-2], piece[-2:-1])]
    surname, letter = max(ways, key=lambda way: (_likeness(way[0], keys), -len(way[1])))
    if len(surname) < 3 or _likeness(surname, keys) < ALIKE:
        return NO_LOGIN
    return Login(read_surname(surname), initials_of(letter))


def narrow(word: Word, letters: str, known: Lexicon) -> Word:
    """A first name of which the login's initial says which of several names it is."""
    if not letters or word.kind != "full":
        return word
    if not word.names:
        return word._replace(letters="".join(dict.fromkeys(word.letters + letters)))
    fitting = {key for key, _weight in word.names if set(known.names[key].initials) & set(letters)}
    if len(word.names) == 1 or not fitting:
        return word
    # only when the usual name does not fit is it the unusual one
    raised = 0.9 if all(weight < 0.9 for key, weight in word.names if key in fitting) else 0.0
    names = tuple(
        (key, max(weight, raised) if key in fitting else weight * 0.2) for key, weight in word.names
    )
    return word._replace(names=names)
