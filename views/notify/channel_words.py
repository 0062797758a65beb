"""Channels, their health and what providers complain of, in words."""

from __future__ import annotations

from flask_babel import gettext as _
from flask_babel import lazy_gettext
from flask_babel.speaklater import LazyString

from app.services.channel_standing import Health, Standing
from app.services.channel_trials import Trial, TrialKind
from models import ChannelName
from views.shell import when

NAMES: dict[str, LazyString | str] = {
    ChannelName.EMAIL: lazy_gettext("E-mail"),
    ChannelName.JABBER: "Jabber",
    ChannelName.PUSH: lazy_gettext("Browser push"),
    ChannelName.OWN: lazy_gettext("Own messengers"),
    ChannelName.SMS: "SMS",
}
ICONS = {
    ChannelName.EMAIL: "envelope",
    ChannelName.JABBER: "chat-dots",
    ChannelName.PUSH: "window-stack",
    ChannelName.OWN: "send",
    ChannelName.SMS: "phone",
}
# (icon, kind of tag) of a condition
LOOKS = {
    Health.NEVER: ("dash-circle", ""),
    Health.WORKS: ("check-circle-fill", "done"),
    Health.FAILING: ("exclamation-octagon-fill", "danger"),
    Health.RESTING: ("pause-circle-fill", "free"),
}
# what channels write on the ledger, by its beginning; the first that fits
_ERRORS: tuple[tuple[str, LazyString], ...] = (
    ("no_server", lazy_gettext("No server is set.")),
    ("no gateway address", lazy_gettext("No address of a gateway is set.")),
    ("no_address", lazy_gettext("You have no address for this channel.")),
    ("channel_off", lazy_gettext("The channel is switched off.")),
    ("gaierror", lazy_gettext("No server of this name is known.")),
    ("ConnectionRefusedError", lazy_gettext("Nothing listens on this server and port.")),
    ("TimeoutError", lazy_gettext("The server did not answer in time.")),
    ("SSL", lazy_gettext("The server's certificate is not trusted, or it offers no encryption.")),
    ("the server does not offer", lazy_gettext("The server offers no encryption or no signing in.")),
    ("the server hung up", lazy_gettext("The server has hung up.")),
    ("sign-in refused", lazy_gettext("The server does not accept the user name or the password.")),
    ("recipient refused", lazy_gettext("The server does not take messages for this address.")),
    ("certificate", lazy_gettext("The server's certificate is not trusted, or it offers no encryption.")),
    ("sign_in", lazy_gettext("The server does not accept the user name or the password.")),
    ("the gateway does not accept our sign-in", lazy_gettext("The gateway does not accept our sign-in.")),
    ("the operator refuses", lazy_gettext("The operator does not accept our sign-in.")),
    ("unreachable", lazy_gettext("The server does not answer: look at its name, its port and the network.")),
    ("no answer in time", lazy_gettext("The server did not answer in time.")),
    ("busy", lazy_gettext("The server is busy and asks to come again.")),
    ("refused", lazy_gettext("The server refuses the message for good.")),
    ("answer not understood", lazy_gettext("The answer fits neither “yes” nor “no” of the settings.")),
    ("not a mobile number", lazy_gettext("This telephone is no mobile number.")),
    ("not an address that Apprise knows", lazy_gettext("Apprise does not know such an address.")),
    ("not accepted", lazy_gettext("The messenger has not accepted the message.")),
    ("this kind of messenger", lazy_gettext("Messengers of this kind are not allowed here.")),
    ("this address is switched off", lazy_gettext("This messenger is switched off or gone.")),
    ("no browser takes it", lazy_gettext("The browser takes no messages any more: switch it on there anew.")),
)


def channel_word(name: str) -> str:
    """The channel as people call it."""
    return str(NAMES.get(name, name))


def error_words(error: str) -> str:
    """A provider's complaint in plain words, with the provider's own in brackets; empty for none."""
    if not error:
        return ""
    plain = next((str(words) for start, words in _ERRORS if error.startswith(start)), "")
    if not plain:
        return str(_("The provider says: “%(text)s”.", text=error))
    rest = error.partition(":")[2].strip() or error
    return plain if rest in {start for start, _words in _ERRORS} else f"{plain} ({rest})"


def health_words(standing: Standing) -> str:
    """The condition of a channel in a sentence."""
    if standing.health is Health.NEVER:
        return str(_("never used"))
    assert standing.since is not None or standing.health is Health.RESTING
    moment = when(standing.since) if standing.since else ""
    if standing.health is Health.WORKS:
        return str(_("works, last time %(when)s", when=moment))
    if standing.health is Health.RESTING and standing.until is not None:
        return str(_("rests until %(when)s after failures", when=when(standing.until)))
    return str(_("failing since %(when)s", when=moment))


def trial_words(trial: Trial) -> str:
    """What came of a trial, in a sentence."""
    if trial.error:
        return error_words(trial.error)
    if trial.kind == TrialKind.CHECK:
        if trial.channel == ChannelName.OWN:
            return str(_("There is no server to ask: every messenger is somebody's own."))
        if trial.channel == ChannelName.PUSH:
            return str(_("The key for signing is there. The rest is seen when a message goes."))
        return str(_("Good: nothing speaks against sending."))
    if trial.address:
        return str(_("The provider has taken the message to %(address)s.", address=trial.address))
    return str(_("The provider has taken the message."))
