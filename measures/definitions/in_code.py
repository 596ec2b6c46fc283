"""The versions of definitions that are part of the software: fields of the files, and keys of choices in code.

Their text of today stands in `docs/data.md`. `changes.csv` is the dated list of what was changed since: who changes
such a definition adds a row with the text before it.
"""

import csv
from datetime import date, datetime, time
from functools import cache
from pathlib import Path

from django.utils import timezone

from measures.definitions.versions import Version

CHANGES = Path(__file__).with_name("changes.csv")


@cache
def _changes() -> dict[tuple[str, str], list[dict[str, str]]]:
    found: dict[tuple[str, str], list[dict[str, str]]] = {}
    with CHANGES.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            found.setdefault((row["part"], row["name"]), []).append(row)
    return found


def changed_in_code() -> set[tuple[str, str]]:
    """The part and the name of every definition in code that was changed."""
    return set(_changes())


def versions_in_code(part: str, name: str, definition: str) -> list[Version]:
    """The versions of a definition whose text of today is given, oldest first; none if it was never changed.

    The first is of no known day.
    """
    rows = _changes().get((part, name), [])
    texts = [*(row["before"] for row in rows), definition]
    versions = [Version(1, None, {"en": texts[0]})] if rows else []
    for number, row in enumerate(rows, start=1):
        at = timezone.make_aware(datetime.combine(date.fromisoformat(row["date"]), time()))
        before, now = {"en": texts[number - 1]}, {"en": texts[number]}
        versions.append(Version(number + 1, at, now, row["meaning"], row["why"], before))
    return versions
