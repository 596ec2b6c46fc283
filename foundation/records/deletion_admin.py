"""Report a deletion of a record that somebody just changed, and a change to one that somebody just deleted."""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.contrib.admin.utils import unquote
from django.db import transaction
from django.http import HttpRequest, HttpResponse, QueryDict
from django.template.response import TemplateResponse
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from foundation.keys import key_of, whole_number
from foundation.records import audit
from foundation.records.changes import acts_on, versions
from foundation.records.second_reader_admin import SecondReaderAdmin

SEEN = "seen"
"""The hidden field with the version of each record that a page showed."""
MOST_CHANGES = 12
"""Number of changes of the last act that a deletion page lists."""


def written_versions(model: Any, keys: Any) -> str:
    """The versions of records, serialized for a hidden field."""
    return json.dumps({str(key): version for key, version in versions(model, keys).items()})


def read_versions(request: HttpRequest) -> dict[str, int]:
    """The versions in a submitted page; empty if missing or invalid."""
    try:
        return {str(key): int(version) for key, version in json.loads(request.POST.get(SEEN, "") or "{}").items()}
    except (ValueError, TypeError, AttributeError, OverflowError, RecursionError):
        return {}


def changed_since(seen: Mapping[str, int], model: Any, keys: Any) -> list[Any]:
    """The keys of the records that have changed since the page was loaded."""
    return [key for key, version in versions(model, keys).items() if seen.get(str(key), version) != version]


class DeletionAdmin(SecondReaderAdmin):
    """A delete confirmation that says who last changed the record, and asks again if it has changed since."""

    def delete_view(self, request: Any, object_id: str, extra_context: Any = None) -> Any:
        with transaction.atomic():
            record = self.locked(object_id)
            told: dict[str, Any] = {}
            if record is not None:
                if request.POST and changed_since(read_versions(request), self.model, [record.pk]):
                    request.POST, told["is_changed"] = QueryDict(), True
                told["last_act"] = next(iter(acts_on(record, hidden=self.history_hidden)), None)
                told["most_changes"] = f":{MOST_CHANGES}"
                told[SEEN] = written_versions(self.model, [record.pk])
            return super().delete_view(request, object_id, {**told, **(extra_context or {})})

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        """Django's log, and the audit list."""
        _record(queryset, request.user)
        return super().log_deletions(request, queryset)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """Also record deleted rows that are records of their own, such as figures on the page of a country."""
        super().save_formset(request, form, formset, change)
        _record((row for row in formset.deleted_objects if self.admin_site.is_registered(type(row))), request.user)

    def locked(self, object_id: str) -> Any:
        """Return the record, locked until the end of the transaction; None if it was deleted."""
        key = key_of(self.model, unquote(object_id))
        return self.model._base_manager.select_for_update(of=("self",), no_key=True).filter(pk=key).first()


def _record(deleted: Iterable[Any], by: Any) -> None:
    """Have deletions in the audit list, one entry for each record."""
    for record in deleted:
        audit.record(audit.Act.DELETED, record, by=by, note=record._meta.label)


def deleted_page(model_admin: Any, request: HttpRequest, object_id: str) -> HttpResponse:
    """A page with what was typed into the form of a deleted record, for copying."""
    context = {
        **model_admin.admin_site.each_context(request),
        "title": _("Not saved: this record was deleted after you opened it"),
        "opts": model_admin.opts,
        "typed": list(_typed(model_admin, request)),
        "may_add": model_admin.has_add_permission(request),
    }
    return TemplateResponse(request, "admin/deleted_meanwhile.html", context, status=410)


def _typed(model_admin: Any, request: HttpRequest) -> Iterator[tuple[str, str]]:
    """Label and text of each filled-in field; labels of inline rows have their number."""
    names = _names(model_admin.model)
    rows = {}
    for relation in model_admin.opts.related_objects:
        model: Any = relation.related_model
        rows[relation.get_accessor_name()] = (capfirst(model._meta.verbose_name), _names(model))
    for key, values in request.POST.lists():
        prefix, number, name = key.split("-", 2) if key.count("-") >= 2 else ("", "", key)
        text = "\n".join(value for value in values if value.strip())
        if text and not prefix and name in names:
            yield names[name], text
        elif text and name in rows.get(prefix, ("", {}))[1] and (place := whole_number(number)) is not None:
            label, of_row = rows[prefix]
            yield f"{label} {place + 1}: {of_row[name]}", text


def _names(model: Any) -> dict[str, str]:
    fields = (*model._meta.fields, *model._meta.many_to_many)
    return {field.name: capfirst(str(field.verbose_name)) for field in fields if not field.primary_key}
