"""What holds of each measure by itself, as constraints and triggers of its table."""

import pgtrigger
from django.db import models
from django.db.models import Case, F, Q, Value, When
from django.utils.translation import gettext_lazy as _

from foundation.partial_dates import canonical
from measures.choices import (
    KINDS,
    STATE_FAMILIES,
    VALIDITY_FAMILIES,
    Direction,
    DurationBasis,
    EndKind,
    Evidence,
    Kind,
    Level,
    Status,
    Workflow,
)
from measures.durations import DURATION_PATTERN
from measures.models.source import LANGUAGE_TAG
from measures.references import key_of, words_before

STATE_KINDS = [kind.value for family in STATE_FAMILIES for kind in KINDS[family]]
VALIDITY_KINDS = [kind.value for family in VALIDITY_FAMILIES for kind in KINDS[family]]

OF_INTERNATIONAL_BODIES = (Kind.TREATY, Kind.SOFT_LAW)
"""The kinds that are supranational where they have no country, unless somebody says otherwise."""
_INTERNATIONAL_KINDS = ", ".join(f"'{kind.value}'" for kind in OF_INTERNATIONAL_BODIES)
LEVEL_BY_DEFAULT = (
    f"case when {{country}} is null and {{kind}} in ({_INTERNATIONAL_KINDS}) then '{Level.SUPRANATIONAL.value}'"
    f" when {{kind}} = '{Kind.SUBNATIONAL_NORM.value}' then '{Level.SUBNATIONAL.value}'"
    f" else '{Level.NATIONAL.value}' end"
)
"""SQL of the level of an act of which nobody states it, from SQL of its country (null for none) and its kind."""


def family_of_kind() -> Case:
    """The family of `kind`, as the database computes it."""
    return Case(
        *(When(kind__in=[kind.value for kind in kinds], then=Value(family.value)) for family, kinds in KINDS.items()),
        default=Value(""),
        output_field=models.CharField(),
    )


DURATION_REGEX = rf"^({DURATION_PATTERN[0]}(?=[0-9]){DURATION_PATTERN[1:]})?$"
DURATION_FORM = _("Write a duration as P30D for 30 days, P6M for six months, P1Y for a year or P1M15D.")

MEASURE_CONSTRAINTS = [
    models.CheckConstraint(
        condition=Q(public_id__regex=r"^[A-Z]{3}-[0-9]{5,}$"),
        name="measures_measure_public_id_form",
        violation_error_message=_("An identifier must have the form PER-00007."),
    ),
    models.CheckConstraint(
        condition=Q(country=None, public_id__startswith="INT-")
        | Q(country__isnull=False, public_id__startswith=F("country_id")),
        name="measures_measure_public_id_of_country",
        violation_error_message=_("An identifier must begin with the code of the country, or with INT."),
    ),
    models.CheckConstraint(
        condition=Q(country__isnull=False)
        | Q(kind__in=OF_INTERNATIONAL_BODIES, level__in=["", Level.SUPRANATIONAL])
        | Q(level=Level.SUPRANATIONAL),
        name="measures_measure_has_country",
        violation_error_message=_("Choose a country. Only supranational acts have none."),
    ),
    models.CheckConstraint(
        condition=Q(level__in=["", *Level.values])
        & (~Q(kind=Kind.SUBNATIONAL_NORM) | Q(level__in=["", Level.SUBNATIONAL])),
        name="measures_measure_level_of_kind",
        violation_error_message=_("A subnational norm is on the subnational level. Change the level, or the kind."),
    ),
    models.CheckConstraint(
        condition=Q(kind__in=Kind.values, status__in=Status.values, evidence__in=Evidence.values),
        name="measures_measure_codes_known",
        violation_error_message=_("Choose kind, status and evidence from the lists."),
    ),
    models.CheckConstraint(
        condition=Q(direction="") | Q(direction__in=Direction.values, kind__in=STATE_KINDS),
        name="measures_measure_direction_of_state",
        violation_error_message=_("Only norms, bills and actions have a direction. Leave it empty."),
    ),
    models.CheckConstraint(
        condition=Q(valid_from="", valid_until="", end_kind="", duration="")
        | Q(kind__in=VALIDITY_KINDS, end_kind__in=["", *EndKind.values]),
        name="measures_measure_validity_of_norms",
        violation_error_message=_("Only norms and actions have validity dates. Leave these fields empty."),
    ),
    models.CheckConstraint(
        condition=~Q(end_kind=EndKind.FIXED_DATE, valid_until=""),
        name="measures_measure_fixed_date_given",
        violation_error_message=_("An end with a fixed date needs that date in “valid until”."),
    ),
    models.CheckConstraint(
        condition=~Q(end_kind__in=[EndKind.FURTHER_NOTICE, EndKind.INDEFINITE]) | Q(valid_until=""),
        name="measures_measure_open_end_has_no_date",
        violation_error_message=_(
            "An end that is open on purpose has no date. Clear “valid until” or change the kind of end."
        ),
    ),
    models.CheckConstraint(
        condition=Q(valid_from="") | Q(valid_until="") | ~Q(valid_until_range__fully_lt=F("valid_from_range")),
        name="measures_measure_ends_after_start",
        violation_error_message=_("“Valid until” is before “valid from”."),
    ),
    models.CheckConstraint(
        condition=Q(duration__regex=DURATION_REGEX),
        name="measures_measure_duration_form",
        violation_error_message=DURATION_FORM,
    ),
    models.CheckConstraint(
        condition=Q(duration="", duration_basis="") | (~Q(duration="") & Q(duration_basis__in=DurationBasis.values)),
        name="measures_measure_duration_basis_pair",
        violation_error_message=_(
            "A duration needs what its days are: calendar days, working days, or the source does not say."
            " Months and years are always calendar. Without a duration leave this empty."
        ),
    ),
    models.CheckConstraint(
        condition=~Q(duration_basis=DurationBasis.WORKING) | Q(duration__endswith="D"),
        name="measures_measure_duration_basis_of_days",
        violation_error_message=_("Years, months and weeks are always calendar time. Choose calendar days."),
    ),
    models.CheckConstraint(
        condition=Q(checked_by=None) | Q(checked_on__isnull=False),
        name="measures_measure_checked_pair",
    ),
    models.CheckConstraint(
        condition=~Q(title_en="", title_es="", title_pt=""),
        name="measures_measure_has_title",
        violation_error_message=_("Write the title in at least one language."),
    ),
    models.CheckConstraint(
        condition=Q(original_language__regex=LANGUAGE_TAG),
        name="measures_measure_language_tag",
        violation_error_message=_("Write a language tag such as es or pt-BR."),
    ),
    models.UniqueConstraint(
        "country",
        "kind",
        "issuing_body",
        key_of(F("reference")),
        words_before(F("reference")),
        "provision",
        condition=~Q(reference="") & ~Q(workflow=Workflow.RETIRED),
        nulls_distinct=False,
        name="measures_measure_reference_unique",
        violation_error_message=_(
            "This country already has an entry of that kind, body, reference and provision. Open that entry, "
            "or name the provision that this one is about."
        ),
    ),
    models.CheckConstraint(
        condition=Q(workflow__in=Workflow.values) & (~Q(workflow=Workflow.PUBLISHED) | Q(published_at__isnull=False)),
        name="measures_measure_published_by_someone",
        violation_error_message=_("Only the workflow can publish a record."),
    ),
    models.CheckConstraint(
        condition=Q(reviewed_at=None, reviewed_by=None) | Q(reviewed_at__isnull=False, reviewed_by__isnull=False),
        name="measures_measure_reviewed_pair",
    ),
    models.CheckConstraint(
        condition=Q(published_at=None, published_by=None) | Q(published_at__isnull=False, published_by__isnull=False),
        name="measures_measure_published_pair",
    ),
    canonical("valid_from", "measures_measure"),
    canonical("valid_until", "measures_measure"),
    canonical("status_date", "measures_measure"),
    canonical("date", "measures_measure"),
]
"""The rules about one row that a form also checks, with what it then says."""

LEVEL_FOLLOWS = pgtrigger.Trigger(
    name="level_by_default",
    when=pgtrigger.Before,
    operation=pgtrigger.Insert | pgtrigger.Update,
    condition=pgtrigger.Q(new__level=""),
    func=f"new.level := {LEVEL_BY_DEFAULT.format(country='new.country_id', kind='new.kind')}; return new;",
)

STATUSES_OF_NEW_KIND = pgtrigger.Trigger(
    name="statuses_of_new_kind",
    when=pgtrigger.After,
    timing=pgtrigger.Deferred,
    operation=pgtrigger.UpdateOf("kind"),
    condition=pgtrigger.Q(old__kind__df=pgtrigger.F("new__kind")),
    func="update measures_statusevent set status = status where measure_id = new.id; return null;",
)
"""The statuses of a measure of another kind are checked anew, once its events can have been written too."""
