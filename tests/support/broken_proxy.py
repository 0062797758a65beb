"""A proxy between a client and a real server that breaks the conversation in a chosen way."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

_HTTP = b"HTTP/1.1 400 Bad Request\r\nServer: a web server\r\n" + b"X-More: and more\r\n" * 9 + b"\r\n"
_PIECE = 4096


@dataclass
class BrokenProxy:
    """Passes bytes on until told otherwise. A setting counts at once, on open ones too.

    ``cut_after``: the server's bytes of one connection before it is cut. ``is_hanging``: says nothing.
    ``answer``: said instead of asking the server, then closed.
    """

    host: str
    port: int
    cut_after: int | None = None
    is_hanging: bool = False
    answer: bytes | None = None
    passed: int = 0
    _listener: socket.socket = field(default_factory=lambda: socket.create_server(("127.0.0.1", 0)))
    _port: int = 0
    _open: list[socket.socket] = field(default_factory=list)
    _threads: list[threading.Thread] = field(default_factory=list)

    @property
    def own_port(self) -> int:
        """Where the client connects, on 127.0.0.1."""
        return self._port

    def speak_http(self) -> None:
        """Answer like a web server."""
        self.answer = _HTTP

    def start(self) -> None:
        """Accept connections, in threads."""
        self._port = int(self._listener.getsockname()[1])
        self._begin(self._accept)

    def up(self) -> None:
        """Listen again on the same port."""
        self._listener = socket.create_server(("127.0.0.1", self._port))
        self.start()

    def down(self) -> None:
        """Refuse connections and cut those that are open, like a server that has stopped."""
        for each in (self._listener, *self._open):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()
        for thread in self._threads:
            if thread is not threading.current_thread():
                thread.join(5)
        self._open.clear()
        self._threads.clear()

    def _begin(self, work: object, *arguments: object) -> None:
        thread = threading.Thread(target=work, args=arguments, daemon=True)  # type: ignore[arg-type]  # any function
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _address = self._listener.accept()
                self._open.append(client)
                self._begin(self._serve, client)

    def _serve(self, client: socket.socket) -> None:
        with contextlib.suppress(OSError):
            if self.answer is not None:
                client.recv(_PIECE)
                client.sendall(self.answer)
                client.close()
            elif not self.is_hanging:
                server = socket.create_connection((self.host, self.port))
                self._open.append(server)
                self._begin(self._pass_on, client, server, False)
                self._pass_on(server, client, True)

    def _pass_on(self, source: socket.socket, target: socket.socket, is_answer: bool) -> None:
        """One direction; the connection's other end is closed with it."""
        passed = 0
        with contextlib.suppress(OSError):
            while piece := source.recv(_PIECE):
                if is_answer:
                    passed += len(piece)
                    self.passed += len(piece)
                    if self.cut_after is not None and passed > self.cut_after:
                        break
                if self.is_hanging:
                    continue
                target.sendall(piece)
        for each in (source, target):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)


@contextmanager
def broken_proxy(host: str, port: int) -> Iterator[BrokenProxy]:
    """A proxy before a server; it is whole until told otherwise."""
    proxy = BrokenProxy(host, port)
    proxy.start()
    try:
        yield proxy
    finally:
        proxy.down()


@contextmanager
def black_hole() -> Iterator[int]:
    """A port on 127.0.0.1 that answers nothing at all, not even the first packet: its queue is full."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        address = listener.getsockname()
        for _waiting in range(4):
            one = stack.enter_context(socket.socket())
            one.setblocking(False)
            one.connect_ex(address)
        yield int(address[1])
