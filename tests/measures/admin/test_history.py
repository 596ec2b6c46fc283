"""The history of a record in words."""

import re

import pytest
from django.db import connection
from django.urls import reverse
from django.utils.timezone import localtime

from foundation.records.changes import acts_on
from measures.details import BOOKKEEPING
from measures.models import Measure
from measures.workflow import submit
from tests import admin_forms, factories
from tests.clients import signed_in

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)


def told(measure: Measure) -> list[tuple[str, str, set[tuple[str, str, str]]]]:
    """Author, note and changes of each act, newest first, without the acts that created the record."""
    acts = [act for act in acts_on(measure, hidden=BOOKKEEPING) if act.who or act.note]
    return [(act.who, act.note, {(c.what, c.before, c.after) for c in act.changes}) for act in acts]


def test_history_of_a_form_names_who_and_what_from_and_to() -> None:
    ana = factories.analyst(username="ana")
    draft = factories.draft(
        title_en="Old", sources=(), groups=("refugees",), events=(("enacted", "2020-04"), ("in_force", ""))
    )
    client, url = signed_in(ana), reverse("admin:measures_measure_change", args=[draft.pk])
    women, peru = factories.target_group(key="women"), factories.issuing_body(country=factories.country())
    source = factories.source(title="Gazette")
    data = admin_forms.shown(client, url) | {
        "title_en": "New",
        "issuing_body": str(peru.pk),
        "valid_from": "2020-05?",
        "target_groups": [str(women.pk)],
        "status_events-0-date": "2020-04-14",
        "status_events-1-DELETE": "on",
        "citations-0-source": str(source.pk),
        "citations-0-locator": "p. 2",
    }
    assert admin_forms.errors(client.post(url, data)) == []
    assert told(draft) == [
        (
            "ana",
            "",
            {
                ("Title (English)", "Old", "New"),
                ("Issuing body", "", "Body pcm"),
                ("Valid from", "", "May 2020 (date inferred)"),
                ("Status", "In force", "Enacted or signed"),
                ("Target groups", "Refugees", ""),
                ("Target groups", "", "Women"),
                ("Event", "Enacted or signed, April 2020", "Enacted or signed, 14 April 2020"),
                ("Event", "In force", ""),
                ("Citation", "", "Gazette, p. 2"),
            },
        )
    ]
    page = client.get(url.replace("change", "history")).content.decode()
    assert "<del>Old</del>" in page
    assert "<ins>New</ins>" in page


def test_history_tells_moves_with_their_note() -> None:
    eva, public = factories.editor(username="eva"), factories.measure()
    client, url = signed_in(eva), reverse("admin:measures_measure_change", args=[public.pk])
    client.post(url, admin_forms.shown(client, url) | {"_move": "send_back", "move_note": "A slip."})
    assert told(public) == [
        ("eva", "A slip.", {("Workflow", "Published", "Draft"), ("Note on the last move", "", "A slip.")})
    ]


def test_history_tells_sql_as_done_directly_in_the_database() -> None:
    draft = factories.draft(title_en="Old")
    with connection.cursor() as cursor:
        cursor.execute("update measures_measure set title_en = 'By hand' where id = %s", [draft.pk])
    newest = acts_on(draft, hidden=BOOKKEEPING)[0]
    assert (newest.who, [(c.what, c.before, c.after) for c in newest.changes]) == (
        "",
        [("Title (English)", "Old", "By hand")],
    )
    url = reverse("admin:measures_measure_history", args=[draft.pk])
    assert "directly in the database" in signed_in(factories.analyst()).get(url).content.decode()


def test_history_of_other_records_is_told_alike() -> None:
    editor, source = factories.editor(username="eva"), factories.source(title="Old")
    client, url = signed_in(editor), reverse("admin:measures_source_change", args=[source.pk])
    data = admin_forms.shown(client, url, "source_form") | {"title": "New"}
    assert client.post(url, data).status_code == 302
    newest = acts_on(source)[0]
    assert (newest.who, [(c.what, c.before, c.after) for c in newest.changes]) == ("eva", [("Title", "Old", "New")])


def test_new_record_tells_what_it_began_with_and_a_row_written_twice_its_last_value() -> None:
    client = signed_in(factories.analyst(username="ana"))
    factories.country()
    add = "/admin/measures/measure/add/"
    data = admin_forms.shown(client, add) | {
        "country": "PER",
        "kind": "law",
        "title_en": "A law",
        "status_events-0-status": "in_force",
    }
    assert admin_forms.errors(client.post(add, data)) == []
    assert told(Measure.objects.get()) == [
        (
            "ana",
            "",
            {
                ("Country", "", "Peru"),
                ("Kind", "", "Law"),
                ("Level", "", "National"),
                ("Title (English)", "", "A law"),
                ("Evidence", "", "Unsourced"),
                ("Status", "", "In force"),
                ("Workflow", "", "Draft"),
                ("Event", "", "In force"),
            },
        )
    ]


def test_any_two_versions_are_compared_by_address() -> None:
    """What was changed in between and back does not differ; who made each version, when and why is said."""
    ana, eva = factories.analyst(username="ana"), factories.editor(username="eva")
    draft = factories.draft(title_en="First", groups=("refugees",), events=(("enacted", "2020-04-14"),))
    women, refugees = factories.target_group(key="women"), factories.target_group(key="refugees")
    for by, typed in (
        (ana, {"title_en": "Second", "target_groups": [str(women.pk)], "status_events-0-date": "2020-04-15"}),
        (eva, {"title_en": "Third", "target_groups": [str(refugees.pk), str(women.pk)]}),
    ):
        client, url = signed_in(by), reverse("admin:measures_measure_change", args=[draft.pk])
        assert admin_forms.errors(client.post(url, admin_forms.shown(client, url) | typed)) == []
    submit(draft, by=ana, note="Ready")

    url = reverse("admin:measures_measure_history", args=[draft.pk])
    page = client.get(url)
    moments = [act.at.isoformat() for act, _is_from, _is_to in page.context["versions"]]
    assert (page.context["comparison"], len(moments)) == (None, len(set(moments)))
    assert page.text.count('name="from"') == page.text.count('name="to"') == len(moments)

    page = client.get(url, {"from": moments[3], "to": moments[0]})
    assert {(each.what, each.before, each.after) for each in page.context["comparison"].changes} == {
        ("Title (English)", "First", "Third"),
        ("Workflow", "Draft", "In review"),
        ("Note on the last move", "", "Ready"),
        ("Target groups", "", "Women"),
        ("Event", "Enacted or signed, 14 April 2020", "Enacted or signed, 15 April 2020"),
    }
    comparison = page.context["comparison"]
    assert (comparison.start.who, comparison.end.note) == ("", "Ready")
    assert re.findall(r'name="(from|to)"\s+value="([^"]*)"[^>]*checked', page.text) == [
        ("to", localtime(comparison.end.at).isoformat()),
        ("from", localtime(comparison.start.at).isoformat()),
    ]
    same = client.get(url, {"from": moments[1], "to": moments[1]})
    assert "These two versions do not differ." in same.text

    # Before it was recorded there is nothing, and no moment at all is asked for again
    first = client.get(url, {"from": "0001-01-01T00:00:00+14:00", "to": moments[-1]}).context["comparison"]
    assert (first.start, {each.before for each in first.changes}) == (None, {""})
    back = client.get(url, {"to": "1999-01-01T00:00:00Z", "from": moments[-1]}).context["comparison"]
    assert {(each.what, each.before) for each in back.changes} == {(each.what, each.after) for each in first.changes}
    for asked in ({"from": moments[0]}, {"from": "x", "to": "2020-99-99T00:00Z"}, {"from": "2020-01-01", "to": "x"}):
        assert "Choose two versions to compare." in client.get(url, asked).text
