"""The codebook: every field of the public files and every key of the vocabularies, with what it means and an example.

The texts stand in `docs/data.md` and in the rows of vocabularies; examples are cells of public records.
"""

import csv
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.utils import translation
from django.utils.text import capfirst
from django.utils.translation import get_language, gettext_lazy

from countries.models import Country, Observation
from countries.resources import CountryResource, ObservationResource
from foundation.files.column_list import form, meaning
from foundation.files.columns import Column
from foundation.files.exporting import Selected, exported
from foundation.files.package.describing import columns_of
from foundation.files.package.public import public_records
from foundation.files.resources import FileResource
from foundation.publication import public_version
from foundation.texts import LANGUAGES
from measures.data_document import meanings
from measures.definitions.in_code import versions_in_code
from measures.definitions.versions import Version
from measures.files.aliases import AliasResource
from measures.files.citations import CitationResource
from measures.files.coverage import CoverageResource
from measures.files.relations import RelationResource
from measures.files.resources import ArchiveResource, MeasureResource
from measures.files.status_events import StatusEventResource
from measures.listing.completeness import covered_codes, recorded
from measures.listing.index import public_index
from measures.models import Coverage, Source
from measures.vocabularies import VOCABULARIES, Term, Texts, Vocabulary

EXAMPLES_FROM = 200
"""Public records among which the examples are looked for."""
LONGEST_EXAMPLE = 80
"""Characters of an example."""
HEADER = ("part", "kind", "name", "label", "type", "definition", "definition_language", "example", "version", "since")
CHANGES_HEADER = (
    *("part", "kind", "name", "version", "since", "meaning", "reason"),
    *("language", "before", "definition"),
)

_ARCHIVE = "sources.csv and archive.csv"
FILES: tuple[tuple[type[FileResource], str], ...] = (
    (MeasureResource, "measures.csv"),
    (StatusEventResource, "status_events.csv"),
    (RelationResource, "relations.csv"),
    (CitationResource, "citations.csv"),
    (AliasResource, "aliases.csv"),
    (ArchiveResource, _ARCHIVE),
    (CountryResource, "countries.csv"),
    (ObservationResource, "observations.csv and series.csv"),
    (CoverageResource, "coverage.csv"),
)
"""The kinds of files that the public reads, and the heading of each in `docs/data.md`."""


@dataclass(frozen=True, slots=True)
class Line:
    """A field or a key. `language` is that of the definition; `versions` are all that it had, if that is known."""

    name: str
    label: str
    type: str
    definition: str
    language: str
    example: str = ""
    versions: Sequence[Version] = ()

    @property
    def cells(self) -> tuple[str, ...]:
        """The cells of its row in the file, after those that say of what it is a line."""
        about = (self.name, self.label, self.type, self.definition, self.language, self.example)
        newest = self.newest
        return (*about, str(newest.number) if newest else "", str(newest.day or "") if newest else "")

    @property
    def newest(self) -> Version | None:
        """The version of now; None where versions are not known."""
        return self.versions[-1] if self.versions else None

    @property
    def changes(self) -> list[Version]:
        """The versions that replaced another, the newest first."""
        return [version for version in reversed(self.versions) if version.number > 1]


@dataclass(frozen=True, slots=True)
class Part:
    """A file with its fields, or a vocabulary with its keys; `name` is that of the file or of the API."""

    name: str
    kind: str
    title: str
    lines: Sequence[Line]


def parts() -> tuple[Part, ...]:
    """All of the codebook, in the active language."""
    return _parts(_language(), public_version())


@lru_cache(maxsize=len(LANGUAGES))
def _parts(language: str, _version: str) -> tuple[Part, ...]:
    """Made once for each language, in every process, until the public data change."""
    with translation.override(language):
        fields = [
            Part(resource.file(), "field", _title(resource), list(_of_columns(resource, heading)))
            for resource, heading in FILES
        ]
        return (*fields, *_vocabularies())


def _of_columns(resource: type[FileResource], heading: str) -> Iterator[Line]:
    return _fields(resource, resource.columns(), heading, exported(resource, _some(resource), public=True))


def _title(resource: type[FileResource]) -> str:
    return capfirst(str(resource.model()._meta.verbose_name_plural))


def parts_of_release(kinds: Mapping[str, type[FileResource]]) -> Iterator[Part]:
    """The codebook of a release: the columns of its files, with the first examples in them, and the keys."""
    headings = {name: heading for heading in meanings() for name in re.findall(r"\b(\w+)[.]csv", heading)}
    for name, kind in kinds.items():
        some = Selected(f"{public_records(kind).sql} limit {EXAMPLES_FROM}")
        lines = exported(kind, some, public=True, with_local=False)
        yield Part(name, "field", _title(kind), list(_fields(kind, columns_of(kind), headings.get(name, ""), lines)))
    yield from _vocabularies()


def _vocabularies() -> Iterator[Part]:
    for name, each in VOCABULARIES.items():
        yield Part(name, "term", str(each.title), list(_terms(each)))


def rows() -> Iterator[tuple[str, ...]]:
    """The codebook as the rows of a file, after its header."""
    yield HEADER
    for part in parts():
        for line in part.lines:
            yield (part.name, part.kind, *line.cells)


def changes() -> Iterator[tuple[str, ...]]:
    """Every version of every definition as the rows of a file, after its header: a row for each text that changed.

    A first version has a row for each language that it has a text in, or one without a text.
    """
    yield CHANGES_HEADER
    for part in parts():
        for line in part.lines:
            for version in line.versions:
                about = (part.name, part.kind, line.name, str(version.number), str(version.day or ""))
                why = (version.meaning, version.reason)
                for language, before, after in version.changed or [("", "", "")]:
                    yield (*about, *why, language, before, after)


def _fields(
    resource: type[FileResource], columns: Iterable[Column], heading: str, lines: Iterable[bytes]
) -> Iterator[Line]:
    told, examples = meanings().get(heading, {}), _examples(lines)
    for column in columns:
        cells = told.get(column.name)
        definition, language = (cells[-1], "en") if cells and cells[-1] else (meaning(column, resource), "")
        type_ = cells[0] if cells and len(cells) > 1 else "" if column.readonly else form(column)
        label = capfirst(column.label) if column.field is not None else ""
        versions = versions_in_code(resource.file(), column.name, definition)
        example = examples.get(column.name, "")
        yield Line(column.name, label, type_, definition, language or _language(), example, versions)


def _terms(vocabulary: Vocabulary) -> Iterator[Line]:
    for term in vocabulary.terms():
        label, _label_language = _nearest(term.labels)
        definition, language = _nearest(term.definitions)
        yield Line(term.key, label, _more(term), definition, language, versions=term.versions)


def _more(term: Term) -> str:
    """What else is known of a key: its parent, the day from which it is no longer offered."""
    return "; ".join(f"{name}: {text}" for name, text in term.more.items())


def _nearest(texts: Texts) -> tuple[str, str]:
    """The text in the active language, else in the first that has it; and that language."""
    for language in (_language(), *texts):
        if text := texts.get(language):
            return text, language
    return "", ""


def _language() -> str:
    return (get_language() or "en")[:2]


def _examples(lines: Iterable[bytes]) -> dict[str, str]:
    """The first cell of each column that is not empty."""
    found: dict[str, str] = {}
    for row in csv.DictReader(line.decode() for line in lines):
        for name, cell in row.items():
            if cell and name not in found:
                found[name] = cell if len(cell) <= LONGEST_EXAMPLE else f"{cell[:LONGEST_EXAMPLE].rstrip()}…"
    return found


def _some(resource: type[FileResource]) -> list[Any]:
    """The ids of some public records of a kind."""
    known = recorded(public_index(), covered_codes())
    measures: list[int] = known.ids(slice(EXAMPLES_FROM), newest_first=True).tolist()
    if resource is MeasureResource:
        return measures
    querysets = {
        ArchiveResource: Source.objects.public(),
        CountryResource: Country.objects.covered(),
        ObservationResource: Observation.objects.public(),
        CoverageResource: Coverage.objects.public(),
    }
    if (found := querysets.get(resource)) is not None:
        return list(found.order_by("pk").values_list("pk", flat=True)[:EXAMPLES_FROM])
    of_measures: Any = resource
    return list(of_measures.of_measures(measures))


KINDS = {"field": gettext_lazy("Fields of the files"), "term": gettext_lazy("Vocabularies")}
"""The two halves of the codebook."""
