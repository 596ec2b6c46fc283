"""URLs of measures and of the pages of countries."""

from django.urls import path

from measures.files.aliases import AliasResource
from measures.files.citations import CitationResource
from measures.files.relations import RelationResource
from measures.files.status_events import StatusEventResource
from measures.views import (
    affected,
    agreement,
    archive,
    citing,
    comparing,
    corrections,
    country,
    coverage,
    crosswalks,
    data,
    embed,
    following,
    listing,
    measure,
    quality,
    releases,
    research,
    series,
    sharing,
)

PARTS = (StatusEventResource, RelationResource, CitationResource, AliasResource)

urlpatterns = [
    path("countries/<slug:slug>/", country.country, name="country"),
    path("countries/<slug:slug>/profile/", country.profile, name="profile"),
    path("countries/<slug:slug>/coverage/", coverage.coverage, name="coverage"),
    path("countries/<slug:slug>/share.png", sharing.country_picture, name="country_picture"),
    path("countries/<slug:slug>/series.csv", series.series_csv, name="series_csv"),
    path("countries/<slug:slug>/series.svg", series.series_svg, name="series_svg"),
    path("embed/countries/<slug:slug>/", embed.country, name="embed_country"),
    path("embed/measures/<slug:public_id>/", embed.measure, name="embed_measure"),
    path("oembed/", embed.oembed, name="oembed"),
    path("measures/", listing.measure_list, name="measures"),
    path("measures.csv", data.measures_csv, name="measures_csv"),
    path("measures.csv-metadata.json", data.measures_csv_metadata, name="measures_csv_metadata"),
    *(
        path(f"measures.{ending}", data.measures_file, {"ending": ending}, name=f"measures_{ending}")
        for ending in ("xlsx", "ods", "json")
    ),
    path("measures.parquet", data.measures_parquet, name="measures_parquet"),
    *(path(f"{part.file()}.csv", data.parts_csv, {"resource": part}, name=f"{part.file()}_csv") for part in PARTS),
    path("coverage.csv", data.coverage_csv, name="coverage_csv"),
    path("seen_numbers.csv", data.seen_numbers_csv, name="seen_numbers_csv"),
    path("measures/<slug:public_id>/", measure.measure, name="measure"),
    path("measures/<slug:public_id>/corrections/", corrections.corrections_of_measure, name="measure_corrections"),
    path("measures/<slug:public_id>/corrections.csv", corrections.corrections_csv, name="measure_corrections_csv"),
    path("measures/<slug:public_id>/share.png", sharing.measure_picture, name="measure_picture"),
    path("measures.atom", following.atom, name="measures_atom"),
    path("measures.ics", following.calendar, name="measures_ics"),
    path("cite/<slug:form>", citing.cite, name="cite"),
    path("data/", research.data, name="data"),
    path("data/codebook/", research.codebook, name="codebook"),
    path("data/codebook.csv", research.codebook_csv, name="codebook_csv"),
    path("data/codebook/changes.csv", research.codebook_changes_csv, name="codebook_changes_csv"),
    path("data/crosswalks/", crosswalks.crosswalks, name="crosswalks"),
    path("data/crosswalks.csv", crosswalks.crosswalks_csv, name="crosswalks_csv"),
    path("data/releases/", releases.release_list, name="releases"),
    path("data/releases/<str:release>/", releases.release, name="release"),
    path("data/releases/<str:release>/<str:file>", releases.release_file, name="release_file"),
    path("data/changes", releases.changes, name="changes"),
    path("data/api/", research.api, name="api_docs"),
    path("compare/", comparing.compare, name="compare"),
    path("compare/<slug:drawing>.csv", comparing.compare_csv, name="compare_csv"),
    path("compare/<slug:drawing>.svg", comparing.compare_svg, name="compare_svg"),
    path("corrections/", corrections.corrections, name="corrections"),
    path("quality/agreement/", agreement.agreement, name="agreement"),
    path("quality/agreement.csv", agreement.agreement_csv, name="agreement_csv"),
    path("quality/", quality.quality, name="quality"),
    path("quality.csv", quality.quality_csv, name="quality_csv"),
    path("quality/<slug:slug>/", quality.quality_of_country, name="quality_of_country"),
    path("quality/<slug:slug>.csv", quality.quality_of_country_csv, name="quality_of_country_csv"),
    path("who/", affected.who, name="who"),
    path("archive/", archive.source_list, name="archive"),
    path("archive.csv", data.archive_csv, name="archive_csv"),
    path("archive/links/broken/", archive.broken, name="broken_links"),
    path("archive/<slug:key>/", archive.source, name="source"),
    path("archive/<slug:key>/<slug:sha256>", archive.kept_copy, name="kept_copy"),
    path("reference/<path:reference>/", measure.reference, name="reference"),
]
