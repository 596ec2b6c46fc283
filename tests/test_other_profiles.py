"""The profiles of Ecuador, Argentina and Chile against what their pages say: bases, exactness, editions, gaps."""

from collections import Counter
from decimal import Decimal

import pytest
from django.core.management import call_command

from countries.models import Country, Indicator, MobilityRole, Observation
from countries.profile import profile_of

pytestmark = pytest.mark.django_db

SHARES: dict[tuple[str, str], dict[str, str | None]] = {
    ("ECU", "immigrant_share"): {"VEN": "50", "COL": "25", "USA": None, "PER": None, "CUB": None, "HTI": None},
    ("ECU", "refugees_share"): {"COL": "97"},
    ("ECU", "deportees_share"): {"USA": None},
    ("ARG", "emigrant_share"): {"ESP": "25.6", "USA": "21.2", "CHL": "7.2"},
    ("ARG", "immigrant_share"): {"PRY": "31.2", "BOL": "19.3", "CHL": "9.8"},
    ("CHL", "emigrant_share"): {"ARG": "33.3", "USA": "17.2", "ESP": "8.7"},
}
NAMED_ONLY = ("SYR", "COL", "UKR", "GHA", "HTI", "CUB", "NGA")
FIGURES = {
    ("ECU", "poverty_rate", None, "eq", "34.2", "2019-12"),
    ("ECU", "emigrant_stock", None, "approx", "2000000", ""),
    ("ECU", "emigrants_to_population", None, "eq", "11", ""),
    ("ECU", "emigrant_stock", "USA", "eq", "790000", ""),
    ("ECU", "emigrants_undocumented", "USA", "eq", "150000", ""),
    ("ECU", "emigrant_stock", "ESP", "eq", "430000", ""),
    ("ECU", "emigrant_stock", "ITA", "eq", "77000", ""),
    ("ECU", "immigrant_stock", None, "approx", "510000", ""),
    ("ECU", "immigrants_to_population", None, "eq", "3", ""),
    ("ECU", "refugees_recognised", None, "eq", "68000", ""),
    ("ARG", "poverty_rate", None, "eq", "42", "2020-07/2020-12"),
    ("ARG", "poverty_rate_households", None, "eq", "31.6", "2020-07/2020-12"),
    ("ARG", "emigrant_stock", None, "approx", "1000000", ""),
    ("ARG", "emigrants_to_population", None, "eq", "2", ""),
    ("ARG", "immigrant_stock", None, "eq", "2212879", ""),
    ("ARG", "immigrants_to_population", None, "approx", "5", ""),
    ("ARG", "immigrant_stock", "VEN", "approx", "145000", ""),
    ("ARG", "refugees_and_applicants", None, "gt", "6000", ""),
    *(("ARG", "refugees_and_applicants", iso3, "eq", None, "") for iso3 in NAMED_ONLY),
    ("CHL", "poverty_rate", None, "eq", "30", ""),
    ("CHL", "emigrant_stock", None, "gt", "650000", ""),
    ("CHL", "emigrants_to_population", None, "eq", "3.5", ""),
    ("CHL", "immigrant_stock", None, "approx", "1500000", ""),
    ("CHL", "immigrants_to_population", None, "eq", "8", ""),
    ("CHL", "immigrant_stock", "VEN", "approx", "450000", ""),
    ("CHL", "immigrant_stock", "HTI", "eq", "200000", ""),
    ("CHL", "immigrant_stock", "PER", "eq", "190000", ""),
    ("CHL", "refugees_and_applicants", None, "eq", "15000", ""),
}


@pytest.fixture(autouse=True, scope="module")
def record(module_db: None) -> None:
    call_command("load_fixtures", verbosity=0)


def _others() -> list[Observation]:
    found = Observation.objects.filter(country__in=["ECU", "ARG", "CHL"])
    return list(found.select_related("indicator").order_by("pk"))


def _decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def test_figures_are_those_of_the_pages_and_no_others() -> None:
    shares = {key for _country, key in SHARES}
    found = [o for o in _others() if o.indicator.key not in shares]
    assert {
        (o.country_id, o.indicator.key, o.counterpart_id, o.qualifier, o.value, str(o.period or "")) for o in found
    } == {(*figure[:4], _decimal(figure[4]), figure[5]) for figure in FIGURES}
    assert len(found) == len(FIGURES)


def test_shares_are_those_of_the_pages() -> None:
    found: dict[tuple[str, str], dict[str | None, Decimal | None]] = {}
    for o in _others():
        if o.is_share and o.counterpart_id:
            found.setdefault((o.country_id, o.indicator.key), {})[o.counterpart_id] = o.value
    assert found == {key: {iso3: _decimal(value) for iso3, value in parts.items()} for key, parts in SHARES.items()}


def test_every_figure_names_the_page_of_its_country() -> None:
    names = {"ECU": "Ecuador", "ARG": "Argentina", "CHL": "Chile"}
    assert {(o.country_id, o.source_name) for o in _others()} == {
        (iso3, f"(In)Movilidad en las Américas, country page: {name}") for iso3, name in names.items()
    }


def test_households_are_another_base_than_persons() -> None:
    bases = dict(Indicator.objects.filter(key__startswith="poverty_rate").values_list("key", "base__key"))
    assert bases == {"poverty_rate": "population", "poverty_rate_households": "households"}
    headlines = profile_of(Country.objects.get(pk="ARG")).headlines
    assert [(figure.value, figure.of, figure.period) for figure in headlines] == [
        ("42\u202f%", "Share of: Total population", "July 2020 to December 2020"),
        ("31.6\u202f%", "Share of: Households", "July 2020 to December 2020"),
    ]


def test_part_of_a_part_names_what_it_is_a_part_of() -> None:
    sending = profile_of(Country.objects.get(pk="ECU")).cards[0]
    assert [(figure.about, figure.value, figure.of) for figure in sending.figures][-1] == (
        "United States",
        "150,000",
        "Part of: Nationals living abroad, 790,000",
    )


def test_counts_and_shares_by_origin_are_told_apart() -> None:
    chile, argentina = (profile_of(Country.objects.get(pk=iso3)).cards[1] for iso3 in ("CHL", "ARG"))
    assert [(row.value, row.is_rest) for row in chile.tables[0].rows] == [
        ("about 450,000", False),
        ("200,000", False),
        ("190,000", False),
    ]
    assert [(row.value, row.is_rest) for row in argentina.tables[0].rows] == [
        ("31.2\u202f%", False),
        ("19.3\u202f%", False),
        ("9.8\u202f%", False),
        ("39.7\u202f%", True),
    ]
    assert [figure.value for figure in argentina.figures if figure.about] == ["about 145,000"]


def test_countries_named_without_a_figure_are_named_and_not_zero() -> None:
    (table,) = profile_of(Country.objects.get(pk="ECU")).cards[1].tables
    assert [row.value for row in table.rows] == ["50\u202f%", "25\u202f%", "25\u202f%"]
    assert len(table.unstated) == 4


def test_ecuador_has_two_editions_and_the_others_one() -> None:
    editions = Counter((role.country_id, str(role.as_of)) for role in MobilityRole.objects.exclude(country="PER"))
    assert editions == {("ECU", "2020-08"): 5, ("ECU", "2021-01"): 5, ("ARG", "2020"): 3, ("CHL", "2020"): 3}
    assert {str(card.newest.as_of) for card in profile_of(Country.objects.get(pk="ECU")).cards} == {"2021-01"}


def test_every_narrative_is_in_three_languages() -> None:
    for role in MobilityRole.objects.all():
        assert all((role.narrative_en, role.narrative_es, role.narrative_pt)), role


def test_only_dated_figures_have_a_year() -> None:
    dated = {(o.country_id, o.indicator.key) for o in _others() if o.period}
    assert dated == {("ECU", "poverty_rate"), ("ARG", "poverty_rate"), ("ARG", "poverty_rate_households")}
