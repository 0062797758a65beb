"""The text of an HTML letter. Quotations become lines with ``>``, links keep where they really lead."""

from __future__ import annotations

import re
from typing import Any

from lxml import etree

MOST = 2_000_000  # characters of HTML that are read
_SKIPPED = {"script", "style", "head", "title", "template", "noscript", "object", "svg"}
_BLOCKS = {
    "address",
    "article",
    "blockquote",
    "center",
    "dd",
    "div",
    "dl",
    "dt",
    "fieldset",
    "figure",
    "footer",
}
_BLOCKS |= {"form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "ol", "p", "pre"}
_BLOCKS |= {"section", "table", "tbody", "tr", "ul"}
_SPACED = {"p", "h1", "h2", "h3", "blockquote", "table", "ul", "ol"}
_DEEPEST = 20  # quotations within quotations that are told apart


class _Lines:
    """Collects lines; ``depth`` counts the quotations that are open, ``skipped`` what nobody sees."""

    def __init__(self) -> None:
        self.lines: list[tuple[int, str]] = []
        self.current: list[str] = []
        self.depth = self.skipped = 0
        self.links: list[tuple[str, int]] = []

    def start(self, tag: str, attributes: Any) -> None:
        """A line ends before a block; a quotation begins."""
        if tag in _SKIPPED:
            self.skipped += 1
        elif tag == "br":
            self.end_line()
        elif tag in _BLOCKS:
            self._end_block(tag)
            self.depth += tag == "blockquote"
            if tag == "li":
                self.current.append("- ")
        elif tag in {"td", "th"} and self.current:
            self.current.append(" ")
        elif tag == "a":
            self.links.append((str(attributes.get("href") or "").strip(), len(self.current)))
        elif tag == "img":
            self.words(str(attributes.get("alt") or ""))

    def end(self, tag: str) -> None:
        """A line ends behind a block; a quotation ends."""
        if tag in _SKIPPED:
            self.skipped -= 1
        elif tag in _BLOCKS:
            self._end_block(tag)
            self.depth -= tag == "blockquote"
        elif tag == "a" and self.links:
            self._end_link(*self.links.pop())

    def words(self, text: str) -> None:
        """Words, with blanks as HTML sees them."""
        if not self.skipped:
            self.current.append(re.sub(r"[ \t\r\n\f]+", " ", text))

    def _end_link(self, link: str, began: int) -> None:
        """Where it leads stands behind the words, unless they are the address themselves."""
        said = "".join(self.current[began:]).strip()
        is_other = said and said.rstrip("/") != link.rstrip("/")
        if is_other and link.startswith(("http://", "https://")) and not self.skipped:
            self.current.append(f" ({link[:500]})")

    def end_line(self) -> None:
        """What was collected is a line."""
        self.lines.append((self.depth, re.sub(r" {2,}", " ", "".join(self.current)).strip()))
        self.current = []

    def _end_block(self, tag: str) -> None:
        if "".join(self.current).strip():
            self.end_line()
        self.current = []
        if tag in _SPACED and self.lines and self.lines[-1][1]:
            self.lines.append((self.depth, ""))


def html_to_text(html: str) -> str:
    """``html`` as plain text. Never raises; very long letters are cut."""
    # no entities of its own making, nothing from the network: it is HTML, and read from memory
    parser = etree.HTMLParser(encoding="utf-8", no_network=True, remove_comments=True, remove_pis=True)
    try:
        tree = etree.fromstring(html[:MOST].encode("utf-8", "replace"), parser)
    except etree.LxmlError:
        tree = None
    if tree is None:
        return ""
    lines = _Lines()
    for event, element in etree.iterwalk(tree, events=("start", "end")):
        if event == "start":
            lines.start(element.tag, element.attrib)
            lines.words(element.text or "")
        else:
            lines.end(element.tag)
            lines.words(element.tail or "")
    lines.end_line()
    drawn = [f"{'> ' * min(depth, _DEEPEST)}{line}".rstrip() for depth, line in lines.lines]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(drawn)).strip()
