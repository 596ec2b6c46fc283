"""Writing the ledger of numbers: who may publish writes it, others propose; nobody overwrites unseen."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import pghistory
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from countries.models import Country
from foundation.partial_dates import PartialDate
from foundation.records.changes import versions
from foundation.records.second_reader import may_publish
from measures.choices import NumberState
from measures.missing.ledger import NumberLedger, Run
from measures.missing.series import Named, Number, numbered
from measures.models import IssuingBody, Measure, SeenNumber
from measures.reference_lookup import names_of

MOST_NUMBERS = 2000
"""Numbers that one act may change."""
SAID = ("state", "checked_on", "checked_by", "searched")
"""The fields of a row that marking writes."""


@dataclass(frozen=True, slots=True)
class Mark:
    """What is said of numbers."""

    state: NumberState
    checked_on: PartialDate | None = None
    checked_by: str = ""
    searched: str = ""


class NumbersChangedMeanwhile(Exception):
    """Somebody else has changed some of the numbers since they were shown; nothing was written."""

    def __init__(self, numbers: Collection[Number]) -> None:
        super().__init__(numbers)
        self.numbers = frozenset(numbers)


def seen_of(run: Run, proposed: Mapping[Number, list[SeenNumber]]) -> dict[str, int]:
    """The version of each number that has rows, to be sent back with what is marked."""
    rows = {number: [*seen.rows, *proposed.get(number, ())] for number, seen in run.seen.items()}
    rows |= {number: own for number, own in proposed.items() if number not in rows}
    known = versions(SeenNumber, [row.pk for own in rows.values() for row in own])
    return {str(number): max(known.get(row.pk, 0) for row in own) for number, own in rows.items() if own}


def parse_numbers(text: str) -> list[Number]:
    """Read `3, 7-12, 15-A`; raise ValidationError for anything else, or more than may be marked at once."""
    found: list[Number] = []
    for part in text.replace(";", ",").replace("\N{EN DASH}", "-").split(","):
        if not (item := part.strip()):
            continue
        first, dash, last = (piece.strip() for piece in item.partition("-"))
        ends = Number.parse(first), Number.parse(last)
        if dash and ends[0] and ends[1]:
            low, high = ends[0].digits, ends[1].digits
            if not low <= high < low + MOST_NUMBERS:
                raise ValidationError(_("“%(range)s” is no range of at most %(most)d numbers."), params=_range(item))
            found += [Number(digits) for digits in range(low, high + 1)]
        elif one := Number.parse(item.upper()):
            found.append(one)
        else:
            raise ValidationError(_("“%(range)s” is no number and no range, such as 7 or 7-12."), params=_range(item))
    return list(dict.fromkeys(found))


def _range(item: str) -> dict[str, Any]:
    return {"range": item[:60], "most": MOST_NUMBERS}


def waiting_of(run: Run) -> dict[Number, list[SeenNumber]]:
    """What is proposed of the numbers of a series."""
    rows = SeenNumber.objects.filter(country=run.country, year=run.series.year, is_proposed=True)
    return _in_series(run, rows)


def mark(
    country: Country, run: Run, numbers: Collection[Number], said: Mark, *, by: Any, seen: Mapping[str, int]
) -> int:
    """Say the same of some numbers of a series, and return how many changed.

    Raise ValidationError if it cannot be said of them, and NumbersChangedMeanwhile for those not as they were `seen`.
    """
    _refuse_impossible(run, numbers, said)
    with transaction.atomic():
        rows = _locked(country, run, numbers, seen)
        is_proposed = not may_publish(by)
        if said.state == NumberState.NEVER_SEEN and not is_proposed:
            gone = [row.pk for own in rows.values() for row in own]
            SeenNumber.objects.filter(pk__in=gone).delete()
            return sum(1 for own in rows.values() if own)
        if said.state == NumberState.NEVER_SEEN:
            numbers = [number for number in numbers if any(not row.is_proposed for row in rows.get(number, ()))]
        changed = sum(_put(country, run, number, said, rows.get(number, []), is_proposed) for number in numbers)
        if not is_proposed:
            _settle(rows)
        return changed


def approve(country: Country, run: Run, numbers: Collection[Number], *, by: Any, seen: Mapping[str, int]) -> int:
    """Put what is proposed of some numbers into the ledger, and return of how many; errors as in `mark`.

    Raise PermissionDenied for who may not publish.
    """
    if not may_publish(by):
        raise PermissionDenied
    with transaction.atomic():
        rows = _locked(country, run, numbers, seen)
        waiting = {number: [row for row in own if row.is_proposed] for number, own in rows.items()}
        with pghistory.context(note=_("approved")):
            for number, own in waiting.items():
                for row in own:
                    stored = [other for other in rows[number] if not other.is_proposed]
                    if row.state == NumberState.NEVER_SEEN:
                        SeenNumber.objects.filter(pk__in=[other.pk for other in stored]).delete()
                    else:
                        _put(country, run, number, _said(row), stored, is_proposed=False, like=row)
            _settle(rows)
        return sum(1 for own in waiting.values() if own)


def take_back(country: Country, run: Run, numbers: Collection[Number], *, seen: Mapping[str, int]) -> int:
    """Delete what is proposed of some numbers, and return of how many; errors as in `mark`."""
    with transaction.atomic():
        rows = _locked(country, run, numbers, seen)
        _settle(rows)
        return sum(1 for own in rows.values() if any(row.is_proposed for row in own))


def _settle(rows: Mapping[Number, list[SeenNumber]]) -> None:
    """Delete what was proposed."""
    SeenNumber.objects.filter(pk__in=[r.pk for own in rows.values() for r in own if r.is_proposed]).delete()


def _said(row: SeenNumber) -> Mark:
    return Mark(NumberState(row.state), row.checked_on, row.checked_by, row.searched)


def _refuse_impossible(run: Run, numbers: Collection[Number], said: Mark) -> None:
    if not numbers:
        raise ValidationError(_("Tick numbers, or write them."), code="none")
    if len(numbers) > MOST_NUMBERS:
        raise ValidationError(_("At most %(most)d numbers can be marked at once."), params={"most": MOST_NUMBERS})
    if said.state == NumberState.CODED:
        raise ValidationError(_("The record itself says which numbers it has."))
    if said.state != NumberState.NEVER_SEEN and not said.searched:
        raise ValidationError(_("Say where the numbers were seen."))
    if said.state == NumberState.IRRELEVANT and not (said.checked_by and said.checked_on):
        raise ValidationError(_("Say who looked, and when."))
    recorded = sorted(number for number in numbers if run.state(number) == NumberState.CODED)
    if recorded and said.state == NumberState.IRRELEVANT:
        words = _("The record has %(numbers)s. An act that is not relevant is retired first.")
        raise ValidationError(words, params={"numbers": ", ".join(map(str, recorded[:5]))})


def _locked(
    country: Country, run: Run, numbers: Collection[Number], seen: Mapping[str, int]
) -> dict[Number, list[SeenNumber]]:
    """The rows of these numbers under a lock; raise NumbersChangedMeanwhile if they are others than were seen."""
    Country.objects.select_for_update(no_key=True).get(pk=country.pk)
    known = SeenNumber.objects.filter(country=country, year=run.series.year).select_for_update(
        of=("self",), no_key=True
    )
    wanted = set(numbers)
    rows = {number: own for number, own in _in_series(run, known.order_by("pk")).items() if number in wanted}
    current = versions(SeenNumber, [row.pk for own in rows.values() for row in own])
    changed = [
        number
        for number in wanted
        if max((current.get(row.pk, 0) for row in rows.get(number, ())), default=0) != seen.get(str(number), 0)
    ]
    if changed:
        raise NumbersChangedMeanwhile(changed)
    return rows


def _in_series(run: Run, rows: Any) -> dict[Number, list[SeenNumber]]:
    """Rows by number, those of the series alone."""
    ledger = NumberLedger(run.country, Measure.objects.none(), rows)
    own = ledger.run(run.series.key)
    return {number: seen.rows for number, seen in own.seen.items()} if own else {}


def _put(
    country: Country,
    run: Run,
    number: Number,
    said: Mark,
    rows: Collection[SeenNumber],
    is_proposed: bool,
    like: SeenNumber | None = None,
) -> bool:
    """Change the rows of a number or add one; return whether anything is not as it was."""
    own = [row for row in rows if row.is_proposed == is_proposed]
    values = {name: getattr(said, name) for name in SAID}
    if not own:
        model = like or next(iter(rows), None)
        SeenNumber.objects.create(**(_place(run, number, model)), country=country, is_proposed=is_proposed, **values)
        return True
    changed = [row for row in own if any(getattr(row, name) != value for name, value in values.items())]
    for row in changed:
        for name, value in values.items():
            setattr(row, name, value)
    SeenNumber.objects.bulk_update(changed, SAID)
    return bool(changed)


def _place(run: Run, number: Number, like: SeenNumber | None) -> dict[str, Any]:
    """The key of a new row: that of another row of the number, else the number as the grammar reads it back."""
    if like is not None:
        return {
            **{name: getattr(like, name) for name in ("kind", "year", "number", "title", "date", "address")},
            "issuing_body_id": like.issuing_body_id,
        }
    body = IssuingBody.objects.filter(pk=run.body_id).first() if run.body_id else None
    if body is None:
        raise ValidationError(_("No record of this series names its issuing body. Name it there first."))
    for text in (str(number), f"{number}-{run.series.year}-{run.series.body}"):
        named = Named(run.country, run.kind, text, run.series.year, names_of(body))
        if numbered(named) == [(run.series, number)]:
            return {"issuing_body_id": body.pk, "kind": run.kind, "year": run.series.year, "number": text}
    raise ValidationError(_("Numbers of this series can only be imported, as printed."))
