"""The browser's files: the build, its lock file and the texts of the scripts."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from app import assets_build
from app.js_texts import TEXTS

SCRIPTS = sorted((assets_build.OWN / "js").glob("*.js"))


@pytest.fixture
def modules(tmp_path: Path) -> Path:
    """A ``node_modules`` with the right names and small contents."""
    folder = tmp_path / "node_modules"
    fonts = [f"@fontsource-variable/inter/files/inter-{f}-wght-normal.woff2" for f in assets_build.FONTS]
    for name in [*assets_build.FILES, *fonts]:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
    rules = "".join(f"/* inter-{f}-wght-normal */ @font-face {{}}\n" for f in (*assets_build.FONTS, "greek"))
    (folder / "@fontsource-variable/inter/wght.css").write_text(rules)
    return folder


def test_build_puts_libraries_own_files_and_licences_into_one_folder(tmp_path: Path, modules: Path) -> None:
    dist = tmp_path / "dist"
    folder = dist / assets_build.build(dist, modules)
    assert json.loads((dist / "manifest.json").read_text())["folder"] == folder.name
    for name in assets_build.FILES.values():
        assert (folder / "vendor" / name).is_file()
    assert "greek" not in (folder / "vendor/inter/inter.css").read_text()
    assert (folder / "js/app.js.gz").is_file()
    assert not assets_build.needs_build(dist)


def test_build_names_the_folder_after_its_content(tmp_path: Path, modules: Path) -> None:
    dist = tmp_path / "dist"
    first = assets_build.build(dist, modules)
    assert assets_build.build(dist, modules) == first
    (modules / "htmx.org/dist/htmx.min.js").write_text("another")
    assert assets_build.build(dist, modules) != first
    assert (dist / first).is_dir(), "pages that are open still load the earlier build"


def test_needs_build_without_a_manifest(tmp_path: Path) -> None:
    assert assets_build.needs_build(tmp_path)


def test_lock_file_pins_exact_versions_and_names_no_host() -> None:
    package = json.loads((assets_build.ROOT / "package.json").read_text())
    lock = (assets_build.ROOT / "package-lock.json").read_text()
    assert all(re.fullmatch(r"[0-9.]+", version) for version in package["dependencies"].values())
    assert '"resolved"' not in lock


def test_every_text_of_the_scripts_is_in_the_catalogue_and_none_is_idle() -> None:
    code = "\n".join(path.read_text() for path in SCRIPTS)
    called = {text for text in re.findall(r'\bt\("([^"]+)"', code) if "{n}" not in text}
    assert called <= set(TEXTS)
    assert {text for text in TEXTS if f'"{text}"' not in code} == set()


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_scripts_import_only_modules_that_exist(path: Path) -> None:
    for target in re.findall(r'from "([^"]+)"', path.read_text()):
        vendored = target.removeprefix("../vendor/")
        if vendored != target:
            assert vendored in assets_build.FILES.values()
        else:
            assert (path.parent / target).is_file()


def test_only_the_tokens_of_the_theme_hold_colours() -> None:
    css = (assets_build.OWN / "css/pages.css").read_text()
    assert not re.findall(r"#[0-9a-fA-F]{3,8}\b", css)


def test_templates_hold_no_inline_styles_handlers_or_foreign_scripts() -> None:
    pattern = re.compile(
        r"\s(?:style|on[a-z]+)=[\"']|javascript:|<script(?![^>]*(?:nonce=|src=|application/json))"
    )
    for path in (assets_build.ROOT / "app/templates").rglob("*.html"):
        assert not pattern.search(path.read_text()), path
