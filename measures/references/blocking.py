"""Which numbers a record must have so that a text may name it: the index finds few, the grammar compares them."""

from dataclasses import dataclass

from measures.references.model import Parsed, Reference
from measures.references.parsing import parse
from measures.references.tables import all_series
from measures.references.tokens import Day


@dataclass(frozen=True, slots=True)
class Wanted:
    """Alternatives, each a set of numbers that a reference must contain; and how it may write the year."""

    alternatives: frozenset[frozenset[str]]
    years: frozenset[str]

    def __bool__(self) -> bool:
        return bool(self.alternatives)


def wanted_numbers(text: str) -> Wanted:
    """The numbers by which records are found that a text may name, in whatever country."""
    alternatives: set[frozenset[str]] = set()
    years: set[str] = set()
    for context in ("", "UN", "OAS", *all_series()):
        parsed = parse(text, context)
        alternatives |= _alternatives(parsed)
        years |= {form for reference in parsed.references for form in _years(reference.year)}
    return Wanted(frozenset(alternatives), frozenset(years))


def _alternatives(parsed: Parsed) -> set[frozenset[str]]:
    found = {frozenset((number,)) for reference in parsed.references for number in _numbers(reference)}
    for day in (parsed.day, parsed.gazette.day if parsed.gazette else None):
        if day and not parsed.references:
            found |= _of_day(day)
    if parsed.gazette and parsed.gazette.issue and not parsed.references:
        found.add(frozenset((parsed.gazette.issue,)))
    return found


def _numbers(reference: Reference) -> tuple[str, ...]:
    """The number, and the second one if it may be the number: `380` of `2020-380`."""
    is_year = len(reference.number) == 4 and bool(reference.second)
    return (reference.number, reference.second) if is_year else (reference.number,)


def _of_day(day: Day) -> set[frozenset[str]]:
    return {frozenset((str(day.day), year)) for year in _years(str(day.year)) if day.year}


def _years(year: str) -> set[str]:
    """`2020` as `2020` and as `20`: references write it so."""
    if not year.isdigit() or len(year) != 4:
        return {part for part in year.split("-") if len(part) == 4 and part.isdigit()}
    return {year, year[2:].lstrip("0") or "0"}
