"""Forms and actions of the admin that keep the rule of `second_reader`: what somebody may not change stays readable.

The reason is said above the form, and what was typed before the rule began to hold is shown once more, not saved.
"""

from typing import Any

from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext as _

from foundation.records.record_admin import RecordAdmin
from foundation.records.second_reader import may_change, may_publish, refuse_public


def refusal_of(request: HttpRequest) -> str | None:
    """Why the form is to be shown again and not saved."""
    refusal: str | None = getattr(request, "refusal", None)
    return refusal


def refuse(request: Any, data: QueryDict, refusal: str, differences: Any = ()) -> None:
    """Have the form shown again with `data` and the reason, not saved."""
    request.POST, request.refusal, request.differences = data, refusal, list(differences)


class SecondReaderAdmin(RecordAdmin):
    """The admin of a model of which some records are public; `public_advice` says why editors alone change those."""

    public_advice: Any = ""

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A form that was filled in before the record was public is shown once more, to lose nothing, but not saved."""
        if not super().has_change_permission(request, obj):
            return False
        return obj is None or may_change(request.user, obj) or refusal_of(request) is not None

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and (obj is None or may_change(request.user, obj))

    def has_publish_permission(self, request: HttpRequest) -> bool:
        """For actions that make something public."""
        return may_publish(request.user)

    def refuse_as_public(self, request: HttpRequest, typed: QueryDict) -> None:
        """Have what was typed shown again, with the reason why it is not saved."""
        words = _("Nothing is saved. %(advice)s What you typed is still below, so that you can hand it on.")
        refuse(request, typed, words % {"advice": self.public_advice})

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> Any:
        record = context["original"]
        if record and not self.has_change_permission(request, record):
            is_rule = super().has_change_permission(request, record) or not may_change(request.user, record)
            context["read_only_because"] = (
                self.public_advice if is_rule else _("You can read this and not change it. An editor can.")
            )
        return super().render_change_form(request, context, *args, **kwargs)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Save the rows; raise BecamePublic where all of it is public now, and its author may not publish."""
        super().save_related(request, form, formsets, change)
        refuse_public(request.user, form.instance)
