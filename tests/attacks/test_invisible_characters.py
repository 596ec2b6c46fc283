"""Text that shows something else than it says, or nothing: in each form field and each cell."""

from pathlib import Path
from typing import Any

import pytest
from django.contrib import admin
from django.db import models
from django.test import Client, RequestFactory
from django.urls import reverse

from foundation.characters import ReadableText
from foundation.files.resources import resources
from foundation.partial_dates import PartialDateFormField, PeriodFormField
from measures.models import Measure
from tests import factories
from tests.admin_forms import held
from tests.clients import signed_in
from tests.csv_files import MEASURE, run

pytestmark = pytest.mark.django_db

OURS = ("measures", "countries", "auth")
OF_DJANGO = {"User.username", "User.password"}
"""A user name has a stricter rule of its own, and a password is no text for readers."""


def test_each_box_of_the_admin_reads_text_by_the_one_rule() -> None:
    request = RequestFactory().get("/")
    request.user = factories.user(is_superuser=True)
    unlike = []
    for model, model_admin in admin.site._registry.items():
        if model._meta.app_label not in OURS or not model_admin.has_change_permission(request):
            continue
        for each in (model_admin, *model_admin.get_inline_instances(request)):
            for field in each.model._meta.fields:
                is_text = isinstance(field, models.CharField | models.TextField) and str(field.model._meta.object_name)
                if is_text and field.editable and not field.choices and f"{is_text}.{field.name}" not in OF_DJANGO:
                    box = each.formfield_for_dbfield(field, request)
                    if box and not isinstance(box, ReadableText | PartialDateFormField | PeriodFormField):
                        unlike.append(f"{type(each).__name__}.{field.name}: {type(box).__name__}")
    assert unlike == []


def _saved(measure: Measure, **changes: str) -> Any:
    client = signed_in(factories.editor())
    page = reverse("admin:measures_measure_change", args=[measure.pk])
    return client.post(page, held(client.get(page), "measure_form") | changes)


def test_title_in_reversed_order_is_refused_at_its_box() -> None:
    measure = factories.draft(title_en="A decree")
    answer = _saved(measure, title_en="A decree \u202e2020")
    assert answer.status_code == 200
    assert "U+202E (RIGHT-TO-LEFT OVERRIDE)" in str(answer.context["adminform"].form.errors["title_en"])
    measure.refresh_from_db()
    assert measure.title_en == "A decree"


def test_title_of_a_filler_is_refused_at_its_box() -> None:
    answer = _saved(factories.draft(title_en="A decree"), title_en="\u3164")
    assert "U+3164 (HANGUL FILLER)" in str(answer.context["adminform"].form.errors["title_en"])


def test_what_is_copied_along_from_a_document_is_dropped() -> None:
    measure = factories.draft(title_en="A decree", reference="")
    dirty = {
        "title_en": "A de\u00adcree\u200b",
        "reference": "06\u200b2\ufeff",
        "valid_from": "\u200e2020\u200b-05",
    }
    assert _saved(measure, **dirty).status_code == 302
    measure.refresh_from_db()
    assert (measure.title_en, measure.reference, str(measure.valid_from)) == ("A decree", "062", "2020-05")


@pytest.fixture
def vocabulary() -> None:
    factories.country()
    factories.topic()


@pytest.mark.usefixtures("vocabulary")
@pytest.mark.parametrize(
    ("column", "text", "name"),
    [
        ("title_en", "A \u2067decree", "U+2067 (RIGHT-TO-LEFT ISOLATE)"),
        ("summary_en", "\u3164", "U+3164 (HANGUL FILLER)"),
        ("reference", "062\u202d", "U+202D (LEFT-TO-RIGHT OVERRIDE)"),
        ("topics", "\u202e", "U+202E (RIGHT-TO-LEFT OVERRIDE)"),
    ],
)
def test_cell_is_refused_with_its_place(tmp_path: Path, column: str, text: str, name: str) -> None:
    (problem,) = run(tmp_path, [MEASURE | {column: text}]).problems
    assert (problem.row, problem.column) == (2, column)
    assert name in problem.problem
    assert problem.remedy


@pytest.mark.usefixtures("vocabulary")
def test_cells_lose_what_is_copied_along(tmp_path: Path) -> None:
    cells = {"title_en": "\ufeffA de\u00adcree", "summary_en": "می\u200cخواهم \u200b", "reference": "06\u200b2"}
    assert run(tmp_path, [MEASURE | cells | {"kind": f"{MEASURE['kind']}\u200b"}]).problems == []
    measure = Measure.objects.get()
    assert (measure.title_en, measure.summary_en, measure.reference) == ("A decree", "می\u200cخواهم ", "062")


def test_each_column_of_each_file_reads_text_by_the_one_rule() -> None:
    unlike = []
    for name, resource in resources().items():
        for column in resource.imported():
            try:
                column.reader()("\u202e")
            except Exception as error:  # any class says which
                if "U+202E" not in str(error):
                    unlike.append(f"{name}.{column.name}: {error}")
            else:
                unlike.append(f"{name}.{column.name}")
    assert unlike == []


def test_words_that_are_searched_for_are_read_alike(client: Client) -> None:
    measure = factories.measure(title_en="A decree on borders")
    assert measure.public_id in client.get("/measures/", {"q": "bor\u00adders\u200b"}).text
