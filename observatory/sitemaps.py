"""Sitemaps. Each page links to its own translations, so the English URL is enough."""

from datetime import datetime

from django.contrib.sitemaps import Sitemap
from django.db.models import Max, QuerySet
from django.urls import reverse

from countries.models import Country
from measures.models import Measure, Release, Source


class PageSitemap(Sitemap):
    """Pages with a fixed URL."""

    def items(self) -> list[str]:
        lists = ["home", "countries", "measures", "compare", "who", "archive", "broken_links"]
        return [*lists, "data", "codebook", "crosswalks", "api_docs", "releases", "quality", "about", "accessibility"]

    def location(self, item: str) -> str:
        return reverse(item)


class ReleaseSitemap(Sitemap):
    """The pages of the releases of the data."""

    def items(self) -> QuerySet[Release]:
        return Release.objects.only("name", "made_at")

    def lastmod(self, item: Release) -> datetime:
        return item.made_at


class CountrySitemap(Sitemap):
    """The pages of the covered countries."""

    def items(self) -> QuerySet[Country]:
        return Country.objects.covered().order_by("slug")


class MeasureSitemap(Sitemap):
    """The pages of the published entries, 50,000 a file."""

    def items(self) -> QuerySet[Measure]:
        return Measure.objects.published().only("public_id", "updated_at").order_by("public_id")

    def lastmod(self, item: Measure) -> datetime:
        return item.updated_at

    def get_latest_lastmod(self) -> datetime | None:
        latest: datetime | None = Measure.objects.published().aggregate(latest=Max("updated_at"))["latest"]
        return latest


class SourceSitemap(Sitemap):
    """The pages of the sources that published entries cite, 50,000 a file."""

    def items(self) -> QuerySet[Source]:
        return Source.objects.public().only("key").order_by("key")


SITEMAPS = {
    "pages": PageSitemap,
    "countries": CountrySitemap,
    "measures": MeasureSitemap,
    "sources": SourceSitemap,
    "releases": ReleaseSitemap,
}
