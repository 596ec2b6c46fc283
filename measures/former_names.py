"""Where a record is now that was once found by another name; only what has a public page leads anywhere."""

from collections.abc import Callable

from django.db.models import QuerySet

from countries.models import Country, Named, led_to
from foundation.keys import whole_number
from measures.models import Measure, Source
from measures.references import key_of


def country_now(former: str) -> str | None:
    """The slug of the covered country that had this one."""
    return _now(Country.objects.covered(), led_to(Named.COUNTRY, former), "slug", str)


def source_now(former: str) -> str | None:
    """The key of the public source that had this one, or took over from that which had it."""
    return _now(Source.objects.public(), led_to(Named.SOURCE, former), "key", whole_number)


def measure_now(former: str) -> str | None:
    """The identifier of the entry with a page that had this one, or took over from that which had it."""
    return _now(Measure.objects.public(), led_to(Named.MEASURE, former), "public_id", whole_number)


def name_now(kind: Named, former: str) -> str | None:
    """The name of today of what a page is about."""
    return _OF_KIND[kind](former)


def referred_to(former: str) -> Measure | None:
    """The entry with a page that once had this legal number, which no public entry has today."""
    key = whole_number(led_to(Named.REFERENCE, key_of(former)) or "")
    if key is None or Measure.objects.published().filter(reference_key=key_of(former)).exists():
        return None
    return Measure.objects.with_page().filter(pk=key).first()


def retired_with(reference: str) -> Measure | None:
    """The one entry with this legal number that was public and is retired; its page says why."""
    found = Measure.objects.withdrawn().filter(reference_key=key_of(reference)).exclude(reference="")[:2]
    return found[0] if len(found) == 1 else None


def _now(records: QuerySet, record: str | None, name: str, read: Callable[[str], object]) -> str | None:
    if record is None:
        return None
    now: str | None = records.filter(pk=read(record)).values_list(name, flat=True).first()
    return now


_OF_KIND = {Named.COUNTRY: country_now, Named.SOURCE: source_now, Named.MEASURE: measure_now}
