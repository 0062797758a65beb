"""Headers as people write them."""

from __future__ import annotations

import pytest

from import_tools.book.headers import meaning
from import_tools.columns import field_of, find_columns


@pytest.mark.parametrize(
    ("header", "field"),
    [
        ("П.І.Б.", "name"),
        ("Прізвище, ім'я та по батькові", "name"),
        ("Прізвище, ініціали", "name"),
        ("Фамилия, имя и отчество", "name"),
        ("Фамилия И.О.", ""),
        ("№ телефону", "phone"),
        ("Внутр. тел.", "phone"),
        ("Моб. тел.", "phone"),
        ("Міський телефон", "phone"),
        ("Городской телефон", "phone"),
        ("№ каб.", "room"),
        ("Аудиторія", "room"),
        ("Назва підрозділу", "unit"),
        ("Дата", ""),
    ],
)
def test_a_header_is_known_however_it_is_written(header: str, field: str) -> None:
    assert field_of(header) == field


@pytest.mark.parametrize(
    ("header", "field"),
    [
        ("Телефон (внутрішній, 4 цифри)", "phone"),
        ("Каб. (корпус 2)", "room"),
        ("ПІБ (повністю)", "name"),
        ("Посада / звання", "job_title"),
        ("Логін", ""),
        ("Дата", ""),
    ],
)
def test_a_phone_book_may_add_words_to_a_header(header: str, field: str) -> None:
    assert meaning(header) == field


def test_phones_are_read_from_all_their_columns() -> None:
    assert find_columns(["Прізвище, ініціали", "Внутр. тел.", "Моб. тел."])["phone"] == [1, 2]
