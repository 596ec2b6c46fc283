"""URLs of measures and of the pages of countries."""

from django.urls import path

from measures.views import archive, country, data, listing, measure, series

urlpatterns = [
    path("countries/<slug:slug>/", country.country, name="country"),
    path("countries/<slug:slug>/profile/", country.profile, name="profile"),
    path("countries/<slug:slug>/series.csv", series.series_csv, name="series_csv"),
    path("countries/<slug:slug>/series.svg", series.series_svg, name="series_svg"),
    path("measures/", listing.measure_list, name="measures"),
    path("measures.csv", data.measures_csv, name="measures_csv"),
    path("measures.xlsx", data.measures_xlsx, name="measures_xlsx"),
    path("measures/<slug:public_id>/", measure.measure, name="measure"),
    path("archive/", archive.source_list, name="archive"),
    path("archive.csv", data.archive_csv, name="archive_csv"),
    path("archive/links/broken/", archive.broken, name="broken_links"),
    path("archive/<slug:key>/", archive.source, name="source"),
    path("archive/<slug:key>/<slug:sha256>", archive.kept_copy, name="kept_copy"),
    path("reference/<path:reference>/", measure.reference, name="reference"),
]
