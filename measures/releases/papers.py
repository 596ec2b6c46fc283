"""What accompanies the data of a release: what it is, how to cite it, its licence and its columns.

All of it is in English, and follows from the data and from the software.
"""

import csv
import datetime
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.module_loading import import_string

from countries.models.site import current_site
from foundation.files.columns import Column, ColumnKind
from foundation.files.package.describing import columns_of
from foundation.files.resources import FileResource
from foundation.files.table_description import table_description
from measures.citing import Citation, title_of_release
from measures.codebook import HEADER, KINDS, parts_of_release
from measures.crosswalks.tables import rows as crosswalk_rows
from measures.metadata import LICENCE
from measures.releases.texts import codebook_page, licence, readme

CSVW = "csv-metadata.json"
SPDX = "CC-BY-4.0"
Kinds = Mapping[str, type[FileResource]]
Files = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Facts:
    """What a release says of itself: its name, the day of its last change, and the release before, or ''."""

    name: str
    day: datetime.date
    before: str

    @property
    def address(self) -> str:
        """The address of its page; without a site, as far as it is known."""
        return f"{settings.PUBLIC_URL}{reverse('release', args=[self.name])}"

    @property
    def author(self) -> str:
        """Who published it."""
        return current_site().citation

    @property
    def title(self) -> str:
        """The name of the data with that of the release."""
        return title_of_release(self.name)

    @property
    def description(self) -> str:
        """What it is, in a sentence or two."""
        tagline = current_site().tagline.text
        return f"{tagline} {self.title}.".strip()

    @property
    def cited(self) -> Citation:
        """The citation; the day of access is that of the release, since files tell no other."""
        return Citation(self.title, self.address, self.day, self.day)

    @property
    def about(self) -> list[tuple[str, str]]:
        """Terms, and what they are, for the footers of files."""
        return [
            ("Title", f"{self.author}: {self.title}"),
            ("Licence", LICENCE),
            ("Citation", self.cited.text),
            ("Address", self.address),
        ]

    def package(self, moment: datetime.datetime) -> dict[str, Any]:
        """What its datapackage.json says."""
        about: dict[str, Any] = import_string(settings.PACKAGE_ABOUT)()
        created = moment.astimezone(datetime.UTC).replace(microsecond=0).isoformat().replace("+00:00", "Z")
        return about | {"version": self.name, "created": created, "homepage": self.address}


def papers(
    facts: Facts, files: Files, changes: Mapping[str, Mapping[str, int]], kinds: Kinds
) -> Iterator[tuple[str, bytes]]:
    """The name and the content of each further file."""
    rows = [(name, files[f"{name}.csv"]["rows"]) for name in kinds]
    yield "README.md", readme(facts, rows, changes).encode()
    yield "LICENSE.txt", licence(facts).encode()
    yield "datacite.json", _json(datacite(facts))
    yield ".zenodo.json", _json(zenodo(facts))
    yield "CITATION.cff", citation_file(facts).encode()
    yield "croissant.json", _json(croissant(facts, files, kinds))


def _json(found: Mapping[str, Any]) -> bytes:
    return f"{json.dumps(found, ensure_ascii=False, indent=1)}\n".encode()


# Of the whole


def datacite(facts: Facts) -> dict[str, Any]:
    """The metadata schema of DataCite, version 4, without the identifier that a repository assigns."""
    return {
        "schemaVersion": "http://datacite.org/schema/kernel-4",
        "types": {"resourceTypeGeneral": "Dataset", "resourceType": "Dataset"},
        "creators": [{"name": facts.author, "nameType": "Organizational"}],
        "titles": [{"title": facts.title, "lang": "en"}],
        "publisher": {"name": facts.author},
        "publicationYear": str(facts.day.year),
        "dates": [{"date": str(facts.day), "dateType": "Issued"}],
        "language": "en",
        "version": facts.name,
        "formats": ["text/csv", "application/vnd.apache.parquet"],
        "rightsList": [
            {
                "rights": "Creative Commons Attribution 4.0 International",
                "rightsUri": LICENCE,
                "rightsIdentifier": SPDX,
                "rightsIdentifierScheme": "SPDX",
                "schemeUri": "https://spdx.org/licenses/",
            }
        ],
        "descriptions": [{"description": facts.description, "descriptionType": "Abstract", "lang": "en"}],
        "url": facts.address,
    }


def zenodo(facts: Facts) -> dict[str, Any]:
    """What Zenodo reads of a deposit."""
    return {
        "upload_type": "dataset",
        "title": f"{facts.author}: {facts.title}",
        "creators": [{"name": facts.author}],
        "description": facts.description,
        "publication_date": str(facts.day),
        "version": facts.name,
        "access_right": "open",
        "license": SPDX.lower(),
        "language": "eng",
        "related_identifiers": [
            {"identifier": facts.address, "relation": "isIdenticalTo", "resource_type": "dataset", "scheme": "url"}
        ],
    }


def citation_file(facts: Facts) -> str:
    """CITATION.cff, version 1.2.0; a text in JSON is one in YAML."""
    lines = {
        "cff-version": "1.2.0",
        "message": "If you use these data, please cite them as below.",
        "type": "dataset",
        "title": facts.title,
        "version": facts.name,
        "date-released": str(facts.day),
        "license": SPDX,
        "url": facts.address,
    }
    texts = "".join(f"{name}: {json.dumps(text, ensure_ascii=False)}\n" for name, text in lines.items())
    return f"{texts}authors:\n  - name: {json.dumps(facts.author, ensure_ascii=False)}\n"


# Of the files


def table_group(kinds: Kinds, facts: Facts) -> bytes:
    """All CSV files as CSV on the Web: a group of tables beside them."""
    tables = [table_description(kind, f"{name}.csv", with_local=False) for name, kind in kinds.items()]
    group: dict[str, Any] = {"@context": tables[0]["@context"], "dc:title": facts.title, "dc:license": LICENCE}
    group["tables"] = [{name: told for name, told in table.items() if name != "@context"} for table in tables]
    return _json(group)


_CROISSANT = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "sc": "https://schema.org/",
    "cr": "http://mlcommons.org/croissant/",
    "dct": "http://purl.org/dc/terms/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileObject": "cr:fileObject",
    "isLiveDataset": "cr:isLiveDataset",
    "key": "cr:key",
    "recordSet": "cr:recordSet",
    "source": "cr:source",
}


def croissant(facts: Facts, files: Files, kinds: Kinds) -> dict[str, Any]:
    """`Dataset` of schema.org, with its files and columns as Croissant 1.0 of MLCommons has them."""
    media_types = {"csv": "text/csv", "parquet": "application/vnd.apache.parquet"}
    return {
        "@context": _CROISSANT,
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "name": facts.title,
        "description": facts.description,
        "url": facts.address,
        "license": LICENCE,
        "creator": {"@type": "sc:Organization", "name": facts.author},
        "publisher": {"@type": "sc:Organization", "name": facts.author},
        "datePublished": str(facts.day),
        "version": facts.name,
        "citeAs": facts.cited.text,
        "isAccessibleForFree": True,
        "isLiveDataset": False,
        "distribution": [
            {
                "@type": "cr:FileObject",
                "@id": f"{name}.{ending}",
                "name": f"{name}.{ending}",
                "contentUrl": f"{facts.address}{name}.{ending}",
                "contentSize": f"{files[f'{name}.{ending}']['size']} B",
                "encodingFormat": media_type,
                "sha256": files[f"{name}.{ending}"]["sha256"],
            }
            for name in kinds
            for ending, media_type in media_types.items()
        ],
        "recordSet": [_record_set(name, kind) for name, kind in kinds.items()],
    }


def _record_set(name: str, kind: type[FileResource]) -> dict[str, Any]:
    keys = [{"@id": f"{name}/{key}"} for key in kind.keys[0]]
    return {
        "@type": "cr:RecordSet",
        "@id": name,
        "name": name,
        "key": keys if len(keys) > 1 else keys[0],
        "field": [
            {
                "@type": "cr:Field",
                "@id": f"{name}/{column.name}",
                "name": column.name,
                "dataType": _data_type(column),
                "source": {"fileObject": {"@id": f"{name}.csv"}, "extract": {"column": column.name}},
            }
            for column in columns_of(kind)
        ],
    }


def _data_type(column: Column) -> str:
    if column.kind is ColumnKind.BOOLEAN:
        return "sc:Boolean"
    if column.kind is ColumnKind.DAY:
        return "sc:Date"
    return "sc:Float" if column.kind in (ColumnKind.WHOLE, ColumnKind.NUMBER) else "sc:Text"


# The codebook


def codebook_csv(kinds: Kinds) -> Iterator[bytes]:
    """Every column and key, one a line."""
    yield _as_csv(_codebook_rows(kinds))


def crosswalks_csv() -> Iterator[bytes]:
    """Our terms beside those of other data sets, one pair a line."""
    yield _as_csv(crosswalk_rows())


def _as_csv(rows: Iterable[tuple[str, ...]]) -> bytes:
    lines = io.StringIO()
    csv.writer(lines, lineterminator="\n").writerows(rows)
    return lines.getvalue().encode()


def _codebook_rows(kinds: Kinds) -> Iterable[tuple[str, ...]]:
    yield HEADER
    for part in parts_of_release(kinds):
        for line in part.lines:
            yield (part.name, part.kind, *line.cells)


def codebook_html(kinds: Kinds, facts: Facts) -> bytes:
    """The same to read, as a page that needs nothing else."""
    found = list(parts_of_release(kinds))
    halves = [(title, [part for part in found if part.kind == kind and part.lines]) for kind, title in KINDS.items()]
    return codebook_page(facts, halves).encode()
