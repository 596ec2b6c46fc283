"""Feeds of twenty days of six countries, and files to run them on."""

from decimal import Decimal
from pathlib import Path
from typing import Any

from countries.feeds import runs
from countries.models import Country, FeedRun, IndicatorFeed, Observation
from tests import factories

HEAD = "iso3,date,value\n"
CODES = ("PER", "ECU", "VEN", "BRB", "GUF", "USA")
DAYS = [f"2020-03-{day:02d}" for day in range(1, 21)]
NEXT = "2020-03-21"
Table = dict[tuple[str, str], str]


def table(codes: tuple[str, ...] = CODES, value: str = "100") -> Table:
    """Twenty days of each country."""
    return {(iso3, day): value for iso3 in codes for day in DAYS}


def text(cells: Table) -> str:
    return HEAD + "".join(f"{iso3},{day},{value}\n" for (iso3, day), value in cells.items())


def written(folder: Path, body: str | bytes) -> None:
    (folder / "daily.csv").write_bytes(body.encode() if isinstance(body, str) else body)


def ran(folder: Path, feed: IndicatorFeed, body: Table | str | bytes) -> FeedRun:
    written(folder, text(body) if isinstance(body, dict) else body)
    return runs.run(feed)


def published(folder: Path, cells: Table | None = None, **fields: Any) -> IndicatorFeed:
    """A feed whose first run is public."""
    feed = factories.feed(**fields)
    run = ran(folder, feed, cells or table())
    assert (run.state, run.refused, run.held) == ("published", 0, 0), (run.problem, run.reasons, run.problems)
    return feed


def public() -> dict[tuple[str, str], Decimal]:
    found = Observation.objects.order_by("pk").values_list("country", "period", "value")
    return {(iso3, str(period)): value.normalize() for iso3, period, value in found if value is not None}


def more_countries(number: int, *, is_covered: bool = False) -> tuple[str, ...]:
    """That many countries, which exist only in this test."""
    signs = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    codes = [f"X{'JKQ'[place // 26]}{signs[place % 26]}" for place in range(number)]
    Country.objects.bulk_create(
        Country(
            iso3=code,
            iso2=code[1:],
            m49=f"{900 + place}",
            slug=code.lower(),
            name_en=f"Land {code}",
            name_es=code,
            name_pt=code,
            region="Nowhere",
            subregion="Nowhere",
            is_covered=is_covered,
        )
        for place, code in enumerate(codes)
    )
    return tuple(codes)
