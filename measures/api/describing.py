"""What the schema says of each address: parameters, records, problems and examples."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, inline_serializer
from rest_framework import serializers

from countries.resources import CountryResource, ObservationResource
from measures.api import parameters
from measures.api.answers import MEDIA_TYPE
from measures.api.records import serializer_of
from measures.files.coverage import CoverageResource
from measures.files.resources import ArchiveResource, MeasureResource
from measures.files.seen_numbers import SeenNumberResource

JSON = "application/json"
PAGING, FORM = parameters.PAGING, parameters.FORM


class WrongParameter(serializers.Serializer):
    """A parameter, and what would be right."""

    parameter = serializers.CharField()
    detail = serializers.CharField()


class ProblemSerializer(serializers.Serializer):
    """A problem as RFC 9457 has it."""

    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    errors = WrongParameter(many=True, required=False)


def _problems(*statuses: int) -> dict[Any, Any]:
    return {(status, MEDIA_TYPE): ProblemSerializer for status in (400, *statuses, 429, 503)}


WRONG = OpenApiExample(
    "A misspelt parameter",
    value={
        "title": "Bad Request",
        "status": 400,
        "detail": "topc: This filter does not exist. Did you mean “topic”?",
        "errors": [{"parameter": "topc", "detail": "This filter does not exist. Did you mean “topic”?"}],
    },
    response_only=True,
    status_codes=["400"],
    media_type=MEDIA_TYPE,
)


class WithdrawnRecord(serializers.Serializer):
    """A record that was public on the day that is asked for, and was withdrawn since."""

    public_id = serializers.CharField()
    reason = serializers.CharField(help_text="Empty if nobody said why.")
    replaced_by = serializers.CharField(help_text="The public record that took its place, or empty.")


def _page(name: str, record: Any, *, of_days: bool = False, **example: Any) -> dict[str, Any]:
    withdrawn = {"withdrawn": WithdrawnRecord(many=True, required=False, help_text="With `known` alone.")}
    page = inline_serializer(
        f"{name}Page",
        {
            **(withdrawn if of_days else {}),
            "count": serializers.IntegerField(help_text="Records of all pages together."),
            "next": serializers.URLField(allow_null=True, help_text="The address of the next page; null on the last."),
            "license": serializers.URLField(),
            "results": record(many=True),
        },
    )
    return {"responses": {(200, JSON): page, **_problems()}, "examples": [_shown(name, example), WRONG]}


def _shown(name: str, record: dict[str, Any]) -> OpenApiExample:
    value = {"count": 1, "next": None, "license": "https://creativecommons.org/licenses/by/4.0/", "results": [record]}
    return OpenApiExample(
        f"{name}, some fields", value=value, response_only=True, status_codes=["200"], media_type=JSON
    )


MeasureRecord = serializer_of(MeasureResource, "Measure")
SourceRecord = serializer_of(ArchiveResource, "Source")
CountryRecord = serializer_of(CountryResource, "Country")
ObservationRecord = serializer_of(ObservationResource, "Observation")
CoverageRecord = serializer_of(CoverageResource, "Coverage")
SeenNumberRecord = serializer_of(SeenNumberResource, "SeenNumber")
MeasureWithParts = type(
    "MeasureWithParts",
    (MeasureRecord,),
    {
        "parts": serializers.DictField(
            child=serializers.ListField(child=serializers.DictField()),
            required=False,
            help_text="The rows of `status_events.csv`, `relations.csv` and `citations.csv` of this measure.",
        )
    },
)


def _path(name: str, text: str) -> OpenApiParameter:
    return OpenApiParameter(name, OpenApiTypes.STR, OpenApiParameter.PATH, description=text)


MEASURES: dict[str, Any] = {
    "operation_id": "measures",
    "tags": ["measures"],
    "parameters": [*parameters.of_measures(), *PAGING, *FORM],
    **_page(
        "Measures",
        MeasureRecord,
        of_days=True,
        public_id="PER-00007",
        country="PER",
        kind="law",
        topics=["asylum.application"],
        valid_from="2020-05",
    ),
}
MEASURE: dict[str, Any] = {
    "operation_id": "measure",
    "tags": ["measures"],
    "parameters": [_path("public_id", "Such as `PER-00007`."), parameters.KNOWN_DAY, *FORM],
    "responses": {(200, JSON): MeasureWithParts, **_problems(404, 410)},
}
SOURCES: dict[str, Any] = {
    "operation_id": "sources",
    "tags": ["sources"],
    "parameters": [*parameters.SOURCES, *PAGING, *FORM],
    **_page("Sources", SourceRecord, key="gazette-2020-05-29", title="Official gazette", publisher="El Peruano"),
}
SOURCE: dict[str, Any] = {
    "operation_id": "source",
    "tags": ["sources"],
    "parameters": [_path("key", "The key of the document."), *FORM],
    "responses": {(200, JSON): SourceRecord, **_problems(404)},
}
COUNTRIES: dict[str, Any] = {
    "operation_id": "countries",
    "tags": ["countries"],
    "parameters": [*PAGING, *FORM],
    **_page("Countries", CountryRecord, iso3="PER", slug="peru", name_en="Peru"),
}
OBSERVATIONS: dict[str, Any] = {
    "operation_id": "observations",
    "tags": ["observations"],
    "parameters": [*parameters.OBSERVATIONS, *PAGING, *FORM],
    **_page(
        "Observations",
        ObservationRecord,
        indicator="immigrant_stock",
        country="PER",
        period="2020",
        value=1224500.0,
        qualifier="eq",
    ),
}
COVERAGE: dict[str, Any] = {
    "operation_id": "coverage",
    "tags": ["coverage"],
    "parameters": [*parameters.COVERAGE, *PAGING, *FORM],
    **_page(
        "Coverage",
        CoverageRecord,
        country="PER",
        topic="emigrants.assistance",
        period="2020-04/2020-06",
        state="nothing_found",
    ),
}
SEEN_NUMBERS: dict[str, Any] = {
    "operation_id": "seen_numbers",
    "tags": ["coverage"],
    "parameters": [*parameters.SEEN_NUMBERS, *PAGING, *FORM],
    **_page(
        "SeenNumbers",
        SeenNumberRecord,
        country="PER",
        issuing_body="pcm",
        kind="executive_decree",
        year=2020,
        number="043-2020-PCM",
        state="irrelevant",
    ),
}
VOCABULARIES: dict[str, Any] = {
    "operation_id": "vocabularies",
    "tags": ["vocabularies"],
    "responses": {
        (200, JSON): inline_serializer(
            "VocabularyName",
            {
                "name": serializers.CharField(),
                "title": serializers.CharField(),
                "is_code": serializers.BooleanField(help_text="Whether it is the same in every installation."),
                "url": serializers.URLField(),
            },
            many=True,
        ),
        **_problems(),
    },
}
VOCABULARY: dict[str, Any] = {
    "operation_id": "vocabulary",
    "tags": ["vocabularies"],
    "parameters": [_path("vocabulary", "Such as `topics`.")],
    "responses": {
        (200, JSON): inline_serializer(
            "Vocabulary",
            {
                "name": serializers.CharField(),
                "title": serializers.CharField(),
                "terms": inline_serializer(
                    "Term",
                    {
                        "key": serializers.CharField(),
                        "labels": serializers.DictField(child=serializers.CharField()),
                        "definitions": serializers.DictField(child=serializers.CharField()),
                    },
                    many=True,
                ),
            },
        ),
        **_problems(404),
    },
}
RELEASES: dict[str, Any] = {
    "operation_id": "releases",
    "tags": ["releases"],
    "responses": {
        (200, JSON): inline_serializer(
            "Release",
            {
                "name": serializers.CharField(),
                "date": serializers.DateField(help_text="The day on which the last of it was recorded."),
                "url": serializers.URLField(),
                "license": serializers.URLField(),
                "changes": serializers.DictField(
                    child=serializers.DictField(child=serializers.IntegerField()),
                    help_text="By table, since the release before: rows added and removed, and cells changed.",
                ),
                "files": inline_serializer(
                    "ReleaseFile",
                    {
                        "name": serializers.CharField(),
                        "url": serializers.URLField(),
                        "size": serializers.IntegerField(help_text="Bytes."),
                        "sha256": serializers.CharField(),
                        "rows": serializers.IntegerField(required=False),
                    },
                    many=True,
                ),
            },
            many=True,
        ),
        **_problems(),
    },
}
