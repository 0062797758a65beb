"""Font Awesome names, as FAB's views give them, drawn with Bootstrap Icons."""

from __future__ import annotations

_ICONS = {
    "address-book": "person-rolodex", "address-book-o": "person-rolodex", "address-card": "person-vcard",
    "archive": "archive", "arrow-down": "arrow-down", "arrow-left": "arrow-left",
    "arrow-right": "arrow-right", "arrow-up": "arrow-up", "ban": "slash-circle", "bar-chart": "bar-chart",
    "bar-chart-o": "bar-chart", "bell": "bell", "book": "book", "briefcase": "briefcase",
    "building": "building", "calendar": "calendar3", "chain": "link-45deg", "check": "check-lg",
    "clock-o": "clock", "cog": "gear", "cogs": "gear-wide-connected", "comments": "chat-dots",
    "database": "database", "download": "download", "edit": "pencil", "envelope": "envelope",
    "exchange": "arrow-left-right", "eye": "eye", "file": "file-earmark", "filter": "funnel",
    "folder": "folder", "folder-open-o": "folder2-open", "globe": "globe", "group": "people",
    "history": "clock-history", "home": "house-door", "id-card": "person-badge", "inbox": "inbox",
    "info-circle": "info-circle", "key": "key", "line-chart": "graph-up", "link": "link-45deg",
    "list": "list-ul", "list-alt": "list-ul", "lock": "lock", "minus": "dash-lg", "pencil": "pencil",
    "phone": "telephone", "pie-chart": "pie-chart", "plus": "plus-lg", "refresh": "arrow-clockwise",
    "rocket": "rocket", "save": "floppy", "search": "search", "server": "hdd-stack",
    "shield": "shield-lock", "sign-in": "box-arrow-in-right", "sign-out": "box-arrow-right",
    "sitemap": "diagram-3", "star": "star", "table": "table", "tag": "tag", "tags": "tags",
    "tasks": "list-check", "th-list": "list-ul", "ticket": "ticket", "times": "x-lg", "trash": "trash",
    "unlock": "unlock", "upload": "upload", "user": "person", "user-gear": "person-gear",
    "user-plus": "person-plus", "user-shield": "shield-lock", "users": "people", "wrench": "wrench",
}  # fmt: skip


def icon_of(name: str | None, default: str = "dot") -> str:
    """The Bootstrap icon for FAB's ``fa-users``, for a plain ``users``, or for one of our own names."""
    if not name:
        return default
    plain = name.split()[-1].removeprefix("fa-").removeprefix("bi-")
    return _ICONS.get(plain, plain)
