"""Data sets of others from which entries came."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from foundation.records.edit_conflict_admin import MergingAdmin
from measures.models import DataSet


@admin.register(DataSet)
class DataSetAdmin(MergingAdmin):
    field_of_rule = {"measures_dataset_key_form": "key"}
    list_display = ["key", "name", "licence", "is_independent"]
    search_fields = ["key", "name"]
    fields = ["key", "name", "licence", "address", "is_independent"]
    public_advice = _("Published entries came from this data set. Only editors may change it.")
    in_use_advice = _("Entries came from this data set.")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """The key is read-only after creation: files name a data set by it."""
        return ("key",) if obj else ()
