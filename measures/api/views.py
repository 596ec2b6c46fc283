"""The answers of the read API."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any, TypeAlias
from urllib.parse import urlencode

import numpy as np
from django.conf import settings
from django.db.models import QuerySet
from django.http import Http404, HttpResponse, HttpResponsePermanentRedirect, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from drf_spectacular.utils import extend_schema
from numpy.typing import NDArray
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from countries.models import Country, Named, taken_back
from countries.resources import CountryResource, ObservationResource
from foundation.days import day_of
from foundation.files.exporting import one_state
from foundation.records.past import past
from measures.api import describing, parameters
from measures.api.answers import MEDIA_TYPE, Gone, NoRecord, WrongParameters
from measures.api.paging import CURSOR, LIMIT, Place
from measures.api.records import FIELDS, LABELS, Form
from measures.archive.listing.filters import SourceFilter
from measures.coverage.asked import CoverageFilter
from measures.files.citations import CitationResource
from measures.files.coverage import CoverageResource
from measures.files.relations import RelationResource
from measures.files.resources import ArchiveResource, MeasureResource
from measures.files.seen_numbers import SeenNumberResource
from measures.files.status_events import StatusEventResource
from measures.former_names import name_now
from measures.listing.filters import MeasureFilter, Problem
from measures.listing.known import record_of
from measures.listing.parameters import KNOWN, known_day
from measures.listing.withdrawn import withdrawn_since
from measures.metadata import LICENCE, link_header
from measures.missing.asked import SeenNumberFilter
from measures.models import Measure, Release, Source
from measures.schema import schema
from measures.vocabularies import VOCABULARIES, Term, Vocabulary

PARTS = (StatusEventResource, RelationResource, CitationResource)
Selected: TypeAlias = QuerySet[Any] | NDArray[np.int64]
"""The records of all pages."""


class RecordView(APIView):
    """Records of one kind of file. It is one state of the public data, which its `ETag` names."""

    resource: Any

    def form(self, request: Request, problems: list[Problem]) -> Form:
        """The form that is asked for; raise WrongParameters for what is wrong with it, or already found."""
        values, twice = parameters.once(request.query_params, parameters.OF_FORM)
        form = Form(self.resource, values[FIELDS], values[LABELS])
        if found := [*problems, *twice, *form.problems]:
            raise WrongParameters(found)
        return form


class ListView(RecordView):
    """A page of records."""

    def page(self, request: Request, problems: list[Problem], selected: Callable[[], Selected]) -> Response:
        """The answer: the records of the page, their number, and the address of the next page.

        What is `selected` in memory follows the database by itself, outside of the state that the page is read in.
        """
        values, twice = parameters.once(request.query_params, parameters.OF_PAGES)
        place = Place(values[CURSOR], values[LIMIT])
        form = self.form(request, [*problems, *twice, *place.problems])
        found = selected()
        with one_state():
            page = place.page(found)
            results = form.records(page.keys) if page.keys else []
        body = {"count": page.count, "next": _next(request, page.next), "license": LICENCE, "results": results}
        response = Response(body)
        if page.next and (link := link_header([(str(body["next"]), 'rel="next"')])):
            response["Link"] = link
        return response


def _next(request: Request, cursor: str) -> str | None:
    if not cursor:
        return None
    query = {**dict(request.query_params.lists()), CURSOR: [cursor]}
    return str(request.build_absolute_uri(f"{request.path}?{urlencode(query, doseq=True)}"))


class Measures(ListView):
    """Published measures, with the filters of the list on the site."""

    resource = MeasureResource

    @extend_schema(**describing.MEASURES)
    def get(self, request: Request) -> Response:
        """A query string copied from `/measures/` works unchanged; the order is always the same."""
        with record_of(known_day(request.query_params)):
            chosen = MeasureFilter(parameters.of_list(request.query_params))
            response = self.page(request, chosen.problems, lambda: chosen.selection.ids())
            if past():
                response.data["withdrawn"] = [asdict(each) for each in withdrawn_since(chosen)]
        return response


class OneMeasure(RecordView):
    """A published measure with its events, relations and citations."""

    resource = MeasureResource

    @extend_schema(**describing.MEASURE)
    def get(self, request: Request, public_id: str) -> Any:
        """410 with the reason for one that was withdrawn, 301 for one that has another identifier now."""
        names = (*parameters.OF_FORM, KNOWN)
        problems = parameters.foreign(request.query_params, names)
        form = self.form(request, [*problems, *parameters.wrong_day(request.query_params)])
        if public_id != public_id.upper():
            return _moved(request, "api_measure", public_id.upper())
        day = known_day(request.query_params)
        with one_state(day):
            key = Measure.objects.published().filter(public_id=public_id).values_list("pk", flat=True).first()
            if key is None and day is None:
                return _without_record(request, public_id)
            record = None if key is None else form.records([key])[0]
            if key is not None and record and not request.query_params.get(FIELDS):
                labels = request.query_params.get(LABELS, "")
                record["parts"] = {
                    part.file(): Form(part, labels=labels).records(part.of_measures([key])) for part in PARTS
                }
        if record:
            return Response(record)
        if day and Measure.objects.published().filter(public_id=public_id).exists():
            raise NoRecord(f"This record was not public at the end of {day}.")
        with one_state():
            return _without_record(request, public_id)


def _without_record(request: Request, public_id: str) -> Any:
    """The answer for an identifier that no published measure has, as its page says it."""
    if Measure.objects.named().filter(public_id=public_id).exists():
        raise NoRecord("This act is only named by others, in their relations. It has no record of its own.")
    reasons = Measure.objects.withdrawn().filter(public_id=public_id).values_list("retired_reason", flat=True)
    return _at_former_name(request, "api_measure", Named.MEASURE, public_id, gone=reasons.first())


def _at_former_name(request: Request, view: str, kind: Named, name: str, *, gone: str | None = None) -> HttpResponse:
    """301 with the same query string if a record has another name now, 410 if it was taken back, 404 for others.

    `gone` is the reason why a record that has no other name is not public any more.
    """
    if (now := name_now(kind, name)) and now != name:
        return _moved(request, view, now)
    if gone is not None:
        raise Gone(gone or "This record was withdrawn.")
    if taken_back(kind, name):
        raise Gone("The file by which it was published was taken back.")
    raise Http404


def _moved(request: Request, view: str, name: str) -> HttpResponse:
    query = request.META.get("QUERY_STRING", "")
    return HttpResponsePermanentRedirect(reverse(view, args=[name]) + (f"?{query}" if query else ""))


class Sources(ListView):
    """The documents that published measures cite, with the filters of the archive."""

    resource = ArchiveResource

    @extend_schema(**describing.SOURCES)
    def get(self, request: Request) -> Response:
        """A query string copied from `/archive/` works unchanged; the order is always the same."""
        chosen = SourceFilter(parameters.of_list(request.query_params))
        return self.page(request, chosen.problems, lambda: chosen.ids)


class OneSource(RecordView):
    """A document that a published measure cites."""

    resource = ArchiveResource

    @extend_schema(**describing.SOURCE)
    def get(self, request: Request, key: str) -> Response:
        """One document, by its key; 301 for one that has another key now."""
        form = self.form(request, parameters.foreign(request.query_params, parameters.OF_FORM))
        with one_state():
            found = Source.objects.public().filter(key=key).values_list("pk", flat=True).first()
            if found is None:
                return _at_former_name(request, "api_source", Named.SOURCE, key)
            return Response(form.records([found])[0])


class Countries(ListView):
    """The countries that the observatory covers."""

    resource = CountryResource

    @extend_schema(**describing.COUNTRIES)
    def get(self, request: Request) -> Response:
        """All of them, by code."""
        names = (*parameters.OF_PAGES, *parameters.OF_FORM)
        problems = parameters.foreign(request.query_params, names)
        return self.page(request, problems, Country.objects.covered)


class Observations(ListView):
    """Values of indicators for countries."""

    resource = ObservationResource

    @extend_schema(**describing.OBSERVATIONS)
    def get(self, request: Request) -> Response:
        """Of every country, covered or not, as on the map."""
        names = (*parameters.OF_OBSERVATIONS, *parameters.OF_PAGES, *parameters.OF_FORM)
        chosen = parameters.ObservationFilter(request.query_params)
        problems = [*parameters.foreign(request.query_params, names), *chosen.problems]
        return self.page(request, problems, lambda: chosen.found)


class CoverageLedger(ListView):
    """How far each topic was searched for in a country and a quarter."""

    resource = CoverageResource

    @extend_schema(**describing.COVERAGE)
    def get(self, request: Request) -> Response:
        """Rows of covered countries; what has none was not checked, or follows from the topic above it."""
        others = (*parameters.OF_PAGES, *parameters.OF_FORM)
        chosen = CoverageFilter(request.query_params, others=others)
        return self.page(request, chosen.problems, lambda: chosen.found)


class SeenNumbers(ListView):
    """The numbers of acts that lists have, or that are not relevant."""

    resource = SeenNumberResource

    @extend_schema(**describing.SEEN_NUMBERS)
    def get(self, request: Request) -> Response:
        """Rows of covered countries. The numbers of recorded acts are in the measures; others nobody has seen."""
        chosen = SeenNumberFilter(request.query_params, others=(*parameters.OF_PAGES, *parameters.OF_FORM))
        return self.page(request, chosen.problems, lambda: chosen.found)


class Vocabularies(APIView):
    """The vocabularies: what each key means."""

    @extend_schema(**describing.VOCABULARIES)
    def get(self, request: Request) -> Response:
        """Their names and addresses."""
        _refuse_all(request)
        return Response(
            [
                {
                    "name": name,
                    "title": str(vocabulary.title),
                    "is_code": vocabulary.is_code,
                    "url": request.build_absolute_uri(reverse("api_vocabulary", args=[name])),
                }
                for name, vocabulary in VOCABULARIES.items()
            ]
        )


class OneVocabulary(APIView):
    """The keys of a vocabulary, with labels and definitions in the languages that they have."""

    @extend_schema(**describing.VOCABULARY)
    def get(self, request: Request, vocabulary: str) -> Response:
        """Terms that no published record has are left out."""
        _refuse_all(request)
        found: Vocabulary | None = VOCABULARIES.get(vocabulary)
        if found is None:
            raise Http404
        return Response({"name": found.name, "title": str(found.title), "terms": [*map(_term, found.terms())]})


def _term(term: Term) -> dict[str, Any]:
    return {"key": term.key, "labels": term.labels, "definitions": term.definitions, **term.more}


def _refuse_all(request: Request) -> None:
    if found := parameters.foreign(request.query_params, ()):
        raise WrongParameters(found)


class Releases(APIView):
    """The releases of the data."""

    @extend_schema(**describing.RELEASES)
    def get(self, request: Request) -> Response:
        """Newest first, with the address, size and SHA-256 of each file."""
        _refuse_all(request)
        return Response([_release(request, release) for release in Release.objects.all()])


def _release(request: Request, release: Release) -> dict[str, Any]:
    address = request.build_absolute_uri(release.get_absolute_url())
    return {
        "name": release.name,
        "date": day_of(release.moment).iso,
        "url": address,
        "license": LICENCE,
        "changes": release.changes,
        "files": [{"name": name, "url": f"{address}{name}", **file} for name, file in sorted(release.files.items())],
    }


class Schema(APIView):
    """The description of the API as OpenAPI 3.1."""

    @extend_schema(exclude=True)
    def get(self, request: Request) -> Response:
        """The same for everybody."""
        _refuse_all(request)
        return Response(schema(settings.LANGUAGE_CODE), content_type="application/vnd.oai.openapi+json")


def root(request: Any) -> HttpResponse:
    """`/api/v1/`: leads to the description."""
    return redirect("api_schema")


def nowhere(_request: Any, rest: str) -> JsonResponse:
    """Any other address below it: a problem, not a page."""
    words = {"title": "Not Found", "status": 404, "detail": "The API has no such address. See /api/v1/openapi.json."}
    return JsonResponse(words, status=404, content_type=MEDIA_TYPE)
