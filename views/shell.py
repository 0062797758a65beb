"""What every page has around it: the menu, the person's choices, the browser's files and times as words."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

from babel.dates import format_timedelta
from flask import Flask, Response, abort, current_app, g, request, send_from_directory
from flask_babel import (
    format_date,
    format_datetime,
    format_time,
    get_locale,
    get_translations,
    to_user_timezone,
)
from flask_babel import gettext as _
from flask_login import current_user

from app.js_texts import catalogue
from app.widgets import init_widgets
from views.icons import icon_of

YEAR = 31_536_000
ACCESS_TABS = ("/access/roles/", "/access/why", "/access/cell/", "/access/preview", "/access/save")
COMPRESSED_TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}


@dataclass(frozen=True)
class Link:
    """One line of the menu. ``key``: the letter that opens it."""

    label: str
    url: str
    icon: str
    unread: bool = False

    def is_current(self, path: str) -> bool:
        """Whether the page at ``path`` belongs under this line (``/tickets/inbox`` covers all of tickets)."""
        if self.url == "/":
            return path == "/"
        if self.url == "/access/":  # other lines of the menu lie below its address
            return path == self.url or path.startswith(ACCESS_TABS)
        section = (
            "/".join(self.url.split("/")[:2]) if self.url.startswith(("/tickets/", "/clients/")) else self.url
        )
        return path == self.url or path.startswith(section.rstrip("/") + "/")


@dataclass(frozen=True)
class Section:
    """A titled group of the menu; the first one has no title."""

    title: str
    links: list[Link] = field(default_factory=list)


class Shell:
    """The frame of the page being drawn. Everything is worked out when the template asks for it."""

    login_url = "/login/"
    logout_url = "/logout/"
    new_ticket_url = "/tickets/new"
    search_url = "/tickets/search"

    @cached_property
    def person(self) -> Any:
        """The staff member who is signed in, or None."""
        user = current_user._get_current_object()  # the proxy would ask again for every attribute
        return user if user is not None and user.is_authenticated else None

    @cached_property
    def language(self) -> str:
        """The language of this page: uk, ru or en."""
        locale = get_locale()
        return str(locale.language) if locale else "en"

    @property
    def languages(self) -> dict[str, dict[str, str]]:
        """The languages that can be chosen."""
        languages: dict[str, dict[str, str]] = current_app.config["LANGUAGES"]
        return languages

    @property
    def theme(self) -> str:
        """light, dark or auto: the person's choice; auto before signing in."""
        theme = getattr(self.person, "theme", None)
        return theme if theme in {"light", "dark"} else "auto"

    @property
    def letter_keys(self) -> bool:
        """Whether single letters work as keys (WCAG 2.1.4)."""
        return bool(getattr(self.person, "letter_keys_on", True))

    @property
    def made_at(self) -> int:
        """When this page was made, in milliseconds: what happened later reaches it as live news."""
        return int(datetime.now(UTC).timestamp() * 1000)

    @property
    def texts(self) -> str:
        """The texts of our JavaScript as JSON that is safe inside a script element."""
        return _texts(self.language)

    def exists(self, url: str) -> str:
        """``url`` if the application serves it, otherwise an empty string."""
        return url if _is_served(url) else ""

    @cached_property
    def sections(self) -> list[Section]:
        """The menu: our own screens first, then what FAB's rights leave of its menu."""
        own = [
            Link(_("My day"), "/", "house-door"),
            Link(_("Tickets"), "/tickets/inbox", "inbox", unread=True),
            Link(_("Clients"), "/clients/", "people"),
            Link(_("Knowledge base"), "/knowledge/", "journal-text"),
            Link(_("Notes"), "/notes/", "sticky"),
        ]
        lead = [
            Link(_("Statistics"), "/statistics/", "graph-up"),
            Link(_("Letters"), "/letters/", "envelope"),
            Link(_("Client base"), "/client-base/", "person-lines-fill"),
            Link(_("Notifications"), "/notify/", "bell"),
        ]
        sections = [Section("", [link for link in own if self.exists(link.url)])]
        sections.append(Section(_("For managers"), [link for link in lead if self.exists(link.url)]))
        shown = {link.url for section in sections for link in section.links}
        sections.extend(_fab_sections(shown))
        return [section for section in sections if section.links]


def _fab_sections(shown: set[str]) -> list[Section]:
    """FAB's menu as sections; single lines of its top level are gathered under Administration."""
    builder = current_app.extensions.get("appbuilder") or getattr(current_app, "appbuilder", None)
    if builder is None:
        return []
    loose = Section(_("Administration"))
    sections = [loose]
    for item in builder.menu.get_data():
        if item == "-":
            continue
        target = loose
        if "childs" in item and item["name"] != "Administration":
            target = Section(item["label"])
            sections.append(target)
        for child in item.get("childs", [item]):
            if child != "-" and child.get("url") and child["url"] not in shown:
                target.links.append(Link(child["label"], child["url"], icon_of(child.get("icon"))))
    return sections


def _is_served(path: str) -> bool:
    """Whether the application has a page at this path; asked of its map once per path."""
    known: dict[str, bool] = current_app.extensions.setdefault("hd_paths", {})
    if path not in known:
        known[path] = current_app.url_map.bind("localhost").test(path, "GET")
    return known[path]


def _texts(language: str) -> str:
    cache: dict[str, str] = current_app.extensions.setdefault("hd_texts", {})
    if language not in cache:
        cache[language] = json.dumps(catalogue(), ensure_ascii=False).replace("<", "\\u003c")
    return cache[language]


def _dist() -> Path:
    return Path(str(current_app.static_folder)) / "dist"


def _folder() -> str:
    """The folder of the present build; an empty string before the first one."""
    name = current_app.extensions.get("hd_assets")
    if name is None or current_app.debug:
        try:
            name = json.loads((_dist() / "manifest.json").read_text())["folder"]
        except (OSError, ValueError, KeyError):
            return ""
        current_app.extensions["hd_assets"] = name
    return str(name)


def built_folder() -> str:
    """The folder of the present build below ``dist``; an empty string before the first one."""
    return _folder()


def asset(path: str) -> str:
    """The address of one of the browser's files: ``asset('js/app.js')``."""
    return f"{current_app.static_url_path}/dist/{_folder() or 'missing'}/{path}"


def has_asset(path: str) -> bool:
    """Whether the present build holds this file."""
    return (_dist() / _folder() / path).is_file()


def serve_dist(path: str) -> Response:
    """A built file, already compressed where the browser takes it, to be kept for a year."""
    if path.endswith(".gz"):
        abort(404)
    kind = COMPRESSED_TYPES.get(Path(path).suffix)
    packed = kind and request.accept_encodings["gzip"] > 0 and (_dist() / f"{path}.gz").is_file()
    response = send_from_directory(_dist(), f"{path}.gz" if packed else path, mimetype=kind, conditional=True)
    if packed:
        response.headers["Content-Encoding"] = "gzip"
    if kind:
        response.headers["Vary"] = "Accept-Encoding"
    fixed = path != "manifest.json"
    response.headers["Cache-Control"] = f"public, max-age={YEAR}, immutable" if fixed else "no-cache"
    return response


def ago(moment: datetime, *, now: datetime | None = None) -> str:
    """How long ago, in words for a narrow column: ``12 min``, ``3 hr``; after a week the date."""
    now = now or datetime.now(UTC)
    age = now - moment
    if age.total_seconds() < 60:
        return str(_("now"))
    if age.days < 7:
        return str(format_timedelta(age, threshold=0.99, format="short", locale=get_locale()))
    this_year = moment.year == now.year
    return str(format_date(moment, "d MMM" if this_year else "dd.MM.yyyy"))


def when(moment: datetime, *, now: datetime | None = None) -> str:
    """The moment as people say it, in the person's time zone: ``today, 10:21``, ``14 Nov, 16:20``."""
    local, today = to_user_timezone(moment), to_user_timezone(now or datetime.now(UTC))
    time = format_time(moment, "HH:mm")
    if local.date() == today.date():
        return str(_("today, %(time)s", time=time))
    if local.date() == today.date() - timedelta(days=1):
        return str(_("yesterday, %(time)s", time=time))
    if local.date() == today.date() + timedelta(days=1):
        return str(_("tomorrow, %(time)s", time=time))
    return f"{format_date(moment, 'd MMM' if local.year == today.year else 'd MMM yyyy')}, {time}"


def exact(moment: datetime) -> str:
    """The moment in full, in the person's time zone and language."""
    return str(format_datetime(moment, "medium"))


def _translations() -> Any:
    """The catalogue of this request, looked up once: a list asks it hundreds of times."""
    found = g.get("hd_translations")
    if found is None:
        found = g.hd_translations = get_translations()
    return found


def init_shell(app: Flask) -> None:
    """Give the templates of ``app`` (ours, FAB's and Flask-Admin's) the shell and its helpers."""
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]  # added by the i18n extension
        gettext=lambda text: _translations().ugettext(text),
        ngettext=lambda one, many, number: _translations().ungettext(one, many, number),
        newstyle=True,
    )
    app.jinja_env.globals.update(asset=asset, has_asset=has_asset, icon_of=icon_of)
    app.jinja_env.filters.update(ago=ago, when=when, exact=exact)
    app.context_processor(lambda: {"shell": Shell()})
    init_widgets(app)
    app.add_url_rule(f"{app.static_url_path}/dist/<path:path>", "dist", serve_dist)
