"""Made-up directories and phone books whose true pairs are known, for the bench and the tests of the join.

About two thousand people; half of them stand in the book under all kinds of spellings, two hundred rows
are people whom the directory does not know, a dozen are no people. Every seed draws its own part of the
names, so that namesakes are as frequent as in a real house.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from import_tools.joining import BookRecord, PersonRecord
from tests.bench.name_pool import MEN, SURNAMES, THINGS, UNITS, WOMEN, Pair
from tests.bench.spelling import feminine, latin, look_alike, mistype, other_apostrophe

FIRST_NAMES, FAMILIES = 66, 133


@dataclass(frozen=True)
class Human:
    """Somebody: (Ukrainian, Russian) surname, first name, patronymic."""

    surname: tuple[str, str]
    first: tuple[str, str]
    patronymic: tuple[str, str]
    unit: str
    maiden: str = ""

    def words(self, language: int) -> list[str]:
        """Surname, first name, patronymic in Ukrainian (0) or Russian (1)."""
        return [self.surname[language], self.first[language], self.patronymic[language]]


@dataclass
class Directory:
    """Two lists and the truth: row's key → person's key."""

    people: list[PersonRecord] = field(default_factory=list)
    rows: list[BookRecord] = field(default_factory=list)
    truth: dict[str, str] = field(default_factory=dict)


def make_directory(
    seed: int,
    *,
    people: int = 2000,
    pairs: int = 1000,
    strangers: int = 200,
    things: int = 12,
    extra: float = 0.25,
    units: bool = False,
) -> Directory:
    """A directory; ``extra``: the share of rows with further kinds of noise; ``units``: the book tells them
    too.
    """
    dice = random.Random(f"directory {seed}")
    everybody = _humans(dice, people + strangers)
    there, unknown = everybody[:people], everybody[people:]
    found = Directory()
    logins = Counter[str]()
    for human in there:
        found.people.append(_account(human, logins, dice))
    chosen = dice.sample(range(people), pairs)
    rows: list[tuple[str, str, str]] = [
        (_entry(there[number], dice, extra), found.people[number].key, there[number].unit)
        for number in chosen
    ]
    rows += [(_entry(human, dice, extra), "", human.unit) for human in unknown]
    rows += [(dice.choice(THINGS), "", "") for _ in range(things)]
    dice.shuffle(rows)
    for number, (text, key, unit) in enumerate(rows, 1):
        found.rows.append(BookRecord(str(number), text, unit=unit if units and dice.random() < 0.85 else ""))
        if key:
            found.truth[str(number)] = key
    return found


def _humans(dice: random.Random, count: int) -> list[Human]:
    """People of whom no two have the same surname, first name and patronymic, as long as the names last."""
    families = dice.sample(SURNAMES, FAMILIES)
    men, women = dice.sample(MEN, FIRST_NAMES // 2), dice.sample(WOMEN, FIRST_NAMES // 2)
    found: dict[object, Human] = {}
    tries = 0
    while len(found) < count:
        human = _human(dice, families, men, women)
        tries += 1
        found.setdefault(
            (human.surname, human.first, human.patronymic) if tries < 3 * count else tries, human
        )
    return list(found.values())


def _human(
    dice: random.Random, families: list[Pair], men: list[tuple[Pair, Pair, Pair]], women: list[Pair]
) -> Human:
    surname, father = dice.choice(families), dice.choice(men)
    unit = dice.choice(UNITS)
    if dice.random() < 0.45:
        return Human(surname, dice.choice(men)[0], father[1], unit)
    hers = (feminine(surname[0]), feminine(surname[1]))
    maiden = feminine(dice.choice(families)[0]) if dice.random() < 0.08 else ""
    return Human(hers, dice.choice(women), father[2], unit, maiden)


def _account(human: Human, logins: Counter[str], dice: random.Random) -> PersonRecord:
    surname, first, _patronymic = human.words(0)
    login = f"{latin(first)[0]}.{latin(surname)}".lower().replace("-", "")
    logins[login] += 1
    if logins[login] > 1:
        login += str(logins[login])
    chance = dice.random()
    if chance < 0.60:
        name = " ".join(human.words(0))
    elif chance < 0.66:
        name = " ".join(human.words(1))
    elif chance < 0.83:
        name = f"{first} {surname}"
    else:
        name = f"{latin(first)} {latin(surname)}"
    return PersonRecord(login, name, unit=human.unit, login=login, email=f"{login}@corp.example")


def _entry(human: Human, dice: random.Random, extra: float) -> str:
    """How the person stands in the book."""
    if dice.random() < extra:
        return dice.choice(_FURTHER)(human, dice)
    words = human.words(1 if dice.random() < 0.15 else 0)
    chance = dice.random()
    if chance < 0.08:
        return f"{words[0]} {words[1][0]}.{words[2][0]}."
    if chance < 0.16:
        return f"{words[0]} {words[1][0]}. {words[2][0]}."
    if chance < 0.24:
        return " ".join(words[:2])
    if chance < 0.32:
        return " ".join([mistype(words[0], dice), *words[1:]])
    if chance < 0.37:
        return f" {words[0]}\xa0{words[1]}  {words[2]} "
    if chance < 0.42:
        return " ".join([words[0].upper(), *words[1:]])
    if chance < 0.45:
        return look_alike(" ".join(words), dice)
    if chance < 0.47:
        return f"{dice.choice(('к.т.н.', 'доц.', 'проф.'))} {' '.join(words)}"
    return " ".join(words)


_Noise = Callable[[Human, random.Random], str]


def _language(human: Human, dice: random.Random) -> list[str]:
    return human.words(int(dice.random() < 0.15))


def _latin_row(human: Human, dice: random.Random) -> str:
    surname, first, _patronymic = human.words(0)
    system = dice.choice(("kmu", "older", "russian"))
    words = human.words(1) if system == "russian" else [surname, first]
    return " ".join(latin(word, system) for word in words[:2][:: dice.choice((1, -1))])


def _initials_first(human: Human, dice: random.Random) -> str:
    surname, first, patronymic = _language(human, dice)
    return f"{first[0]}.{dice.choice(('', ' '))}{patronymic[0]}. {surname}"


def _half_initial(human: Human, dice: random.Random) -> str:
    surname, first, patronymic = _language(human, dice)
    return dice.choice(
        (
            f"{surname} {first} {patronymic[0]}.",
            f"{surname} {first[0]}.",
            f"{surname}{first[0]}.{patronymic[0]}.",
        )
    )


def _turned(human: Human, dice: random.Random) -> str:
    surname, first, patronymic = _language(human, dice)
    return dice.choice(
        (f"{first} {patronymic} {surname}", f"{first} {surname}", f"{surname}, {first} {patronymic}")
    )


def _maiden(human: Human, dice: random.Random) -> str:
    surname, first, patronymic = human.words(0)
    if not human.maiden:
        return f"{surname} {first} {patronymic}"
    shape = dice.choice(
        ("{} ({}) {} {}", "{0} {2} {3} ({1})", "{0} (дів. {1}) {2} {3}", "{0}-{1} {2} {3}", "{1}-{0} {2} {3}")
    )
    return shape.format(surname, human.maiden, first, patronymic)


def _noted(human: Human, dice: random.Random) -> str:
    before = (
        "",
        "",
        "к.е.н., доц. ",
        "д-р ",
        "PhD ",
        "зав. каф. ",
        "інж. ",
        "ст. викл. ",
        "в.о. ",
        "Проф. ",
        "асистент ",
    )
    after = ("", " (декрет)", ", стажер", " (0.5 ст.)", " - нач. відділу", ", к.ф.-м.н.", " *", " (внутр.)")
    surname, first, patronymic = _language(human, dice)
    name = dice.choice((f"{surname} {first} {patronymic}", f"{surname} {first[0]}.{patronymic[0]}."))
    return dice.choice(before) + name + dice.choice(after)


def _signs(human: Human, dice: random.Random) -> str:
    text = other_apostrophe(" ".join(_language(human, dice)), dice)
    wrong = dice.choice(("\u00ad", "\u200b", " ", "\u00a0"))
    place = text.index(" ") if wrong in " \u00a0" else dice.randrange(2, len(text))
    return text[:place] + wrong + text[place:]


def _letters(human: Human, dice: random.Random) -> str:
    text = " ".join(_language(human, dice))
    old, new = dice.choice(
        (
            ("ё", "е"),
            ("і", "и"),
            ("и", "і"),
            ("і", "i"),
            ("ї", "і"),
            ("є", "е"),
            ("І", "l"),
            ("о", "0"),
            ("ґ", "г"),
        )
    )
    return text.replace(old, new)


def _mistyped(human: Human, dice: random.Random) -> str:
    words = _language(human, dice)
    place = dice.choice((0, 1, 1, 2, 2))
    words[place] = mistype(words[place], dice)
    return " ".join(words)


def _loud(human: Human, dice: random.Random) -> str:
    text = " ".join(_language(human, dice))
    return text.upper() if dice.random() < 0.6 else text.lower()


_FURTHER: tuple[_Noise, ...] = (
    _latin_row, _initials_first, _half_initial, _turned, _maiden, _noted, _signs, _letters, _mistyped,
    _mistyped, _loud,
)  # fmt: skip
