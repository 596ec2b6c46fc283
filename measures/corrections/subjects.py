"""What a report can be about: a public page, and the statements on it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from urllib.parse import unquote, urlsplit

from django.core.exceptions import SuspiciousOperation
from django.urls import Resolver404, resolve
from django.utils import translation
from django.utils.translation import gettext as _

from countries.models import Country
from countries.profile import Figure, Profile, profile_of
from foundation.days import today
from foundation.languages import language_name, language_of_path
from foundation.publication import public_page_of
from measures.archive.details import SourceDetails, of_source
from measures.details import Details, details_of, for_page
from measures.models import Measure, Source

LONGEST_PATH = 1000
"""Characters of the path of a page."""
LONGEST_VALUE = 2000
"""Characters of a statement that are kept with a report on it."""


@dataclass(frozen=True, slots=True)
class Statement:
    """Something that a page says: what about, under which key an address names it, and what it says now."""

    key: str
    label: str
    value: str


@dataclass(frozen=True, slots=True)
class Subject:
    """A public page with its statements, and the record that it shows."""

    page: str
    name: str
    statements: tuple[Statement, ...] = ()
    measure: Measure | None = None
    source: Source | None = None
    country: Country | None = None

    def statement(self, key: str) -> Statement | None:
        """The statement with this key; None for any other text."""
        return next((each for each in self.statements if each.key == key), None)


def subject_of(address: str) -> Subject | None:
    """The public page at an address of this site, in the active language; None if there is none.

    `address` is a path, with a query string or not. A page that shows no single record has its path as its name.
    """
    if not address.startswith("/") or len(address) > LONGEST_PATH or "\x00" in unquote(address):
        return None
    parts = urlsplit(address)
    try:
        with translation.override(language_of_path(parts.path)):
            match = resolve(unquote(parts.path))
    except (Resolver404, SuspiciousOperation, ValueError):
        return None
    page = public_page_of(match.func)
    if parts.netloc or page is None or page.is_file or page.is_api:
        return None
    return _of_record(match.url_name or "", match.kwargs, address) or Subject(address, address[:300])


def _of_record(view: str, arguments: dict[str, str], address: str) -> Subject | None:
    if view == "measure":
        measure = for_page(Measure.objects.published()).filter(public_id=arguments["public_id"]).first()
        return _of_measure(measure, address) if measure else None
    if view == "source":
        source = Source.objects.public().select_related("link").filter(key=arguments["key"]).first()
        return _of_source(source, address) if source else None
    if view in ("country", "profile"):
        country = Country.objects.covered().filter(slug=arguments["slug"]).first()
        return _of_country(country, address) if country else None
    return None


def _stated(found: Iterable[tuple[str, str, str]]) -> tuple[Statement, ...]:
    """The statements, those too of which nothing is recorded: that may be what is wrong."""
    return tuple(Statement(key, label, value.strip()[:LONGEST_VALUE]) for key, label, value in found)


def _numbered(key: str, found: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str, str]]:
    """Statements of one kind, told apart by their number: `date-1`, `date-2`."""
    return ((f"{key}-{number}", label, value) for number, (label, value) in enumerate(found, start=1))


def _of_measure(measure: Measure, address: str) -> Subject:
    details = details_of(measure, today())
    statements = _stated(_statements_of_measure(measure, details))
    name = f"{measure.public_id} {measure.title.text}"
    return Subject(address, name[:300], statements, measure=measure, country=measure.country)


def _statements_of_measure(measure: Measure, details: Details) -> Iterator[tuple[str, str, str]]:
    yield "title", _("Title"), measure.title.text
    yield "official-title", _("Official title"), measure.official_title
    yield "summary", _("Summary"), details.summary.text
    yield "status", _("Status"), details.words.sentence
    yield from _numbered("date", ((row.what, f"{row.date} {row.note}") for row in details.dates))
    yield "kind", _("Instrument"), measure.get_kind_display()
    yield "reference", _("Reference"), f"{measure.reference} {measure.provision}"
    yield from _numbered("number", ((_("Other numbers"), alias.reference) for alias in details.aliases))
    yield from _numbered("body", ((_("Issuing body"), body.label) for body in details.bodies))
    yield "level", _("Level"), measure.get_level_display()
    yield "areas", _("Areas"), ", ".join(area.name for area in measure.areas.all())
    yield "binds", _("Countries bound"), ", ".join(str(country) for country in measure.binds.all())
    yield "direction", _("Direction"), measure.get_direction_display()
    yield "topics", _("Topics"), ", ".join(str(topic.label) for topic in measure.topics.all())
    yield "groups", _("People concerned"), ", ".join(str(group.label) for group in measure.target_groups.all())
    yield "nationalities", _("Nationalities named"), ", ".join(str(each) for each in measure.origin_countries.all())
    yield "evidence", _("Evidence"), measure.get_evidence_display()
    yield from _numbered("source", ((_("Source"), source.title) for source in details.sources))
    related = ((group.label, entry) for group in details.relations for entry in group.entries)
    yield from _numbered("relation", ((label, f"{entry.title.text} ({entry.public_id})") for label, entry in related))


def _of_source(source: Source, address: str) -> Subject:
    statements = _stated(_statements_of_source(source, of_source(source)))
    return Subject(address, f"{source.key} {source.title}"[:300], statements, source=source)


def _statements_of_source(source: Source, details: SourceDetails) -> Iterator[tuple[str, str, str]]:
    yield "title", _("Title"), source.title
    yield "address", _("Original"), source.url
    yield "link", _("Link"), str(details.link.label)
    yield "kind", _("Kind of document"), source.get_kind_display()
    yield "publisher", _("Publisher"), source.publisher
    yield "published", _("Published"), source.published.in_words() if source.published else ""
    yield "language", _("Language"), language_name(source.language)
    yield "text", _("Text of the kept copy"), details.excerpt


def _of_country(country: Country, address: str) -> Subject:
    statements = _stated(_statements_of_profile(profile_of(country)))
    return Subject(address, str(country)[:300], statements, country=country)


def _statements_of_profile(profile: Profile) -> Iterator[tuple[str, str, str]]:
    for card in profile.cards:
        yield f"role-{card.role.key}", str(card.role), card.newest.narrative.text
    figures = chain(*(card.figures for card in profile.cards), profile.other_figures)
    yield from _numbered("figure", ((_name_of(each), each.value) for each in figures if not each.is_missing))
    tables = chain(*(card.tables for card in profile.cards), profile.other_tables)
    shares = ((table, row) for table in tables for row in table.rows)
    yield from _numbered("share", ((f"{table.name}: {row.name}", row.value) for table, row in shares))


def _name_of(figure: Figure) -> str:
    return " ".join(part for part in (figure.name, figure.about, figure.period) if part)
