"""Letters over a real SMTP server: encrypted ways, refusals now and for ever, and nothing smuggled in."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from app.notify.mail import Letter, MailError, Problem, is_address, send_letter
from tests.support.authority import Authority
from tests.support.mail import PASSWORD, SENDER, USER, MailServer, mail_server
from tests.support.servers import free_port

pytestmark = pytest.mark.database("sqlite", reason="sending touches no database")
LETTER = Letter(
    "olena@corp.example", "Перший вхід", "Добрий день, Олено!", "<p>Добрий день, <b>Олено</b>!</p>"
)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def plain() -> Iterator[MailServer]:
    with mail_server() as server:
        yield server


def use(app: Flask, monkeypatch: pytest.MonkeyPatch, server: MailServer, **more: str) -> None:
    """Let the application send by this server."""
    monkeypatch.setitem(app.config, "MAIL_SERVER", server.settings(**more))
    monkeypatch.setitem(app.config, "MAIL_FROM", SENDER)


def problem_of(letter: Letter = LETTER) -> tuple[Problem, bool]:
    with pytest.raises(MailError) as caught:
        send_letter(letter)
    return caught.value.problem, caught.value.is_final


def test_letter_arrives_in_both_forms(app: Flask, monkeypatch: pytest.MonkeyPatch, plain: MailServer) -> None:
    use(app, monkeypatch, plain)
    send_letter(LETTER)
    (got,) = plain.letters
    assert (got.sender, got.recipients) == (SENDER, ["olena@corp.example"])
    assert (got.message["Subject"], got.message["To"]) == ("Перший вхід", "olena@corp.example")
    assert got.message["Auto-Submitted"] == "auto-generated"
    assert (got.text.strip(), got.html.strip()) == (LETTER.text, LETTER.html)
    assert got.message["Message-ID"].endswith("@corp.example>")


@pytest.mark.parametrize("protection", ["starttls", "tls"])
def test_letter_travels_encrypted_and_signed_in(
    app: Flask, monkeypatch: pytest.MonkeyPatch, authority: Authority, protection: str
) -> None:
    certificate = authority.issue("127.0.0.1")
    # the test's server offers no sign-in on a way that is encrypted from the beginning
    signs_in = protection == "starttls"
    secrets = {"user": USER, "password": PASSWORD} if signs_in else {}
    with mail_server(certificate, protection=protection, needs_sign_in=signs_in) as server:
        use(app, monkeypatch, server, **secrets, ca_file=str(authority.certificate))
        send_letter(LETTER)
        assert [letter.was_encrypted for letter in server.letters] == [True]


@pytest.mark.parametrize("protection", ["starttls", "tls"])
def test_server_that_cannot_prove_who_it_is_gets_nothing(
    app: Flask, monkeypatch: pytest.MonkeyPatch, authority: Authority, protection: str
) -> None:
    trusted = {"ca_file": str(authority.certificate)}
    with mail_server(authority.issue("mail.elsewhere.example"), protection=protection) as server:
        use(app, monkeypatch, server, **trusted)
        assert problem_of() == (Problem.CERTIFICATE, False)  # another's name
        use(app, monkeypatch, server)
        assert problem_of() == (Problem.CERTIFICATE, False)  # of an authority that nobody trusts
        assert server.letters == []


def test_encryption_that_was_asked_for_is_never_left_out(
    app: Flask, monkeypatch: pytest.MonkeyPatch, plain: MailServer
) -> None:
    use(app, monkeypatch, plain, protection="starttls", user=USER, password=PASSWORD)
    assert problem_of() == (Problem.CERTIFICATE, False)
    assert plain.letters == []


def test_wrong_password_of_the_helpdesk_is_told_apart(
    app: Flask, monkeypatch: pytest.MonkeyPatch, authority: Authority
) -> None:
    certificate = authority.issue("127.0.0.1")
    with mail_server(certificate, protection="starttls", needs_sign_in=True) as server:
        use(app, monkeypatch, server, user=USER, password="wrong", ca_file=str(authority.certificate))
        assert problem_of() == (Problem.SIGN_IN, False)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("451 come again", (Problem.BUSY, False)),
        ("452 full", (Problem.BUSY, False)),
        ("554 no", (Problem.REFUSED, True)),
    ],
)
def test_refusals_now_and_for_ever(
    app: Flask,
    monkeypatch: pytest.MonkeyPatch,
    plain: MailServer,
    answer: str,
    expected: tuple[Problem, bool],
) -> None:
    use(app, monkeypatch, plain)
    plain.answers.append(answer)
    assert problem_of() == expected
    plain.recipient_answer = answer
    assert problem_of() == expected
    plain.recipient_answer = ""
    send_letter(LETTER)
    assert len(plain.letters) == 1


def test_server_that_is_away(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    use(app, monkeypatch, MailServer(free_port(), "none"))
    assert problem_of() == (Problem.UNREACHABLE, False)


@pytest.mark.parametrize(
    "address",
    [
        "olena@corp.example\r\nBcc: thief@evil.example",
        "olena@corp.example\nX: y",
        "olena@corp.example, thief@evil.example",
        "olena@corp.example;thief@evil.example",
        "Olena <olena@corp.example>",
        "<olena@corp.example>",
        "olena@corp.example thief@evil.example",
        "@relay:olena@corp.example",
        "olena@",
        "@corp.example",
        "olena",
        "оlena@corp.example",
        "olena@corp.example\0",
        "a" * 65 + "@corp.example",
        "olena@" + "a" * 300,
        "-oQ/tmp@",
        "",
    ],
)
def test_nothing_but_one_bare_address_is_written_to(
    app: Flask, monkeypatch: pytest.MonkeyPatch, plain: MailServer, address: str
) -> None:
    use(app, monkeypatch, plain)
    assert not is_address(address)
    assert problem_of(Letter(address, "s", "t", "h")) == (Problem.REFUSED, True)
    assert plain.letters == []


def test_subject_cannot_become_another_header(
    app: Flask, monkeypatch: pytest.MonkeyPatch, plain: MailServer
) -> None:
    use(app, monkeypatch, plain)
    send_letter(Letter(LETTER.to, "Hello\r\nBcc: thief@evil.example\r\n\r\nbody", "t", "h"))
    (got,) = plain.letters
    assert got.recipients == [LETTER.to]
    assert "Bcc" not in got.message
    assert got.message["Subject"] == "Hello Bcc: thief@evil.example body"


def test_body_cannot_end_the_letter_early(
    app: Flask, monkeypatch: pytest.MonkeyPatch, plain: MailServer
) -> None:
    use(app, monkeypatch, plain)
    text = "one\n.\nMAIL FROM:<thief@evil.example>\n.\ntwo"
    send_letter(Letter(LETTER.to, "s", text, "h"))
    (got,) = plain.letters
    assert got.text.strip().replace("\r\n", "\n") == text


def test_without_a_server_only_the_fact_is_logged(
    app: Flask, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(app.config, "MAIL_SERVER", {})
    with caplog.at_level(logging.INFO):
        assert problem_of(Letter("olena@corp.example", "subject", "secret-in-text", "secret-in-html")) == (
            Problem.NO_SERVER,
            False,
        )
    assert "a letter to olena@corp.example was not sent" in caplog.text
    assert "secret-in" not in caplog.text


def test_the_authority_of_the_tests_is_there(authority: Authority) -> None:
    assert Path(authority.issue("127.0.0.1")[0]).exists()
