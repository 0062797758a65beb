"""The organisation's directory (Active Directory, OpenLDAP), read with ldap3; it writes nothing anywhere."""
