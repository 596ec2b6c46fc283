"""An account of each role, and records of Ecuador: those of the role “own” are of its team, “other” is Peru's."""

from collections.abc import Callable
from typing import Any

from django.contrib.auth.models import User
from django.core.files.base import ContentFile
from django.db.models import Model
from django.test import Client

from foundation.files.importing import jobs
from foundation.files.models import FileImport
from measures.models import Measure
from tests import factories

ROLES: dict[str, Callable[[str], User]] = {
    "nobody": lambda name: factories.user(username=name),
    "own analyst": lambda name: factories.member(username=name, group="analyst", countries=("ECU",)),
    "other analyst": lambda name: factories.member(username=name, group="analyst"),
    "own editor": lambda name: factories.member(username=name, group="editor", countries=("ECU",)),
    "other editor": lambda name: factories.member(username=name, group="editor"),
    "coordinator": lambda name: factories.user(username=name, group="coordinator"),
    "auditor": lambda name: factories.user(username=name, group="auditor"),
    "superuser": lambda name: factories.user(username=name, group="editor", is_superuser=True),
}


def ecuador() -> Any:
    return factories.country(iso3="ECU")


def secret(**fields: Any) -> Measure:
    """A draft of Ecuador."""
    return factories.measure(country=ecuador(), **{"workflow": "draft", "title_en": "Secret of Quito"} | fields)


def public(**fields: Any) -> Measure:
    return factories.measure(country=ecuador(), **{"title_en": "Known of Quito"} | fields)


def treaty(**fields: Any) -> Measure:
    """A draft of no country."""
    return factories.draft(level="supranational", kind="treaty", **{"title_en": "Pact"} | fields)


def role_of(iso3: str, is_covered: bool) -> Model:
    return factories.mobility_role(country=factories.country(iso3=iso3, is_covered=is_covered))


def upload(*, by: User, rows: str = "key,title\na,A\n", file_type: str = "sources") -> FileImport:
    """A file that waits to be checked."""
    waiting = FileImport(file_type=file_type, name=f"{file_type}.csv", created_by=by)
    waiting.file.save(waiting.name, ContentFile(rows.encode()), save=False)
    jobs.begin(waiting)
    return waiting


NAMES = ("Secret", "Known", "Proposed of Quito", "sources.csv", "Kept in Caracas")


def names_in(client: Client, address: str, **sent: Any) -> str:
    """Which of the names of the records of a test a page has, by their first letters."""
    response: Any = client.post(address, sent) if sent else client.get(address)
    text = b"".join(response).decode()
    return "".join(name[0] for name in NAMES if name in text) or "-"
