"""What a file is, told by its content: the ending of its name is only a hope."""

from __future__ import annotations

import re
import struct
import zipfile
from pathlib import Path

from import_tools.book.refusal import Refused

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_WORD = b"\xec\xa5"
_MOST_MEMBERS = 10_000
_BOF = b"\x09\x08\x10\x00\x00\x06\x05\x00"
_FILE_PASS = 0x2F
_PICTURES = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"BM", b"II*\x00", b"MM\x00*", b"RIFF")
_ARCHIVES = (b"Rar!", b"7z\xbc\xaf", b"\x1f\x8b", b"BZh", b"\xfd7zXZ")
_OLD_WORD = (b"\xdb\xa5", b"\x31\xbe\x00\x00", b"\x9b\xa5", b"\xdc\xa5")
_OLD_EXCEL = (b"\x09\x00\x04\x00", b"\x09\x02\x06\x00", b"\x09\x04\x06\x00", b"\x09\x08\x08\x00")
_ENDINGS = {
    "csv": {"csv", "tsv", "txt", "tab", "prn", ""},
    "xlsx": {"xlsx", "xlsm", "xltx", "xltm", ""},
    "docx": {"docx", "docm", "dotx", "dotm", ""},
    "html": {"html", "htm", ""},
}


def tell_kind(path: Path) -> str:
    """``csv xlsx xls ods docx doc rtf html``. Raises Refused for what is none of them."""
    data = path.read_bytes()
    head = data[:4096]
    if not data.strip(b"\x00\t\r\n \xef\xbb\xbf\xff\xfe"):
        raise Refused("empty")
    if head.startswith(b"PK\x03\x04"):
        return _zip_kind(path)
    if head.startswith(b"PK\x05\x06"):
        raise Refused("archive")
    if head.startswith(OLE):
        return _ole_kind(data)
    _refuse_strangers(head)
    plain = re.sub(rb"^\xef\xbb\xbf|\x00", b"", head).lstrip().lower()
    if plain.startswith(b"{\\rtf"):
        return "rtf"
    if plain.startswith(b"mime-version:"):
        raise Refused("web_archive")
    if b"urn:schemas-microsoft-com:office:spreadsheet" in plain:
        raise Refused("xml_sheet")
    if re.match(
        rb"(<\?xml[^>]*>\s*)?(<!--.*?-->\s*)*<(!doctype html|html|head|meta|style|body|table)\b", plain, re.S
    ):
        return "html"
    return "csv"


def lying_ending(name: str, kind: str) -> bool:
    """Whether the ending of the name promises another kind of file."""
    ending = Path(name).suffix.removeprefix(".").casefold()
    return ending not in _ENDINGS.get(kind, {kind, ""})


def _refuse_strangers(head: bytes) -> None:
    if b"%PDF-" in head[:1024]:
        raise Refused("pdf")
    if head.startswith(_PICTURES) and b"\x00" in head:
        raise Refused("picture")
    if head.startswith(_ARCHIVES):
        raise Refused("archive")
    if head.startswith(_OLD_WORD):
        raise Refused("old_word")
    if head.startswith(_OLD_EXCEL):
        raise Refused("old_excel")


def _zip_kind(path: Path) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            if len(members) > _MOST_MEMBERS:
                raise Refused("members", number=_MOST_MEMBERS)
            if any(member.flag_bits & 1 for member in members):
                raise Refused("password")
            names = {member.filename.replace("\\", "/") for member in members}
            if "mimetype" in names:
                return _open_document_kind(archive, names)
    except (zipfile.BadZipFile, NotImplementedError, OSError, ValueError, EOFError):
        raise Refused("damaged") from None
    if "xl/workbook.xml" in names:
        return "xlsx"
    if any(re.fullmatch(r"word/document\d*\.xml", name) for name in names):
        return "docx"
    if any(name.startswith(("xl/", "word/", "ppt/")) for name in names):
        raise Refused("other_office")
    raise Refused("archive")


def _open_document_kind(archive: zipfile.ZipFile, names: set[str]) -> str:
    with archive.open("mimetype") as member:
        kind = member.read(100).decode("ascii", "replace").strip()
    if "META-INF/manifest.xml" in names:
        with archive.open("META-INF/manifest.xml") as member:
            if b"encryption-data" in member.read(1_000_000):
                raise Refused("password")
    if kind.startswith("application/vnd.oasis.opendocument.spreadsheet"):
        return "ods"
    raise Refused("other_office")


def _ole_kind(data: bytes) -> str:
    def has(stream: str) -> bool:
        return stream.encode("utf-16-le") + b"\x00\x00" in data

    if has("EncryptedPackage"):
        raise Refused("password")
    if has("WordDocument"):
        if _word_has_password(data):
            raise Refused("password")
        return "doc"
    if has("Workbook") or has("Book"):
        if _workbook_has_password(data):
            raise Refused("password")
        return "xls"
    raise Refused("other_office")


def _word_has_password(data: bytes) -> bool:
    """The bit fEncrypted of the File Information Block ([MS-DOC] 2.5.2); it begins a sector of 512 bytes."""
    for start in range(512, len(data) - 12, 512):
        if data[start : start + 2] == _WORD:
            return bool(data[start + 11] & 1)
    return False


def _workbook_has_password(data: bytes) -> bool:
    """Whether a FilePass record ([MS-XLS] 2.4.117) is among the first of the workbook's."""
    place = data.find(_BOF)
    for _record in range(4):
        if place < 0 or place + 4 > len(data):
            break
        kind, length = struct.unpack_from("<HH", data, place)
        if kind == _FILE_PASS:
            return True
        place += 4 + length
    return False
