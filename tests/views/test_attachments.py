"""A ticket's files: only for who sees the ticket, under their own names, never as a page of ours."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.services import attachment_files
from app.services.attachments import clean_name, store, sweep
from models import Attachment
from tests.support.factories import make_department, make_user
from tests.support.letter_office import Office
from tests.support.queries import count_queries
from tests.support.signing import sign_in

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 50
PAGE = b"<html><script>alert(1)</script></html>"
NAME = 'Інструкція "нова"; \\ № 5.html'


@pytest.fixture
def office(session: Session, app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Office:
    """The firm; attachments lie in a folder of the test's."""
    monkeypatch.setitem(app.config, "VAR_DIR", tmp_path)
    office = Office(session)
    office.receive(files=((NAME, PAGE), ("a.png", PNG), ("b.png", b"MZ\x90\0no picture")))
    return office


def fetch(client: FlaskClient, url: str) -> Any:
    """The whole answer, with the file behind it closed."""
    with client.get(url) as answer:
        answer.get_data()
        return answer


def urls(office: Office) -> list[str]:
    """The addresses of the files, in order."""
    rows = office.session.scalars(select(Attachment).order_by(Attachment.id))
    return [f"/tickets/{one.ticket_id}/attachments/{one.id}" for one in rows]


def test_file_is_saved_under_its_own_name_and_never_run(client: FlaskClient, office: Office) -> None:
    sign_in(client, office.worker)
    answer = fetch(client, urls(office)[0])
    assert (answer.status_code, answer.data) == (200, PAGE)
    assert answer.mimetype == "text/plain"
    disposition = answer.headers["Content-Disposition"]
    assert disposition.startswith("attachment;")
    assert "filename*=UTF-8''%D0%86%D0%BD%D1%81%D1%82%D1%80" in disposition
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"


def test_only_a_true_picture_is_shown(client: FlaskClient, office: Office) -> None:
    sign_in(client, office.worker)
    true, false = (fetch(client, url) for url in urls(office)[1:])
    assert (true.mimetype, true.headers["Content-Disposition"].split(";")[0]) == ("image/png", "inline")
    assert not false.mimetype.startswith("image/")
    assert false.headers["Content-Disposition"].startswith("attachment;")


def test_hidden_file_answers_like_a_missing_one(client: FlaskClient, office: Office) -> None:
    url = urls(office)[0]
    ticket, number = url.split("/")[2], url.rsplit("/", 1)[1]
    other = office.ticket()
    sign_in(client, make_user(office.session, employee_of=[make_department(office.session)]))
    hidden = client.get(url)
    missing = client.get(f"/tickets/{ticket}/attachments/999999")
    assert (hidden.status_code, missing.status_code) == (404, 404)
    sign_in(client, office.worker)
    assert client.get(f"/tickets/{other.id}/attachments/{number}").status_code == 404
    for number in ("0", str(2**31), str(10**30)):
        assert client.get(f"/tickets/{ticket}/attachments/{number}").status_code == 404
    client.get("/logout/")


def test_stranger_without_account_gets_nothing(client: FlaskClient, office: Office) -> None:
    assert client.get(urls(office)[0]).status_code == 302


def test_file_lies_under_a_random_name_for_us_alone(office: Office, tmp_path: Path) -> None:
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(files) == 3
    for path in files:
        assert path.stat().st_mode & 0o777 == 0o600
        assert path.parent == tmp_path / "attachments" / path.name[:2] / path.name[2:4]
        assert len(path.name) == 32
    for bad in ("../../etc/passwd", "A" * 32, "", "a" * 31):
        with pytest.raises(ValueError, match=bad[:3] or "^$"):
            attachment_files.path_of(bad)


def test_ticket_page_shows_its_files_in_one_statement_more(client: FlaskClient, office: Office) -> None:
    sign_in(client, office.worker)
    plain = office.ticket()
    for number in range(3):
        office.receive(text=f"more {number}", In_Reply_To="<x@y>", files=((f"{number}.txt", b"x"),))
    ticket = urls(office)[0].split("/")[2]
    for path in (f"/tickets/{plain.id}", f"/tickets/{ticket}"):
        client.get(path)
    with count_queries() as without:
        client.get(f"/tickets/{plain.id}")
    with count_queries() as sent:
        page = client.get(f"/tickets/{ticket}").get_data(as_text=True)
    assert len(sent) <= len(without) + 1, str(sent)
    assert "Інструкція" in page
    assert "Коваленко Олена" in page
    assert urls(office)[0] in page
    assert client.get(f"/tickets/{ticket}/print").status_code == 200


def test_what_no_row_names_is_swept_after_a_day(
    office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    orphan = store(b"lost", "lost.txt")
    assert sweep(office.session) == 0
    monkeypatch.setattr("app.services.attachment_files.time.time", lambda: 10**10)
    assert sweep(office.session) == 1
    assert not attachment_files.path_of(orphan.stored_name).exists()
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 3


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("../../etc/passwd", "_.._etc_passwd"),
        ("C:\\a\\b.txt", "C:_a_b.txt"),
        ("a\nb\0\u202egpj.exe", "a bgpj.exe"),
        ("", "файл"),
        ("я" * 300 + ".docx", "я" * 194 + "….docx"),
    ],
)
def test_names_are_shown_in_one_line_without_folders(app: Flask, typed: str, kept: str) -> None:
    assert clean_name(typed) == kept


@pytest.mark.parametrize(
    ("data", "name", "kind"),
    [
        (PNG, "x.html", "image/png"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "", "image/webp"),
        (b"%PDF-1.7", "x.exe", "application/pdf"),
        (
            b"PK\x03\x04rest",
            "Звіт.DOCX",
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        ),
        (b"PK\x03\x04rest", "x.png", "application/zip"),
        (b"<svg onload='x'>", "x.svg", "text/plain"),
        ("привіт".encode()[:-1], "", "text/plain"),
        (b"\0\1\2\3", "x.pdf", "application/octet-stream"),
        (b"", "", "application/octet-stream"),
    ],
)
def test_kind_is_told_from_the_bytes(data: bytes, name: str, kind: str) -> None:
    assert attachment_files.type_of(data, name) == kind
