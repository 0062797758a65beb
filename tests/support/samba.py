"""A real Active Directory domain controller (Samba) for one test run, shared by all its workers.

LDAP's ports cannot be set in Samba, so every run has a loopback address of its own.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import socket
import subprocess
import uuid
from functools import cached_property
from pathlib import Path
from typing import Any

from ldap3 import BASE, MODIFY_ADD, MODIFY_DELETE, MODIFY_REPLACE, NONE, Connection, Server

from app.directory import DirectorySettings
from app.directory.certificates import CheckedTls
from tests.support.authority import Authority
from tests.support.broken_proxy import BrokenProxy
from tests.support.people_ldif import Person, ad_dn, ad_ldif, ad_values, escape_dn, invent, record
from tests.support.servers import keep_pid, locked, start_quietly, wait_for_port

DOMAIN = "DC=firm,DC=test"
NAME = "dc1.firm.test"
STAFF = f"OU=Staff,{DOMAIN}"
GROUPS = f"OU=Groups,{DOMAIN}"
PASSWORD = "Adm1n!Passw0rd"
MANY = 2_000
_PACKAGES = "samba samba-ad-provision samba-dsdb-modules samba-vfs-modules ldb-tools"
_SERVICES = "server services = ldap, cldap, kdc"


class Samba:
    """The controller: its address, and what tests do to its directory. Each test takes a unit of its own."""

    def __init__(self, folder: Path, address: str) -> None:
        self.folder, self.address = folder, address
        self.authority = Authority(folder / "authority")

    def settings(self, **more: Any) -> DirectorySettings:
        """How an ordinary account reads it over LDAPS."""
        usual: dict[str, Any] = {
            "host": self.address,
            "user": "reader@firm.test",
            "password": PASSWORD,
            "base": STAFF,
            "ca_pem": self.authority.pem,
            # a busy machine is not a broken server
            "timeout": 20.0,
        }
        return DirectorySettings(**{**usual, **more})

    def behind(self, proxy: BrokenProxy, **more: Any) -> DirectorySettings:
        """The same through a proxy that can break the conversation (``broken_proxy(samba.address, 636)``)."""
        return self.settings(**{"host": "127.0.0.1", "port": proxy.own_port, **more})

    @cached_property
    def admin(self) -> Connection:
        """An administrator's connection for changes."""
        settings = self.settings(user="Administrator@firm.test")
        server = Server(self.address, port=636, use_ssl=True, tls=CheckedTls(settings), get_info=NONE)
        connection = Connection(server, settings.user, PASSWORD, check_names=False, raise_exceptions=True)
        connection.open(read_server_info=False)
        connection.bind()
        return connection

    def close(self) -> None:
        """Give up the administrator's connection."""
        if "admin" in self.__dict__:
            self.admin.unbind()

    def new_ou(self, name: str = "", *, parent: str = DOMAIN) -> str:
        """A new unit. Returns its DN."""
        dn = f"OU={escape_dn(name or f'Test {uuid.uuid4().hex[:12]}')},{parent}"
        self.admin.add(dn, "organizationalUnit")
        return dn

    def add_person(self, ou: str, person: Person, *, password: str = "") -> str:
        """A new person, with a password if one is given. Returns the DN."""
        values: dict[str, Any] = {name: value for name, value in ad_values(person).items() if value}
        if password:
            values["unicodePwd"] = f'"{password}"'.encode("utf-16-le")
            values["userAccountControl"] = "514" if person.disabled else "512"
        dn = ad_dn(person, ou)
        self.admin.add(dn, attributes=values)
        return dn

    def load(self, people: list[Person], top: str) -> None:
        """Many people at once, past the server: about 250 in a second."""
        self.apply(ad_ldif(people, top))

    def apply(self, ldif: str, *, program: str = "ldbadd") -> None:
        """Feed LDIF to the database itself."""
        path = self.folder / f"{uuid.uuid4().hex}.ldif"
        path.write_text(ldif)
        _run(program, "--nosync", *self.past_the_server, str(path))

    def add_group(self, name: str, members: list[str], *, ou: str = GROUPS) -> str:
        """A security group with these members' DNs. Returns its DN."""
        dn = f"CN={escape_dn(name)},{ou}"
        self.apply(record(dn, {"objectClass": "group", "sAMAccountName": name, "member": members}))
        return dn

    def join(self, group: str, member: str) -> None:
        """One member more."""
        self.admin.modify(group, {"member": [(MODIFY_ADD, [member])]})

    def leave(self, group: str, member: str) -> None:
        """One member less."""
        self.admin.modify(group, {"member": [(MODIFY_DELETE, [member])]})

    def change(self, dn: str, **values: Any) -> None:
        """Replace attributes; None removes one."""
        new = {name: [] if value is None else [value] for name, value in values.items()}
        self.admin.modify(dn, {name: [(MODIFY_REPLACE, value)] for name, value in new.items()})

    def rename(self, dn: str, cn: str) -> str:
        """Another name within the same unit. Returns the new DN."""
        kind, rest = dn.split("=", 1)[0], _parent(dn)
        self.admin.modify_dn(dn, f"{kind}={escape_dn(cn)}")
        return f"{kind}={escape_dn(cn)},{rest}"

    def move(self, dn: str, ou: str) -> str:
        """To another unit. Returns the new DN."""
        own = dn[: -len(_parent(dn)) - 1]
        self.admin.modify_dn(dn, own, new_superior=ou)
        return f"{own},{ou}"

    def disable(self, dn: str) -> None:
        """The account can no longer sign in."""
        self.change(dn, userAccountControl="546")

    def enable(self, dn: str) -> None:
        """The account can sign in again."""
        self.change(dn, userAccountControl="544")

    def delete(self, dn: str) -> None:
        """Gone to the deleted objects."""
        self.admin.delete(dn)

    @property
    def past_the_server(self) -> list[str]:
        """Arguments of Samba's tools: the database itself."""
        database = ["-H", str(self.folder / "private" / "sam.ldb")]
        return [f"--configfile={self.folder / 'etc' / 'smb.conf'}", *database]

    def forbid_reading(self, dn: str) -> None:
        """Only administrators see what is in here."""
        name = "nTSecurityDescriptor"
        change = f"changetype: modify\nreplace: {name}\n{name}: O:DAG:DAD:P(A;CI;GA;;;DA)(A;CI;GA;;;SY)\n"
        self.apply(f"dn: {dn}\n{change}", program="ldbmodify")

    def guid(self, dn: str) -> str:
        """The identity of an entry."""
        self.admin.search(dn, "(objectClass=*)", BASE, attributes=["objectGUID"])
        raw = self.admin.response[0]["raw_attributes"]["objectGUID"][0]
        return str(uuid.UUID(bytes_le=raw))


def _parent(dn: str) -> str:
    position = 0
    while dn[position] != "," or dn[position - 1] == "\\":
        position += 1
    return dn[position + 1 :]


def ensure_samba(run_folder: Path) -> Samba:
    """The run's domain controller with 2,000 people; made and started on the first call (about 15 s)."""
    with locked(run_folder / "samba.lock"):
        folder, path = run_folder / "samba", run_folder / "samba.json"
        if not path.exists():
            # a start that failed half-way must not be taken for a good one
            shutil.rmtree(folder, ignore_errors=True)
            samba = Samba(folder, _free_address())
            _provision(samba)
            _populate(samba)
            _start(samba, run_folder)
            path.write_text(json.dumps({"address": samba.address}))
        return Samba(folder, json.loads(path.read_text())["address"])


def _free_address() -> str:
    for _attempt in range(20):
        address = f"127.{random.randint(10, 250)}.{random.randint(1, 250)}.{random.randint(1, 250)}"
        with socket.socket() as probe:
            if probe.connect_ex((address, 389)):
                return address
    raise RuntimeError(
        "port 389 is taken on every loopback address: stop the directory server of this machine"
    )


def _run(*command: str, given: str | None = None) -> None:
    if shutil.which(command[0]) is None:
        raise RuntimeError(f"{command[0]} is missing: install the packages {_PACKAGES}")
    done = subprocess.run(command, input=given, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{command[0]} failed: {(done.stderr or done.stdout)[-2000:]}")


def _provision(samba: Samba) -> None:
    if os.geteuid() != 0:
        raise RuntimeError("Samba's domain controller runs as root only: run these tests as root")
    options = [f"interfaces={samba.address}/8", "bind interfaces only=yes", _SERVICES]
    _run(
        *["samba-tool", "domain", "provision", "--realm=FIRM.TEST", "--domain=FIRM", "--server-role=dc"],
        *["--dns-backend=NONE", f"--adminpass={PASSWORD}", "--host-name=dc1", "--host-ip=127.0.0.1"],
        *[f"--targetdir={samba.folder}", *(f"--option={option}" for option in options)],
    )
    certificate, key = samba.authority.issue(NAME, "127.0.0.1", samba.address)
    path = samba.folder / "etc" / "smb.conf"
    # no shares; every file of its own below the folder
    kept = path.read_text().split("[homes]")[0].split("[sysvol]")[0].rstrip()
    kept = kept.replace("/var/log/samba", str(samba.folder))
    places = {
        "pid directory": "run",
        "ncalrpc dir": "ncalrpc",
        "winbindd socket directory": "winbindd",
        "ntp signd socket directory": "ntp",
    }
    own = [f"{name} = {samba.folder / place}" for name, place in places.items()]
    own += [f"tls certfile = {certificate}", f"tls keyfile = {key}"]
    own += [f"tls cafile = {samba.authority.certificate}"]
    path.write_text("\n\t".join([kept, *own]) + "\n")
    for name in ("run", "cache"):
        (samba.folder / name).mkdir(exist_ok=True)


def _populate(samba: Samba) -> None:
    """2,000 people, two groups and one that holds both; an ordinary account that reads."""
    _run("samba-tool", "user", "create", "reader", PASSWORD, samba.past_the_server[0])
    people = invent(MANY)
    tops = [record(dn, {"objectClass": "organizationalUnit"}) for dn in (STAFF, GROUPS)]
    samba.apply("\n".join(tops) + "\n" + ad_ldif(people, STAFF))
    first, second = (
        samba.add_group(name, [ad_dn(p, STAFF) for p in people if p.department == department])
        for name, department in (("Surgeons", "Хірургія"), ("Lawyers", "Юристи"))
    )
    samba.add_group("Both", [first, second])


def _start(samba: Samba, run_folder: Path) -> None:
    configuration = f"--configfile={samba.folder / 'etc' / 'smb.conf'}"
    pid = start_quietly(["samba", configuration, "-i", "-M", "single"], samba.folder / "samba.log")
    keep_pid(run_folder, "samba", pid)
    try:
        wait_for_port(636, "Samba", host=samba.address)
    except RuntimeError as error:
        raise RuntimeError(f"{error}: {(samba.folder / 'samba.log').read_text()[-2000:]}") from error
