"""Files that are not read: each for its own reason, in words that say what to do."""

from __future__ import annotations

import io
import struct
import zipfile
from pathlib import Path

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.errors import Invalid
from import_tools.book import Book, Limits, read_book
from import_tools.book.kinds import OLE
from import_tools.book.model import MEGABYTE
from tests.import_tools.book.making import convert, read_here, write, write_csv, write_docx, write_xlsx

ROWS = [["ПІБ", "Телефон"], ["Чиж О.П.", "2070"]]


def _archive(members: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return stream.getvalue()


def _ole(*streams: str, head: bytes = b"") -> bytes:
    names = b"".join(stream.encode("utf-16-le").ljust(64, b"\x00") + bytes(64) for stream in streams)
    return OLE + bytes(504) + head.ljust(512, b"\x00") + names


MANIFEST = b'<manifest:file-entry><manifest:encryption-data manifest:checksum="x"/></manifest:file-entry>'
PROTECTED_WORD = b"\xec\xa5\xc1\x00" + bytes(6) + b"\x00\x01"
STRANGERS = [
    ("book.csv", b"", "empty"),
    ("book.xlsx", b"\x00" * 100, "empty"),
    ("book.csv", b"\xef\xbb\xbf\r\n \r\n", "empty"),
    ("book.xlsx", b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "picture"),
    ("book.xlsx", b"%PDF-1.7\n1 0 obj", "PDF"),
    ("book.csv", b"PK\x05\x06" + bytes(18), "archive"),
    ("book.xlsx", _archive({"book.csv": b"x"}), "archive"),
    ("book.csv", b"Rar!\x1a\x07\x01\x00" + bytes(20), "archive"),
    ("book.xlsx", _archive({"ppt/presentation.xml": b"<p/>"}), "another kind"),
    ("book.odt", _archive({"mimetype": b"application/vnd.oasis.opendocument.text"}), "another kind"),
    ("book.xlsx", _ole("EncryptionInfo", "EncryptedPackage"), "password"),
    ("book.doc", _ole("WordDocument", head=PROTECTED_WORD), "password"),
    (
        "book.ods",
        _archive(
            {
                "mimetype": b"application/vnd.oasis.opendocument.spreadsheet",
                "META-INF/manifest.xml": MANIFEST,
            }
        ),
        "password",
    ),
    ("book.xls", _ole("PowerPoint Document"), "another kind"),
    ("book.xls", _ole("Workbook"), "damaged"),
    ("book.doc", b"\xdb\xa5\x2d\x00" + bytes(100), "before 1997"),
    ("book.xls", b"\x09\x02\x06\x00\x00\x00\x10\x00", "too old"),
    (
        "book.xls",
        b"<?xml version='1.0'?><Workbook xmlns='urn:schemas-microsoft-com:office:spreadsheet'/>",
        "XML",
    ),
    ("book.doc", b"MIME-Version: 1.0\r\nContent-Type: multipart/related\r\n", "web page"),
    ("book.csv", bytes(range(256)) * 4, "neither"),
    ("book.xlsx", _archive({"xl/workbook.xml": b"<workbook"}), "damaged"),
    ("book.docx", _archive({"word/document.xml": b"<w:document"}), "damaged"),
    ("book.docx", _archive({"word/document.xml": b"<a/>", "_rels/.rels": b"<r/>"}), "damaged"),
    ("book.csv", "Слова, слова.\nІ знову слова!\n".encode(), "headers"),
    ("book.csv", "ПІБ;ПІБ;Телефон\nЧиж О.П.;Чуб І.І.;2070\n".encode(), "twice"),
    ("book.csv", "ПІБ;Телефон\n;\n".encode(), "nobody below"),
    ("book.html", b"<html><body><p>Hello</p></body></html>", "no table"),
]


@pytest.mark.parametrize(("name", "data", "word"), STRANGERS)
def test_each_kind_of_unreadable_file_has_its_own_sentence(
    tmp_path: Path, name: str, data: bytes, word: str
) -> None:
    with pytest.raises(Invalid, match=word):
        read_here(write(tmp_path, name, data))


def test_the_refusal_of_a_picture_named_xlsx_says_that_the_name_lies(tmp_path: Path) -> None:
    picture = write(tmp_path, "photo", b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR")
    with pytest.raises(Invalid, match=r"ends in \.xlsx.*picture"):
        read_here(picture, "Довідник.XLSX")
    with pytest.raises(Invalid, match=r"^This is a picture"):
        read_here(picture, "photo.png")


def test_an_old_workbook_with_a_password_is_refused(tmp_path: Path) -> None:
    xls = convert(write_xlsx(tmp_path, ROWS), "xls")
    data = xls.read_bytes()
    # a FilePass record in place of what follows the first BOF
    start = data.index(b"\x09\x08\x10\x00\x00\x06\x05\x00") + 20
    record = struct.pack("<HHHHH", 0x2F, 54, 1, 1, 1) + bytes(48)
    xls.write_bytes(data[:start] + record + data[start + len(record) :])
    with pytest.raises(Invalid, match="password"):
        read_here(xls)


def test_a_packed_file_with_the_bit_of_a_password_is_refused(tmp_path: Path) -> None:
    data = bytearray(_archive({"xl/workbook.xml": b"<workbook/>"}))
    data[data.rindex(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(Invalid, match="password"):
        read_here(write(tmp_path, "book.xlsx", bytes(data)))


def test_without_libreoffice_a_doc_says_what_to_do(tmp_path: Path) -> None:
    path = write(tmp_path, "book.doc", _ole("WordDocument", head=b"\xec\xa5"))
    with pytest.raises(Invalid, match=r"\.doc need LibreOffice.*save the file as \.docx"):
        read_book(path, programs=str(tmp_path))


def test_a_doc_that_libreoffice_cannot_read_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, "book.doc", _ole("WordDocument", head=b"\xec\xa5"))
    with pytest.raises(Invalid, match=r"LibreOffice could not|no table"):
        read_book(path)


def test_a_file_above_the_limit_is_not_even_opened(tmp_path: Path) -> None:
    path = write_csv(tmp_path, ROWS)
    heard: list[int] = []
    with pytest.raises(Invalid, match="larger"):
        read_book(path, limits=Limits(file_bytes=10), progress=lambda percent, _step: heard.append(percent))
    assert heard == []


def test_too_many_cells_are_refused(tmp_path: Path) -> None:
    for path in (write_csv(tmp_path, ROWS), write_xlsx(tmp_path, ROWS), write_docx(tmp_path, ROWS)):
        with pytest.raises(Invalid, match="more than 3 cells"):
            read_book(path, limits=Limits(cells=3))


def test_too_many_members_are_refused(tmp_path: Path) -> None:
    data = _archive({"xl/workbook.xml": b"<workbook/>", **{f"x/{n}": b"" for n in range(10_000)}})
    with pytest.raises(Invalid, match="more than 10000 parts"):
        read_here(write(tmp_path, "book.xlsx", data))


def test_a_sheet_that_stretches_to_its_last_corner_is_refused(tmp_path: Path) -> None:
    path = write_xlsx(tmp_path, ROWS)
    workbook = openpyxl.load_workbook(path)
    workbook.active["XFD1048576"] = "x"
    workbook.save(path)
    with pytest.raises(Invalid, match=r"cells|memory"):
        read_book(path)


def test_an_empty_workbook_has_no_table(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="no table"):
        read_here(write_xlsx(tmp_path, []))


def _lying(data: bytes, name: bytes) -> bytes:
    """The archive with a member that claims to be ten bytes long."""
    changed = bytearray(data)
    for mark, size, text in ((b"PK\x03\x04", 22, 30), (b"PK\x01\x02", 24, 46)):
        start = -1
        while (start := changed.find(mark, start + 1)) >= 0:
            if changed[start + text : start + text + len(name)] == name:
                changed[start + size : start + size + 4] = struct.pack("<I", 10)
    return bytes(changed)


@pytest.mark.parametrize("honest", [True, False])
def test_m18_a_bomb_is_refused_whatever_it_says_of_its_size(tmp_path: Path, honest: bool) -> None:
    bomb = _archive({"xl/workbook.xml": b"<workbook/>", "xl/worksheets/sheet1.xml": b" " * 40 * MEGABYTE})
    data = bomb if honest else _lying(bomb, b"xl/worksheets/sheet1.xml")
    assert len(data) < 100_000
    with pytest.raises(Invalid, match="unpacks to more than 20 MB"):
        read_here_limited(write(tmp_path, "book.xlsx", data))


def read_here_limited(path: Path) -> Book:
    """In the process of its own, with a small limit."""
    return read_book(path, limits=Limits(unpacked_bytes=20 * MEGABYTE, memory_bytes=300 * MEGABYTE))


_PIECES = st.sampled_from(
    [*"ПІБ;,\n\t|\"'-/().\x00\ufeff", "\r\n", "Іван", "2070", "<table>", "Чиж О.П.;2070\n"]
)
_TEXTS = st.lists(_PIECES).map(lambda pieces: "".join(pieces).encode())
_HEADS = [b"", b"PK\x03\x04", OLE, b"{\\rtf", b"<table><tr><td>", "ПІБ;Телефон\n".encode(), b"\xff\xfe"]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(head=st.sampled_from(_HEADS), data=st.one_of(st.binary(max_size=300), _TEXTS))
def test_no_bytes_do_more_than_be_read_or_refused(tmp_path: Path, head: bytes, data: bytes) -> None:
    path = write(tmp_path, "book.csv", head + data)
    try:
        book = read_here(path)
    except Invalid:
        return
    assert book.entries or book.problems
    assert all(entry.name.strip() and entry.line > 0 and entry.row > 0 for entry in book.entries)
    assert [entry.row for entry in book.entries] == sorted({entry.row for entry in book.entries})


@pytest.mark.parametrize("kind", ["xlsx", "xls", "ods"])
def test_a_workbook_cut_off_on_its_way_is_damaged(tmp_path: Path, kind: str) -> None:
    path = write_xlsx(tmp_path, ROWS)
    data = (path if kind == "xlsx" else convert(path, kind)).read_bytes()
    for part in range(1, 10):
        with pytest.raises(Invalid, match=r"damaged|another kind"):
            read_here(write(tmp_path, f"part.{kind}", data[: len(data) * part // 10]))
