"""The figures of the quality of the public record: what each counts, what it rests on, and what it does not mean."""

import datetime
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from foundation.days import end_of
from measures.archive.choices import LinkState
from measures.archive.listing.index import public_sources
from measures.choices import Evidence, Precision
from measures.coverage.ledger import public_ledger, searched_share
from measures.double_coding.fields import CODED_FIELDS
from measures.double_coding.results import FEWEST_PUBLIC, comparable, pairs_of
from measures.listing.columns import EARLIEST, INTERNATIONAL, day_number
from measures.listing.completeness import covered_codes, recorded
from measures.listing.index import PublicIndex
from measures.missing.estimate import public_estimate
from measures.models import DoubleCoding, ErrorReport, Measure, ReportState, of_countries
from measures.quality.supported import supported_values

FEWEST_OF_SHARE = 20
"""Records below which a share is not written as a percentage: one record would move it by more than five."""


class Unit(StrEnum):
    """What a figure counts in."""

    SHARE = "share"
    DAYS = "days"
    NUMBER = "number"


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure of quality: what it counts, and what must not be read into it."""

    key: str
    label: Any
    meaning: Any
    caveat: Any
    unit: Unit = Unit.SHARE


@dataclass(frozen=True, slots=True)
class Value:
    """What a figure is: `count` of `total` records; for days and numbers, `total` is what it rests on, if anything.

    `why_not` says in words why there is none; `remark` what a reader should know beside it.
    """

    count: int = 0
    total: int | None = None
    why_not: str = ""
    remark: str = ""

    @property
    def is_known(self) -> bool:
        """Whether there is a number."""
        return not self.why_not


FIGURES = {
    figure.key: figure
    for figure in (
        Figure(
            "coverage",
            gettext_lazy("Topics searched, at least in part"),
            gettext_lazy("Topics of countries for which the coverage ledger names who searched, when and where."),
            gettext_lazy(
                "It does not say that nothing is missing: a topic counts as soon as one quarter of it was searched in"
                " part. The ledger of the country shows each quarter."
            ),
        ),
        Figure(
            "completeness",
            gettext_lazy("Entries recorded, of those that are likely to exist"),
            gettext_lazy("An estimate from two data sets of others that searched independently of each other."),
            gettext_lazy(
                "It says nothing of entries that neither of the two could find, nor of a time that only one covers."
            ),
        ),
        Figure(
            "exact",
            gettext_lazy("Dated to the day"),
            gettext_lazy("Entries of whose date day, month and year are known."),
            gettext_lazy("It does not say that the date is right, only how precise its source is."),
        ),
        Figure(
            "primary",
            gettext_lazy("From a primary source"),
            gettext_lazy("Entries that rest on a document of the body that acted, such as its gazette."),
            gettext_lazy("It does not say that every value of the entry is in that document."),
        ),
        Figure(
            "values_quoted",
            gettext_lazy("Values with a quote that is found in a kept copy"),
            gettext_lazy(
                "Of the number, course, validity, people concerned and relations of entries, those for which a passage"
                " is quoted that the archive's copy of the source has."
            ),
            gettext_lazy(
                "It does not say that the other values are wrong, only that no quote stands for them alone. A quote for"
                " the whole entry counts for none of its values."
            ),
        ),
        Figure(
            "quotes",
            gettext_lazy("Quotes that are found in a kept copy"),
            gettext_lazy("Of all quoted passages, those that the archive's current copy of their source has."),
            gettext_lazy(
                "It does not say that the others are wrong: a scan has no text to search, some pages may not be"
                " copied, and of some no copy was made yet."
            ),
        ),
        Figure(
            "agreement",
            gettext_lazy("Values that two coders gave alike"),
            gettext_lazy("Of the fields of acts that two people coded without knowing of each other, equal values."),
            gettext_lazy(
                "Chance is not taken from it: see the alpha of each field. Two people can also agree on an error."
            ),
        ),
        Figure(
            "check_age",
            gettext_lazy("Age of the last check"),
            gettext_lazy("Days since somebody last looked, and what the entry says still held: half are newer."),
            gettext_lazy("It does not say that an entry has changed since. Entries that nobody checked are left out."),
            Unit.DAYS,
        ),
        Figure(
            "open_reports",
            gettext_lazy("Reports of errors without an answer"),
            gettext_lazy("What readers reported up to the day before on public pages, and nobody has answered yet."),
            gettext_lazy("It does not say that the record is wrong: a report is what a reader believes."),
            Unit.NUMBER,
        ),
        Figure(
            "broken_links",
            gettext_lazy("Broken links"),
            gettext_lazy("Of the sources whose address was checked, those that no longer answer."),
            gettext_lazy("It does not say that the document is lost: the archive may have a copy."),
        ),
    )
}
"""By key, in the order of the page."""
FROM_HISTORY = ("coverage", "exact", "primary", "check_age", "open_reports")


def figures_of(index: PublicIndex, country: str, *, on: datetime.date) -> dict[str, Value]:
    """Every figure of the public record of a country, or of the whole record for '', as it is on a day.

    Kept until the public data or the day change. The number of queries does not depend on the number of records.
    """
    key = ("quality", country, on)
    return index.get_or_cache_whole(key, lambda: {name: count(index, country, on) for name, count in _COUNTED.items()})


def figures_from_history(index: PublicIndex, country: str, *, on: datetime.date) -> dict[str, Value]:
    """The figures of an earlier day that follow from its index and from dates; the others began to be counted later."""
    return {name: _COUNTED[name](index, country, on) for name in FROM_HISTORY}


def _selection(index: PublicIndex, country: str) -> Any:
    return index.of_country(country) if country else recorded(index, covered_codes())


def _codes(country: str) -> list[str]:
    return [country] if country else [*covered_codes(), INTERNATIONAL]


def _entries(country: str) -> Any:
    return Measure.objects.published().filter(of_countries(_codes(country)))


def _share(count: int, total: int) -> Value:
    return Value(count, total) if total else Value(why_not=_("There is nothing yet of which it could be a share."))


# The figures


def _coverage(index: PublicIndex, country: str, on: datetime.date) -> Value:
    share = searched_share(public_ledger(index), [country] if country else covered_codes())
    return _share(share.count, share.total)


def _completeness(index: PublicIndex, country: str, on: datetime.date) -> Value:
    found = public_estimate(index, country)
    if found is None:
        return Value(why_not=_("No two data sets of independent searches are recorded, so nothing can be estimated."))
    if found.total is None:
        return Value(why_not=" ".join([f"{found.statement}.", *found.caveats]))
    return Value(found.recorded, found.total, remark=" ".join([f"{found.statement}.", *found.caveats]))


def _exact(index: PublicIndex, country: str, on: datetime.date) -> Value:
    entries = _selection(index, country)
    return _share(entries.counts("precision").get(Precision.DAY, 0), len(entries))


def _primary(index: PublicIndex, country: str, on: datetime.date) -> Value:
    entries = _selection(index, country)
    return _share(entries.counts("evidence").get(Evidence.PRIMARY, 0), len(entries))


def _check_age(index: PublicIndex, country: str, on: datetime.date) -> Value:
    days = _selection(index, country).column("checked")
    checked = days[days > EARLIEST]
    never = len(days) - len(checked)
    words = ngettext("%(n)d entry was never checked.", "%(n)d entries were never checked.", never) % {"n": never}
    if not len(checked):
        return Value(why_not=words if never else _("There are no entries yet."))
    ages = np.maximum(day_number(on) - checked.astype(np.int64), 0)
    return Value(int(np.median(ages)), len(checked), remark=words if never else "")


def _values_quoted(index: PublicIndex, country: str, on: datetime.date) -> Value:
    supported, rows = supported_values(index), _selection(index, country).rows
    return _share(*(int(supported[name][rows].sum()) for name in ("values_quoted", "values")))


def _quotes(index: PublicIndex, country: str, on: datetime.date) -> Value:
    supported, rows = supported_values(index), _selection(index, country).rows
    return _share(*(int(supported[name][rows].sum()) for name in ("quotes_found", "quotes")))


def _agreement(index: PublicIndex, country: str, on: datetime.date) -> Value:
    pairs = pairs_of(DoubleCoding.objects.filter(measure__in=_entries(country).order_by().values("pk")))
    if len(pairs) < FEWEST_PUBLIC:
        words = ngettext(
            "%(n)d act was coded by two people. From %(least)d on there is a figure.",
            "%(n)d acts were coded by two people. From %(least)d on there is a figure.",
            len(pairs),
        )
        return Value(why_not=words % {"n": len(pairs), "least": FEWEST_PUBLIC})
    alike = sum(
        comparable(one.get(field.name, "")) == comparable(other.get(field.name, ""))
        for one, other in pairs
        for field in CODED_FIELDS
    )
    remark = ngettext("Of %(n)d act.", "Of %(n)d acts.", len(pairs)) % {"n": len(pairs)}
    return Value(alike, len(pairs) * len(CODED_FIELDS), remark=remark)


def _open_reports(index: PublicIndex, country: str, on: datetime.date) -> Value:
    """Those that came up to the day before, since a report that arrives changes nothing that is public."""
    late = Q(state=ReportState.ANSWERED, answered_at__gte=end_of(on))
    reports = ErrorReport.objects.about_public().filter(Q(state=ReportState.WAITING) | late)
    reports = reports.filter(received_at__lt=end_of(on - datetime.timedelta(days=1)))
    return Value((reports.filter(country=country) if country else reports).count())


def _broken_links(index: PublicIndex, country: str, on: datetime.date) -> Value:
    sources = public_sources()
    cited = sources.marks["country"].as_mask(_codes(country), len(sources))
    states = sources.marks["link"].counts(cited)
    unchecked = states.pop(LinkState.UNKNOWN, 0)
    words = ngettext(
        "%(n)d source has no address, or it was not checked yet.",
        "%(n)d sources have no address, or it was not checked yet.",
        unchecked,
    )
    remark = words % {"n": unchecked} if unchecked else ""
    if total := sum(states.values()):
        return Value(states.get(LinkState.BROKEN, 0), total, remark=remark)
    return Value(why_not=remark or _("There are no sources yet."))


_COUNTED: dict[str, Callable[[PublicIndex, str, datetime.date], Value]] = {
    "coverage": _coverage,
    "completeness": _completeness,
    "exact": _exact,
    "primary": _primary,
    "values_quoted": _values_quoted,
    "quotes": _quotes,
    "agreement": _agreement,
    "check_age": _check_age,
    "open_reports": _open_reports,
    "broken_links": _broken_links,
}
