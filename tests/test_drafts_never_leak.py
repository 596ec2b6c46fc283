"""Unpublished entries appear at no public URL.

Every URL of the URLconf outside of the admin has its cases here; a new one without cases fails the first test.
"""

import io
import zipfile
from collections.abc import Iterable, Sequence
from urllib.parse import quote, unquote

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import translation

from measures.choices import Workflow
from measures.models import Capture, Measure, Source
from observatory.home.record_map import COUNTS
from tests import factories

pytestmark = pytest.mark.django_db

RELATIVE = "Published relative"
WORD = "zanahoria"
REFERENCE = "N° 099887-2020-ZANAHORIA"
TITLES = (f"decree on {WORD}", f"decreto sobre {WORD}", f"decreto sobre a {WORD}")
SECRETS = (
    *TITLES,
    f"the {WORD} act",
    f"regula la {WORD}",
    f"it regulates {WORD}",
    f"gazette of {WORD}",
    f"press of {WORD}",
    f"kept text on {WORD}",
    f"{WORD}.example",
)
"""Texts of the entry in lower case; a page may echo a search word, but none of these."""
LANGUAGES = ("en", "es", "pt")

SEARCHES = (
    "",
    f"?q={WORD}",
    f"?q={quote(REFERENCE)}",
    "?topic=health.access&status=in_force",
    "?from=2020-04&to=2020-04",
)
MAPS = ("", *(f"?indicator={key}&on=2020-05-15" for key in COUNTS))

ARCHIVE_SEARCHES = (
    "",
    f"?q={WORD}",
    f"?publisher=Press+of+{WORD[:-1]}",
    "?link=gone&language=es&year=2020",
)


def _addresses(entries: Sequence[Measure]) -> dict[str, list[str]]:
    """Every public address at which `entries` might show, in the active language, by the name of its pattern."""
    country, listing = reverse("country", args=["peru"]), reverse("measures")
    return {
        "healthz": [reverse("healthz")],
        "readyz": [reverse("readyz")],
        "robots": [reverse("robots")],
        "security_txt": [reverse("security_txt")],
        "security_policy": [reverse("security_policy")],
        "sitemaps": [reverse("sitemaps")],
        "sitemap": [reverse("sitemap", args=[section]) for section in ("pages", "countries", "measures", "sources")],
        "picture": [reverse("picture", args=["peru.jpg"])],
        "home": [reverse("home") + search for search in MAPS],
        "map_csv": [reverse("map_csv") + search for search in MAPS],
        "countries": [reverse("countries")],
        "about": [reverse("about")],
        "accessibility": [reverse("accessibility")],
        "country": [country + search for search in SEARCHES],
        "profile": [reverse("profile", args=["peru"]), reverse("profile", args=["peru"]) + "?as_of=2020"],
        "series_csv": [reverse("series_csv", args=["peru"]) + "?series=immigrant_stock"],
        "series_svg": [reverse("series_svg", args=["peru"]) + "?series=immigrant_stock"],
        "measures": [listing + search for search in (*SEARCHES, *(f"?q={entry.public_id}" for entry in entries))],
        "measure": [
            reverse("measure", args=[public_id]) for public_id in (_relative(), *(entry.public_id for entry in entries))
        ],
        "reference": [reverse("reference", args=[text]) for text in (REFERENCE, "99887", "99887-2020-zanahoria")],
        "measures_csv": [reverse("measures_csv") + search for search in SEARCHES],
        "measures_xlsx": [reverse("measures_xlsx") + search for search in SEARCHES],
        "archive": [reverse("archive") + search for search in ARCHIVE_SEARCHES],
        "archive_csv": [reverse("archive_csv") + search for search in ARCHIVE_SEARCHES],
        "broken_links": [reverse("broken_links")],
        "source": [reverse("source", args=[source.key]) for source in Source.objects.all()],
        "kept_copy": [reverse("kept_copy", args=[kept.source.key, kept.sha256]) for kept in Capture.objects.all()],
    }


SHOWN_AT = {
    "sitemap",
    "home",
    "country",
    "measures",
    "measure",
    "measures_csv",
    "measures_xlsx",
    "reference",
    "archive",
    "archive_csv",
    "broken_links",
    "source",
    "kept_copy",
}


def _entry(workflow: Workflow, *, is_named: bool = True) -> Measure:
    """An entry with a word of its own in every text, tied to a published one, which names it in return."""
    entry = factories.measure(
        workflow=workflow,
        title_en=f"Decree on {WORD}",
        title_es=f"Decreto sobre {WORD}",
        title_pt=f"Decreto sobre a {WORD}",
        short_title_en=f"The {WORD} act",
        official_title=f"Decreto que regula la {WORD}",
        summary_en=f"It regulates {WORD}.",
        reference=REFERENCE,
        provision=workflow.label,
        sources=(_source(workflow),),
        events=(("in_force", "2020-04-14"),),
    )
    relative = Measure.objects.filter(title_en=RELATIVE).first() or factories.measure(title_en=RELATIVE)
    factories.relation(subject=entry, object=relative)
    if is_named:
        factories.relation(subject=relative, object=entry, type="amends")
    return entry


def _source(workflow: Workflow) -> Source:
    """A source that may be shown, has a capture and a broken link."""
    source = factories.source(
        title=f"Gazette of {WORD}",
        publisher=f"Press of {WORD}",
        url=f"https://{WORD}.example/{workflow}",
        published="2020",
        rights="show",
    )
    factories.link(source=source, state="gone")
    text = f"Kept text on {WORD}, {workflow}"
    factories.document_text(capture=factories.capture(source=source, body=text.encode()), text=text)
    return source


def _relative() -> str:
    """The identifier of the published entry that each `_entry` is tied to."""
    return Measure.objects.get(title_en=RELATIVE).public_id


def _names(patterns: Iterable[URLPattern | URLResolver]) -> set[str]:
    """The name of each public URL pattern, or its route if it has no name."""
    names: set[str] = set()
    for pattern in patterns:
        if isinstance(pattern, URLPattern):
            names.add(pattern.name or str(pattern.pattern))
        elif pattern.namespace != "admin":
            names |= _names(pattern.url_patterns)
    return names


def _answer(path: str) -> str:
    """The response to an anonymous visitor, in lower case."""
    response = Client().get(path, follow=True)
    content = b"".join(response) if response.streaming else response.content
    return (_unpacked(content) if zipfile.is_zipfile(io.BytesIO(content)) else content).decode().lower()


def _unpacked(content: bytes) -> bytes:
    """Every part of a file, if it is a ZIP archive."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return b"\n".join(map(archive.read, archive.namelist()))


def _found_at(*entries: Measure, secrets: Sequence[str] | None = None) -> set[tuple[str, str]]:
    """The URLs, after the names of their patterns, whose responses reveal an entry: any text, or those `secrets`."""
    sought = [*SECRETS, REFERENCE.lower(), *_identifiers(entries)] if secrets is None else secrets
    return {
        (name, path)
        for language in LANGUAGES
        for name, paths in _addresses_in(language, entries).items()
        for path in paths
        if _tells(_answer(path), path, sought)
    }


def _identifiers(entries: Sequence[Measure]) -> list[str]:
    return [entry.public_id.lower() for entry in entries]


def _addresses_in(language: str, entries: Sequence[Measure]) -> dict[str, list[str]]:
    with translation.override(language):
        return _addresses(entries)


def _tells(text: str, path: str, secrets: Sequence[str]) -> bool:
    """Whether `text` contains one of `secrets`, all of which have capitals or digits if a request may name them."""
    asked = unquote(path).lower()
    return any(secret in text for secret in secrets if secret in SECRETS or secret not in asked)


def test_every_public_address_has_its_cases() -> None:
    assert set(_addresses([_entry(Workflow.PUBLISHED)])) == _names(get_resolver().url_patterns)


def test_hidden_entries_are_found_at_no_public_address() -> None:
    hidden = [_entry(workflow, is_named=workflow != Workflow.STUB) for workflow in Workflow if workflow != "published"]
    assert len(hidden) == 4
    assert _found_at(*hidden) == set()


def test_named_stub_is_found_by_its_title_and_identifier_alone() -> None:
    """On its own page and on that of the entry that names it; files have its identifier in that entry’s relations."""
    stub = _entry(Workflow.STUB)
    pages = {("measure", f"{prefix}/measures/{name}/") for prefix in ("", "/es", "/pt") for name in _named(stub)}
    assert _found_at(stub, secrets=TITLES) == pages
    assert {name for name, _path in _found_at(stub, secrets=_identifiers([stub]))} == {
        "measure",
        "measures_csv",
        "measures_xlsx",
    }
    assert _found_at(stub, secrets=[*(s for s in SECRETS if s not in TITLES), REFERENCE.lower()]) == set()


def _named(stub: Measure) -> tuple[str, str]:
    return stub.public_id, _relative()


@pytest.mark.parametrize("naming", [Workflow.STUB, Workflow.DRAFT, Workflow.IN_REVIEW, Workflow.RETIRED])
def test_stub_that_nothing_published_names_is_found_nowhere(naming: Workflow) -> None:
    stub = _entry(Workflow.STUB, is_named=False)
    factories.relation(subject=factories.measure(workflow=naming, title_en="Names it"), object=stub)
    assert _found_at(stub) == set()


def test_published_entry_is_found_by_the_same_search() -> None:
    """Otherwise the test above would prove nothing."""
    assert {name for name, _path in _found_at(_entry(Workflow.PUBLISHED))} == SHOWN_AT
