"""The grid in which numbers are marked: who writes, who proposes, two who mark the same, and what is to be coded."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from measures.models import IssuingBody, SeenNumber
from tests import admin_forms, factories
from tests.clients import signed_in

pytestmark = pytest.mark.django_db

COUNTRY = "/admin/measures/seennumber/countries/peru/"
GRID = f"{COUNTRY}?series=2020:decree.supreme:PCM"
SAID = {"checked_on": "2022-01", "checked_by": "Andean team", "searched": "The gazette"}


@pytest.fixture(autouse=True)
def body() -> IssuingBody:
    """Decree 5 of 2020 is recorded."""
    made = factories.issuing_body(country=factories.country())
    factories.measure(reference="005-2020-PCM", issuing_body=made)
    return made


def _opened(client: Client) -> dict[str, Any]:
    held = admin_forms.shown(client, GRID, "numbers_form")
    return {name: held[name] for name in ("seen", "csrfmiddlewaretoken") if name in held}


def _sent(client: Client, form: dict[str, Any], act: str, *ticked: str, **changes: str) -> Any:
    return client.post(GRID, form | SAID | {"number": list(ticked), "act": act} | changes)


def _rows() -> dict[str, str]:
    rows = SeenNumber.objects.order_by("number", "is_proposed")
    return {f"{row.number}{' proposed' if row.is_proposed else ''}": row.state for row in rows}


def test_ticked_numbers_and_ranges_are_marked_and_what_lists_have_is_to_be_coded(body: IssuingBody) -> None:
    client = signed_in(factories.editor())
    factories.seen_number(number="003-2020-PCM", title="That declares", address="https://gazette.example/3")
    assert _sent(client, _opened(client), "irrelevant", "1", numbers="7-8, 4-a").status_code == 302
    assert _rows() == {"003-2020-PCM": "listed"} | dict.fromkeys(["1", "4-A", "7", "8"], "irrelevant")
    row = SeenNumber.objects.get(number="8")
    assert (row.issuing_body, row.year, row.kind, row.checked_by) == (body, 2020, "executive_decree", "Andean team")
    page = client.get(GRID)
    found = {str(cell.number): cell.state.value for cell in page.context["cells"]}
    assert found == {
        **dict.fromkeys(["1", "4-A", "7", "8"], "irrelevant"),
        "2": "never_seen",
        "3": "listed",
        "5": "coded",
        "6": "never_seen",
    }
    (work,) = page.context["work"]
    held = admin_forms.shown(client, work.code_url)
    known = ("country", "kind", "issuing_body", "reference", "official_title")
    assert [held[name] for name in known] == ["PER", "executive_decree", str(body.pk), "003-2020-PCM", "That declares"]
    assert "of 1 to 8" in client.get(COUNTRY).text
    _sent(client, _opened(client), "irrelevant", "3")
    _sent(client, _opened(client), "never_seen", "1", numbers="7-8")
    assert _rows() == {"003-2020-PCM": "irrelevant", "4-A": "irrelevant"}
    assert SeenNumber.objects.get(number="003-2020-PCM").title == "That declares"


@pytest.mark.parametrize(
    ("act", "changes", "words"),
    [
        ("irrelevant", {"number": []}, "Tick numbers, or write them."),
        ("coded", {}, "Choose what is known of the numbers."),
        ("irrelevant", {"searched": " "}, "Say where the numbers were seen."),
        ("irrelevant", {"checked_on": ""}, "Say who looked, and when."),
        ("irrelevant", {"number": ["5"]}, "The record has 5."),
        ("irrelevant", {"numbers": "soon"}, "“soon” is no number"),
        ("irrelevant", {"numbers": "1-2000"}, "At most 2000 numbers"),
        ("listed", {"checked_on": "soon"}, "“soon” is not a date."),
    ],
)
def test_what_cannot_be_said_is_refused_with_the_numbers_still_ticked(
    act: str, changes: dict[str, Any], words: str
) -> None:
    client = signed_in(factories.editor())
    page = client.post(GRID, _opened(client) | SAID | {"number": ["0", "2"], "act": act} | changes)
    assert page.status_code == 200
    assert words in page.text
    assert _rows() == {}
    if "number" not in changes:
        assert admin_forms.held(page, "numbers_form")["number"] == "2"


def test_analyst_proposes_and_an_editor_approves_or_it_is_taken_back() -> None:
    analyst, editor = signed_in(factories.analyst()), signed_in(factories.editor())
    factories.seen_number(number="2")
    _sent(analyst, _opened(analyst), "irrelevant", "2", "9")
    proposed = {"2 proposed": "irrelevant", "9 proposed": "irrelevant"}
    assert _rows() == {"2": "listed"} | proposed
    queues = {queue["url"]: queue["count"] for queue in editor.get("/admin/").context["queues"]}
    assert queues["/admin/measures/seennumber/?is_proposed__exact=1"] == 2
    assert _sent(analyst, _opened(analyst), "approve", "2").status_code == 403
    assert _sent(editor, _opened(editor), "approve", "2").status_code == 302
    assert _rows() == {"2": "irrelevant", "9 proposed": "irrelevant"}
    _sent(analyst, _opened(analyst), "take_back", "9")
    _sent(analyst, _opened(analyst), "never_seen", "2", "4")
    assert _rows() == {"2": "irrelevant", "2 proposed": "never_seen"}
    _sent(editor, _opened(editor), "approve", "2")
    assert _rows() == {}


def test_series_that_is_only_proposed_can_be_approved() -> None:
    editor = signed_in(factories.editor())
    factories.seen_number(number="017-2021-PCM", year=2021, is_proposed=True)
    assert "only proposed" in editor.get(COUNTRY).text
    path = GRID.replace("2020", "2021")
    form = admin_forms.shown(editor, path, "numbers_form")
    sent = {"seen": form["seen"], "act": "approve", "number": "17"} | SAID
    assert editor.post(path, sent).status_code == 302
    assert _rows() == {"017-2021-PCM": "listed"}


def test_two_who_mark_the_same_number_see_each_other() -> None:
    ana, eva = signed_in(factories.editor(username="ana")), signed_in(factories.editor(username="eva"))
    by_ana, by_eva = _opened(ana), _opened(eva)
    assert _sent(ana, by_ana, "irrelevant", "1").status_code == 302
    page = _sent(eva, by_eva, "listed", "1", "2")
    assert page.status_code == 200
    assert "somebody else changed 1 of these numbers" in page.text
    assert page.text.count("is-changed") == 1
    assert _rows() == {"1": "irrelevant"}
    held = admin_forms.held(page, "numbers_form")
    assert _sent(eva, {"seen": held["seen"]}, "listed", *held["number"]).status_code == 302
    assert _rows() == {"1": "listed", "2": "listed"}


def test_team_of_another_country_reads_what_is_public_and_does_not_write(body: IssuingBody) -> None:
    factories.draft(reference="007-2020-PCM", issuing_body=body)
    own = signed_in(factories.member(group="analyst"))
    client = signed_in(factories.member(group="editor", countries=("ECU",)))
    assert [cell.state.value for cell in own.get(GRID).context["cells"]][4:] == ["coded", "never_seen", "coded"]
    page = client.get(GRID)
    assert len(page.context["cells"]) == 5
    assert 'name="act"' not in page.text
    assert _sent(client, {"seen": "{}"}, "irrelevant", "1").status_code == 403
    assert _rows() == {}
    factories.country(is_covered=False)
    assert client.get(GRID).status_code == 403


def test_number_of_queries_does_not_grow_with_numbers(body: IssuingBody) -> None:
    client, numbers = signed_in(factories.editor()), []
    for few in (range(10, 11), range(11, 15)):
        for number in few:
            factories.measure(reference=f"{number}-2020-PCM", issuing_body=body)
            for is_proposed in (False, True):
                factories.seen_number(number=f"{number + 50}", is_proposed=is_proposed)
        for path in (COUNTRY, GRID):
            with CaptureQueriesContext(connection) as made:
                assert client.get(path).status_code == 200
            numbers.append(len(made))
    assert numbers[:2] == numbers[2:]
