"""A SAML service of the tests' own: it reads our request and signs statements with xmlsec."""

from __future__ import annotations

import base64
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import import_module
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from uuid import uuid4

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from lxml import etree

# its types leave out what is used here
xmlsec: Any = import_module("xmlsec")

ENTITY, OURS = "https://idp.example/saml", "https://helpdesk.corp.example/saml/metadata/"
ACS = "https://helpdesk.corp.example/saml/acs/"
PERSISTENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"
SPACES = (
    'xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" '
    'xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
)
RESPONSE = """<samlp:Response {spaces} ID="{response_id}" Version="2.0" IssueInstant="{now}" {response_to}
 Destination="{destination}"><saml:Issuer>{issuer}</saml:Issuer>
<samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status>
<saml:Assertion ID="{assertion_id}" Version="2.0" IssueInstant="{now}"><saml:Issuer>{issuer}</saml:Issuer>
<saml:Subject><saml:NameID Format="{name_format}">{name}</saml:NameID>
<saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer">
<saml:SubjectConfirmationData {confirms} NotOnOrAfter="{until}" Recipient="{recipient}"/>
</saml:SubjectConfirmation></saml:Subject>
<saml:Conditions NotBefore="{since}" NotOnOrAfter="{until}">{audience}</saml:Conditions>
<saml:AuthnStatement AuthnInstant="{now}" SessionIndex="s1"><saml:AuthnContext><saml:AuthnContextClassRef>
urn:oasis:names:tc:SAML:2.0:ac:classes:Password</saml:AuthnContextClassRef></saml:AuthnContext>
</saml:AuthnStatement><saml:AttributeStatement><saml:Attribute Name="mail"><saml:AttributeValue
 xsi:type="xs:string">{email}</saml:AttributeValue></saml:Attribute></saml:AttributeStatement>
</saml:Assertion></samlp:Response>"""


@dataclass(frozen=True)
class Pair:
    """A key and its certificate, PEM."""

    key: bytes
    certificate: str


@cache
def pair(name: str) -> Pair:
    """A self-made pair; the same name is the same pair."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    form = serialization.PrivateFormat.PKCS8
    private = key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())
    return Pair(private, certificate.public_bytes(serialization.Encoding.PEM).decode())


@dataclass
class SamlService:
    """Who comes in next, and over what is right (``values``) what is wrong; ``signs`` names the element."""

    name: str = "s-1"
    email: str = "olena@corp.example"
    values: dict[str, str] = field(default_factory=dict)
    signs: str = "Assertion"
    key: str = "right"
    transform: Any = xmlsec.Transform.RSA_SHA256
    acs: str = ACS
    sso: str = "https://idp.example/sso"

    def settings(self, **more: Any) -> dict[str, Any]:
        """The file's content, as somebody writes it."""
        idp = {
            "entityId": ENTITY,
            "singleSignOnService": {
                "url": self.sso,
                "binding": "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect",
            },
            "x509cert": pair("right").certificate,
        }
        provider = {"name": "adfs", "label": "ADFS", "idp": idp, "attribute_mapping": {"mail": "email"}}
        acs = {"url": self.acs, "binding": "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"}
        sp = {"entityId": OURS, "assertionConsumerService": acs, "NameIDFormat": PERSISTENT}
        return {"SAML_PROVIDERS": [{**provider, **more}], "SAML_CONFIG": {"strict": True, "sp": sp}}

    def request_id(self, url: str) -> str:
        """Of the request that a person brings along."""
        carried = dict(parse_qsl(urlsplit(url).query))["SAMLRequest"]
        request = etree.fromstring(zlib.decompress(base64.b64decode(carried), -15))
        assert request.get("AssertionConsumerServiceURL") == self.acs
        return str(request.get("ID"))

    def answer(self, request_id: str) -> str:
        """SAMLResponse, as its form posts it."""
        now = datetime.now(UTC)
        moment = "%Y-%m-%dT%H:%M:%SZ"
        right = {
            "spaces": SPACES,
            "response_id": f"r{uuid4().hex}",
            "assertion_id": f"a{uuid4().hex}",
            "now": now.strftime(moment),
            "since": (now - timedelta(minutes=1)).strftime(moment),
            "until": (now + timedelta(minutes=5)).strftime(moment),
            "destination": self.acs,
            "recipient": self.acs,
            "issuer": ENTITY,
            "name": self.name,
            "name_format": PERSISTENT,
            "email": self.email,
            "response_to": f'InResponseTo="{request_id}"',
            "confirms": f'InResponseTo="{request_id}"',
            "audience": _audience(OURS),
        }
        root = etree.fromstring(RESPONSE.format(**{**right, **self.values}).encode())
        if self.signs:
            self._sign(root)
        return base64.b64encode(etree.tostring(root)).decode()

    def _sign(self, root: Any) -> None:
        element = root if self.signs == "Response" else root.find(f"{{*}}{self.signs}")
        template = xmlsec.template.create(element, xmlsec.Transform.EXCL_C14N, self.transform, ns="ds")
        element.find("{*}Issuer").addnext(template)
        xmlsec.tree.add_ids(element, ["ID"])
        digest = xmlsec.Transform.SHA256
        reference = xmlsec.template.add_reference(template, digest, uri=f"#{element.get('ID')}")
        xmlsec.template.add_transform(reference, xmlsec.Transform.ENVELOPED)
        xmlsec.template.add_transform(reference, xmlsec.Transform.EXCL_C14N)
        xmlsec.template.add_x509_data(xmlsec.template.ensure_key_info(template))
        context = xmlsec.SignatureContext()
        made = pair(self.key)
        context.key = xmlsec.Key.from_memory(made.key, xmlsec.KeyFormat.PEM)
        context.key.load_cert_from_memory(made.certificate.encode(), xmlsec.KeyFormat.PEM)
        context.sign(template)


@contextmanager
def saml_pages(service: SamlService) -> Iterator[None]:
    """Its page on a real socket, on another site (localhost) than the helpdesk: a form that posts itself."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            response = service.answer(service.request_id(self.path))
            text = (
                f'<form method="post" action="{service.acs}"><input name="SAMLResponse" value="{response}">'
                "</form><script>document.forms[0].submit()</script>"
            ).encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_args: object) -> None:
            """Silence."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    service.sso = f"http://localhost:{server.server_port}/sso"
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield
    server.shutdown()
    server.server_close()


def _audience(name: str) -> str:
    return f"<saml:AudienceRestriction><saml:Audience>{name}</saml:Audience></saml:AudienceRestriction>"
