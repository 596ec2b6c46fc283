"""What a reviewer learns of an entry before it is published: what it still lacks, who submitted it and when."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import takewhile
from typing import Any

from django.contrib.auth import get_user_model
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from foundation.records.changes import event_models
from measures.choices import Workflow
from measures.models import Measure
from measures.workflow import Lack, lacks, lacks_of

PLACES = {"citations": "citations-group", "primary_topic": "id_primary_topic"}
"""The id of the element of the form in which each field is filled in."""


def before_publication(measure: Measure) -> dict[str, Any]:
    """For the page of an entry that waits for review: what publication would refuse, and who submitted it."""
    if measure.workflow != Workflow.IN_REVIEW:
        return {}
    return {"missing": faults_of(lacks_of(measure)), "submission": submission_of(measure)}


@dataclass(frozen=True, slots=True)
class Submission:
    """When an entry came into review, and by whom; `who` is '' if nobody was signed in."""

    who: str
    at: datetime


def submission_of(measure: Measure) -> Submission | None:
    """The submission of an entry that waits for review, by its history; None if that does not tell."""
    events = next(model for model, owner in event_models(Measure) if owner is None)._default_manager
    newest_first = events.filter(id=measure.pk).order_by("-pgh_id")
    rows = newest_first.values_list("workflow", "pgh_created_at", "pgh_context__metadata__user")
    in_review = list(takewhile(lambda row: row[0] == Workflow.IN_REVIEW, rows.iterator()))
    if not in_review:
        return None
    _state, at, user = in_review[-1]
    users = get_user_model()._default_manager.filter(pk=user).values_list("username", flat=True)
    return Submission(users.first() or "", at)


def faults_of(missing: Iterable[Lack]) -> list[dict[str, str]]:
    """What an entry lacks, each with its place in the form, as the errors of a form are listed."""
    words = _("Publication requires it.")
    return [{"id": PLACES[lack.field], "label": str(capfirst(lack.words)), "text": words} for lack in missing]


def lacks_of_form(form: Any, formsets: Iterable[Any]) -> Iterable[Lack]:
    """What an entry would lack with what is typed into its validated form."""
    citations = next(formset for formset in formsets if formset.prefix == "citations")
    cited = [row for row in citations.forms if row.instance.pk or row.has_changed()]
    removed = {row.prefix for row in cited if row.data.get(row.add_prefix("DELETE"))}
    return lacks(has_source=len(cited) > len(removed), has_topic=form.instance.primary_topic_id is not None)
