"""What an operator may set, and how a wrong value is told."""

from __future__ import annotations

from pathlib import Path

import pytest

import settings
from settings import SettingsError

KEY = "k" * 32


def test_nothing_set_is_a_development_server_on_loopback() -> None:
    read = settings.read({})
    assert (read.environment, read.host, read.port, read.demo) == ("development", "127.0.0.1", 8000, True)
    assert (read.database_url, read.redis_url, read.secret, read.admin_key) == (None, None, None, None)
    assert read.state.is_absolute()


@pytest.mark.parametrize(
    ("environ", "named"),
    [
        ({"PORT": "http"}, "PORT"),
        ({"PORT": "0"}, "PORT"),
        ({"PORT": "80.5"}, "PORT"),
        ({"PORT": "65536"}, "PORT"),
        ({"ANBAHN_ENV": "prod"}, "ANBAHN_ENV"),
        ({"ANBAHN_ENV": "production"}, "ANBAHN_SECRET"),
        ({"ANBAHN_SECRET": "short"}, "ANBAHN_SECRET"),
        ({"ANBAHN_ADMIN_KEY": "k" * 31}, "ANBAHN_ADMIN_KEY"),
        ({"ANBAHN_ADMIN_KEY": "ü" * 40}, "ANBAHN_ADMIN_KEY"),
        ({"ANBAHN_DEMO": "maybe"}, "ANBAHN_DEMO"),
        ({"ANBAHN_SWEEP_SECONDS": "-1"}, "ANBAHN_SWEEP_SECONDS"),
        ({"ANBAHN_SWEEP_SECONDS": "nan"}, "ANBAHN_SWEEP_SECONDS"),
        ({"DATABASE_URL": "mysql://localhost/x"}, "DATABASE_URL"),
        ({"DATABASE_URL": "postgres://localhost"}, "DATABASE_URL"),
        ({"DATABASE_URL": "postgres://localhost:port/x"}, "DATABASE_URL"),
        ({"REDIS_URL": "localhost:6379"}, "REDIS_URL"),
        ({"ANBAHN_READS": "fast"}, "ANBAHN_READS"),
        ({"ANBAHN_PUBLIC_URL": "crm.example.com"}, "ANBAHN_PUBLIC_URL"),
    ],
)
def test_a_wrong_value_is_told_with_the_variables_name(environ: dict[str, str], named: str) -> None:
    with pytest.raises(SettingsError, match=rf"^{named}\b"):
        settings.read(environ)


@pytest.mark.parametrize(("given", "meant"), [("", "compiled"), (" spliced ", "spliced"), ("stock", "stock")])
def test_reads_are_compiled_unless_it_is_said_otherwise(given: str, meant: str) -> None:
    assert settings.read({"ANBAHN_READS": given}).reads == meant


def test_a_secret_is_never_in_the_message_about_it() -> None:
    with pytest.raises(SettingsError) as told:
        settings.read({"ANBAHN_ADMIN_KEY": "hunter2"})
    assert "hunter2" not in str(told.value)


def test_the_application_never_logs_in_as_the_owner() -> None:
    owner = {"DATABASE_URL": "postgres://owner:secret@db.example:6000/crm?sslmode=require", "ANBAHN_SECRET": KEY}
    url = settings.read(owner).app_database_url()
    assert url.startswith("postgres://anbahn_app:")
    assert url.endswith("@db.example:6000/crm?sslmode=require")
    assert "secret" not in url


def test_its_password_follows_from_the_secret_unless_it_is_given() -> None:
    def password(**more: str) -> str:
        return settings.read({"DATABASE_URL": "postgres://db/crm", "ANBAHN_SECRET": KEY, **more}).app_role_password()

    assert password() == password()
    assert password() != password(ANBAHN_SECRET="another secret of thirty-two characters")
    assert password(ANBAHN_APP_PASSWORD="p/w") == "p/w"
    as_it_is = "postgres://anbahn_app:mine@db.example/crm"
    assert settings.read({"DATABASE_URL": as_it_is, "ANBAHN_SECRET": KEY}).app_database_url() == as_it_is


def test_a_password_with_any_character_survives_the_url() -> None:
    from urllib.parse import unquote, urlsplit

    read = settings.read(
        {"DATABASE_URL": "postgres://db/crm", "ANBAHN_SECRET": KEY, "ANBAHN_APP_PASSWORD": "a/b@c:d%e#f"}
    )
    assert unquote(urlsplit(read.app_database_url()).password or "") == read.app_role_password()


def test_a_relative_state_directory_is_of_the_callers_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert settings.read({"ANBAHN_STATE": "here"}).state == tmp_path / "here"
