"""Packed files, unpacked once to be measured before any reader trusts them."""

from __future__ import annotations

import zipfile
import zlib
from pathlib import Path

from import_tools.book.refusal import Refused

_PIECE = 256 * 1024
_ENDLESS = 1 << 60
_METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}


def check_archive(path: Path, most: int) -> None:
    """Raises Refused when the members unpack to more than ``most`` bytes, whatever it says of itself."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            if sum(member.file_size for member in members) > most:
                raise _too_large(most)
            left = most
            for member in members:
                if member.compress_type not in _METHODS:
                    raise Refused("damaged")
                left -= _measure(archive, member, left, most)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, OSError, ValueError, EOFError, RuntimeError):
        raise Refused("damaged") from None


def _measure(archive: zipfile.ZipFile, member: zipfile.ZipInfo, left: int, most: int) -> int:
    size = 0
    # the size a member claims would end the reading of it: a reader in another language may go on
    member.file_size = _ENDLESS
    with archive.open(member) as stream:
        while piece := stream.read(_PIECE):
            size += len(piece)
            if size > left:
                raise _too_large(most)
    return size


def _too_large(most: int) -> Refused:
    return Refused("unpacked", number=most // 1024 // 1024)
