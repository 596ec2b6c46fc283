"""Countries and their roles."""

import csv
from functools import cache
from pathlib import Path

from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from countries.models.former import Named, leads_on
from foundation.partial_dates import DATE_HELP, PartialDateField, canonical, range_of
from foundation.publication import bumps_public_version
from foundation.records.history import track_history
from foundation.records.teams import Team
from foundation.texts import LANGUAGES, sort_key, translated

OF_NO_COUNTRY = "INT"
"""The beginning of the identifiers of acts of international bodies, which is therefore no code of a country."""
OTHER_NAMES = Path(__file__).with_name("other_names.csv")


def _language() -> str:
    language = (get_language() or "en")[:2]
    return language if language in LANGUAGES else "en"


class CountryQuerySet(models.QuerySet["Country"]):
    def covered(self) -> "CountryQuerySet":
        """The countries that the observatory follows; only these have pages."""
        return self.filter(is_covered=True)

    def public(self) -> "CountryQuerySet":
        """Countries with a page. Codes and names of all countries are public too; analysts cannot edit them."""
        return self.covered()

    def of_team(self, team: Team) -> "CountryQuerySet":
        """The countries of a team."""
        return self.filter(pk__in=team.countries)

    def by_name(self) -> "CountryQuerySet":
        """In the alphabetical order of the active language, accents folded."""
        return self.order_by(f"sort_name_{_language()}")

    def names(self) -> list[tuple[str, str]]:
        """Codes and names in the active language."""
        return list(self.values_list("pk", f"name_{_language()}"))


@bumps_public_version()
@track_history
class Country(models.Model):
    """A country of ISO 3166-1. All are stored, since origins and destinations can be anywhere.

    Others, such as Kosovo, have codes that ISO reserves or leaves to its users, `XKX` and `XK`, and no number of M49.
    """

    iso3 = models.CharField(
        _("ISO 3166-1 alpha-3"),
        max_length=3,
        primary_key=True,
        error_messages={
            "unique": _("Another country has this code. Open its page to change it, or write a code of its own.")
        },
        help_text=_("Where ISO 3166-1 has none, a code that it reserves or leaves to its users: XKX."),
    )
    iso2 = models.CharField(
        _("ISO 3166-1 alpha-2"), max_length=2, help_text=_("Likewise: XK. QM to QZ and XA to XZ are free to use.")
    )
    m49 = models.CharField(_("UN M49"), max_length=3, blank=True, help_text=_("Empty if UN M49 has none."))
    slug = models.SlugField(_("slug"), unique=True, help_text=_("The last part of the address of the country’s page."))
    name_en = models.CharField(_("name (English)"), max_length=100)
    name_es = models.CharField(_("name (Spanish)"), max_length=100)
    name_pt = models.CharField(_("name (Portuguese)"), max_length=100)
    region = models.CharField(_("region (UN M49)"), max_length=40)
    subregion = models.CharField(_("subregion (UN M49)"), max_length=60)
    is_covered = models.BooleanField(
        _("covered"), default=False, help_text=_("Whether the observatory follows this country and has a page for it.")
    )
    summary_en = models.TextField(_("summary (English)"), blank=True)
    summary_es = models.TextField(_("summary (Spanish)"), blank=True)
    summary_pt = models.TextField(_("summary (Portuguese)"), blank=True)
    picture = models.ImageField(_("picture"), upload_to="countries/", blank=True)
    picture_credit = models.CharField(_("picture credit"), max_length=200, blank=True)
    picture_alt = models.CharField(_("picture description (English)"), max_length=250, blank=True)
    picture_alt_es = models.CharField(_("picture description (Spanish)"), max_length=250, blank=True)
    picture_alt_pt = models.CharField(_("picture description (Portuguese)"), max_length=250, blank=True)
    updated_at = models.DateTimeField(_("updated"), auto_now=True)
    sort_name_en = sort_key("name_en")
    sort_name_es = sort_key("name_es")
    sort_name_pt = sort_key("name_pt")

    names_are_public = True
    objects = CountryQuerySet.as_manager()

    class Meta:
        verbose_name = _("country")
        verbose_name_plural = _("countries")
        ordering = ["sort_name_en"]
        constraints = [
            models.CheckConstraint(
                condition=Q(iso3__regex="^[A-Z]{3}$", iso2__regex="^[A-Z]{2}$", m49__regex="^([0-9]{3})?$"),
                name="countries_country_codes",
                violation_error_message=_("Write codes such as PER, PE and 604, or XKX and XK without a number."),
            ),
            models.CheckConstraint(
                condition=~Q(iso3=OF_NO_COUNTRY),
                name="countries_country_iso3_of_a_country",
                violation_error_message=_("INT begins the identifiers of acts of no country. Write another code."),
            ),
            models.UniqueConstraint(
                fields=["iso2"],
                name="countries_country_iso2_unique",
                violation_error_message=_(
                    "Another country has this code of two letters. Correct one of the two; codes from XA to XZ are "
                    "free to use."
                ),
            ),
            models.UniqueConstraint(
                fields=["m49"],
                condition=~Q(m49=""),
                name="countries_country_m49_unique",
                violation_error_message=_(
                    "Another country has this number. Correct one of the two, or leave it empty if UN M49 has none."
                ),
            ),
            models.CheckConstraint(
                condition=Q(picture="") | ~Q(picture_alt="", picture_alt_es="", picture_alt_pt=""),
                name="countries_country_picture_in_words",
                violation_error_message=_("A picture needs a description in words."),
            ),
        ]
        triggers = [leads_on(Named.COUNTRY, ["slug"], pk="iso3")]

    def __str__(self) -> str:
        return str(self.name)

    def get_absolute_url(self) -> str:
        return reverse("country", kwargs={"slug": self.slug})

    @property
    def name(self) -> str:
        """The name in the active language."""
        return translated(self, "name").text

    @classmethod
    def spellings(cls) -> list[tuple[str, str]]:
        """What a file may write instead of the alpha-3 code: the other codes, and names in our languages."""
        columns = ("iso3", "iso2", "m49", "name_en", "name_es", "name_pt")
        known = [(name, row[0]) for row in cls.objects.values_list(*columns) for name in row]
        codes = {key for _name, key in known}
        return [*known, *((name, key) for name, key in other_names() if key in codes)]


@cache
def other_names() -> list[tuple[str, str]]:
    """Official and everyday names of countries that no column has, with their codes."""
    with OTHER_NAMES.open(encoding="utf-8", newline="") as file:
        return [(row["name"], row["iso3"]) for row in csv.DictReader(file)]


class CountryAreaQuerySet(models.QuerySet["CountryArea"]):
    """Areas, by who may see them."""

    def of_team(self, team: Team) -> "CountryAreaQuerySet":
        """Those of the countries of a team."""
        return self.filter(country__in=team.countries)

    def public(self) -> "CountryAreaQuerySet":
        """Those that a published entry names."""
        named = CountryArea.objects.filter(pk=OuterRef("pk"), measures__workflow="published")
        return self.filter(Exists(named))


@bumps_public_version()
@track_history
class CountryArea(models.Model):
    """A part of a country by ISO 3166-2, such as a region, a province or a state."""

    code = models.CharField(
        _("ISO 3166-2"),
        max_length=6,
        unique=True,
        help_text=_("Files use it as the name of the area, such as PE-LOR, so it never changes."),
    )
    country = models.ForeignKey(Country, models.PROTECT, related_name="areas", verbose_name=_("country"))
    native_name = models.CharField(_("name in its own language"), max_length=100)
    name_en = models.CharField(_("name (English)"), max_length=100, blank=True)
    name_es = models.CharField(_("name (Spanish)"), max_length=100, blank=True)
    name_pt = models.CharField(_("name (Portuguese)"), max_length=100, blank=True)
    sort_name = sort_key("native_name")

    is_native_without_translation = True

    names_are_public = True
    objects = CountryAreaQuerySet.as_manager()

    class Meta:
        verbose_name = _("area of a country")
        verbose_name_plural = _("areas of countries")
        ordering = ["country", "sort_name"]
        constraints = [
            models.CheckConstraint(
                condition=Q(code__regex="^[A-Z]{2}-[A-Z0-9]{1,3}$"),
                name="countries_countryarea_code_form",
                violation_error_message=_("Write a code of ISO 3166-2, such as PE-LOR."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.code})"

    @property
    def name(self) -> str:
        """The name in the active language where that is another, else the one in its own language."""
        return str(getattr(self, f"name_{_language()}") or self.native_name)


class RoleIcon(models.TextChoices):
    """The available icons; see `templates/countries/_role_icon.html`."""

    HOUSE_OUT = "house_out", _("house with an arrow pointing out")
    HOUSE_IN = "house_in", _("house with an arrow pointing in")
    CROSSING = "crossing", _("arrow across lines")
    SHELTER = "shelter", _("house with an open door")
    TURN_BACK = "turn_back", _("arrow turning back")
    TURN_ON = "turn_on", _("arrow turning forward")


class RoleQuerySet(models.QuerySet["Role"]):
    """Roles, by who may see them."""

    def public(self) -> "RoleQuerySet":
        """Those that a country with a page has."""
        return self.filter(Exists(MobilityRole.objects.public().filter(role=OuterRef("pk"))))


@bumps_public_version()
@track_history
class Role(models.Model):
    """A role that countries can have in the field of the observatory. Without roles, no page mentions them."""

    key = models.CharField(
        _("key"),
        max_length=20,
        primary_key=True,
        help_text=_("Files use it as the name of the role, such as transit, so it never changes."),
    )
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    label_en = models.CharField(_("label (English)"), max_length=100)
    label_es = models.CharField(_("label (Spanish)"), max_length=100)
    label_pt = models.CharField(_("label (Portuguese)"), max_length=100)
    icon = models.CharField(_("icon"), max_length=10, choices=RoleIcon, blank=True)

    objects = RoleQuerySet.as_manager()
    is_shared_vocabulary = True

    class Meta:
        verbose_name = _("role")
        verbose_name_plural = _("roles")
        ordering = ["position", "key"]
        constraints = [
            models.CheckConstraint(
                condition=Q(key__regex=r"^[a-z][a-z0-9_]*$"),
                name="countries_role_key_form",
                violation_error_message=_("A key may have lowercase letters, digits and _."),
            ),
            models.CheckConstraint(
                condition=Q(icon__in=["", *RoleIcon.values]),
                name="countries_role_icon_known",
                violation_error_message=_("Choose an icon from the list."),
            ),
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def label(self) -> str:
        """The label in the active language."""
        return translated(self, "label").text


class MobilityRoleQuerySet(models.QuerySet["MobilityRole"]):
    """Roles, by who may see them."""

    def of_team(self, team: Team) -> "MobilityRoleQuerySet":
        """Those of the countries of a team."""
        return self.filter(country__in=team.countries)

    def public(self) -> "MobilityRoleQuerySet":
        """Role editions on the page of a covered country."""
        return self.filter(Exists(Country.objects.covered().filter(pk=OuterRef("country_id"))))


@bumps_public_version()
@track_history
class MobilityRole(models.Model):
    """One role of a country as one edition of its profile tells it; a new edition never overwrites the old."""

    country = models.ForeignKey(Country, models.PROTECT, related_name="roles", verbose_name=_("country"))
    role = models.ForeignKey(Role, models.PROTECT, related_name="editions", verbose_name=_("role"))
    narrative_en = models.TextField(_("narrative (English)"), blank=True)
    narrative_es = models.TextField(_("narrative (Spanish)"), blank=True)
    narrative_pt = models.TextField(_("narrative (Portuguese)"), blank=True)
    as_of = PartialDateField(_("as of"), blank=True, help_text=DATE_HELP)
    source_name = models.CharField(_("source (English)"), max_length=200)
    source_name_es = models.CharField(_("source (Spanish)"), max_length=200, blank=True)
    source_name_pt = models.CharField(_("source (Portuguese)"), max_length=200, blank=True)
    source_url = models.URLField(_("address of the source"), max_length=500, blank=True)
    as_of_range = range_of("as_of")

    objects = MobilityRoleQuerySet.as_manager()

    class Meta:
        verbose_name = _("role of a country")
        verbose_name_plural = _("roles of countries")
        ordering = ["country", "role", F("as_of_range").desc(nulls_last=True)]
        constraints = [
            models.UniqueConstraint(
                fields=["country", "role", "as_of"],
                name="countries_mobilityrole_unique",
                violation_error_message=_(
                    "This role already has a text as of that date. Edit that text, or enter another date."
                ),
            ),
            models.CheckConstraint(
                condition=~Q(narrative_en="", narrative_es="", narrative_pt=""),
                name="countries_mobilityrole_has_narrative",
                violation_error_message=_("Write the narrative in at least one language."),
            ),
            canonical("as_of", "countries_mobilityrole"),
        ]

    def __str__(self) -> str:
        role = f"{self.country_id}: {self.role}"
        return f"{role}, {self.as_of}" if self.as_of else role
