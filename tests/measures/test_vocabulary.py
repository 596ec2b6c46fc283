from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.db.models import ProtectedError

from measures.models import Citation, IssuingBody, Source, TargetGroup, Topic
from tests import factories

pytestmark = pytest.mark.django_db


def refused(record: models.Model) -> list[str]:
    """What validation says; the database must refuse the record too."""
    with pytest.raises(ValidationError) as error:
        record.full_clean()
    with pytest.raises(IntegrityError), transaction.atomic():
        record.save()
    return error.value.messages


LABELS = {"label_en": "Label", "label_es": "Etiqueta", "label_pt": "Rótulo"}


@pytest.mark.parametrize(
    ("key", "has_parent", "message"),
    [
        ("health.access", False, "A topic of the second level must have a parent, and a key of the form parent.child."),
        ("border", True, "A topic of the second level must have a parent, and a key of the form parent.child."),
        ("Border", False, "A key may have lowercase letters, digits and _. The second level follows a dot."),
    ],
)
def test_topic_has_two_levels_named_by_its_key(key: str, has_parent: bool, message: str) -> None:
    parent = factories.topic(key="health") if has_parent else None
    assert message in refused(Topic(key=key, parent=parent, **LABELS))


def test_term_is_replaced_only_when_it_is_deprecated() -> None:
    group = TargetGroup(key="aliens", replaced_by=factories.target_group(key="foreign_nationals"), **LABELS)
    assert refused(group) == ["Only a deprecated term can be replaced, and only by another term."]


def test_vocabulary_in_use_is_not_deleted() -> None:
    factories.measure(topics=("health.access",))
    with pytest.raises(ProtectedError):
        factories.topic(key="health.access").delete()


def test_body_is_unique_by_country_and_key_and_once_more_without_country() -> None:
    factories.issuing_body(key="un")
    factories.issuing_body(key="un", country=factories.country())
    assert refused(IssuingBody(key="un", kind="io", native_name="UN")) == [
        "This country already has a body with that key."
    ]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"language": "Spanish"}, "Write a language tag such as es or pt-BR."),
        ({"key": "Capital"}, "A key may have lowercase letters, digits, - and _."),
    ],
)
def test_source_that_breaks_a_rule_is_refused_with_words(fields: dict[str, Any], message: str) -> None:
    assert message in refused(Source(**{"key": "one", "title": "One"} | fields))


def test_address_belongs_to_one_source() -> None:
    url = factories.source().url
    assert refused(Source(key="other", title="Other", url=url)) == ["There is already a source with this address."]
    factories.source(url="")
    factories.source(url="")


def test_source_is_cited_once_for_one_part_of_a_measure() -> None:
    made = factories.measure()
    source = made.citations.get().source
    Citation.objects.create(measure=made, source=source, locator="art. 2")
    assert refused(Citation(measure=made, source=source)) == [
        "This source is already cited for that part. Name another place in it."
    ]
