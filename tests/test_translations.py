"""The three catalogues are complete: our texts, FAB's, and those of the browser."""

from __future__ import annotations

import pytest
from babel.messages.catalog import Catalog

from app import i18n


@pytest.fixture(scope="module")
def template() -> Catalog:
    return i18n.extract()


@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_a_catalogue_lacks_nothing(language: str, template: Catalog) -> None:
    assert i18n.problems(language, template) == []


def test_the_extraction_finds_our_texts_and_those_of_fab(template: Catalog) -> None:
    ids = {message.id if isinstance(message.id, str) else message.id[0] for message in template if message.id}
    assert "New ticket" in ids
    assert "Base Permissions" in ids
    assert len(ids) > 300


def test_a_missing_text_is_noticed(template: Catalog) -> None:
    template.add("A text that nobody has translated")
    assert any("A text that nobody has translated" in line for line in i18n.problems("uk", template))
    template.delete("A text that nobody has translated")
