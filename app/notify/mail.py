"""Letters over SMTP: one recipient, plain text and HTML, an encrypted and checked way when one is set."""

from __future__ import annotations

import logging
import re
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.errors import MessageError
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.utils import format_datetime, make_msgid
from enum import StrEnum

from flask import current_app

from app.notify.mail_lines import Line, lines
from models import utcnow

log = logging.getLogger(__name__)
TIMEOUT = 15  # seconds, for every answer of the server's
LONGEST_ADDRESS = 320
# one bare address: what could end a header, add a recipient or name another route is none
_ADDRESS = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?=.{1,253}\Z)[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?"
)


class Problem(StrEnum):
    """Why a letter did not go."""

    NO_SERVER = "no_server"
    UNREACHABLE = "unreachable"
    CERTIFICATE = "certificate"
    SIGN_IN = "sign_in"
    BUSY = "busy"
    REFUSED = "refused"


class MailError(Exception):
    """A letter did not go. ``is_final``: trying again will not help. The text holds no secret."""

    def __init__(self, problem: Problem, text: str = "") -> None:
        super().__init__(text or problem.value)
        self.problem = problem
        self.is_final = problem is Problem.REFUSED


@dataclass(frozen=True)
class Letter:
    """What is sent to one mailbox.

    ``message_id`` (with its angle brackets) stays the same when a letter is tried again; ``thread_id`` is the
    letter that a mail program shows it under, whether that one was ever sent or not; answers go to
    ``reply_to``.
    """

    to: str
    subject: str
    text: str
    html: str
    message_id: str = ""
    thread_id: str = ""
    list_id: str = ""
    reply_to: str = ""
    submitted: str = "auto-generated"  # RFC 3834: what an answer to a letter is called otherwise


@dataclass(frozen=True)
class MailServer:
    """Where letters are handed over. ``protection``: starttls, tls or none."""

    host: str
    port: int = 587
    user: str = ""
    password: str = field(default="", repr=False)
    protection: str = "starttls"
    ca_file: str = ""


def is_address(text: str) -> bool:
    """Whether the text is one bare mail address of plain letters."""
    return len(text) <= LONGEST_ADDRESS and _ADDRESS.fullmatch(text) is not None


def has_mail_server() -> bool:
    """Whether letters can be sent at all."""
    return bool(current_app.config["MAIL_SERVER"])


def send_letter(letter: Letter, *, server: MailServer | None = None, sender: str = "") -> None:
    """Hand the letter to the mail server (the environment's, unless another is given).

    Raises MailError; afterwards the server answers for it.
    """
    sender = sender or current_app.config["MAIL_FROM"] or "helpdesk@localhost"
    message = _message(letter, sender)
    if server is None and not has_mail_server():
        # the console's twin of a letter: that it would have gone, and nothing of what stands in it
        log.warning("no mail server is set (HELPDESK_SMTP_URL): a letter to %s was not sent", letter.to)
        raise MailError(Problem.NO_SERVER)
    with _explained(), _connected(server or MailServer(**current_app.config["MAIL_SERVER"])) as connection:
        connection.send_message(message, from_addr=sender, to_addrs=[letter.to])


def check_server(server: MailServer) -> None:
    """Connect, encrypt and sign in, sending nothing. Raises MailError."""
    with _explained(), _connected(server) as connection:
        connection.noop()


def _message(letter: Letter, sender: str) -> EmailMessage:
    """The letter as it travels. Raises MailError for an address that is not one."""
    if not is_address(letter.to):
        raise MailError(Problem.REFUSED, "not a mail address")
    message = EmailMessage(policy=SMTP_POLICY)
    message["From"] = sender
    message["To"] = letter.to
    message["Subject"] = " ".join(letter.subject.split())
    message["Date"] = format_datetime(utcnow())
    message["Message-ID"] = letter.message_id or make_msgid(domain=sender.rpartition("@")[2])
    if letter.thread_id:
        message["In-Reply-To"] = message["References"] = letter.thread_id
    if letter.list_id:
        message["List-Id"] = letter.list_id
    if letter.reply_to:
        message["Reply-To"] = letter.reply_to
    message["Auto-Submitted"] = letter.submitted
    message.set_content(letter.text)
    if letter.html:
        message.add_alternative(letter.html, subtype="html")
    return message


@contextmanager
def _connected(settings: MailServer) -> Iterator[smtplib.SMTP]:
    """An open connection, encrypted and signed in as the settings say; kept where connections are kept."""
    line = lines.take(settings) or Line(_greet(settings))
    try:
        yield line.connection
    except BaseException:
        line.end()
        raise
    lines.give_back(settings, line)


def _greet(settings: MailServer) -> smtplib.SMTP:
    """Connect, encrypt, sign in. All authorities of the system are read only where something is encrypted."""
    where = (settings.host, settings.port)
    if settings.protection == "tls":
        server: smtplib.SMTP = smtplib.SMTP_SSL(*where, timeout=TIMEOUT, context=_trust(settings))
    else:
        server = smtplib.SMTP(*where, timeout=TIMEOUT)
    try:
        if settings.protection == "starttls":
            server.starttls(context=_trust(settings))
        if settings.user:
            server.login(settings.user, settings.password)
    except BaseException:
        server.close()
        raise
    return server


def _trust(settings: MailServer) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=settings.ca_file or None)


@contextmanager
def _explained() -> Iterator[None]:
    """Whatever goes wrong on the way comes out as MailError."""
    try:
        yield
    except smtplib.SMTPRecipientsRefused as error:
        codes = [code for code, _text in error.recipients.values()]
        raise MailError(_problem_of(max(codes, default=550)), f"recipient refused {codes}") from error
    except smtplib.SMTPAuthenticationError as error:
        raise MailError(Problem.SIGN_IN, f"sign-in refused {error.smtp_code}") from error
    except smtplib.SMTPServerDisconnected as error:
        raise MailError(Problem.UNREACHABLE, "the server hung up") from error
    except smtplib.SMTPResponseException as error:
        raise MailError(_problem_of(error.smtp_code), f"answer {error.smtp_code}") from error
    except smtplib.SMTPNotSupportedError as error:
        raise MailError(Problem.CERTIFICATE, "the server does not offer what the settings ask for") from error
    except ssl.SSLError as error:
        raise MailError(Problem.CERTIFICATE, type(error).__name__) from error
    except (OSError, smtplib.SMTPException) as error:
        raise MailError(Problem.UNREACHABLE, type(error).__name__) from error
    except (MessageError, ValueError) as error:
        raise MailError(Problem.REFUSED, type(error).__name__) from error


def _problem_of(code: int) -> Problem:
    """4xx asks to come again (RFC 5321, 4.2.1), anything else is a no."""
    return Problem.BUSY if 400 <= code < 500 else Problem.REFUSED
