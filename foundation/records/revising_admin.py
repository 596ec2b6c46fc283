"""What a request has to do with a proposed change: which one, why it is proposed, and how far its form came."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext_lazy

from foundation.characters import ReadableCharField
from foundation.records.models import Reason, Revision


class ProposalForm(forms.Form):
    """Why a public record is to be changed; readers see both in its history once the change is approved."""

    proposal_reason = forms.ChoiceField(label=gettext_lazy("Reason"), choices=[("", "---------"), *Reason.choices])
    proposal_note = ReadableCharField(
        label=gettext_lazy("Note"),
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy("Readers see reason and note in the history of the record once the change is approved."),
    )


@dataclass(slots=True)
class Revising:
    """What a request does with a proposed change: the revision, if it exists, and how far it came."""

    revision: Revision | None
    said: ProposalForm
    is_proposing: bool = False
    is_shown: bool = False
    """Whether the form shows a revision that nobody has posted."""
    saved: Any = None
    """The record, once the form is saved."""
    base: Any = None
    """The stored record as a form shows it, and, in `data`, the form that was sent, its rows by what they are of."""
    data: QueryDict | None = None
    version: int = 0
    may_review: bool = False
    may_approve: bool = False

    @property
    def opened(self) -> str:
        """When the revision was proposed, for the hidden field."""
        return self.revision.proposed_at.isoformat() if self.revision else ""


def revising_of(request: HttpRequest) -> Revising | None:
    """What the request does with a proposed change; None if it has to do with none."""
    found: Revising | None = getattr(request, "revising", None)
    return found


def author_of(request: HttpRequest) -> Any:
    """Who says what the form says: who proposed it, else who sends it."""
    revising = revising_of(request)
    return revising.revision.proposed_by if revising and revising.revision else request.user


def said_in(request: HttpRequest, revision: Revision | None) -> ProposalForm:
    """The reason and the note, as they are sent or stored."""
    if request.method == "POST":
        return ProposalForm(request.POST)
    said = {"proposal_reason": revision.reason, "proposal_note": revision.note} if revision else None
    return ProposalForm(initial=said)
