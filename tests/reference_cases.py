"""`python -m tests.reference_cases FILE`: ask the resolver and the duplicate check about pairs of references.

FILE is a CSV with the columns country, kind, reference (an act as recorded), query (a text as typed) and expect (same,
candidate or different). Each act is recorded in a database made for this, asked about, and rolled back. Rows that are
answered otherwise are printed and, last, `N of M right`; the exit code is 0 if all are.
"""

import csv
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import django

if TYPE_CHECKING:
    from measures.models import Measure

ORGANIZATIONS = ("EU", "UN", "OAS")
"""They stand for acts without a country, which are treaties or soft law."""


@dataclass(frozen=True, slots=True)
class Case:
    """A row of the file."""

    country: str
    kind: str
    reference: str
    query: str
    expect: str
    why: str = ""

    @property
    def expect_of_resolver(self) -> str:
        """A text typed exactly as recorded leads on, although it is a candidate by the grammar."""
        is_exact = self.query.strip().casefold() == self.reference.strip().casefold()
        return "same" if is_exact and self.expect == "candidate" else self.expect


def cases(path: Path) -> Iterator[Case]:
    """The rows of a file."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            yield Case(**{name: row.get(name) or "" for name in Case.__dataclass_fields__})


def answers(case: Case) -> tuple[str, str]:
    """What the resolver and the duplicate check say of a case."""
    from django.db import transaction

    from measures.duplicates import Candidate, Reason, matches
    from measures.reference_lookup import meant_by

    by_reason = {Reason.SAME_NUMBER: "same", Reason.LIKE_NUMBER: "candidate"}
    with transaction.atomic():
        made = _record(case)
        meant = meant_by(case.query)
        resolver = "same" if meant.same == [made.pk] else "candidate" if made.pk in meant.perhaps else "different"
        found = matches(Candidate(made.country_id, reference=case.query))
        check = next((by_reason[match.reason] for match in found if match.measure == made), "different")
        transaction.set_rollback(True)
    return resolver, check


def _record(case: Case) -> "Measure":
    from measures.choices import Kind
    from tests import factories

    if case.country not in ORGANIZATIONS:
        return factories.measure(country=_country(case.country), kind=case.kind, reference=case.reference)
    kind = case.kind if case.kind == Kind.SOFT_LAW else Kind.TREATY
    made = factories.measure(kind=kind, reference=case.reference)
    type(made).objects.filter(pk=made.pk).update(country=None, level="supranational", public_id="INT-00001")
    made.refresh_from_db()
    return made


def _country(iso3: str) -> Any:
    """The country, with the data of the fixtures."""
    from django.conf import settings

    from countries.models import Country

    with (settings.BASE_DIR / "fixtures" / "countries.csv").open(encoding="utf-8", newline="") as file:
        row = next(row for row in csv.DictReader(file) if row["iso3"] == iso3)
    fields = ("iso2", "m49", "slug", "name_en", "name_es", "name_pt", "region", "subregion")
    defaults = {name: row[name] for name in fields} | {"is_covered": True}
    return Country.objects.get_or_create(iso3=iso3, defaults=defaults)[0]


def differences(found: Iterator[Case]) -> Iterator[tuple[Case, list[str]]]:
    """Each case, and what is answered otherwise than expected."""
    for case in found:
        resolver, check = answers(case)
        wrong = []
        if resolver != case.expect_of_resolver:
            wrong.append(f"resolver: {resolver}, not {case.expect_of_resolver}")
        if check != case.expect:
            wrong.append(f"duplicate check: {check}, not {case.expect}")
        yield case, wrong


def main(path: Path) -> int:
    """Print what differs and how many rows are right; the exit code."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "observatory.settings")
    django.setup()
    from tests import factories
    from tests.own_database import own_database

    right = total = 0
    with own_database("reference_cases"):
        factories.user(username="author")  # who records all of them; to hash a password takes a second
        for case, wrong in differences(cases(path)):
            total += 1
            right += not wrong
            if wrong:
                row = f"{case.country} {case.kind} “{case.reference}” – “{case.query}”"
                print(f"{row}: {'; '.join(wrong)} ({case.why})")  # noqa: T201  (the output of the command)
    print(f"{right} of {total} right")  # noqa: T201  (the output of the command)
    return 0 if right == total else 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
