"""`python -m tests.time_cases FOLDER`: ask what is true of acts on days, and compare with the right answers.

The folder has `acts.csv`, histories of acts, and `questions.csv`. The acts become rows of a separate database, which is
removed at the end. It has no constraints, so that a history may also be one that nobody could enter: the rules say what
counts where fields disagree. Each question is asked in SQL and of the columns in memory.
"""

import csv
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "observatory.settings")
if __name__ == "__main__":
    django.setup()

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from countries.models import Country
from foundation.partial_dates import PartialDate
from foundation.sql import execute, rows, value
from measures.choices import Workflow
from measures.listing.steps import read_steps, states_on
from measures.models import Measure, Relation, StatusEvent
from measures.validity.answers import Answer
from measures.validity.states import STATES
from measures.validity.store import answers_of, settle
from observatory.database.owner import as_owner
from tests.own_database import own_database

ALWAYS = date(8999, 1, 1)
"""A day that only intervals without an end reach, and the day of recording where none is given."""
NOWHERE = "XAA"
"""A country without public holidays, for acts that name none."""
BOUNDS = ("certain", "possible")
Row = dict[str, str]


@dataclass(frozen=True)
class Cases:
    """The acts of a folder as measures, by case and letter, and the questions."""

    ids: dict[tuple[str, str], int]
    questions: list[Row]


def read(folder: Path, name: str) -> list[Row]:
    """The lines of a file of the folder."""
    with (folder / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def load(folder: Path) -> Cases:
    """Make the acts of a folder rows of the database."""
    by = User.objects.create_user("time-cases")
    questions = read(folder, "questions.csv")
    asked = {(q["case"], q["act"]): date.fromisoformat(q["today"]) for q in questions}
    acts = read(folder, "acts.csv")
    for iso3 in sorted({act["country"] or NOWHERE for act in acts}):
        _country(iso3)
    measures = Measure.objects.bulk_create(_measure(act, number, by) for number, act in enumerate(acts, 1))
    ids = {(act["case"], act["act"]): measure.pk for act, measure in zip(acts, measures, strict=True)}
    StatusEvent.objects.bulk_create(
        event
        for act in acts
        for event in _events(
            ids[act["case"], act["act"]], act, asked.get((act["case"], act["act"]), date(2026, 11, 28))
        )
    )
    Relation.objects.bulk_create(relation for act in acts for relation in _relations(ids, act))
    return Cases(ids, questions)


def _country(iso3: str) -> None:
    number = Country.objects.count() + 1
    Country.objects.get_or_create(
        iso3=iso3,
        defaults={
            "iso2": f"{chr(65 + number // 26)}{chr(65 + number % 26)}",
            "m49": f"{900 - number:03d}",
            "slug": iso3.lower(),
            **{f"name_{language}": iso3 for language in ("en", "es", "pt")},
            "region": "Americas",
            "subregion": "South America",
        },
    )


def _partial(text: str) -> PartialDate | None:
    return PartialDate.parse(text) if text else None


def _measure(act: Row, number: int, by: User) -> Measure:
    country, now = act["country"] or NOWHERE, timezone.now()
    is_public = act["workflow"] in (Workflow.PUBLISHED, Workflow.RETIRED)
    return Measure(
        public_id=f"{country}-{number:05d}",
        country_id=country,
        kind=act["kind"],
        title_en=f"{act['case']} {act['act']}",
        workflow=act["workflow"],
        valid_from=_partial(act["valid_from"]),
        valid_until=_partial(act["valid_until"]),
        end_kind=act["end_kind"],
        duration=act["duration"],
        duration_basis=act["duration_basis"] or ("unstated" if act["duration"] else ""),
        checked_on=PartialDate.parse(act["checked_on"]).last if act["checked_on"] else None,
        created_by=by,
        updated_by=by,
        **({"published_by": by, "published_at": now, "reviewed_by": by, "reviewed_at": now} if is_public else {}),
    )


def _events(measure: int, act: Row, today: date) -> Iterator[StatusEvent]:
    for position, piece in enumerate(filter(None, act["events"].split("|"))):
        piece, _, recorded = piece.partition("+recorded=")
        status, _, when = piece.partition("@")
        recorded_on = PartialDate.parse(recorded).last if recorded else today
        yield StatusEvent(
            measure_id=measure, position=position, status=status, date=_partial(when), recorded_on=recorded_on
        )


def _relations(ids: dict[tuple[str, str], int], act: Row) -> Iterator[Relation]:
    for piece in filter(None, act["relations"].split("|")):
        kind, _, rest = piece.partition(":")
        rest, _, scope = rest.partition("/")
        target, _, when = rest.partition("@")
        yield Relation(
            subject_id=ids[act["case"], act["act"]],
            type=kind,
            object_id=ids[act["case"], target],
            date=_partial(when),
            scope=scope or "whole",
            recorded_on=ALWAYS.replace(year=9001),
        )


def state_in_sql(measure: int, day: date) -> str:
    """The state on a day, by the function of the database."""
    return str(value("select state_on(%s, %s)", [measure, day]))


class InMemory:
    """The states of all acts, from columns in memory."""

    def __init__(self) -> None:
        self.ids, self.steps = read_steps("true")

    def state_on(self, measure: int, day: date) -> str:
        """The state on a day."""
        return STATES[states_on(day, self.ids, self.steps, int(self.ids.max(initial=measure)) + 1)[measure]]


def wrong_bounds(answer: Answer | None, question: Row) -> list[str]:
    """What is not as the question expects of the certain and the possible days."""
    day, wrong = date.fromisoformat(question["day"]), []
    for name in BOUNDS:
        first, last = question[f"expected_{name}_from"], question[f"expected_{name}_until"]
        intervals = getattr(answer, name) if answer else ()
        if first == "none":
            if intervals:
                wrong.append(f"{name}: {intervals}, not none")
            continue
        around = [one for one in intervals if one[0] is None or one[0] <= day] or list(intervals[:1])
        found = around[-1] if around else ("none", "none")
        for side, expected, bound in (("from", first, found[0]), ("until", last, found[1])):
            if expected and expected != ("open" if bound is None else str(bound)):
                wrong.append(f"{name}_{side}: {bound}, not {expected}")
    return wrong


def differences(cases: Cases) -> list[str]:
    """A line for each question that is answered wrongly, in SQL or in memory."""
    settle()
    memory, found = InMemory(), []
    kept: dict[int, Answer] = answers_of(cases.ids.values())
    for question in cases.questions:
        measure, day = cases.ids[question["case"], question["act"]], date.fromisoformat(question["day"])
        wrong = wrong_bounds(kept.get(measure), question)
        for where, state in (("SQL", state_in_sql(measure, day)), ("memory", memory.state_on(measure, day))):
            if state != question["expected_state"]:
                wrong.append(f"{where}: {state}, not {question['expected_state']}")
        if wrong:
            found.append(f"{question['case']} {question['act']} on {day}: {'; '.join(wrong)} ({question['why']})")
    return found


_TABLES = ["measures_measure", "measures_statusevent", "measures_relation"]
_CONSTRAINTS = """
    select conrelid::regclass::text, conname from pg_constraint
    where conrelid = any(%s::regclass[]) and contype in ('c', 'u')
"""
_REFUSALS = """
    select tgrelid::regclass::text, tgname from pg_trigger
    where tgrelid = any(%s::regclass[]) and tgname ~ '^pgtrigger_(status_of_family|no_circle)_'
"""


def remove_constraints() -> None:
    """Let the tables of acts hold what is refused at entry; for a database of one's own."""
    with as_owner():
        for table, name in rows(_CONSTRAINTS, [_TABLES]):
            execute(f'alter table {table} drop constraint "{name}"')
        for table, name in rows(_REFUSALS, [_TABLES]):
            execute(f'drop trigger "{name}" on {table}')


def main(folder: Path) -> int:
    """Ask all questions of a folder; the number answered wrongly."""
    with own_database("observatory_time_cases"):
        remove_constraints()
        with transaction.atomic():
            cases = load(folder)
            wrong = differences(cases)
            transaction.set_rollback(True)
    for line in wrong:
        sys.stdout.write(f"{line}\n")
    sys.stdout.write(f"{len(cases.questions) - len(wrong)} of {len(cases.questions)} right\n")
    return len(wrong)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(f"{__doc__}")
    sys.exit(1 if main(Path(sys.argv[1])) else 0)
