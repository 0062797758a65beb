"""Phone books: read whatever their form, in a process of its own, with every wrong row named by its line."""

from __future__ import annotations

from import_tools.book.model import Book, BookEntry, Limits, Problem
from import_tools.book.reader import read_book

__all__ = ["Book", "BookEntry", "Limits", "Problem", "read_book"]
