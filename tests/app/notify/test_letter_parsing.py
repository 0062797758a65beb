"""Letters as people's programs write them, and as broken ones do: who, what, where the quotation begins."""

from __future__ import annotations

import time
from email.message import EmailMessage

import pytest

from app.notify.mailbox.charsets import decode
from app.notify.mailbox.html_text import html_to_text
from app.notify.mailbox.letter import Unreadable, read_head, read_letter
from app.notify.mailbox.marks import Mark
from app.notify.mailbox.quotes import split_reply
from tests.support.letters import OWN, write_letter

GMAIL_UK = "вт, 24 лист. 2026 р. о 10:21 Служба допомоги <helpdesk@corp.example> пише:"
GMAIL_RU = "вт, 24 нояб. 2026 г. в 10:21, Служба помощи <helpdesk@corp.example>:"
GMAIL_EN = "On Tue, Nov 24, 2026 at 10:21 AM Helpdesk <helpdesk@corp.example>\nwrote:"
THUNDERBIRD_UK = "24.11.2026 10:21, Служба допомоги пише:"
THUNDERBIRD_RU = "24.11.2026 10:21, Служба помощи пишет:"
THUNDERBIRD_EN = "On 24.11.2026 10:21, Helpdesk wrote:"
APPLE_UK = "24 лист. 2026 р. о 10:21 Helpdesk <helpdesk@corp.example> написав(-ла):"
APPLE_RU = "24 нояб. 2026 г., в 10:21, Helpdesk <helpdesk@corp.example> написал(а):"
GERMAN = "Am 24.11.2026 um 10:21 schrieb Helpdesk:"
WITH_QUOTES = (
    GMAIL_UK,
    GMAIL_RU,
    GMAIL_EN,
    THUNDERBIRD_UK,
    THUNDERBIRD_RU,
    THUNDERBIRD_EN,
    APPLE_UK,
    APPLE_RU,
)
OUTLOOK_UK = """________________________________
Від: Helpdesk <helpdesk@corp.example>
Надіслано: вівторок, 24 листопада 2026 р. 10:21
Кому: Коваленко Олена
Тема: #12 Принтер

Спробуйте ще раз."""
OUTLOOK_RU = """От: Helpdesk <helpdesk@corp.example>
Отправлено: вторник, 24 ноября 2026 г. 10:21
Кому: Коваленко Олена
Тема: #12 Принтер

Попробуйте ещё раз."""
OUTLOOK_EN = """From: Helpdesk <helpdesk@corp.example>
Sent: Tuesday, November 24, 2026 10:21
To: Olena
Subject: #12 Printer

Try again."""
OUTLOOK_OLD = "-----Original Message-----\nFrom: Helpdesk\nSent: Tuesday\nTo: Olena\n\nTry again."
OUTLOOK_OLD_RU = "-----Исходное сообщение-----\nFrom: Helpdesk\n\nПопробуйте ещё раз."
SAID = "Дякую, вже друкує.\nАле:\n- без кольорів\n- повільно"


@pytest.mark.parametrize("heading", [*WITH_QUOTES, GERMAN])
def test_answer_over_quoted_lines_is_what_was_said(heading: str) -> None:
    parts = split_reply(f"{SAID}\n\n{heading}\n\n> Спробуйте ще раз.\n>\n> > Не друкує.\n")
    assert parts.said == SAID
    assert parts.folded.startswith(heading[:10])


@pytest.mark.parametrize("below", [OUTLOOK_UK, OUTLOOK_RU, OUTLOOK_EN, OUTLOOK_OLD, OUTLOOK_OLD_RU])
def test_answer_over_outlooks_heading_is_what_was_said(below: str) -> None:
    parts = split_reply(f"{SAID}\n\n{below}")
    assert (parts.said, parts.folded) == (SAID, below)


@pytest.mark.parametrize(
    "signature",
    [
        "-- \nОлена\nтел. 12-34",
        "З повагою,\nОлена Коваленко",
        "С уважением, Елена",
        "Best regards,\nOlena",
        "Надіслано з iPhone",
        "Отправлено из мобильной Почты Mail.ru",
        "Sent from my iPhone",
    ],
)
def test_signature_is_folded(signature: str) -> None:
    parts = split_reply(f"{SAID}\n\n{signature}\n")
    assert (parts.said, parts.folded) == (SAID, signature)


def test_words_between_quotations_keep_them() -> None:
    text = f"{GMAIL_UK}\n> Який кабінет?\nДванадцятий.\n> Телефон?\n11-22"
    assert split_reply(text).said == text


@pytest.mark.parametrize(
    "text",
    [
        "Зустріч о 10:21, Петро написав:\nі нічого не сталося",
        "Що я пробував:\n1. вимкнув\n2. увімкнув",
        "Від: кого завгодно\nпросто рядок",
        "> лише цитата",
        "",
    ],
)
def test_what_only_looks_like_a_quotation_stays(text: str) -> None:
    parts = split_reply(text)
    assert f"{parts.said}\n{parts.folded}".strip() == text
    assert parts.said == text


def test_forwarded_letter_belongs_to_a_matter_that_begins() -> None:
    text = (
        "Прошу зробити.\n\n---------- Forwarded message ---------\nFrom: Шеф\nSubject: Терміново\n\nЗробіть."
    )
    assert split_reply(text, keeps_forwarded=True).said == text
    assert split_reply(text).said == "Прошу зробити."


@pytest.mark.parametrize(
    "evil",
    [
        "On " + "a " * 100_000 + "wrote:",
        ("On " + "a" * 140 + " \n") * 2000,
        "From: x\n" * 20_000,
        ("x 10:21 " * 30 + ":\n") * 5000,
        "12:30 <a@bb>:\n" * 20_000,
        ">" * 500_000,
    ],
    ids=range(6),
)
def test_no_text_makes_the_folding_work_for_long(evil: str) -> None:
    start = time.process_time()
    split_reply(evil)
    assert time.process_time() - start < 3


@pytest.mark.parametrize("charset", ["koi8-u", "windows-1251", "utf-8", "iso-8859-5", "cp866"])
@pytest.mark.parametrize("declared", [True, False])
def test_cyrillic_is_read_in_any_charset_declared_or_not(charset: str, declared: bool) -> None:
    text = "Не друкує принтер у дванадцятому кабінеті"
    header = f"; charset={charset}" if declared else ""
    raw = (
        (
            f"From: olena@corp.example\r\nContent-Type: text/plain{header}\r\n"
            "Content-Transfer-Encoding: 8bit\r\n"
            "Subject: "
        ).encode()
        + text.encode(charset, "replace")
        + b"\r\n\r\n"
        + text.encode(charset, "replace")
    )
    letter = read_letter(raw)
    expected = text.encode(charset, "replace").decode(charset)
    if charset != "iso-8859-5" or declared:
        assert letter.text == expected
    if charset not in {"iso-8859-5", "cp866"}:
        assert letter.subject == expected


def test_charset_that_there_is_not_or_that_is_a_bomb_is_guessed() -> None:
    for declared in ("x-unknown", "rot13", "zip", "windows-1251\0", ""):
        assert decode("Привіт".encode(), declared) == "Привіт"
    assert decode(b"\xff\xfe\xfd", "utf-8")


def test_headers_are_read_however_they_are_written() -> None:
    raw = (
        b"From: =?windows-1251?B?zuvl7eA=?= <Olena@Corp.Example>\r\n"
        b"To: =?utf-8?q?=D0=A1?= <helpdesk@corp.example>, other@corp.example\r\n"
        b"Subject: =?utf-8?B?0J/RgNC4?=\r\n =?utf-8?B?0L3RgtC10YA=?=\r\n"
        b"In-Reply-To: <one@corp.example> (a comment)\r\n"
        b"References: <zero@corp.example>\r\n <one@corp.example>\r\n"
        b"Message-ID:\r\n <letter@corp.example>\r\n\r\ntext"
    )
    letter = read_letter(raw)
    assert (letter.sender.name, letter.sender.address) == ("Олена", "olena@corp.example")
    assert letter.subject == "Принтер"
    assert letter.recipients == (OWN, "other@corp.example")
    assert letter.answers == ("one@corp.example", "zero@corp.example")
    assert letter.message_id == "letter@corp.example"
    assert letter.external_id.startswith("letter@corp.example#")


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"From: <<<>>>\r\n",
        b"From: =?utf-8?b?!!!?= <a@b\r\n",
        b"From: a@b.c\r\nFrom: c@d.e\r\n",
        b"From\r\n",
        b"From: " + b"(" * 3000 + b"\r\n",
        b"Content-Type: multipart/mixed\r\n",
        b"Date: \xff\r\nTo: \xff\r\n",
        b"Content-Type: text/plain; charset*0*=\xff''x; charset=\"\r\n",
        b"From: a@b.c, \r\nSubject: =?x?q?=ff?=\r\n",
    ],
    ids=range(10),
)
def test_broken_headers_break_nothing(head: bytes) -> None:
    raw = b"X-First: 1\r\n" + head + b"\r\ntext"
    try:
        letter = read_letter(raw)
    except Unreadable:
        return
    assert letter.sender.address in {"", "a@b", "a@b.c"}
    assert read_head(raw)


def test_html_alone_is_read_as_text_with_its_quotation_folded() -> None:
    html = (
        "<html><head><title>x</title><style>p{}</style></head><body><p>Дякую &amp; до&nbsp;зустрічі</p>"
        f'<div class="gmail_quote"><div>{THUNDERBIRD_UK}</div><blockquote><p>Спробуйте</p></blockquote></div>'
        '<script>alert(1)</script><a href="https://evil.example/">https://bank.example</a></body></html>'
    )
    message = EmailMessage()
    message["From"] = "olena@corp.example"
    message.set_content(html, subtype="html")
    text = read_letter(message.as_bytes()).text
    assert "alert" not in text
    assert "https://bank.example (https://evil.example/)" in text
    parts = split_reply(text.partition("https://bank")[0])
    assert parts.said.split() == ["Дякую", "&", "до", "зустрічі"]
    assert "> Спробуйте" in parts.folded
    assert html_to_text("") == html_to_text("<!-- -->") == ""


def test_plain_version_and_files_are_taken_apart() -> None:
    inner = write_letter(subject="Вкладений")
    raw = write_letter(text="plain", html="<p>rich</p>", files=(("a.bin", b"\0\1"), ("лист.eml", inner)))
    letter = read_letter(raw)
    assert letter.text == "plain"
    assert [(file.name, file.data) for file in letter.files] == [("a.bin", b"\0\1"), ("лист.eml", inner)]
    assert letter.mark is Mark.PERSON


def test_letter_within_a_letter_is_a_file() -> None:
    outer, inner = EmailMessage(), EmailMessage()
    inner["Subject"], outer["From"] = "Inner", "a@corp.example"
    inner.set_content("inside")
    outer.set_content("outside")
    outer.add_attachment(inner)
    letter = read_letter(outer.as_bytes())
    assert letter.text == "outside"
    assert letter.files[0].name == "Inner.eml"
    assert b"inside" in letter.files[0].data


@pytest.mark.parametrize(
    "raw",
    [
        b"A: b\n" * 2500 + b"\n",
        b"A: " + b"b" * 300_000,
        b"A: b\n\n" + b"--x\nContent-Type: text/plain\n\n\n" * 400,
        b"A: b\n\n" + b"--x\n" * 7000,
        b"no line end",
    ],
    ids=range(5),
)
def test_letters_made_to_hurt_are_not_parsed(raw: bytes) -> None:
    with pytest.raises(Unreadable):
        read_letter(raw)
