"""The second-reader rule in admin forms and actions: what a user may not change stays readable.

The reason is shown above the form. If a record became public while its form was open, what was typed is shown once
more, but not saved.
"""

from typing import Any

from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext as _

from foundation.records.record_admin import RecordAdmin
from foundation.records.second_reader import may_change, may_publish, refuse_public
from foundation.records.team_admin import FOREIGN, SHARED
from foundation.records.teams import may_work_on, may_write, refuse_foreign


def refusal_of(request: HttpRequest) -> str | None:
    """Why the form is shown again instead of being saved."""
    refusal: str | None = getattr(request, "refusal", None)
    return refusal


def is_proposal(request: HttpRequest) -> bool:
    """Whether the form is that of a proposed change, which its author need not be allowed to make."""
    return getattr(request, "revising", None) is not None


def refuse(request: Any, data: QueryDict, refusal: str, differences: Any = ()) -> None:
    """Have the form shown again with `data` and the reason, not saved."""
    request.POST, request.refusal, request.differences = data, refusal, list(differences)


class SecondReaderAdmin(RecordAdmin):
    """The admin of a model with public records; `public_advice` says why only editors change those."""

    public_advice: Any = ""

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Allow a refused form to be shown again, so that nothing typed is lost; and a proposal. Neither is saved."""
        if is_proposal(request):
            return True
        if not super().has_change_permission(request, obj):
            return False
        return obj is None or may_change(request.user, obj) or refusal_of(request) is not None

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Allow a proposal of a new record, which is not saved."""
        return is_proposal(request) or super().has_add_permission(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and (obj is None or may_change(request.user, obj))

    def has_publish_permission(self, request: HttpRequest) -> bool:
        """Permission of actions that publish something."""
        return may_publish(request.user)

    def refuse_as_public(self, request: HttpRequest, typed: QueryDict) -> None:
        """Have what was typed shown again, with the reason why it is not saved."""
        words = _("Not saved. %(advice)s What you typed is still below, so that you can copy it.")
        refuse(request, typed, words % {"advice": self.public_advice})

    def refuse_as_foreign(self, request: HttpRequest, typed: QueryDict) -> None:
        """Have what was typed shown again, since it would not be of the user's countries."""
        words = _(
            "Not saved: the record would not be of one of your countries. Choose one of them; of an act of no country, "
            "choose it among the countries bound. A coordinator may save it for you."
        )
        refuse(request, typed, words)

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> Any:
        record = context["original"]
        if record and not self.has_change_permission(request, record):
            is_rule = super().has_change_permission(request, record) or not may_change(request.user, record)
            reason = (
                self.public_advice if is_rule else _("You may read this record but not change it. Only editors may.")
            )
            if not may_write(request.user, self.model):
                reason = SHARED
            elif not may_work_on(request.user, record):
                reason = FOREIGN
            context["read_only_because"] = reason
        return super().render_change_form(request, context, *args, **kwargs)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Save the inlines; raise BecamePublic if the result is public and the user may not publish.

        Raise OutOfReach if it is not of the user's countries.
        """
        super().save_related(request, form, formsets, change)
        if not is_proposal(request) or may_write(request.user, self.model):
            refuse_foreign(request.user, form.instance)
        if not is_proposal(request):  # which is rolled back
            refuse_public(request.user, form.instance)
