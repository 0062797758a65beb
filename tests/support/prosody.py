"""A real Prosody for one test run, shared by all its workers; each test takes accounts of its own."""

from __future__ import annotations

import json
import os
import shutil
import uuid
from pathlib import Path
from typing import Any

from app.notify.jabber.account import Account
from tests.support.authority import Authority
from tests.support.servers import (
    NOBODY,
    free_port,
    keep_pid,
    locked,
    open_way,
    start_quietly,
    wait_for_port,
)

DOMAIN = "jabber.test"
OTHER_DOMAIN = "other.test"  # served with the same certificate, which does not name it
PASSWORD = "secret of the tests"

_MODULES = ("roster", "saslauth", "tls", "disco", "ping", "offline", "presence", "message", "iq", "smacks")
_CONFIGURATION = """
run_as_root = false
pidfile = "{folder}/prosody.pid"
data_path = "{folder}/data"
certificates = "{folder}/certs"
interfaces = {{ "127.0.0.1" }}
local_interfaces = {{ "127.0.0.1" }}
c2s_ports = {{ {port} }}
c2s_direct_tls_ports = {{ {tls_port} }}
s2s_ports = {{ }}
s2s_direct_tls_ports = {{ }}
http_ports = {{ }}
https_ports = {{ }}
component_ports = {{ }}
modules_enabled = {{ {modules} }}
modules_disabled = {{ "s2s", "posix" }}
authentication = "internal_plain"
c2s_require_encryption = false
allow_unencrypted_plain_auth = true
storage = "internal"
log = {{ warn = "{folder}/prosody.log" }}
ssl = {{ certificate = "{certificate}", key = "{key}" }}
VirtualHost "{domain}"
VirtualHost "{other}"
"""


class Prosody:
    """The server, and what tests do to it."""

    def __init__(self, folder: Path, port: int, tls_port: int) -> None:
        self.folder, self.port, self.tls_port = folder, port, tls_port
        self.authority = Authority(folder / "authority")

    def new_account(self, name: str = "", *, domain: str = DOMAIN) -> str:
        """A new account that may sign in with :data:`PASSWORD`. Returns its bare address."""
        name = name or f"user{uuid.uuid4().hex[:8]}"
        accounts = self.folder / "data" / domain.replace(".", "%2e") / "accounts"
        accounts.mkdir(parents=True, exist_ok=True)
        _give(accounts, accounts.parent)
        file = accounts / f"{name}.dat"
        file.write_text(f'return {{ ["password"] = "{PASSWORD}"; }};\n')
        _give(file)
        return f"{name}@{domain}"

    def account(self, jid: str = "", **more: Any) -> Account:
        """How this account (or a new one) signs in, protected by STARTTLS."""
        usual: dict[str, Any] = {
            "jid": jid or self.new_account(),
            "password": PASSWORD,
            "host": "127.0.0.1",
            "port": self.port,
            "ca_file": str(self.authority.certificate),
        }
        return Account(**{**usual, **more})


def ensure_prosody(run_folder: Path) -> Prosody:
    """The run's server; made and started on the first call (well under a second)."""
    with locked(run_folder / "prosody.lock"):
        folder, path = run_folder / "prosody", run_folder / "prosody.json"
        if not path.exists():
            ports = free_port(), free_port()
            _start(Prosody(folder, *ports), run_folder)
            path.write_text(json.dumps(ports))
        return Prosody(folder, *json.loads(path.read_text()))


def _start(prosody: Prosody, run_folder: Path) -> None:
    program = shutil.which("prosody")
    if program is None:
        raise RuntimeError("prosody is missing: install the package prosody")
    folder = prosody.folder
    (folder / "data").mkdir(parents=True)
    certificate, key = prosody.authority.issue(DOMAIN)
    places = {
        "folder": folder,
        "certificate": certificate,
        "key": key,
        "domain": DOMAIN,
        "other": OTHER_DOMAIN,
    }
    ports = {"port": prosody.port, "tls_port": prosody.tls_port}
    modules = ", ".join(f'"{name}"' for name in _MODULES)
    (folder / "prosody.cfg.lua").write_text(_CONFIGURATION.format(modules=modules, **places, **ports))
    lower: list[str] = []
    if os.geteuid() == 0:
        lower = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
        open_way(folder)
        _give(folder, *folder.rglob("*"))
    command = [*lower, program, "--config", str(folder / "prosody.cfg.lua"), "-F"]
    keep_pid(run_folder, "prosody", start_quietly(command, folder / "out.log"))
    wait_for_port(prosody.port, "Prosody")
    wait_for_port(prosody.tls_port, "Prosody")


def _give(*paths: Path) -> None:
    """To the plain user whom the server runs as."""
    if os.geteuid() == 0:
        for path in paths:
            os.chown(path, int(NOBODY), int(NOBODY))
