"""The roles and figures in the profile of a country."""

import pytest
from django.utils import translation
from pytest_django import DjangoAssertNumQueries

from countries.models import Indicator
from countries.profile import Origin, Profile, RoleCard, ShareRow, profile_of
from foundation.texts import Text
from tests import factories

pytestmark = pytest.mark.django_db

PERCENT = "\u202f%"
A_YEARBOOK = Text("A yearbook", "en", is_fallback=False)


def _shares(key: str = "immigrant_share", **parts: object) -> Indicator:
    """Shares of an indicator by counterpart code."""
    indicator = factories.indicator(key=key, unit="percent", decimals=1)
    for iso3, value in parts.items():
        factories.observation(indicator=indicator, counterpart=factories.country(iso3=iso3), value=value)
    return indicator


def _peru() -> Profile:
    return profile_of(factories.country())


def _card(role: str) -> RoleCard:
    return next(card for card in _peru().cards if card.role.key == role)


def test_poverty_rate_without_any_value_is_shown_as_missing() -> None:
    factories.indicator(key="poverty_rate", unit="percent")
    (figure,) = _peru().headlines
    assert (figure.name, figure.value, figure.is_missing) == ("Poverty rate", "No value recorded", True)
    assert figure.source is None


def test_poverty_rate_marked_missing_keeps_source_and_note() -> None:
    indicator = factories.indicator(key="poverty_rate", unit="percent")
    factories.observation(indicator=indicator, value=None, status="O", note="A label without a value.")
    (figure,) = _peru().headlines
    assert (figure.value, figure.is_missing, str(figure.note)) == (
        "No value recorded",
        True,
        "A label without a value.",
    )
    assert figure.source == Origin(A_YEARBOOK, "")


def test_poverty_rate_stays_when_a_later_year_is_missing() -> None:
    indicator = factories.indicator(key="poverty_rate", unit="percent", decimals=1)
    factories.observation(indicator=indicator, value="20.2", period="2019")
    factories.observation(indicator=indicator, value=None, status="O", period="2021")
    (figure,) = _peru().headlines
    assert (figure.value, figure.period) == (f"20.2{PERCENT}", "2019")


def test_figure_of_zero_is_not_missing() -> None:
    factories.observation(indicator=factories.indicator(key="population"), value=0)
    (figure,) = _peru().other_figures
    assert (figure.value, figure.is_missing) == ("0", False)


def test_figure_says_period_remark_and_about_whom() -> None:
    factories.mobility_role(role="refugee_host")
    factories.observation(
        indicator=factories.indicator(key="refugees_recognised"),
        counterpart=factories.country(iso3="VEN"),
        period="2016/2019?",
        value=1200,
        qualifier="approx",
        status="E",
    )
    (figure,) = _card("refugee_host").figures
    assert (figure.about, figure.value, figure.period, figure.remark) == (
        "Venezuela",
        "about 1,200",
        "2016 to 2019 (date inferred)",
        "estimate",
    )


def test_figure_without_period_says_so() -> None:
    factories.observation()
    assert [figure.period for figure in _peru().other_figures] == ["period not stated"]


def test_newest_value_of_each_counterpart_is_shown() -> None:
    claims = factories.indicator(key="asylum_claims")
    venezuela, ecuador = factories.country(iso3="VEN"), factories.country(iso3="ECU")
    for counterpart, period, value in ((venezuela, "2018", 1), (venezuela, "2019", 2), (ecuador, "2017", 3)):
        factories.observation(indicator=claims, counterpart=counterpart, period=period, value=value)
    factories.observation(indicator=claims, counterpart=venezuela, value=4)
    assert {(figure.about, figure.value) for figure in _peru().other_figures} == {("Venezuela", "2"), ("Ecuador", "3")}


def test_shares_leave_their_rest_as_a_row() -> None:
    factories.mobility_role(role="destination")
    _shares(VEN="50", ECU="25.5", USA="4.1")
    (table,) = _card("destination").tables
    assert table.rows == (
        ShareRow("Venezuela", f"50{PERCENT}", "50.0%"),
        ShareRow("Ecuador", f"25.5{PERCENT}", "25.5%"),
        ShareRow("United States", f"4.1{PERCENT}", "4.1%"),
        ShareRow("Other or not stated", f"20.4{PERCENT}", "20.4%", is_rest=True),
    )


def test_shares_of_the_whole_leave_no_rest() -> None:
    _shares(VEN="60", ECU="40")
    (table,) = _peru().other_tables
    assert [row.name for row in table.rows] == ["Venezuela", "Ecuador"]


def test_shares_of_the_newest_period_only_make_the_table() -> None:
    indicator = factories.indicator(key="immigrant_share", unit="percent")
    venezuela, ecuador = factories.country(iso3="VEN"), factories.country(iso3="ECU")
    factories.observation(indicator=indicator, counterpart=venezuela, period="2019", value=30)
    factories.observation(indicator=indicator, counterpart=ecuador, period="2018", value=20)
    (table,) = _peru().other_tables
    assert [(row.name, row.value) for row in table.rows] == [
        ("Venezuela", f"30{PERCENT}"),
        ("Other or not stated", f"70{PERCENT}"),
    ]


def test_bars_are_written_with_a_point_in_every_language() -> None:
    _shares(VEN="24.6", ECU="15.3")
    with translation.override("es"):
        (table,) = _peru().other_tables
    assert [(row.value, row.bar) for row in table.rows[:2]] == [
        (f"24,6{PERCENT}", "24.6%"),
        (f"15,3{PERCENT}", "15.3%"),
    ]


def test_value_below_zero_has_no_bar() -> None:
    balance = factories.indicator(key="balance", unit="usd")
    for iso3, value in (("VEN", "-5"), ("USA", "10")):
        factories.observation(indicator=balance, counterpart=factories.country(iso3=iso3), value=value)
    (table,) = profile_of(factories.country()).other_tables
    assert [(row.value, row.bar) for row in table.rows] == [("US$\xa010", "100.0%"), ("-US$\xa05", "")]


def test_share_known_in_words_has_no_bar_and_leaves_no_rest() -> None:
    indicator = factories.indicator(key="deportees_share", unit="percent")
    factories.mobility_role(role="deportee_receiving")
    usa = factories.country(iso3="USA")
    factories.observation(indicator=indicator, counterpart=usa, value=None, qualifier="majority")
    (table,) = _card("deportee_receiving").tables
    assert table.rows == (ShareRow("United States", "the majority; number not stated", ""),)


def test_figures_of_a_role_that_the_country_has_not_are_kept() -> None:
    factories.observation(indicator=factories.indicator(key="emigrant_stock"), value=1700000)
    profile = _peru()
    assert profile.cards == ()
    assert [figure.value for figure in profile.other_figures] == ["1.7 million"]


def test_card_shows_the_newest_edition_and_keeps_the_earlier() -> None:
    for as_of, text in (("2018", "Old."), ("2020", "New."), ("", "Undated.")):
        factories.mobility_role(as_of=as_of, narrative_en=text)
    card = _card("sending")
    assert card.newest.narrative.text == "New."
    assert [edition.narrative.text for edition in card.earlier] == ["Old.", "Undated."]


def test_edition_dates_only_the_languages_that_it_changes() -> None:
    for as_of, english, spanish in (("2018", "Old.", "Viejo."), ("2020", "New.", "Viejo."), ("2021", "New.", "")):
        factories.mobility_role(as_of=as_of, narrative_en=english, narrative_es=spanish, source_name=f"Of {as_of}")
    told = {}
    for language in ("en", "es"):
        with translation.override(language):
            card = _card("sending")
            told[language] = [
                (str(edition.as_of), edition.narrative.text, str(edition.source.name))
                for edition in (card.newest, *card.earlier)
            ]
    assert told == {
        "en": [("2020", "New.", "Of 2020"), ("2018", "Old.", "Of 2018")],
        "es": [("2021", "New.", "Of 2021"), ("2018", "Viejo.", "Of 2018")],
    }


def test_edition_that_changes_no_text_confirms_all() -> None:
    for as_of in ("2018", "2020"):
        factories.mobility_role(as_of=as_of, narrative_en="The same.")
    card = _card("sending")
    assert [str(edition.as_of) for edition in (card.newest, *card.earlier)] == ["2020", "2018"]


def test_narrative_without_translation_is_marked() -> None:
    factories.mobility_role(narrative_en="", narrative_es="La gente sale.")
    narrative = _card("sending").newest.narrative
    assert (narrative.text, narrative.language, narrative.is_fallback) == ("La gente sale.", "es", True)


def test_card_names_its_source_once_only_where_it_has_one() -> None:
    factories.mobility_role(role="destination", source_name="A yearbook")
    factories.observation(indicator=factories.indicator(key="immigrant_stock"))
    assert _card("destination").source == Origin(A_YEARBOOK, "")
    _shares(VEN="10")
    factories.observation(
        indicator=factories.indicator(key="immigrant_stock"), period="2020", source_name="Another yearbook"
    )
    assert _card("destination").source is None


def test_cards_stand_in_the_order_of_the_profile() -> None:
    roles = ["returnee_receiving", "transit", "refugee_host", "sending", "deportee_receiving", "destination"]
    for role in roles:
        factories.mobility_role(role=role)
    assert [card.role.key for card in _peru().cards] == [
        "sending",
        "destination",
        "refugee_host",
        "transit",
        "deportee_receiving",
        "returnee_receiving",
    ]


@pytest.mark.parametrize("rows", [1, 30])
def test_profile_takes_three_queries(rows: int, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    country = factories.country()
    indicator = factories.indicator(key="poverty_rate", unit="percent")
    factories.observation(indicator=indicator, value=20)
    for number in range(rows):
        factories.mobility_role(as_of=str(1990 + number))
        factories.observation(
            indicator=factories.indicator(key=f"figure_{number}"), counterpart=factories.country(iso3="VEN")
        )
        _shares(f"share_{number}", ECU="10", USA="20")
    with django_assert_num_queries(3):
        profile = profile_of(country)
    assert len(profile.other_figures) == len(profile.other_tables) == rows
