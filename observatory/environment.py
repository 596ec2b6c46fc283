"""The variables of the environment, read as what a setting needs.

Each function raises ImproperlyConfigured with the name of the variable and a remedy if its value cannot be read.
"""

import os
import re
from datetime import UTC, date, datetime, timedelta
from ipaddress import ip_network
from typing import Any
from urllib.parse import unquote, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import dj_database_url
from django.core.exceptions import ImproperlyConfigured


def text(name: str, default: str = "") -> str:
    """The variable without blanks around it."""
    return os.environ.get(name, default).strip()


def flag(name: str) -> bool:
    """The variable as true or false, the latter if it is empty."""
    value = text(name, "false").lower()
    if value in ("1", "true", "yes", "on"):
        return True
    if value in ("", "0", "false", "no", "off"):
        return False
    raise ImproperlyConfigured(f"{name}={value!r} is neither true nor false. Write {name}=true or {name}=false.")


def number(name: str, default: int) -> int:
    """The variable as a whole number."""
    value = text(name) or str(default)
    if not value.isdecimal():
        raise ImproperlyConfigured(f"{name}={value!r} is not a whole number. Write one such as {name}={default}.")
    return int(value)


def hour(name: str, default: int) -> int:
    """The variable as an hour of the day."""
    found = number(name, default)
    if found > 23:
        raise ImproperlyConfigured(f"{name}={found} is not an hour from 0 to 23.")
    return found


def choice(name: str, known: tuple[str, ...]) -> str:
    """The variable as one of the `known` words, by default the first."""
    value = text(name) or known[0]
    if value not in known:
        raise ImproperlyConfigured(f"{name}={value!r} is none of {', '.join(known)}. Write {name}={known[-1]}.")
    return value


def mail(name: str) -> dict[str, Any]:
    """The variable as the address of a server for outgoing mail; without one, nothing is sent."""
    value = text(name)
    ports = {"smtp": 25, "smtp+tls": 587, "smtps": 465}
    try:
        parts = urlsplit(value)
        port = parts.port
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} cannot be read: {error}") from error
    if value and (parts.scheme not in ports or not parts.hostname):
        raise ImproperlyConfigured(f"{name} is not an address such as smtp+tls://user:password@mail.example.org.")
    return {
        "EMAIL_HOST": parts.hostname or "",
        "EMAIL_PORT": port or ports.get(parts.scheme, 25),
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_TLS": parts.scheme == "smtp+tls",
        "EMAIL_USE_SSL": parts.scheme == "smtps",
    }


def words(name: str, default: str = "") -> list[str]:
    """The words of the variable, between commas."""
    return [word.strip() for word in text(name, default).split(",") if word.strip()]


def networks(name: str) -> list[str]:
    """The networks that the variable lists."""
    for network in words(name):
        try:
            ip_network(network)
        except ValueError as error:
            raise ImproperlyConfigured(f"{name}: {error}. Write it such as {name}=10.1.0.0/16,fd12::/16.") from error
    return words(name)


def origin(name: str) -> str:
    """The variable as ``https://host[:port]``, or empty."""
    value = text(name).rstrip("/")
    parts = urlsplit(value)
    if value and (parts.scheme not in ("http", "https") or not parts.hostname or parts.path or parts.query):
        raise ImproperlyConfigured(f"{name}={value!r} is not an address such as https://observatory.example.org.")
    return value


def contact(name: str) -> str:
    """The variable as a web or email address, or empty."""
    value = text(name)
    if re.fullmatch(r"[^\s@:]+@[^\s@]+\.[^\s@.]+", value):
        return f"mailto:{value}"
    if value and not re.fullmatch(r"(mailto:[^\s@]+@|https://)\S+", value):
        raise ImproperlyConfigured(f"{name}={value!r} is neither an e-mail address nor one that begins with https://.")
    return value


def languages(name: str, known: dict[str, Any]) -> list[tuple[str, Any]]:
    """The `known` languages that the variable lists, always including English; all of them if it is empty."""
    chosen = words(name) or list(known)
    unknown = [code for code in chosen if code not in known]
    if unknown or "en" not in chosen:
        raise ImproperlyConfigured(
            f"{name}={text(name)!r} "
            + (f"names {unknown[0]!r}, which is not translated" if unknown else "lacks en, which bare addresses are in")
            + f". Write en and any of {', '.join(code for code in known if code != 'en')}: {name}=en,es."
        )
    return [(code, label) for code, label in known.items() if code in chosen]


def zone(name: str, default: str) -> str:
    """The variable as the name of a time zone."""
    found = text(name) or default
    try:
        ZoneInfo(found)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ImproperlyConfigured(f"{name}={found!r} is no time zone. Write it as {name}=America/Lima.") from error
    return found


def day_within_a_year(name: str) -> date:
    """The variable as a day, at most a year ahead."""
    try:
        day = date.fromisoformat(text(name))
    except ValueError as error:
        raise ImproperlyConfigured(f"{name}={text(name)!r} is no day such as 2027-06-30.") from error
    if day > (latest := datetime.now(UTC).date() + timedelta(days=365)):
        raise ImproperlyConfigured(f"{name}={day} is more than a year ahead. Write {latest} or earlier.")
    return day


def database(name: str) -> dict[str, Any]:
    """The variable as the connection of a PostgreSQL server."""
    try:
        found: dict[str, Any] = {**dj_database_url.parse(text(name))}
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} cannot be read: {error}") from error
    if found.get("ENGINE") != "django.db.backends.postgresql":
        raise ImproperlyConfigured(f"{name} must begin with postgresql://: no other database is supported.")
    return found
