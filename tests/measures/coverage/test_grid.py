"""The grid in which the ledger is marked: who writes, who proposes, and two who mark the same cells."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from measures.models import Coverage
from tests import admin_forms, factories
from tests.clients import signed_in

pytestmark = pytest.mark.django_db

GRID = "/admin/measures/coverage/countries/peru/?from=2020&to=2021"
SAID = {"checked_on": "2022-01", "checked_by": "Andean team", "searched": "The gazette"}


@pytest.fixture(autouse=True)
def record() -> None:
    factories.topic(key="health.access")
    factories.topic(key="work")
    factories.measure(events=(("in_force", "2020-05-03"),))


def _opened(client: Client) -> dict[str, Any]:
    held = admin_forms.shown(client, GRID, "coverage_form")
    return {name: held[name] for name in ("seen", "csrfmiddlewaretoken") if name in held}


def _sent(client: Client, form: dict[str, Any], act: str, **ticked: list[str]) -> Any:
    return client.post(GRID, form | SAID | ticked | {"act": act})


def _rows(**fields: Any) -> dict[str, str]:
    rows = Coverage.objects.filter(**fields).select_related("topic").order_by("topic__key", "period", "is_proposed")
    return {f"{r.topic.key} {r.period}{' proposed' if r.is_proposed else ''}": r.state for r in rows}


def test_ticked_cells_are_marked() -> None:
    client = signed_in(factories.editor())
    page = _sent(client, _opened(client), "complete", cell=["work:2020-Q1", "work:2020-Q2"])
    assert page.status_code == 302
    assert _rows() == {"work 2020-01/2020-03": "complete", "work 2020-04/2020-06": "complete"}
    row = Coverage.objects.earliest("pk")
    assert (str(row.checked_on), row.checked_by, row.searched) == ("2022-01", "Andean team", "The gazette")
    page = client.get(GRID)
    assert "Work, Q1 2020 to Q2 2020" in page.text


@pytest.mark.parametrize(
    ("ticked", "expected"),
    [
        ({"row": ["work"], "column": ["2020-Q1", "2020-Q3"]}, {"work": 2}),
        ({"row": ["work"]}, {"work": 8}),
        ({"column": ["2020-Q1"]}, {"health": 1, "work": 1}),
        ({"row": ["work"], "column": ["2020-Q1"], "cell": ["health:2021-Q4"]}, {"health": 1, "work": 1}),
    ],
)
def test_topics_and_quarters_are_marked_without_a_script(ticked: Any, expected: dict[str, int]) -> None:
    client = signed_in(factories.editor())
    assert _sent(client, _opened(client), "partial", **ticked).status_code == 302
    found: dict[str, int] = {}
    for row in Coverage.objects.select_related("topic"):
        found[row.topic.key] = found.get(row.topic.key, 0) + 1
    assert found == expected


def test_not_checked_empties_cells_and_history_keeps_them() -> None:
    row = factories.coverage(topic="work", period="2020-Q1")
    client = signed_in(factories.editor())
    assert _sent(client, _opened(client), "not_checked", cell=["work:2020-Q1", "work:2020-Q2"]).status_code == 302
    assert _rows() == {}
    events: Any = Coverage._meta.get_field("events").related_model
    assert list(events.objects.filter(id=row.pk).values_list("pgh_label", flat=True)) == ["insert", "delete"]


@pytest.mark.parametrize(
    ("act", "changes", "words"),
    [
        ("complete", {"cell": []}, "Tick cells first."),
        ("done", {}, "Choose how far they were searched."),
        ("complete", {"searched": " "}, "Say who looked, when and where."),
        ("complete", {"checked_on": "2020-02"}, "can only be partly checked: Q1 2020"),
        ("partial", {"checked_on": "2019"}, "before it began: Q1 2020"),
        ("complete", {"checked_on": "soon"}, "“soon” is not a date."),
        ("complete", {"cell": ["none:2020-Q1"]}, "There is no topic “none”."),
        ("complete", {"cell": ["work!:2020-Q1", "work:2020-Q9", "work"]}, "Tick cells first."),
        ("complete", {"seen": "[1"}, ""),
    ],
)
def test_what_cannot_be_said_is_refused_with_the_cells_still_ticked(
    act: str, changes: dict[str, Any], words: str
) -> None:
    client = signed_in(factories.editor())
    sent = _opened(client) | SAID | {"cell": ["work:2020-Q1"], "act": act} | changes
    page = client.post(GRID, sent)
    if not words:  # the versions are missing: none of these cells had one
        assert page.status_code == 302
        return
    assert page.status_code == 200
    assert words in page.text
    assert _rows() == {}
    if "cell" not in changes:
        assert admin_forms.held(page, "coverage_form")["cell"] == "work:2020-Q1"


def test_analyst_proposes_and_an_editor_approves() -> None:
    analyst, editor = signed_in(factories.analyst()), signed_in(factories.editor())
    factories.coverage(topic="work", period="2020-Q1", state="partial")
    cells = ["work:2020-Q1", "work:2020-Q2"]
    _sent(analyst, _opened(analyst), "complete", cell=cells)
    proposed = {"work 2020-01/2020-03 proposed": "complete", "work 2020-04/2020-06 proposed": "complete"}
    assert _rows() == {"work 2020-01/2020-03": "partial", **proposed}
    assert _sent(analyst, _opened(analyst), "approve", cell=cells).status_code == 403
    assert _rows(is_proposed=True) == proposed
    assert _sent(editor, _opened(editor), "approve", cell=cells).status_code == 302
    assert _rows() == {"work 2020-01/2020-03": "complete", "work 2020-04/2020-06": "complete"}


def test_proposal_is_taken_back_or_that_nobody_looked_is_proposed() -> None:
    analyst, editor = signed_in(factories.analyst()), signed_in(factories.editor())
    factories.coverage(topic="work", period="2020-Q1")
    _sent(analyst, _opened(analyst), "not_checked", cell=["work:2020-Q1", "work:2020-Q2"])
    assert _rows() == {"work 2020-01/2020-03": "complete", "work 2020-01/2020-03 proposed": "not_checked"}
    _sent(analyst, _opened(analyst), "take_back", cell=["work:2020-Q1"])
    assert _rows() == {"work 2020-01/2020-03": "complete"}
    _sent(analyst, _opened(analyst), "not_checked", cell=["work:2020-Q1"])
    _sent(editor, _opened(editor), "approve", cell=["work:2020-Q1"])
    assert _rows() == {}


def test_two_who_mark_the_same_cell_see_each_other() -> None:
    ana, eva = signed_in(factories.editor(username="ana")), signed_in(factories.editor(username="eva"))
    by_ana, by_eva = _opened(ana), _opened(eva)
    assert _sent(ana, by_ana, "complete", cell=["work:2020-Q1"]).status_code == 302
    page = _sent(eva, by_eva, "nothing_found", cell=["work:2020-Q1", "work:2020-Q2"])
    assert page.status_code == 200
    assert "somebody else changed 1 of these cells" in page.text
    assert _rows() == {"work 2020-01/2020-03": "complete"}
    held = admin_forms.held(page, "coverage_form")
    assert held["cell"] == ["work:2020-Q1", "work:2020-Q2"]
    assert page.text.count("is-changed") == 1
    assert _sent(eva, {"seen": held["seen"]}, "nothing_found", cell=held["cell"]).status_code == 302
    assert _rows() == {"work 2020-01/2020-03": "nothing_found", "work 2020-04/2020-06": "nothing_found"}


def test_cells_of_others_do_not_stand_in_the_way() -> None:
    ana, eva = signed_in(factories.editor()), signed_in(factories.editor())
    by_ana, by_eva = _opened(ana), _opened(eva)
    _sent(ana, by_ana, "complete", cell=["work:2020-Q1"])
    assert _sent(eva, by_eva, "partial", cell=["work:2020-Q2"]).status_code == 302
    assert _rows() == {"work 2020-01/2020-03": "complete", "work 2020-04/2020-06": "partial"}


def test_team_of_another_country_reads_and_does_not_write() -> None:
    client = signed_in(factories.member(group="editor", countries=("ECU",)))
    page = client.get(GRID)
    assert page.status_code == 200
    assert 'name="act"' not in page.text
    assert _sent(client, {"seen": "{}"}, "complete", cell=["work:2020-Q1"]).status_code == 403
    assert _rows() == {}
    factories.country(is_covered=False)
    assert client.get(GRID).status_code == 403


def test_number_of_queries_does_not_grow_with_rows() -> None:
    client = signed_in(factories.editor())
    numbers = []
    for quarters in (range(1, 2), range(2, 5)):
        for quarter in quarters:
            for is_proposed in (False, True):
                factories.coverage(topic="work", period=f"2020-Q{quarter}", is_proposed=is_proposed)
        with CaptureQueriesContext(connection) as made:
            assert client.get(GRID).status_code == 200
        numbers.append(len(made))
    assert numbers[0] == numbers[1]


def test_entries_where_nothing_was_found_are_pointed_out() -> None:
    client = signed_in(factories.editor())
    page = client.post(GRID, _opened(client) | SAID | {"cell": ["health:2020-Q2"], "act": "nothing_found"}, follow=True)
    assert "Entries are recorded in 1 of these cells, although nothing was found there." in page.text
    assert _rows() == {"health 2020-04/2020-06": "nothing_found"}


def test_proposals_wait_on_the_first_page() -> None:
    factories.coverage(is_proposed=True)
    factories.coverage()
    queues = signed_in(factories.editor()).get("/admin/").context["queues"]
    (found,) = (queue for queue in queues if "coverage" in queue["url"])
    assert found["count"] == 1
    foreign = signed_in(factories.member(group="editor", countries=("ECU",))).get("/admin/").context["queues"]
    assert not [queue for queue in foreign if "coverage" in queue["url"]]
