"""Spellings of one address: one source by form and by import, the page as its locator, and what is opened stays."""

from itertools import product
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from measures.archive.addresses import source_at, twins, typed
from measures.models import Citation, Source, address_key
from tests import admin_forms, factories
from tests.clients import signed_in
from tests.csv_files import MEASURE, counts, export, run

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def vocabulary() -> None:
    """What the rows of these tests name."""
    factories.country()
    factories.topic(key="health.access")


TYPED = [
    ("https://www.gob.example/normas/123?utm_source=x&id=7", "a", ""),
    ("http://gob.example/normas/123?id=7", "a", ""),
    ("https://gob.example:443/normas/123/?id=7&fbclid=1", "a", ""),
    ("https://www.gob.example/normas/123?id=8", "b", ""),
    ("https://www.gob.example/doc.pdf#page=3", "c", "p. 3"),
    ("https://WWW.Gob.Example:443/doc.pdf", "c", ""),
    ("https://gob.example/a/../doc.pdf?fbclid=abc", "c", ""),
    ("https://www.gob.example/Doc.pdf", "d", ""),
    ("https://münchen.example/x", "e", ""),
    ("https://xn--mnchen-3ya.example/x", "e", ""),
    ("https://web.archive.org/web/20200401000000/https://gob.example/n", "f", ""),
    ("https://web.archive.org/web/20200401000000id_/http://www.gob.example/n", "f", ""),
    ("https://gob.example/n", "f", ""),
    ("https://app.example/#/norma/5", "g", ""),
    ("https://app.example/#/norma/6", "h", ""),
    ("https://gob.example/a%C3%B1o%7E1", "i", ""),
    ("https://gob.example/año~1", "i", ""),
    ("https://gob.example/a%c3%b1o%7e1#art3", "i", ""),
    ("https://gob.example/visor#id=1", "j", ""),
    ("https://gob.example/visor#id=2", "k", ""),
    ("https://gob.example/norma?ref=DL-1350", "l", ""),
    ("https://gob.example/norma?ref=DL-1351", "m", ""),
]
"""Each with the document that it leads to, and the place in it."""


def _key(address: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute("select address_key(%s)", [address])
        return str(cursor.fetchone()[0])


def test_addresses_have_one_key_if_they_lead_to_one_document() -> None:
    keys: dict[str, set[str]] = {}
    for address, document, _locator in TYPED:
        keys.setdefault(document, set()).add(_key(address))
    assert {document: len(found) for document, found in keys.items()} == dict.fromkeys(keys, 1)
    assert len(set.union(*keys.values())) == len(keys)


@pytest.mark.parametrize("address", ["", "no address", "https://", "http://%zz/", "https://a.example:80:80/", "//x"])
def test_every_text_has_a_key(address: str) -> None:
    assert _key(address) is not None


@given(st.text(st.characters(categories=["Ll", "Lo"]), min_size=1, max_size=20))
def test_label_in_other_letters_is_written_as_idna_writes_it(label: str) -> None:
    expected = label if label.isascii() else f"xn--{label.encode('punycode').decode()}"
    with connection.cursor() as cursor:
        cursor.execute("select ascii_label(%s)", [label])
        assert cursor.fetchone()[0] == expected


@pytest.mark.parametrize(
    ("pasted", "url", "locator"),
    [
        (" https://a.example/d.pdf#page=12 ", "https://a.example/d.pdf", "p. 12"),
        ("https://a.example/d.pdf#zoom=100&page=2", "https://a.example/d.pdf", "p. 2"),
        ("https://a.example/d.pdf#zoom=100", "https://a.example/d.pdf", ""),
        ("https://a.example/d#:~:text=shut", "https://a.example/d", ""),
        ("https://a.example/#/page=3", "https://a.example/#/page=3", ""),
        ("https://a.example/d?page=3", "https://a.example/d?page=3", ""),
        ("https://a.example/d?utm_source=x#art-3", "https://a.example/d?utm_source=x#art-3", ""),
    ],
)
def test_place_in_a_document_is_told_from_its_address(pasted: str, url: str, locator: str) -> None:
    assert (typed(pasted).url, typed(pasted).locator) == (url, locator)


def test_spellings_pasted_into_the_form_become_one_source_each() -> None:
    client = signed_in(factories.analyst())
    pasted = [row for row in TYPED if row[1] in ("a", "c")]  # every spelling goes through a file below
    for address, _document, locator in pasted:
        draft = factories.draft(sources=())
        path = f"/admin/measures/measure/{draft.pk}/change/"
        response = client.post(path, admin_forms.shown(client, path) | {"citations-0-new_url": address})
        assert admin_forms.errors(response) == []
        citation = draft.citations.get()
        assert (citation.locator, citation.source.url_key) == (locator, _key(address))
    assert Source.objects.count() == 2
    assert {source.url for source in Source.objects.all()} == {typed(pasted[0][0]).url, typed(pasted[3][0]).url}


def test_spellings_in_a_file_become_one_source_each(tmp_path: Path) -> None:
    rows = [
        MEASURE | {"reference": f"{number}-2020", "sources": address}
        for number, (address, _document, _locator) in enumerate(TYPED)
    ]
    assert counts(run(tmp_path, rows[:5])) == (5, 0, 0, 0)  # those of the other rows are known in part
    assert counts(run(tmp_path, rows)) == (len(rows) - 5, 0, 5, 0)
    assert counts(run(tmp_path, rows)) == (0, 0, len(rows), 0)
    assert Source.objects.count() == len({document for _address, document, _locator in TYPED})
    cited = {c.measure.reference: (c.locator, c.source.url_key) for c in Citation.objects.select_related()}
    assert cited == {f"{n}-2020": (locator, _key(address)) for n, (address, _d, locator) in enumerate(TYPED)}


def test_pages_of_one_document_in_one_cell_are_two_citations(tmp_path: Path) -> None:
    cell = "https://a.example/d.pdf#page=3|http://www.a.example/d.pdf#page=7"
    assert counts(run(tmp_path, [MEASURE | {"reference": "1-2020", "sources": cell}])) == (1, 0, 0, 0)
    assert sorted(Citation.objects.values_list("locator", flat=True)) == ["p. 3", "p. 7"]
    assert Source.objects.count() == 1
    assert counts(run(tmp_path, [MEASURE | {"reference": "1-2020", "sources": cell}])) == (0, 0, 1, 0)


def test_export_imported_again_changes_nothing_where_two_sources_have_one_address(tmp_path: Path) -> None:
    pair = [factories.source(url="https://a.example/d"), factories.source(url="http://www.a.example/d/")]
    factories.measure(sources=tuple(pair))
    assert counts(run(tmp_path, export())) == (0, 0, 1, 0)


def test_other_spelling_is_refused_for_a_new_source_and_names_the_known_one() -> None:
    known = factories.source(url="https://www.a.example/d", title="Gazette of May")
    with pytest.raises(ValidationError, match=r"“Gazette of May” has this address, in another spelling"):
        Source(url="http://a.example/d/?utm_source=x", title="Again").full_clean()
    known.title = "Renamed"
    known.full_clean()


def test_other_spelling_in_a_file_of_sources_is_refused_by_row(tmp_path: Path) -> None:
    factories.source(key="known", url="https://www.a.example/d")
    header = {"kind": "news", "title": "A"}
    rows = [
        header | {"key": "one", "url": "http://a.example/d"},
        header | {"key": "two", "url": "https://b.example/d"},
        header | {"key": "three", "url": "http://b.example/d/"},
        header | {"key": "four", "url": "https://c.example/"},
    ]
    report = run(tmp_path, rows, file="sources")
    assert {problem.row for problem in report.problems} == {2, 3, 4}
    assert counts(run(tmp_path, rows, file="sources", keep_identifiers=True)) == (4, 0, 0, 0)
    assert {source.key for source in twins()} == {"known", "one", "two", "three"}


def test_source_is_found_preferably_by_its_own_spelling() -> None:
    spellings = ["".join(parts) for parts in product(("http://", "https://www."), ("a.example/d",), ("", "/"))]
    made = [factories.source(url=url) for url in spellings]
    assert [source_at(url) for url in spellings] == made
    assert source_at("https://a.example/d") == made[0]
    assert source_at("https://a.example/e") is None


def test_former_address_of_a_source_still_finds_it(tmp_path: Path) -> None:
    source = factories.source(url="https://a.example/d")
    source.url = "https://b.example/moved"
    source.save()
    assert source_at("http://www.a.example/d") == source
    assert counts(run(tmp_path, [MEASURE | {"sources": "http://a.example/d/#page=2"}])) == (1, 0, 0, 0)
    assert [(c.source, c.locator) for c in Citation.objects.all()] == [(source, "p. 2")]
    other = factories.source(url="https://a.example/d")
    assert source_at("https://a.example/d") == other


def test_sources_with_one_address_wait_in_a_queue() -> None:
    client = signed_in(factories.editor())
    factories.source(url="https://a.example/d", title="First of two")
    factories.source(url="http://a.example/d", title="Second of two")
    factories.source(title="Alone")
    assert "Sources with one address" in client.get("/admin/").text
    listed = client.get("/admin/measures/source/?queue=twins").text
    assert ("First of two" in listed, "Second of two" in listed, "Alone" in listed) == (True, True, False)


def test_key_is_kept_by_the_database_however_an_address_is_written() -> None:
    source = factories.source(url="https://www.a.example/d")
    Source.objects.filter(pk=source.pk).update(url="http://b.example/?utm_source=x")
    assert Source.objects.filter(url_key=address_key("https://b.example")).get() == source
