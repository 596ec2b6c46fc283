"""Two topics, two target groups, two issuing bodies become one."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext as _

from countries.models import Named, lead_on
from foundation.days import today
from foundation.records.teams import names_of
from measures.merging.moving import Report, fill, references_to, repoint, three
from measures.models import FurtherBody, IssuingBody, Measure, Topic

CODE = "{}:{}"


def merge_terms(kept: Any, gone: Any, *, by: Any) -> Report:
    """Deprecate a term in favour of another; a trigger gives its entries the other."""
    if kept.deprecated_on:
        raise ValidationError(_("“%(term)s” is deprecated. Keep the other term."), params={"term": kept})
    if isinstance(gone, Topic) and gone.children.filter(deprecated_on=None).exists():
        raise ValidationError(_("“%(term)s” has topics below it. Merge these first."), params={"term": gone})
    report = Report(by)
    report.tell(Measure._meta.verbose_name_plural, list(gone.measures.order_by("public_id")))
    filled = fill(kept, gone, three("definition"), report)
    if filled:
        kept.save(update_fields=filled)
    gone.deprecated_on, gone.replaced_by = gone.deprecated_on or today(), kept
    gone.save(update_fields=["deprecated_on", "replaced_by"])
    return report


def merge_bodies(kept: IssuingBody, gone: IssuingBody, *, by: Any) -> Report:
    """Give the entries of a body to another, which then has the names of both."""
    report = Report(by)
    if kept.country_id != gone.country_id:
        report.conflicts.append(
            _("The bodies are of different countries: %(kept)s and %(gone)s.")
            % {"kept": kept.country or _("international"), "gone": gone.country or _("international")}
        )
    Measure.objects.filter(pk__in=_drop_second_names(kept, gone)).mark_changed(by=by)
    for key in references_to(IssuingBody):
        moved, left = repoint(key, gone, kept)
        if left:
            named = ", ".join(names_of(by, left))
            message = _("With one body, these would repeat an entry that is there. Merge those first: %(entries)s.")
            raise ValidationError(message, params={"entries": named})
        report.tell(key.model._meta.verbose_name_plural, moved)
        if key.model in (Measure, FurtherBody):
            changed = [row.pk if isinstance(row, Measure) else row.measure_id for row in moved]
            Measure.objects.filter(pk__in=changed).mark_changed(by=by)
    fill(kept, gone, [*three("name"), "acronym", "active"], report)
    kept.aliases = _names_of_both(kept, gone)
    lead_on(Named.ISSUING_BODY, [CODE.format(gone.country_id or "INT", gone.key)], gone=gone, kept=kept)
    gone.delete()
    kept.save()
    return report


def _drop_second_names(kept: IssuingBody, gone: IssuingBody) -> set[int]:
    """Where an entry names both bodies, it would name one of them twice: the first name of the two stays.

    Return the keys of these entries.
    """
    entries: set[int] = set()
    for second, first in ((gone, kept), (kept, gone)):
        before = FurtherBody.objects.filter(measure=OuterRef("measure"), body=first, position__lt=OuterRef("position"))
        twice = FurtherBody.objects.filter(Q(body=second) & (Q(measure__issuing_body=first) | Q(Exists(before))))
        entries.update(twice.values_list("measure_id", flat=True))
        twice.delete()
    return entries


def _names_of_both(kept: IssuingBody, gone: IssuingBody) -> str:
    """The other names of `kept`, and those of `gone` that it has not."""
    own = {kept.acronym, kept.native_name, kept.name_en, kept.name_es, kept.name_pt}
    names = [*kept.aliases.split("|"), gone.native_name, gone.name_en, gone.name_es, gone.name_pt, gone.acronym]
    stripped = (name.strip() for name in (*names, *gone.aliases.split("|")))
    return "|".join(dict.fromkeys(name for name in stripped if name and name not in own))
