"""Whatever happens to the process that reads a phone book, the one that asked goes on and knows why."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from app.errors import Invalid
from import_tools.book import Limits, read_book, sandbox
from import_tools.book.model import MEGABYTE
from tests.import_tools.book.making import write, write_csv, write_xlsx

ROWS = [["ПІБ", "Телефон"], *([f"Чиж{number} О.П.", str(number)] for number in range(200))]
LIMITED = "from import_tools.book.child import _limit_memory, _limit_time; "


def _instead(monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    monkeypatch.setattr(sandbox, "COMMAND", (sys.executable, "-c", code))


def test_a_reader_that_hangs_is_ended_with_all_it_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = tmp_path / "started"
    _instead(
        monkeypatch,
        "import subprocess, time\n"
        "other = subprocess.Popen(['sleep', '60'])\n"
        f"open({str(started)!r}, 'w').write(str(other.pid))\n"
        "print('50 read', flush=True)\n"
        "time.sleep(60)",
    )
    begun = time.monotonic()
    with pytest.raises(Invalid, match="within 2 seconds"):
        read_book(write_csv(tmp_path, ROWS), limits=Limits(seconds=2))
    assert time.monotonic() - begun < 20
    pid = int(started.read_text())
    deadline = time.monotonic() + 10
    while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_m18_a_reader_that_burns_the_processor_is_ended_by_the_system(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _instead(monkeypatch, LIMITED + "_limit_time(0)\nwhile True: pass")
    with pytest.raises(Invalid, match="within 30 seconds"):
        read_book(write_csv(tmp_path, ROWS), limits=Limits(seconds=30))


@pytest.mark.parametrize(
    "code",
    [
        "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
        "import os; os.abort()",
        "raise SystemExit(3)",
        "pass",
    ],
)
def test_a_reader_that_dies_is_a_refusal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    _instead(monkeypatch, code)
    with pytest.raises(Invalid, match="damaged or needs more than"):
        read_book(write_csv(tmp_path, ROWS))


def test_m18_a_reader_cannot_take_more_memory_than_it_may(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(Invalid, match="more than 60 MB of memory"):
        read_book(write_xlsx(tmp_path, ROWS), limits=Limits(memory_bytes=60 * MEGABYTE))
    _instead(monkeypatch, LIMITED + f"_limit_memory({200 * MEGABYTE}); bytearray({400 * MEGABYTE})")
    with pytest.raises(Invalid, match="more than 200 MB of memory"):
        read_book(write_csv(tmp_path, ROWS), limits=Limits(memory_bytes=200 * MEGABYTE))


def test_a_reader_gets_none_of_the_secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HELPDESK_SECRET_KEY", "secret")
    seen = tmp_path / "seen"
    _instead(monkeypatch, f"import os; open({str(seen)!r}, 'w').write(repr(dict(os.environ)))")
    with pytest.raises(Invalid):
        read_book(write_csv(tmp_path, ROWS))
    assert "secret" not in seen.read_text()


def test_who_stops_listening_stops_the_reader(tmp_path: Path) -> None:
    def stop(percent: int, _step: str) -> None:
        if percent:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        read_book(write_csv(tmp_path, ROWS), progress=stop)
    left = [
        " ".join(child.cmdline())
        for child in psutil.Process().children()
        if child.status() != psutil.STATUS_ZOMBIE  # ended, and not yet asked for
    ]
    assert not [command for command in left if "import_tools.book.child" in command]


def test_a_long_book_is_read_whole_within_the_limits(tmp_path: Path) -> None:
    rows = "".join(f"Іваненко{number} Іван Петрович;{number};к. 1\n" for number in range(20_000, 30_000))
    book = read_book(write(tmp_path, "book.csv", "ПІБ;Телефон;Кабінет\n" + rows))
    assert (len(book.entries), book.problems, book.entries[-1].row) == (10_000, (), 10_000)


def test_the_asking_process_loads_neither_pandas_nor_a_reader_of_documents() -> None:
    code = (
        "import sys, import_tools.book\n"
        "print([name for name in ('pandas', 'docx', 'lxml', 'python_calamine') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
