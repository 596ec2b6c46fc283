"""Every surface says the same of an act on a day: SQL, memory, filters, facets, map, files, pages, the admin."""

import csv
import io
from collections import Counter
from datetime import date

import pytest
from django.core.management import call_command
from django.http import QueryDict
from django.test import Client

from foundation.days import today
from foundation.sql import rows
from measures.choices import StatusGroup
from measures.listing.columns import INTERNATIONAL
from measures.listing.filters import MeasureFilter
from measures.listing.index import public_index
from measures.models import Measure
from measures.standing_words import words_for
from measures.validity.selecting import in_states
from measures.validity.states import STATES, group_of, states_of
from measures.validity.store import answers_of, settle
from observatory.home.record_map import in_force
from tests import factories
from tests.clients import signed_in

pytestmark = pytest.mark.django_db

MAY_BE_IN_FORCE = (StatusGroup.IN_FORCE, StatusGroup.POSSIBLY)
DAYS = [date(2020, 3, 1), date(2020, 5, 29), date(2020, 12, 31), date(2021, 6, 1), today()]


@pytest.fixture(autouse=True, scope="module")
def peru_and_the_americas(module_db: None) -> None:
    call_command("load_fixtures", americas=True, verbosity=0)
    settle()


def states_in_sql(day: date) -> dict[str, str]:
    """The state of each public entry on a day, by its identifier."""
    return dict(rows("select public_id, state_on(id, %s) from measures_measure where workflow = 'published'", [day]))


def filtered(query: str) -> MeasureFilter:
    return MeasureFilter(QueryDict(query))


def ids_of(asked: MeasureFilter) -> set[str]:
    """The identifiers that a filter selects, in memory and in SQL."""
    in_memory = set(
        Measure.objects.filter(pk__in=asked.ids_of(slice(None)).tolist()).values_list("public_id", flat=True)
    )
    assert in_memory == set(asked.qs.values_list("public_id", flat=True))
    return in_memory


@pytest.mark.parametrize("day", DAYS)
def test_states_of_a_day_agree_on_all_surfaces(day: date) -> None:
    states = states_in_sql(day)
    groups = {public_id: group_of(state) for public_id, state in states.items()}
    possible = {public_id for public_id, group in groups.items() if group in MAY_BE_IN_FORCE}
    assert len(states) > 130
    assert len(possible) > 10

    measures = {measure.pk: measure for measure in Measure.objects.published().select_related("country")}
    answers = answers_of(measures)
    statement = STATES[0]
    assert {
        measure.public_id: answers[pk].state_on(day) if pk in answers else statement for pk, measure in measures.items()
    } == states
    assert {measures[pk].public_id: words.group for pk, words in words_for(measures.values(), day).items()} == groups

    index = public_index()
    numbers = index.states_on(day).tolist()
    assert {
        measures[pk].public_id: STATES[number] for pk, number in zip(index.columns["id"].tolist(), numbers, strict=True)
    } == states

    asked = filtered(f"on={day}")
    assert ids_of(asked) == possible
    facet = {option.value: option.count for option in asked.facets["status"].options}
    on_day = {option.value: option.count for option in filtered(f"on={day}&status=in_force").facets["status"].options}
    for group in MAY_BE_IN_FORCE:
        chosen = {public_id for public_id, found in groups.items() if found == group}
        assert ids_of(filtered(f"on={day}&status={group.value}")) == chosen
        assert facet[group.value] == on_day[group.value] == len(chosen)

    by_country = Counter(
        measure.country_id or INTERNATIONAL for measure in measures.values() if measure.public_id in possible
    )
    certain = Counter(
        measure.country_id or INTERNATIONAL
        for measure in measures.values()
        if groups[measure.public_id] == StatusGroup.IN_FORCE
    )
    shown = in_force(index, day)
    assert {iso3: number.possible for iso3, number in shown.items() if number.possible} == dict(by_country)
    assert {iso3: number.certain for iso3, number in shown.items() if number.certain} == dict(certain)

    file = csv.DictReader(io.StringIO(Client().get(f"/measures.csv?on={day}").getvalue().decode(), newline=""))
    assert {row["public_id"] for row in file} == possible


@pytest.mark.parametrize("group", StatusGroup)
def test_status_of_today_agrees_on_all_surfaces(group: StatusGroup, client: Client) -> None:
    states = states_in_sql(today())
    wanted = {public_id for public_id, state in states.items() if group_of(state) == group}
    assert ids_of(filtered(f"status={group.value}")) == wanted
    counts = {option.value: option.count for option in filtered("").facets["status"].options}
    assert counts.get(group.value, 0) == len(wanted)
    found = Measure.objects.published().filter(in_states(states_of([group]), today()))
    assert set(found.values_list("public_id", flat=True)) == wanted
    answer = client.get(f"/measures.csv?status={group.value}")
    listed = {
        row["public_id"]: row["state"] for row in csv.DictReader(io.StringIO(answer.getvalue().decode(), newline=""))
    }
    assert listed == {public_id: states[public_id] for public_id in wanted}
    admin = signed_in(factories.editor()).get(f"/admin/measures/measure/?status_group={group.value}&workflow=published")
    assert admin.context["cl"].result_count == len(wanted)
    for public_id in sorted(wanted)[:3]:
        page = client.get(f"/measures/{public_id}/").content.decode()
        assert f'record-line status-{group.value}"' in page
