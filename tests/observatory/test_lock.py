"""The lock files contain what pyproject.toml requires, for every platform and from any index."""

import re
import tomllib
from pathlib import Path

import pytest
from django.conf import settings
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

PIN = re.compile(r"^(?P<name>[a-z0-9._-]+)(?:\[.*\])?==(?P<version>\S+)", re.MULTILINE)


def wanted(*extras: str) -> list[Requirement]:
    project = tomllib.loads((settings.BASE_DIR / "pyproject.toml").read_text())["project"]
    groups = [project["dependencies"], *(project["optional-dependencies"][extra] for extra in extras)]
    return [Requirement(line) for group in groups for line in group]


def pins(path: Path) -> dict[str, list[str]]:
    """Versions by name; a name has several where platforms differ."""
    found: dict[str, list[str]] = {}
    for name, version in PIN.findall(path.read_text()):
        found.setdefault(canonicalize_name(name), []).append(version)
    return found


@pytest.mark.parametrize(
    ("file", "extras"), [("requirements.lock", ("embedded", "dev")), ("deploy/requirements.lock", ())]
)
def test_lock_satisfies_the_project(file: str, extras: tuple[str, ...]) -> None:
    locked = pins(settings.BASE_DIR / file)
    missing = [
        str(requirement)
        for requirement in wanted(*extras)
        if not any(
            requirement.specifier.contains(Version(v)) for v in locked.get(canonicalize_name(requirement.name), [])
        )
    ]
    assert missing == [], "run make lock"


def test_lock_asks_for_nothing_that_the_project_dropped() -> None:
    text = (settings.BASE_DIR / "requirements.lock").read_text()
    blocks = re.split(r"\n(?=[a-z])", text)
    direct = {PIN.match(block)["name"] for block in blocks if "observatory (pyproject.toml)" in block}  # type: ignore[index]  # each block begins with a pin
    assert {canonicalize_name(name) for name in direct} == {
        canonicalize_name(r.name) for r in wanted("embedded", "s3", "dev")
    }


@pytest.mark.parametrize("file", ["requirements.lock", "deploy/requirements.lock"])
def test_lock_names_no_index_and_hashes_everything(file: str) -> None:
    text = (settings.BASE_DIR / file).read_text()
    assert re.findall(r"^-.*|\w+://.*", text, re.MULTILINE) == []
    assert len(PIN.findall(text)) == len(re.findall(r"^[a-z].* \\\n    --hash=sha256:", text, re.MULTILINE))


def test_production_runs_what_was_tested() -> None:
    tested = pins(settings.BASE_DIR / "requirements.lock")
    assert [
        pin for pin in pins(settings.BASE_DIR / "deploy/requirements.lock").items() if tested.get(pin[0]) != pin[1]
    ] == []
