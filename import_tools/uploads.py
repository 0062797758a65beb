"""Uploaded phone books: kept under a name of ours while their runs need them."""

from __future__ import annotations

import os
import uuid
import zlib
from datetime import timedelta
from pathlib import Path
from typing import IO

from flask_babel import gettext as _
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.errors import Conflict, Invalid
from app.policy import Actor, Verb, ensure_can_somewhere
from app.services.runs import OPEN, access_run, replace_interrupted
from app.services.typed import clean_text
from import_tools.book_import import open_book_run
from import_tools.joining import Mode
from models import ImportRun, RunKind, RunStage, utcnow

FOLDER = "imports"
KEPT = timedelta(days=1)
# longer than a job may take: what still runs then was killed
STALLED = timedelta(minutes=20)
CHUNK = 1024 * 1024
_LOCK = zlib.crc32(b"helpdesk phone book upload")


def store_upload(var_dir: Path, stream: IO[bytes]) -> Path:
    """Write what came to a file of ours, readable by nobody else. Raises Invalid when nothing came."""
    folder = var_dir / FOLDER
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / uuid.uuid4().hex
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        while chunk := stream.read(CHUNK):
            file.write(chunk)
    if path.stat().st_size == 0:
        path.unlink()
        raise Invalid(fields={"book": _("The file is empty. Choose the file that holds the phone book.")})
    return path


def open_upload(
    session: Session, path: Path, *, name: str, mode: Mode, keep_missing: bool, actor: Actor
) -> ImportRun:
    """A run for a stored file, in the caller's transaction; an earlier one that waits ends for it.

    Raises Forbidden, and Conflict with the run that is being read or written just now.
    """
    ensure_can_somewhere(actor, Verb.MANAGE_CLIENTS)
    if session.get_bind().dialect.name == "postgresql":  # of two uploads at once the second sees the first
        session.execute(text("select pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    run = open_book_run(
        session, path, name=file_name(name), mode=mode, keep_missing=keep_missing, actor=actor
    )
    busy = running_upload(session, except_id=run.id)  # in SQLite the writing above is the lock
    if busy is not None:
        raise Conflict(
            _("“%(name)s” is being read just now. Wait until that has ended.", name=busy.title), run=busy.id
        )
    replace_interrupted(session, RunKind.BOOK, except_id=run.id)
    return run


def reopen_upload(session: Session, run_id: int, *, actor: Actor) -> ImportRun:
    """A new run for the file of one that has failed, in the caller's transaction.

    Raises Forbidden, NotFound, Conflict as :func:`open_upload`, Invalid when the file is gone already.
    """
    run = access_run(session, run_id, actor=actor)
    if not can_reopen(run):
        raise Invalid(_("The file is not kept any more. Choose it once more."))
    path = Path(run.details["file"])
    path.touch()  # it is kept from now on
    keep_missing = bool(run.details.get("keep_missing"))
    mode = Mode(run.details["mode"])
    return open_upload(session, path, name=run.title, mode=mode, keep_missing=keep_missing, actor=actor)


def can_reopen(run: ImportRun) -> bool:
    """Whether a run came to nothing and its file, an uploaded one, is still here."""
    ended = run.stage == RunStage.FAILED or is_stalled(run)
    path = Path(run.details.get("file") or "/")
    return run.kind == RunKind.BOOK and ended and path.parent.name == FOLDER and path.is_file()


def running_upload(session: Session, *, except_id: int = 0) -> ImportRun | None:
    """The phone book that is being read or written just now."""
    query = select(ImportRun).where(ImportRun.kind == RunKind.BOOK, ImportRun.stage == RunStage.RUNNING)
    runs = session.scalars(query.where(ImportRun.id != except_id).order_by(ImportRun.id.desc()))
    return next((run for run in runs if not is_stalled(run)), None)


def is_stalled(run: ImportRun) -> bool:
    """Whether a run was killed on its way: no job takes so long."""
    return run.stage == RunStage.RUNNING and run.started_at < utcnow() - STALLED


def sweep_files(session: Session, var_dir: Path) -> int:
    """Delete the files that are older than a day and that no open run needs; returns how many."""
    folder = var_dir / FOLDER
    if not folder.is_dir():
        return 0
    query = select(ImportRun).where(ImportRun.kind == RunKind.BOOK, ImportRun.stage.in_(OPEN))
    needed = {run.details.get("file") for run in session.scalars(query) if not is_stalled(run)}
    oldest = (utcnow() - KEPT).timestamp()
    old = [path for path in folder.iterdir() if path.is_file() and path.stat().st_mtime < oldest]
    gone = [path for path in old if str(path) not in needed]
    for path in gone:
        path.unlink(missing_ok=True)
    return len(gone)


def file_name(given: str) -> str:
    """The name the file came with, without its folders and without what is not seen."""
    name = clean_text(given.replace("\\", "/").rpartition("/")[2]).replace("\n", " ")
    return name[:200] or str(_("phone book"))
