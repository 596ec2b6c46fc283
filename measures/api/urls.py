"""Addresses of the read API, without a language: English is that of its problems."""

from typing import Any

from django.urls import path, re_path

from foundation.publication import public_page
from measures.api import parameters, views
from measures.archive.listing.filters import PARAMETERS as OF_SOURCES
from measures.coverage.asked import PARAMETERS as OF_COVERAGE
from measures.listing.filters import PARAMETERS as OF_MEASURES
from measures.listing.parameters import KNOWN
from measures.missing.asked import PARAMETERS as OF_NUMBERS

OF_LISTS = (*parameters.OF_PAGES, *parameters.OF_FORM)


def _open(view: Any, *reads: str) -> Any:
    return public_page(reads=reads, is_strict=True, is_api=True)(view.as_view())


urlpatterns = [
    path("", views.root, name="api_root"),
    path("openapi.json", _open(views.Schema), name="api_schema"),
    path("measures/", _open(views.Measures, *OF_MEASURES, *OF_LISTS), name="api_measures"),
    path("measures/<slug:public_id>/", _open(views.OneMeasure, KNOWN, *parameters.OF_FORM), name="api_measure"),
    path("sources/", _open(views.Sources, *OF_SOURCES, *OF_LISTS), name="api_sources"),
    path("sources/<slug:key>/", _open(views.OneSource, *parameters.OF_FORM), name="api_source"),
    path("countries/", _open(views.Countries, *OF_LISTS), name="api_countries"),
    path("observations/", _open(views.Observations, *parameters.OF_OBSERVATIONS, *OF_LISTS), name="api_observations"),
    path("coverage/", _open(views.CoverageLedger, *OF_COVERAGE, *OF_LISTS), name="api_coverage"),
    path("seen-numbers/", _open(views.SeenNumbers, *OF_NUMBERS, *OF_LISTS), name="api_seen_numbers"),
    path("vocabularies/", _open(views.Vocabularies), name="api_vocabularies"),
    path("vocabularies/<slug:vocabulary>/", _open(views.OneVocabulary), name="api_vocabulary"),
    path("releases/", _open(views.Releases), name="api_releases"),
    re_path(r"^(?P<rest>[\s\S]+)$", views.nowhere, name="api_nowhere"),  # line breaks too
]
