"""The public data as files."""

import csv
import re
from collections.abc import Iterable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse, QueryDict, StreamingHttpResponse
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from foundation.days import calendar_day
from foundation.files import parquet, table_description
from foundation.files.exporting import Records, columns_of_file, exported
from foundation.files.formats import FORMATS
from foundation.files.kept_files import kept_file, key_for
from foundation.files.resources import FileResource
from foundation.files.spreadsheet import TooLarge
from foundation.publication import public_page, public_version
from foundation.release import release
from foundation.texts import LANGUAGES
from measures.archive.listing.filters import PARAMETERS as PARAMETERS_OF_SOURCES
from measures.archive.listing.filters import SourceFilter
from measures.citing import Citation, of_list
from measures.coverage.asked import PARAMETERS as PARAMETERS_OF_COVERAGE
from measures.coverage.asked import CoverageFilter
from measures.files.coverage import CoverageResource
from measures.files.parts import PartResource
from measures.files.resources import ArchiveResource, MeasureResource
from measures.files.seen_numbers import SeenNumberResource
from measures.listing.filters import PARAMETERS, PRESENTATION, MeasureFilter, Problem
from measures.listing.parameters import known_day
from measures.listing.withdrawn import Withdrawn, withdrawn_since
from measures.metadata import LICENCE, link_header
from measures.missing.asked import PARAMETERS as PARAMETERS_OF_NUMBERS
from measures.missing.asked import SeenNumberFilter
from measures.views.addresses import permanent_address
from measures.views.file_parts import part_or_whole
from measures.views.known import at_known_day

LABELS, TARGET = "labels", "for"
"""Parameters that say how a file is written."""
LONGEST_NAME = 80
"""Characters of the filter in the name of a file."""


@public_page(reads={*PARAMETERS, LABELS, TARGET}, is_file=True, is_strict=True)
@require_safe
@at_known_day
def measures_csv(request: HttpRequest) -> HttpResponseBase:
    """All pages of a list as CSV, with the query string of that list; an invalid parameter is reported."""
    return _of_measures(request, "csv", (LABELS, TARGET))


@public_page(reads={*PARAMETERS, LABELS}, is_file=True, is_strict=True)
@require_safe
@at_known_day
def measures_file(request: HttpRequest, ending: str) -> HttpResponseBase:
    """The same in another format; if it is too large for that, the response says so."""
    return _of_measures(request, ending, (LABELS,))


@public_page(reads={*PARAMETERS, LABELS}, is_file=True, is_strict=True)
@require_safe
@at_known_day
def measures_parquet(request: HttpRequest) -> HttpResponseBase:
    """The same as Parquet, of which readers ask for parts: the file is kept until data, day or program change."""
    key = key_for(get_language() or "", request.build_absolute_uri(), str(calendar_day()), public_version(), release())
    asked = _Asked(request.GET, (LABELS,))
    if asked.refused:
        return asked.refused
    about = _About(request, asked)

    def make(path: Path) -> None:
        lines = exported(MeasureResource, asked.chosen.ids, public=True, **asked.options)
        rows = csv.reader(line.decode() for line in lines)
        next(rows)
        columns = columns_of_file(MeasureResource, labels=asked.options.get("labels", ""))
        parquet.write(path, columns, rows, about.rows)

    file = kept_file(f"{key}.parquet", make)
    return about.on(part_or_whole(request, file, parquet.MEDIA_TYPE), "parquet")


@public_page(reads={*PARAMETERS, LABELS}, is_file=True, is_strict=True)
@require_safe
@at_known_day
def measures_csv_metadata(request: HttpRequest) -> HttpResponseBase:
    """What the CSV file of the same query string is: its columns, filter, licence and citation, as CSVW."""
    asked = _Asked(request.GET, (LABELS,))
    if asked.refused:
        return asked.refused
    described = _About(request, asked).table_description()
    return JsonResponse(
        described,
        json_dumps_params={"ensure_ascii": False, "indent": 1},
        content_type=table_description.MEDIA_TYPE,
    )


def _of_measures(request: HttpRequest, ending: str, taken: Sequence[str]) -> HttpResponseBase:
    asked = _Asked(request.GET, taken)
    if asked.refused:
        return asked.refused
    about = _About(request, asked)
    options = asked.options | ({"about": about.rows} if FORMATS[ending].says_about else {})
    return about.on(_answer(MeasureResource, asked.chosen.ids, ending, **options), ending)


@public_page(reads={*PARAMETERS, LABELS, TARGET}, is_file=True, is_strict=True)
@require_safe
@at_known_day
def parts_csv(request: HttpRequest, resource: type[PartResource]) -> HttpResponseBase:
    """The parts of the entries of a list as CSV, such as their events, with the query string of that list."""
    asked = _Asked(request.GET, (LABELS, TARGET))
    if asked.refused:
        return asked.refused
    chosen = asked.chosen
    is_whole = not chosen.is_narrowed and "known" not in asked.options
    records = None if is_whole else resource.of_measures(chosen.ids.tolist())
    return _answer(resource, records, "csv", **asked.options)


class _Asked:
    """What a query string asks for: entries, and how the file is written."""

    def __init__(self, given: QueryDict, taken: Sequence[str]) -> None:
        data = given.copy()
        self._written = {name: data.pop(name) for name in taken if name in data}
        self.chosen = MeasureFilter(data)
        day = known_day(data)
        labels, target = (self._written.get(name, [""])[-1] for name in (LABELS, TARGET))
        in_words: dict[str, Any] = {"labels": labels} if labels else {}
        self.options = in_words | ({"for_excel": True} if target else {}) | ({"known": day} if day else {})

    @property
    def refused(self) -> HttpResponse | None:
        """The answer to invalid parameters; None if there are none."""
        values = {LABELS: LANGUAGES, TARGET: ("excel",)}
        wrong = [
            Problem(name, _("Write one of: %(values)s.") % {"values": ", ".join(values[name])})
            for name, given in self._written.items()
            if len(given) > 1 or given[0] not in values[name]
        ]
        problems = [*self.chosen.problems, *wrong]
        return _refused_parameters(problems) if problems else None


class _About:
    """What a file of measures says of itself: in its name, its headers, its second sheet or its footer."""

    def __init__(self, request: HttpRequest, asked: _Asked) -> None:
        self._request, self._asked = request, asked
        self._day = calendar_day()

    @cached_property
    def cited(self) -> Citation:
        """How to cite the file: by the address of its list."""
        chosen = self._asked.chosen
        address = permanent_address(self._request, "measures") + chosen.narrowing
        return of_list(chosen, address, chosen.selection.last_change(), self._day)

    @cached_property
    def rows(self) -> list[tuple[str, str]]:
        """Terms, and what they are for this file."""
        chips = "; ".join(chip.label for chip in self._asked.chosen.chips)
        return [
            (_("Title"), f"{self.cited.author}: {self.cited.title}"),
            (_("Filter"), chips or _("none: all entries")),
            (_("Entries"), str(len(self._asked.chosen.selection))),
            *((_("Withdrawn since"), _in_words(each)) for each in withdrawn_since(self._asked.chosen)),
            (_("Date of this file"), str(self._day)),
            (_("Last change"), str(self.cited.version or "")),
            (_("Licence"), LICENCE),
            (_("Citation"), self.cited.text),
            (_("Address"), self.cited.address),
        ]

    def table_description(self) -> dict[str, Any]:
        """The file as CSVW."""
        return table_description.table_description(
            MeasureResource,
            self._address("measures_csv"),
            labels=self._asked.options.get("labels", ""),
            title=f"{self.cited.author}: {self.cited.title}",
            license=LICENCE,
            date=str(self._day),
            modified=str(self.cited.version or ""),
            bibliographicCitation=self.cited.text,
            source=self.cited.address,
        )

    def on(self, response: HttpResponseBase, ending: str) -> HttpResponseBase:
        """The response with the name of its file, and links to what describes it."""
        if response.status_code not in (200, 206):
            return response
        response["Content-Disposition"] = f'attachment; filename="{self._name()}.{ending}"'
        described = f'rel="describedby"; type="{table_description.MEDIA_TYPE}"'
        response["Link"] = link_header(
            [
                (LICENCE, 'rel="license"'),
                (self._address("measures_csv_metadata"), described),
                (self.cited.address, 'rel="cite-as"'),
            ]
        )
        return response

    def _address(self, name: str) -> str:
        query = self._request.META.get("QUERY_STRING", "")
        return self._request.build_absolute_uri(reverse(name)) + (f"?{query}" if query else "")

    def _name(self) -> str:
        """`measures-country-PER-2026-11-30`: the filter, as far as it fits, and the day."""
        chosen = self._asked.chosen
        given = [
            word for name, values in sorted(chosen.data.lists()) if name not in PRESENTATION for word in (name, *values)
        ]
        words = "-".join(re.findall("[A-Za-z0-9_.]+", " ".join(given)))[:LONGEST_NAME].strip("-.")
        return "-".join(filter(None, ("measures", words, str(self._day))))


@public_page(reads=PARAMETERS_OF_SOURCES, is_file=True, is_strict=True)
@require_safe
def archive_csv(request: HttpRequest) -> HttpResponseBase:
    """All pages of the archive's list as CSV, with the query string of that list."""
    chosen = SourceFilter(request.GET)
    return _answer(ArchiveResource, chosen.ids, "csv") if chosen.is_valid() else _refused_parameters(chosen.problems)


@public_page(reads=PARAMETERS_OF_COVERAGE, is_file=True, is_strict=True)
@require_safe
def coverage_csv(request: HttpRequest) -> HttpResponseBase:
    """The coverage ledger as CSV, narrowed by country, topic, state and period."""
    chosen = CoverageFilter(request.GET)
    return _refused_parameters(chosen.problems) if chosen.problems else _answer(CoverageResource, chosen.found, "csv")


@public_page(reads=PARAMETERS_OF_NUMBERS, is_file=True, is_strict=True)
@require_safe
def seen_numbers_csv(request: HttpRequest) -> HttpResponseBase:
    """The ledger of numbers as CSV: what lists have and what is not relevant, narrowed by country, year and state."""
    chosen = SeenNumberFilter(request.GET)
    return _refused_parameters(chosen.problems) if chosen.problems else _answer(SeenNumberResource, chosen.found, "csv")


def _answer(resource: type[FileResource], records: Records | None, ending: str, **options: Any) -> HttpResponseBase:
    try:
        blocks = FORMATS[ending].blocks(resource, records, public=True, **options)
    except TooLarge as problem:
        return _refused(f"{problem}\n")
    response = StreamingHttpResponse(blocks, content_type=FORMATS[ending].media_type)
    response["Content-Disposition"] = f'attachment; filename="{resource.file()}.{ending}"'
    return response


def _in_words(gone: Withdrawn) -> str:
    return f"{gone.public_id}: {gone.reason}" if gone.reason else gone.public_id


def _refused_parameters(problems: Iterable[Problem]) -> HttpResponse:
    return _refused("".join(f"{problem.parameter}: {problem.message}\n" for problem in problems))


def _refused(words: str) -> HttpResponse:
    return HttpResponse(words, status=400, content_type="text/plain; charset=utf-8")
