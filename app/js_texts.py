"""The texts of our JavaScript. ``t("…")`` in ``app/assets/js`` finds its translation by the English text.

Each page carries this catalogue in its own language (``#hd-texts`` in ``layout.html``); a test compares it
with the calls of ``t()``, so neither side can forget the other.
"""

from __future__ import annotations

from flask_babel import LazyString
from flask_babel import lazy_gettext as _

TEXTS: dict[str, LazyString] = {
    "Close": _("Close"),
    "No connection to the server. What you typed stays here; try again.": _(
        "No connection to the server. What you typed stays here; try again."
    ),
    "The server could not do this. What you typed stays here; try again or tell the administrator.": _(
        "The server could not do this. What you typed stays here; try again or tell the administrator."
    ),
    "You may not do this.": _("You may not do this."),
    "This is not there any more, or it was never yours to see.": _(
        "This is not there any more, or it was never yours to see."
    ),
    "Too many requests at once. Wait a moment and try again.": _(
        "Too many requests at once. Wait a moment and try again."
    ),
    "The database does not answer at the moment. What you typed stays here; try again in a few seconds.": _(
        "The database does not answer at the moment. What you typed stays here; try again in a few seconds."
    ),
    "The page is too old to send this. Reload it; what you typed stays here until you do.": _(
        "The page is too old to send this. Reload it; what you typed stays here until you do."
    ),
    "Live": _("Live"),
    "Offline": _("Offline"),
    "News arrive by themselves.": _("News arrive by themselves."),
    "No connection: this page does not change by itself now.": _(
        "No connection: this page does not change by itself now."
    ),
    "You have signed out. What you typed stays here; sign in again in another tab, then reload.": _(
        "You have signed out. What you typed stays here; sign in again in another tab, then reload."
    ),
    "Remove the filter: {name}": _("Remove the filter: {name}"),
    "{name}: condition": _("{name}: condition"),
    "{name}: value": _("{name}: value"),
    "New in the list: {n}. Show": _("New in the list: {n}. Show"),
    "{verb} {n} of {all}: not {numbers}": _("{verb} {n} of {all}: not {numbers}"),
    "The link is copied.": _("The link is copied."),
    "This ticket has gone out of your sight: it was sent on. What you typed is still here.": _(
        "This ticket has gone out of your sight: it was sent on. What you typed is still here."
    ),
}


def catalogue() -> dict[str, str]:
    """English text → text in the language of the current request."""
    return {text: str(translation) for text, translation in TEXTS.items()}
