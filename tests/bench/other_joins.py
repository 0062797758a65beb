"""What the join is measured against: exact names, normalised names, and splink."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable, Sequence
from typing import Any

from app.text import fold_words
from import_tools.joining import BookRecord, PersonRecord
from tests.bench.directories import Directory

Links = dict[str, str]
# the threshold that gave a precision of 0.98 on seeds 1 and 2
SPLINK_THRESHOLD = 0.8
_INSTALL = "splink is not here: `make bench` installs it, or pip install -r requirements-bench.txt"


def exact(made: Directory) -> Links:
    """The same text, when it is there once on both sides."""
    return _unique(made, lambda name: name)


def normalised(made: Directory) -> Links:
    """The same set of words in one alphabet."""
    return _unique(made, lambda name: " ".join(sorted(fold_words(name))))


def _unique(made: Directory, plain: Callable[[str], str]) -> Links:
    people, rows = _by_name(made.people, plain), _by_name(made.rows, plain)
    pairs = ((rows[name], people[name]) for name in rows if name in people)
    return {here[0]: there[0] for here, there in pairs if len(here) == len(there) == 1}


def _by_name(
    records: Sequence[PersonRecord] | Sequence[BookRecord], plain: Callable[[str], str]
) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for record in records:
        found.setdefault(plain(record.name), []).append(record.key)
    return found


def splink(made: Directory) -> Links:
    """splink as its manual says: comparisons with frequencies, u by sampling, m by expectation maximisation.

    Raises SystemExit with what to do when it is not installed.
    """
    if importlib.util.find_spec("splink") is None:
        raise SystemExit(_INSTALL)
    library: Any = importlib.import_module("splink")
    compare: Any = importlib.import_module("splink.comparison_library")
    surname = compare.NameComparison("surname").configure(term_frequency_adjustments=True)
    settings = library.SettingsCreator(
        link_type="link_only",
        comparisons=[surname, _with_initials("first"), _with_initials("patronymic")],
        blocking_rules_to_generate_predictions=[
            library.block_on("surname"),
            library.block_on("first", "patronymic"),
            library.block_on("substr(surname, 1, 4)"),
        ],
    )
    database = importlib.import_module("splink.backends.duckdb").DuckDBAPI()
    tables = [
        database.register(_frame(records, is_book=is_book), dataset_display_name=name)
        for name, records, is_book in (("book", made.rows, True), ("people", made.people, False))
    ]
    linker = library.Linker(tables, settings, log_level="ERROR")
    linker.training.estimate_probability_two_random_records_match(
        [library.block_on("surname", "first")], recall=0.5
    )
    linker.training.estimate_u_using_random_sampling(max_pairs=1e6, seed=1)
    for rule in (library.block_on("surname"), library.block_on("first")):
        linker.training.estimate_parameters_using_expectation_maximisation(rule)
    found = linker.inference.predict(threshold_match_probability=SPLINK_THRESHOLD).as_pandas_dataframe()
    return _best(found)


def _with_initials(column: str) -> Any:
    """Equal, an initial that fits, alike, different."""
    level: Any = importlib.import_module("splink.comparison_level_library")
    compare: Any = importlib.import_module("splink.comparison_library")
    here, there = f"{column}_l", f"{column}_r"
    initial = f"least(length({here}), length({there})) = 1 and substr({here}, 1, 1) = substr({there}, 1, 1)"
    return compare.CustomComparison(
        output_column_name=column,
        comparison_levels=[
            level.NullLevel(column),
            level.ExactMatchLevel(column, term_frequency_adjustments=True),
            level.CustomLevel(initial, label_for_charts="initial"),
            level.JaroWinklerLevel(column, 0.88),
            level.ElseLevel(),
        ],
    )


def _frame(records: Sequence[PersonRecord] | Sequence[BookRecord], *, is_book: bool) -> Any:
    import pandas as pd

    lines = [_columns(record.key, fold_words(record.name), is_book) for record in records]
    return pd.DataFrame(lines, columns=["unique_id", "surname", "first", "patronymic"], dtype="object")


def _columns(key: str, words: list[str], is_book: bool) -> tuple[str, str | None, str | None, str | None]:
    """By place: surname, first name, patronymic; two words of the directory are first name and surname."""
    if len(words) == 2 and not is_book:
        words = words[::-1]
    surname, first, patronymic = (*words[:3], None, None, None)[:3]
    return key, surname, first, patronymic


def _best(found: Any) -> Links:
    """The likeliest pair of each row and person."""
    links: Links = {}
    taken: set[str] = set()
    for line in found.sort_values("match_probability", ascending=False).itertuples():
        row, person = line.unique_id_l, line.unique_id_r
        if line.source_dataset_l != "book":
            row, person = person, row
        if row not in links and person not in taken:
            links[row] = person
            taken.add(person)
    return links
