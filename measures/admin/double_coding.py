"""Double codings: a second coder gets the act and an empty form, an editor both codings, coders the end of their own.

No page for a second coder has anything of the first coding: what it shows of the act is what identifies it, and its
sources with their kept copies.
"""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.db.models.constants import LOOKUP_SEP
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from foundation.keys import key_of
from foundation.records.changes import acts_on
from foundation.records.second_reader import may_publish
from foundation.records.team_admin import TeamAdmin
from measures.admin.coding_form import coding_forms
from measures.admin.deciding import CHOICES, decided_form, differences_of
from measures.double_coding import coding
from measures.double_coding.fields import CODED_FIELDS, in_current_terms, in_words
from measures.double_coding.results import results_of
from measures.models import CodingRole, CodingState, DoubleCoding, Source
from measures.models.double_coding import PAIRED_STATES

TAKE, GIVE_BACK, KNOWS, HAND_IN = "_take", "_give_back", "_knows", "_hand_in"
DECIDE, RELEASE, LEAVE_OUT, NOTE = "_decide", "_release", "_leave_out", "note"
"""The names of the buttons, and of the reason for leaving out."""
HIDDEN = ("measure", "share", "drawn_at", "coded_at", "closed_at", "closed_by")
"""Fields that the history of a double coding does not tell: they never change, or each act states them anyway."""


@admin.register(DoubleCoding)
class DoubleCodingAdmin(TeamAdmin):
    """A list without search, which would tell what it found in, and a page whose form depends on who opens it."""

    list_display = ["act", "state", "drawn_at", "coded_at"]
    list_filter = ["state"]
    list_select_related = ["measure__country"]
    change_list_template = "admin/measures/doublecoding/change_list.html"
    actions = None
    show_facets = admin.ShowFacets.NEVER
    show_full_result_count = False
    list_per_page = 50

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: DoubleCoding | None = None) -> bool:
        """What the person may open; see `coding.readable_by`."""
        return super().has_view_permission(request, obj) and (
            obj is None or coding.readable_by(request.user).filter(pk=obj.pk).exists()
        )

    def has_change_permission(self, request: HttpRequest, obj: DoubleCoding | None = None) -> bool:
        """Nobody edits one; its page has buttons."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: DoubleCoding | None = None) -> bool:
        return False

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        """The state alone: other questions would tell who coded which record."""
        return lookup.partition(LOOKUP_SEP)[0] == "state"

    def get_queryset(self, request: HttpRequest) -> QuerySet[DoubleCoding]:
        """What the person may open."""
        found = coding.readable_by(request.user).select_related("measure__country", "measure__issuing_body")
        return found.prefetch_related("measure__citations__source")

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(self.agreement_view)
        own = [path("agreement/", view, name="measures_doublecoding_agreement")]
        return own + [
            each for each in super().get_urls() if not str(each.name).endswith(("_history", "_add", "_delete"))
        ]

    @admin.display(description=gettext_lazy("act"))
    def act(self, double_coding: DoubleCoding) -> str:
        """What identifies the act: never its title in our words, which is part of how it was understood."""
        measure = double_coding.measure
        sources = (citation.source.title for citation in measure.citations.all())
        name = measure.reference or measure.official_title or next(sources, "") or str(double_coding)
        country = measure.country.name if measure.country else ""
        parts = (country, str(measure.issuing_body or ""), name, measure.provision)
        return " · ".join(part for part in parts if part)

    # The page of one

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """What a person may do with a double coding."""
        found = self.get_queryset(request).filter(pk=key_of(DoubleCoding, object_id)).first()
        if not self.has_view_permission(request):
            raise PermissionDenied
        if found is None:
            raise Http404
        try:
            answer = self._act(request, found) if request.method == "POST" else None
        except ValidationError as error:
            for message in error.messages:
                messages.error(request, message)
            answer = HttpResponseRedirect(self._address(found))
        return answer or self._page(request, found)

    def _act(self, request: HttpRequest, found: DoubleCoding) -> HttpResponse | None:
        """Do what a button says; None to show the page with what is wrong in it."""
        user, sent = request.user, request.POST
        if TAKE in sent:
            coding.take(found, by=user)
        elif GIVE_BACK in sent or KNOWS in sent:
            coding.give_back(found, by=user, knows=KNOWS in sent)
            messages.success(request, _("Somebody else will code this act."))
            return HttpResponseRedirect(reverse("admin:measures_doublecoding_changelist"))
        elif HAND_IN in sent:
            return self._hand_in(request, found)
        elif DECIDE in sent:
            return self._decide(request, found)
        elif RELEASE in sent:
            coding.release(found, by=user)
            messages.success(request, _("The act waits for a second coder again."))
        elif LEAVE_OUT in sent:
            coding.leave_out(found, by=user, note=sent.get(NOTE, "").replace("\0", ""))
            messages.success(request, _("The act can be published without a second coding."))
        return HttpResponseRedirect(self._address(found))

    def _hand_in(self, request: HttpRequest, found: DoubleCoding) -> HttpResponse | None:
        coding.refuse_others(found, request.user)
        forms = coding_forms(request, self.admin_site, found.measure)
        if not forms.is_valid():
            request.coding_forms = forms  # type: ignore[attr-defined]  # for the page
            return None
        coding.hand_in(found, forms.values, by=request.user)
        messages.success(request, _("Your coding is kept. You will see how it compares once the act is settled."))
        return HttpResponseRedirect(self._address(found))

    def _decide(self, request: HttpRequest, found: DoubleCoding) -> HttpResponse | None:
        """Save what was chosen by the ordinary form of the act; where that refuses it, show it there."""
        if not coding.to_decide(request.user).filter(pk=found.pk).exists():
            raise ValidationError(_("This double coding was decided in the meantime, or is not for you to decide."))
        with transaction.atomic():
            answer = decided_form(request, self.admin_site, found)
            if answer is not None and answer.status_code != 302:
                transaction.set_rollback(True)
                return answer
            coding.decide(found, by=request.user)
        return HttpResponseRedirect(self._address(found))

    def _page(self, request: HttpRequest, found: DoubleCoding) -> HttpResponse:
        is_mine = found.state == CodingState.TAKEN and found.coder_id == request.user.pk
        is_open_to_me = found.state == CodingState.WAITING and coding.may_code(request.user)
        forms = None
        if is_mine:
            forms = getattr(request, "coding_forms", None) or coding_forms(request, self.admin_site, found.measure)
        context = {
            **self.admin_site.each_context(request),
            "title": self.act(found),
            "opts": self.opts,
            "double_coding": found,
            "is_waiting_for_me": is_open_to_me,
            "is_mine": is_mine,
            "forms": forms,
            "media": forms.media if forms else self.media,
            "sources": _sources_of(found) if is_open_to_me or is_mine else [],
            "may_leave_out": coding.may_leave_out(request.user, found),
            "may_release": coding.may_release(request.user, found),
            **self._compared(request, found),
        }
        if self._is_reader(request) and "to_decide" not in context:
            context["acts"] = acts_on(found, hidden=HIDDEN)
        return TemplateResponse(request, "admin/measures/doublecoding/page.html", context)

    def _compared(self, request: HttpRequest, found: DoubleCoding) -> dict[str, Any]:
        """Both codings: to decide without names and in an order that tells nothing, or one's own and the other."""
        user = request.user
        if coding.to_decide(user).filter(pk=found.pk).exists():
            return {"to_decide": differences_of(found), "choices": CHOICES, "version": found.measure.record_version}
        if found.state not in (PAIRED_STATES if self._is_reader(request) else coding.CLOSED):
            return {}
        codings = {each.role: each for each in found.codings.all()}
        first, second = codings[CodingRole.FIRST], codings[CodingRole.SECOND]
        is_of_second = second.coder_id == user.pk
        mine, other = (second, first) if is_of_second else (first, second)
        last = codings.get(CodingRole.DECISION, second)
        values = in_current_terms([mine.values, other.values, last.values])
        rows = in_words(values)
        compared = [
            (f.label, *(row[f.name] for row in rows), values[0][f.name] == values[1][f.name]) for f in CODED_FIELDS
        ]
        return {"compared": compared, "is_coder": user.pk in (first.coder_id, second.coder_id)}

    @staticmethod
    def _is_reader(request: HttpRequest) -> bool:
        """Whether the person reads all of a double coding: editors and auditors do, coders the end of their own."""
        return may_publish(request.user) or not request.user.has_perm(coding.CHANGE)

    @staticmethod
    def _address(found: DoubleCoding) -> str:
        return reverse("admin:measures_doublecoding_change", args=[found.pk])

    # Figures

    def agreement_view(self, request: HttpRequest) -> HttpResponse:
        """How well codings agree: all that an editor or auditor may read, or those of a coder with others'."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        user = request.user
        is_coder = coding.may_code(user)
        found = coding.readable_by(user)
        if is_coder:
            found = found.filter(state__in=coding.CLOSED)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Agreement of two coders"),
            "opts": self.opts,
            "results": results_of(found.order_by()),
            "is_coder": is_coder,
        }
        return TemplateResponse(request, "admin/measures/doublecoding/agreement.html", context)


def _sources_of(found: DoubleCoding) -> list[Source]:
    """The sources of an act, each once, with their kept copies; not what they are cited for."""
    sources = Source.objects.filter(citations__measure=found.measure_id).distinct().order_by("pk")
    return list(sources.prefetch_related("captures"))
