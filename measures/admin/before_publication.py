"""What a reviewer learns of an entry before it is published: what it still lacks, who submitted it and when."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby, takewhile
from operator import itemgetter
from typing import Any

from django.contrib.auth import get_user_model
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from foundation.records.changes import event_models
from measures.choices import Workflow
from measures.models import Measure, ScheduledPublication
from measures.workflow import Lack, lacks, lacks_of

PLACES = {"citations": "citations-group", "primary_topic": "id_primary_topic", "double_coding": "content"}
"""The id of the element of the form in which each field is filled in."""


def before_publication(measure: Measure) -> dict[str, Any]:
    """For the page of an entry in review: what publication would refuse, who submitted it, when it will be public."""
    if measure.workflow != Workflow.IN_REVIEW:
        return {}
    scheduled = ScheduledPublication.objects.filter(measure=measure).select_related("scheduled_by").first()
    return {
        "scheduled": scheduled,
        "missing": faults_of(lacks_of(measure)),
        "submission": submissions_of([measure.pk]).get(measure.pk),
    }


@dataclass(frozen=True, slots=True)
class Submission:
    """When an entry came into review, and by whom; `who` is '' if nobody was signed in."""

    who: str
    at: datetime


def submissions_of(keys: Iterable[int]) -> dict[int, Submission]:
    """How entries that wait for review came there, by their history and key, in two queries."""
    events = next(model for model, owner in event_models(Measure) if owner is None)._default_manager
    columns = ("id", "workflow", "pgh_created_at", "pgh_context__metadata__user")
    newest_first = events.filter(id__in=list(keys)).order_by("id", "-pgh_id").values_list(*columns)
    found = {}
    for key, rows in groupby(newest_first, key=itemgetter(0)):
        in_review = list(takewhile(lambda row: row[1] == Workflow.IN_REVIEW, rows))
        if in_review:
            found[key] = in_review[-1][2:]
    names = dict(
        get_user_model()
        ._default_manager.filter(pk__in={user for _at, user in found.values()} - {None})
        .values_list("pk", "username")
    )
    return {key: Submission(names.get(user, ""), at) for key, (at, user) in found.items()}


def faults_of(missing: Iterable[Lack]) -> list[dict[str, str]]:
    """What an entry lacks, each with its place in the form, as the errors of a form are listed."""
    words = _("missing")
    return [{"id": PLACES[lack.field], "label": str(capfirst(lack.words)), "text": words} for lack in missing]


def lacks_of_form(form: Any, formsets: Iterable[Any]) -> Iterable[Lack]:
    """What an entry would lack with what is typed into its validated form; for who may not cite, the stored sources."""
    has_topic = form.instance.primary_topic_id is not None
    citations = next((formset for formset in formsets if formset.prefix == "citations"), None)
    if citations is None:
        return lacks(has_source=form.instance.citations.exists(), has_topic=has_topic)
    cited = [row for row in citations.forms if row.instance.pk or row.has_changed()]
    removed = {row.prefix for row in cited if row.data.get(row.add_prefix("DELETE"))}
    return lacks(has_source=len(cited) > len(removed), has_topic=has_topic)
