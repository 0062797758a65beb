"""A certificate authority of the tests' own, made with openssl."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]


@dataclass(frozen=True)
class Authority:
    """Issues certificates into its folder."""

    folder: Path
    name: str = "Authority of the tests"

    @property
    def certificate(self) -> Path:
        """The authority's own certificate."""
        return self.folder / "ca.pem"

    @property
    def pem(self) -> str:
        """The same as text, made when first asked for."""
        if not self.certificate.exists():
            self.folder.mkdir(parents=True, exist_ok=True)
            subject = ["-subj", f"/CN={self.name}", "-days", "30"]
            self._openssl("req", "-x509", *_KEY, *subject, "-keyout", "ca.key", "-out", "ca.pem")
        return self.certificate.read_text()

    def issue(self, name: str, *names: str, days: int = 30) -> tuple[Path, Path]:
        """(certificate, key) for these names and addresses. A negative number of days: expired already."""
        assert self.pem
        stem = f"{name}{days}"
        kinds = ("IP" if each.replace(".", "").isdigit() else "DNS" for each in (name, *names))
        alternatives = ",".join(f"{kind}:{each}" for kind, each in zip(kinds, (name, *names), strict=True))
        (self.folder / f"{stem}.cnf").write_text(f"subjectAltName={alternatives}\n")
        self._openssl("req", *_KEY, "-subj", f"/CN={name}", "-keyout", f"{stem}.key", "-out", f"{stem}.csr")
        signing = ["-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-extfile", f"{stem}.cnf"]
        days_out = ["-days", str(days), "-in", f"{stem}.csr", "-out", f"{stem}.pem"]
        self._openssl("x509", "-req", *signing, *days_out)
        (self.folder / f"{stem}.key").chmod(0o600)
        return self.folder / f"{stem}.pem", self.folder / f"{stem}.key"

    def _openssl(self, *arguments: str) -> None:
        if shutil.which("openssl") is None:
            raise RuntimeError("openssl is missing: install the package openssl")
        done = subprocess.run(
            ["openssl", *arguments], cwd=self.folder, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise RuntimeError(f"openssl {arguments[0]} failed: {done.stderr}")
