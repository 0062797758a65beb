"""A real IMAP server (Dovecot) for the run: TLS with the tests' own authority; OAuth2 by asking a test."""

from __future__ import annotations

import grp
import json
import os
import pwd
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from imapclient import IMAPClient

from tests.support.authority import Authority
from tests.support.servers import NOBODY, free_port, keep_pid, locked, start_quietly, wait_for_port

PASSWORD = "the-mailboxs-secret"
TOKEN = "a token that holds"

_CONFIGURATION = """
base_dir = {folder}/run
state_dir = {folder}/run
log_path = {folder}/dovecot.log
protocols = imap
listen = 127.0.0.1
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
ssl = yes
ssl_cert = <{certificate}
ssl_key = <{key}
disable_plaintext_auth = no
auth_mechanisms = plain xoauth2 oauthbearer
mail_location = maildir:{folder}/mail/%n
first_valid_uid = 0
first_valid_gid = 0
mail_fsync = never
mail_max_userip_connections = 100
passdb {{
  driver = static
  mechanisms = plain login
  args = password={password}
}}
passdb {{
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = {folder}/oauth2.conf
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/mail/%n
}}
namespace inbox {{
  inbox = yes
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {tls_port}
  }}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
service auth {{
  user = {user}
}}
service auth-worker {{
  user = {user}
}}
"""
_OAUTH2 = """
introspection_mode = post
introspection_url = http://127.0.0.1:{introspection}/introspect
username_attribute = user
active_attribute = active
active_value = true
"""


@dataclass(frozen=True)
class Dovecot:
    """The server, and what tests do to it. Each test takes a mailbox of its own."""

    folder: Path
    port: int
    tls_port: int
    introspection: int

    @property
    def ca_file(self) -> Path:
        """The authority that has signed its certificate."""
        return Authority(self.folder.parent / "dovecot-authority").certificate

    def new_user(self) -> str:
        """A mailbox that nobody else has: Dovecot makes it at the first sign-in."""
        return f"user{uuid.uuid4().hex[:12]}"

    def values(self, user: str, **more: Any) -> dict[str, Any]:
        """The mailbox's settings for it, without the secret."""
        usual = {"host": "localhost", "port": self.tls_port, "protection": "tls", "user": user}
        return {**usual, "sign_in": "password", "ca_file": str(self.ca_file), **more}

    @contextmanager
    def client(self, user: str) -> Iterator[IMAPClient]:
        """A mail program of the tests'."""
        client = IMAPClient("127.0.0.1", port=self.port, ssl=False, timeout=20)
        client.login(user, PASSWORD)
        try:
            yield client
        finally:
            client.logout()

    def deliver(self, user: str, *letters: bytes) -> None:
        """Letters come into the inbox."""
        with self.client(user) as client:
            for letter in letters:
                client.append("INBOX", letter)

    def count(self, user: str, folder: str = "INBOX") -> int:
        """How many letters lie in a folder; 0 if there is no such folder."""
        with self.client(user) as client:
            if not client.folder_exists(folder):
                return 0
            client.select_folder(folder, readonly=True)
            return len(client.search())


def ensure_dovecot(run_folder: Path) -> Dovecot:
    """The run's Dovecot; made and started on the first call (half a second)."""
    with locked(run_folder / "dovecot.lock"):
        path = run_folder / "dovecot.json"
        folder = run_folder / "dovecot"
        if not path.exists():
            shutil.rmtree(folder, ignore_errors=True)
            ports = {name: free_port() for name in ("port", "tls_port", "introspection")}
            _start(Dovecot(folder, **ports), run_folder)
            path.write_text(json.dumps(ports))
        return Dovecot(folder, **json.loads(path.read_text()))


def _start(dovecot: Dovecot, run_folder: Path) -> None:
    program = shutil.which("dovecot") or shutil.which("dovecot", path="/usr/sbin")
    if program is None:
        raise RuntimeError("dovecot is missing: install the package dovecot-imapd")
    folder = dovecot.folder
    for part in ("mail", "run"):
        (folder / part).mkdir(parents=True)
    certificate, key = Authority(run_folder / "dovecot-authority").issue("localhost", "127.0.0.1")
    is_root = os.getuid() == 0
    uid, gid = (int(NOBODY), pwd.getpwuid(int(NOBODY)).pw_gid) if is_root else (os.getuid(), os.getgid())
    text = _CONFIGURATION.format(
        folder=folder, port=dovecot.port, tls_port=dovecot.tls_port, certificate=certificate, key=key,
        user=pwd.getpwuid(uid).pw_name, group=grp.getgrgid(gid).gr_name, uid=uid, gid=gid,
        password=PASSWORD,
    )  # fmt: skip
    (folder / "dovecot.conf").write_text(text)
    (folder / "oauth2.conf").write_text(_OAUTH2.format(introspection=dovecot.introspection))
    if is_root:  # Dovecot refuses to read mail as root
        run_folder.chmod(0o755)
        for path in (folder, *folder.rglob("*")):
            os.chown(path, uid, gid)
    command = [program, "-F", "-c", str(folder / "dovecot.conf")]
    keep_pid(run_folder, "dovecot", start_quietly(command, folder / "out.log"))
    wait_for_port(dovecot.tls_port, "Dovecot")
