import datetime
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction

from foundation.partial_dates import PartialDate
from measures.choices import KINDS, STATUSES, Kind, Status
from measures.models import Measure, PublicIdSequence, Relation, StatusEvent
from measures.validity.selecting import in_states
from measures.validity.standing import groups_of
from tests import factories

pytestmark = pytest.mark.django_db


def refused(**fields: Any) -> set[str]:
    """The errors of validation for a measure with `fields`; the database must refuse it too."""
    made = factories.draft(events=())
    for name, value in fields.items():
        setattr(made, name, value)
    with pytest.raises(ValidationError) as error:
        made.full_clean()
    with pytest.raises(IntegrityError), transaction.atomic():
        made.save()
    return set(error.value.messages)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (
            {"kind": "recommendation", "direction": "more_restrictive"},
            "Only norms, bills and actions have a direction.",
        ),
        ({"kind": "bill", "end_kind": "indefinite"}, "Only norms and actions have validity dates."),
        ({"end_kind": "fixed_date"}, "An end with a fixed date needs that date"),
        ({"title_en": ""}, "Write the title in at least one language."),
        ({"original_language": "Spanish"}, "Write a language tag such as es or pt-BR."),
        ({"country": None}, "Choose a country. Only supranational acts have none."),
    ],
)
def test_measure_is_refused_with_words_when_it_breaks_a_rule(fields: dict[str, Any], message: str) -> None:
    assert any(said.startswith(message) for said in refused(**fields))


def test_measure_is_refused_when_it_ends_before_it_starts() -> None:
    said = refused(valid_from=PartialDate.parse("2020-05"), valid_until=PartialDate.parse("2020-04-30"))
    assert said == {"“Valid until” is before “valid from”."}


def test_measure_may_end_within_the_month_in_which_it_starts() -> None:
    factories.measure(valid_from="2020-05", valid_until="2020-05-03").full_clean()


def test_measure_with_a_reference_of_another_is_refused_unless_its_provision_or_kind_differs() -> None:
    body = factories.issuing_body(country=factories.country())
    one: dict[str, Any] = {"issuing_body": body, "reference": "N° 068-2020-PCM"}
    factories.measure(**one)
    factories.measure(**one, provision="art. 2")
    factories.measure(**one, kind=Kind.MINISTERIAL_RESOLUTION)
    factories.measure(reference="N° 068-2020-PCM")
    said = refused(issuing_body=body, reference="68/2020/pcm")
    assert [text.split(".")[0] for text in said] == [
        "This country already has an entry of that kind, body, reference and provision"
    ]


def test_primary_topic_that_is_no_topic_of_the_measure_is_refused_at_commit() -> None:
    made = factories.measure(topics=("health.access",))
    made.primary_topic = factories.topic(key="border.closure")
    made.save()
    with pytest.raises(IntegrityError):
        connection.check_constraints()


def test_public_ids_are_given_once_a_country() -> None:
    first, second = factories.draft(sources=()), factories.draft(sources=())
    other = factories.draft(country=factories.country(iso3="ECU"))
    assert (first.public_id, second.public_id, other.public_id) == ("PER-00001", "PER-00002", "ECU-00001")
    second.delete()
    assert PublicIdSequence.take("PER") == "PER-00003"


def test_series_follows_an_identifier_however_it_was_written() -> None:
    first, second = factories.draft(sources=()), factories.draft(sources=())
    Measure.objects.filter(pk=first.pk).update(public_id="PER-00003")
    assert factories.draft(sources=()).public_id == "PER-00004"
    second.pk, second.public_id, second.primary_topic = None, "PER-00009", None
    second.save(force_insert=True)
    assert PublicIdSequence.take("PER") == "PER-00010"


@pytest.mark.parametrize("public_id", ["PER-1000000", "PER-99999999"])
def test_database_refuses_an_identifier_that_would_leave_the_series_no_numbers(public_id: str) -> None:
    made = factories.draft(sources=())
    with pytest.raises(IntegrityError, match="beyond every series"), transaction.atomic():
        Measure.objects.filter(pk=made.pk).update(public_id=public_id)
    made.pk, made.public_id, made.primary_topic = None, public_id, None
    with pytest.raises(IntegrityError, match="beyond every series"), transaction.atomic():
        made.save(force_insert=True)
    with pytest.raises(IntegrityError, match="in_bounds"), transaction.atomic():
        PublicIdSequence.objects.update(last=99_999_999)
    assert PublicIdSequence.take("PER") == "PER-00002"


def test_public_id_of_an_international_act_begins_with_int() -> None:
    made = factories.draft(events=())
    compact = Measure.objects.create(
        kind=Kind.SOFT_LAW, title_en="Compact", created_by=made.created_by, updated_by=made.updated_by
    )
    assert compact.public_id == "INT-00001"


@pytest.mark.parametrize("family", list(KINDS))
def test_status_of_another_family_is_refused_by_the_database(family: Any) -> None:
    made = factories.draft(kind=KINDS[family][0], events=())
    for status in Status:
        try:
            with transaction.atomic():
                StatusEvent.objects.create(measure=made, position=0, status=status)
                transaction.set_rollback(True)
        except IntegrityError:
            assert status not in STATUSES[family]
        else:
            assert status in STATUSES[family]


def test_kind_of_another_family_is_refused_while_its_events_stand() -> None:
    made = factories.measure(events=(("in_force", "2020"),))
    made.kind = Kind.BILL
    made.save()
    with pytest.raises(IntegrityError):
        connection.check_constraints()


@pytest.mark.parametrize("kind", list(Kind))
def test_database_computes_the_family_of_every_kind(kind: Kind) -> None:
    made = factories.draft(kind=kind, events=())
    made.refresh_from_db()
    assert made.family == kind.family


@pytest.mark.parametrize(
    ("kind", "status", "group"),
    [
        (Kind.LAW, "in_force", "possibly"),
        (Kind.LAW, "published", "possibly"),
        (Kind.LAW, "repealed", "ended"),
        (Kind.LAW, "unknown", "unknown"),
        (Kind.BILL, "introduced", "bill"),
        (Kind.BILL, "enacted", "enacted"),
        (Kind.BILL, "archived", "rejected"),
        (Kind.ANNOUNCEMENT, "announced", "announced"),
        (Kind.PROGRAMME, "in_operation", "possibly"),
        (Kind.CRITICISM, "issued", "statement"),
        (Kind.NOTHING_FOUND, "unknown", "statement"),
    ],
)
def test_status_group_is_what_the_public_sees(kind: Kind, status: str, group: str) -> None:
    made = factories.measure(kind=kind, events=((status, "2020"),))
    assert groups_of([made.pk], datetime.date(2026, 1, 1)) == {made.pk: group}


MAY_15 = datetime.date(2020, 5, 15)


@pytest.mark.parametrize(
    ("fields", "certain", "possible"),
    [
        ({"valid_from": "2020-05-01", "valid_until": "2020-05-31", "end_kind": "fixed_date"}, True, True),
        ({"valid_from": "2020-05-15", "valid_until": "2020-05-15", "end_kind": "fixed_date"}, True, True),
        ({"valid_from": "2020-05-01", "valid_until": "2020-05-14", "end_kind": "fixed_date"}, False, False),
        ({"valid_from": "2020-05-16", "end_kind": "indefinite"}, False, False),
        ({"valid_from": "2020-05", "end_kind": "indefinite"}, False, True),
        ({"valid_from": "2020-04", "end_kind": "further_notice"}, True, True),
        ({"valid_from": "2020-04-01", "end_kind": "unknown"}, False, True),
        ({"valid_from": "2020-05-15", "end_kind": "unknown"}, True, True),
        ({"valid_from": "2020-05-01", "valid_until": "2020-05", "end_kind": "duration"}, False, True),
        ({"events": (("in_force", "2020-05-20"),)}, False, False),
        ({"events": (("in_force", "2020"),)}, False, True),
        ({"events": ()}, False, False),
        ({"valid_from": "2020-04-01", "end_kind": "indefinite", "events": (("repealed", "2020-05-14"),)}, False, False),
        ({"valid_from": "2020-04-01", "end_kind": "indefinite", "events": (("repealed", "2020-05"),)}, False, True),
        ({"valid_from": "2020-04-01", "end_kind": "indefinite", "events": (("repealed", ""),)}, False, True),
        ({"valid_from": "2020-04-01", "end_kind": "indefinite", "events": (("repealed", "2020-06-02"),)}, True, True),
        ({"kind": Kind.BILL, "events": (("introduced", "2020-01-01"),)}, False, False),
        ({"kind": Kind.ANNOUNCEMENT, "events": (("announced", "2020-01-01"),)}, False, False),
        ({"kind": Kind.CRITICISM, "events": (("issued", "2020-05-15"),)}, False, False),
    ],
)
def test_in_force_on_a_day_certainly_and_possibly(fields: dict[str, Any], certain: bool, possible: bool) -> None:
    made = factories.measure(**fields)
    wanted = (["in_force"], ["in_force", "possibly"])
    found = [Measure.objects.filter(in_states(states, MAY_15), pk=made.pk).exists() for states in wanted]
    assert found == [certain, possible]


def test_relation_that_closes_a_circle_is_refused_by_form_and_database() -> None:
    one, two, three = (factories.measure() for _ in range(3))
    factories.relation(subject=one, object=two)
    factories.relation(subject=two, object=three)
    with pytest.raises(ValidationError, match="may not form a cycle"):
        Relation(subject=three, type="extends", object=one).full_clean()
    with pytest.raises(IntegrityError, match="circle"), transaction.atomic():
        factories.relation(subject=three, object=one)
    factories.relation(subject=three, object=one, type="cites")


def test_mutual_relation_is_stored_from_its_older_side() -> None:
    older, newer = factories.measure(), factories.measure()
    relation = Relation(subject=newer, type="same_subject_as", object=older)
    relation.full_clean()
    assert (relation.subject, relation.object) == (older, newer)
    with pytest.raises(IntegrityError), transaction.atomic():
        factories.relation(subject=newer, object=older, type="same_subject_as")


def test_short_title_is_cut_from_the_title_between_words() -> None:
    made = Measure(title_en="Travel between provinces authorised on humanitarian grounds")
    assert str(made.short_title) == "Travel between…"
    made.short_title_en = "Inter-province travel"
    assert str(made.short_title) == "Inter-province travel"
