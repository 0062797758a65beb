"""The process that reads one phone book: ``python -m import_tools.book.child``, started by ``sandbox``.

The job comes as JSON on the standard input, progress goes out as lines of a percentage and a step, and what
was read, or why it was not, is written as lines of JSON into the job's folder.
"""

from __future__ import annotations

import json
import resource
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from import_tools.book.archives import check_archive
from import_tools.book.kinds import lying_ending, tell_kind
from import_tools.book.office import convert_document
from import_tools.book.refusal import Refused
from import_tools.book.tables import Budget, Table

RESULT = "result.json"
_GRACE = 5


def main() -> None:
    """Read the job, read the book, write the result."""
    job = json.load(sys.stdin)
    _limit_time(job["seconds"])
    try:
        _write(job, read_file(job, _tell, _limit_memory))
    except Refused as refusal:
        _write(job, {"refused": refusal.code, "values": refusal.values})
    except MemoryError:
        _write(job, {"refused": "memory", "values": {"number": job["memory_bytes"] // 1024 // 1024}})
    _tell(100, "done")


def _write(job: dict[str, Any], result: dict[str, Any]) -> None:
    """A line for what is known of the whole, and one for each entry: a long book needs no second copy."""
    entries = result.pop("entries", ())
    with Path(job["folder"], RESULT).open("w", encoding="utf-8", errors="replace") as stream:
        stream.write(json.dumps(result, ensure_ascii=False) + "\n")
        for entry in entries:
            stream.write(json.dumps(entry, ensure_ascii=False) + "\n")


def _limit_time(seconds: int) -> None:
    # the parent keeps the clock; should it be killed, nobody else would end this process
    signal.alarm(seconds + _GRACE)
    resource.setrlimit(resource.RLIMIT_CPU, (seconds + 1, seconds + _GRACE))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _limit_memory(size: int) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (size, size))


def _tell(percent: int, step: str) -> None:
    print(percent, step, flush=True)


def read_file(
    job: dict[str, Any], tell: Callable[[int, str], None], limit_memory: Callable[[int], None]
) -> dict[str, Any]:
    """What the file holds, as JSON has it. Raises Refused."""
    path, name = Path(job["path"]), job["name"]
    tell(5, "open")
    kind = tell_kind(path)
    source = path
    if kind in {"doc", "rtf"}:
        tell(10, "convert")
        source = convert_document(
            path, kind, Path(job["folder"]), soffice=job["soffice"], seconds=job["seconds"]
        )
    limit_memory(job["memory_bytes"])
    if kind in {"xlsx", "ods", "docx", "doc", "rtf"}:
        tell(30, "unpack")
        check_archive(source, job["unpacked_bytes"])
    tell(40, "read")
    tables, hidden = _tables(source, kind, Budget(job["cells"]))
    tell(70, "people")
    # pandas takes a fifth of a second: a file that is refused above need not wait for it
    from import_tools.book.shape import shape_tables

    shaped = shape_tables(tables, stem=Path(name).stem)
    problems = [_whole_file("lying_ending", name, kind=kind)] if lying_ending(name, kind) else []
    problems += [_whole_file("hidden_sheet", sheet) for sheet in hidden]
    header = shaped.header
    return {
        "kind": kind,
        "encoding": tables[0].encoding if tables else "",
        "separator": tables[0].separator if tables else "",
        "entries": shaped.entries,
        "problems": problems + shaped.problems,
        "header_line": shaped.header_line,
        "columns": header.columns if header else {},
        "headers": header.cells if header else [],
        "sheets": [table.name for table in tables if kind in {"xlsx", "xls", "ods"}],
    }


def _tables(path: Path, kind: str, budget: Budget) -> tuple[list[Table], list[str]]:
    if kind == "csv":
        from import_tools.book.texts import read_text

        return [read_text(path, budget)], []
    if kind in {"xlsx", "xls", "ods"}:
        from import_tools.book.workbooks import read_workbook

        return read_workbook(path, kind, budget)
    from import_tools.book.documents import read_document, read_page

    return (read_page if kind == "html" else read_document)(path, budget), []


def _whole_file(code: str, text: str, **values: Any) -> dict[str, Any]:
    return {"line": 0, "text": text, "code": code, "values": values, "sheet": ""}


if __name__ == "__main__":
    main()
