"""An operator of short messages: an SMPP 3.4 server that really speaks the protocol (smpp34)."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import smpp34

from tests.support.servers import free_port

INVALID_DESTINATION = 0x0B  # SMPP 3.4, 5.1.3


@dataclass
class Operator:
    """What it was given. Numbers ending in 00 are refused, those ending in 99 are never reached; a text that
    begins with ``MO`` is answered by the telephone with the rest of it."""

    port: int = 0
    password: str = "operator-password"
    texts: list[tuple[str, str]] = field(default_factory=list)
    encodings: list[int] = field(default_factory=list)
    is_silent: bool = False

    def whole(self, number: str) -> str:
        """All that was sent to a number, in one."""
        return "".join(text for to, text in self.texts if to == number)


@contextmanager
def smsc() -> Iterator[Operator]:
    """Run an operator in a thread of its own."""
    operator = Operator(port=free_port())
    loop = asyncio.new_event_loop()
    ready = threading.Event()
    thread = threading.Thread(target=_run, args=(loop, operator, ready), daemon=True)
    thread.start()
    assert ready.wait(10), "the SMPP server did not start"
    yield operator
    loop.call_soon_threadsafe(lambda: [task.cancel() for task in asyncio.all_tasks(loop)])
    thread.join(10)


def _run(loop: asyncio.AbstractEventLoop, operator: Operator, ready: threading.Event) -> None:
    asyncio.set_event_loop(loop)
    with suppress(asyncio.CancelledError):
        loop.run_until_complete(_serve(operator, ready))
    loop.close()


async def _serve(operator: Operator, ready: threading.Event) -> None:
    server = smpp34.Server(host="127.0.0.1", port=operator.port, system_id="OPERATOR")
    await server.start()
    ready.set()
    sessions: dict[str, Any] = {}
    count = 0
    tasks: set[asyncio.Task[None]] = set()
    while True:
        event = await server.next()
        if isinstance(event, smpp34.Esme):
            sessions[event.session_id] = event
        elif isinstance(event, smpp34.SubmitSmEvent):
            count += 1
            if operator.is_silent:
                continue
            text = _text(event)
            operator.texts.append((event.destination_addr, text))
            operator.encodings.append(event.data_coding)
            if event.destination_addr.endswith("00"):
                event.reject(INVALID_DESTINATION)
                continue
            number = f"{count:08X}"
            event.accept(message_id=number)
            task = asyncio.create_task(_follow(sessions[event.session_id], event, number, text))
            tasks.add(task)
            task.add_done_callback(tasks.discard)


def _text(event: Any) -> str:
    raw: bytes = event.short_message
    if event.esm_class & 0x40:  # the header of one part among several
        raw = raw[raw[0] + 1 :]
    return raw.decode("utf-16-be") if event.data_coding == 8 else raw.decode("latin-1")


async def _follow(session: Any, event: Any, number: str, text: str) -> None:
    """The receipt, and the telephone's answer."""
    status = "UNDELIV" if event.destination_addr.endswith("99") else "DELIVRD"
    receipt = f"id:{number} sub:001 dlvrd:001 stat:{status} err:000 text:"
    with suppress(BaseException):  # smpp34 panics when the other side has gone
        await session.deliver_sm(
            source_addr=event.destination_addr,
            destination_addr="380440000000",
            esm_class=4,
            short_message=receipt.encode(),
        )
        if text.startswith("MO "):
            await session.deliver_sm(
                source_addr=event.destination_addr,
                destination_addr="380440000000",
                data_coding=8,
                short_message=text[3:].encode("utf-16-be"),
            )
