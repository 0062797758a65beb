"""An SMS company's HTTP gateway that answers as it is told to, on a real socket."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit


@dataclass
class Asked:
    """One request as it arrived."""

    method: str
    path: str
    fields: dict[str, str]
    headers: dict[str, str]
    body: str


@dataclass
class Gateway:
    """``answers`` are (status, headers, body), used up one by one; then ``OK id: 77`` for ever."""

    url: str = ""
    asked: list[Asked] = field(default_factory=list)
    answers: list[tuple[int, dict[str, str], str]] = field(default_factory=list)
    drip: float = 0.0  # seconds between two bytes of the answer

    def next_answer(self) -> tuple[int, dict[str, str], str]:
        """What it says now."""
        return self.answers.pop(0) if self.answers else (200, {}, "OK id: 77")


@contextmanager
def sms_gateway() -> Iterator[Gateway]:
    """Run a gateway in a thread of its own."""
    gateway = Gateway()

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            parts = urlsplit(self.path)
            fields = dict(parse_qsl(parts.query)) | dict(parse_qsl(body))
            asked = Asked(self.command, parts.path, fields, dict(self.headers), body)
            gateway.asked.append(asked)
            status, headers, text = gateway.next_answer()
            self.send_response(status)
            for name, value in {"Content-Length": str(len(text.encode())), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            for byte in text.encode():
                self.wfile.write(bytes([byte]))
                if gateway.drip:
                    self.wfile.flush()
                    time.sleep(gateway.drip)

        do_GET = do_POST = _answer

        def log_message(self, *_args: object) -> None:
            """Silence."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    gateway.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield gateway
    server.shutdown()
    server.server_close()
