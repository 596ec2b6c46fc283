"""Round trip: export, import into an empty database, export again; the two files are identical."""

import csv
import io
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import psycopg
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.test import Client
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st
from openpyxl.utils.escape import unescape

from foundation.characters import CharacterProblem, readable
from foundation.days import today
from foundation.files import exporting, spreadsheet
from foundation.files.exporting import downloaded, exported, exported_sheet, in_blocks
from foundation.files.resources import resources
from foundation.files.spreadsheet import TooLarge
from foundation.partial_dates import PartialDate
from measures.choices import KINDS, SYMMETRIC_RELATIONS, Family, RelationType, Workflow
from measures.files.resources import MeasureResource
from measures.models import Citation, Measure, PublicIdSequence, Relation, Source
from tests import factories
from tests.clients import content_of
from tests.csv_files import MEASURE, counts, export, run

pytestmark = pytest.mark.django_db

DERIVED = (
    *("state", "in_force_from", "in_force_until"),
    *("date_first", "date_last", "date_precision", "introduced", "enacted"),
)
LOCAL = ("workflow", "updated_at", *DERIVED)
HEADER = (settings.BASE_DIR / "fixtures" / "measures.csv").read_text().partition("\n")[0].split(",")
LATER = ["plain_en", "plain_es", "plain_pt"]
COLUMNS = [
    *(name for name in HEADER if name not in LATER),
    *("status", "workflow", "url", "updated_at"),
    *DERIVED,
    *LATER,
]
"""The columns of existing files, which must not be renamed or moved; `test_text_fields` covers later ones."""


def _rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def _clear() -> None:
    """Delete everything but the vocabulary."""
    for model in (Relation, Citation, Measure, PublicIdSequence, Source):
        model.objects.all().delete()


def test_export_has_the_columns_of_the_data_model_in_their_order() -> None:
    columns = export().strip().split(",")
    assert [name for name in columns if name in COLUMNS] == COLUMNS
    assert export(with_local=False).strip().split(",") == [name for name in columns if name not in LOCAL]


def test_row_says_what_the_record_says() -> None:
    other = factories.measure()
    measure = factories.measure(
        kind="law",
        reference="N° 7-2020",
        topics=("work.permit", "health.access", "asylum.application"),
        groups=("asylum_seekers",),
        origins=(factories.country(iso3="VEN"), factories.country(iso3="ECU")),
        events=(("enacted", "2020-04-14"), ("in_force", "")),
        valid_from="2020?",
    )
    factories.relation(subject=measure, type="amends", object=other)
    factories.relation(subject=measure, type="repeals", object=other, date="2020-04-15?", scope="part")
    factories.relation(subject=other, type="same_subject_as", object=measure)
    rows = {row["public_id"]: row for row in _rows(export())}
    row = rows[measure.public_id]
    assert row["topics"] == "work.permit|asylum.application|health.access"
    assert row["origin_countries"] == "ECU|VEN"
    assert row["status_history"] == "enacted@2020-04-14|in_force"
    name = other.public_id
    assert row["relations"] == f"amends:{name}|repeals:{name}@2020-04-15?/part|same_subject_as:{name}"
    assert (row["valid_from"], row["status"], row["workflow"]) == ("2020?", "in_force", "published")
    assert row["url"] == f"/measures/{measure.public_id}/"
    assert rows[other.public_id]["relations"] == f"same_subject_as:{measure.public_id}"


@pytest.mark.parametrize("nothing", [{"pk__in": []}, {"pk__gt": 10**30}])
def test_records_that_cannot_be_are_a_file_of_the_header(nothing: dict[str, Any]) -> None:
    factories.measure()
    assert export(records=Measure.objects.filter(**nothing)) == export(records=Measure.objects.filter(pk=0))


# The round trip


def _is_kept(text: str) -> bool:
    """Whether forms and imports keep the text as it is."""
    try:
        return not text.isspace() and readable(text) == text
    except CharacterProblem:
        return False


TEXT = st.text(
    st.one_of(
        st.characters(exclude_characters="\0", exclude_categories=["Cs", "Cf"]),
        st.sampled_from(list(",;\"'\n\r\t|=+-@ \\.")),
    ),
    max_size=30,
).filter(_is_kept)
DATES = st.builds(
    lambda year, month, day, mark: str(
        PartialDate(
            year,
            month,
            day if month else None,
            inferred=mark == "date",
            year_inferred=bool(mark == "year" and month),
        )
    ),
    st.integers(1800, 2020),
    st.none() | st.integers(1, 12),
    st.none() | st.integers(1, 28),
    st.sampled_from(["", "date", "year"]),
)
NORMS = [kind.value for kind in KINDS[Family.NORM]]


@st.composite
def norms(draw: st.DrawFn) -> dict[str, Any]:
    """The cells of a valid norm."""
    texts = {name: draw(TEXT) for name in COLUMNS[6:7] + COLUMNS[8:11] + COLUMNS[14:17]}
    if not any(texts[name] for name in ("title_en", "title_es", "title_pt")):
        texts["title_es"] = "título"
    date = draw(DATES)
    until, duration = draw(st.sampled_from(["", date])), draw(st.sampled_from(["", "P30D", "P1Y6M"]))
    return texts | {
        "kind": draw(st.sampled_from(NORMS)),
        "country": "PER",
        "short_title_en": draw(TEXT.map(lambda text: text[:24]).filter(_is_kept)),
        "topics": "|".join(draw(st.lists(st.sampled_from(["health.access", "work.permit"]), unique=True))),
        "target_groups": draw(st.sampled_from(["", "asylum_seekers"])),
        "origin_countries": draw(st.sampled_from(["", "VEN", "ECU|VEN"])),
        "direction": draw(st.sampled_from(["", "no_change"])),
        "valid_from": date,
        "valid_until": until,
        "duration": duration,
        "duration_basis": duration and draw(st.sampled_from(["calendar", "unstated"])),
        "checked_on": "" if until or duration else draw(st.sampled_from(["", "2021-05-29"])),
        "status_history": draw(st.sampled_from(["", "enacted", f"enacted@{date}|in_force", f"in_force@{date}"])),
        "evidence": draw(st.sampled_from(["primary", "disputed"])),
        "sources": draw(
            st.sampled_from(["", "https://gazette.example/1", "https://a.example/?q=1,2|https://b.example"])
        ),
    }


def _link(rows: list[dict[str, Any]], links: list[tuple[int, int, str, str]]) -> None:
    """Number the rows, and add relations to earlier rows, with a date and a scope where the relation may have them."""
    for number, row in enumerate(rows, 1):
        ends = {
            f"{kind}:PER-{to + 1:05d}": "" if kind in SYMMETRIC_RELATIONS else end
            for at, to, kind, end in links
            if at == number - 1 and to < at
        }
        items = (f"{item}{end}" for item, end in sorted(ends.items()))
        row |= {"public_id": f"PER-{number:05d}", "relations": "|".join(items)}


@examples(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(norms(), min_size=1, max_size=12),
    st.lists(
        st.tuples(
            st.integers(0, 11),
            st.integers(0, 11),
            st.sampled_from(RelationType.values),
            st.sampled_from(["", "@2020-04-15", "@2020?", "/part", "@2020-05/part"]),
        ),
        max_size=12,
    ),
)
def test_round_trip_is_byte_for_byte(
    tmp_path: Path, rows: list[dict[str, Any]], links: list[tuple[int, int, str, str]]
) -> None:
    _link(rows, links)
    with transaction.atomic():
        _go_round(tmp_path, rows)
        transaction.set_rollback(True)  # imports lock their temporary tables until the transaction ends


def _go_round(tmp_path: Path, rows: list[dict[str, Any]]) -> None:
    for key in ("health.access", "work.permit"):
        factories.topic(key=key)
    factories.target_group()
    for iso3 in ("PER", "VEN", "ECU"):
        factories.country(iso3=iso3)
    _clear()
    assert counts(run(tmp_path, rows))[3] == 0
    first = export(with_local=False)
    assert counts(run(tmp_path, first)) == (0, 0, len(rows), 0)
    _clear()
    assert counts(run(tmp_path, first)) == (len(rows), 0, 0, 0)
    assert export(with_local=False) == first
    by_id = {row["public_id"]: row for row in _rows(first)}
    for row in rows:
        written = by_id[row["public_id"]]
        assert {name: written[name] for name in row if name not in ("relations", "topics")} == {
            name: row[name] for name in row if name not in ("relations", "topics")
        }


def test_other_files_come_back_as_they_went(tmp_path: Path) -> None:
    call_command("load_fixtures", verbosity=0)
    factories.alias(measure=Measure.objects.get(public_id="PER-00001"))
    factories.data_set()
    factories.seen_number()
    for name, resource in resources().items():
        content = export(resource)
        assert len(content.splitlines()) > 1, name
        total = resource.model()._default_manager.count()
        assert counts(run(tmp_path, content, name)) == (0, 0, total, 0), name


def test_record_with_every_kind_of_text_is_unchanged_by_its_own_export(tmp_path: Path) -> None:
    factories.measure(
        title_en="\\.",
        title_es=' =1+1,";\r\n\ttab ',
        title_pt="NA",
        summary_en="a\rb\nc",
        official_title="''",
    )
    assert counts(run(tmp_path, export())) == (0, 0, 1, 0)


# Public


def test_public_file_has_published_entries_and_names_no_others(client: Client) -> None:
    measure, draft = factories.measure(title_en="Seen"), factories.draft(title_en="Hidden")
    factories.relation(subject=measure, type="extends", object=draft)
    response = client.get("/measures.csv")
    text = content_of(response).decode()
    assert [row["title_en"] for row in _rows(text)] == ["Seen"]
    assert draft.public_id not in text
    assert response["Content-Type"] == "text/csv; charset=utf-8"


def test_public_file_follows_the_query_string_and_the_order_of_the_list(client: Client) -> None:
    old = factories.measure(kind="law", events=(("enacted", "2019"),))
    new = factories.measure(kind="law", events=(("enacted", "2021"),))
    factories.measure(kind="bill")
    for query, expected in (("kind=law", [new, old]), ("kind=law&sort=oldest", [old, new])):
        response = client.get(f"/measures.csv?{query}")
        text = content_of(response).decode()
        assert [row["public_id"] for row in _rows(text)] == [measure.public_id for measure in expected]


def test_public_file_names_a_wrong_parameter(client: Client) -> None:
    response = client.get("/measures.csv?from=soon&colour=red")
    assert response.status_code == 400
    assert [line.split(":")[0] for line in response.content.decode().splitlines()] == ["colour", "from"]


# Ids, batches, one state


def test_ids_give_their_records_in_their_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exporting, "FIRST_BATCH", 1)
    monkeypatch.setattr(exporting, "BATCH", 2)
    measures = [factories.measure(topics=("work.permit",)) for _number in range(6)]
    for order in (measures, measures[::-1], measures[:1], []):
        for ids in ([one.pk for one in order], np.array([one.pk for one in order], dtype=np.int64)):
            rows = _rows(export(records=ids))
            assert [row["public_id"] for row in rows] == [one.public_id for one in order]
            assert {row["topics"] for row in rows} <= {"work.permit"}
    assert export(records=Measure.objects.order_by("-pk")) == export(records=[one.pk for one in measures[::-1]])
    assert export() == export(records=Measure.objects.order_by("public_id"))


def test_public_file_leaves_out_an_entry_that_is_no_longer_published() -> None:
    """Ids may be older than the transaction that writes their records."""
    seen, draft = factories.measure(), factories.draft()
    text = export(records=[draft.pk, seen.pk], public=True)
    assert [row["public_id"] for row in _rows(text)] == [seen.public_id]


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_file_is_one_state_of_the_database(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exporting, "FIRST_BATCH", 1)
    first, second = factories.measure(title_en="First"), factories.measure(title_en="Second")
    rows = exported(MeasureResource, [first.pk, second.pk])
    begun = [next(rows), next(rows)]
    with ThreadPoolExecutor(1) as others:
        others.submit(_change_titles).result()
    assert [row["title_en"] for row in _rows(b"".join([*begun, *rows]).decode())] == ["First", "Second"]


def _change_titles() -> None:
    Measure.objects.update(title_en="Changed")
    connection.close()


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_given_up_export_leaves_the_connection_as_it_was() -> None:
    for number in range(3):
        factories.measure(title_en=f"{number}")
    for read in (1, 2, 3):
        for records in (None, Measure.objects.order_by("-pk"), [one.pk for one in Measure.objects.all()]):
            rows = exported(MeasureResource, records)
            for _number in range(read):
                next(rows)
            rows.close()
            assert not connection.in_atomic_block
            assert Measure.objects.update(title_en="Writable") == 3


def test_file_that_the_database_broke_off_is_not_taken_for_a_whole_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(exporting, "FIRST_BATCH", 1)
    monkeypatch.setattr(exporting, "BLOCK", 1)
    received: list[bytes] = []
    with pytest.raises(psycopg.DataError):
        received.extend(downloaded(MeasureResource, [str(factories.measure().pk), "no number"], with_local=False))
    text = b"".join(received).decode()
    assert text.endswith('\n"This file is incomplete: the database broke off. Download it again."\n')
    assert counts(run(tmp_path, text))[2:] == (1, 1)


# Spreadsheets


def _sheet(content: bytes) -> list[list[str]]:
    sheet = openpyxl.load_workbook(io.BytesIO(content)).active
    return [[unescape(cell or "") for cell in row] for row in sheet.iter_rows(values_only=True)]


def test_sheet_says_what_the_file_says(client: Client) -> None:
    old = factories.measure(kind="law", title_en="=1+1", events=(("enacted", "2019"),), summary_en="a\r\nb\v_x000D_")
    new = factories.measure(kind="law", title_en="Año", events=(("enacted", "2021-05?"),))
    factories.relation(subject=new, type="amends", object=old)
    factories.measure(kind="bill")
    factories.draft(kind="law")
    for query in ("?kind=law", "?kind=law&sort=oldest"):
        text = content_of(client.get(f"/measures.csv{query}")).decode()
        response = client.get(f"/measures.xlsx{query}")
        assert _sheet(content_of(response)) == list(csv.reader(io.StringIO(text, newline="")))
        assert response["Content-Disposition"] == f'attachment; filename="measures-kind-law-{today()}.xlsx"'
        assert response["Content-Type"] == "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def test_sheet_names_a_wrong_parameter(client: Client) -> None:
    response = client.get("/measures.xlsx?colour=red")
    assert (response.status_code, response.content.decode().split(":")[0]) == (400, "colour")


def test_text_longer_than_a_cell_is_refused_before_anything_is_sent(client: Client) -> None:
    measure = factories.measure(kind="law", summary_es="ñ" * 32_768)
    other = factories.measure(kind="bill", summary_en="ñ" * 32_767)
    response = client.get("/measures.xlsx")
    assert response.status_code == 400
    assert f"“summary_es” of {measure.public_id} has 32,768" in response.content.decode()
    response = client.get("/measures.xlsx?kind=bill")
    assert _sheet(b"".join(response.streaming_content))[1][0] == other.public_id  # type: ignore[attr-defined]  # it streams
    with pytest.raises(TooLarge, match="summary_es"):
        exported_sheet(MeasureResource)
    with pytest.raises(TooLarge, match="summary_es"):
        exported_sheet(MeasureResource, [other.pk, measure.pk])
    assert exported_sheet(MeasureResource, [other.pk])


def test_list_longer_than_a_cell_is_refused_before_anything_is_sent(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (spreadsheet, exporting):
        monkeypatch.setattr(module, "LONGEST_CELL", 1_000)
    long = factories.measure(kind="bill", events=(("introduced", "2020"),) * 63)
    other = factories.measure(kind="law")
    response = client.get("/measures.xlsx")
    assert response.status_code == 400
    assert f"“status_history” of {long.public_id} has 1,007." in response.text
    response = client.get("/measures.xlsx?kind=law")
    assert _sheet(b"".join(response.streaming_content))[1][0] == other.public_id  # type: ignore[attr-defined]  # it streams


def test_more_records_than_a_sheet_has_rows_are_refused(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spreadsheet, "MOST_ROWS", 3)
    factories.measure(), factories.measure(kind="law")
    assert client.get("/measures.xlsx").status_code == 200
    factories.measure()
    response = client.get("/measures.xlsx")
    assert response.status_code == 400
    assert "at most 2 records; this one would have 3" in response.content.decode()
    assert client.get("/measures.xlsx?kind=law").status_code == 200


# On the command line


def test_command_writes_the_countries_that_are_asked_for(tmp_path: Path) -> None:
    for iso3 in ("PER", "ECU", "VEN"):
        factories.measure(country=factories.country(iso3=iso3))
    path = tmp_path / "measures.csv"
    call_command("export_measures", "--country", "per", "ECU", "-o", str(path))
    assert [row["country"] for row in _rows(path.read_text())] == ["ECU", "PER"]
    assert list(tmp_path.iterdir()) == [path]


def _printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[str]:
    """The identifiers in the output of the command."""
    call_command("export_measures", *arguments)
    return [row["public_id"] for row in _rows(capsys.readouterr().out)]


def test_command_writes_what_a_list_of_the_site_shows_in_its_order(capsys: pytest.CaptureFixture[str]) -> None:
    old = factories.measure(topics=("work.permit",), events=(("enacted", "2019"),), title_en="A permit")
    new = factories.measure(topics=("work.permit",), events=(("enacted", "2021"),), title_en="Of a permit, a permit")
    factories.measure(topics=("health.access",))
    factories.measure(topics=("work.permit",), country=factories.country(iso3="ECU"))
    draft = factories.draft(topics=("work.permit",), events=(("enacted", "2020"),))
    query = "country=PER&topic=work.permit"
    assert _printed(capsys, "--query", query) == [new.public_id, old.public_id]
    assert _printed(capsys, "--query", f"?{query}&sort=oldest") == [old.public_id, new.public_id]
    assert _printed(capsys, "--query", f"https://x.example/measures/?{query}&page=2#list") == [
        new.public_id,
        old.public_id,
    ]
    assert _printed(capsys, "--query", query, "--drafts") == [new.public_id, draft.public_id, old.public_id]
    assert set(_printed(capsys, "--query", "q=permit&country=PER")) == {new.public_id, old.public_id}
    assert _printed(capsys, "--query", "topic=health&kind=bill", "--drafts") == []


def test_command_orders_drafts_by_match_as_the_site_orders_entries(
    capsys: pytest.CaptureFixture[str], client: Client
) -> None:
    for title in ("Permit of work", "Nothing", "A law", "Work permit work permit", "Work"):
        factories.measure(title_en=title, summary_en="About the permit" if title == "A law" else "")
    for query in ("q=permit", "q=permit&sort=newest", "q=work permit&sort=relevance"):
        response = client.get(f"/measures.csv?{query}")
        text = content_of(response).decode()
        listed = [row["public_id"] for row in _rows(text)]
        assert listed
        assert _printed(capsys, "--query", query, "--drafts") == listed


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--query", "colour=red&from=soon"], r"^colour: This filter does not exist\.\nfrom: "),
        (["--query", "topic=asilum"], r"^topic: “asilum” is not available here\."),
        (["--query", "https://x.example/countries/peru/?topic=asylum"], "countries/peru.*This filter does not exist"),
        (["--query", "q=%00"], "^q: "),
        (["--drafts"], "--drafts needs --query"),
        (["--query", "country=PER", "--country", "PER"], "not allowed with argument"),
    ],
)
def test_command_names_what_is_wrong_with_a_query(arguments: list[str], words: str) -> None:
    factories.topic(key="asylum")
    with pytest.raises(CommandError, match=words):
        call_command("export_measures", *arguments)


def test_command_prints_without_a_file(capsys: pytest.CaptureFixture[str]) -> None:
    factories.measure(title_en="Año")
    call_command("export_measures", with_state=True)
    assert [row["workflow"] for row in _rows(capsys.readouterr().out)] == [Workflow.PUBLISHED]


def test_command_ends_with_words_where_it_cannot_go_on(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="There is no country PRU"):
        call_command("export_measures", "--country", "PRU")
    with pytest.raises(CommandError, match="No such file"):
        call_command("export_measures", "-o", str(tmp_path / "nowhere" / "a.csv"))


def test_failed_export_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "measures.csv"
    path.write_text("old")
    path.parent.chmod(0o700)
    monkeypatch.setattr(MeasureResource, "keys", (("nothing",),))
    with pytest.raises(KeyError):
        call_command("export_measures", "-o", str(path))
    assert [(file.name, file.read_text()) for file in tmp_path.iterdir()] == [("measures.csv", "old")]


def test_blocks_hold_the_same_bytes() -> None:
    rows = [b"x" * 1000] * 200
    blocks = list(in_blocks(rows))
    assert b"".join(blocks) == b"".join(rows)
    assert len(blocks) < 10


def test_import_of_a_name_that_is_no_row_is_refused(tmp_path: Path) -> None:
    factories.country()
    report = run(tmp_path, [MEASURE])
    assert [(problem.column, problem.value) for problem in report.problems] == [("topics", "health.access")]
