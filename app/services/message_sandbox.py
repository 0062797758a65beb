"""Texts that administrators write themselves: names in double braces and conditions, and nothing else.

A template is parsed, and every part of it must be one of a short list: no loops, no calls, no attributes.
Only then does Jinja's sandbox see it, with texts alone to put in. So its time and its memory are bounded.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache

from flask_babel import gettext as _
from jinja2 import StrictUndefined, Template, nodes
from jinja2.exceptions import TemplateSyntaxError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from app.errors import HelpdeskError

LONGEST_TEMPLATE = 4000
LONGEST_TEXT = 20_000  # of what comes out
LONGEST_VALUE = 4000  # of one variable
FILTERS = ("lower", "truncate", "upper")
_ALLOWED = (
    nodes.Template,
    nodes.Output,
    nodes.TemplateData,
    nodes.Name,
    nodes.Const,
    nodes.If,
    nodes.CondExpr,
    nodes.Filter,
    nodes.Not,
    nodes.And,
    nodes.Or,
    nodes.Compare,
    nodes.Operand,
)
_COMPARISONS = frozenset({"eq", "ne"})


class BadTemplate(HelpdeskError):
    """A template that cannot be used; the message says in which line and what to do."""


def _truncate(text: str, length: int = 80) -> str:
    """The text, or its beginning up to a word's end and a mark: Jinja's own mark is three signs long."""
    if len(text) <= length:
        return text
    beginning = text[: max(length - 1, 0)]
    whole, _blank, _rest = beginning.rpartition(" ")
    return (whole if len(whole) > length // 2 else beginning).rstrip(" ,.;:-–—") + "…"


class _Sandbox(ImmutableSandboxedEnvironment):
    """Jinja without globals and tests, and with three filters."""

    def __init__(self) -> None:
        super().__init__(autoescape=False, undefined=StrictUndefined, keep_trailing_newline=False)
        self.filters = {"lower": str.lower, "truncate": _truncate, "upper": str.upper}
        self.globals, self.tests = {}, {}


_SANDBOX = _Sandbox()


def ensure_usable(source: str, known: Iterable[str]) -> None:
    """Raise BadTemplate unless ``source`` is a template of ours that names only ``known`` variables."""
    if len(source) > LONGEST_TEMPLATE:
        raise BadTemplate(_("Shorten to %(number)s characters.", number=LONGEST_TEMPLATE))
    try:
        _ensure_allowed(_SANDBOX.parse(source), frozenset(known))
        _template(source)
    except BadTemplate:
        raise
    except TemplateSyntaxError as error:
        raise BadTemplate(_not_understood(error.lineno)) from error
    except Exception as error:  # nested too deeply, or whatever else Python's own parser refuses
        raise BadTemplate(_not_understood(1)) from error


def render(source: str, values: Mapping[str, str]) -> str:
    """The text of a usable template. Raises BadTemplate for any other, whatever is wrong with it."""
    ensure_usable(source, values)
    given = {name: str(value)[:LONGEST_VALUE] for name, value in values.items()}
    try:
        return "".join(_bounded(_template(source).generate(given)))
    except Exception as error:  # such as a filter that gets a wrong number
        raise BadTemplate(_not_understood(1)) from error


def _bounded(parts: Iterable[str]) -> Iterator[str]:
    """The parts until there is too much of them."""
    room = LONGEST_TEXT
    for part in parts:
        yield part[:room]
        room -= len(part)
        if room <= 0:
            return


@lru_cache(maxsize=256)
def _template(source: str) -> Template:
    return _SANDBOX.from_string(source)


def _ensure_allowed(tree: nodes.Template, known: frozenset[str]) -> None:
    for node in [tree, *tree.find_all(nodes.Node)]:
        line = node.lineno
        if isinstance(node, nodes.Name):
            _ensure_known(node, known)
        elif isinstance(node, nodes.Filter):
            if node.name not in FILTERS:
                raise BadTemplate(
                    _(
                        "Line %(line)s: “%(name)s” is not known. After a bar these may stand: %(names)s.",
                        line=line,
                        name=node.name,
                        names=", ".join(FILTERS),
                    )
                )
        elif isinstance(node, nodes.Operand):
            if node.op not in _COMPARISONS:
                raise BadTemplate(_not_allowed(line))
        elif not isinstance(node, _ALLOWED):
            raise BadTemplate(_not_allowed(line))


def _ensure_known(node: nodes.Name, known: frozenset[str]) -> None:
    if node.ctx != "load":
        raise BadTemplate(_not_allowed(node.lineno))
    if node.name not in known:
        raise BadTemplate(
            _(
                "Line %(line)s: there is no “%(name)s”. These may be used: %(names)s.",
                line=node.lineno,
                name=node.name,
                names=", ".join(sorted(known)),
            )
        )


def _not_allowed(line: int) -> str:
    return str(
        _("Line %(line)s: only names in {{ }} and conditions {%% if … %%} may stand in a text.", line=line)
    )


def _not_understood(line: int) -> str:
    return str(
        _(
            "Line %(line)s cannot be read: close every {{ with }} and every {%% if with {%% endif %%}.",
            line=line,
        )
    )
