"""Settings from the environment, typed and checked at start. The only reader of ``os.environ``.

Every setting has an embedded default, so that ``make run`` needs nothing; a firm sets
``DATABASE_URL``, ``REDIS_URL`` and ``SECRET_KEY`` and whatever else it wants otherwise.
"""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from app.security.outside_settings import read_providers

ROOT = Path(__file__).resolve().parent
LANGUAGES = {
    "uk": {"flag": "ua", "name": "Українська"},
    "ru": {"flag": "ru", "name": "Русский"},
    "en": {"flag": "gb", "name": "English"},
}
SHORTEST_SECRET = 32
FEWEST_LETTERS = 10
# what examples and lazy installations write instead of a random key
_DEFAULTS = re.compile(
    r"change.?(me|this|it)|secret.?key|thisismy|your.?(secret|key)|insecure|pass?word|default", re.I
)


class ConfigError(ValueError):
    """A setting is missing or makes no sense; the message names it and says what to write."""


def _int(env: Mapping[str, str], name: str, default: int, *, least: int = 0) -> int:
    raw = env.get(name, "").strip()
    if not raw:
        return default
    try:
        value = int(raw)
    except ValueError:
        raise ConfigError(f"{name}={raw!r}: write a whole number") from None
    if value < least:
        raise ConfigError(f"{name}={raw!r}: write a number of {least} or more")
    return value


def _flag(env: Mapping[str, str], name: str, default: bool) -> bool:
    raw = env.get(name, "").strip().lower()
    if not raw:
        return default
    if raw not in {"1", "0", "true", "false", "yes", "no", "on", "off"}:
        raise ConfigError(f"{name}={raw!r}: write 1 or 0")
    return raw in {"1", "true", "yes", "on"}


def _var_dir(env: Mapping[str, str]) -> Path:
    folder = Path(env.get("HELPDESK_VAR", "") or ROOT / "var").resolve()
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _secret_key(env: Mapping[str, str], var_dir: Path) -> str:
    """The given key, checked; without one, a random key kept in ``var/secret_key`` (mode 600)."""
    given = env.get("SECRET_KEY", "")
    if given:
        if _is_weak(given):
            raise ConfigError(
                f"SECRET_KEY: write at least {SHORTEST_SECRET} random characters, for example those of "
                "python -c 'import secrets; print(secrets.token_urlsafe(48))'"
            )
        return given
    path = var_dir / "secret_key"
    if not path.exists():
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(48))
    kept = path.read_text().strip()
    if _is_weak(kept):
        raise ConfigError(f"SECRET_KEY: {path} holds no good key; delete the file, and a new one is made")
    return kept


def _is_weak(key: str) -> bool:
    """Whether somebody may guess it: short, of few different characters, or an example's default."""
    return len(key) < SHORTEST_SECRET or len(set(key)) < FEWEST_LETTERS or bool(_DEFAULTS.search(key))


def _database_url(env: Mapping[str, str], var_dir: Path) -> str:
    url = env.get("DATABASE_URL", "").strip() or f"sqlite:///{var_dir / 'helpdesk.sqlite'}"
    if url.startswith(("postgres://", "postgresql://")):
        return "postgresql+psycopg://" + url.split("://", 1)[1]
    if not url.startswith(("sqlite:", "postgresql+psycopg:")):
        raise ConfigError("DATABASE_URL: write a postgresql:// or an sqlite:/// address")
    return url


def _engine_options(env: Mapping[str, str], url: str) -> dict[str, Any]:
    if url.startswith("sqlite:"):
        return {"connect_args": {"timeout": 60, "check_same_thread": False}}
    return {
        "pool_size": _int(env, "DATABASE_POOL", 10, least=1),
        "max_overflow": 20,
        "pool_pre_ping": True,
    }


def _time_zone(env: Mapping[str, str]) -> str:
    name = env.get("HELPDESK_TIME_ZONE", "").strip() or "Europe/Kyiv"
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise ConfigError(f"HELPDESK_TIME_ZONE={name!r}: write a name such as Europe/Kyiv") from None
    return name


def _language(env: Mapping[str, str]) -> str:
    language = env.get("HELPDESK_LANGUAGE", "").strip() or "uk"
    if language not in LANGUAGES:
        raise ConfigError(f"HELPDESK_LANGUAGE={language!r}: write one of {', '.join(LANGUAGES)}")
    return language


def _public_url(env: Mapping[str, str]) -> str:
    """The address under which people reach the helpdesk; links in letters are made with it alone."""
    url = env.get("HELPDESK_URL", "").strip().rstrip("/")
    parts = urlsplit(url)
    if url and (parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment):
        raise ConfigError(f"HELPDESK_URL={url!r}: write an address such as https://helpdesk.corp.example")
    return url


def _hosts(env: Mapping[str, str]) -> list[str]:
    """The names under which the helpdesk answers; any other Host is refused. None: every name."""
    hosts = [host.strip().lower() for host in env.get("HELPDESK_HOSTS", "").split(",") if host.strip()]
    for host in hosts:
        if not re.fullmatch(r"[a-z0-9.-]+(:\d{1,5})?|\[[0-9a-f:]+\](:\d{1,5})?", host):
            raise ConfigError(f"HELPDESK_HOSTS={host!r}: write names such as helpdesk.corp.example")
    return hosts


def _redirect_hosts(hosts: list[str], public_url: str) -> list[str]:
    """Where signing in may lead to by a whole address; none: FAB goes by the Host of the request."""
    return hosts or [netloc for netloc in [urlsplit(public_url).netloc] if netloc]


def _mail_server(env: Mapping[str, str]) -> dict[str, Any]:
    """Where letters are handed over; empty when no server is set. The message never shows the password."""
    url = env.get("HELPDESK_SMTP_URL", "").strip()
    if not url:
        return {}
    try:
        parts = urlsplit(url)
        port, asked = parts.port, parse_qs(parts.query)
    except ValueError:
        raise ConfigError("HELPDESK_SMTP_URL: write smtp://user:password@host:587?starttls=1") from None
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname or set(asked) - {"starttls", "ca"}:
        raise ConfigError("HELPDESK_SMTP_URL: write smtp://user:password@host:587?starttls=1 or smtps://…")
    starttls = parts.scheme == "smtp" and _flag(
        {"starttls": asked.get("starttls", ["0"])[0]}, "starttls", False
    )
    if parts.password and not starttls and parts.scheme == "smtp":
        raise ConfigError(
            "HELPDESK_SMTP_URL: a password goes encrypted only: add ?starttls=1 or write smtps://"
        )
    for name in ("HELPDESK_MAIL_FROM", "HELPDESK_URL"):
        if not env.get(name, "").strip():
            raise ConfigError(f"{name}: set it beside HELPDESK_SMTP_URL, letters need it")
    return {
        "host": parts.hostname,
        "port": port or (465 if parts.scheme == "smtps" else 587 if starttls else 25),
        "user": unquote(parts.username or ""),
        "password": unquote(parts.password or ""),
        "protection": "tls" if parts.scheme == "smtps" else "starttls" if starttls else "none",
        "ca_file": asked.get("ca", [""])[0],
    }


def _mail_from(env: Mapping[str, str]) -> str:
    """The sender of letters: one plain address."""
    address = env.get("HELPDESK_MAIL_FROM", "").strip()
    if address and not re.fullmatch(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+", address):
        raise ConfigError(f"HELPDESK_MAIL_FROM={address!r}: write an address such as helpdesk@corp.example")
    return address


def _header(env: Mapping[str, str], name: str) -> str:
    header = env.get(name, "").strip()
    if header and not re.fullmatch(r"[A-Za-z0-9-]+", header):
        raise ConfigError(f"{name}={header!r}: write the name of a header such as X-Remote-User")
    return header


def _sign_in_services(env: Mapping[str, str]) -> dict[str, Any]:
    try:
        return read_providers(env.get("HELPDESK_OAUTH_FILE", "").strip(), _public_url(env))
    except ValueError as error:
        raise ConfigError(f"HELPDESK_OAUTH_FILE: {error}") from None


def _metrics_token(env: Mapping[str, str]) -> str:
    """What Prometheus shows at /metrics; empty: there is no such address."""
    token = env.get("HELPDESK_METRICS_TOKEN", "").strip()
    if token and (len(token) < 16 or not token.isascii()):
        raise ConfigError("HELPDESK_METRICS_TOKEN: write at least 16 random letters and digits")
    return token


def load(env: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Return Flask's configuration made from ``env`` (the process environment by default).

    Raises ConfigError with a message that names the wrong variable.
    """
    env = os.environ if env is None else env
    var_dir = _var_dir(env)
    url = _database_url(env, var_dir)
    public_url = _public_url(env)
    https = _flag(env, "HELPDESK_HTTPS", public_url.startswith("https://"))
    redis_url = env.get("REDIS_URL", "").strip() or "redis://127.0.0.1:6379/0"
    hosts = _hosts(env)
    return {
        "VAR_DIR": var_dir,
        "SECRET_KEY": _secret_key(env, var_dir),
        "SQLALCHEMY_DATABASE_URI": url,
        "SQLALCHEMY_ENGINE_OPTIONS": _engine_options(env, url),
        "REDIS_URL": redis_url,
        "SOCKET_CHANNEL": env.get("HELPDESK_SOCKET_CHANNEL", "").strip() or "helpdesk",
        "HOST": env.get("HOST", "").strip() or "127.0.0.1",
        "PORT": _int(env, "PORT", 8080, least=1),
        "WEB_WORKERS": _int(env, "WEB_WORKERS", 1, least=1),
        "WEB_THREADS": _int(env, "WEB_THREADS", 100, least=4),
        # the ticket
        "ARCHIVE_AFTER_DAYS": _int(env, "HELPDESK_ARCHIVE_AFTER_DAYS", 3),
        "TIME_ZONE": _time_zone(env),
        "METRICS_TOKEN": _metrics_token(env),
        # letters
        "PUBLIC_URL": public_url,
        "MAIL_SERVER": _mail_server(env),
        "MAIL_FROM": _mail_from(env),
        # Flask and its cookies
        "MAX_CONTENT_LENGTH": _int(env, "HELPDESK_MAX_UPLOAD_MB", 20, least=1) * 1024 * 1024,
        "MAX_FORM_MEMORY_SIZE": 2 * 1024 * 1024,
        "MAX_TEXT_LENGTH": 2 * 1024 * 1024,
        # the prefix binds the cookie to this host alone, and browsers take it over HTTPS only (RFC 6265bis)
        "SESSION_COOKIE_NAME": "__Host-helpdesk" if https else "helpdesk",
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_SECURE": https,
        # not used, and safe should somebody use it
        "REMEMBER_COOKIE_HTTPONLY": True,
        "REMEMBER_COOKIE_SAMESITE": "Lax",
        "REMEMBER_COOKIE_SECURE": https,
        "HTTPS": https,
        "PERMANENT_SESSION_LIFETIME": timedelta(days=30),
        "TRUSTED_PROXIES": _int(env, "HELPDESK_TRUSTED_PROXIES", 0),
        "ALLOWED_HOSTS": hosts,
        "FAB_SAFE_REDIRECT_HOSTS": _redirect_hosts(hosts, public_url),
        "WTF_CSRF_TIME_LIMIT": None,
        # fast levels: a list of 50 KB shrinks to 7 within a millisecond
        "COMPRESS_ALGORITHM": ["zstd", "br", "gzip"],
        "COMPRESS_BR_LEVEL": 3,
        "COMPRESS_LEVEL": 4,
        "COMPRESS_ZSTD_LEVEL": 3,
        # Flask-AppBuilder (traps.md: permissions are synced by a command, not at boot)
        "APP_NAME": "Helpdesk",
        "AUTH_TYPE": 1,
        "AUTH_ROLE_ADMIN": "Admin",
        "AUTH_ROLE_PUBLIC": "Public",
        "AUTH_RATE_LIMITED": _flag(env, "HELPDESK_LIMIT_SIGN_IN", True),
        # failures of an account from one address, of an account from anywhere, of an address with any account
        "SIGN_IN_LIMIT": "10 per minute",
        "FIRST_LOGIN_LIMIT": "30 per minute",
        "LETTERS_LIMIT": "5 per hour",
        "SIGN_IN_ACCOUNT_LIMIT": "30 per minute",
        "SIGN_IN_ADDRESS_LIMIT": "100 per minute",
        # a refusal takes at least as long, so that its time tells nothing
        "SIGN_IN_REFUSAL_SECONDS": 1.0,
        # as long the directory may take altogether
        "SIGN_IN_DIRECTORY_SECONDS": 5.0,
        "SIGN_IN_OUTSIDE_SECONDS": 5.0,
        **_sign_in_services(env),
        "REMOTE_USER_HEADER": _header(env, "HELPDESK_REMOTE_USER_HEADER"),
        "RATELIMIT_ENABLED": _flag(env, "HELPDESK_LIMIT_SIGN_IN", True),
        "RATELIMIT_STORAGE_URI": redis_url,
        "RATELIMIT_STORAGE_OPTIONS": {"socket_connect_timeout": 1, "socket_timeout": 1},
        "RATELIMIT_IN_MEMORY_FALLBACK_ENABLED": True,
        # the least that ASVS 5.0, appendix C, approves of; older hashes go on working
        "FAB_PASSWORD_HASH_METHOD": "scrypt:32768:8:3",
        "FAB_PASSWORD_COMPLEXITY_ENABLED": True,
        "FAB_ROLES": {"Admin": [[".*", ".*"]]},
        "FAB_UPDATE_PERMS": False,
        "FAB_CREATE_DB": False,
        "FAB_ADD_SECURITY_API": True,
        "FAB_API_KEY_ENABLED": True,
        "FAB_API_KEY_PREFIXES": ["hd_"],
        "FAB_API_SWAGGER_UI": True,
        "FAB_API_MAX_PAGE_SIZE": 100,
        "FAB_OPENAPI_SERVERS": [{"url": "/"}],
        "FAB_BASE_TEMPLATE": "layout.html",
        # languages
        "LANGUAGES": LANGUAGES,
        "BABEL_DEFAULT_LOCALE": _language(env),
        "BABEL_DEFAULT_TIMEZONE": _time_zone(env),
        "BABEL_TRANSLATION_DIRECTORIES": str(ROOT / "babel"),
        "BABEL_DOMAIN": "messages",
    }
