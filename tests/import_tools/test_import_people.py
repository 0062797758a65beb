"""Lists of people: read whatever their form, recognised again, refused line by line."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.errors import Invalid
from app.events import Kind
from app.search import find_clients
from import_tools.people import Report, import_people
from import_tools.sheet import open_sheet
from models import Client, ClientPhone, ImportRun, JournalEntry, RunStage, Unit
from tests.support.factories import make_client, make_unit

GUID = "21469208-b3df-c782-4820-fb8379096cf4"
DIRECTORY = (
    "sAMAccountName,displayName,mail,department,disabled,objectGUID\n"
    f"i.osypenko,Осипенко Іван Сергійович,i.osypenko@corp.example,Бухгалтерія,0,{GUID}\n"
    "o.null,Null Олена,o.null@corp.example,Канцелярія,1,\n"
)


def _bring(session: Session, tmp_path: Path, text: str | bytes, **how: object) -> Report:
    path = tmp_path / "people.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    options = {name: how.pop(name) for name in ("chosen", "encoding", "separator") if name in how}
    return import_people(session, open_sheet(path, **options), source="people.csv", **how)  # type: ignore[arg-type]  # options of either


def _counts(report: Report) -> tuple[int, int, int, int]:
    return report.created, report.updated, report.unchanged, len(report.refused)


def _one(session: Session, name: str) -> Client:
    return session.scalars(select(Client).where(Client.full_name == name)).one()


def test_a_directory_is_brought_in_once(session: Session, tmp_path: Path) -> None:
    assert _counts(_bring(session, tmp_path, DIRECTORY)) == (2, 0, 0, 0)
    assert _counts(_bring(session, tmp_path, DIRECTORY)) == (0, 0, 2, 0)
    client = _one(session, "Осипенко Іван Сергійович")
    assert client.unit is not None
    facts = (client.login, client.email, client.unit.name, client.object_guid, client.is_active)
    assert facts == ("i.osypenko", "i.osypenko@corp.example", "Бухгалтерія", GUID, True)
    assert [hit.client.id for hit in find_clients(session, "осипен")] == [client.id]
    # traps.md, M17: a surname that pandas would take for nothing
    assert _one(session, "Null Олена").is_active is False


def test_what_changed_is_updated_and_journalled_and_an_empty_cell_erases_nothing(
    session: Session, tmp_path: Path
) -> None:
    _bring(session, tmp_path, DIRECTORY)
    changed = DIRECTORY.replace("Канцелярія,1", ",0").replace("Null Олена", "Нуль Олена")
    assert _counts(_bring(session, tmp_path, changed)) == (0, 1, 1, 0)
    client = _one(session, "Нуль Олена")
    assert client.unit is not None
    assert (client.unit.name, client.is_active) == ("Канцелярія", True)
    entries = session.scalars(select(JournalEntry).where(JournalEntry.client_id == client.id))
    told = [(entry.kind, entry.subject, entry.actor_id) for entry in entries]
    runs = session.scalars(select(ImportRun).order_by(ImportRun.id)).all()
    assert [(run.title, run.stage) for run in runs] == [("people.csv", RunStage.APPLIED)] * 2
    kinds = (Kind.CLIENT_CREATED, Kind.CLIENT_EDITED)
    assert told == [(kind, f"run {run.id}", None) for kind, run in zip(kinds, runs, strict=True)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "windows-1251", "koi8-u"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_encoding_and_separator_are_found_out(
    tmp_path: Path, app: Flask, encoding: str, separator: str
) -> None:
    rows = [
        ["ПІБ", "Телефон", "Кабінет"],
        ["Єременко Ґанна Іванівна", "2-34", "007"],
        ["Козлова Алла", "", "1"],
    ]
    path = tmp_path / "list.csv"
    path.write_bytes("\r\n".join(separator.join(row) for row in rows).encode(encoding))
    first, second = open_sheet(path).lines()
    assert (first.number, first.values, first.phones) == (
        2,
        {"name": "Єременко Ґанна Іванівна", "room": "007"},
        ["2-34"],
    )
    assert (second.number, second.values["name"], second.phones) == (3, "Козлова Алла", [])


def test_shifted_lines_and_bad_values_are_refused_by_line_and_the_rest_is_taken(
    session: Session, tmp_path: Path
) -> None:
    text = (
        "ПІБ;Логін;Пошта;Вимкнено;objectGUID\n"
        "Добрий Олег;o.dobryi;;;\n"
        "Зсунутий;Олег;o.z;;;\n"
        "\n"
        ";x;;;\n"
        "Поганий Олег;;nobody;;\n"
        "Дивний Олег;d;;можливо;\n"
        "Гуід Олег;g;;;123\n"
        "Добрий Олег;o.dobryi;;;\n"
    )
    report = _bring(session, tmp_path, text)
    assert report.created == 1
    assert [refusal.line for refusal in report.refused] == [3, 5, 6, 7, 8, 9]
    assert all(refusal.reason for refusal in report.refused)
    assert "2" in report.refused[-1].reason


def test_a_cell_of_several_lines_keeps_the_numbers_of_lines(session: Session, tmp_path: Path) -> None:
    report = _bring(session, tmp_path, 'name,login,note\nA B,ab,"one\ntwo"\nC D\n')
    assert [refusal.line for refusal in report.refused] == [4]


def test_namesakes_with_logins_stay_two_people(session: Session, tmp_path: Path) -> None:
    known_id = make_client(session, "Коваль Іван").id
    text = "ПІБ,Логін\nКоваль Іван,i.koval\nКоваль Іван,i.koval2\n"
    assert _counts(_bring(session, tmp_path, text)) == (2, 0, 0, 0)
    assert session.get_one(Client, known_id).login is None
    assert _counts(_bring(session, tmp_path, text)) == (0, 0, 2, 0)


def test_a_phone_book_completes_the_one_of_this_name_and_refuses_namesakes_and_strangers(
    session: Session, tmp_path: Path
) -> None:
    make_client(session, "Коваль Іван", login="k1")
    make_client(session, "Коваль Іван", login="k2")
    make_client(session, "Жук Олег", login="z", phones=["3-12"])
    text = "ПІБ;Телефон;Кабінет\nКоваль Іван;1-11;1\nЖУК Олег;2-22, 312;2\nНовий Петро;4-44;4\n"
    report = _bring(session, tmp_path, text)
    assert _counts(report) == (0, 1, 0, 2)
    assert report.unknown == 1
    numbers = select(ClientPhone.number).order_by(ClientPhone.position)
    assert session.scalars(numbers).all() == ["2-22", "3-12"]
    again = _bring(session, tmp_path, text, create_without_login=True)
    assert (again.created, [refusal.line for refusal in again.refused]) == (1, [2])
    assert _bring(session, tmp_path, text, create_without_login=True).created == 0


def test_a_client_known_by_name_alone_gets_his_login(session: Session, tmp_path: Path) -> None:
    unit_ids = [make_unit(session, name).id for name in ("Канцелярія", "Архів")]
    for unit_id in unit_ids:
        make_client(session, "Жук Олег", unit_id=unit_id)
    text = "name,login,unit\nЖук Олег,o.zhuk,канцелярія\n"
    assert _counts(_bring(session, tmp_path, text)) == (0, 1, 0, 0)
    query = select(Client.login).where(Client.unit_id.in_(unit_ids)).order_by(Client.unit_id)
    assert session.scalars(query).all() == ["o.zhuk", None]
    assert session.scalar(select(func.count()).select_from(Unit)) == 2


def test_a_login_of_another_person_is_refused(session: Session, tmp_path: Path) -> None:
    _bring(session, tmp_path, DIRECTORY)
    other = GUID.replace("2146", "9999")
    report = _bring(session, tmp_path, f"name,login,objectGUID\nІнший Іван,i.osypenko,{other}\n")
    assert _counts(report) == (0, 0, 0, 1)
    assert "i.osypenko" in report.refused[0].reason


def test_a_dry_run_tells_all_and_changes_nothing(session: Session, tmp_path: Path) -> None:
    report = _bring(session, tmp_path, DIRECTORY, dry_run=True)
    assert (_counts(report), report.units) == ((2, 0, 0, 0), ["Бухгалтерія", "Канцелярія"])
    for table in (Client, Unit, JournalEntry):
        assert session.scalar(select(func.count()).select_from(table)) == 0


def test_columns_are_named_by_options_and_put_together(session: Session, tmp_path: Path) -> None:
    text = "Хто;Прізвище;Ім'я;По батькові;Телефон;Мобільний\nx;Жук;Олег;Ілліч;1-11;067 111-22-33\n"
    report = _bring(session, tmp_path, text, chosen={"note": "хто"}, create_without_login=True)
    assert report.created == 1
    client = _one(session, "Жук Олег Ілліч")
    assert (client.note, [phone.number for phone in client.phones]) == ("x", ["1-11", "067 111-22-33"])


@pytest.mark.parametrize(
    ("text", "how"),
    [
        ("", {}),
        ("\n\n", {}),
        ("a,b\n1,2\n", {}),
        ("name,name\nA,B\n", {}),
        ("name,login\nA,B\n", {"chosen": {"room": "кабінет"}}),
        ("name,login\nA,B\n", {"chosen": {"rooom": "name"}}),
        ("name,login\nA,B\n", {"encoding": "no-such"}),
        ("name,login\nЖук,B\n", {"encoding": "ascii"}),
        (",".join(["name", *map(str, range(200))]), {}),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_as_a_whole(
    session: Session, tmp_path: Path, text: str, how: dict[str, object]
) -> None:
    with pytest.raises(Invalid) as refused:
        _bring(session, tmp_path, text, **how)
    assert refused.value.message


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=200).map(lambda data: b"name,login\n" + data) | st.binary(max_size=200))
def test_no_file_breaks_the_import(session: Session, tmp_path: Path, data: bytes) -> None:
    try:
        report = _bring(session, tmp_path, data, dry_run=True)
    except Invalid:
        return
    assert session.scalar(select(func.count()).select_from(Client)) == 0
    assert all(refusal.reason for refusal in report.refused)


def test_the_command_reports_line_by_line(app: Flask, session: Session, tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_text(DIRECTORY + "short\n")
    run = app.test_cli_runner()
    told = run.invoke(args=["clients", "import", str(path)])
    assert told.exit_code == 0, told.output
    assert "4" in told.output.splitlines()[0]
    assert session.scalar(select(func.count()).select_from(Client)) == 2
    wrong = run.invoke(args=["clients", "import", "--column", "rooom=x", str(path)])
    assert wrong.exit_code == 2
    path.write_text("a,b\n")
    assert run.invoke(args=["clients", "import", str(path)]).exit_code == 1
