"""Tables, files and versions: what the libraries do to them unasked (M16, M17, M19, M21)."""

from __future__ import annotations

import ast
import csv
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.commands.clients_match import write_matches
from app.text import plain_cell
from import_tools.book import read_book
from import_tools.joining import Match, Outcome
from import_tools.uploads import FOLDER
from tests.support.factories import make_user
from tests.support.signing import sign_in
from tests.support.uploads import BOOK, only_run, send, sign_in_boss

PRODUCT = ("app", "views", "jobs", "import_tools")
ROOT = Path(__file__).resolve().parents[3]
FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "=cmd|' /C calc'!A0", "\t=1", "\r=1", "  =1", "＝1"]


@pytest.mark.parametrize("formula", FORMULAS)
def test_m16_no_cell_is_a_formula(formula: str) -> None:
    cell = plain_cell(formula)
    assert cell.startswith("'")
    assert cell.removeprefix("'") == "".join(c for c in formula if c.isprintable())


def test_m16_a_cell_has_no_control_characters_and_a_bounded_length() -> None:
    assert plain_cell("a\x00b\x0bc\ud800d\nтак") == "abcd\nтак"
    cut = plain_cell("я" * 40_000)
    assert len(cut) == 32_767
    assert cut.endswith("…")
    assert plain_cell("12-34") == "12-34"


def test_m16_what_the_console_writes_is_no_formula_in_a_spreadsheet(tmp_path: Path) -> None:
    outcome = next(iter(Outcome))
    write_matches(tmp_path / "out.csv", [Match("-1", outcome, "=1", ("@SUM(A1)", "+2"), ())])
    with (tmp_path / "out.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file, delimiter=";"))[1:]
    assert len(rows) == 1
    assert not [cell for cell in rows[0] if cell[:1] in tuple("=+-@")]


def test_m16_whoever_writes_a_sheet_makes_its_cells_plain() -> None:
    writers, careless = [], []
    for path in (path for folder in PRODUCT for path in (ROOT / folder).rglob("*.py")):
        text = path.read_text()
        names = {node.attr for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Attribute)}
        if names & {"to_csv", "to_excel", "DictWriter"} or ("writer" in names and "import csv" in text):
            writers.append(path)
            if "plain_cell" not in text:
                careless.append(path.relative_to(ROOT).as_posix())
    assert writers
    assert not careless


TRAPS_OF_A_TABLE = """ПІБ;Телефон;Кабінет;Відділ
Null Олена Іванівна;007;007;NA
Нан Іван Петрович;1E5;1E5;inf
Осипенко Ірина Павлівна;2-34;012;nan
"""


@pytest.mark.parametrize("encoding", ["utf-8", "cp1251"])
def test_m17_no_value_is_guessed_or_lost(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "book.csv"
    path.write_bytes(TRAPS_OF_A_TABLE.encode(encoding))
    found = [(entry.name, entry.room, entry.unit) for entry in read_book(path).entries]
    assert found == [
        ("Null Олена Іванівна", "007", "NA"),
        ("Нан Іван Петрович", "1E5", "inf"),
        ("Осипенко Ірина Павлівна", "012", "nan"),
    ]


@pytest.mark.parametrize("name", ["Інструкція.csv", "файл", "../../../etc/passwd"])
def test_m19_a_file_keeps_its_name_and_lies_under_one_of_ours(
    client: FlaskClient, session: Session, name: str
) -> None:
    sign_in_boss(client, session)
    folder = Path(client.application.config["VAR_DIR"]) / FOLDER
    before = set(folder.glob("*")) if folder.exists() else set()
    assert send(client, name=name).status_code == 303
    (stored,) = set(folder.glob("*")) - before
    try:
        assert stored.read_text() == BOOK
        assert len(stored.name) == 32
        assert stored.name.isalnum()
        assert only_run(session).title == name.rpartition("/")[2]
    finally:
        stored.unlink()


# two of FAB's own schemas share a name; apispec gives one of them another
@pytest.mark.filterwarnings("ignore:Multiple schemas resolved to the name:UserWarning")
@pytest.mark.filterwarnings("ignore:.*has already been added to the spec:UserWarning")
def test_m21_the_api_of_roles_and_users_works_with_the_pinned_schemas(
    client: FlaskClient, session: Session
) -> None:
    assert version("marshmallow").startswith("3."), "FAB 5.3.0 breaks on 4"
    sign_in(client, make_user(session, administrator=True))
    made: Any = client.post("/api/v1/security/roles/", json={"name": "Readers"})
    assert made.status_code == 201
    path = f"/api/v1/security/roles/{made.json['id']}/permissions"
    rights: Any = client.get("/api/v1/security/permissions-resources/")
    chosen = rights.json["ids"][:2]
    assert client.post(path, json={"permission_view_menu_ids": chosen}).status_code == 200
    listed: Any = client.get(f"{path}/")
    assert sorted(row["id"] for row in listed.json["result"]) == sorted(chosen)
    assert client.get("/api/v1/_openapi").status_code == 200
