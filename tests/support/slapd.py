"""A real OpenLDAP for one test run, shared by all its workers: with hard limits."""

from __future__ import annotations

import json
import shutil
import subprocess
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

from ldap3 import BASE, MODIFY_REPLACE, NONE, Connection, Server

from app.directory import DirectorySettings, Security
from tests.support.authority import Authority
from tests.support.people_ldif import Person, escape_dn, invent, openldap_ldif, openldap_values, record
from tests.support.servers import free_port, keep_pid, locked, start_quietly, stop, wait_for_port

SUFFIX = "dc=firm,dc=test"
STAFF = f"ou=Staff,{SUFFIX}"
GROUPS = f"ou=Groups,{SUFFIX}"
ADMIN = f"cn=admin,{SUFFIX}"
READER = f"uid=reader,{SUFFIX}"
PASSWORD = "secret of the tests"
MANY = 1_200
LIMIT = 1_000

_CONFIGURATION = """
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
pidfile {folder}/slapd.pid
{tls}
database mdb
maxsize 268435456
suffix "{suffix}"
rootdn "{admin}"
rootpw "{password}"
directory {folder}/db
dbnosync
index objectClass,entryUUID eq
access to attrs=userPassword by anonymous auth by * none
access to * by users read by * none
limits * size.soft={limit} size.hard={limit} size.pr={limit} size.prtotal=unlimited
"""


class Slapd:
    """The server, and what tests do to it. Each test takes a unit of its own."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder, self.port = folder, port
        self.authority = Authority(folder / "authority")

    def settings(self, **more: Any) -> DirectorySettings:
        """How an ordinary account reads it, protected by StartTLS."""
        usual: dict[str, Any] = {
            "host": "127.0.0.1",
            "port": self.port,
            "security": Security.STARTTLS,
            "user": READER,
            "password": PASSWORD,
            "base": STAFF,
            "ca_pem": self.authority.pem,
            # a busy machine is not a broken server
            "timeout": 20.0,
        }
        return DirectorySettings(**{**usual, **more})

    @cached_property
    def admin(self) -> Connection:
        """An administrator's connection for changes."""
        server = Server("127.0.0.1", port=self.port, get_info=NONE)
        connection = Connection(server, ADMIN, PASSWORD, check_names=False, raise_exceptions=True)
        connection.open(read_server_info=False)
        connection.bind()
        return connection

    def close(self) -> None:
        """Give up the administrator's connection."""
        if "admin" in self.__dict__:
            self.admin.unbind()

    def new_ou(self, name: str = "", *, parent: str = SUFFIX) -> str:
        """A new unit. Returns its DN."""
        dn = f"ou={escape_dn(name or f'Test {uuid.uuid4().hex[:12]}')},{parent}"
        self.admin.add(dn, "organizationalUnit")
        return dn

    def add_person(self, ou: str, person: Person) -> str:
        """A new person. Returns the DN."""
        dn = f"uid={escape_dn(person.login)},{ou}"
        self.admin.add(
            dn, attributes={name: value for name, value in openldap_values(person).items() if value}
        )
        return dn

    def add_group(self, name: str, members: list[str]) -> str:
        """A groupOfNames with these members' DNs. Returns its DN."""
        dn = f"cn={escape_dn(name)},{GROUPS}"
        self.admin.add(dn, "groupOfNames", {"member": members})
        return dn

    def change(self, dn: str, **values: str) -> None:
        """Replace attributes."""
        self.admin.modify(dn, {name: [(MODIFY_REPLACE, [value])] for name, value in values.items()})

    def rename(self, dn: str, own: str) -> str:
        """Another own part ("uid=…"). Returns the new DN."""
        self.admin.modify_dn(dn, own)
        return f"{own},{dn.split(',', 1)[1]}"

    def delete(self, dn: str) -> None:
        """Gone without a trace."""
        self.admin.delete(dn)

    @contextmanager
    def another(self, certificate: Path | None, key: Path | None) -> Iterator[int]:
        """A second, empty server with this certificate or none. Gives its port."""
        folder, port = self.folder / uuid.uuid4().hex, free_port()
        (folder / "db").mkdir(parents=True)
        _configure(folder, f"TLSCertificateFile {certificate}\nTLSCertificateKeyFile {key}" if key else "")
        pid = _launch(folder, port)
        try:
            yield port
        finally:
            stop(pid)

    def guid(self, dn: str) -> str:
        """The identity of an entry."""
        self.admin.search(dn, "(objectClass=*)", BASE, attributes=["entryUUID"])
        return str(self.admin.response[0]["raw_attributes"]["entryUUID"][0].decode())


def ensure_slapd(run_folder: Path) -> Slapd:
    """The run's OpenLDAP with 1,200 people; made and started on the first call (about a second)."""
    with locked(run_folder / "slapd.lock"):
        folder, path = run_folder / "slapd", run_folder / "slapd.json"
        if not path.exists():
            # a start that failed half-way must not be taken for a good one
            shutil.rmtree(folder, ignore_errors=True)
            slapd = Slapd(folder, free_port())
            _prepare(slapd)
            _load(slapd)
            _start(slapd, run_folder)
            path.write_text(json.dumps({"port": slapd.port}))
        return Slapd(folder, json.loads(path.read_text())["port"])


def _program(name: str) -> str:
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin")
    if found is None:
        raise RuntimeError(f"{name} is missing: install the packages slapd ldap-utils")
    return found


def _prepare(slapd: Slapd) -> None:
    (slapd.folder / "db").mkdir(parents=True)
    certificate, key = slapd.authority.issue("ldap.firm.test", "127.0.0.1")
    _configure(slapd.folder, f"TLSCertificateFile {certificate}\nTLSCertificateKeyFile {key}")


def _configure(folder: Path, tls: str) -> None:
    values = {"folder": folder, "tls": tls, "limit": LIMIT}
    text = _CONFIGURATION.format(**values, suffix=SUFFIX, admin=ADMIN, password=PASSWORD)
    (folder / "slapd.conf").write_text(text)


def _load(slapd: Slapd) -> None:
    """1,200 people, past the server."""
    units = [record(dn, {"objectClass": "organizationalUnit"}) for dn in (STAFF, GROUPS)]
    top = record(SUFFIX, {"objectClass": ["dcObject", "organization"], "o": "Firm"})
    reader = {"objectClass": ["account", "simpleSecurityObject"], "userPassword": PASSWORD}
    people = openldap_ldif(invent(MANY), STAFF)
    ldif = "\n".join([top, *units, record(READER, reader), people])
    command = [_program("slapadd"), "-q", "-f", str(slapd.folder / "slapd.conf")]
    done = subprocess.run(command, input=ldif, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"slapadd failed: {done.stderr[-2000:]}")


def _start(slapd: Slapd, run_folder: Path) -> None:
    keep_pid(run_folder, "slapd", _launch(slapd.folder, slapd.port))


def _launch(folder: Path, port: int) -> int:
    address = f"ldap://127.0.0.1:{port}"
    command = [_program("slapd"), "-f", str(folder / "slapd.conf"), "-h", address, "-d", "0"]
    pid = start_quietly(command, folder / "slapd.log")
    wait_for_port(port, "OpenLDAP")
    return pid
