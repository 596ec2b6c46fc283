"""The comments on a record in the admin: a page of their own, and beside each field on the desk of a proposal."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from foundation.keys import whole_number
from foundation.records import comments
from foundation.records.models import Revision
from foundation.records.revision_admin import ProposingAdmin
from foundation.records.teams import may_discuss

READ, COMMENT = "foundation.view_comment", "foundation.add_comment"


class CommentedAdmin(ProposingAdmin):
    """The admin of a model on whose records, and on proposed changes of which, the team comments."""

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(self.comments_view)
        name = f"{self.opts.app_label}_{self.opts.model_name}_comments"
        return [path("<path:object_id>/comments/", view, name=name), *super().get_urls()]

    def comments_url(self, record: Any) -> str:
        """The page of the comments on a record, to which all comments are sent."""
        return reverse(self._named("comments"), args=[record.pk])

    def comments_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The comments on a record; a comment that is sent may also be one on a proposed change of it."""
        record = self.stored(object_id)
        may_read = request.user.has_perm(READ) and self.has_view_permission(request, record)
        if not (may_read and may_discuss(request.user, record)):
            raise PermissionDenied
        if request.method == "POST":
            return self._write(request, record)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Comments on %(record)s") % {"record": record},
            "opts": self.opts,
            "original": record,
            "threads": comments.threads(record),
            "comments_address": self.comments_url(record),
            "fields": self._fields(request, record),
            "record_address": self.change_url(record.pk),
        }
        return TemplateResponse(request, "admin/comments.html", context)

    def _write(self, request: HttpRequest, record: Any) -> HttpResponse:
        if not request.user.has_perm(COMMENT):
            raise PermissionDenied
        revision, sent = None, request.POST
        if sent.get("revision"):
            revision = get_object_or_404(Revision.objects.of(record), pk=whole_number(sent["revision"]))
        field = sent.get("field", "").replace("\0", "")
        label = self._fields(request, record).get(field, sent.get("label", ""))
        answered = whole_number(sent.get("reply_to", ""))
        try:
            comments.write(
                record,
                sent.get("text", ""),
                by=request.user,
                field=field,
                label=label,
                revision=revision,
                reply_to=answered,
            )
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
        return HttpResponseRedirect(self.revision_url(revision) if revision else self.comments_url(record))

    def _fields(self, request: HttpRequest, record: Any) -> dict[str, str]:
        """The labels of the fields of the form, by name."""
        form: Any = self.get_form(request, record, change=True)
        return {
            name: str(capfirst(column.label))
            for name, column in form.base_fields.items()
            if name not in form.own_fields and column.label
        }

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> Any:
        record = context["original"]
        if record and request.user.has_perm(READ) and may_discuss(request.user, record):
            context["comments_address"] = self.comments_url(record)
            context["comment_count"] = comments.comments_on(record).count()
        return super().render_change_form(request, context, *args, **kwargs)
