"""A book that asks its reader for a file of the server, or for a word a milliard times, gets neither.

Nor does a document that LibreOffice converts make it open what it links to.
"""

from __future__ import annotations

import html
import socket
import zipfile
from contextlib import closing
from pathlib import Path

import pytest

from app.errors import Invalid
from import_tools.book import Book
from import_tools.book.office import convert_document
from import_tools.book.sandbox import find_office
from tests.import_tools.book.making import read_here, write_docx, write_xlsx

ROWS = [["ПІБ", "Телефон"], ["Чиж Олег Петрович", "2070"], ["Чуб Іван Іванович", "2071"]]
SECRET = "Нестеренко Галина Львівна"
LAUGHS = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))


def _with_entity(path: Path, member: str, kind: str, secret: Path) -> Path:
    """The same file, its first name an entity: a file's content, or ten to the ninth times a word."""
    declared = {
        "file": f'<!ENTITY a9 SYSTEM "{secret.as_uri()}">',
        "laughs": f'<!ENTITY a0 "ха">{LAUGHS}',
        "address": '<!ENTITY a9 SYSTEM "http://127.0.0.1:9/evil.dtd">',
    }[kind]
    changed = path.with_name(f"{kind}-{path.name}")
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(changed, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name == member:
                text = html.unescape(data.decode())
                text = text[text.index("?>") + 2 :] if text.startswith("<?xml") else text
                assert "Чиж Олег Петрович" in text
                text = text.replace("Чиж Олег Петрович", "&a9;")
                data = f'<?xml version="1.0" encoding="UTF-8"?><!DOCTYPE x [{declared}]>{text}'.encode()
            new.writestr(name, data)
    return changed


def _read(path: Path) -> Book | None:
    try:
        return read_here(path)
    except Invalid:
        return None


@pytest.mark.timeout(60)
@pytest.mark.parametrize("kind", ["file", "laughs", "address"])
@pytest.mark.parametrize("office", ["docx", "xlsx"])
def test_an_entity_brings_nothing_in(tmp_path: Path, office: str, kind: str) -> None:
    secret = tmp_path / "secret"
    secret.write_text(SECRET)
    if office == "docx":
        path, member = write_docx(tmp_path, ROWS), "word/document.xml"
    else:
        path, member = write_xlsx(tmp_path, ROWS), "xl/worksheets/sheet1.xml"
    book = _read(_with_entity(path, member, kind, secret))
    assert book is None or "Нестеренко" not in repr(book)
    assert book is None or len(repr(book)) < 100_000


LINKS = r"""{\rtf1\ansi Book {\field{\*\fldinst INCLUDEPICTURE "WEB/a.png"}{\fldrslt x}}
{\field{\*\fldinst INCLUDETEXT "WEB/b.rtf"}{\fldrslt y}} {\field{\*\fldinst INCLUDETEXT "FILE"}{\fldrslt z}}
{\*\template WEB/t.dot}\par}"""


def test_libreoffice_opens_nothing_that_a_document_links_to(tmp_path: Path) -> None:
    secret = tmp_path / "secret.rtf"
    secret.write_text(r"{\rtf1\ansi Nesterenko\par}")
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        text = LINKS.replace("WEB", f"http://127.0.0.1:{server.getsockname()[1]}").replace(
            "FILE", str(secret)
        )
        path = tmp_path / "book.rtf"
        path.write_text(text)
        (tmp_path / "out").mkdir()
        made = convert_document(path, "rtf", tmp_path / "out", soffice=find_office(), seconds=60)
        server.settimeout(0.2)
        with pytest.raises(TimeoutError):
            server.accept()
    with zipfile.ZipFile(made) as archive:
        body = archive.read("word/document.xml")
    assert b"Book" in body
    assert b"Nesterenko" not in body
