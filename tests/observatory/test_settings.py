"""The settings as read from the environment of a process."""

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings

PRODUCTION = {
    "PUBLIC_URL": "https://observatory.example.org",
    "TRUST_PROXY": "true",
    "SECRET_KEY": "only-for-this-test-0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEFGH",
    "DATABASE_URL": "postgresql://nobody@localhost/nothing",
    "SECURITY_CONTACT": "security@example.org",
    "SECURITY_CONTACT_UNTIL": str(datetime.now(UTC).date() + timedelta(days=300)),
    "MIGRATION_DATABASE_URL": "postgresql://owner@localhost/nothing",
}


def python(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run Python with only this environment."""
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=settings.BASE_DIR,
        env={"PATH": os.defpath, "LC_ALL": "C.UTF-8", "DJANGO_SETTINGS_MODULE": "observatory.settings", **environment},
        capture_output=True,
        text=True,
    )


def manage(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run ``manage.py`` with only this environment."""
    return python("manage.py", *arguments, **environment)


def setting(expression: str, **environment: str) -> str:
    """The value of an expression, without starting the apps, which takes seconds."""
    result = python("-c", f"from django.conf import settings; print({expression})", **environment)
    assert result.returncode == 0, result.stderr
    return result.stdout.strip()


def test_deployment_check_is_clean_in_production() -> None:
    result = manage("check", "--deploy", "--fail-level", "WARNING", **PRODUCTION)
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout == "System check identified no issues (1 silenced).\n"


def test_public_address_gives_host_origin_and_cookies() -> None:
    wanted = "settings.ALLOWED_HOSTS[0], settings.CSRF_TRUSTED_ORIGINS, settings.SESSION_COOKIE_SECURE, settings.DEBUG"
    assert setting(wanted, **PRODUCTION) == "observatory.example.org ['https://observatory.example.org'] True False"


def test_empty_environment_keeps_a_key_of_its_own(tmp_path: Path) -> None:
    first = setting("settings.SECRET_KEY", DATA_DIR=str(tmp_path))
    assert (
        first == setting("settings.SECRET_KEY", DATA_DIR=str(tmp_path)) == (tmp_path / "secret_key").read_text().strip()
    )
    assert (tmp_path / "secret_key").stat().st_mode & 0o777 == 0o600


def test_empty_environment_starts_no_database_for_a_command_that_needs_none(tmp_path: Path) -> None:
    assert manage("check", DATA_DIR=str(tmp_path)).returncode == 0
    assert {path.name for path in tmp_path.iterdir()} == {"secret_key"}


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"DEBUG": "maybe"}, "DEBUG='maybe' is neither true nor false"),
        ({"FETCH_NETWORKS": "10.0.0.1/8"}, "FETCH_NETWORKS: 10.0.0.1/8 has host bits set"),
        ({"PUBLIC_URL": "observatory.example.org"}, "is not an address such as https://observatory.example.org"),
        ({"SECRET_KEY": ""}, "SECRET_KEY is missing"),
        ({"DATABASE_URL": "mysql://localhost/x"}, "DATABASE_URL must begin with postgresql://"),
        ({"DATABASE_URL": "localhost/x"}, "DATABASE_URL cannot be read"),
        ({"MIGRATION_DATABASE_URL": "localhost/x"}, "MIGRATION_DATABASE_URL cannot be read"),
        ({"MIGRATION_DATABASE_URL": "postgresql://owner@localhost/x"}, "must name the same database"),
        ({"DATABASE_URL": "postgresql:///nothing"}, "and each its own role"),
        ({"LANGUAGES": "en,fr"}, "LANGUAGES='en,fr' names 'fr', which is not translated. Write en and any of es, pt"),
        ({"TIME_ZONE": "Lima"}, "TIME_ZONE='Lima' is no time zone. Write it as TIME_ZONE=America/Lima."),
        ({"DIGEST_HOUR": "24"}, "DIGEST_HOUR=24 is not an hour from 0 to 23"),
        ({"LANGUAGES": "es"}, "LANGUAGES='es' lacks en, which bare addresses are in"),
    ],
)
def test_unreadable_environment_stops_the_start(changed: dict[str, str], message: str) -> None:
    result = manage("check", **(PRODUCTION | changed))
    assert result.returncode == 1
    assert message in result.stderr


@pytest.mark.parametrize(("languages", "codes"), [("", ["en", "es", "pt"]), ("pt,en", ["en", "pt"]), ("en", ["en"])])
def test_languages_are_those_of_the_environment(languages: str, codes: list[str]) -> None:
    assert setting("[code for code, _name in settings.LANGUAGES]", LANGUAGES=languages) == str(codes)


def test_number_that_is_none_stops_the_start_with_a_remedy() -> None:
    result = manage("check", PAGE_CACHE_MB="much")
    assert result.returncode == 1
    assert "PAGE_CACHE_MB='much' is not a whole number. Write one such as PAGE_CACHE_MB=64." in result.stderr
