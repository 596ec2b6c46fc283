"""Commands answer broken files and wrong arguments with an error message, never with a traceback."""

import os
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from countries.models import Country
from foundation.files.resources import resources
from measures.models import Measure, PublicIdSequence
from tests import factories
from tests.attacks.nasty_files import CELLS, FILES
from tests.csv_files import MEASURE, csv_text

pytestmark = pytest.mark.django_db


def _refusal(*arguments: str | Path, **options: Any) -> str:
    """The error message of a command; '' if it succeeds."""
    try:
        call_command(*map(str, arguments), **options)
    except CommandError as error:
        return str(error)
    return ""


@pytest.mark.parametrize("file_type", sorted(resources()))
def test_broken_file_of_any_type_is_refused_in_words(tmp_path: Path, file_type: str) -> None:
    factories.country()
    path = tmp_path / "file.csv"
    for kind, content in FILES.items():
        path.write_bytes(content)
        said = _refusal("import_file", file_type, path)
        assert said.endswith((".", "imported.", "file.")) or not said, kind
        if kind in ("empty", "binary", "zip", "wrong columns", "10,000 columns"):
            assert "Nothing was imported" in said, kind


def test_row_with_a_broken_cell_is_refused_and_nothing_else(tmp_path: Path) -> None:
    factories.country()
    factories.topic()
    path = tmp_path / "measures.csv"
    for content in CELLS.values():
        path.write_bytes(content)
        _refusal("import_measures", path)
        assert factories.measure().public_id.startswith("PER-")


def test_identifier_beyond_the_series_is_kept_on_demand_alone(tmp_path: Path) -> None:
    path, backup = tmp_path / "poison.csv", tmp_path / "backup.csv"
    for iso3 in ("PER", "ECU"):
        factories.country(iso3=iso3)
    rows = [
        {"public_id": "ECU-99999999", "country": "ECU", "kind": "law", "title_en": "Far beyond the series"},
        {"public_id": "PER-80001", "country": "PER", "kind": "law", "title_en": "A slip of the hand"},
    ]
    path.write_text(csv_text(rows))
    assert _refusal("import_measures", path).startswith("2 rows were refused")
    assert (Measure.objects.count(), PublicIdSequence.objects.count()) == (0, 0)
    assert _refusal("import_measures", path, keep_identifiers=True).startswith("1 row was refused")
    backup.write_text(csv_text(rows[1:]))
    call_command("import_measures", backup, keep_identifiers=True)
    assert factories.measure().public_id == "PER-80002"


def test_month_nought_is_refused_with_what_would_be_right(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    factories.country()
    path = tmp_path / "zero_month.csv"
    dates = ("2020-00-15", "2020-00-05", "05/00/2020")
    path.write_text(
        csv_text([{"country": "PER", "kind": "law", "title_en": date, "valid_from": date} for date in dates])
    )
    assert _refusal("import_measures", path).startswith("3 rows were refused")
    assert capsys.readouterr().err.splitlines() == [
        f"row {number}, valid_from “{date}”: The date cannot be read. “{date}” does not exist in the calendar. {remedy}"
        for number, date, remedy in (
            (2, "2020-00-15", "Write 2020 if the month is not known."),
            (3, "2020-00-05", "Write 2020 if the month is not known."),
            (4, "05/00/2020", "Write 2020-05 if the day is not known."),
        )
    ]


def test_wrong_argument_is_answered_with_words(tmp_path: Path) -> None:
    country = factories.country()
    good = tmp_path / "good.csv"
    good.write_text(csv_text([MEASURE | {"topics": "", "sources": ""}]))
    folder, nowhere, long = tmp_path / "folder", tmp_path / "nowhere" / "x.csv", tmp_path / ("x" * 300)
    folder.mkdir()
    (folder / "full").write_text("x")
    no_text = Path(os.fsdecode(bytes(tmp_path) + b"/\xff.csv"))
    (tmp_path / "\udcff.csv").write_bytes(good.read_bytes())
    half = "\udcff"
    wrong: list[list[Any]] = [
        *(["import_measures", path] for path in (folder, nowhere, long, "", "/dev/null")),
        *(["import_measures", good, f"--by={name}"] for name in ("nobody", "", half, "x" * 10_000)),
        *(["import_measures", good, "--dry-run", f"--errors={path}"] for path in (good,)),
        *(["import_file", kind, good] for kind in ("none", "", half, "measures.csv")),
        *(["export_file", kind] for kind in ("none", "", half)),
        *(["export_measures", "--country", code] for code in ("XXX", "", half, "%s", "9" * 5000)),
        *(["export_measures", "-o", path] for path in (folder, nowhere, long)),
        *(["export_archive", path] for path in (folder, good)),
        *(["update_indicators", f"--feed={key}"] for key in ("none", half)),
    ]
    unheard = [arguments for arguments in wrong if not _refusal(*arguments)]
    assert unheard == []
    assert _refusal("import_measures", no_text) == ""
    assert list(Measure.objects.values_list("country", flat=True)) == [country.pk]
    assert Country.objects.count() == 1
