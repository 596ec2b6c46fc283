"""Who is affected: which acts may concern somebody on a day, in which part, and what the page says of it."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests import factories as make

pytestmark = pytest.mark.django_db

ASKED = "/who/?country=PER&group=asylum_seekers&nationality=VEN&on=2020-06-15"
MORE: dict[str, Any] = {"direction": "more_restrictive"}
LESS: dict[str, Any] = {"direction": "less_restrictive"}


@pytest.fixture(autouse=True)
def record() -> None:
    """Acts of Peru, for whom and since when as their titles say."""
    for key in ("all_persons", "foreign_nationals", "nationals", "asylum_seekers", "refugees"):
        make.target_group(key=key)
    venezuela, ecuador = make.country(iso3="VEN"), make.country(iso3="ECU")
    since: dict[str, Any] = {"events": (("in_force", "2020-03-16"),), "end_kind": "further_notice"}
    source = make.source(title="Gazette of the day")
    quoted = make.measure(title_en="Cards stay valid", groups=("asylum_seekers",), sources=(source,), **since, **LESS)
    quoted.citations.update(quote="cards remain valid", locator="art. 2")
    make.measure(title_en="Foreigners barred", groups=("foreign_nationals",), **since, **MORE)
    make.measure(title_en="Masks for all", groups=("all_persons",), **since)
    make.measure(title_en="Nobody named", **since, **LESS)
    make.measure(title_en="Flights home", groups=("nationals",), **since, **LESS)
    make.measure(title_en="Refugees housed", groups=("refugees",), **since, **LESS)
    make.measure(
        title_en="Permit for Venezuelans", origins=(venezuela,), groups=("foreign_nationals",), **since, **LESS
    )
    make.measure(title_en="Permit for Ecuadorians", origins=(ecuador,), groups=("foreign_nationals",), **since, **LESS)
    make.measure(title_en="End not recorded", groups=("asylum_seekers",), events=(("in_force", "2020-02-01"),), **MORE)
    ended: dict[str, Any] = {"events": (("in_force", "2020-03-16"), ("repealed", "2020-06-10"))}
    make.measure(title_en="Repealed in June", groups=("asylum_seekers",), **ended, **MORE)
    over: dict[str, Any] = {"events": (("in_force", "2020-03-16"), ("repealed", "2020-05-31"))}
    make.measure(title_en="Repealed in May", groups=("asylum_seekers",), **over, **MORE)
    make.measure(title_en="A bill", kind="bill", groups=("asylum_seekers",), events=(("introduced", "2020-05-25"),))
    make.measure(
        title_en="Announced", kind="programme", groups=("asylum_seekers",), events=(("announced", "2020-05-29"),)
    )
    make.measure(title_en="Later", groups=("asylum_seekers",), events=(("in_force", "2020-07-01"),), **LESS)
    make.measure(title_en="Of another state", country=ecuador, groups=("asylum_seekers",), **since, **LESS)


def _parts(client: Client, address: str = ASKED) -> dict[str, list[str]]:
    answers = client.get(address).context["answers"]
    return {name: [answer.entry.title.text for answer in found] for name, found in answers.parts.items()}


def test_each_act_that_may_concern_the_person_stands_in_its_part(client: Client) -> None:
    assert {name: set(found) for name, found in _parts(client).items()} == {
        "protects": {"Cards stay valid", "Permit for Venezuelans", "Nobody named"},
        "restricts": {"End not recorded", "Foreigners barred"},
        "rules": {"Masks for all"},
        "ended": {"Repealed in June"},
        "proposed": {"A bill", "Announced"},
    }


def test_what_names_the_person_comes_first_and_certain_is_told_from_possible(client: Client) -> None:
    """And acts for other groups stand apart, but not those for nationals."""
    answers = client.get(ASKED).context["answers"]
    found = {a.entry.title.text: (a.is_near, a.is_certain) for part in answers.parts.values() for a in part}
    assert found["Cards stay valid"] == (True, True)
    assert found["End not recorded"] == (True, False)
    assert found["Foreigners barred"] == (False, True)
    assert found["Permit for Venezuelans"] == (True, True)
    assert [a.is_near for a in answers.parts["protects"]] == [True, True, False]
    assert (answers.holding, answers.certain, answers.quoted) == (6, 5, 1)
    assert [(other.name, [e.title.text for e in other.entries]) for other in answers.others] == [
        ("Refugees", ["Refugees housed"])
    ]


def test_rules_for_foreigners_do_not_concern_nationals_and_nationality_alone_is_enough(client: Client) -> None:
    found = _parts(client, "/who/?country=PER&group=nationals&on=2020-06-15")
    assert set(found["protects"]) == {"Flights home", "Nobody named"}
    assert found["restricts"] == []

    found = _parts(client, "/who/?country=PER&nationality=ECU&on=2020-06-15")
    assert set(found["protects"]) == {"Permit for Ecuadorians", "Nobody named"}


def test_any_nationality_leaves_out_no_act_that_names_one(client: Client) -> None:
    found = _parts(client, "/who/?country=PER&group=asylum_seekers&on=2020-06-15")
    assert set(found["protects"]) == {
        "Cards stay valid",
        "Nobody named",
        "Permit for Venezuelans",
        "Permit for Ecuadorians",
    }
    assert set(found["ended"]) == {"Repealed in June"}


SAID = (
    ("/who/", 200, "Choose a country, a group or a nationality, and a day."),
    ("/who/?country=PER", 200, "Choose a country, a group or a nationality, and a day."),
    (ASKED, 200, "Asylum seekers from Venezuela in Peru on 15 June 2020"),
    (ASKED, 200, "The record is sure of 5."),
    (ASKED, 200, "cards remain valid</blockquote>"),
    (ASKED, 200, "No copy is kept."),
    ("/who/?country=PER&nationality=VEN&on=2026-01-01", 200, "What came after it is not in this record."),
    ("/who/?country=PER&group=asylum_seeker", 400, "Did you mean “asylum_seekers”?"),
    ("/who/?country=USA&group=refugees", 400, "“USA” is not the code of a country that the observatory follows."),
    ("/who/?country=PER&country=ECU&group=refugees", 400, "This filter may be given only once."),
    ("/who/?country=PER&group=refugees&on=2020-06", 400, "is not a date. Write it as 2020-05-29."),
)


def test_page_says_what_it_knows_or_what_is_missing(client: Client) -> None:
    make.country(iso3="USA", is_covered=False)
    for address, status, words in SAID:
        response = client.get(address)
        text = " ".join(response.content.decode().split())
        assert (address, response.status_code, words in text) == (address, status, True)


def test_page_without_a_whole_question_offers_some_that_the_record_answers(client: Client) -> None:
    """On the groups that most entries name and the last day that is known, or on the country that was chosen."""
    on_peru = [
        ("Asylum seekers in Peru on 1 July 2020", "?country=PER&group=asylum_seekers&on=2020-07-01"),
        ("Nationals in Peru on 1 July 2020", "?country=PER&group=nationals&on=2020-07-01"),
        ("Refugees in Peru on 1 July 2020", "?country=PER&group=refugees&on=2020-07-01"),
    ]
    on_ecuador = [("Asylum seekers in Ecuador on 16 March 2020", "?country=ECU&group=asylum_seekers&on=2020-03-16")]
    assert client.get("/who/").context["examples"] == [*on_peru[:2], *on_ecuador]
    response = client.get("/who/?country=PER")
    assert response.context["examples"] == on_peru
    assert "Now say for whom" in response.content.decode()
    assert client.get("/who/?country=ECU").context["examples"] == on_ecuador
    assert client.get(ASKED).context["examples"] == []


def test_queries_do_not_grow_with_rows(client: Client) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as made:
            assert client.get(ASKED).status_code == 200
        return len(made)

    queries()
    before = queries()
    for number in range(12):
        make.measure(title_en=f"Another {number}", groups=("asylum_seekers",), direction="less_restrictive")
    assert queries() == before
