"""aliases.csv, the rows of other numbers in the form of a measure, their history and their search."""

from pathlib import Path

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from foundation.records.changes import acts_on
from measures.details import BOOKKEEPING
from measures.files.aliases import AliasResource
from measures.models import Measure, ReferenceAlias
from measures.search.matching import found_ids
from tests import admin_forms, factories
from tests.clients import signed_in
from tests.csv_files import counts, export, problems, run

pytestmark = pytest.mark.django_db


def _row(measure: Measure, reference: str = "No. 1/2019", kind: str = "former") -> dict[str, str]:
    return {"measure": measure.public_id, "kind": kind, "reference": reference}


def test_file_adds_and_changes_other_numbers(tmp_path: Path) -> None:
    measure = factories.draft()
    before = measure.record_version
    assert counts(run(tmp_path, [_row(measure)], "aliases")) == (1, 0, 0, 0)
    assert counts(run(tmp_path, [_row(measure)], "aliases")) == (0, 0, 1, 0)
    assert counts(run(tmp_path, [_row(measure, "N° 1-2019", "cited_as")], "aliases")) == (0, 1, 0, 0)
    alias = ReferenceAlias.objects.get()
    measure.refresh_from_db()
    assert (alias.kind, alias.measure, measure.record_version) == ("cited_as", measure, before + 2)


def test_file_comes_back_as_it_went(tmp_path: Path) -> None:
    measure = factories.draft()
    factories.alias(measure=measure, reference="DS 1-2019", kind="other_numbering")
    factories.alias(measure=measure, reference="DS 2-2019", kind="cited_as")
    content = export(AliasResource)
    assert content.splitlines()[:2] == ["measure,kind,reference", f"{measure.public_id},other_numbering,DS 1-2019"]
    assert counts(run(tmp_path, content, "aliases")) == (0, 0, 2, 0)


def test_row_of_no_entry_is_refused(tmp_path: Path) -> None:
    row = {"measure": "PER-99999", "kind": "former", "reference": "1-2020"}
    report = run(tmp_path, [row, row | {"measure": factories.draft().public_id, "kind": "old"}], "aliases")
    assert problems(report) == [(2, "measure", "PER-99999"), (3, "kind", "old")]


def test_analyst_changes_no_numbers_of_what_is_public(tmp_path: Path) -> None:
    public, draft = factories.measure(), factories.draft()
    factories.alias(measure=public, reference="1-2019")
    by = factories.analyst()
    for row in (_row(public), _row(public, "1-2019", "cited_as")):
        assert counts(run(tmp_path, [row], "aliases", by=by)) == (0, 0, 0, 1)
    assert counts(run(tmp_path, [_row(draft)], "aliases", by=by)) == (1, 0, 0, 0)
    assert counts(run(tmp_path, [_row(public)], "aliases", by=factories.editor())) == (0, 1, 0, 0)


def test_public_file_has_the_numbers_of_published_entries_alone() -> None:
    factories.alias(measure=factories.measure(), reference="1-2019")
    factories.alias(measure=factories.draft(), reference="2-2019")
    assert [line.rsplit(",", 1)[1] for line in export(AliasResource, public=True).splitlines()[1:]] == ["1-2019"]


def test_form_records_another_number_and_the_history_tells_it() -> None:
    draft = factories.draft()
    client, url = signed_in(factories.analyst()), reverse("admin:measures_measure_change", args=[draft.pk])
    data = admin_forms.shown(client, url) | {"aliases-0-kind": "former", "aliases-0-reference": "DS 1-2019"}
    assert admin_forms.errors(client.post(url, data)) == []
    assert draft.aliases.get().reference == "DS 1-2019"
    newest = acts_on(draft, hidden=BOOKKEEPING)[0]
    assert [(change.what, change.after) for change in newest.changes] == [("Other number", "Former number, DS 1-2019")]
    again = admin_forms.shown(client, url) | {"aliases-1-kind": "cited_as", "aliases-1-reference": "D.S. N° 1-2019"}
    assert admin_forms.errors(client.post(url, again)) != []


def test_numbers_of_one_entry_differ_in_any_spelling() -> None:
    measure = factories.draft()
    factories.alias(measure=measure, reference="N° 1-2019")
    with pytest.raises(IntegrityError, match="measures_referencealias_unique"), transaction.atomic():
        factories.alias(measure=measure, reference="1-2019")
    with pytest.raises(IntegrityError, match="measures_referencealias_not_empty"), transaction.atomic():
        factories.alias(measure=measure, reference=" ")
    with pytest.raises(IntegrityError, match="measures_referencealias_kind_known"), transaction.atomic():
        factories.alias(measure=measure, reference="2-2019", kind="old")


def test_entry_is_found_by_its_other_number_while_it_has_it() -> None:
    measure = factories.measure(reference="DS 68-2020-PCM")
    alias = factories.alias(measure=measure, reference="DS 999-2019-XYZ")
    assert found_ids("999-2019-xyz").tolist() == [measure.pk]
    ReferenceAlias.objects.filter(pk=alias.pk).update(reference="DS 998-2019-XYZ")
    assert (found_ids("999-2019-XYZ").tolist(), found_ids("998 2019").tolist()) == ([], [measure.pk])
    alias.delete()
    assert found_ids("998-2019-XYZ").tolist() == []
