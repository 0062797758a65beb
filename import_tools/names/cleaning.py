"""A typed name without what is no name: degrees, posts, notes, telephone numbers; brackets read apart."""

from __future__ import annotations

import re
from typing import NamedTuple

from import_tools.names.letters import tidy
from import_tools.names.words import FORMER, NOTES, PLACES, TITLES

_BRACKETS = re.compile(r"[(\[{<]([^)\]}>]*)[)\]}>]?")
_DEGREE = re.compile(
    r"(?i)(?<![\w.])(?:[кд](?:анд)?\.?\s?-?(?:техн?|екон|эконом?|фіз|физ|філ(?:ол|ос)?|пед|іст|ист|юр(?:ид)?|мед|біол|"
    r"биол|хім|хим|псих(?:ол)?|соц|геогр|держ|арх|[теэфюпімибхгсв])\.?\s?-?(?:мат|м|х|упр)?\.?\s?(?:наук|н)(?!\w)\.?)"
)
# "В.о. Петренко" is acting; "Петренко В.О." has these initials
_DOTTED = re.compile(
    r"(?<![\w.])(?:[тТ]\.?\s?в\.?\s?о|[вВиИ]\.\s?о|(?i:ph\.?\s?d|b\.?sc|m\.?sc|mr|mrs|ms))\b\.?(?!\w)"
)
_GLUED = re.compile(r"(?<=[^\W\d_]{2})(?=(?![IІ]{2})[^\W\d_a-zа-яґєії]\.)|(?<=\.)(?=[^\W\d_])")
_CAMEL = re.compile(r"(?<=[a-zа-яґєіїыэёъь']{2})(?=[A-ZА-ЯҐЄІЇЁЭ][a-zа-яґєіїыэёъь']{2})")
_TOKEN = re.compile(r"[^\W\d_]+(?:['-][^\W\d_]+)*'?\.?")
_ADDRESS = re.compile(r"\S+@\S+|\bhttps?:\S+")
_LOOSE_DASH = re.compile(r"\s*-\s+|\s+-\s*")
_PLACE_WORDS = tuple(sorted({word for word in PLACES if not word.endswith("_")}))
_WHOLE_PLACES = frozenset(word.rstrip("_") for word in PLACES if word.endswith("_"))


class Token(NamedTuple):
    """A word of a name; ``dotted``: a full stop follows."""

    text: str
    dotted: bool


class Cleaned(NamedTuple):
    """The words of the name, the other surnames in brackets, and titles that could be a surname after all."""

    tokens: list[Token]
    former: list[str]
    titles: list[Token]
    has_place: bool
    ends_in_place: bool


def clean(text: str) -> Cleaned:
    """Cut a typed name into words."""
    plain = _ADDRESS.sub(" ", tidy(text))
    former: list[str] = []
    if any(c in plain for c in "([{<"):
        for inside in _BRACKETS.findall(plain):
            former += _former(inside)
        plain = _BRACKETS.sub(" ", plain)
    if "." in plain or "н" in plain.casefold():
        plain = _DOTTED.sub(" ", _DEGREE.sub(" ", plain))
    plain = _CAMEL.sub(" ", _GLUED.sub(" ", plain))
    if "-" in plain:
        plain = _LOOSE_DASH.sub("-", plain)
    found = [Token(word.rstrip(".'"), word.endswith(".")) for word in _TOKEN.findall(plain)]
    return _sort(found, former)


def _former(inside: str) -> list[str]:
    words = [word.rstrip(".'") for word in _TOKEN.findall(inside)]
    folded = [word.casefold() for word in words]
    if any((word in NOTES and word not in FORMER) or word in TITLES or is_place(word) for word in folded):
        return []
    kept = [word for word, low in zip(words, folded, strict=True) if low not in FORMER and len(word) > 2]
    return kept[:1] if len(kept) <= 3 else []


def _sort(found: list[Token], former: list[str]) -> Cleaned:
    tokens: list[Token] = []
    titles: list[Token] = []
    place = behind = False
    after_former = False
    for token in found:
        low = token.text.casefold()
        if low in FORMER and len(low) > 1 and (len(low) > 3 or token.dotted):
            after_former = True
        elif after_former:
            former.append(token.text)
            after_former = False
        elif _is_title(token, low, is_first=not tokens):
            titles.append(token)
        elif not is_place(low):
            tokens += _parts(token)
        elif not tokens:
            place = True
            tokens += _parts(token)
        else:
            # behind a name it only tells where the person is
            behind = True
    return Cleaned(tokens, former, titles, place, behind)


def _parts(token: Token) -> list[Token]:
    """``доц-Коваль`` and the like: titles tied to a name by a dash fall off."""
    if "-" not in token.text:
        return [token]
    parts = [part for part in token.text.split("-") if part]
    is_short = len(parts) == 2 and len(parts[0]) <= 4 and len(parts[1]) <= 3 and parts[1].islower()
    if is_short and parts[0].casefold() not in TITLES:
        # "Ол-др" is Олександр, and "др" no doctor
        return [token]
    kept = [part for part in parts if len(part) == 1 or part.casefold() not in TITLES | NOTES]
    return [Token("-".join(kept or parts), token.dotted)]


def _is_title(token: Token, low: str, *, is_first: bool) -> bool:
    if low not in TITLES and low not in NOTES:
        return False
    if len(low) > 3:
        return True
    # "ст." is a title, "Ст" somebody's name and "Гр." behind a name somebody's patronymic
    return len(low) > 1 and (token.text[0].islower() or (token.dotted and is_first) or token.text.isascii())


def is_place(low: str) -> bool:
    """Whether a casefolded word says that this is a place, a thing or a unit."""
    return low in _WHOLE_PLACES or low.startswith(_PLACE_WORDS)
