"""What calamine does not tell of a workbook: errors, empty formulas, 000 formats, merges in .ods."""

from __future__ import annotations

import posixpath
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from lxml import etree

from import_tools.book.tables import Fault, Merge

_XML: dict[str, Any] = {"resolve_entities": False, "no_network": True, "huge_tree": False}
_SHEET_REL = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_CALC = "{urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0}"
_MOST_REPEATS = 2_000_000


@dataclass
class Unseen:
    """By row number and column place: what is wrong with a cell, the digits of numbers like 007."""

    faults: dict[int, dict[int, Fault]] = field(default_factory=dict)
    zeros: dict[int, dict[int, int]] = field(default_factory=dict)
    merges: list[Merge] = field(default_factory=list)


def read_unseen(path: Path, kind: str) -> dict[str, Unseen]:
    """What is known of each sheet by its name; nothing for an .xls, which is no XML."""
    if kind not in {"xlsx", "ods"}:
        return {}
    try:
        with zipfile.ZipFile(path) as archive:
            return dict(_xlsx(archive) if kind == "xlsx" else _ods(archive))
    except (etree.XMLSyntaxError, KeyError):
        # calamine has the last word on whether the file can be read
        return {}


def _local(element: Any) -> str:
    return str(etree.QName(element).localname)


def _xlsx(archive: zipfile.ZipFile) -> Iterator[tuple[str, Unseen]]:
    parser = etree.XMLParser(**_XML)
    relations = etree.fromstring(archive.read("xl/_rels/workbook.xml.rels"), parser)
    targets = {relation.get("Id"): relation.get("Target") for relation in relations}
    zeros = _zero_formats(archive)
    for sheet in etree.fromstring(archive.read("xl/workbook.xml"), parser).iter("{*}sheet"):
        target = posixpath.normpath(posixpath.join("/xl", targets.get(sheet.get(_SHEET_REL)) or "")).lstrip(
            "/"
        )
        if target in archive.namelist():
            with archive.open(target) as stream:
                yield str(sheet.get("name")), _xlsx_sheet(stream, zeros)


def _zero_formats(archive: zipfile.ZipFile) -> dict[str, int]:
    """The styles that write a number with leading zeros, and how many digits they write."""
    if "xl/styles.xml" not in archive.namelist():
        return {}
    styles = etree.fromstring(archive.read("xl/styles.xml"), etree.XMLParser(**_XML))
    formats = {
        item.get("numFmtId"): len(str(item.get("formatCode")))
        for item in styles.iter("{*}numFmt")
        if re.fullmatch("0{2,20}", str(item.get("formatCode")))
    }
    used = [item.get("numFmtId") for cells in styles.iter("{*}cellXfs") for item in cells]
    return {str(style): formats[number] for style, number in enumerate(used) if number in formats}


def _xlsx_sheet(stream: IO[bytes], zeros: dict[str, int]) -> Unseen:
    found = Unseen()
    row, place = 0, 0
    for event, element in etree.iterparse(stream, events=("start", "end"), tag=("{*}row", "{*}c"), **_XML):
        kind = _local(element)
        if event == "start":
            # a row or a cell without its address stands next to the one before
            address = re.fullmatch(r"([A-Z]{0,3})(\d{1,7})", element.get("r") or "")
            if kind == "row":
                row, place = int(address[2]) if address else row + 1, -1
            else:
                place = _place(address[1]) if address and address[1] else place + 1
            continue
        if kind == "c":
            _note_cell(found, element, row, place, zeros)
        element.clear(keep_tail=False)
        while element.getprevious() is not None:
            del element.getparent()[0]
    return found


def _note_cell(found: Unseen, cell: Any, row: int, place: int, zeros: dict[str, int]) -> None:
    value = cell.findtext("{*}v") or ""
    if cell.get("t") == "e":
        found.faults.setdefault(row, {})[place] = Fault("error_cell", {"text": value[:60]})
    elif not value and cell.find("{*}f") is not None and cell.get("t") != "str":
        formula = (cell.findtext("{*}f") or "")[:60]
        found.faults.setdefault(row, {})[place] = Fault("formula", {"text": f"={formula}"})
    elif cell.get("s") in zeros and cell.get("t") in (None, "n"):
        found.zeros.setdefault(row, {})[place] = zeros[cell.get("s")]


def _place(letters: str) -> int:
    place = 0
    for letter in letters:
        place = place * 26 + ord(letter) - 64
    return place - 1


def _ods(archive: zipfile.ZipFile) -> Iterator[tuple[str, Unseen]]:
    with archive.open("content.xml") as stream:
        name, row, found = "", 1, Unseen()
        tags = (f"{_TABLE}table", f"{_TABLE}table-row")
        for event, element in etree.iterparse(stream, events=("start", "end"), tag=tags, **_XML):
            if element.tag == tags[0]:
                if event == "start":
                    name, row, found = element.get(f"{_TABLE}name") or "", 1, Unseen()
                else:
                    yield name, found
                    element.clear()
            elif event == "end":
                _note_row(found, element, row)
                row += _count(element, "number-rows-repeated")
                element.clear()


def _note_row(found: Unseen, element: Any, row: int) -> None:
    place = 0
    for cell in element:
        down, across = _count(cell, "number-rows-spanned"), _count(cell, "number-columns-spanned")
        if down > 1 or across > 1:
            found.merges.append(Merge(row, place, row + down - 1, place + across - 1))
        if cell.get(f"{_CALC}value-type") == "error":
            text = "".join(cell.itertext())[:60]
            found.faults.setdefault(row, {})[place] = Fault("error_cell", {"text": text})
        place += _count(cell, "number-columns-repeated")


def _count(element: Any, name: str) -> int:
    text = element.get(_TABLE + name) or "1"
    return min(int(text), _MOST_REPEATS) if text.isdecimal() else 1
