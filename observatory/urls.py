"""Addresses of the whole site: English bare, Spanish under `/es/`, Portuguese under `/pt/`."""

from django.conf import settings
from django.conf.urls.i18n import i18n_patterns
from django.contrib import admin
from django.contrib.sitemaps.views import index, sitemap
from django.urls import include, path
from django.views.static import serve

from foundation.publication import public_page
from observatory import follow_pages, report_pages, views
from observatory.sitemaps import SITEMAPS

handler500 = "observatory.views.server_error"

urlpatterns = [
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
    path("robots.txt", views.robots, name="robots"),
    path(".well-known/security.txt", views.security_txt, name="security_txt"),
    path("security-policy.txt", views.security_policy, name="security_policy"),
    path("sitemap.xml", public_page(index), {"sitemaps": SITEMAPS, "sitemap_url_name": "sitemap"}, name="sitemaps"),
    path("sitemap-<section>.xml", public_page(reads=["p"])(sitemap), {"sitemaps": SITEMAPS}, name="sitemap"),
    path("api/v1/", include("measures.api.urls")),
    # Small and few, checked at upload; a proxy that serves the folder itself never asks for them here
    path("media/countries/<path:path>", serve, {"document_root": settings.MEDIA_ROOT / "countries"}, name="picture"),
    *i18n_patterns(
        path("", views.home, name="home"),
        path("share.png", views.share_picture, name="share_picture"),
        path("embed/map/", views.embed_map, name="embed_map"),
        path("map.csv", views.map_csv, name="map_csv"),
        path("map.json", views.map_json, name="map_json"),
        path("search/", views.search, name="search"),
        path("countries/", views.country_list, name="countries"),
        path("about/", views.about, name="about"),
        path("report/", report_pages.report, name="report"),
        path("report/<slug:report>/", report_pages.report_status, name="report_status"),
        path("follow/", follow_pages.follow, name="follow"),
        path("follow/sent/", follow_pages.follow_sent, name="follow_sent"),
        path("follow/<slug:subscription>/", follow_pages.subscription, name="subscription"),
        path("follow/<slug:subscription>/end/", follow_pages.subscription_end, name="subscription_end"),
        path("accessibility/", views.accessibility, name="accessibility"),
        path("", include("measures.urls")),
        path("admin/", admin.site.urls),
        prefix_default_language=False,
    ),
]
