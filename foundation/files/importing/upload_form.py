"""The form by which a file is uploaded."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib.admin.widgets import AdminFileWidget
from django.core.files.base import ContentFile
from django.utils.translation import gettext_lazy

from foundation.files.importing.jobs import problem_in_words
from foundation.files.importing.reading import FileProblem
from foundation.files.importing.workbook import as_csv, is_workbook
from foundation.files.rights import importable


class UploadForm(forms.Form):
    """What is uploaded, and whether its measures become public."""

    file_type = forms.ChoiceField(label=gettext_lazy("What the rows are"))
    file = forms.FileField(
        label=gettext_lazy("CSV or Excel file"),
        widget=AdminFileWidget,
        help_text=gettext_lazy(
            "CSV in UTF-8, or an Excel workbook (XLSX), with the names of the columns in the first row."
            " A file with some columns changes those alone."
        ),
    )
    publish = forms.BooleanField(
        label=gettext_lazy("Publish the measures of this file"),
        required=False,
        help_text=gettext_lazy("Without it new measures become drafts, and published ones are not changed."),
    )

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kinds: Any = self.fields["file_type"]
        kinds.choices = importable(user)
        if not user.has_perm(settings.PUBLISH_PERMISSION):
            del self.fields["publish"]

    def clean(self) -> dict[str, Any]:
        """A workbook becomes a CSV file with the same rows; why it cannot is said beside it."""
        given: dict[str, Any] = self.cleaned_data
        file, kind = given.get("file"), given.get("file_type")
        given["name"] = file.name if file else ""
        if file and kind and is_workbook(file):
            try:
                given["file"] = ContentFile(as_csv(file, kind), f"{file.name}.csv")
            except FileProblem as problem:
                self.add_error("file", problem_in_words(problem))
        return given
