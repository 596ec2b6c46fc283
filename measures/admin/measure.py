"""The admin of measures: one form in the order in which a decree reads."""

import uuid
from collections.abc import Iterable, Iterator
from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse, QueryDict
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import formats, timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache

from countries.admin.country import three_languages
from foundation.days import today
from foundation.keys import key_of, whole_number
from foundation.records.publication_time import PUBLISH_AT
from foundation.records.revising_admin import author_of
from foundation.records.revision_admin import PROPOSING
from foundation.records.revisions import may_propose_new
from foundation.records.second_reader_admin import is_proposal, refusal_of, refuse
from foundation.records.teams import visible_to
from foundation.sql import execute
from measures import duplicates, workflow
from measures.admin import moves, sent_forms
from measures.admin.before_publication import before_publication, faults_of, lacks_of_form
from measures.admin.beside_review import sources_cited
from measures.admin.carrying import AFTER, PROVISION_OF, address_for_act, address_for_provision, carried, mark
from measures.admin.inlines import (
    INLINES,
    CitationInline,
    ExternalIdInline,
    FurtherBodyInline,
    ReferenceAliasInline,
    RelationInline,
    StatusEventInline,
)
from measures.admin.measure_form import MeasureForm, candidate
from measures.admin.measure_list import MeasureList
from measures.admin.relating import RELATES_TO, RelatingForm, relation_as_asked
from measures.admin.relation_echo import effects_of, holds_later
from measures.admin.sections import FOLDED, HALF, Section, section
from measures.admin.validity_echo import FIELDS, validity_in_words
from measures.archive import links
from measures.choices import Evidence, Kind, StatusGroup, Workflow
from measures.definitions.recoding import waiting_for
from measures.details import BOOKKEEPING, details_of, for_page
from measures.entry_rules import unusual_moves
from measures.models import Measure, Relation, Source, StatusEvent, TargetGroup, Topic
from measures.models.measure import CLOSED
from measures.tasks import settle_soon, tend_archive_soon
from measures.timeline.course import course_chart
from measures.validity.standing import groups_of

ADD_BODY = "measures.add_issuingbody"
STILL_SO = "_still_so"
"""The name of the button that saves a check of today."""
CODES_RIGHT = "_codes_right"
"""The name of the button that saves and keeps the codes, by definitions that were changed since."""
PROVISION = "_provision"
"""The name of the button that saves and goes on with another provision of the act."""


NAMED_BODY = ("new_body", "new_body_kind", "another_body")
MISSING_BODY = (NAMED_BODY[:2], NAMED_BODY[2])
"""The fields in which a body is named that the list of bodies lacks."""


@admin.register(Measure)
class MeasureAdmin(MeasureList):
    """The form; see `MeasureList` for the list."""

    form = MeasureForm
    inlines = INLINES
    change_form_template = "admin/measures/measure/change_form.html"
    history_hidden = BOOKKEEPING
    version_field = "record_version"
    beside_review = "admin/measures/measure/_beside_review.html"
    public_advice = gettext_lazy(
        "This record is public or retired. You may read it but not change it. Editors may change it, or send it back "
        "to draft for you."
    )
    team_fields = ("country",)
    autocomplete_fields = ["country", "issuing_body", "areas", "binds", "origin_countries"]
    fieldsets = [
        (
            gettext_lazy("Identification"),
            {"fields": [("country", "kind", "issuing_body"), ("reference", "provision")]},
        ),
        (
            gettext_lazy("Level, place and further bodies"),
            {"fields": [*MISSING_BODY, ("level", "areas", "binds")], "classes": [FOLDED]},
        ),
        (
            gettext_lazy("Official title and language"),
            {"fields": [("official_title", "original_language")], "classes": [FOLDED]},
        ),
        (
            gettext_lazy("Dates"),
            {
                "fields": [
                    ("valid_from", "valid_until", "end_kind", "duration", "duration_basis", "checked_on"),
                ]
            },
        ),
        (gettext_lazy("Source"), {"fields": ["evidence"], "classes": [HALF]}),
        (
            gettext_lazy("Tag"),
            {
                "fields": [("topics", "target_groups"), ("primary_topic", "origin_countries"), "direction"],
                "classes": [HALF],
            },
        ),
        (
            gettext_lazy("Text"),
            {"fields": three_languages("title", "short_title", "summary"), "classes": ["languages"]},
        ),
        (
            gettext_lazy("In plain words"),
            {"fields": three_languages("plain"), "classes": ["languages", FOLDED]},
        ),
    ]
    section_of_dates = 3
    inlines_of_section: dict[int, type] = {1: FurtherBodyInline, section_of_dates: StatusEventInline, 4: CitationInline}
    """Inlines that stand inside a section, before its fields; the others follow the last section."""

    # Permissions

    def has_delete_permission(self, request: HttpRequest, obj: Measure | None = None) -> bool:
        """Records that are or were public are retired, never deleted: their URLs stay known. Authors delete drafts."""
        if obj and (obj.published_at or obj.workflow in CLOSED):
            return False
        is_own = obj is not None and obj.workflow == Workflow.DRAFT and obj.created_by_id == request.user.pk
        return super().has_delete_permission(request, obj) or (is_own and self.has_change_permission(request, obj))

    def view_on_site(self, measure: Measure) -> str | None:
        """The public page; a record without one has a preview instead."""
        return measure.get_absolute_url() if Measure.objects.with_page().filter(pk=measure.pk).exists() else None

    # The form

    def get_form(self, request: HttpRequest, obj: Measure | None = None, change: bool = False, **kwargs: Any) -> Any:
        form: Any = super().get_form(request, obj, change=change, **kwargs)
        form.known = visible_to(request.user, Measure.objects.all())
        form.kept = Measure.objects.kept_from(request.user)
        if not request.user.has_perm(ADD_BODY):
            for name in NAMED_BODY:
                form.base_fields.pop(name)
        if "issuing_body" in form.base_fields:
            for name, model in (("topics", Topic), ("target_groups", TargetGroup)):
                if may_propose_new(request.user, model):
                    form.base_fields[name].help_text = _help_for_terms(model)
            form.base_fields["issuing_body"].help_text = _help_for_bodies("new_body" in form.base_fields)
        return form

    def get_fieldsets(self, request: HttpRequest, obj: Measure | None = None) -> Any:
        """Leave out the missing body for who only reads the entry or adds no bodies."""
        may_write = obj is None or self.has_change_permission(request, obj)
        if may_write and request.user.has_perm(ADD_BODY):
            return self.fieldsets
        return [
            (name, {**options, "fields": [each for each in options["fields"] if each not in MISSING_BODY]})
            for name, options in self.fieldsets
        ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Measure]:
        return super().get_queryset(request).select_related("country", "issuing_body", "updated_by")

    def get_formset_kwargs(self, request: HttpRequest, obj: Any, inline: Any, prefix: str) -> dict[str, Any]:
        """Prefill the rows that are taken over from another entry, and a relation that was asked for."""
        kwargs: dict[str, Any] = super().get_formset_kwargs(request, obj, inline, prefix)
        if request.method == "GET" and obj.pk is None and (taken := carried(request)):
            kwargs["initial"] = taken.rows.get(inline.model, [])
        if isinstance(inline, RelationInline) and request.method == "GET":
            kwargs["initial"] = relation_as_asked(request.GET)
        return kwargs

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        initial: dict[str, Any] = super().get_changeform_initial_data(request)
        for name in (PROVISION_OF, AFTER, RELATES_TO):
            initial.pop(name, None)
        taken = carried(request)
        return {**taken.fields, **initial} if taken else initial

    def before_saving(self, request: HttpRequest, object_id: str | None) -> HttpResponse | None:
        """Save a form submitted twice only once, and refuse a save whose move would be refused."""
        if object_id is None:
            saved = sent_forms.saved_by(request)
            return HttpResponseRedirect(reverse("admin:measures_measure_change", args=[saved])) if saved else None
        answer = super().before_saving(request, object_id)
        self._demand_note(request)
        self._take_check(request)
        return answer

    def notice_newer_version(self, request: HttpRequest, record: Measure) -> None:
        """Compare record versions, which saving inlines raises too."""
        if request.POST.get("record_version") == str(record.record_version):
            if not self.has_change_permission(request, record):
                raise PermissionDenied
            self.take_choices(request)
            return
        data = self.merge(request, record, self.newer_version(request, record))
        data["record_version"] = str(record.record_version)

    def newer_version(self, request: HttpRequest, record: Measure) -> str:
        return super().newer_version(request, record) if is_proposal(request) else _newer_version(record)

    def _demand_note(self, request: HttpRequest) -> None:
        """Refuse to save if the requested move needs a note and has none."""
        move = workflow.MOVES.get(request.POST.get(moves.MOVE, ""))
        if move and move.needs_note and not request.POST.get(moves.NOTE, "").strip() and not refusal_of(request):
            refuse(request, request.POST, _("Give a reason, for those who work on the record later."))
            request.note_missing = True  # type: ignore[attr-defined]  # for the page, as the refusal

    def _take_check(self, request: HttpRequest) -> None:
        """Have “still so today” typed into the form, so that it is saved under the rules of everything else."""
        if STILL_SO in request.POST:
            data = request.POST.copy()
            data["checked_on"] = today().isoformat()
            request.POST = data  # type: ignore[assignment]  # a QueryDict too

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> Any:
        measure: Measure | None = context["original"]
        form, inline_formsets = context["adminform"].form, context["inline_admin_formsets"]
        taken = carried(request) if measure is None else None
        if taken:
            mark(taken, form, [inline.formset for inline in inline_formsets])
        context |= {
            "carried": taken,
            "show_save_and_add_another": False,  # two buttons of the form's own ask what is to be taken over
            "sections": list(self._sections(context["adminform"], inline_formsets)),
            "note_missing": getattr(request, "note_missing", False),
            "move_note": request.POST.get(moves.NOTE, ""),
            "sent_form": request.POST.get(sent_forms.NAME) or uuid.uuid4(),
            "moves": (open_moves := workflow.moves_open_to(request.user, measure) if measure else []),
            "may_publish": any(move.target == Workflow.PUBLISHED for move in open_moves),
            "publish_at": request.POST.get(PUBLISH_AT, ""),
            "zone": settings.TIME_ZONE,
            "may_retire": any(move.target == Workflow.RETIRED for move in open_moves),
            "has_ended": measure is not None and groups_of([measure.pk], today())[measure.pk] == StatusGroup.ENDED,
            "validity": validity_in_words({name: form[name].value() for name in FIELDS if name in form.fields}),
            "relations_to": self._relations_to(request, measure) if measure else [],
            "redefined": waiting_for(measure) if measure else [],
            "relates_to": RELATES_TO,
            **(before_publication(measure) if measure else {}),
            **(_effects(request, measure.pk if measure else None) if request.method == "POST" else {}),
        }
        context["place_of_faults"] = _place_of_faults(request, form, context)
        return super().render_change_form(request, context, *args, **kwargs)

    @staticmethod
    def _relations_to(request: HttpRequest, measure: Measure) -> list[Relation]:
        subjects = visible_to(request.user, Measure.objects.all())
        return list(measure.relations_to.filter(subject__in=subjects).select_related("subject"))

    def _sections(self, adminform: Any, inline_formsets: Any) -> Iterator[Section]:
        """The fieldsets in reading order, each with its heading and its inlines."""
        placed = {type(inline.opts): inline for inline in inline_formsets}
        for index, fieldset in enumerate(adminform):
            inline = placed.get(self.inlines_of_section.get(index, type(None)))
            heading, fieldset.name = fieldset.name, None
            is_folded = FOLDED in fieldset.classes
            yield section(heading, fieldset, inline, is_folded=is_folded, has_validity=index == self.section_of_dates)
        for heading, inline in (
            (_("Other numbers"), ReferenceAliasInline),
            (_("Keys in data sets of others"), ExternalIdInline),
            (_("Relations"), RelationInline),
        ):
            yield section(heading, None, placed.get(inline), is_folded=True)

    # Saving

    def save_model(self, request: HttpRequest, obj: Measure, form: Any, change: bool) -> None:
        """Save the record; what is derived from it waits for `save_related`, instead of following each statement."""
        execute("set constraints all deferred")
        if not change:
            obj.created_by = obj.updated_by = request.user  # type: ignore[assignment]  # signed in: this is the admin
        if form.missing_body:
            form.missing_body.save()
            obj.issuing_body = form.missing_body
        if "checked_on" in form.changed_data:
            obj.checked_by = author_of(request) if obj.checked_on else None
        if not change or form.changed_data:
            super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Save the inlines, raise the version if anything changed, and check deferred constraints before the commit."""
        super().save_related(request, form, formsets, change)
        if change and (form.changed_data or any(formset.has_changed() for formset in formsets)):
            Measure.objects.filter(pk=form.instance.pk).mark_changed(by=request.user)
        if change and CODES_RIGHT in request.POST and not is_proposal(request):
            workflow.confirm_codes([form.instance.pk], by=request.user)
        workflow.refresh_status([form.instance.pk])
        execute("set constraints all immediate; set constraints all deferred")
        form.instance.refresh_from_db()
        _warn_of_unsourced(request, form.instance)
        _warn_of_unusual_course(request, form.instance, formsets)
        links.watch(Source.objects.filter(citations__measure=form.instance), at=timezone.now())
        transaction.on_commit(tend_archive_soon)
        transaction.on_commit(settle_soon)

    def response_add(self, request: HttpRequest, obj: Measure, post_url_continue: str | None = None) -> Any:
        sent_forms.remember(request, obj.pk)
        if moves.MOVE in request.POST:
            return self._after_move(request, obj)
        response = super().response_add(request, obj, post_url_continue)
        return _next_form(request, obj) or response

    def response_change(self, request: HttpRequest, obj: Measure) -> Any:
        if moves.MOVE in request.POST:
            return self._after_move(request, obj)
        if STILL_SO in request.POST:
            messages.success(request, _("“%(measure)s” is saved as still so today.") % {"measure": obj})
            return HttpResponseRedirect(reverse("admin:measures_measure_change", args=[obj.pk]))
        if CODES_RIGHT in request.POST:
            messages.success(
                request, _("“%(measure)s” keeps its codes, now by the new definitions.") % {"measure": obj}
            )
            return HttpResponseRedirect(reverse("admin:measures_measure_change", args=[obj.pk]))
        response = super().response_change(request, obj)
        return _next_form(request, obj) or response

    def _after_move(self, request: HttpRequest, obj: Measure) -> HttpResponseRedirect:
        messages.success(request, _("“%(measure)s” has been saved.") % {"measure": obj})
        moves.move_saved(request, obj)
        return HttpResponseRedirect(reverse("admin:measures_measure_change", args=[obj.pk]))

    def context_beside(self, data: QueryDict) -> dict[str, Any]:
        return {"sources_beside": sources_cited(data)}

    def lacks_of(self, form: Any, formsets: list[Any]) -> Iterable[dict[str, Any]]:
        return faults_of(lacks_of_form(form, formsets))

    # Additional pages

    def get_urls(self) -> list[Any]:
        own = self.admin_site.admin_view
        return [
            path("duplicates/", own(self.duplicates_view), name="measures_measure_duplicates"),
            path("validity/", own(self.validity_view), name="measures_measure_validity"),
            path("effects/", own(self.effects_view), name="measures_measure_effects"),
            path("<path:object_id>/relate/", own(self.relate_view), name="measures_measure_relate"),
            path("<path:object_id>/preview/", own(never_cache(self.preview_view)), name="measures_measure_preview"),
            *super().get_urls(),
        ]

    def duplicates_view(self, request: HttpRequest) -> HttpResponse:
        """What the form, as typed so far, may repeat; asked while it is filled in."""
        if request.method != "POST" or not self.has_view_permission(request):
            raise PermissionDenied
        typed = candidate(request.POST, whole_number(request.POST.get("pk", "")))
        found = duplicates.matches(typed, among=visible_to(request.user, Measure.objects.all()))
        return TemplateResponse(request, "admin/measures/measure/_duplicates.html", {"duplicates": found})

    def validity_view(self, request: HttpRequest) -> JsonResponse:
        """How the dates read, as typed so far."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return JsonResponse({"validity": validity_in_words(request.GET)})

    def effects_view(self, request: HttpRequest) -> HttpResponse:
        """What the relations of the form, as typed so far, do to other entries; asked while it is filled in."""
        if request.method != "POST" or not self.has_view_permission(request):
            raise PermissionDenied
        context = _effects(request, whole_number(request.POST.get("pk", "")))
        return TemplateResponse(request, "admin/measures/measure/_effects.html", context)

    def relate_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Choose the entry that acts upon this one: the relation is recorded in its form."""
        measure = get_object_or_404(Measure, pk=key_of(Measure, unquote(object_id)))
        if not self.has_view_permission(request, measure):
            raise PermissionDenied
        form = RelatingForm(self.admin_site, measure, request.GET or None, by=request.user)
        if form.is_valid():
            return HttpResponseRedirect(form.address)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Add a relation"),
            "opts": self.opts,
            "original": measure,
            "form": form,
            "relates_to": RELATES_TO,
            "media": self.media + form.media,
        }
        return TemplateResponse(request, "admin/measures/measure/relate.html", context)

    def preview_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Preview the public page of a record that is not public."""
        measure = get_object_or_404(for_page(Measure.objects.all()), pk=key_of(Measure, unquote(object_id)))
        if not self.has_view_permission(request, measure):
            raise PermissionDenied
        address = request.build_absolute_uri(measure.get_absolute_url())
        details = details_of(measure, today())
        context = {
            "measure": measure,
            "details": details,
            "course_chart": course_chart(details.course, today()),
            "address": address,
        }
        return TemplateResponse(request, "admin/measures/measure/preview.html", context)


def _next_form(request: HttpRequest, saved: Measure) -> HttpResponseRedirect | None:
    """The new form that the button which saved this one asks for."""
    if PROVISION in request.POST:
        return HttpResponseRedirect(address_for_provision(saved))
    return HttpResponseRedirect(address_for_act(saved)) if "_addanother" in request.POST else None


def _effects(request: HttpRequest, pk: int | None) -> dict[str, Any]:
    """For the template of the effects: what the relations as typed do, and whether they wait for publication."""
    effects = effects_of(request.POST, pk, among=visible_to(request.user, Measure.objects.all()))
    return {"effects": effects, "holds_later": bool(effects) and holds_later(pk)}


def _warn_of_unsourced(request: HttpRequest, measure: Measure) -> None:
    """Warn if an entry has sources, but its field *Evidence* still has the default."""
    if measure.evidence == Evidence.UNSOURCED and measure.citations.exists():
        text = _(
            "%(id)s cites sources, but its “Evidence” is “%(unsourced)s”. Choose the evidence that the entry rests on."
        )
        messages.warning(request, text % {"id": measure.public_id, "unsourced": Evidence.UNSOURCED.label})


def _warn_of_unusual_course(request: HttpRequest, measure: Measure, formsets: Any) -> None:
    """Ask about moves of the status history that are unusual, once the history was typed or changed."""
    for history in (formset for formset in formsets if formset.model is StatusEvent and formset.has_changed()):
        for message in unusual_moves(Kind(measure.kind).family, history.events):
            messages.warning(request, message)


def _place_of_faults(request: HttpRequest, form: Any, context: Any) -> str:
    """The id of the element that an error of the whole form refers to."""
    if context["note_missing"]:
        return "id_move_note"
    if getattr(request, "differences", []):
        return "differences"
    return "duplicates" if form.duplicates else ""


def _help_for_bodies(may_add: bool) -> SafeString:
    words = _(
        "Bodies of the chosen country and international ones. To find a body of another country, start with its "
        "code: VEN:."
    )
    link = format_html('<a href="#id_new_body" data-opens="id_new_body">{}</a>', _("Name a missing body"))
    return format_html("{} {}", words, link if may_add else "")


def _help_for_terms(model: type[Topic] | type[TargetGroup]) -> SafeString:
    address = reverse(f"admin:measures_{model._meta.model_name}_add") + f"?{PROPOSING}=1"
    words = _("Propose a new %(name)s") % {"name": model._meta.verbose_name}
    return format_html('<a href="{}" target="_blank">{}</a>', address, words)


def _newer_version(measure: Measure) -> str:
    at = formats.date_format(timezone.localtime(measure.updated_at), "DATETIME_FORMAT")
    text = _(
        "Not saved yet: %(who)s changed this record (%(at)s, now “%(state)s”) after you opened it. Both versions are "
        "shown below. Where only one of you made a change, the form already has it. Review the other fields, then "
        "save again."
    )
    return text % {"who": measure.updated_by, "at": at, "state": measure.get_workflow_display()}
