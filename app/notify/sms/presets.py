"""Ready-made settings of SMS gateways (presets.toml)."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

FILE = Path(__file__).with_name("presets.toml")
TITLE = "title"


@cache
def presets() -> Mapping[str, Mapping[str, str]]:
    """All presets by name: a title, and the settings that it fills in."""
    found: dict[str, dict[str, str]] = tomllib.loads(FILE.read_text("utf-8"))
    return found


def preset_titles() -> list[tuple[str, str]]:
    """(name, title) of each, as a select offers them."""
    return [(name, preset[TITLE]) for name, preset in presets().items()]


def preset_values(name: str) -> dict[str, str]:
    """The settings that a preset fills in, the way among them; empty for an unknown name."""
    preset = presets().get(name)
    if preset is None:
        return {}
    usual = {"way": "http", "fields": "", "headers": "", "success": "", "refusal": "", "number": ""}
    return {**usual, **{key: value.strip() for key, value in preset.items() if key != TITLE}}
