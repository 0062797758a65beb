"""Settings: every default works, every wrong value is named with what to write instead."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

import config
from config import ConfigError, load

KEY = "q7J_vB2xN8sKd41LmZ0tYw5RfHcEgUaP"


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    """An environment with nothing but its own folder."""
    return {"HELPDESK_VAR": str(tmp_path / "var")}


def test_nothing_set_is_enough(env: dict[str, str]) -> None:
    settings = load(env)
    assert settings["SQLALCHEMY_DATABASE_URI"] == f"sqlite:///{env['HELPDESK_VAR']}/helpdesk.sqlite"
    assert (settings["PORT"], settings["HOST"], settings["ARCHIVE_AFTER_DAYS"]) == (8080, "127.0.0.1", 3)
    assert settings["SESSION_COOKIE_HTTPONLY"] is True
    assert settings["SESSION_COOKIE_SAMESITE"] == "Lax"
    assert settings["SESSION_COOKIE_SECURE"] is False
    assert settings["AUTH_RATE_LIMITED"] is True
    assert settings["FAB_UPDATE_PERMS"] is False


def test_signing_in_is_as_slow_as_it_must_be(env: dict[str, str]) -> None:
    """The tests' own applications are quicker: tests.support.databases."""
    settings = load(env)
    assert (settings["SIGN_IN_REFUSAL_SECONDS"], settings["SIGN_IN_DIRECTORY_SECONDS"]) == (1.0, 5.0)
    assert settings["FAB_PASSWORD_HASH_METHOD"] == "scrypt:32768:8:3"


def test_secret_is_made_once_and_kept_from_others(env: dict[str, str]) -> None:
    first, second = load(env)["SECRET_KEY"], load(env)["SECRET_KEY"]
    assert first == second
    assert len(first) >= config.SHORTEST_SECRET
    assert stat.S_IMODE((Path(env["HELPDESK_VAR"]) / "secret_key").stat().st_mode) == 0o600


def test_two_installations_have_two_secrets(tmp_path: Path) -> None:
    keys = {load({"HELPDESK_VAR": str(tmp_path / name)})["SECRET_KEY"] for name in ("a", "b")}
    assert len(keys) == 2


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("postgres://u:p@db/helpdesk", "postgresql+psycopg://u:p@db/helpdesk"),
        ("postgresql://u@db:5433/x?sslmode=require", "postgresql+psycopg://u@db:5433/x?sslmode=require"),
        ("postgresql+psycopg://u@db/x", "postgresql+psycopg://u@db/x"),
        ("sqlite:////srv/helpdesk.sqlite", "sqlite:////srv/helpdesk.sqlite"),
    ],
)
def test_database_address_gets_the_driver_we_ship(env: dict[str, str], given: str, used: str) -> None:
    settings = load({**env, "DATABASE_URL": given})
    assert settings["SQLALCHEMY_DATABASE_URI"] == used
    assert ("pool_size" in settings["SQLALCHEMY_ENGINE_OPTIONS"]) == used.startswith("postgresql")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "eighty"),
        ("PORT", "0"),
        ("WEB_THREADS", "1"),
        ("WEB_WORKERS", "-1"),
        ("SECRET_KEY", "short"),
        ("DATABASE_URL", "mysql://db/helpdesk"),
        ("HELPDESK_ARCHIVE_AFTER_DAYS", "three"),
        ("HELPDESK_ARCHIVE_AFTER_DAYS", "-1"),
        ("HELPDESK_TIME_ZONE", "Mars/Base"),
        ("HELPDESK_LANGUAGE", "tlh"),
        ("HELPDESK_HTTPS", "maybe"),
        ("HELPDESK_LIMIT_SIGN_IN", "2"),
        ("HELPDESK_TRUSTED_PROXIES", "all"),
        ("HELPDESK_MAX_UPLOAD_MB", "0"),
        ("HELPDESK_REMOTE_USER_HEADER", "Remote User"),
    ],
)
def test_wrong_value_is_named(env: dict[str, str], name: str, value: str) -> None:
    with pytest.raises(ConfigError, match=name):
        load({**env, name: value})


def test_https_makes_the_cookie_secure(env: dict[str, str]) -> None:
    settings = load({**env, "HELPDESK_HTTPS": "yes", "HELPDESK_HOSTS": "help.example, www.help.example"})
    assert settings["SESSION_COOKIE_SECURE"] is True
    assert settings["SESSION_COOKIE_NAME"] == "__Host-helpdesk"
    assert settings["FAB_SAFE_REDIRECT_HOSTS"] == ["help.example", "www.help.example"]


def test_address_with_https_makes_the_cookie_secure_unless_told_otherwise(env: dict[str, str]) -> None:
    address = {"HELPDESK_URL": "https://help.example:8443"}
    settings = load({**env, **address})
    assert (settings["SESSION_COOKIE_SECURE"], settings["HTTPS"]) == (True, True)
    assert settings["FAB_SAFE_REDIRECT_HOSTS"] == ["help.example:8443"]
    assert settings["ALLOWED_HOSTS"] == []
    assert load({**env, **address, "HELPDESK_HTTPS": "0"})["SESSION_COOKIE_SECURE"] is False


def test_given_values_are_used(env: dict[str, str]) -> None:
    given = {
        "PORT": " 9000 ",
        "REDIS_URL": "redis://r/3",
        "HELPDESK_ARCHIVE_AFTER_DAYS": "0",
        "HELPDESK_LANGUAGE": "ru",
        "HELPDESK_MAX_UPLOAD_MB": "5",
        "SECRET_KEY": KEY,
    }
    settings = load({**env, **given})
    assert (settings["PORT"], settings["ARCHIVE_AFTER_DAYS"]) == (9000, 0)
    assert settings["MAX_CONTENT_LENGTH"] == 5 * 1024 * 1024
    assert settings["REDIS_URL"] == settings["RATELIMIT_STORAGE_URI"] == "redis://r/3"
    assert settings["BABEL_DEFAULT_LOCALE"] == "ru"
    assert settings["SECRET_KEY"] == KEY
    assert not (Path(env["HELPDESK_VAR"]) / "secret_key").exists()


MAIL = {"HELPDESK_MAIL_FROM": "helpdesk@corp.example", "HELPDESK_URL": "https://helpdesk.corp.example/"}


def test_mail_server_is_read_from_one_address(env: dict[str, str]) -> None:
    assert load(env)["MAIL_SERVER"] == {}
    url = "smtp://user:p%40ss@mail.corp.example?starttls=1&ca=/etc/ca.pem"
    settings = load({**env, **MAIL, "HELPDESK_SMTP_URL": url})
    assert settings["MAIL_SERVER"] == {
        "host": "mail.corp.example",
        "port": 587,
        "user": "user",
        "password": "p@ss",
        "protection": "starttls",
        "ca_file": "/etc/ca.pem",
    }
    assert settings["PUBLIC_URL"] == "https://helpdesk.corp.example"
    assert load({**env, **MAIL, "HELPDESK_SMTP_URL": "smtps://mail"})["MAIL_SERVER"]["port"] == 465
    assert load({**env, **MAIL, "HELPDESK_SMTP_URL": "smtp://mail"})["MAIL_SERVER"]["protection"] == "none"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HELPDESK_SMTP_URL", "mail.corp.example"),
        ("HELPDESK_SMTP_URL", "http://mail.corp.example"),
        ("HELPDESK_SMTP_URL", "smtp://mail:port"),
        ("HELPDESK_SMTP_URL", "smtp://mail?tls=1"),
        ("HELPDESK_SMTP_URL", "smtp://user:secret-word@mail"),  # the password would go in clear
        ("HELPDESK_MAIL_FROM", ""),
        ("HELPDESK_MAIL_FROM", "Helpdesk <helpdesk@corp.example>"),
        ("HELPDESK_URL", ""),
        ("HELPDESK_URL", "helpdesk.corp.example"),
        ("HELPDESK_URL", "javascript://x"),
    ],
)
def test_wrong_mail_settings_are_named_without_the_password(
    env: dict[str, str], name: str, value: str
) -> None:
    usual = {"HELPDESK_SMTP_URL": "smtp://mail"}
    with pytest.raises(ConfigError, match=name) as caught:
        load({**env, **MAIL, **usual, name: value})
    assert "secret-word" not in str(caught.value)
