"""Where the bytes of attachments lie: outside of the web root, under random names, readable by us alone.

A file is there, whole and on the disk, before the row that names it is committed. What a killed process left
without a row is swept away later.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from uuid import uuid4

import puremagic
from flask import current_app

FOLDER = "attachments"
SAMPLE = 4096  # bytes that the type is told from: deep looks into archives are not for hostile files
UNKNOWN = "application/octet-stream"
# pictures that a browser may show on our pages, by their first bytes
PICTURES = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
)
_OFFICE = "application/vnd.openxmlformats-officedocument."
# archives that are documents: the name may say which, the bytes have said that it is an archive
_ZIPPED = {
    ".docx": f"{_OFFICE}wordprocessingml.document",
    ".xlsx": f"{_OFFICE}spreadsheetml.sheet",
    ".pptx": f"{_OFFICE}presentationml.presentation",
    ".odt": "application/vnd.oasis.opendocument.text",
    ".ods": "application/vnd.oasis.opendocument.spreadsheet",
}


def root() -> Path:
    """The folder of all attachments."""
    return Path(current_app.config["VAR_DIR"]) / FOLDER


def path_of(stored_name: str) -> Path:
    """Where a file lies: ``aa/bb/aabb…``. The name is one of ours (32 hex digits) or ValueError."""
    if len(stored_name) != 32 or set(stored_name) - set("0123456789abcdef"):
        raise ValueError(stored_name)
    return root() / stored_name[:2] / stored_name[2:4] / stored_name


def write_file(data: bytes) -> str:
    """Keep these bytes; returns the random name. Whole or not at all, whatever dies when."""
    name = uuid4().hex
    path = path_of(name)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    half = path.with_name(f"{name}.part")
    descriptor = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        half.rename(path)
    except BaseException:
        half.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)
    return name


def remove_file(stored_name: str) -> None:
    """Take a file away, if it is there."""
    with suppress(FileNotFoundError):
        path_of(stored_name).unlink()


def old_files(seconds: float) -> Iterator[tuple[str, Path]]:
    """(name, path) of every file, whole or half, that was written so long ago or earlier."""
    now = time.time()
    for path in root().glob("??/??/*"):
        with suppress(FileNotFoundError):
            if now - path.stat().st_mtime >= seconds:
                yield path.name, path


def type_of(data: bytes, name: str = "") -> str:
    """The content type by the bytes; the name only says which document an archive is. Never raises."""
    for beginning, kind in PICTURES:
        if data.startswith(beginning):
            return kind
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    if data.startswith(b"%PDF-"):
        return "application/pdf"
    suffix = Path(name.lower()).suffix
    if data.startswith(b"PK\x03\x04"):
        return _ZIPPED.get(suffix, "application/zip")
    if _is_text(data[:SAMPLE]):
        return "text/plain"
    try:
        found = str(puremagic.from_stream(BytesIO(data[:SAMPLE]), mime=True))
    except (puremagic.PureError, ValueError, IndexError):
        return UNKNOWN
    # what a browser would run or draw is never called so, whatever the library thinks
    is_plain = found.startswith(("audio/", "video/", "application/")) and len(found) <= 100
    return found if is_plain and not any(w in found for w in ("html", "xml", "script")) else UNKNOWN


def _is_text(sample: bytes) -> bool:
    """Words in UTF-8: HTML, scripts and the like are words too, and are served as nothing else."""
    try:
        text = sample.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.start < len(sample) - 3:
            return False
        text = sample[: error.start].decode("utf-8")
    return bool(text) and not any(character < " " and character not in "\t\r\n\f\x1b" for character in text)


def _sync_folder(folder: Path) -> None:
    """The new name itself must be on the disk before a row speaks of it."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
