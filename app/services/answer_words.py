"""What a person writes from a messenger: a word, a ticket's number, the rest. Three languages, forgiving."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from app.services.rows import LARGEST_ID
from app.services.typed import clean_text


class Word(StrEnum):
    """What may be asked for."""

    TAKE = "take"
    RELEASE = "release"
    DONE = "done"
    TO = "to"
    COMMENT = "comment"
    SHOW = "show"
    LIST = "list"
    HELP = "help"


_WORDS = {
    Word.TAKE: "take took взяти взяв взяла візьму беру взять взял возьму мое моє",
    Word.RELEASE: "release free відпустити відпускаю звільнити отпустить отпускаю освободить",
    Word.DONE: (
        "done complete completed ready готово готова зроблено зробив зробила виконано виконав виконала "
        "сделано сделал сделала выполнено выполнил выполнила"
    ),
    Word.TO: "to transfer кому передати передай передаю передать на до в у",
    Word.COMMENT: "comment note коментар примітка комментарий примечание",
    Word.SHOW: "show показати покажи показать",
    Word.LIST: "list my mine список мої мои",
    Word.HELP: "help допомога довідка помощь справка команди команды start",
}
_MEANINGS = {one: word for word, many in _WORDS.items() for one in many.split()}
_PREPOSITIONS = frozenset({"to", "кому", "на", "до", "в", "у"})
# in a sentence they mean something else: nothing may follow the number
_COMMON = frozenset({"на", "до", "в", "у"})
_HEAD = re.compile(r"[\s/!.,«\"'*-]*([^\W\d_]+)")
_NUMBER_FIRST = re.compile(r"[\s/]*[#№]?\s*(\d+)[\s.,:;-]+([^\W\d_]+)(.*)", re.DOTALL)
_ONLY_NUMBER = re.compile(r"[\s/]*[#№]?\s*\d+\W*")
_AT_START = re.compile(r"[\s:,.-]*[#№]?\s*(\d+)(?=[\s:;,.!—–-]|$)[\s:;,.—–-]*")
_NUMBER = re.compile(r"(?<!\w)(?P<mark>[#№]\s*)?(?P<number>\d+)(?=[\s:;,.!)—–-]|$)")
_EDGES = " \t\n:;,.!—–-«»\"'"


@dataclass(frozen=True)
class Command:
    """``ticket`` is None when no number was written; ``place``: where to; ``rest``: what is to be said."""

    word: Word
    ticket: int | None = None
    place: str = ""
    rest: str = ""
    is_unclear: bool = False  # more than one number where one ticket is meant


def parse(text: str) -> Command | None:
    """The command of a message; None when there is none in it."""
    text = clean_text(text)
    if text.startswith("?"):
        return _about_one(Word.SHOW, text[1:]) if _NUMBER.search(text[1:]) else Command(Word.HELP)
    if _ONLY_NUMBER.fullmatch(text):
        return _about_one(Word.SHOW, text)
    if swapped := _NUMBER_FIRST.match(text):  # "123 take"
        text = f"{swapped[2]} {swapped[1]} {swapped[3]}"
    head = _HEAD.match(text)
    spoken = _plain(head[1]) if head else ""
    word = _MEANINGS.get(spoken)
    if head is None or word is None:
        return None
    rest = text[head.end() :]
    if word in (Word.LIST, Word.HELP):
        return Command(word)
    if word == Word.TO:
        return _transfer(rest, spoken)
    if word in (Word.DONE, Word.COMMENT):
        return _saying(word, rest)
    return _about_one(word, rest)


def _plain(word: str) -> str:
    return word.casefold().replace("ё", "е")


def _about_one(word: Word, rest: str) -> Command:
    numbers = [match["number"] for match in _NUMBER.finditer(rest)]
    if len(numbers) > 1:
        return Command(word, is_unclear=True)
    return Command(word, _number(numbers[0]) if numbers else None)


def _saying(word: Word, rest: str) -> Command:
    """The number stands first; what follows is said under the ticket."""
    start = _AT_START.match(rest)
    if start is None:
        return Command(word, rest=rest.strip(_EDGES))
    return Command(word, _number(start[1]), rest=rest[start.end() :].strip())


def _transfer(rest: str, spoken: str) -> Command | None:
    """``printers 123``, ``123 printers``, ``printers 123 the reason``."""
    numbers = list(_NUMBER.finditer(rest))
    chosen = _chosen(numbers, rest)
    if chosen is None:
        return None if spoken in _COMMON else Command(Word.TO, place=_place(rest))
    before, after = _place(rest[: chosen.start()]), rest[chosen.end() :].strip(_EDGES)
    if not before:
        before, after = _place(after), ""
    if spoken in _COMMON and after:
        return None
    return Command(Word.TO, _number(chosen["number"]), place=before, rest=after)


def _chosen(numbers: list[re.Match[str]], rest: str) -> re.Match[str] | None:
    """Which of the numbers is the ticket's: the marked one, the one at the end, the first."""
    if not numbers:
        return None
    marked = [match for match in numbers if match["mark"]]
    if marked:
        return marked[0]
    is_last = not rest[numbers[-1].end() :].strip(_EDGES)
    return numbers[-1] if is_last else numbers[0]


def _place(text: str) -> str:
    words = text.strip(_EDGES).split()
    while words and _plain(words[0]) in _PREPOSITIONS:
        words.pop(0)
    return " ".join(words).strip(_EDGES)


def _number(digits: str) -> int:
    """A number no ticket has stays one that no ticket has, however long it is."""
    return int(digits) if len(digits) < 11 else LARGEST_ID + 1
