"""How the mailbox is set up: one row among the channels' settings, though nothing is sent over it."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from app.notify.channels.base import Field, FieldKind, Settings
from app.notify.channels.registry import open_secrets
from app.notify.mailbox.reply_address import reply_address
from models import ChannelSetting

MAILBOX = "mailbox"
MEGABYTE = 1024 * 1024
PASSWORD, OAUTH2 = "password", "oauth2"
_WAYS = (("tls", "TLS"), ("starttls", "STARTTLS"), ("none", _l("not encrypted")))
_SIGN_IN = ((PASSWORD, _l("Password")), (OAUTH2, "OAuth2"))

FIELDS: tuple[Field, ...] = (
    Field("host", _l("IMAP server"), is_required=True, help=_l("Such as imap.corp.example.")),
    Field("port", _l("Port"), FieldKind.NUMBER, default=993, least=1, most=65535),
    Field("protection", _l("Encryption"), FieldKind.CHOICE, default="tls", choices=_WAYS),
    Field("ca_file", _l("Certificate authority"), help=_l("A file on the server; empty: the system's.")),
    Field("user", _l("User name"), is_required=True),
    Field("sign_in", _l("Way of signing in"), FieldKind.CHOICE, default=PASSWORD, choices=_SIGN_IN),
    Field("password", _l("Password"), FieldKind.SECRET),
    Field("token_url", _l("Token address"), help=_l("Where a refresh token is changed for an access token.")),
    Field("client_id", _l("Client ID")),
    Field("client_secret", _l("Client secret"), FieldKind.SECRET),
    Field("refresh_token", _l("Refresh token"), FieldKind.SECRET),
    Field("scope", _l("Scope"), help=_l("Empty: as the refresh token says.")),
    Field("folder", _l("Folder that is read"), default="INBOX", is_required=True),
    Field("done_folder", _l("Folder for letters that were read"), default="helpdesk-done", is_required=True),
    Field("failed_folder", _l("Folder for letters that cannot be read"), default="helpdesk-failed",
          is_required=True),
    Field("address", _l("Address of the mailbox"), is_required=True,
          help=_l("Clients write to it, such as helpdesk@corp.example. What stands behind a plus in it must "
                  "arrive here too (helpdesk+t12.…@corp.example).")),
    Field("department", _l("Department that gets the tickets"), FieldKind.CHOICE, is_required=True),
    Field("author", _l("Author of these tickets"), FieldKind.CHOICE, is_required=True,
          help=_l("A staff account for this alone; it may be disabled, so that nobody signs in with it.")),
    Field("auth_server", _l("Name of your mail server in Authentication-Results"),
          help=_l("Letters with dmarc=fail by its word wait in the tray. Empty: not looked at.")),
    Field("max_mb", _l("Largest letter, MB"), FieldKind.NUMBER, default=25, least=1, most=100),
    Field("max_file_mb", _l("Largest file, MB"), FieldKind.NUMBER, default=20, least=1, most=100),
    Field("max_files", _l("Most files of one letter"), FieldKind.NUMBER, default=20, least=0, most=100),
    Field("confirm", _l("Tell the sender the number of his ticket"), FieldKind.FLAG, default=False,
          help=_l("At most once an hour to one address, and never to a machine.")),
    Field("console", _l("Only count the letters, change nothing"), FieldKind.FLAG, default=False,
          help=_l("For a try: the number is written into the log.")),
)  # fmt: skip
SECRETS = frozenset(field.name for field in FIELDS if field.kind == FieldKind.SECRET)


def mailbox_settings(session: Session) -> Settings | None:
    """The settings of this moment with their secrets opened; None while the mailbox is off."""
    row = session.get(ChannelSetting, MAILBOX, populate_existing=True)
    return filled(row) if row is not None and row.is_on else None


def filled(row: ChannelSetting | None) -> Settings:
    """The stored settings over the defaults."""
    values: dict[str, Any] = {field.name: field.default for field in FIELDS}
    if row is None:
        return Settings(values)
    return Settings({**values, **row.values, **open_secrets(row)})


def reply_to(session: Session, ticket_id: int | None) -> str:
    """Where answers to a letter about this ticket go; empty while no mailbox is on."""
    row = session.get(ChannelSetting, MAILBOX)
    if row is None or not row.is_on or ticket_id is None:
        return ""
    return reply_address(str(row.values.get("address") or ""), ticket_id)
