"""The pages of the archive: their content, what they do not reveal, and their number of queries."""

import csv
import hashlib
import io
import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.html import strip_tags

from measures.archive import broken_links, details
from measures.archive.models.capture import archive_storage
from measures.archive.showing import LONGEST_QUOTATION
from measures.models import Capture, Citation, Measure, QuoteCheck, Source
from measures.views import source_listing
from tests import factories as make

pytestmark = pytest.mark.django_db

HTML = b"<script>alert(1)</script><p>Se ordena la cuarentena.</p>"


def words(response: Any) -> str:
    """The text of a page, without markup, links to report an error, and with collapsed spaces."""
    html = re.sub(r"<(script|style|svg)\b.*?</\1>", " ", response.content.decode(), flags=re.DOTALL)
    html = re.sub(r'<a class="report-field-link".*?</a>', " ", html)
    return re.sub(r"\s+", " ", strip_tags(html)).strip()


def keys(response: Any) -> list[str]:
    """The documents of a list, in order."""
    return re.findall(r'<li id="document-([a-z0-9-]+)"', response.content.decode())


def queries(client: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return len(captured)


def cited(*, country: str = "PER", quote: str = "", **fields: Any) -> Source:
    """A source that a published entry of a country cites."""
    source = make.source(**fields)
    measure = make.measure(country=make.country(iso3=country), sources=())
    Citation.objects.create(measure=measure, source=source, quote=quote)
    return source


def kept(source: Source, text: str = "", *, body: bytes | None = None, day: int = 0, **fields: Any) -> Capture:
    """A capture of a source, with its text."""
    capture = make.capture(source=source, body=body or text.encode(), captured_at=day, **fields)
    make.document_text(capture=capture, text=text)
    return capture


# The list


def test_list_tells_of_each_document_what_it_is(client: Client) -> None:
    source = cited(title="Ley 30500", kind="news", publisher="El Comercio", published="2020-05", language="es")
    make.link(source=source, state="gone", since="2024-03-01T00:00Z", checked_at="2024-04-02T00:00Z")
    kept(source, "Texto")
    said = words(client.get("/archive/"))
    assert "1 document: the archive has copies of 1." in said
    assert (
        "Ley 30500 News article El Comercio May 2020 Spanish Peru supports 1 entry"
        " Broken since 1 March 2024, checked on 2 April 2024 copy of 1 January 2021" in said
    )


def test_list_names_international_bodies(client: Client) -> None:
    source = cited(title="Global Compact")
    Measure.objects.filter(citations__source=source).update(
        country=None, level="supranational", public_id="INT-00001", kind="soft_law"
    )
    assert "International bodies supports 1 entry" in words(client.get("/archive/"))


def test_list_says_what_is_missing(client: Client) -> None:
    cited(title="Alone", language="")
    said = words(client.get("/archive/"))
    assert "1 document: no copy yet." in said
    assert "Alone Official gazette Peru supports 1 entry Not checked yet no copy yet" in said


def test_search_shows_where_the_text_answers(client: Client) -> None:
    source = cited(title="Gaceta <b>")
    kept(source, "Nada. " * 500 + "Se ordena la <i>cuarentena</i> & el cierre. " + "Nada. " * 500)
    html = client.get("/archive/?q=cuarentenas").content.decode()
    assert "&lt;i&gt;<mark>cuarentena</mark>&lt;/i&gt; &amp; el cierre." in html
    assert "Gaceta &lt;b&gt;" in html
    assert len(re.search(r'<p class="excerpt"[^>]*>(.*?)</p>', html, re.DOTALL)[1]) < 400  # type: ignore[index]  # else it fails


def test_search_that_an_older_copy_answers_says_so(client: Client) -> None:
    source = cited(title="Gaceta", language="es")
    kept(source, "Se ordena la cuarentena y el cierre.", day=1)
    kept(source, "Se ordena la cuarentena, sin más.", day=2)
    kept(source, "Página no encontrada", day=3)
    response = client.get("/archive/?q=cuarentena")
    assert "Your words are in an older copy, of 3 January 2021, and not in the current one" in words(response)
    assert "Se ordena la <mark>cuarentena</mark>, sin más." in response.text
    assert "older copy" not in words(client.get("/archive/?q=encontrada"))


def test_search_that_the_title_answers_shows_no_excerpt(client: Client) -> None:
    kept(cited(title="Gaceta"), "Otra cosa")
    html = client.get("/archive/?q=gaceta").content.decode()
    assert "<mark>Gaceta</mark>" in html
    assert 'class="excerpt"' not in html


def test_filters_narrow_and_are_counted(client: Client) -> None:
    one = cited(kind="news")
    cited()
    response = client.get("/archive/?kind=news")
    assert keys(response) == [one.key]
    said = words(response)
    assert "1 of 2 documents" in said
    assert "Filter documents 1 selected" in said
    assert "1 document Official gazette" not in said


def test_bad_parameters_are_named_and_nothing_is_shown(client: Client) -> None:
    cited()
    response = client.get("/archive/?colour=red&kind=newz")
    assert (response.status_code, keys(response)) == (400, [])
    assert "Kind of document (kind): “newz” is not available here. Did you mean “news”?" in words(response)


def test_no_result_says_what_to_try(client: Client) -> None:
    cited()
    said = words(client.get("/archive/?q=zeppelin"))
    assert "No document matches" in said
    for hint in ("remove a filter", "check the spelling", "use fewer words", "language of the document"):
        assert hint in said


def test_list_is_parted_into_pages(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source_listing, "PAGE_SIZE", 2)
    for _ in range(3):
        cited()
    first, second = client.get("/archive/"), client.get("/archive/?page=2")
    assert (len(keys(first)), len(keys(second))) == (2, 1)
    assert "Documents, page 2 of 2" in words(second)
    assert 'href="/archive/?page=2#list"' in first.content.decode()
    assert client.get("/archive/?page=3").status_code == 400


@pytest.mark.parametrize("query", ["", "?q=decreto", "?country=PER&kind=official_gazette&link=gone&q=decreto"])
def test_queries_of_the_list_are_fixed(client: Client, query: str) -> None:
    def add(number: int) -> None:
        source = cited(title=f"Decreto {number}", publisher=f"Publisher {number}")
        make.link(source=source, state="gone")
        kept(source, f"Decreto número {number}")

    add(0)
    queries(client, f"/archive/{query}")
    before = queries(client, f"/archive/{query}")
    for number in range(1, 30):
        add(number)
    assert queries(client, f"/archive/{query}") == before


def test_file_has_the_rows_of_the_list(client: Client) -> None:
    source = cited(title="Ley", kind="news", url="https://a.example/1")
    Citation.objects.create(measure=make.measure(country=make.country(iso3="ECU"), sources=()), source=source)
    make.draft(country=make.country(iso3="VEN"), sources=(source,))
    capture = kept(source, "Uno")
    newest = kept(source, "Dos", day=1)
    make.link(source=source, state="moved", moved_to="https://b.example/", since="2024-03-01T00:00Z")
    cited(kind="bill_file")
    response = client.get("/archive.csv?kind=news")
    assert response["Content-Disposition"] == 'attachment; filename="archive.csv"'
    rows = list(csv.DictReader(io.StringIO(b"".join(response).decode())))
    assert [
        {name: row[name] for name in ("title", "countries", "measures", "captures", "sha256", "size", "link_state")}
        for row in rows
    ] == [
        {
            "title": "Ley",
            "countries": "ECU|PER",
            "measures": "2",
            "captures": "2",
            "sha256": newest.sha256,
            "size": "3",
            "link_state": "moved",
        }
    ]
    assert rows[0]["link_since"] == "2024-03-01T00:00:00.000000Z"
    assert rows[0]["captured_at"] == "2021-01-02T00:00:00.000000Z"
    assert capture.sha256 not in rows[0].values()
    assert client.get("/archive.csv?kind=newz").status_code == 400


# A source


def test_document_tells_its_facts(client: Client) -> None:
    make.site()
    source = cited(
        title="Ley",
        publisher="Editora",
        url="https://a.example/x?y=1&z",
        published="2020?",
        accessed_on="2020-06-01",
        rights="link_only",
    )
    make.link(source=source, state="moved", moved_to="https://b.example/x", since="2024-03-01T00:00Z")
    response = client.get(f"/archive/{source.key}/")
    said = words(response)
    for fact in ("Has moved since 1 March 2024", "Publisher Editora", "Published 2020", "Accessed on 1 June 2020"):
        assert fact in said
    html = response.content.decode()
    assert 'href="https://a.example/x?y=1&amp;z"' in html
    assert 'href="https://b.example/x"' in html
    assert 'href="https://web.archive.org/web/20200601/https://a.example/x?y=1&amp;z"' in html
    assert (
        f"Cite this document Editora (2020). Ley. Recorded in the Mobility Policy Observatory. http://testserver/archive/{source.key}/"
        in said
    )


def test_document_names_what_it_supports_with_quote_and_its_place(client: Client) -> None:
    source = cited(title="Ley")
    measure = make.measure(title_en="The decree", sources=())
    citation = Citation.objects.create(
        measure=measure, source=source, locator="art. 3", quote="Queda prohibido", field="summary"
    )
    QuoteCheck.objects.create(
        citation=citation, quote="Queda prohibido", state="found", page=7, checked_at="2024-01-01T00:00Z"
    )
    make.draft(title_en="Hidden decree", sources=(source,))
    said = words(client.get(f"/archive/{source.key}/"))
    assert (
        f"The decree Possibly in force · Peru · From 14 April 2020 · {measure.public_id} · art. 3 · supports: Summary"
        " Queda prohibido Found in the kept copy, page 7" in said
    )
    assert "Queda prohibido Found in the kept copy, page 7" in said
    assert "Hidden decree" not in said


@pytest.mark.parametrize(
    ("check", "expected"),
    [
        (None, "Not looked for yet"),
        ({"quote": "Other words", "state": "found"}, "Not looked for yet"),
        ({"state": "not_found"}, "Not found in the kept copy"),
        ({"state": "no_longer"}, "Only in an earlier copy"),
        ({"state": "not_checkable"}, "Not checkable: no readable copy"),
    ],
)
def test_evidence_of_a_quote_is_in_words(client: Client, check: dict[str, str] | None, expected: str) -> None:
    source = cited(quote="Queda prohibido")
    if check is not None:
        fields = {"quote": "Queda prohibido"} | check
        QuoteCheck.objects.create(citation=source.citations.get(), checked_at="2024-01-01T00:00Z", **fields)
    assert f"Queda prohibido {expected}" in words(client.get(f"/archive/{source.key}/"))
    measure = Measure.objects.get()
    said = words(client.get(f"/measures/{measure.public_id}/"))
    assert re.search(f"What the source says Queda prohibido .* · {expected} ", said)


def test_copies_show_hash_time_and_what_changed(client: Client) -> None:
    source = cited(title="Page", language="es")
    first = kept(source, "Artículo 1\nHasta el 30 de mayo.")
    second = kept(source, "Artículo 1\nHasta el 15 de junio.", day=31)
    response = client.get(f"/archive/{source.key}/")
    said = words(response)
    assert f"1 February 2021, 00:00 UTC text/html · {second.size} bytes · Fetched from its address" in said.replace(
        "\xa0", " "
    )
    assert said.index(second.sha256) < said.index(first.sha256)
    assert "1 line added , 1 removed since the previous copy" in said.replace("added,", "added ,")
    html = response.content.decode()
    assert "<ins>Hasta el <b>15</b> de <b>junio</b>.</ins>" in html
    assert "<del>Hasta el <b>30</b> de <b>mayo</b>.</del>" in html
    assert "sha256sum" in said
    assert "The first copy." in said


def test_copy_that_may_not_be_shown_is_quoted_alone(client: Client) -> None:
    text = "Palabra número " + " ".join(map(str, range(2000)))
    source = cited(rights="unknown")
    capture = kept(source, text)
    kept(source, "Todo es distinto " + " ".join(map(str, range(3000, 5000))), day=1)
    html = client.get(f"/archive/{source.key}/").content.decode()
    assert capture.sha256 in html
    assert f"/archive/{source.key}/{capture.sha256}" not in html
    longest = max(re.findall(r">([^<>]*)<", html), key=len)
    assert len(longest) <= LONGEST_QUOTATION + 2


def test_oldest_copies_are_listed_without_comparison(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(details, "MOST_COMPARED", 1)
    source = cited()
    for number in range(3):
        kept(source, f"Text {number}", day=number)
    said = words(client.get(f"/archive/{source.key}/"))
    assert said.count("since the previous copy") == 1
    assert said.count("Its text was not compared with the previous copy.") == 1


def test_queries_of_a_document_are_fixed(client: Client) -> None:
    source = cited(quote="Words")

    def add(number: int) -> None:
        kept(source, f"Text {number}", day=number)
        citation = Citation.objects.create(
            measure=make.measure(country=make.country(), topics=(f"topic{number}",), sources=()),
            source=source,
            quote="Words",
        )
        QuoteCheck.objects.create(citation=citation, quote="Words", state="found", checked_at="2024-01-01T00:00Z")

    add(0)
    queries(client, f"/archive/{source.key}/")
    before = queries(client, f"/archive/{source.key}/")
    for number in range(1, 20):
        add(number)
    assert queries(client, f"/archive/{source.key}/") == before


@pytest.mark.parametrize("workflow", ["stub", "draft", "in_review", "retired"])
def test_document_of_no_published_entry_is_not_found(client: Client, workflow: str) -> None:
    source = make.source(rights="show")
    make.measure(workflow=workflow, sources=(source,))
    capture = kept(source, "Words")
    assert client.get(f"/archive/{source.key}/").status_code == 404
    assert client.get(f"/archive/{source.key}/{capture.sha256}").status_code == 404


# A capture


def test_copy_is_sent_as_bytes_that_no_browser_runs(client: Client) -> None:
    source = cited(key="ley-1", rights="show")
    capture = kept(source, "Words", body=HTML)
    response = client.get(f"/archive/ley-1/{capture.sha256}")
    assert (response.status_code, b"".join(response)) == (200, HTML)
    name = f"ley-1-2021-01-01-{capture.sha256[:8]}.html"
    assert {header: response[header] for header in HEADERS} == HEADERS | {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Content-Length": str(len(HTML)),
    }
    assert hashlib.sha256(HTML).hexdigest() == capture.sha256


HEADERS = {
    "Content-Type": "application/octet-stream",
    "Content-Disposition": "",
    "Content-Length": "",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cache-Control": "no-store",
    "X-Frame-Options": "DENY",
}


@pytest.mark.parametrize(
    "media_type", ["application/pdf", "image/svg+xml", "application/xhtml+xml", "../../etc/passwd"]
)
def test_copy_of_any_type_is_sent_as_mere_bytes(client: Client, media_type: str) -> None:
    source = cited(key="ley-1", rights="show")
    capture = kept(source, "Words", media_type=media_type)
    response = client.get(f"/archive/ley-1/{capture.sha256}")
    assert b"".join(response) == b"Words"
    assert response["Content-Type"] == "application/octet-stream"
    name = f"ley-1-2021-01-01-{capture.sha256[:8]}"
    assert re.fullmatch(rf'attachment; filename="{name}\.[a-z]+"', response["Content-Disposition"])


@pytest.mark.parametrize("rights", ["link_only", "unknown"])
def test_copy_without_the_right_to_show_it_is_not_found(client: Client, rights: str) -> None:
    source = cited(rights="show")
    capture = kept(source, "Words")
    address = f"/archive/{source.key}/{capture.sha256}"
    assert f'href="{address}"' in client.get(f"/archive/{source.key}/").content.decode()
    Source.objects.filter(pk=source.pk).update(rights=rights)
    assert client.get(address).status_code == 404
    assert address not in client.get(f"/archive/{source.key}/").content.decode()


def test_copy_is_found_under_its_own_source_and_hash_alone(client: Client) -> None:
    one, two = cited(rights="show"), cited(rights="show")
    capture = kept(one, "Words")
    assert client.get(f"/archive/{two.key}/{capture.sha256}").status_code == 404
    assert client.get(f"/archive/{one.key}/{'0' * 64}").status_code == 404
    assert client.get(f"/archive/{one.key}/passwd").status_code == 404


def test_copy_whose_file_is_missing_is_not_found(client: Client) -> None:
    source = cited(rights="show")
    capture = kept(source, "Words")
    archive_storage().delete(str(capture.file.name))
    assert client.get(f"/archive/{source.key}/{capture.sha256}").status_code == 404


# Broken links


def test_broken_links_stand_by_country_gone_first(client: Client) -> None:
    for title, state, country in (
        ("Moved page", "moved", "PER"),
        ("Gone page", "gone", "PER"),
        ("Working page", "alive", "PER"),
        ("Gone in Ecuador", "gone", "ECU"),
    ):
        source = cited(title=title, country=country)
        make.link(source=source, state=state, moved_to="https://b.example/" if state == "moved" else "")
    hidden = make.source(title="Hidden page")
    make.draft(sources=(hidden,))
    make.link(source=hidden, state="gone")
    said = words(client.get("/archive/links/broken/"))
    order = [said.index(text) for text in ("Ecuador 1", "Gone in Ecuador", "Peru 2", "Gone page", "Moved page")]
    assert order == sorted(order)
    assert "Working page" not in said
    assert "Hidden page" not in said


def test_links_beyond_the_most_are_left_to_the_filter(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(broken_links, "MOST_OF_A_COUNTRY", 1)
    for _ in range(2):
        make.link(source=cited(), state="gone")
    html = client.get("/archive/links/broken/").content.decode()
    assert 'href="/archive/?country=PER&amp;link=gone&amp;link=moved"' in html
    assert len(keys(client.get("/archive/?country=PER&link=gone&link=moved"))) == 2


def test_without_broken_links_the_page_says_so(client: Client) -> None:
    cited()
    assert "There are no known broken links." in words(client.get("/archive/links/broken/"))


def test_queries_of_broken_links_are_fixed(client: Client) -> None:
    make.link(source=cited(), state="gone")
    queries(client, "/archive/links/broken/")
    before = queries(client, "/archive/links/broken/")
    for _ in range(10):
        make.link(source=cited(country="ECU"), state="gone")
    assert queries(client, "/archive/links/broken/") == before


# The page of a measure


def test_measure_leads_to_the_archive_and_tells_of_link_and_copy(client: Client) -> None:
    source = cited(title="Ley", url="https://a.example/1")
    make.link(source=source, state="gone", since="2024-03-01T00:00Z", checked_at="2024-04-02T00:00Z")
    kept(source, "Uno")
    kept(source, "Dos", day=31)
    response = client.get(f"/measures/{Measure.objects.get().public_id}/")
    html = response.content.decode()
    assert f'<a href="/archive/{source.key}/" lang="es">Ley</a>' in html
    assert 'href="https://a.example/1"' in html
    assert f'href="/archive/{source.key}/#copies"' in html
    assert (
        "See the kept copy : Ley 2 copies, the last of 1 February 2021"
        " Original : Ley Broken since 1 March 2024, checked on 2 April 2024"
    ) in words(response).replace(": Ley", " : Ley")
