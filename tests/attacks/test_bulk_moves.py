"""Moves of many entries at once: asked about first, bounded, and of exactly what the question named."""

from typing import Any

import pytest

from measures.models import Citation, Measure
from tests import admin_forms, factories
from tests.clients import signed_in

pytestmark = pytest.mark.django_db


def _drafts(number: int) -> None:
    """Drafts of two countries, in sets."""
    first = factories.draft()
    names = [f.attname for f in Measure._meta.concrete_fields if not f.generated and f.name not in ("id", "public_id")]
    values = {name: getattr(first, name) for name in names}
    venezuela = factories.country(iso3="VEN")
    copies = [
        Measure(**values | {"public_id": f"{iso3}-9{n:04d}", "country_id": iso3})
        for n in range(number - 1)
        for iso3 in ("PER" if n % 3 else venezuela.pk,)
    ]
    made = Measure.objects.bulk_create(copies)
    source = first.citations.get().source
    Citation.objects.bulk_create(Citation(measure=each, source=source) for each in made)
    tags = Measure.topics.through
    tags.objects.bulk_create(tags(measure=each, topic_id=first.primary_topic_id) for each in made)


def _chosen(action: str, **others: Any) -> dict[str, Any]:
    first = Measure.objects.order_by("pk")[0]
    return {"action": action, "_selected_action": [first.pk], "select_across": "1"} | others


LIST = "/admin/measures/measure/"


def test_more_than_a_page_is_asked_about_before_it_is_published() -> None:
    _drafts(120)
    lacking = Measure.objects.order_by("-pk")[:20]
    Citation.objects.filter(measure__in=lacking).delete()
    retired = list(Measure.objects.order_by("pk")[:3])
    Measure.objects.filter(pk__in=[each.pk for each in retired]).update(workflow="retired")
    client = signed_in(factories.editor())
    page = client.post(LIST, _chosen("publish"))
    plan = page.context["plan"]
    assert (plan.selected, len(plan.measures), plan.later) == (120, 97, 0)
    assert [(reason.words, reason.count) for reason in plan.reasons] == [
        ("“Retired”, which does not allow this", 3),
        ("without a source", 20),
    ]
    assert dict(plan.countries).keys() == {"Peru", "Venezuela"}
    assert sum(dict(plan.countries).values()) == 97
    assert "They will be public at once" in page.text
    assert not Measure.objects.published().exists()
    form = admin_forms.held(page, "")
    assert form["asked"] == "1"
    done = client.post(LIST, form, follow=True)
    done_and_left = [str(message) for message in done.context["messages"]]
    assert done_and_left[0] == "Publish: 97 entries."
    assert [words.partition(":")[0] for words in done_and_left[1:]] == [
        "3 entries stay as they are, and selected",
        "20 entries stay as they are, and selected",
    ]
    assert Measure.objects.published().count() == 97


def test_of_very_many_a_bounded_number_is_published_at_once(django_assert_max_num_queries: Any) -> None:
    _drafts(1200)
    client = signed_in(factories.editor())
    with django_assert_max_num_queries(40):
        page = client.post(LIST, _chosen("publish"))
    plan = page.context["plan"]
    assert (plan.selected, len(plan.measures), plan.later) == (1200, 500, 700)
    assert "700 more can be moved" in " ".join(page.text.split())
    with django_assert_max_num_queries(40):
        client.post(LIST, admin_forms.held(page, ""))
    assert Measure.objects.published().count() == 500
    forged = _chosen("publish", asked="1")  # a confirmation without its page
    assert "plan" in client.post(LIST, forged).context
    assert Measure.objects.published().count() == 500


@pytest.mark.parametrize("action", ["send_back", "retire"])
def test_what_needs_a_reason_is_asked_about_however_many_there_are(action: str) -> None:
    public = factories.measure()
    client = signed_in(factories.editor())
    page = client.post(LIST, {"action": action, "_selected_action": [public.pk]})
    assert len(page.context["plan"].measures) == 1
    client.post(LIST, admin_forms.held(page, "") | {"move_note": "A slip."})
    public.refresh_from_db()
    assert public.workflow == {"send_back": "draft", "retire": "retired"}[action]


def test_entry_that_was_changed_between_question_and_answer_is_not_published() -> None:
    _drafts(60)
    client = signed_in(factories.editor())
    page = client.post(LIST, _chosen("publish"))
    changed = Measure.objects.order_by("pk")[5]
    Measure.objects.filter(pk=changed.pk).mark_changed(by=factories.analyst(), title_en="At the last moment")
    done = client.post(LIST, admin_forms.held(page, ""), follow=True)
    (message,) = [str(message) for message in done.context["messages"]]
    assert message.startswith("Nothing was changed: 1 record changed after you opened the list.")
    assert changed.public_id in message
    assert not Measure.objects.published().exists()
