"""SMPP 3.4: a transceiver to an operator, one per process, made anew when it breaks or the settings change.

The number of a message part that went is the operator's; its receipts and what people answer arrive over the
same connection (:func:`Link.listen`).
"""

from __future__ import annotations

import logging
import re
import select
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from hashlib import sha256
from time import monotonic, time
from typing import Any

import smpplib.client
import smpplib.consts as codes
import smpplib.gsm
from smpplib import exceptions

from app.notify.channels.base import Permanent, Temporary

log = logging.getLogger(__name__)
TIMEOUT = 5  # seconds for one answer
ALTOGETHER = 20.0  # seconds for all parts of a message
ENQUIRE_EVERY = 30.0  # seconds between two signs of life
# the number, the address or the message is no good: SMPP 3.4, 5.1.3
_FINAL = frozenset(
    {
        codes.SMPP_ESME_RINVDSTADR,
        codes.SMPP_ESME_RINVSRCADR,
        codes.SMPP_ESME_RINVMSGLEN,
        codes.SMPP_ESME_RINVDSTTON,
        codes.SMPP_ESME_RINVDSTNPI,
        codes.SMPP_ESME_RINVNUMDESTS,
    }
)
_BUSY = frozenset({codes.SMPP_ESME_RTHROTTLED, codes.SMPP_ESME_RMSGQFUL})
_RECEIPT = re.compile(r"id:(?P<id>\S+).*?stat:(?P<stat>[A-Z]+)", re.DOTALL)


@dataclass(frozen=True)
class Operator:
    """Where and as whom we are bound."""

    host: str
    port: int
    system_id: str
    password: str = field(repr=False, default="")
    source: str = ""
    is_encrypted: bool = False
    ca_file: str = ""


@dataclass(frozen=True)
class Heard:
    """The end of a message of ours (``provider_id``), or what somebody wrote (``text``)."""

    provider_id: str = ""
    status: str = ""
    sender: str = ""
    text: str = ""
    external_id: str = ""


class Link:
    """One bound connection. All its methods are for one thread at a time and see to that themselves."""

    def __init__(self, operator: Operator) -> None:
        self.operator = operator
        self._lock = threading.RLock()
        self._client: Any = None
        self._answers: dict[int, tuple[int, str]] = {}
        self._heard: list[Heard] = []
        self._last = 0.0

    def send(self, to: str, text: str) -> list[str]:
        """Send the text in as many parts as it takes; the operator's number of each.

        Raises Temporary or Permanent.
        """
        with self._lock, self._explained():
            client = self._bound()
            parts, encoding, message_type = smpplib.gsm.make_parts(text)
            waiting = [
                client.send_message(
                    source_addr_ton=_type_of(self.operator.source),
                    source_addr_npi=codes.SMPP_NPI_ISDN if self.operator.source.isdigit() else 0,
                    source_addr=self.operator.source,
                    dest_addr_ton=codes.SMPP_TON_INTL,
                    dest_addr_npi=codes.SMPP_NPI_ISDN,
                    destination_addr=to.lstrip("+"),
                    short_message=part,
                    data_coding=encoding,
                    esm_class=message_type,
                    registered_delivery=True,
                ).sequence
                for part in parts
            ]
            return self._numbers(waiting)

    def listen(self) -> list[Heard]:
        """Whatever has arrived since, without waiting for more; keeps the connection alive."""
        with self._lock, self._explained():
            client = self._bound()
            while self._is_readable(client, 0.0):
                self._read(client)
            if monotonic() - self._last > ENQUIRE_EVERY:
                client.send_pdu(smpplib.smpp.make_pdu("enquire_link", client=client))
                self._last = monotonic()
            heard, self._heard = self._heard, []
            return heard

    def check(self) -> None:
        """Bind if we are not. Raises Temporary."""
        with self._lock, self._explained():
            self._bound()

    def close(self) -> None:
        """Leave politely; an operator that has gone is no matter."""
        with self._lock:
            client, self._client = self._client, None
            if client is not None:
                with suppress(Exception):
                    client.unbind()
                with suppress(Exception):
                    client.disconnect()

    def _numbers(self, waiting: list[int]) -> list[str]:
        deadline = monotonic() + ALTOGETHER
        while any(sequence not in self._answers for sequence in waiting):
            left = deadline - monotonic()
            if left <= 0 or not self._is_readable(self._client, left):
                raise Temporary("no answer in time")
            self._read(self._client)
        answers = [self._answers.pop(sequence) for sequence in waiting]
        for status, _number in answers:
            if status in _FINAL:
                raise Permanent(f"SMPP status {status:#x}")
            if status:
                raise Temporary(f"SMPP status {status:#x}", is_channel=status in _BUSY)
        return [number for _status, number in answers]

    def _bound(self) -> Any:
        if self._client is None:
            operator = self.operator
            context = ssl.create_default_context(cafile=operator.ca_file or None)
            client = smpplib.client.Client(
                operator.host,
                operator.port,
                timeout=TIMEOUT,
                allow_unknown_opt_params=True,
                ssl_context=_Named(context, operator.host) if operator.is_encrypted else None,
            )
            self._client = client
            client.connect()
            client.bind_transceiver(system_id=operator.system_id, password=operator.password)
            client.set_message_received_handler(self._on_message)
            self._last = monotonic()
        return self._client

    @staticmethod
    def _is_readable(client: Any, seconds: float) -> bool:
        socket = client._socket
        pending = getattr(socket, "pending", lambda: 0)()
        return bool(pending or select.select([socket], [], [], seconds)[0])

    def _read(self, client: Any) -> None:
        pdu = client.read_pdu()
        if pdu.command == "submit_sm_resp":
            number = _text(getattr(pdu, "message_id", b"") or b"")
            self._answers[pdu.sequence] = (int(pdu.status), number)
        elif pdu.command == "deliver_sm":
            client._message_received(pdu)
        elif pdu.command == "enquire_link":
            client._enquire_link_received(pdu)
        elif pdu.command == "unbind":
            raise exceptions.ConnectionError("unbound by the operator")
        elif pdu.command == "generic_nack":
            self._answers[pdu.sequence] = (int(pdu.status), "")

    def _on_message(self, pdu: Any) -> int:
        """A receipt or a message from a telephone; both are answered with yes once we have them."""
        raw = pdu.short_message or getattr(pdu, "message_payload", b"") or b""
        if pdu.esm_class & 0x04:
            found = _RECEIPT.search(raw.decode("latin-1"))
            if found:
                self._heard.append(Heard(provider_id=found["id"], status=found["stat"]))
        else:
            text = raw.decode("utf-16-be" if pdu.data_coding == 8 else "latin-1", "replace")
            sender = _text(pdu.source_addr)
            self._heard.append(Heard(sender=sender, text=text, external_id=_name_of(sender, text)))
        return int(codes.SMPP_ESME_ROK)

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Whatever goes wrong comes out as ChannelError, and the connection is made anew the next time."""
        try:
            yield
        except exceptions.PDUError as error:
            self.close()
            raise Temporary(f"the operator refuses: {str(error)[:80]}") from error
        except ssl.SSLError as error:
            self.close()
            raise Temporary("certificate not trusted") from error
        except (exceptions.ConnectionError, OSError, ValueError) as error:
            self.close()
            raise Temporary("unreachable") from error
        except Temporary:
            self.close()
            raise


@dataclass(frozen=True)
class _Named:
    """A TLS context that checks the operator's name: smpplib wraps its socket without one."""

    context: ssl.SSLContext
    host: str

    def wrap_socket(self, raw: Any) -> Any:
        """The socket, encrypted, for this host alone."""
        return self.context.wrap_socket(raw, server_hostname=self.host)


def _name_of(sender: str, text: str) -> str:
    """One name for one message, also when the operator repeats it under another number because our answer
    was lost: the same words of the same telephone within ten minutes."""
    digest = sha256(f"{sender}\0{text}".encode()).hexdigest()[:32]
    return f"{digest}:{int(time() // 600)}"


def _type_of(source: str) -> int:
    """The type of a sender: a number, or a name of letters."""
    return int(codes.SMPP_TON_INTL if source.lstrip("+").isdigit() else codes.SMPP_TON_ALNUM)


def _text(value: Any) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


_links: dict[str, Link] = {}
_guard = threading.Lock()


def link_to(operator: Operator) -> Link:
    """This process's connection to the operator; one that was made with other settings is closed."""
    with _guard:
        link = _links.get("it")
        if link is None or link.operator != operator:
            if link is not None:
                link.close()
            link = _links["it"] = Link(operator)
        return link
