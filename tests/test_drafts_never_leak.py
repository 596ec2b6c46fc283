"""Unpublished entries appear at no public URL.

Every URL of the URLconf outside of the admin has its cases here; a new one without cases fails the first test.
"""

import io
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from urllib.parse import quote, unquote

import pyarrow.parquet as pq
import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone, translation
from django.utils.translation import get_language
from pytest_django import Settings

from foundation.records.models import Revision
from measures.choices import SYMMETRIC_RELATIONS, RelationType, Workflow
from measures.merging import merge
from measures.models import Capture, ErrorReport, Measure, PublicIdSequence, Release, Source, Subscription
from measures.vocabularies import VOCABULARIES
from measures.workflow import retire, send_back
from observatory.home.record_map import COUNTS
from observatory.sitemaps import SITEMAPS
from tests import admin_forms, factories
from tests.clients import content_of, signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("kept_index")]


@pytest.fixture(autouse=True)
def releases(settings: Settings, tmp_path: Path) -> None:
    settings.RELEASES_DIR = tmp_path


@pytest.fixture(autouse=True)
def numbers() -> None:
    """Identifiers that no document gives as an example."""
    PublicIdSequence.objects.create(prefix="PER", last=70_000)


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
COMPARISON = "?countries=PER,ECU"
MAPS = ("", *(f"?indicator={key}&on=2020-05-15" for key in COUNTS))

ARCHIVE_SEARCHES = (
    "",
    f"?q={WORD}",
    f"?publisher=Press+of+{WORD[:-1]}",
    "?link=gone&language=es&year=2020",
)


def public_addresses(entries: Sequence[Measure]) -> dict[str, list[str]]:
    """Every public address at which `entries` might show, in the active language, by the name of its pattern."""
    country, listing = reverse("country", args=["peru"]), reverse("measures")
    return {
        "healthz": [reverse("healthz")],
        "readyz": [reverse("readyz")],
        "robots": [reverse("robots")],
        "security_txt": [reverse("security_txt")],
        "security_policy": [reverse("security_policy")],
        "sitemaps": [reverse("sitemaps")],
        "sitemap": [reverse("sitemap", args=[section]) for section in SITEMAPS],
        "picture": [reverse("picture", args=["peru.jpg"])],
        "home": [reverse("home") + search for search in MAPS],
        "share_picture": [reverse("share_picture") + search for search in MAPS],
        "embed_map": [reverse("embed_map") + search for search in MAPS],
        "country_picture": [reverse("country_picture", args=["peru"])],
        "measure_picture": [reverse("measure_picture", args=[entry.public_id]) for entry in entries],
        "map_csv": [reverse("map_csv") + search for search in MAPS],
        "map_json": [reverse("map_json") + f"?indicator={key}" for key in COUNTS],
        "search": [reverse("search") + search for search in (*SEARCHES[:3], *(f"?q={e.public_id}" for e in entries))],
        "countries": [reverse("countries")],
        "about": [reverse("about")],
        "accessibility": [reverse("accessibility")],
        "country": [country + search for search in SEARCHES],
        "profile": [reverse("profile", args=["peru"]), reverse("profile", args=["peru"]) + "?as_of=2020"],
        "coverage": [reverse("coverage", args=["peru"])],
        "coverage_csv": [reverse("coverage_csv")],
        "seen_numbers_csv": [reverse("seen_numbers_csv")],
        "series_csv": [reverse("series_csv", args=["peru"]) + "?series=immigrant_stock"],
        "series_svg": [reverse("series_svg", args=["peru"]) + "?series=immigrant_stock"],
        "measures": [listing + search for search in (*SEARCHES, *(f"?q={entry.public_id}" for entry in entries))],
        "measure": [
            reverse("measure", args=[public_id]) for public_id in (_relative(), *(entry.public_id for entry in entries))
        ],
        "corrections": [reverse("corrections")],
        "measure_corrections": [reverse("measure_corrections", args=[each]) for each in (_relative(), *_ids(entries))],
        "measure_corrections_csv": [
            reverse("measure_corrections_csv", args=[each]) for each in (_relative(), *_ids(entries))
        ],
        "report": [
            f"{reverse('report')}?about={reverse('measure', args=[each])}" for each in (_relative(), *_ids(entries))
        ],
        "report_status": [reverse("report_status", args=[each.key]) for each in _reports(entries)],
        "follow": [reverse("follow") + search for search in SEARCHES],
        "follow_sent": [reverse("follow_sent")],
        **{name: [reverse(name, args=[_token()])] for name in ("subscription", "subscription_end")},
        "embed_country": [reverse("embed_country", args=["peru"]) + search for search in SEARCHES],
        "embed_measure": [reverse("embed_measure", args=[entry.public_id]) for entry in entries],
        "oembed": [
            f"{reverse('oembed')}?url={reverse('measure', args=[public_id])}"
            for public_id in (_relative(), *(entry.public_id for entry in entries))
        ],
        "reference": [reverse("reference", args=[text]) for text in (REFERENCE, "99887", "99887-2020-zanahoria")],
        **{name: [reverse(name) + search for search in SEARCHES] for name in FILES},
        "measures_atom": [reverse("measures_atom") + search for search in SEARCHES],
        "measures_csv_metadata": [reverse("measures_csv_metadata") + search for search in SEARCHES],
        **{name: [reverse(name) + search for search in SEARCHES] for name in PARTS},
        **_of_api(entries),
        "cite": [
            f"{reverse('cite', args=['csl'])}?url={quote(url)}"
            for url in ("/measures/", *(f"/measures/{entry.public_id}/" for entry in entries))
        ],
        **_of_releases(),
        **{
            name: [reverse(name)]
            for name in (
                *("data", "codebook", "codebook_csv", "codebook_changes_csv", "crosswalks", "crosswalks_csv"),
                *("api_docs", "measures_ics"),
            )
        },
        "compare": [reverse("compare") + COMPARISON],
        "compare_csv": [reverse("compare_csv", args=["timeline"]) + COMPARISON],
        "compare_svg": [reverse("compare_svg", args=["direction"]) + COMPARISON],
        "who": [reverse("who") + "?country=PER&nationality=PER&on=2020-05-15"],
        **{name: [reverse(name)] for name in ("agreement", "agreement_csv", "quality", "quality_csv")},
        **{name: [reverse(name, args=["peru"])] for name in ("quality_of_country", "quality_of_country_csv")},
        "archive": [reverse("archive") + search for search in ARCHIVE_SEARCHES],
        "archive_csv": [reverse("archive_csv") + search for search in ARCHIVE_SEARCHES],
        "broken_links": [reverse("broken_links")],
        "source": [reverse("source", args=[source.key]) for source in Source.objects.all()],
        "kept_copy": [reverse("kept_copy", args=[kept.source.key, kept.sha256]) for kept in Capture.objects.all()],
    }


def _token() -> str:
    """The secret of somebody who follows everything."""
    if not Subscription.objects.exists():
        factories.subscription(token=factories.TOKEN)
    return factories.TOKEN


def _ids(entries: Sequence[Measure]) -> list[str]:
    return [entry.public_id for entry in entries]


def _reports(entries: Sequence[Measure]) -> list[ErrorReport]:
    """A report on each entry, which was answered while the entry was public, and one that waits."""
    for entry in entries:
        if not entry.reports.exists():
            factories.error_report(measure=entry, text=f"Wrong in the {WORD} act")
            answered = {
                "state": "answered",
                "outcome": "stands",
                "question": f"Is it the {WORD} act?",
                "answer": "Yes.",
            }
            factories.error_report(measure=entry, answered_at=timezone.now(), **answered)
    return list(ErrorReport.objects.all())


def _of_releases() -> dict[str, list[str]]:
    """A release of what is public, every file of it once, and what changed since."""
    release = Release.objects.first() or factories.release()
    files = release.files if get_language() == "en" else ["measures.csv"]
    since = f"{reverse('changes')}?since={release}"
    return {
        "releases": [reverse("releases")],
        "release": [reverse("release", args=[release])],
        "release_file": [reverse("release_file", args=[release, file]) for file in files],
        "changes": [since],
        "api_releases": [reverse("api_releases")],
    }


def _of_api(entries: Sequence[Measure]) -> dict[str, list[str]]:
    lists = ("api_countries", "api_observations", "api_coverage", "api_seen_numbers")
    names = (*lists, "api_vocabularies", "api_schema", "api_root")
    return {
        **{name: [reverse(name)] for name in names},
        "api_nowhere": [reverse("api_nowhere", args=["none"])],
        "api_measures": [reverse("api_measures") + search for search in SEARCHES],
        "api_measure": [
            reverse("api_measure", args=[public_id])
            for public_id in (_relative(), *(entry.public_id for entry in entries))
        ],
        "api_sources": [reverse("api_sources") + search for search in ARCHIVE_SEARCHES],
        "api_source": [reverse("api_source", args=[source.key]) for source in Source.objects.all()],
        "api_vocabulary": [reverse("api_vocabulary", args=[name]) for name in VOCABULARIES],
    }


FILES = ("measures_csv", "measures_xlsx", "measures_ods", "measures_json", "measures_parquet")
PARTS = ("status_events_csv", "relations_csv", "citations_csv", "aliases_csv")
SHOWN_AT = {
    "sitemap",
    "home",
    "search",
    "country",
    "measures",
    "measure",
    "corrections",
    "measure_corrections",
    "report",
    "report_status",
    *FILES,
    "codebook",
    "codebook_csv",
    "release_file",
    "measures_atom",
    "cite",
    "api_measures",
    "api_measure",
    "api_sources",
    "api_source",
    "status_events_csv",
    "relations_csv",
    "citations_csv",
    "reference",
    "embed_country",
    "embed_measure",
    "oembed",
    "compare",
    "compare_csv",
    "who",
    "archive",
    "archive_csv",
    "broken_links",
    "source",
    "kept_copy",
}


def _entry(workflow: Workflow, *, is_named: bool = True) -> Measure:
    """An entry with a word of its own in every text, tied to a published one, which names it in return."""
    factories.country(iso3="ECU")
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
    content = content_of(response)
    if content.startswith(b"PAR1"):
        return str(pq.read_table(io.BytesIO(content)).to_pylist()).lower()
    return (_unpacked(content) if zipfile.is_zipfile(io.BytesIO(content)) else content).decode(errors="replace").lower()


def _unpacked(content: bytes) -> bytes:
    """Every part of a file, if it is a ZIP archive."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return b"\n".join(map(archive.read, archive.namelist()))


def _answers(*entries: Measure, languages: Sequence[str] = LANGUAGES) -> dict[tuple[str, str], str]:
    """The response at each public URL, by the name of its pattern and the URL."""
    found: dict[tuple[str, str], str] = {}
    for language in languages:
        for name, paths in _addresses_in(language, entries).items():
            for path in paths:
                if (name, path) not in found:
                    found[name, path] = _answer(path)
    return found


def _telling(answers: dict[tuple[str, str], str], secrets: Sequence[str]) -> set[tuple[str, str]]:
    """The names and URLs of the responses that contain any of these texts."""
    return {(name, path) for (name, path), text in answers.items() if _tells(text, path, secrets)}


def _found_at(
    *entries: Measure, secrets: Sequence[str] | None = None, languages: Sequence[str] = LANGUAGES
) -> set[tuple[str, str]]:
    """The URLs, after the names of their patterns, whose responses reveal an entry: any text, or those `secrets`."""
    sought = [*SECRETS, REFERENCE.lower(), *_identifiers(entries)] if secrets is None else secrets
    return _telling(_answers(*entries, languages=languages), sought)


def _identifiers(entries: Sequence[Measure]) -> list[str]:
    return [entry.public_id.lower() for entry in entries]


def _addresses_in(language: str, entries: Sequence[Measure]) -> dict[str, list[str]]:
    with translation.override(language):
        return public_addresses(entries)


def _tells(text: str, path: str, secrets: Sequence[str]) -> bool:
    """Whether `text` contains one of `secrets`, all of which have capitals or digits if a request may name them."""
    asked = unquote(path).lower()
    return any(secret in text for secret in secrets if secret in SECRETS or secret not in asked)


def test_every_public_address_has_its_cases() -> None:
    assert set(public_addresses([_entry(Workflow.PUBLISHED)])) == _names(get_resolver().url_patterns)


def test_hidden_entries_are_found_at_no_public_address() -> None:
    hidden = [_entry(workflow, is_named=workflow != Workflow.STUB) for workflow in Workflow if workflow != "published"]
    assert len(hidden) == 4
    _propose(Measure.objects.get(title_en=RELATIVE))
    _is_told_of_the_withdrawn_alone(_found_at(*hidden))


def _is_told_of_the_withdrawn_alone(found: set[tuple[str, str]]) -> None:
    """The number of an act that was public leads to the page that says why it is gone, at its identifier."""
    for name, path in found:
        response = Client().get(path, follow=True)
        assert (name, response.status_code) == ("reference", 410), path
        assert not [secret for secret in SECRETS if secret in response.text.lower()]


def test_named_stub_is_found_by_its_title_and_identifier_alone() -> None:
    """On its own page and on that of the entry that names it; files have its identifier in that entry’s relations."""
    stub = _entry(Workflow.STUB)
    pages = {("measure", f"{prefix}/measures/{name}/") for prefix in ("", "/es") for name in _named(stub)}
    pages |= {("search", f"{prefix}/search/?q={stub.public_id}") for prefix in ("", "/es")}  # leads to its page
    relative = _relative()  # the form on its page has its relations
    pages |= {("report", f"{prefix}/report/?about={prefix}/measures/{relative}/") for prefix in ("", "/es")}
    answers = _answers(stub, languages=["en", "es"])
    assert _telling(answers, TITLES) == pages
    assert {name for name, _path in _telling(answers, _identifiers([stub]))} == {
        "measure",
        "report",
        *FILES,
        "api_measures",
        "api_measure",
        "codebook",
        "codebook_csv",
        "relations_csv",
        "release_file",
    }
    others = [*(secret for secret in SECRETS if secret not in TITLES), REFERENCE.lower()]
    assert _telling(answers, others) == set()


def _propose(published: Measure) -> None:
    """Have an analyst propose the secrets as texts, source and note of a published entry."""
    client, url = signed_in(factories.analyst()), reverse("admin:measures_measure_change", args=[published.pk])
    typed = {
        **{f"title_{language}": title for language, title in zip(LANGUAGES, TITLES, strict=True)},
        "summary_en": f"It regulates {WORD}",
        "reference": REFERENCE,
        "citations-1-new_url": f"https://{WORD}.example/new",
        "citations-1-new_title": f"Gazette of {WORD}",
        "another_act": "on",
        "proposal_reason": "correction",
        "proposal_note": f"Press of {WORD}",
        "_propose": "1",
    }
    page = client.post(f"{url}?propose=1", admin_forms.shown(client, f"{url}?propose=1") | typed)
    assert (page.status_code, admin_forms.errors(page)) == (302, [])
    assert Revision.objects.get().data["summary_en"] == [f"It regulates {WORD}"]


def _named(stub: Measure) -> tuple[str, str]:
    return stub.public_id, _relative()


def test_stub_that_nothing_published_names_is_found_nowhere() -> None:
    stub = _entry(Workflow.STUB, is_named=False)
    for naming in (Workflow.STUB, Workflow.DRAFT, Workflow.IN_REVIEW, Workflow.RETIRED):
        factories.relation(subject=factories.measure(workflow=naming, title_en=f"Names it, {naming}"), object=stub)
    assert _found_at(stub, languages=["pt"]) == set()


def test_record_that_acts_upon_a_published_one_is_found_nowhere() -> None:
    stub, draft = _entry(Workflow.STUB, is_named=False), _entry(Workflow.DRAFT, is_named=False)
    acting = [acts for workflow in (Workflow.STUB, Workflow.DRAFT) for acts in _acting(workflow)]
    secrets = [*SECRETS, REFERENCE.lower(), *_identifiers([stub, draft, *acting])]
    assert _found_at(stub, draft, secrets=secrets, languages=["es"]) == set()


def _acting(workflow: Workflow) -> Iterator[Measure]:
    """A record for each relation with the published entry, and one for its other direction."""
    relative = Measure.objects.get(title_en=RELATIVE)
    for number, kind in enumerate(RelationType):
        yield (record := _titled(workflow, f"{workflow} {number}"))
        if kind in SYMMETRIC_RELATIONS:
            factories.relation(subject=relative, object=record, type=kind)
            continue
        factories.relation(subject=record, object=relative, type=kind, date="2020-05-01")
        if workflow != Workflow.STUB:
            yield (record := _titled(workflow, f"{workflow} {number}, acted upon"))
            factories.relation(subject=relative, object=record, type=kind, date="2020-05-01")


def _titled(workflow: Workflow, provision: str) -> Measure:
    return factories.measure(workflow=workflow, title_en=f"Decree on {WORD}", provision=provision)


def test_draft_that_another_record_was_merged_into_is_found_nowhere() -> None:
    editor, records = factories.editor(), []
    for state in (Workflow.DRAFT, Workflow.RETIRED):
        gone, kept = _entry(state, is_named=False), _titled(Workflow.DRAFT, f"Kept, {state}")
        merge(kept, gone, by=editor)
        records += [gone, kept]
    _is_told_of_the_withdrawn_alone(_found_at(*records, languages=["en"]))


def test_draft_is_not_named_as_what_took_the_place_of_a_published_record() -> None:
    editor, kept, gone = factories.editor(), _entry(Workflow.PUBLISHED), factories.measure(title_en="Twice")
    merge(kept, gone, by=editor)
    send_back(kept, by=editor, note="Not yet.")
    assert _found_at(gone, kept, languages=["en"]) == set()


def test_record_that_was_never_public_is_as_unknown_when_it_is_retired() -> None:
    draft, published = _entry(Workflow.DRAFT, is_named=False), factories.measure(title_en="Was here")
    for record in (draft, published):
        retire(record, by=factories.editor(), note=f"It says nothing of {WORD}.")
    client = Client()
    answers = [client.get(reverse("measure", args=[record.public_id])) for record in (draft, published)]
    assert [answer.status_code for answer in answers] == [404, 410]
    assert [WORD in answer.text for answer in answers] == [False, True]


def test_published_entry_is_found_by_the_same_search() -> None:
    """Otherwise the test above would prove nothing."""
    assert {name for name, _path in _found_at(_entry(Workflow.PUBLISHED), languages=["pt"])} == SHOWN_AT
