"""A closed-loop client: one keep-alive connection, one request after the other, against this machine only."""

from __future__ import annotations

import http.client
import re
import time
from dataclasses import dataclass, field
from urllib.parse import urlencode

TOKEN = re.compile(r'name="csrf[-_]token"[^>]*?(?:value|content)="([^"]+)"')


@dataclass
class Browser:
    """A signed-in person's browser without a screen."""

    port: int
    cookies: dict[str, str] = field(default_factory=dict)
    token: str = ""
    queries: int = 0
    connection: http.client.HTTPConnection | None = None

    def sign_in(self, login: str, password: str) -> None:
        """Through the real form. Raises RuntimeError when refused."""
        self.get("/login/")
        status, _body = self.post("/login/", {"username": login, "password": password})
        if status != 302:
            raise RuntimeError(f"{login} cannot sign in: {status}")
        self.get("/settings/")

    def get(self, path: str) -> tuple[int, str]:
        """Status and body."""
        return self._send("GET", path, None)

    def post(self, path: str, form: dict[str, str]) -> tuple[int, str]:
        """Status and body; the token goes along."""
        return self._send("POST", path, urlencode({"csrf_token": self.token, **form}))

    def _send(self, method: str, path: str, body: str | None) -> tuple[int, str]:
        if self.connection is None:
            self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        self.connection.request(method, path, body=body, headers=headers)
        answer = self.connection.getresponse()
        text = answer.read().decode("utf-8", "replace")
        for name, value in answer.getheaders():
            if name.lower() == "set-cookie":
                key, _, rest = value.partition("=")
                self.cookies[key] = rest.split(";", 1)[0]
        if found := TOKEN.search(text):
            self.token = found[1]
        return answer.status, text


@dataclass(frozen=True)
class Timing:
    """Milliseconds of one case: the median, the 95th percentile, and the server's CPU per request."""

    p50: float
    p95: float
    cpu: float
    size: int


def percentile(values: list[float], share: float) -> float:
    """The value below which ``share`` (0–1) of the sorted values lie."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def measure(send: object, cpu_seconds: object, *, times: int, warm: int = 5) -> Timing:
    """Call ``send()`` again and again and time it; ``cpu_seconds()`` reads the servers' CPU clocks.

    ``send`` returns (status, body) and must be answered below 400.
    """
    assert callable(send)
    assert callable(cpu_seconds)
    for _ in range(warm):
        send()
    samples: list[float] = []
    size = 0
    before = cpu_seconds()
    for _ in range(times):
        start = time.perf_counter()
        status, body = send()
        samples.append((time.perf_counter() - start) * 1000)
        size = len(body)
        if status >= 400:
            raise RuntimeError(f"answered {status}: {body[:300]}")
    cpu = (cpu_seconds() - before) * 1000 / times
    return Timing(percentile(samples, 0.5), percentile(samples, 0.95), cpu, size)
