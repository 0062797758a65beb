"""SECURITY.md says only what is so: its places, its tests, its sums and its numbers are those of the tree."""

from __future__ import annotations

import ast
import re
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

import config
from app import sockets
from app.security import passwords, second_factor, second_step
from app.services import account, bulk, client_rows, comments, corrections, first_login, saved_views, tickets
from import_tools.book import Limits, kinds
from views.api.base import LARGEST_PAGE

ROOT = Path(__file__).resolve().parent.parent
TEXT = (ROOT / "SECURITY.md").read_text("utf-8")
STATUSES = ("met", "partly", "not met", "does not apply")
NUMBER = re.compile(r"V(1?\d)\.[1-9]\d?\.[1-9]\d?")
CHAPTERS = (
    "Signing in", "Sessions", "Who may what", "What is accepted", "Files", "What costs much",
    "How secrets are kept", "Whom it speaks to", "What data there are", "Logs", "Libraries",
    "Duties of the firm",
)  # fmt: skip
# of ASVS 5.0.0
REQUIREMENTS = {"1": 70, "2": 183}


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def _named(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


ROWS = [_cells(line) for line in TEXT.splitlines() if line.startswith("| V") and NUMBER.match(line[2:])]


@cache
def _tests_of(path: Path) -> frozenset[str]:
    return frozenset(
        n.name for n in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(n, ast.FunctionDef)
    )


def test_every_requirement_of_both_levels_has_one_row() -> None:
    assert {len(row) for row in ROWS} == {7}
    assert [row[0] for row in ROWS if not NUMBER.fullmatch(row[0])] == []
    assert [number for number, times in Counter(row[0] for row in ROWS).items() if times > 1] == []
    assert Counter(row[1] for row in ROWS) == REQUIREMENTS


def test_rows_stand_in_order_below_their_chapters() -> None:
    numbers = [tuple(int(part) for part in row[0][1:].split(".")) for row in ROWS]
    assert numbers == sorted(numbers)
    headings = re.findall(r"^### V(\d+) ", TEXT, re.MULTILINE)
    assert headings == [str(number) for number in range(1, 18)]
    for part in re.split(r"^### ", TEXT, flags=re.MULTILINE)[1:]:
        chapter = part.split()[0]
        found = [line[2:] for line in part.splitlines() if line.startswith("| V")]
        assert found, chapter
        assert all(line.startswith(f"{chapter}.") for line in found), chapter


@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_row_names_what_there_is(row: list[str]) -> None:
    _number, _level, words, status, places, tests, remark = row
    assert words
    assert status in STATUSES
    assert [place for place in _named(places) if not (ROOT / place).is_file()] == []
    for test in _named(tests):
        path, _colons, name = test.partition("::")
        assert name.startswith("test_"), test
        assert name in _tests_of(ROOT / path), test
    if status == "met":
        assert _named(places)
        assert _named(tests)
    else:
        assert remark


def test_sums_are_those_of_the_rows() -> None:
    told = {cells[0]: [int(cell) for cell in cells[1:]] for cells in _sums()}
    for title, numbers in told.items():
        rows = [row for row in ROWS if _is_of(row, title)]
        counts = Counter(row[3] for row in rows)
        assert numbers == [*(counts[status] for status in STATUSES), len(rows)], title
    assert len(told) == 17 + 2


def _sums() -> list[list[str]]:
    part = TEXT.split("| chapter | met |")[1].split("###")[0]
    return [_cells(line) for line in part.splitlines()[2:] if line.startswith("|")]


def _is_of(row: list[str], title: str) -> bool:
    if title == "all":
        return True
    return row[1] == "1" if "level 1" in title else row[0].startswith(f"{title.split()[0]}.")


def test_chapters_that_rows_rest_on_are_there() -> None:
    for title in CHAPTERS:
        part = TEXT.split(f"\n## {title}\n")
        assert len(part) == 2, title
        assert len(part[1].split("\n## ")[0]) > 300, title
    assert {name for row in ROWS for name in re.findall(r"“([^”]+)”", row[6])} <= {
        *CHAPTERS, "none", "must be changed",
    }  # fmt: skip


def test_numbers_of_the_text_are_those_of_the_program(tmp_path: Path) -> None:
    settings = config.load({"HELPDESK_VAR": str(tmp_path)})
    limits, lengths = Limits(), client_rows.LENGTHS
    said = " ".join(TEXT.split())
    for words in (
        f"{settings['SIGN_IN_LIMIT']} of one account from one address",
        f"{settings['SIGN_IN_ACCOUNT_LIMIT']} of one account from anywhere",
        f"{settings['SIGN_IN_ADDRESS_LIMIT']} of one address",
        f"{settings['LETTERS_LIMIT']} for one login",
        f"After {second_factor.MOST_FAILURES} wrong codes",
        f"for {second_factor.LOCKED_FOR.seconds // 60} minutes",
        f"there are {second_step.PATIENCE // 60} minutes",
        f"{passwords.SHORTEST} to {passwords.LONGEST} characters of any kind",
        f"{first_login.SHORTEST_PASSWORD} to {first_login.LONGEST_PASSWORD} at the first login",
        f"{settings['PERMANENT_SESSION_LIFETIME'].days} days after it was used last",
        f"{tickets.SUBJECT_LENGTH}, {tickets.BODY_LENGTH:,}, {tickets.TOPIC_LENGTH} characters",
        f"{comments.COMMENT_LENGTH:,} characters",
        f"{', '.join(f'{number:,}' for number in lengths.values())} characters",
        f"at most {client_rows.MOST_PHONES} telephones",
        f"{bulk.MOST} tickets in one move, {LARGEST_PAGE} rows",
        f"{corrections.MOST_OPEN} open corrections, {saved_views.MOST} saved views",
        f"{account.MOST_KEYS} API keys",
        f"{sockets.FRAMES} frames in {sockets.FRAMES_SECONDS} seconds",
        f"At most {limits.file_bytes // 1024**2} MB, {limits.unpacked_bytes // 1024**2} MB unpacked",
        f"{kinds._MOST_MEMBERS:,} members, {limits.cells:,} cells, {limits.seconds} seconds",
        f"{limits.memory_bytes // 1024**2:,} MB of memory",
        f"one deadline of {settings['SIGN_IN_DIRECTORY_SECONDS']:.0f} seconds",
    ):
        assert words in said, words
    assert "scrypt N=2^15, r=8, p=3" in said
    assert settings["FAB_PASSWORD_HASH_METHOD"] == f"scrypt:{2**15}:8:3"
