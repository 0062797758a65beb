"""The tabs over the screens of notifications."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _

from views.base import Screen

MOST_COUNTED = 100


class NotifyScreen(Screen):
    """A screen with the tabs of notifications, for administrators."""

    tab = ""

    def frame(self, template: str, **context: Any) -> str:
        """A page with the tabs."""
        return self.page(template, tabs=notify_tabs(self.tab), **context)


def notify_tabs(current: str) -> list[dict[str, Any]]:
    """The tabs as ``ui.tabs`` draws them."""
    found = [
        ("channels", _("Channels"), "/notify/channels/"),
        ("defaults", _("Defaults"), "/notify/defaults/"),
        ("ladder", _("Ladder"), "/notify/ladder/"),
        ("duty", _("Duty"), "/notify/duty/"),
        ("texts", _("Texts"), "/notify/texts/"),
        ("deliveries", _("Deliveries"), "/notify/deliveries/"),
    ]
    return [{"label": label, "url": url, "current": name == current} for name, label, url in found]
