"""The newest value of each country on a day, its step, and the shapes that it colours."""

import csv
import datetime
import gzip
import re
from decimal import Decimal
from typing import Any

import pytest
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from countries import world_map as world_map_module
from countries.models import Area, Country, FeedRun, Indicator
from countries.shapes import FOLDER, drawing_of, inset_of
from countries.world_map import (
    FLAT,
    HATCHED,
    Reading,
    Scale,
    Subject,
    WorldMap,
    countries_of,
    quantiles,
    readings_of,
    scale_of,
    stages_of,
    subject_of,
    with_values,
    world_map,
)
from foundation.texts import Text
from tests import factories

pytestmark = pytest.mark.django_db

TODAY = datetime.date(2026, 11, 26)
EASTERN_CARIBBEAN = ("ATG", "BRB", "DMA", "GRD", "KNA", "LCA", "VCT", "TTO")


@pytest.fixture
def poverty() -> Indicator:
    return factories.indicator(key="poverty_rate", unit="percent", decimals=1, map_breaks="15|25|35|45")


def _reading(indicator: Indicator, on: datetime.date = TODAY, iso3: str = "PER") -> Reading | None:
    return readings_of(indicator, Country.objects.all(), on).get(iso3)


def _map(indicator: Indicator, on: datetime.date = TODAY, area: Area = Area.AMERICAS) -> WorldMap:
    countries = countries_of(area)
    return world_map(subject_of(indicator), area, countries, readings_of(indicator, countries, on))


def _fixture() -> list[dict[str, str]]:
    with (settings.BASE_DIR / "fixtures" / "countries.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def _numbers(*values: int) -> tuple[Decimal, ...]:
    return tuple(map(Decimal, values))


# Readings


def test_newest_value_at_or_before_the_day_is_read(poverty: Indicator) -> None:
    for period, value in (("2018", 20), ("2019", 21), ("2020-06-01", 22), ("2030", 23)):
        factories.observation(indicator=poverty, period=period, value=value)
    days = {
        "2017-12-31": None,
        "2018-01-01": 20,
        "2020-05-31": 21,
        "2020-06-01": 22,
        "2029-12-31": 22,
        "2030-01-01": 23,
    }
    found = {day: _reading(poverty, datetime.date.fromisoformat(day)) for day in days}
    assert {day: reading and reading.value for day, reading in found.items()} == days


def test_reading_has_all_that_judges_the_value(poverty: Indicator) -> None:
    factories.observation(
        indicator=poverty,
        period="2019?",
        value=Decimal("20.2"),
        qualifier="approx",
        status="P",
        note="National line.",
        source_name="Institute",
        source_url="https://institute.example/",
    )
    assert _reading(poverty) == Reading(
        value=Decimal("20.2"),
        words="about 20.2\u202f%",
        qualifier="approx",
        status="P",
        period="2019?",
        when="2019 (date inferred)",
        remark="provisional",
        note=Text("National line.", "en", is_fallback=False),
        source_name=Text("Institute", "en", is_fallback=False),
        source_url="https://institute.example/",
    )


def test_gap_does_not_hide_the_value_before_it(poverty: Indicator) -> None:
    factories.observation(indicator=poverty, period="2018", value=20)
    factories.observation(indicator=poverty, period="2019", value=None, status="O")
    reading = _reading(poverty)
    assert reading is not None
    assert (reading.words, reading.when) == ("20\u202f%", "2018")


def test_country_of_gaps_alone_says_so(poverty: Indicator) -> None:
    factories.observation(indicator=poverty, period="2018", value=None, status="O", source_name="Old")
    factories.observation(indicator=poverty, period="2019", value=None, status="O", source_name="New")
    reading = _reading(poverty)
    assert reading is not None
    assert (reading.value, reading.words, str(reading.source_name)) == (None, "No value recorded", "New")


def test_value_without_a_period_stands_last_and_on_every_day(poverty: Indicator) -> None:
    factories.observation(indicator=poverty, value=19)
    assert _reading(poverty, datetime.date(1900, 1, 1)) == _reading(poverty)
    factories.observation(indicator=poverty, period="/2015", value=18)
    factories.observation(indicator=poverty, period="1990", value=17)
    found = [_reading(poverty, datetime.date(year, 7, 1)) for year in (1980, 1990)]
    assert [reading and reading.value for reading in found] == [18, 17]


def test_values_by_counterpart_are_never_added_up() -> None:
    claims = factories.indicator(key="asylum_claims")
    for iso3 in ("VEN", "ECU"):
        factories.observation(indicator=claims, counterpart=factories.country(iso3=iso3), value=100)
    assert readings_of(claims, Country.objects.all(), TODAY) == {}
    assert list(with_values()) == []


def test_only_indicators_with_a_whole_value_are_offered(poverty: Indicator) -> None:
    factories.observation(indicator=poverty, value=None, status="O")
    assert list(with_values()) == []
    other = factories.indicator(key="immigrant_stock")
    factories.observation(indicator=other)
    assert list(with_values()) == [other]


def test_last_day_of_the_calendar_is_a_day(poverty: Indicator) -> None:
    factories.observation(indicator=poverty, value=20)
    assert _reading(poverty, datetime.date(2199, 12, 31)) is not None


@pytest.mark.owner
def test_newest_values_come_from_the_index(poverty: Indicator) -> None:
    """However many days there are: one index lookup per country, without reading earlier days."""
    for iso3 in factories.COUNTRIES:
        factories.country(iso3=iso3)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            insert into countries_observation (indicator_id, country_id, period, value, qualifier, status, note,
                note_es, note_pt, source_name, source_name_es, source_name_pt, source_url)
            select %s, c.iso3, to_char(day, 'YYYY-MM-DD'), 20, 'eq', 'A', '', '', '', 'Feed', '', '', ''
            from countries_country c, generate_series(date '2018-01-01', date '2020-12-31', '1 day') day
            """,
            [poverty.pk],
        )
        cursor.execute("analyze countries_observation")
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert len(readings_of(poverty, Country.objects.all(), datetime.date(2019, 2, 1))) == len(factories.COUNTRIES)
    assert len(queries) == 2
    with connection.cursor() as cursor:
        cursor.execute(f"explain (analyze, costs off, timing off, summary off) {queries[0]['sql']}")
        plan = "\n".join(line for (line,) in cursor.fetchall())
    newest = plan.split("using countries_observation_newest")
    assert len(newest) == 2
    loops = len(factories.COUNTRIES)
    assert re.search(rf"actual rows=1(\.00)? loops={loops}\)\n\s+Index Cond: .*COALESCE\(period_range", newest[1])
    assert "Rows Removed by Filter" not in newest[1].split("SubPlan")[0]


# Steps


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ((), ()),
        ((7,), ()),
        ((7, 7, 7), ()),
        ((1, 2), (2,)),
        ((1, 2, 3, 4), (2, 3, 4)),
        ((1, 2, 3, 4, 5), (2, 3, 4, 5)),
        (tuple(range(1, 36)), (8, 15, 22, 29)),
        ((0, 0, 0, 0, 0, 0, 0, 0, 3, 9), (3,)),
    ],
)
def test_quantiles_part_the_values(values: tuple[int, ...], expected: tuple[int, ...]) -> None:
    assert quantiles(_numbers(*values)) == _numbers(*expected)


@pytest.mark.parametrize(
    ("value", "qualifier", "expected"),
    [
        ("14.9", "eq", "1"),
        ("15", "eq", "2"),
        ("44.9", "eq", "4"),
        ("45", "eq", "5"),
        ("15", "lt", "1"),
        ("15", "le", "2"),
    ],
)
def test_value_on_a_break_begins_a_step(value: str, qualifier: str, expected: str) -> None:
    scale = Scale((), _numbers(15, 25, 35, 45))
    assert scale.shade_of(Reading(Decimal(value), "", qualifier)) == expected


def test_what_has_no_number_has_no_step() -> None:
    """What nobody has looked for is flat, a gap in the source is hatched, and zero is a number."""
    scale = Scale((), _numbers(15, 25, 35, 45))
    assert scale.shade_of(None) == FLAT
    assert scale.shade_of(Reading(None, "the majority")) == HATCHED
    assert scale.shade_of(Reading(Decimal(0), "0")) == "1"


def _counts(**given: Any) -> Subject:
    return Subject("count", "Count", "", "", lambda value: f"{value:f}", is_whole=True, **given)


@pytest.mark.parametrize(
    ("values", "labels"),
    [
        ((1, 12, 12, 13, 22), ["1–6", "7–12", "13–18", "19–22"]),
        ((1, 2, 3), ["1", "2", "3"]),
        ((0, 1), ["0", "1"]),
        ((1, 1, 1, 2, 3, 900), ["1", "2", "3–900"]),
        ((4, 4), ["4"]),
        ((), []),
    ],
)
def test_limits_of_counts_do_not_touch(values: tuple[int, ...], labels: list[str]) -> None:
    scale = scale_of(_counts(), _numbers(*values))
    assert [step.label for step in scale.steps] == labels
    shades = [step.shade for step in scale.steps]
    assert len(set(shades)) == len(shades)
    assert {scale.shade_of_value(value) for value in _numbers(*values)} <= set(shades)


@pytest.mark.parametrize(
    ("most", "labels"), [(0, []), (1, ["1"]), (3, ["1", "2", "3"]), (4, ["1–2", "3–4"]), (11, ["1–4", "5–8", "9–11"])]
)
def test_scale_of_opposites_is_the_same_on_both_sides(most: int, labels: list[str]) -> None:
    scale = scale_of(_counts(sides=("more", "less")), _numbers(-most, 0, 1 if most else 0))
    count = len(labels)
    assert [step.label for step in scale.steps] == [*reversed(labels), "balanced", *labels]
    assert [step.sign for step in scale.steps] == [*["less"] * count, "", *["more"] * count]
    for value in range(1, most + 1):
        (place,) = [n for n, label in enumerate(labels, 1) if value <= int(label.split("–")[-1])][:1]
        assert scale.shade_of_value(Decimal(value)) == f"more-{place}"
        assert scale.shade_of_value(Decimal(-value)) == f"less-{place}"
    assert scale.shade_of_value(Decimal(0)) == "even"


def test_course_of_an_indicator_agrees_with_the_reading_of_each_day(poverty: Indicator) -> None:
    for period, value in (("/2015", 17), ("2018", 20), ("2019", 21), ("2018/2020", 19), ("2020-06-01", 22)):
        factories.observation(indicator=poverty, period=period, value=value)
    factories.observation(indicator=poverty, period="2020", value=None, status="O")
    factories.observation(indicator=poverty, country=factories.country(iso3="ECU"), value=30)
    countries = Country.objects.all()
    stages = stages_of(poverty, countries, Scale((), _numbers(15, 25, 35, 45)))
    assert stages is not None
    for year in range(2014, 2022):
        day = datetime.date(year, 7, 1)
        number = (day - datetime.date(1970, 1, 1)).days
        shown = {iso3: [s for s in found if s[0] <= number][-1] for iso3, found in stages.items()}
        read = readings_of(poverty, countries, day)
        assert {iso3: words for iso3, (_day, _shade, words) in shown.items()} == {
            iso3: f"{reading.words}, {reading.when}" for iso3, reading in read.items()
        }
    assert {shade for _day, shade, _words in stages["ECU"]} == {"3"}


def test_values_that_are_too_many_are_not_played(poverty: Indicator, monkeypatch: pytest.MonkeyPatch) -> None:
    for year in (2018, 2019):
        factories.observation(indicator=poverty, period=str(year), value=20)
    scale = Scale((), ())
    monkeypatch.setattr(world_map_module, "MOST_STAGES", 1)
    assert stages_of(poverty, Country.objects.all(), scale) is None
    monkeypatch.setattr(world_map_module, "MOST_STAGES", 2)
    assert stages_of(poverty, Country.objects.all(), scale) is not None


def test_legend_names_the_declared_steps(poverty: Indicator) -> None:
    with translation.override("es"):
        steps = _map(poverty).steps
    percent = "\u202f%"
    assert [(step.shade, step.label) for step in steps] == [
        ("1", f"menos de 15{percent}"),
        ("2", f"15{percent} a menos de 25{percent}"),
        ("3", f"25{percent} a menos de 35{percent}"),
        ("4", f"35{percent} a menos de 45{percent}"),
        ("5", f"45{percent} o más"),
    ]


def test_steps_of_few_values_are_spread_over_the_shades() -> None:
    stock = factories.indicator()
    for iso3, value in (("PER", 10), ("ECU", 20), ("VEN", 30)):
        factories.observation(indicator=stock, country=factories.country(iso3=iso3), value=value)
    shown = _map(stock)
    assert {place.country.pk: place.shade for place in shown.places} == {"ECU": "3", "PER": "2", "VEN": "5"}
    assert [(step.shade, step.label) for step in shown.steps] == [
        ("2", "under 20"),
        ("3", "20 to under 30"),
        ("5", "30 and over"),
    ]


def test_legend_of_one_value_is_that_value() -> None:
    factories.observation(value=1_700_000)
    assert [(step.shade, step.label) for step in _map(factories.indicator()).steps] == [("3", "1.7 million")]


@pytest.mark.parametrize("breaks", ["15|25|35", "a|b|c|d", "1.2.3|4|5|6", ".|.|.|.", "1||2|3"])
def test_breaks_are_four_numbers(poverty: Indicator, breaks: str) -> None:
    poverty.map_breaks = breaks
    with pytest.raises(ValidationError, match="Write four numbers"):
        poverty.full_clean()


# Positions and shapes


def test_every_covered_country_and_what_is_drawn_is_a_place(poverty: Indicator) -> None:
    factories.country()
    factories.country(iso3="ECU", is_covered=False)
    factories.country(iso3="USA", is_covered=True, m49="999")
    factories.country(iso3="VEN", is_covered=False, m49="998")
    places = {place.country.pk: place for place in _map(poverty).places}
    assert set(places) == {"PER", "ECU", "USA"}
    assert {iso3: place.shape is not None for iso3, place in places.items()} == {"PER": True, "ECU": True, "USA": False}
    assert {place.reading for place in places.values()} == {None}


def test_area_holds_its_countries_by_name(poverty: Indicator) -> None:
    factories.country(iso3="VEN", region="Europe")
    for iso3 in ("USA", "PER"):
        factories.country(iso3=iso3)
    names = {area: [place.country.name for place in _map(poverty, area=area).places] for area in Area}
    assert names == {Area.AMERICAS: ["Peru", "United States"], Area.WORLD: ["Peru", "United States", "Venezuela"]}


def test_number_of_queries_does_not_grow(poverty: Indicator) -> None:
    counts = []
    for iso3 in ("PER", "ECU", "VEN", "USA"):
        factories.observation(indicator=poverty, country=factories.country(iso3=iso3), value=20, period="2019")
        with CaptureQueriesContext(connection) as queries:
            shown = _map(poverty)
        assert {place.reading.words for place in shown.places if place.reading} == {"20\u202f%"}
        counts.append(len(queries))
    assert counts == [4, 4, 4, 4]


def test_subject_names_unit_and_whole(poverty: Indicator) -> None:
    assert poverty.base is not None
    poverty.base.name_en = "Total population"
    subject = subject_of(poverty)
    assert (subject.key, subject.unit, subject.breaks) == (
        "poverty_rate",
        "percent, share of: Total population",
        _numbers(15, 25, 35, 45),
    )
    assert isinstance(subject, Subject)
    assert subject.checked_at is None


def test_every_country_of_the_americas_is_drawn() -> None:
    countries = [row for row in _fixture() if row["region"] == "Americas"]
    drawn, inset = drawing_of("americas").shapes, inset_of("americas")
    assert inset is not None
    covered = {row["iso3"] for row in countries if row["is_covered"] == "true"}
    assert {row["iso3"] for row in countries if row["m49"] in drawn} >= covered | {"GUF", "PRI", "FLK"}
    assert {row["iso3"] for row in countries if row["m49"] not in drawn} == {"BVT", "GRL"}
    dots = {row["iso3"] for row in countries if (shape := inset.drawing.shapes.get(row["m49"])) and shape.dot}
    assert dots == set(EASTERN_CARIBBEAN)


def test_dots_of_the_inset_are_targets_of_their_own() -> None:
    inset = inset_of("americas")
    assert inset is not None
    dots = [shape.dot for shape in inset.drawing.shapes.values() if shape.dot]
    apart = [
        ((a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2) ** 0.5 for place, a in enumerate(dots) for b in dots[place + 1 :]
    ]
    assert min(apart) > 260


def test_world_lacks_no_state() -> None:
    countries = {row["m49"]: row["iso3"] for row in _fixture()}
    drawn = drawing_of("world").shapes
    assert set(drawn) <= set(countries)
    assert {countries[m49] for m49 in set(countries) - set(drawn)} == {"ATA", "BVT", "CCK", "CXR", "GIB", "TUV", "UMI"}
    assert inset_of("world") is None


@pytest.mark.parametrize(("area", "most"), [("americas", 30_000), ("world", 60_000)])
def test_outlines_stay_light(area: str, most: int) -> None:
    assert len(gzip.compress((FOLDER / f"{area}.json").read_bytes())) < most


def test_paths_are_relative_and_in_whole_tenths() -> None:
    paths = [shape.path for area in Area for shape in drawing_of(area.value).shapes.values()]
    assert all(re.fullmatch(r"(M|m)[-\d ]+(l[-\d ]+)?z((m)[-\d ]+(l[-\d ]+)?z)*(M[-\d ]+.*)?", path) for path in paths)
    assert not any("." in path or "L" in path for path in paths)


def test_subject_tells_when_its_feed_was_last_read_well(poverty: Indicator) -> None:
    feed = factories.feed(indicator=poverty)
    moments = [datetime.datetime(2026, 3, day, 6, tzinfo=datetime.UTC) for day in (1, 2)]
    for state, at in zip(("unchanged", "failed"), moments, strict=True):
        FeedRun.objects.create(feed=feed, state=state, started_at=at, ended_at=at, mapping=feed.mapping)
    assert subject_of(poverty).checked_at == moments[0]
