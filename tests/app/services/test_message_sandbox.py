"""Texts written by administrators: names and conditions; nothing else gets in, nothing gets out."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from flask_babel import force_locale

from app.services.message_sandbox import LONGEST_TEXT, BadTemplate, ensure_usable, render

KNOWN = ("number", "subject", "client_room")
VALUES = {"number": "12", "subject": "printer is broken", "client_room": ""}
pytestmark = pytest.mark.database("sqlite", reason="no database is asked")


@pytest.fixture(autouse=True)
def english(app: Flask) -> Iterator[None]:
    """Messages are compared as they are written in the code."""
    with force_locale("en"):
        yield


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("#{{ number }} {{ subject }}", "#12 printer is broken"),
        ("{{ subject|upper }}{{ number | lower }}", "PRINTER IS BROKEN12"),
        ("{{ subject|truncate(10) }}", "printer…"),
        ("{% if client_room %}room {{ client_room }}{% else %}-{% endif %}", "-"),
        ("{% if number == '12' and not client_room %}yes{% endif %}", "yes"),
        ("{{ subject if client_room else number }}", "12"),
        ("{# nobody reads this #}plain, 5 % < 6 & more", "plain, 5 % < 6 & more"),
    ],
)
def test_template_puts_texts_in(app: Flask, source: str, text: str) -> None:
    assert render(source, VALUES) == text


@pytest.mark.parametrize(
    "source",
    [
        "{{ ''.__class__ }}",
        "{{ ''['__class__'] }}",
        "{{ subject.__class__.__mro__ }}",
        "{{ subject['x'] }}",
        "{{ subject|attr('__class__') }}",
        "{{ subject.format(1) }}",
        "{{ subject() }}",
        "{{ [number] }}{{ {1: 2} }}",
        "{{ 'a' * 1000000000 }}",
        "{{ 9 ** 9 ** 9 }}",
        "{{ 'a' ~ subject }}",
        "{{ subject is defined }}",
        "{{ number < subject }}",
        "{% for one in subject %}{{ one }}{% endfor %}",
        "{% macro m() %}{% endmacro %}",
        "{% call m() %}{% endcall %}",
        "{% set x = 1 %}",
        "{% include 'layout.html' %}",
        "{% import 'ui.html' as ui %}",
        "{% extends 'layout.html' %}",
        "{% block a %}{% endblock %}",
        "{% filter upper %}a{% endfilter %}",
        "{% raw %}{{ number }}",
        "{{ range(9) }}",
        "{{ config }}",
        "{{ self }}",
        "{{ lipsum }}",
        "{{ subject|safe }}",
        "{{ subject|replace('a', 'b') }}",
        "{{ subject|truncate(number) }}",
        "{{ subject",
        "{% if number %}",
        "{{ }}",
        "{{ " + "(" * 1900 + "number" + ")" * 1900 + " }}",
        "{% if number %}" * 130 + "{% endif %}" * 130,
        "x" * 4001,
    ],
)
def test_everything_else_is_refused_or_harmless(app: Flask, source: str) -> None:
    with pytest.raises(BadTemplate) as refused:
        render(source, VALUES)
    assert refused.value.message


def test_refusal_names_the_line_and_what_may_be_used(app: Flask) -> None:
    with pytest.raises(BadTemplate) as refused:
        ensure_usable("#{{ number }}\n\n{{ subjct }}", KNOWN)
    assert "Line 3" in refused.value.message
    assert "subjct" in refused.value.message
    assert "client_room, number, subject" in refused.value.message


def test_result_is_bounded_however_often_a_long_text_is_put_in(app: Flask) -> None:
    text = render("{{ subject }}" * 300, {"subject": "я" * 100_000})
    assert len(text) == LONGEST_TEXT


def test_value_is_put_in_as_it_is_and_never_read_as_a_template(app: Flask) -> None:
    assert render("{{ subject }}", {"subject": "{{ 7 }}{% for %}"}) == "{{ 7 }}{% for %}"
