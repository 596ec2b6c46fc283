"""The single row of site texts: its rules, its admin page, and who reads it."""

from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.utils import translation

from countries.models import Site
from countries.models.site import current_site, last_known_site
from foundation.publication import public_version
from tests import admin_forms, factories
from tests.clients import signed_in

pytestmark = pytest.mark.django_db

LIST = "/admin/countries/site/"
PAGE = "/admin/countries/site/site/change/"


@pytest.mark.parametrize(
    ("fields", "rule"),
    [
        ({"key": "two"}, "countries_site_one_row"),
        ({"name_en": ""}, "countries_site_has_name"),
        ({"area": "moon"}, "countries_site_area_known"),
        ({"contact": "write to us"}, "countries_site_contact_form"),
        ({"contact": "http://example.org"}, "countries_site_contact_form"),
    ],
)
def test_rule_of_the_table_holds(fields: dict[str, str], rule: str) -> None:
    with pytest.raises(IntegrityError, match=rule), transaction.atomic():
        Site.objects.create(**fields)


@pytest.mark.parametrize(
    ("contact", "url"),
    [("", ""), ("a@example.org", "mailto:a@example.org"), ("https://example.org/@us", "https://example.org/@us")],
)
def test_contact_is_an_address_of_mail_or_web(contact: str, url: str) -> None:
    assert factories.site(contact=contact).contact_url == url


def test_text_that_is_missing_is_taken_from_another_language_or_the_name() -> None:
    site = factories.site(name_en="Water Observatory", name_pt="Observatório das Águas", lead_en="All of it.")
    with translation.override("es"):
        assert (site.name, str(site.headline), site.citation) == ("Water Observatory",) * 3
        assert (str(site.lead), site.lead.is_fallback) == ("All of it.", True)
    with translation.override("pt"):
        assert (site.name, str(site.headline)) == ("Observatório das Águas",) * 2


def test_site_without_a_row_has_a_name_and_the_world() -> None:
    public_version()
    assert (current_site().name, current_site().area) == ("Observatory", "world")


def test_what_must_not_ask_takes_the_site_as_it_was_last_known(django_assert_num_queries: Any) -> None:
    factories.site(name_en="Known")
    public_version()
    factories.site(name_en="Newer")
    with django_assert_num_queries(0):
        assert last_known_site().site.name == "Known"


def test_list_leads_to_the_one_row_and_adds_it_where_there_is_none() -> None:
    editor = signed_in(factories.editor())
    assert editor.get(LIST)["Location"] == f"{LIST}add/"
    sent = admin_forms.shown(editor, f"{LIST}add/", "site_form") | {"name_en": "Water Observatory"}
    assert admin_forms.errors(editor.post(f"{LIST}add/", sent)) == []
    assert editor.get(LIST)["Location"] == PAGE
    assert editor.get(f"{LIST}add/").status_code == 403
    assert editor.get("/admin/countries/site/site/delete/").status_code == 403


def test_editor_changes_what_every_page_bears(client: Client) -> None:
    factories.site(name_en="Before", headline_en="How it was")
    assert "Before" in client.get("/about/").text
    editor = signed_in(factories.editor())
    sent = admin_forms.shown(editor, PAGE, "site_form")
    sent |= {"name_en": "After & More", "headline_en": "", "contact": "us"}
    assert admin_forms.errors_by_field(editor.post(PAGE, sent)) == {
        "contact": ["Write an e-mail address, or one that begins with https://."]
    }
    assert editor.post(PAGE, sent | {"contact": ""}).status_code == 302
    home = client.get("/").text
    assert "<h1>After &amp; More</h1>" in home
    assert "<title>After &amp; More · After &amp; More</title>" in home
    assert "Before" not in home
    history = editor.get("/admin/countries/site/site/history/").text
    assert "How it was" in history


def test_analyst_reads_the_site() -> None:
    factories.site(name_en="Read only")
    analyst = signed_in(factories.user(group="analyst"))
    page = analyst.get(PAGE)
    assert (page.status_code, "Read only" in page.text) == (200, True)
    assert "name_en" not in admin_forms.held(page, "site_form")
    assert analyst.post(PAGE, {"name_en": "Forged"}).status_code == 403
    assert Site.objects.get().name_en == "Read only"


def test_first_role_is_added_from_the_page_of_the_site() -> None:
    factories.site()
    editor = signed_in(factories.editor())
    assert "None, so no page mentions roles." in editor.get(PAGE).text
    sent = {"key": "emitter", "position": "1", "label_en": "Emitter", "label_es": "Emisor", "label_pt": "Emissor"}
    assert admin_forms.errors(editor.post("/admin/countries/role/add/", sent)) == []
    assert '<a href="/admin/countries/role/">Emitter</a>' in editor.get(PAGE).text
    public_version()  # outside of tests, the next page does this
    assert '<a href="/admin/countries/role/"' in editor.get("/admin/").text


@pytest.mark.owner
def test_site_is_read_while_an_upgrade_has_changed_its_columns() -> None:
    factories.site(name_en="Known")
    with connection.cursor() as cursor:
        cursor.execute("alter table countries_site add column motto text default 'new', drop column tagline_es")
    public_version()
    assert (current_site().name, str(current_site().tagline)) == ("Known", "")
