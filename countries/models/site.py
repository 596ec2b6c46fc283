"""What the site is called, what it is about and where: data, so that no field of policy stands in the code.

Every page bears these texts. They cost no query: they are read along with the public version.
"""

import json
from dataclasses import dataclass
from functools import lru_cache

from django.db import Error, models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from foundation.publication import bumps_public_version, known_along, read_along
from foundation.records.history import track_history
from foundation.texts import Text, translated

ONLY_KEY = "site"
"""The key of the one row."""


class Area(models.TextChoices):
    """The parts of the world that there is a drawing of; see `countries/geometry`."""

    AMERICAS = "americas", _("Americas")
    WORLD = "world", _("World")


class SiteQuerySet(models.QuerySet["Site"]):
    """The one row, by who may see it."""

    def public(self) -> "SiteQuerySet":
        """All rows: every page shows them."""
        return self.all()


@bumps_public_version()
@track_history
class Site(models.Model):
    """The texts of the whole site in three languages, and the area that it follows; one row.

    Pages read it by `current_site`, which asks the database only after something public has changed.
    """

    key = models.CharField(_("key"), max_length=4, primary_key=True, default=ONLY_KEY, editable=False)
    name_en = models.CharField(
        _("name (English)"),
        max_length=100,
        default="Observatory",
        help_text=_("Used with an article: “recorded in the Climate Law Observatory”."),
    )
    name_es = models.CharField(_("name (Spanish)"), max_length=100, blank=True)
    name_pt = models.CharField(_("name (Portuguese)"), max_length=100, blank=True)
    tagline_en = models.CharField(
        _("tagline (English)"),
        max_length=250,
        blank=True,
        help_text=_("What the site covers, in one sentence. Search engines show it below the name."),
    )
    tagline_es = models.CharField(_("tagline (Spanish)"), max_length=250, blank=True)
    tagline_pt = models.CharField(_("tagline (Portuguese)"), max_length=250, blank=True)
    headline_en = models.CharField(
        _("headline (English)"),
        max_length=150,
        blank=True,
        help_text=_("The first line of the home page. Empty: the name of the site."),
    )
    headline_es = models.CharField(_("headline (Spanish)"), max_length=150, blank=True)
    headline_pt = models.CharField(_("headline (Portuguese)"), max_length=150, blank=True)
    lead_en = models.CharField(
        _("lead (English)"), max_length=400, blank=True, help_text=_("The sentence below the headline.")
    )
    lead_es = models.CharField(_("lead (Spanish)"), max_length=400, blank=True)
    lead_pt = models.CharField(_("lead (Portuguese)"), max_length=400, blank=True)
    subject_en = models.CharField(
        _("subject (English)"),
        max_length=100,
        blank=True,
        help_text=_("The topic of all measures, as part of a sentence: “its policy toward climate change”."),
    )
    subject_es = models.CharField(_("subject (Spanish)"), max_length=100, blank=True)
    subject_pt = models.CharField(_("subject (Portuguese)"), max_length=100, blank=True)
    about_en = models.TextField(
        _("about (English)"),
        blank=True,
        help_text=_("Who runs the observatory and why: the first part of the page on methods."),
    )
    about_es = models.TextField(_("about (Spanish)"), blank=True)
    about_pt = models.TextField(_("about (Portuguese)"), blank=True)
    area = models.CharField(
        _("area"),
        max_length=10,
        choices=Area,
        default=Area.WORLD,
        help_text=_(
            "The area that the map of the home page shows first. Which countries have pages is set on each country."
        ),
    )
    citation_name = models.CharField(
        _("name in citations"),
        max_length=100,
        blank=True,
        help_text=_("Empty: the name of the site, in the reader’s language."),
    )
    contact = models.CharField(
        _("contact"),
        max_length=200,
        blank=True,
        help_text=_("An e-mail address, or an address that begins with https://, for the footer of every page."),
    )
    double_coding_share = models.PositiveSmallIntegerField(
        _("acts coded a second time, per cent"),
        default=0,
        db_default=0,
        help_text=_(
            "The share of new acts that a second analyst codes without seeing the first coding, before they are "
            "published; which ones, is chosen at random. 0 is none. It needs two analysts for each country."
        ),
    )

    objects = SiteQuerySet.as_manager()
    is_shared_vocabulary = True

    class Meta:
        verbose_name = _("site")
        verbose_name_plural = _("site")
        constraints = [
            models.CheckConstraint(
                condition=Q(key=ONLY_KEY),
                name="countries_site_one_row",
                violation_error_message=_("There is only one site, and its key is “site”."),
            ),
            models.CheckConstraint(
                condition=~Q(name_en=""),
                name="countries_site_has_name",
                violation_error_message=_("The site needs a name in English."),
            ),
            models.CheckConstraint(
                condition=Q(area__in=Area.values),
                name="countries_site_area_known",
                violation_error_message=_("Choose an area from the list."),
            ),
            models.CheckConstraint(
                condition=Q(
                    contact__regex=r"^(https://[^[:space:]]+|[^[:space:]@:]+@[^[:space:]@]+[.][^[:space:]@.]+)?$"
                ),
                name="countries_site_contact_form",
                violation_error_message=_("Write an e-mail address, or one that begins with https://."),
            ),
            models.CheckConstraint(
                condition=Q(double_coding_share__lte=100),
                name="countries_site_share_is_per_cent",
                violation_error_message=_("Write a number from 0 to 100."),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """The name in the active language."""
        return translated(self, "name").text

    @property
    def citation(self) -> str:
        """The name under which the site is cited."""
        return self.citation_name or self.name

    @property
    def tagline(self) -> Text:
        """What the site contains, in one sentence."""
        return translated(self, "tagline")

    @property
    def headline(self) -> Text:
        """The first line of the home page."""
        return translated(self, "headline") or translated(self, "name")

    @property
    def lead(self) -> Text:
        """The text below the headline."""
        return translated(self, "lead")

    @property
    def subject(self) -> Text:
        """What the measures are about, as a sentence goes on."""
        return translated(self, "subject")

    @property
    def about(self) -> Text:
        """Who runs the observatory, and for what."""
        return translated(self, "about")

    @property
    def contact_url(self) -> str:
        """The target of the contact link."""
        return f"mailto:{self.contact}" if "@" in self.contact and "://" not in self.contact else self.contact


# As every page bears it


ALONG = "site"
"""The name under which it is read along."""
read_along(
    ALONG,
    "select jsonb_build_object('site', (select to_jsonb(s) from countries_site s),"
    " 'has_roles', exists (select from countries_role))::text",
)


@dataclass(frozen=True, slots=True)
class KnownSite:
    """The site as of one public version; `has_roles`: whether there are any roles."""

    site: Site
    has_roles: bool


def known_site() -> KnownSite:
    """The current site, or the last known one if the database is unavailable."""
    try:
        return _parsed(known_along(ALONG))
    except Error:  # the error page needs a site name too
        return last_known_site()


def last_known_site() -> KnownSite:
    """The site last known to this process, for pages that must not query the database."""
    return _parsed(known_along(ALONG, asks=False))


def current_site() -> Site:
    """The texts of the site."""
    return known_site().site


@lru_cache(maxsize=2)
def _parsed(text: str | None) -> KnownSite:
    if not text:
        return KnownSite(Site(), has_roles=False)
    found = json.loads(text)
    stored = found["site"] or {}
    # Only common columns: during an upgrade, the table may have columns that this process does not know
    texts = {field.attname: stored[field.attname] for field in Site._meta.concrete_fields if field.attname in stored}
    return KnownSite(Site(**texts), has_roles=found["has_roles"])
