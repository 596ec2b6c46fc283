"""Vocabulary, sources, bodies, countries and figures in the admin."""

import pytest
from django.urls import reverse

from measures.models import IssuingBody, Source, Topic
from tests import admin_forms, factories
from tests.clients import signed_in

pytestmark = pytest.mark.django_db


def test_term_in_use_is_not_deleted_and_says_what_to_do_instead() -> None:
    client, topic = signed_in(factories.editor()), factories.topic(key="health.access")
    factories.measure(topics=("health.access",))
    url = reverse("admin:measures_topic_delete", args=[topic.pk])
    page = client.post(url, {"post": "yes"}).content.decode()
    assert "“Access” is in use and cannot be deleted." in page
    assert "Deprecate it instead" in page
    assert Topic.objects.filter(pk=topic.pk).exists()


def test_term_that_tags_without_being_primary_is_not_deleted_either() -> None:
    client = signed_in(factories.editor())
    factories.measure(topics=("health.access", "border.closure"))
    tagging = factories.topic(key="border.closure")
    page = client.post(reverse("admin:measures_topic_delete", args=[tagging.pk]), {"post": "yes"})
    assert "is in use and cannot be deleted" in page.content.decode()
    assert Topic.objects.filter(pk=tagging.pk).exists()


def test_term_out_of_use_is_deleted() -> None:
    client, group = signed_in(factories.editor()), factories.target_group()
    client.post(reverse("admin:measures_targetgroup_delete", args=[group.pk]), {"post": "yes"})
    assert not type(group).objects.exists()


def test_several_terms_in_use_are_not_deleted_from_the_list() -> None:
    client, group = signed_in(factories.editor()), factories.target_group()
    factories.measure(groups=(group.key,))
    chosen = {"action": "delete_selected", "_selected_action": [group.pk], "post": "yes"}
    page = client.post("/admin/measures/targetgroup/", chosen, follow=True).content.decode()
    assert "Deprecate it instead" in page
    assert type(group).objects.filter(pk=group.pk).exists()


def test_source_gets_a_key_of_its_own_from_its_title() -> None:
    client, add = signed_in(factories.analyst()), "/admin/measures/source/add/"
    for number in (1, 2):
        data = admin_forms.shown(client, add, "source_form") | {
            "title": "El Peruano: edición",
            "url": f"https://elperuano.example/{number}",
        }
        assert client.post(add, data).status_code == 302
    assert set(Source.objects.values_list("key", flat=True)) == {"el-peruano-edicion", "el-peruano-edicion-2"}


def test_source_names_the_entries_that_it_supports() -> None:
    source = factories.source()
    cited = factories.measure(sources=(source,))
    factories.measure()
    page = signed_in(factories.analyst()).get(reverse("admin:measures_source_change", args=[source.pk]))
    assert reverse("admin:measures_measure_change", args=[cited.pk]) in page.content.decode()


def test_bad_period_of_an_observation_names_the_field() -> None:
    client, seen = signed_in(factories.editor()), factories.observation()
    url = reverse("admin:countries_observation_change", args=[seen.pk])
    page = client.post(url, admin_forms.shown(client, url, "observation_form") | {"period": "2020/2019"})
    assert admin_forms.errors_by_field(page) == {"period": ["The period “2020/2019” ends before it starts."]}


@pytest.mark.parametrize("group", ["analyst", "editor"])
def test_every_list_and_form_opens_for_those_who_may_see_it(group: str) -> None:
    client = signed_in(factories.user(group=group))
    factories.measure(groups=("refugees",), issuing_body=factories.issuing_body())
    factories.mobility_role()
    factories.observation(counterpart=factories.country(iso3="USA"))
    records = [
        *Source.objects.all(),
        *Topic.objects.all(),
        factories.target_group(key="refugees"),
        factories.issuing_body(),
        factories.country(),
        factories.indicator(),
        factories.country().roles.get(),
        factories.indicator().observations.get(),
    ]
    for record in records:
        name = f"admin:{record._meta.app_label}_{record._meta.model_name}"
        pages = [reverse(f"{name}_changelist"), f"{reverse(f'{name}_changelist')}?q=peru"]
        pages += [reverse(f"{name}_{page}", args=[record.pk]) for page in ("change", "history")]
        assert {url: client.get(url).status_code for url in pages} == dict.fromkeys(pages, 200)


BODY_ADD = "/admin/measures/issuingbody/add/"


@pytest.mark.parametrize(
    ("native_name", "acronym"),
    [
        ("MINISTERIO DE RELACIONES EXTERIORES", ""),
        ("Ministerio de Relaciones Exteriores del Perú", ""),
        ("Cancilleria", ""),
        ("Something else", "rree"),
    ],
)
def test_new_body_like_another_is_saved_only_as_another_body(native_name: str, acronym: str) -> None:
    known = factories.issuing_body(
        key="rree",
        country=factories.country(),
        native_name="Ministerio de Relaciones Exteriores",
        acronym="RREE",
        aliases="Cancillería",
    )
    client = signed_in(factories.analyst())
    data = admin_forms.shown(client, BODY_ADD, "issuingbody_form") | {
        "country": "PER",
        "key": "new",
        "kind": "ministry",
        "native_name": native_name,
        "acronym": acronym,
    }
    page = client.post(BODY_ADD, data)
    (message,) = admin_forms.errors_by_field(page)["another_body"]
    assert "This body may be recorded already" in message
    assert reverse("admin:measures_issuingbody_change", args=[known.pk]) in message
    assert 'type="checkbox" name="another_body"' in page.content.decode()
    assert "&lt;a href" not in page.content.decode()
    assert IssuingBody.objects.count() == 1
    assert admin_forms.errors(client.post(BODY_ADD, data | {"another_body": "on"})) == []
    assert IssuingBody.objects.count() == 2


def test_new_body_unlike_all_others_is_saved_at_once() -> None:
    factories.issuing_body(key="rree", native_name="Ministerio de Relaciones Exteriores", acronym="RREE")
    factories.issuing_body(key="ven", country=factories.country(iso3="VEN"), native_name="Ministerio de Salud")
    client = signed_in(factories.analyst())
    data = admin_forms.shown(client, BODY_ADD, "issuingbody_form") | {
        "country": factories.country().pk,
        "key": "minsa",
        "kind": "ministry",
        "native_name": "Ministerio de Salud",
        "acronym": "MINSA",
    }
    assert admin_forms.errors(client.post(BODY_ADD, data)) == []
    assert IssuingBody.objects.count() == 3
