"""Examples for the search box, taken from the record, so that each finds something."""

from django.db.models import Exists, F, OuterRef
from django.utils.translation import get_language

from countries.models import Country
from foundation.partial_dates import PartialDate
from measures.listing.facets import topics_of
from measures.listing.index import PublicIndex, Selection
from measures.models import Measure


def examples(index: PublicIndex) -> list[str]:
    """A topic in a country, a legal number, a country and a month. At most one query while the record is the same."""
    return index.days.get_or_cache(("examples", get_language()), lambda: _examples(index))


def _examples(index: PublicIndex) -> list[str]:
    counts = index.everything.counts("country")
    names = dict(Country.objects.covered().filter(pk__in=counts).names())
    busiest = sorted(names, key=lambda iso3: (-counts[iso3], iso3))[:2]
    found = [_topic(index, busiest[-1], names), _reference(), _month(index, busiest[0], names)] if busiest else []
    return [text for text in found if text]


def _topic(index: PublicIndex, iso3: str, names: dict[str, str]) -> str:
    counts = index.of_country(iso3).counts("topic")
    terms = [term for topic in topics_of(index) for term in (topic, *topic.children) if term.pk in counts]
    if not terms:
        return ""
    most = max(terms, key=lambda term: counts[term.pk])
    return f"{most.label}, {names[iso3]}"


def _month(index: PublicIndex, iso3: str, names: dict[str, str]) -> str:
    month = _busiest_month(index.of_country(iso3))
    return f"{names[iso3]}, {month.in_words()}" if month else ""


def _busiest_month(entries: Selection) -> PartialDate | None:
    kinds, of_rows = entries.dates()
    counts = [0] * len(kinds)
    for kind in of_rows.tolist():
        counts[kind] += 1
    dated = [(count, day) for count, (day, precision) in zip(counts, kinds, strict=True) if day and precision == "day"]
    if not dated:
        return None
    _count, day = max(dated)
    return PartialDate(day.year, day.month)


def _reference() -> str:
    """The kind and the number of the newest act that one entry alone has."""
    others = Measure.objects.published().filter(reference_key=OuterRef("reference_key")).exclude(pk=OuterRef("pk"))
    found = Measure.objects.published().filter(~Exists(others)).exclude(reference="")
    newest = found.order_by(F("date_range").desc(nulls_last=True), "pk").only("kind", "reference").first()
    return f"{newest.get_kind_display()} {newest.reference}" if newest else ""
