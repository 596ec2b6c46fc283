"""Whatever is renamed is still found by its former name: at its address, in filters, in files."""

from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import connection
from django.test import Client

from countries.models import Country, FormerAddress
from foundation.accounts import system_account
from foundation.files.importing.undoing import undo
from foundation.files.models import FileImport
from measures import workflow
from measures.models import IssuingBody, Measure, Source, TargetGroup, Topic
from tests import admin_forms
from tests import factories as make
from tests.clients import signed_in
from tests.csv_files import MEASURE, counts, csv_text, run
from tests.measures.views.test_views import ids, words

pytestmark = pytest.mark.django_db


def _sql(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def _moved(client: Client, path: str) -> tuple[int, str | None]:
    response = client.get(path)
    return response.status_code, response.get("Location")


# Addresses


@pytest.mark.parametrize(
    ("former", "now"),
    [
        ("/countries/peru/", "/countries/el-peru/"),
        ("/es/countries/peru/?topic=health&q=a%20b", "/es/countries/el-peru/?q=a+b&topic=health"),
        ("/countries/peru/?utm_source=x", "/countries/el-peru/"),
        ("/countries/peru/profile/?as_of=2020", "/countries/el-peru/profile/?as_of=2020"),
        ("/countries/peru/series.csv?series=x", "/countries/el-peru/series.csv?series=x"),
        ("/countries/peru/series.svg?series=x", "/countries/el-peru/series.svg?series=x"),
    ],
)
def test_former_slug_of_a_country_leads_to_the_same_page(client: Client, former: str, now: str) -> None:
    make.country()
    Country.objects.filter(pk="PER").update(slug="el-peru")
    assert _moved(client, former) == (301, now)


def test_slug_leads_on_whatever_changes_it(client: Client, tmp_path: Path) -> None:
    country = make.country()
    country.slug = "by-form"
    country.save()
    assert counts(run(tmp_path, [{"iso3": "PER", "slug": "by-file"}], file="countries")) == (0, 1, 0, 0)
    _sql("update countries_country set slug = 'by-sql' where iso3 = 'PER'")
    for former in ("peru", "by-form", "by-file"):
        assert _moved(client, f"/countries/{former}/") == (301, "/countries/by-sql/")
    assert _moved(client, "/countries/?go=by-file") == (302, "/countries/by-sql/")
    assert _moved(client, "/countries/never/") == (404, None)


def test_name_that_another_record_has_today_is_that_of_the_other(client: Client) -> None:
    make.country()
    Country.objects.filter(pk="PER").update(slug="el-peru")
    make.country(iso3="ECU", slug="peru")
    assert client.get("/countries/peru/").context["country"].pk == "ECU"
    Country.objects.filter(pk="ECU").update(slug="ecuador")
    assert _moved(client, "/countries/peru/") == (301, "/countries/ecuador/")


def test_country_that_is_not_covered_leads_nowhere(client: Client) -> None:
    make.country()
    Country.objects.filter(pk="PER").update(slug="el-peru", is_covered=False)
    assert _moved(client, "/countries/peru/") == (404, None)


def test_former_key_of_a_source_leads_to_it_and_to_its_copies(client: Client) -> None:
    cited = make.source(key="old", rights="show")
    kept = make.capture(source=cited)
    make.measure(sources=(cited,))
    secret = make.source(key="secret")
    make.draft(sources=(secret,))
    Source.objects.filter(key="old").update(key="new")
    Source.objects.filter(key="secret").update(key="hidden")
    assert _moved(client, "/pt/archive/old/") == (301, "/pt/archive/new/")
    assert _moved(client, f"/archive/old/{kept.sha256}") == (301, f"/archive/new/{kept.sha256}")
    assert _moved(client, "/archive/secret/") == (404, None)


def test_former_identifier_leads_on(client: Client) -> None:
    made, draft = make.measure(), make.draft()
    Measure.objects.filter(pk=made.pk).update(public_id="PER-00777")
    Measure.objects.filter(pk=draft.pk).update(public_id="PER-00778")
    assert _moved(client, f"/measures/{made.public_id}/") == (301, "/measures/PER-00777/")
    assert _moved(client, f"/measures/{draft.public_id}/") == (404, None)


def test_citations_and_frames_of_former_names_lead_on(client: Client) -> None:
    made, draft = make.measure(), make.draft()
    named = made.public_id
    Measure.objects.filter(pk=made.pk).update(public_id="PER-00777")
    Measure.objects.filter(pk=draft.pk).update(public_id="PER-00778")
    Country.objects.filter(pk="PER").update(slug="el-peru")
    for path in ("/cite/bibtex?url=", "/pt/cite/text?url=", "/oembed/?maxwidth=400&url="):
        for former, now in (
            (f"/es/measures/{named}/", "%2Fes%2Fmeasures%2FPER-00777%2F"),
            (f"/measures/{named.lower()}/", "%2Fmeasures%2FPER-00777%2F"),
            ("/countries/peru/?topic=health", "%2Fcountries%2Fel-peru%2F%3Ftopic%3Dhealth"),
            ("http://testserver/pt/countries/peru/", "http%3A%2F%2Ftestserver%2Fpt%2Fcountries%2Fel-peru%2F"),
        ):
            response = client.get(path + quote(former))
            assert (response.status_code, response["Location"]) == (301, path + now)
            assert client.get(response["Location"]).status_code == 200
        assert _moved(client, f"{path}/measures/{draft.public_id}/") == (404, None)
    for path in ("/embed/measures/{}/", "/measures/{}/share.png"):
        assert _moved(client, path.format(named)) == (301, path.format("PER-00777"))
        assert _moved(client, path.format(draft.public_id)) == (404, None)


def test_former_number_leads_to_the_act_that_had_it_in_public(client: Client) -> None:
    made = make.measure(reference="N° 104-2020-MIGRACIONES")
    draft = make.draft(reference="N° 105-2020-MIGRACIONES")
    for measure, reference in ((made, "N° 204-2020-MIGRACIONES"), (draft, "N° 205-2020-MIGRACIONES")):
        measure.reference = reference
        measure.save()
    assert _moved(client, "/reference/000104-2020-migraciones/") == (301, f"/measures/{made.public_id}/")
    assert _moved(client, "/reference/105-2020-migraciones/")[0] == 404
    other = make.measure(reference="N° 104-2020-MIGRACIONES")
    response = client.get("/reference/104-2020-MIGRACIONES/")
    assert (response.status_code, other.public_id in response.text, made.public_id in response.text) == (
        200,
        True,
        False,
    )


def test_saving_without_a_new_name_notes_nothing() -> None:
    for record in (make.country(), make.source(), make.topic(key="a"), make.measure(), make.issuing_body()):
        record.save()
    assert not FormerAddress.objects.exists()


# Retired records


def test_retired_record_says_why_and_what_took_its_place(client: Client) -> None:
    editor, old, new = make.editor(), make.measure(), make.measure(title_en="The act itself")
    workflow.retire(old, by=editor, note="It was recorded twice.", successor=new)
    response = client.get(f"/measures/{old.public_id}/")
    assert response.status_code == 410
    assert "It was recorded twice." in words(response)
    assert f'href="/measures/{new.public_id}/"' in response.text
    workflow.send_back(new, by=editor, note="Not yet.")
    response = client.get(f"/measures/{old.public_id}/")
    assert (new.public_id in response.text, "The act itself" in response.text) == (False, False)
    workflow.send_back(old, by=editor, note="Back again.")
    assert (old.retired_reason, old.replaced_by) == ("", None)


# Terms


def _replace(old: Topic | TargetGroup, new: Topic | TargetGroup) -> None:
    type(old).objects.filter(pk=old.pk).update(deprecated_on="2021-01-01", replaced_by=new)


def test_entries_of_a_replaced_term_get_the_other(client: Client) -> None:
    old, new, first = make.topic(key="old"), make.topic(key="new"), make.topic(key="first")
    both = make.measure(topics=("new", "old"))
    alone = make.measure(topics=("old",))
    other = make.measure(topics=("first",))
    _replace(old, new)
    later = make.measure(topics=("old", "first"))
    assert {m.public_id: {t.key for t in m.topics.all()} for m in Measure.objects.all()} == {
        both.public_id: {"new"},
        alone.public_id: {"new"},
        other.public_id: {"first"},
        later.public_id: {"new", "first"},
    }
    assert set(Measure.objects.values_list("primary_topic", flat=True)) == {new.pk, first.pk}
    alone.refresh_from_db()
    assert alone.record_version == 2


def test_circle_of_terms_replaces_nothing() -> None:
    one, two = make.topic(key="one"), make.topic(key="two")
    _replace(one, two)
    one.refresh_from_db()
    two.deprecated_on, two.replaced_by = one.deprecated_on, one
    with pytest.raises(ValidationError, match="“One” is itself replaced by this term"):
        two.full_clean()
    _replace(two, one)
    assert {topic.key for topic in make.measure(topics=("one",)).topics.all()} == {"one"}


@pytest.mark.parametrize("path", ["/measures/", "/countries/peru/"])
def test_former_topic_means_the_other_and_the_page_says_so(client: Client, path: str) -> None:
    old, middle, new = (make.topic(key=key) for key in ("old", "middle", "new"))
    made = make.measure(topics=("old",))
    make.measure(topics=("first",))
    _replace(old, middle)
    _replace(middle, new)
    Topic.objects.filter(pk=new.pk).update(key="newest")
    for former, label in (("old", "Old"), ("middle", "Middle"), ("new", "new")):
        response = client.get(f"{path}?topic={former}")
        assert (response.status_code, ids(response)) == (200, [made.public_id])
        assert f"“{label}” is called “New” today." in words(response)
        assert "topic=newest" in response.text
        assert f"topic={former}&" not in response.text.replace(f"hreflang={former}", "").split("<main")[1]
    assert "is called" not in words(client.get(f"{path}?topic=newest"))


def test_former_group_and_body_mean_those_of_today(client: Client) -> None:
    old, new = make.target_group(key="aliens"), make.target_group(key="foreigners")
    body = make.issuing_body(key="pcm", country=make.country())
    made = make.measure(groups=("aliens",), issuing_body=body)
    make.measure()
    _replace(old, new)
    IssuingBody.objects.filter(pk=body.pk).update(key="cabinet")
    for query in ("group=aliens", "body=PER:pcm", "body=pcm", "body=PER:cabinet"):
        response = client.get(f"/measures/?{query}")
        assert (response.status_code, ids(response)) == (200, [made.public_id]), query


def test_file_of_a_former_topic_has_the_rows_of_the_other(client: Client) -> None:
    old, new = make.topic(key="old"), make.topic(key="new")
    make.measure(topics=("old",))
    _replace(old, new)
    files = [b"".join(client.get(f"/measures.csv?topic={key}")) for key in ("old", "new")]
    assert files[0] == files[1]
    assert files[0].count(b"\n") == 2


def test_file_may_name_terms_bodies_and_sources_as_they_were(tmp_path: Path) -> None:
    old, new = make.topic(key="old"), make.topic(key="new")
    group, groups = make.target_group(key="aliens"), make.target_group(key="foreigners")
    body = make.issuing_body(key="pcm", country=make.country())
    cited = make.source(key="gazette", url="")
    row = MEASURE | {
        "reference": "1-2020",
        "issuing_body": "pcm",
        "topics": "old|first",
        "target_groups": "aliens|foreigners",
        "sources": "gazette",
    }
    make.topic(key="first")
    assert counts(run(tmp_path, [row])) == (1, 0, 0, 0)
    _replace(old, new)
    _replace(group, groups)
    IssuingBody.objects.filter(pk=body.pk).update(key="cabinet")
    Source.objects.filter(pk=cited.pk).update(key="bulletin")
    assert counts(run(tmp_path, [row])) == (0, 0, 1, 0)
    assert counts(run(tmp_path, [row | {"reference": "2-2020"}])) == (1, 0, 0, 0)
    made = Measure.objects.get(reference="2-2020")
    assert (made.issuing_body, made.primary_topic, made.citations.get().source) == (body, new, cited)
    assert {topic.key for topic in made.topics.all()} == {"new", "first"}
    assert [group.key for group in made.target_groups.all()] == ["foreigners"]


def test_file_may_name_entries_as_they_were(tmp_path: Path) -> None:
    made, other = make.measure(), make.measure()
    Measure.objects.filter(pk=made.pk).update(public_id="PER-00777")
    relations = f"amends:{other.public_id}|extends:{made.public_id}@2020-05/part"
    row = MEASURE | {"topics": "health.access", "reference": "1-2020", "relations": relations}
    assert counts(run(tmp_path, [row])) == (1, 0, 0, 0)
    assert counts(run(tmp_path, [row])) == (0, 0, 1, 0)
    written = Measure.objects.get(reference="1-2020").relations.order_by("type")
    assert [(r.type, r.object, str(r.date or ""), r.scope) for r in written] == [
        ("amends", other, "", "whole"),
        ("extends", made, "2020-05", "part"),
    ]


def test_form_opened_before_a_term_was_replaced_saves_the_other() -> None:
    client: Any = signed_in(make.editor())
    old, new = make.topic(key="old"), make.topic(key="new")
    draft = make.draft(topics=("old",))
    _replace(old, new)
    draft.topics.set([old])
    assert [topic.key for topic in draft.topics.all()] == ["new"]
    assert client.get(f"/admin/measures/measure/{draft.pk}/change/").status_code == 200


def test_editor_names_the_record_that_took_the_place_of_a_retired_one(client: Client) -> None:
    client.force_login(make.editor())
    old, new = make.measure(), make.measure()
    path, form = "/admin/measures/measure/", {"action": "retire", "_selected_action": old.pk, "move_note": "Twice."}
    asked = client.post(path, form | {"move_successor": "PER-99999"})
    assert "There is no record PER-99999." in asked.text
    assert "Readers see it at the address of the record." in asked.text
    client.post(path, form | {"move_successor": f" {new.public_id.lower()} "})
    old.refresh_from_db()
    assert (old.workflow, old.retired_reason, old.replaced_by) == ("retired", "Twice.", new)
    change = f"/admin/measures/measure/{new.pk}/change/"
    said = {"_move": "retire", "move_note": "Twice.", "move_successor": new.public_id}
    response = client.post(change, admin_forms.shown(client, change) | said, follow=True)
    assert f"{new.public_id} cannot take its own place." in response.text


@pytest.mark.parametrize("is_new", [True, False])
def test_entry_whose_publication_was_undone_is_gone_with_the_reason(
    client: Client, tmp_path: Path, *, is_new: bool
) -> None:
    make.country()
    make.topic()
    row = MEASURE | {"reference": "1"}
    if not is_new:
        run(tmp_path, [row])
    path = tmp_path / "measures.csv"
    path.write_text(csv_text([row]), encoding="utf-8")
    draft = make.draft(title_en="Never public")
    call_command("import_measures", path, publish=True)
    measure = Measure.objects.get(workflow="published")
    pages = [f"/measures/{measure.public_id}/", f"/archive/{Source.objects.public().get().key}/"]
    assert [client.get(page).status_code for page in pages] == [200, 200]
    undo(FileImport.objects.latest("pk"), by=system_account())
    for page in pages:
        answer = client.get(page)
        assert answer.status_code == 410
        assert "The file by which it was published was taken back on" in answer.text
    assert client.get(f"/measures/{draft.public_id}/").status_code == 404
    assert client.get(f"/api/v1/measures/{measure.public_id}/").status_code == 410
    if not is_new:
        again = Measure.objects.get(pk=measure.pk)
        assert again.workflow == "draft"
        run(tmp_path, [row], publish=True)
        assert [client.get(page).status_code for page in pages] == [200, 200]


def test_number_of_a_retired_record_leads_to_the_page_that_says_why(client: Client) -> None:
    retired = make.measure(reference="068-2020-PCM", kind="executive_decree")
    workflow.retire(retired, by=make.editor(), note="Entered twice.")
    answer = client.get("/reference/068-2020-PCM/", follow=True)
    assert (answer.status_code, "Entered twice." in answer.text) == (410, True)


@pytest.mark.owner
def test_former_address_from_before_its_history_gets_one_first_event() -> None:
    old = FormerAddress.objects.create(kind="source", former="old", record="1")
    new = FormerAddress.objects.create(kind="source", former="new", record="2")
    events = apps.get_model("countries", "FormerAddressEvent").objects
    _sql("delete from countries_formeraddressevent where former = 'old'")
    migration = import_module("countries.migrations.0003_first_events_of_former_addresses")
    for _time in range(2):
        _sql(migration.FIRST_EVENTS)
    found = events.order_by("id").values_list("id", "pgh_label", "former", "record", "pgh_created_at")
    assert list(found) == [
        (old.pk, "insert", "old", "1", old.since),
        (new.pk, "insert", "new", "2", events.get(id=new.pk).pgh_created_at),
    ]
