"""The catalogues: extract the texts of the code, merge them, compile them, and tell what is missing.

``python -m app.i18n update`` after a text was added, ``check`` in ``make check``. Flask-AppBuilder's own
texts are part of our catalogues, because it ships no Ukrainian ones (traps.md).
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import flask_appbuilder
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "babel"
TEMPLATE = FOLDER / "messages.pot"
LANGUAGES = ("uk", "ru", "en")
SOURCES = ("app", "views", "models", "jobs", "import_tools")
METHODS = [("**.py", "python"), ("**/templates/**.html", "jinja2"), ("templates/**.html", "jinja2")]
KEYWORDS = {
    "_": None,
    "gettext": None,
    "ngettext": (1, 2),
    "lazy_gettext": None,
    "lazy_ngettext": (1, 2),
    "_l": None,
}
HEADER = {
    "project": "Helpdesk",
    "version": "1",
    "header_comment": "# Texts of the helpdesk.",
    "last_translator": "the maintainers",
    "language_team": "the maintainers",
    "msgid_bugs_address": "the maintainers",
}
PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|%[sd]|\{\w*\}")


def po_path(language: str) -> Path:
    """Where the catalogue of a language lies."""
    return FOLDER / language / "LC_MESSAGES" / "messages.po"


def extract() -> Catalog:
    """All texts of our code and of Flask-AppBuilder's, as a fresh template."""
    template = Catalog(charset="utf-8", fuzzy=False, **HEADER)
    for folder in SOURCES:
        _extract_folder(template, ROOT / folder)
    _extract_folder(template, Path(flask_appbuilder.__file__).parent)
    return template


def _extract_folder(template: Catalog, folder: Path) -> None:
    found = extract_from_dir(str(folder), METHODS, keywords=KEYWORDS, comment_tags=("L10N:",))
    for _name, _line, text, comments, context in found:
        template.add(text, None, auto_comments=comments, context=context)


def read(language: str) -> Catalog:
    """The catalogue of a language, empty if there is none yet."""
    path = po_path(language)
    if not path.exists():
        return Catalog(locale=language, charset="utf-8", fuzzy=False, **HEADER)
    with path.open("rb") as file:
        return read_po(file, locale=language)


def update() -> None:
    """Bring all catalogues in step with the code; English is its own translation."""
    template = extract()
    _write(TEMPLATE, template)
    for language in LANGUAGES:
        catalog = read(language)
        catalog.update(template, no_fuzzy_matching=True)
        catalog.obsolete.clear()
        if language == "en":
            for message in _texts(catalog):
                message.string = message.id
        _write(po_path(language), catalog)


def _write(path: Path, catalog: Catalog) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        write_po(file, catalog, width=110, omit_header=False, sort_output=True, no_location=True)
    # a date that changes with every run is noise in the history
    lines = [
        line
        for line in path.read_bytes().splitlines(keepends=True)
        if not line.startswith((b'"POT-Creation-Date', b'"PO-Revision-Date', b'"Generated-By'))
    ]
    path.write_bytes(b"".join(lines))


def _texts(catalog: Catalog) -> Iterator[Message]:
    return (message for message in catalog if message.id)


def _strings(message: Message) -> list[str]:
    texts = message.string if isinstance(message.string, list | tuple) else [message.string]
    return [text or "" for text in texts]


def _ids(message: Message) -> list[str]:
    return list(message.id) if isinstance(message.id, list | tuple) else [message.id]


def problems(language: str, template: Catalog) -> list[str]:
    """What a catalogue lacks: texts missing, fuzzy, gone from the code, or with other placeholders."""
    catalog = read(language)
    wanted = {(str(m.id), m.context): m for m in _texts(template)}
    present = {(str(m.id), m.context): m for m in _texts(catalog)}
    found = [f"{language}: not in the catalogue: {key[0]!r}" for key in wanted if key not in present]
    found += [f"{language}: not in the code: {key[0]!r}" for key in present if key not in wanted]
    for key, message in present.items():
        if message.fuzzy:
            found.append(f"{language}: fuzzy: {key[0]!r}")
        elif not all(_strings(message)) or len(_strings(message)) < _forms(catalog, message):
            found.append(f"{language}: not translated: {key[0]!r}")
        elif not _same_placeholders(message):
            found.append(f"{language}: other placeholders: {key[0]!r}")
    return found


def _forms(catalog: Catalog, message: Message) -> int:
    return int(catalog.num_plurals) if len(_ids(message)) > 1 else 1


def _same_placeholders(message: Message) -> bool:
    wanted = set(PLACEHOLDER.findall(_ids(message)[-1]))
    for index, text in enumerate(_strings(message)):
        used = set(PLACEHOLDER.findall(text))
        # the form for one may say "one" instead of the number
        if not (used == wanted or (index == 0 and len(_ids(message)) > 1 and used <= wanted)):
            return False
    return True


def compile_catalogues() -> None:
    """Write the .mo files that are missing or older than their .po; safe beside other processes."""
    for language in LANGUAGES:
        source = po_path(language)
        target = source.with_suffix(".mo")
        if not source.exists():
            continue
        if target.exists() and target.stat().st_mtime >= source.stat().st_mtime:
            continue
        handle, name = tempfile.mkstemp(dir=target.parent)
        with os.fdopen(handle, "wb") as file:
            write_mo(file, read(language))
        Path(name).replace(target)


def main(arguments: list[str]) -> int:
    """``update``, ``compile`` or ``check``; the exit code is 1 if something is missing."""
    match arguments:
        case ["update"]:
            update()
            compile_catalogues()
        case ["compile"]:
            compile_catalogues()
        case ["check"]:
            template = extract()
            found = [line for language in LANGUAGES for line in problems(language, template)]
            print("\n".join(found) or "translations: complete")
            return 1 if found else 0
        case _:
            print("python -m app.i18n update | compile | check")
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
