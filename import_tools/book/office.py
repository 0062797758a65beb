"""Old Word documents, turned into new ones by LibreOffice without a window."""

from __future__ import annotations

import subprocess
from pathlib import Path

from import_tools.book.refusal import Refused

PROGRAMS = ("soffice", "libreoffice")


def convert_document(path: Path, kind: str, folder: Path, *, soffice: str, seconds: int) -> Path:
    """The .docx that LibreOffice makes of a .doc or .rtf, in ``folder``. Raises Refused."""
    if not soffice:
        raise Refused("no_office", kind=kind)
    source = folder / f"book.{kind}"
    source.write_bytes(path.read_bytes())
    command = [
        soffice,
        "--headless",
        "--norestore",
        # calls that share a profile fail without a word
        f"-env:UserInstallation={(folder / 'profile').as_uri()}",
        *("--convert-to", "docx:MS Word 2007 XML", "--outdir", str(folder), str(source)),
    ]
    try:
        subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise Refused("time", number=seconds) from None
    except OSError:
        raise Refused("no_office", kind=kind) from None
    made = folder / "book.docx"
    if not made.is_file():
        raise Refused("not_converted")
    return made
