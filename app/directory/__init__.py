"""The organisation's directory (Active Directory, OpenLDAP), read with ldap3; it writes nothing anywhere."""

from app.directory.changes import read_changes
from app.directory.check import Check, Stage, Step, test_connection
from app.directory.finding import FoundPerson, find_person
from app.directory.link import Link, connect
from app.directory.people import DirectoryPerson, Skipped
from app.directory.proving import (
    DirectoryGroup,
    Found,
    able_people,
    find_group,
    find_login,
    groups_of,
    prove_password,
)
from app.directory.reading import Snapshot, group_members, read_everyone, read_identities, read_people
from app.directory.server import Cursor
from app.directory.settings import DirectorySettings, Security
from app.directory.troubles import DirectoryError, Trouble

__all__ = [
    "Check",
    "Cursor",
    "DirectoryError",
    "DirectoryGroup",
    "DirectoryPerson",
    "DirectorySettings",
    "Found",
    "FoundPerson",
    "Link",
    "Security",
    "Skipped",
    "Snapshot",
    "Stage",
    "Step",
    "Trouble",
    "able_people",
    "connect",
    "find_group",
    "find_login",
    "find_person",
    "group_members",
    "groups_of",
    "prove_password",
    "read_changes",
    "read_everyone",
    "read_identities",
    "read_people",
    "test_connection",
]
