"""Vocabulary that researchers grow: rows that are deprecated, never deleted while in use."""

from collections.abc import Mapping
from itertools import count
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from countries.models import Country, FormerAddress, Named, leads_on
from foundation.partial_dates import PeriodField, canonical, range_of
from foundation.publication import bumps_public_version
from foundation.records.history import track_history
from foundation.texts import sort_key, translated
from measures.choices import BodyKind, Workflow
from measures.models.replaced_terms import gives_way


class TermQuerySet(models.QuerySet["Term"]):
    def current(self) -> "TermQuerySet":
        """The terms that are still offered for tagging."""
        return self.filter(deprecated_on=None)

    def public(self) -> "TermQuerySet":
        """The terms of published entries and the topics of which the ledger says something public, and their lanes."""
        manager: Any = self.model._default_manager
        terms = manager.filter(measures__workflow=Workflow.PUBLISHED)
        borne = Q(Exists(terms.filter(pk=OuterRef("pk"))))
        if self.model is Topic:
            searched = manager.filter(coverage__is_proposed=False, coverage__country__is_covered=True)
            for topics in (terms, searched):
                borne |= Q(Exists(topics.filter(pk=OuterRef("pk")))) | Q(Exists(topics.filter(parent=OuterRef("pk"))))
        return self.filter(borne)


class Term(models.Model):
    """A word of a controlled vocabulary, with its label and definition in three languages."""

    key = models.CharField(
        _("key"),
        max_length=60,
        unique=True,
        help_text=_("Files use it as the name of the term, such as health.access, so it never changes."),
    )
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    label_en = models.CharField(_("label (English)"), max_length=100)
    label_es = models.CharField(_("label (Spanish)"), max_length=100)
    label_pt = models.CharField(_("label (Portuguese)"), max_length=100)
    definition_en = models.TextField(_("definition (English)"), blank=True)
    definition_es = models.TextField(_("definition (Spanish)"), blank=True)
    definition_pt = models.TextField(_("definition (Portuguese)"), blank=True)
    deprecated_on = models.DateField(_("deprecated on"), null=True, blank=True)

    objects = TermQuerySet.as_manager()
    is_shared_vocabulary = True

    class Meta:
        abstract = True
        ordering = ["position", "key"]

    def __str__(self) -> str:
        return self.label

    def clean(self) -> None:
        """Raise ValidationError for a term that would be replaced by one that it replaces."""
        other: Any = getattr(self, "replaced_by", None)
        seen, term = {self.pk}, other
        while term is not None:
            if term.pk in seen:
                message = _("“%(term)s” is itself replaced by this term.")
                raise ValidationError({"replaced_by": ValidationError(message, params={"term": other})})
            seen.add(term.pk)
            term = term.replaced_by

    @property
    def label(self) -> str:
        """The label in the active language."""
        return translated(self, "label").text


def current_keys(model: type["Topic"] | type["TargetGroup"]) -> dict[str, str]:
    """The keys of today of terms that were replaced, and of those whose key was another once; two queries."""
    terms = {term.pk: term for term in model._default_manager.only("pk", "key", "replaced_by")}
    keys = {term.key for term in terms.values()}
    kind = Named.TOPIC if model is Topic else Named.TARGET_GROUP
    formers = FormerAddress.objects.filter(kind=kind).exclude(former__in=keys).values_list("former", "record")
    found = {former: now_of(terms[int(record)], terms).key for former, record in formers if int(record) in terms}
    replaced = (term for term in terms.values() if term.replaced_by_id is not None)
    return found | {term.key: now_of(term, terms).key for term in replaced}


def now_of(term: Any, terms: Mapping[int, Any]) -> Any:
    """Of terms by primary key, the one that stands for `term` today; in a circle, the term itself."""
    now, seen = term, {term.pk}
    while now.replaced_by_id is not None:
        if now.replaced_by_id in seen:
            return term
        now = terms[now.replaced_by_id]
        seen.add(now.pk)
    return now


def _term_constraints(table: str, pattern: str) -> list[models.BaseConstraint]:
    return [
        models.CheckConstraint(
            condition=Q(key__regex=pattern),
            name=f"{table}_key_form",
            violation_error_message=_(
                "A key may have lowercase letters, digits and _. The second level follows a dot."
            ),
        ),
        models.CheckConstraint(
            condition=Q(replaced_by=None) | Q(deprecated_on__isnull=False) & ~Q(replaced_by=F("id")),
            name=f"{table}_replaced_when_deprecated",
            violation_error_message=_("Only a deprecated term can be replaced, and only by another term."),
        ),
    ]


@bumps_public_version(any_record=True)  # counts depend on a topic's parent
@track_history
class Topic(Term):
    """What an act is about; the top level are the lanes of the timeline."""

    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name=_("parent")
    )
    replaced_by = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("replaced by")
    )

    class Meta(Term.Meta):
        verbose_name = _("topic")
        verbose_name_plural = _("topics")
        constraints = [
            *_term_constraints("measures_topic", r"^[a-z][a-z0-9_]*([.][a-z][a-z0-9_]*)?$"),
            models.CheckConstraint(
                condition=Q(parent=None, key__regex=r"^[^.]+$") | Q(parent__isnull=False, key__regex=r"[.]"),
                name="measures_topic_two_levels",
                violation_error_message=_(
                    "A topic of the second level must have a parent, and a key of the form parent.child."
                ),
            ),
        ]
        triggers = [leads_on(Named.TOPIC, ["key"]), gives_way("topic")]


@bumps_public_version()
@track_history
class TargetGroup(Term):
    """Whom an act concerns."""

    replaced_by = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("replaced by")
    )

    class Meta(Term.Meta):
        verbose_name = _("target group")
        verbose_name_plural = _("target groups")
        constraints = _term_constraints("measures_targetgroup", r"^[a-z][a-z0-9_]*$")
        triggers = [leads_on(Named.TARGET_GROUP, ["key"]), gives_way("target_group")]


class IssuingBodyQuerySet(models.QuerySet["IssuingBody"]):
    """Bodies, by who may see them."""

    def public(self) -> "IssuingBodyQuerySet":
        """Those that a published entry names, as the first or further, or a public number of the ledger."""
        bodies = IssuingBody._default_manager.filter(pk=OuterRef("pk"))
        leading = bodies.filter(measures__workflow=Workflow.PUBLISHED)
        further = bodies.filter(further_measures__measure__workflow=Workflow.PUBLISHED)
        seen = bodies.filter(seen_numbers__is_proposed=False, seen_numbers__country__is_covered=True)
        return self.filter(Q(Exists(leading)) | Q(Exists(further)) | Q(Exists(seen)))


@bumps_public_version()
@track_history
class IssuingBody(models.Model):
    """Who adopts, proposes, announces or says: a ministry, a parliament, an ombuds office."""

    country = models.ForeignKey(
        Country,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="issuing_bodies",
        verbose_name=_("country"),
        help_text=_("Empty for an international body."),
    )
    key = models.SlugField(_("key"), max_length=60)
    kind = models.CharField(_("kind"), max_length=20, choices=BodyKind)
    name_en = models.CharField(_("name (English)"), max_length=200, blank=True)
    name_es = models.CharField(_("name (Spanish)"), max_length=200, blank=True)
    name_pt = models.CharField(_("name (Portuguese)"), max_length=200, blank=True)
    native_name = models.CharField(_("name in its own language"), max_length=200)
    acronym = models.CharField(_("acronym"), max_length=30, blank=True)
    aliases = models.TextField(_("other names"), blank=True, help_text=_("Separated by |."))
    active = PeriodField(_("active"), blank=True, help_text=_("2007/ or 2007/2015. Empty if not known."))
    active_range = range_of("active")
    sort_name = sort_key("native_name")

    objects = IssuingBodyQuerySet.as_manager()

    class Meta:
        verbose_name = _("issuing body")
        verbose_name_plural = _("issuing bodies")
        ordering = ["country", "sort_name"]
        constraints = [
            models.UniqueConstraint(
                fields=["country", "key"],
                nulls_distinct=False,
                name="measures_issuingbody_unique",
                violation_error_message=_("This country already has a body with that key."),
            ),
            models.CheckConstraint(
                condition=Q(kind__in=BodyKind.values),
                name="measures_issuingbody_kind_known",
                violation_error_message=_("Choose a kind from the list."),
            ),
            canonical("active", "measures_issuingbody", period=True),
        ]
        triggers = [
            leads_on(
                Named.ISSUING_BODY,
                ["key", "country_id"],
                name="(coalesce({row}.country_id, 'INT') || ':' || {row}.key)",
            )
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.acronym})" if self.acronym else self.name

    def free_key(self) -> str:
        """A key made from the name, which no other body of the country has."""
        stem = slugify(self.native_name)[:55].strip("-_") or "body"
        taken = IssuingBody.objects.filter(country=self.country_id, key__startswith=stem).exclude(pk=self.pk)
        keys = set(taken.values_list("key", flat=True))
        return next(key for number in count(1) if (key := stem if number == 1 else f"{stem}-{number}") not in keys)

    @property
    def name(self) -> str:
        """The name in the active language, or the original name."""
        return translated(self, "name").text or self.native_name
