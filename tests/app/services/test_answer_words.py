"""What a message means: three languages, any case, numbers written in any way."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.services.answer_words import Command, Word, parse

TAKE, DONE, TO = Word.TAKE, Word.DONE, Word.TO


@pytest.mark.parametrize(
    "text",
    [
        "take 123",
        "Take #123",
        "TAKE № 123.",
        "/take 123",
        " беру №123!",
        "Взяти 123",
        "взяти в роботу 123",
        "взять: 123",
        "взять заявку #123, пожалуйста",
        "123 беру",
        "№123 - взяв",
        "take\n123",
    ],
)
def test_take_is_understood(text: str) -> None:
    assert parse(text) == Command(TAKE, 123)


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("done 123 changed the cartridge", Command(DONE, 123, rest="changed the cartridge")),
        ("Готово №123: замінив картридж, 2 шт.", Command(DONE, 123, rest="замінив картридж, 2 шт.")),
        ("сделано 123", Command(DONE, 123)),
        ("зроблено", Command(DONE)),
        ("done changed 2 cartridges", Command(DONE, rest="changed 2 cartridges")),
        ("коментар 123 буду о 14:00", Command(Word.COMMENT, 123, rest="буду о 14:00")),
        ("комментарий #123\nпервая\nвторая", Command(Word.COMMENT, 123, rest="первая\nвторая")),
        ("to printers 123", Command(TO, 123, place="printers")),
        ("to 123 printers", Command(TO, 123, place="printers")),
        ("в принтери №123", Command(TO, 123, place="принтери")),
        ("кому: Сектор 2, 123", Command(TO, 123, place="Сектор 2")),
        ("передати 123 на Олена Коваленко", Command(TO, 123, place="Олена Коваленко")),
        ("to printers 123 not ours", Command(TO, 123, place="printers", rest="not ours")),
        ("to printers", Command(TO, place="printers")),
        ("to 123", Command(TO, 123)),
        ("відпустити 123", Command(Word.RELEASE, 123)),
        ("отпустить #123", Command(Word.RELEASE, 123)),
        ("? 123", Command(Word.SHOW, 123)),
        ("?№123", Command(Word.SHOW, 123)),
        ("#123", Command(Word.SHOW, 123)),
        ("?", Command(Word.HELP)),
        ("? як тут писати", Command(Word.HELP)),
        ("Допомога", Command(Word.HELP)),
        ("помощь!", Command(Word.HELP)),
        ("мої", Command(Word.LIST)),
        ("мои заявки", Command(Word.LIST)),
        ("take 12 13", Command(TAKE, is_unclear=True)),
        ("take 99999999999999999999", Command(TAKE, 2**31)),
        ("take", Command(TAKE)),
    ],
)
def test_command_is_understood(text: str, command: Command) -> None:
    assert parse(text) == command


@pytest.mark.parametrize(
    "text",
    ["", "  ", "дякую", "ok", "!!!", "В кабінеті 12 не працює світло", "на обіді", "taken 12 aback", "\x00"],
)
def test_talk_is_no_command(text: str) -> None:
    assert parse(text) is None


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=60))
def test_nothing_breaks_it(text: str) -> None:
    for said in (text, f"done {text}", f"to {text}", f"? {text}"):
        command = parse(said)
        assert command is None or command.ticket is None or 0 <= command.ticket <= 2**31
