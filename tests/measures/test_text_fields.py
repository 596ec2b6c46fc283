"""Each text field of a measure is in its form, its file both ways, its page, its history and the search.

New fields are covered automatically, and so is one that a part of the code forgets.
"""

from pathlib import Path
from typing import Any

import pytest
from django.contrib.admin.utils import flatten, flatten_fieldsets
from django.db.models import CharField, TextField
from django.test import Client
from django.urls import reverse

from foundation.partial_dates import PartialDateField
from foundation.records.changes import acts_on
from foundation.sql import rows, value
from measures.admin.measure import MISSING_BODY, MeasureAdmin
from measures.files.resources import MeasureResource
from measures.models import Measure, SearchWords
from measures.search.matching import found_ids
from measures.search.spelling import refresh_words
from tests import admin_forms, factories
from tests.csv_files import MEASURE, counts, export, run

pytestmark = pytest.mark.django_db

WORD = "Xilofonistas"
OF_FILES_ALONE = {"public_id", "status_history", "relations", "sources", "external_ids"}
"""Columns that are no fields of the form, where other parts of it have what they say."""
SEARCHED_ELSEWHERE = {"reference"}
"""Searched in a different way, and never suggested as a word."""
NOT_SEARCHED = {"provision"}
NOT_ON_PAGE = {"short_title_en", "short_title_es", "short_title_pt"}  # labels of timeline marks


COLUMNS_OF_VECTOR = """
select distinct a.attname::text from pg_depend d join pg_rewrite r on r.oid = d.objid
join pg_attribute a on a.attrelid = d.refobjid and a.attnum = d.refobjsubid
where r.ev_class = 'measures_searchvector'::regclass and d.refobjid = 'measures_measure'::regclass
"""


def _is_text(field: Any) -> bool:
    return (
        isinstance(field, CharField | TextField)
        and not isinstance(field, PartialDateField)
        and field.editable
        and not field.flatchoices
        and field.name not in ("original_language", "duration")  # codes, not words
    )


TEXT_FIELDS = [str(field.name) for field in Measure._meta.concrete_fields if _is_text(field)]


def _text(name: str) -> dict[str, Any]:
    return {name: WORD}


def _texts() -> dict[str, Any]:
    """A text for each field that no other one has."""
    return {name: f"{WORD} {chr(ord('a') + number)}" for number, name in enumerate(TEXT_FIELDS)}


def test_every_text_field_is_looked_at() -> None:
    assert {"reference", "official_title", "title_es", "summary_pt"} <= set(TEXT_FIELDS)


def test_text_fields_are_saved_by_the_form_and_told_by_the_history() -> None:
    draft = factories.draft()
    client, url = Client(), reverse("admin:measures_measure_change", args=[draft.pk])
    client.force_login(factories.analyst())
    data = admin_forms.shown(client, url)
    assert data.keys() >= set(TEXT_FIELDS)
    assert admin_forms.errors(client.post(url, data | _texts())) == []
    draft.refresh_from_db()
    assert {name: getattr(draft, name) for name in TEXT_FIELDS} == _texts()
    told = {change.what.lower(): change.after for change in acts_on(draft)[0].changes}
    labels = {name: str(Measure._meta.get_field(name).verbose_name).lower() for name in TEXT_FIELDS}  # type: ignore[union-attr]  # never a relation
    assert {name: told.get(label) for name, label in labels.items()} == _texts()


def test_text_fields_go_out_and_come_back_in_the_file(tmp_path: Path) -> None:
    measure = factories.draft(**_texts())
    content = export()
    assert all(text in content for text in _texts().values())
    assert counts(run(tmp_path, content)) == (0, 0, 1, 0)
    others = {name: f"{text} 2" for name, text in _texts().items()}
    assert counts(run(tmp_path, [MEASURE | {"public_id": measure.public_id} | others])) == (0, 1, 0, 0)
    measure.refresh_from_db()
    assert {name: getattr(measure, name) for name in TEXT_FIELDS} == others


def test_text_fields_stand_on_the_page(client: Client) -> None:
    measure = factories.measure(**_texts())
    pages = [client.get(f"{prefix}/measures/{measure.public_id}/").text for prefix in ("", "/es", "/pt")]
    missing = {name for name, text in _texts().items() if not any(text in page for page in pages)}
    assert missing == NOT_ON_PAGE


@pytest.mark.parametrize("name", [name for name in TEXT_FIELDS if name not in NOT_SEARCHED])
def test_text_field_is_found_when_it_is_written_and_when_it_changes(name: str) -> None:
    measure = factories.measure(**_text(name))
    assert found_ids(WORD).tolist() == [measure.pk]
    Measure.objects.update(**{name: "Marimbistas"})
    assert (found_ids(WORD).tolist(), found_ids("Marimbistas").tolist()) == ([], [measure.pk])


@pytest.mark.parametrize(
    "name", [name for name in TEXT_FIELDS if name not in NOT_SEARCHED | SEARCHED_ELSEWHERE | NOT_ON_PAGE]
)
def test_word_of_a_text_field_can_be_meant(name: str) -> None:
    factories.measure(**_text(name))
    refresh_words()
    assert WORD.lower() in SearchWords.objects.get().words


def test_every_column_that_a_vector_reads_is_watched() -> None:
    read = {name for (name,) in rows(COLUMNS_OF_VECTOR)}
    source = value("select prosrc from pg_proc where proname = 'measures_search_measures_measure_update'")
    watched = {name for name in read if f"n.{name}" in source and f"o.{name}" in source}
    assert read - watched == {"id", "reference_key"}  # the id never changes, `reference_key` follows from `reference`


def test_form_and_file_have_every_field_that_people_fill_in() -> None:
    fields = (*Measure._meta.fields, *Measure._meta.many_to_many)
    filled_in = {f.name for f in fields if f.editable and not f.auto_created}
    form = flatten_fieldsets(MeasureAdmin.fieldsets)
    file = {column.name for column in MeasureResource.imported()}
    assert sorted(form) == sorted(filled_in | set(flatten(MISSING_BODY)))
    assert file == filled_in - {"primary_topic"} | OF_FILES_ALONE
