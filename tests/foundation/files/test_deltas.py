"""What differs between two states of a file, and what becomes of a copy."""

import io
import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from foundation.files.deltas import HEADER, DeltaProblem, Table, apply, cells_of, changes, key_of, line, tables_of

EVENTS = ("measure", "position", "note")
OLD = [["A", "2", "two"], ["A", "10", "ten"], ["B", "1", 'a, "b"\r\n']]
NEW = [["A", "2", "two"], ["A", "3", "|%"], ["A", "10", "TEN"]]


def _table(rows: list[list[str]], header: tuple[str, ...] = EVENTS, name: str = "events") -> Table:
    return Table(name, header, ("measure", "position"), frozenset({"position"}), rows)


def _copy(folder: Path, *tables: Table) -> Path:
    """A folder as releases are, with these tables."""
    types = {"position": "integer"}
    described = [
        {
            "name": table.name,
            "schema": {
                "fields": [{"name": name, "type": types.get(name, "string")} for name in table.header],
                "primaryKey": list(table.key),
            },
        }
        for table in tables
    ]
    folder.mkdir()
    (folder / "datapackage.json").write_text(json.dumps({"resources": described}))
    for table in tables:
        (folder / f"{table.name}.csv").write_bytes(_written(table))
    return folder


def _written(table: Table) -> bytes:
    return b"".join(line(row) for row in [table.header, *table.rows])


def _delta(old: Table | None, new: Table | None) -> str:
    return b"".join(line(row) for row in [HEADER, *changes(old, new)]).decode()


def test_delta_names_each_cell_in_the_order_of_the_keys() -> None:
    assert _delta(_table(OLD), _table(NEW)).splitlines()[1:5] == [
        "ADD,events,A|3,measure,,A,,",
        "ADD,events,A|3,position,,3,,",
        "ADD,events,A|3,note,,|%,,",
        "MOD,events,A|10,note,ten,TEN,,",
    ]
    assert list(changes(_table(OLD), _table(OLD))) == []


@pytest.mark.parametrize(
    "new",
    [
        _table(NEW),
        _table([]),
        _table([["A", "2", "long" * 100_000]]),
        _table([["A", "2", "more", "two"], ["B", "1", "", "x"]], ("measure", "position", "added", "note")),
        _table([["A", "2"], ["A", "10"]], ("measure", "position")),
        Table("events", EVENTS, ("note",), frozenset(), sorted(OLD, key=lambda row: row[2])),
        None,
    ],
    ids=["rows", "empty", "long list", "column added", "column removed", "another key", "file removed"],
)
def test_copy_becomes_what_the_delta_says(tmp_path: Path, new: Table | None) -> None:
    copy = _copy(tmp_path / "copy", _table(OLD))
    apply(copy, io.StringIO(_delta(_table(OLD), new), newline=""))
    assert (copy / "events.csv").exists() == (new is not None)
    if new:
        assert (copy / "events.csv").read_bytes() == _written(new)


def test_file_that_is_new_is_written(tmp_path: Path) -> None:
    new = _table(NEW, name="others")
    copy = _copy(tmp_path / "copy", _table(OLD), new)
    (copy / "others.csv").unlink()  # the copy has only taken datapackage.json of the later release
    apply(copy, io.StringIO(_delta(None, new), newline=""))
    assert (copy / "others.csv").read_bytes() == _written(new)
    assert (copy / "events.csv").read_bytes() == _written(_table(OLD))


def test_file_that_the_copy_no_longer_describes_is_only_removed(tmp_path: Path) -> None:
    old = _table(OLD, name="others")
    copy = _copy(tmp_path / "copy", _table(OLD))
    (copy / "others.csv").write_bytes(_written(old))
    with pytest.raises(DeltaProblem, match="others: the copy does not describe this file"):
        apply(copy, io.StringIO(_delta(old, _table(NEW, name="others")), newline=""))
    assert (copy / "others.csv").read_bytes() == _written(old)
    apply(copy, io.StringIO(_delta(old, None), newline=""))
    assert {path.name for path in copy.iterdir()} == {"datapackage.json", "events.csv"}


@pytest.mark.parametrize(
    ("name", "content"), [("datapackage.json", b"{}"), ("delta.csv", b"\xff"), ("delta.csv", b'"')]
)
def test_command_says_that_nothing_was_changed(tmp_path: Path, name: str, content: bytes) -> None:
    copy = _copy(tmp_path / "copy", _table(OLD))
    (copy / "delta.csv").write_text(_delta(_table(OLD), _table(NEW)), newline="")
    (copy / name).write_bytes(content)
    with pytest.raises(CommandError, match=r"Nothing was changed\."):
        call_command("apply_changes", str(copy), str(copy / "delta.csv"))
    assert (copy / "events.csv").read_bytes() == _written(_table(OLD))


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ("key,label\n", "no delta"),
        (f"{','.join(HEADER)}\nMOD,../secret,A|2,note,two,2,,\n", "no change"),
        (f"{','.join(HEADER)}\nMOD,events,A|2,note,2,3,,\n", "not what the changes begin with"),
        (f"{','.join(HEADER)}\nMOD,events,A|2,nothing,,3,,\n", "not what the changes begin with"),
        (f"{','.join(HEADER)}\nMOD,events,A|4,note,,3,,\n", "no row A|4"),
        (f"{','.join(HEADER)}\nADD,events,A|2,note,,3,,\n", "a row A|2 already"),
        (f"{','.join(HEADER)}\nDEL,events,A|2,note,two,,,\n", "more cells than those that go"),
        (f"{','.join(HEADER)}\nMOD,others,A|2,note,two,2,,\n", "does not describe this file"),
        (f"{','.join(HEADER)}\nADD,others,,,,a,,\n", "does not describe this file"),
        (f"{','.join(HEADER)}\nMOD,events,,,a,b,,\n", "the header is not the one"),
        (f"{','.join(HEADER)}\nMOD,events,A|2,note,two,2,,\nincomplete\n", "no change"),
    ],
)
def test_delta_that_does_not_fit_changes_nothing(tmp_path: Path, lines: str, words: str) -> None:
    copy = _copy(tmp_path / "copy", _table(OLD))
    with pytest.raises(DeltaProblem, match=words.replace("|", "[|]")):
        apply(copy, io.StringIO(lines, newline=""))
    assert {path.name for path in copy.iterdir()} == {"datapackage.json", "events.csv"}
    assert (copy / "events.csv").read_bytes() == _written(_table(OLD))


def test_file_out_of_order_is_refused(tmp_path: Path) -> None:
    copy = _copy(tmp_path / "copy", _table(OLD[::-1]))
    with pytest.raises(DeltaProblem, match="out of order"):
        list(changes(tables_of(copy)["events"], _table(NEW)))


def test_key_comes_back_from_its_text() -> None:
    for cells in (["a", "b"], ["a|b", "%7C"], ["", "%"], ["%25|"]):
        assert cells_of(key_of(cells)) == cells
