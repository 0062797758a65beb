"""The join of two lists: what is linked, what is left to a person, what never is."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from import_tools.joining import BookRecord, Match, Mode, Outcome, PersonRecord, join
from tests.bench.directories import make_directory


def _people(*names: str) -> list[PersonRecord]:
    return [PersonRecord(f"p{number}", name) for number, name in enumerate(names)]


def _rows(*names: str) -> list[BookRecord]:
    return [BookRecord(f"r{number}", name) for number, name in enumerate(names)]


CROWD = _people("Коваль Іван Петрович", "Марченко Ольга Іванівна", "Руденко Надія Павлівна",
    "Швець Остап Ігорович",
                "Мазур Алла Юріївна", "Заєць Роман Олегович", "Бойко Тарас Андрійович",
                "Жук Зоя Романівна")  # fmt: skip


def _only(name: str, people: list[PersonRecord], mode: Mode = Mode.BALANCED) -> Match:
    return join([*people, *(PersonRecord(f"x{p.key}", p.name) for p in CROWD)], _rows(name), mode=mode)[0]


@pytest.mark.parametrize(
    "row",
    [
        "Гончаренко Катерина Сергіївна",
        "Катерина Сергіївна Гончаренко",
        "Гончаренко Екатерина Сергеевна",
        "Honcharenko Kateryna Serhiivna",
        "ГОНЧАРЕНКО К.С.",
        "К. С. Гончаренко",
        "Гончаренко Катерина С.",
        "Гончареко Катерина Сергіївна",
        "Гончраенко Катерина Сергіївна",
        "Гончаренко Катрина Сергіївна",
        "Гончаренко (Мороз) Катерина Сергіївна",
        "Мороз (Гончаренко) Катерина Сергіївна",
        "Гончаренко-Мороз Катерина Сергіївна",
        "доц., к.е.н. Гончаренко Катерина Сергіївна (декрет)",
    ],
)
def test_every_spelling_is_linked_to_its_person(row: str) -> None:
    match = _only(row, _people("Гончаренко Катерина Сергіївна"))
    assert (match.outcome, match.key) == (Outcome.SURE, "p0")


def test_namesakes_are_never_guessed() -> None:
    people = _people("Іваненко Олена Петрівна", "Іваненко Оксана Павлівна")
    for mode in Mode:
        match = _only("Іваненко О.П.", people, mode)
        assert (match.outcome, match.key) == (Outcome.DOUBTFUL, None)
        assert {candidate.key for candidate in match.candidates[:2]} == {"p0", "p1"}
        assert "namesakes-2" in match.evidence


def test_a_patronymic_tells_namesakes_apart() -> None:
    people = _people("Іваненко Олена Петрівна", "Іваненко Олена Романівна")
    assert _only("Іваненко Елена Романовна", people).key == "p1"


def test_a_unit_tells_namesakes_apart() -> None:
    people = [
        PersonRecord("a", "Іваненко Олена Петрівна", unit="Бухгалтерія"),
        PersonRecord("b", "Іваненко Оксана Павлівна", unit="Бібліотека"),
        *(PersonRecord(p.key, p.name, unit="Канцелярія") for p in CROWD),
    ]
    (match,) = join(people, [BookRecord("1", "Іваненко О.П.", unit="бібліотека")], mode=Mode.LEAST_WORK)
    assert match.candidates[0].key == "b"
    assert "unit-same" in match.candidates[0].evidence


@pytest.mark.parametrize("mode", Mode)
@pytest.mark.parametrize("other", ["Швець Людмила", "ШВЕЦЬ  Людмила", "Людмила Швець", "Liudmyla Shvets"])
def test_a_display_name_of_two_people_is_never_linked(mode: Mode, other: str) -> None:
    people = [
        PersonRecord("a", "Швець Людмила", unit="Бухгалтерія"),
        PersonRecord("b", other, unit="Канцелярія"),
        *CROWD,
    ]
    rows = [BookRecord("1", "Швець Людмила", unit="Бухгалтерія"), BookRecord("2", "Швець Л.")]
    for match in join(people, rows, mode=mode):
        assert match.key is None
        assert match.candidates


@pytest.mark.parametrize(
    "thing", ["Приймальня", "Факс", "Черговий", "Бухгалтерія", "Коваль", "Приймальня Коваль І.П.", ""]
)
@pytest.mark.parametrize("mode", Mode)
def test_what_is_no_person_is_never_linked(thing: str, mode: Mode) -> None:
    assert _only(thing, _people("Коваль Іван Петрович", "Черговий Іван Петрович"), mode).key is None


def test_another_person_of_the_same_surname_is_not_linked() -> None:
    people = _people("Іваненко Олена Петрівна")
    for row in ("Іваненко Тарас Петрович", "Іваненко Олена Романівна", "Іваненко Т.П.", "Козлов О."):
        assert _only(row, people).key is None


def test_a_man_is_not_his_sister() -> None:
    assert _only("Козлова Л.П.", _people("Козлов Лев Петрович")).key is None


def test_a_refused_pair_is_neither_linked_nor_shown() -> None:
    people, rows = [*_people("Іваненко Олена Петрівна"), *CROWD[1:]], _rows("Іваненко Олена Петрівна")
    assert join(people[:1], rows)[0].key == "p0"
    (match,) = join(people, rows, refused={("r0", "p0")})
    assert match.key is None
    assert "p0" not in [candidate.key for candidate in match.candidates]


def test_empty_lists_are_joined() -> None:
    assert join([], []) == []
    assert join(CROWD, []) == []
    assert [match.outcome for match in join([], _rows("Коваль Іван"))] == [Outcome.UNMATCHED]


def test_nobody_is_linked_twice_and_the_order_changes_nothing() -> None:
    made = make_directory(3, people=400, pairs=200, strangers=40)
    dice = random.Random(1)
    people, rows = dice.sample(made.people, len(made.people)), dice.sample(made.rows, len(made.rows))
    for mode in Mode:
        matches = join(made.people, made.rows, mode=mode)
        assert [match.row for match in matches] == [row.key for row in made.rows]
        linked = [match.key for match in matches if match.key]
        assert len(linked) == len(set(linked)) > 50
        again = {match.row: match for match in join(people, rows, mode=mode)}
        assert [(m.outcome, m.key) for m in matches] == [
            (again[m.row].outcome, again[m.row].key) for m in matches
        ]


_NOISE = st.sampled_from(["blanks", "apostrophe", "capitals", "soft hyphen", "no-break"])


@settings(max_examples=25, deadline=None)
@given(noise=st.lists(_NOISE, min_size=1, max_size=3), shape=st.sampled_from("’ʼ`´‘"))
def test_noise_that_says_nothing_changes_nothing(noise: list[str], shape: str) -> None:
    names = ["Дем'яненко Мар'яна Ігорівна", "В'ячеслав Лук'янов", "Прокоп'юк Д.П.", "Коваль Іван"]
    people = [
        *_people(
            "Дем'яненко Мар'яна Ігорівна", "Лук'янов В'ячеслав Юрійович", "Прокоп'юк Дар'я", "Коваль Інна"
        ),
        *CROWD[4:],
    ]

    def spoil(name: str) -> str:
        for kind in noise:
            name = {
                "blanks": f"  {name.replace(' ', '   ')} ",
                "apostrophe": name.replace("'", shape),
                "capitals": name.upper(),
                "soft hyphen": name[:3] + "\u00ad" + name[3:],
                "no-break": name.replace(" ", "\xa0"),
            }[kind]
        return name

    people = [PersonRecord(f"k{number}", person.name) for number, person in enumerate(people)]
    plain, spoiled = join(people, _rows(*names)), join(people, _rows(*map(spoil, names)))
    assert [(m.outcome, m.key) for m in plain] == [(m.outcome, m.key) for m in spoiled]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(max_size=40), max_size=6), st.lists(st.text(max_size=40), max_size=6))
def test_any_texts_are_joined(names: list[str], entries: list[str]) -> None:
    matches = join(_people(*names), _rows(*entries))
    assert len(matches) == len(entries)
    linked = [match.key for match in matches if match.key]
    assert len(linked) == len(set(linked))
