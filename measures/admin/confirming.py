"""Two list actions: what the selected records say still holds, and their codes are right by the new definitions."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from foundation.days import today
from foundation.records.bulk_admin import MOST_NAMED
from foundation.records.second_reader import changeable
from foundation.records.teams import of_own_countries
from measures import workflow
from measures.admin.tagging import closed_in_words
from measures.models import Measure


@admin.action(description=gettext_lazy("Still so today"), permissions=["change"])
def confirm_selected(model_admin: Any, request: HttpRequest, queryset: QuerySet[Measure]) -> None:
    """Set the day of the last check of those that the user may change, all or none of them."""
    ids = list(changeable(request.user, queryset).values_list("pk", flat=True))
    closed = queryset.count() - len(ids)
    try:
        workflow.confirm_still_so(ids, by=request.user, on=today())
    except ValidationError as error:
        messages.error(request, _("Nothing was changed."))
        for message in error.messages[:MOST_NAMED]:
            messages.error(request, message)
        if (others := len(error.messages) - MOST_NAMED) > 0:
            messages.error(request, _("And %(count)d more.") % {"count": others})
        return
    if ids:
        done = ngettext("%(count)d entry is still so today.", "%(count)d entries are still so today.", len(ids))
        messages.success(request, done % {"count": len(ids)})
    if closed:
        messages.warning(request, closed_in_words(closed))


@admin.action(description=gettext_lazy("Codes right by the new definitions"), permissions=["change"])
def confirm_codes_selected(model_admin: Any, request: HttpRequest, queryset: QuerySet[Measure]) -> None:
    """Decide on the codes of those that wait for it and that the user may change."""
    own = of_own_countries(request.user, changeable(request.user, queryset))
    confirmed = workflow.confirm_codes(list(own.values_list("pk", flat=True)), by=request.user)
    words = ngettext(
        "%(count)d entry keeps its codes, now by the new definitions.",
        "%(count)d entries keep their codes, now by the new definitions.",
        confirmed,
    )
    if confirmed:
        messages.success(request, words % {"count": confirmed})
    else:
        messages.warning(request, _("No definition was changed since these entries were coded."))
    if closed := queryset.count() - own.count():
        messages.warning(request, closed_in_words(closed))
