"""Tables of Word documents and of web pages. A heading above a table is a row of it with that one cell."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from docx.oxml import parse_xml
from docx.oxml.ns import qn
from lxml import etree, html

from import_tools.book.refusal import Refused
from import_tools.book.tables import Budget, Merge, Row, Table
from import_tools.book.texts import decode_text

_OFFICE_DOCUMENT = "/officeDocument"
_LONGEST_HEADING = 100
_MOST_SPAN = 1_000


def read_document(path: Path, budget: Budget) -> list[Table]:
    """The tables of a .docx. Lines are the rows counted through the whole document. Raises Refused."""
    try:
        with zipfile.ZipFile(path) as archive:
            body = parse_xml(archive.read(_main_part(archive))).find(qn("w:body"))
    except (etree.XMLSyntaxError, KeyError, zipfile.BadZipFile):
        raise Refused("damaged") from None
    if body is None:
        raise Refused("damaged")
    tables, heading, line = [], "", 0
    for element in _blocks(body):
        if element.tag == qn("w:p"):
            heading = _text(element) or heading
            continue
        table = Table("", list(_word_rows(element, line, budget)))
        table.merges = _word_merges(element)
        line += len(element.findall(qn("w:tr")))
        if heading and len(heading) <= _LONGEST_HEADING:
            table.name, table.heading = heading, True
        heading = ""
        tables.append(table)
    return tables


def _main_part(archive: zipfile.ZipFile) -> str:
    for relation in etree.fromstring(archive.read("_rels/.rels"), etree.XMLParser(resolve_entities=False)):
        if (relation.get("Type") or "").endswith(_OFFICE_DOCUMENT):
            return str(relation.get("Target")).lstrip("/")
    return "word/document.xml"


def _blocks(body: Any) -> Iterator[Any]:
    """Paragraphs and tables in their order, those within content controls too."""
    for element in body:
        if element.tag in (qn("w:p"), qn("w:tbl")):
            yield element
        elif element.tag == qn("w:sdt"):
            content = element.find(qn("w:sdtContent"))
            if content is not None:
                yield from _blocks(content)


def _text(element: Any) -> str:
    """The text of a paragraph or a cell; deleted text of tracked changes is not there."""
    paragraphs = [element] if element.tag == qn("w:p") else element.iter(qn("w:p"))
    return "\n".join("".join(_pieces(paragraph)) for paragraph in paragraphs).strip()


def _pieces(paragraph: Any) -> Iterator[str]:
    for piece in paragraph.iter(qn("w:t"), qn("w:br"), qn("w:cr"), qn("w:tab"), qn("w:noBreakHyphen")):
        if piece.tag == qn("w:t"):
            yield piece.text or ""
        elif piece.tag == qn("w:noBreakHyphen"):
            yield "-"
        elif piece.getparent().tag == qn("w:r"):
            yield "\t" if piece.tag == qn("w:tab") else "\n"


def _word_cells(row: Any) -> Iterator[tuple[int, int, Any]]:
    """Place, breadth and element of each cell."""
    place = row.grid_before
    for cell in row.tc_lst:
        yield place, cell.grid_span, cell
        place += cell.grid_span


def _word_rows(table: Any, above: int, budget: Budget) -> Iterator[Row]:
    for number, row in enumerate(table.tr_lst, start=1):
        cells: list[str] = []
        for place, _breadth, cell in _word_cells(row):
            if place > _MOST_SPAN:
                raise Refused("damaged")
            cells.extend([""] * (place - len(cells)))
            cells.append("" if _continues(cell) else _text(cell))
        budget.spend(len(cells))
        if any(cells):
            yield Row(number, above + number, cells)


def _word_merges(table: Any) -> list[Merge]:
    merges: dict[int, Merge] = {}
    done = []
    for number, row in enumerate(table.tr_lst, start=1):
        for place, breadth, cell in _word_cells(row):
            before = merges.get(place)
            if _continues(cell) and before and before.bottom == number - 1:
                merges[place] = Merge(before.top, place, number, before.right)
                continue
            if before:
                done.append(before)
            merges[place] = Merge(number, place, number, place + breadth - 1)
    return [
        merge for merge in (*done, *merges.values()) if merge.bottom > merge.top or merge.right > merge.left
    ]


def _continues(cell: Any) -> bool:
    return bool(cell.vMerge == "continue")


def read_page(path: Path, budget: Budget) -> list[Table]:
    """The tables of a web page, which programs like to name .xls. Raises Refused."""
    text, encoding = decode_text(path.read_bytes())
    try:
        # a line of the source is none of the page
        source = text.replace("\r", " ").replace("\n", " ").encode()
        page = html.document_fromstring(source, parser=html.HTMLParser(encoding="utf-8"))
    except (etree.ParserError, etree.XMLSyntaxError, ValueError):
        raise Refused("damaged") from None
    tables, line = [], 0
    for element in page.iter("table"):
        # a table within a table only arranges the page
        if element.find(".//table") is None:
            rows = list(element.iter("tr"))
            tables.append(_page_table(rows, line, budget, encoding))
            line += len(rows)
    return tables


def _page_table(rows: list[Any], above: int, budget: Budget, encoding: str) -> Table:
    table = Table("", [], encoding=encoding)
    covered: set[tuple[int, int]] = set()
    for number, row in enumerate(rows, start=1):
        cells: list[str] = []
        for cell in row.iterchildren("td", "th"):
            while (number, len(cells)) in covered:
                cells.append("")
            place, across, down = len(cells), _span(cell, "colspan"), _span(cell, "rowspan")
            for rule in cell.iter("br"):
                rule.tail = "\n" + (rule.tail or "")
            cells += [cell.text_content().strip(), *[""] * (across - 1)]
            if across > 1 or down > 1:
                table.merges.append(Merge(number, place, number + down - 1, place + across - 1))
                below = range(number + 1, min(number + down, len(rows) + 1))
                covered.update((beneath, place + step) for beneath in below for step in range(across))
            budget.spend(across * down)
        if any(cells):
            table.rows.append(Row(number, above + number, cells))
    return table


def _span(cell: Any, name: str) -> int:
    text = cell.get(name) or "1"
    return max(1, min(int(text), _MOST_SPAN)) if text.isdecimal() else 1
