"""What a page says of itself to machines: to search engines, social networks, reference managers and other sites.

Legislation is described in the terms of schema.org and of the European Legislation Identifier (ELI); files of data as a
schema.org `Dataset`. A date that was inferred, and a state that the record does not support, are left out.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.utils.html import format_html
from django.utils.translation import get_language

from countries.models.site import current_site
from foundation.partial_dates import PartialDate
from measures.choices import Family, RelationType, Status, StatusGroup
from measures.models import Measure

SCHEMA = "https://schema.org"
ELI = "http://data.europa.eu/eli/ontology#"
LICENCE = "https://creativecommons.org/licenses/by/4.0/"
"""The licence of text and data, as the foot of each page has it."""

TIMELINE, ENTRY, MAP = (640, 600), (640, 360), (640, 860)
"""Width and height of a frame, in pixels."""

_FORCE = {
    StatusGroup.IN_FORCE: ("InForce", "InForce-inForce"),
    StatusGroup.ENDED: ("NotInForce", "InForce-notInForce"),
}
"""What schema.org and ELI call a state; of others, nothing is claimed."""
_CHANGES = {
    RelationType.AMENDS: "legislationAmends",
    RelationType.REPEALS: "legislationRepeals",
    RelationType.EXTENDS: "legislationChanges",
    RelationType.SUPERSEDES: "legislationChanges",
}


LONGEST_HEADER = 2_000
"""Bytes of the header `Link`: proxies refuse an answer whose headers exceed four or eight kilobytes together."""


def link_header(links: Iterable[tuple[str, str]]) -> str:
    """The header `Link` of these URLs and what they are, the first first; '' if not even one of them has room.

    What has no room is found in the body alone.
    """
    header = ""
    for url, is_what in links:
        longer = f"{header}, <{url}>; {is_what}".removeprefix(", ")
        if len(longer) <= LONGEST_HEADER:
            header = longer
    return header


@dataclass(frozen=True, slots=True)
class Metadata:
    """A page for machines: `address` is its permanent one, `data` a JSON-LD document, `embed` the address to frame.

    Dates are ISO 8601, as precise as they are known, or ''. `picture` is the URL of the picture for sharing, or ''.
    """

    address: str
    title: str
    data: Mapping[str, Any] = field(default_factory=dict)
    published: str = ""
    modified: str = ""
    embed: str = ""
    size: tuple[int, int] = TIMELINE
    picture: str = ""
    follow: str | None = None
    """The query string of the list whose feed and calendar follow the page; None if nothing does."""

    @property
    def frame(self) -> str:
        """The HTML that shows the page within one of another site."""
        return frame(self.embed, self.title, *self.size)


def frame(address: str, title: str, width: int, height: int) -> str:
    """The HTML to paste into a page of another site."""
    return format_html(
        '<iframe src="{}" title="{}" width="{}" height="{}" loading="lazy" style="border:0;max-width:100%"></iframe>',
        address,
        title,
        width,
        height,
    )


def stated(date: PartialDate | None) -> str:
    """`2020-05-29` or `2020-05`; '' for a date that was inferred or is not recorded."""
    return date.iso if date and date.is_stated else ""


def legislation(measure: Measure, group: StatusGroup, address: str, absolute: Any) -> dict[str, Any]:
    """JSON-LD of a measure that `details.for_page` loaded; `absolute` makes the URL of a path."""
    is_norm = measure.family == Family.NORM
    schema_force, eli_force = _FORCE.get(group, ("", ""))
    dates = {event.status: stated(event.date) for event in measure.status_events.all()}
    enacted = dates.get(Status.ENACTED, "")
    title, country = measure.title, measure.country
    bodies = [str(body) for body in measure.issuing_bodies]
    countries = [each for each in (country, *measure.binds.all()) if each]
    return _filled(
        {
            "@context": [SCHEMA, {"eli": ELI}],
            "@type": "Legislation" if is_norm else "CreativeWork",
            "@id": address,
            "url": address,
            "identifier": measure.public_id,
            "name": title.text,
            "inLanguage": title.language,
            "legislationIdentifier": measure.reference if is_norm else "",
            "legislationType": str(measure.get_kind_display()) if is_norm else "",
            "legislationDate": enacted if is_norm else "",
            "datePublished": dates.get(Status.PUBLISHED, ""),
            "legislationLegalForce": f"{SCHEMA}/{schema_force}" if is_norm and schema_force else "",
            "legislationJurisdiction": [
                {"@type": "Country", "name": each.name, "identifier": each.iso3} for each in countries
            ],
            "legislationPassedBy": [{"@type": "Organization", "name": body} for body in bodies],
            "about": [topic.label for topic in measure.topics.all()],
            **_changes(measure, absolute),
            "citation": [_source(citation.source) for citation in measure.citations.all()],
            "license": LICENCE,
            "eli:type_document": str(measure.get_kind_display()) if is_norm else "",
            "eli:id_local": measure.reference if is_norm else "",
            "eli:date_document": enacted if is_norm else "",
            "eli:in_force": {"@id": ELI + eli_force} if is_norm and eli_force else "",
            "eli:passed_by": bodies if is_norm else [],
            "eli:jurisdiction": [each.iso3 for each in countries] if is_norm else [],
        }
    )


def _changes(measure: Measure, absolute: Any) -> dict[str, list[dict[str, str]]]:
    found: dict[str, list[dict[str, str]]] = {}
    for relation in measure.relations.all():
        if name := _CHANGES.get(RelationType(relation.type)):
            found.setdefault(name, []).append({"@id": absolute(relation.object.get_absolute_url())})
    return found


def _source(source: Any) -> dict[str, Any]:
    return _filled({"@type": "CreativeWork", "name": source.title, "url": source.url, "publisher": source.publisher})


def dataset(*, name: str, address: str, modified: str, files: Sequence[tuple[str, str]], **more: Any) -> dict[str, Any]:
    """JSON-LD of what a page offers as `files`: pairs of media type and URL."""
    site = current_site()
    return _filled(
        {
            "@context": SCHEMA,
            "@type": "Dataset",
            "@id": address,
            "url": address,
            "name": name,
            "description": site.tagline.text,
            "license": LICENCE,
            "isAccessibleForFree": True,
            "inLanguage": get_language() or "",
            "creator": {"@type": "Organization", "name": site.citation},
            "dateModified": modified,
            "distribution": [
                {"@type": "DataDownload", "encodingFormat": media_type, "contentUrl": url} for media_type, url in files
            ],
            **more,
        }
    )


def interval(bounds: tuple[date, date] | None) -> str:
    """Two days as ISO 8601 has it: `2020-03-01/2021-08-04`; '' for None."""
    return f"{bounds[0]}/{bounds[1]}" if bounds else ""


def _filled(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values without those that say nothing."""
    return {name: value for name, value in values.items() if value not in ("", [], None)}
