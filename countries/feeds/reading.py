"""Read the file of a feed row by row into cells of country, day and value; a CSV takes constant memory.

A CSV may be delimited by comma, semicolon, tab or vertical bar; its header decides. Any file may be gzipped. JSON is
read whole, so it has its own limit; several concatenated documents are the pages of one response.
"""

import csv
import gzip
import io
import json
import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO, Any

from django.utils.translation import gettext as _

from countries.feeds.problems import FeedProblem
from countries.models import Encoding, FeedFormat, IndicatorFeed

MOST_BYTES = 4_000_000_000
"""Maximum unpacked size; a larger file is a decompression bomb, or holds far more than one value per row."""
MOST_JSON = 200_000_000
MOST_VALUES = 10_000_000
"""Maximum number of values in JSON: each takes about a hundred bytes of memory, but may take only two in the file."""
LONGEST_LINE = 5_000_000
"""Characters; a file packed to a thousandth may be a single line, which would be held in memory."""
SAMPLED = 20
"""Number of sample rows shown of a file."""
_GZIP = b"\x1f\x8b"
_DELIMITERS = ",;\t|"

Cells = tuple[int, str | None, str | None, str | None]
"""Line, country, day, value; None for what a row does not have."""


@dataclass(frozen=True, slots=True)
class Sample:
    """The column names and first rows of a file, as written."""

    columns: list[str]
    rows: list[list[str]]


@dataclass(frozen=True, slots=True)
class Places:
    """The paths of the cells in a record of JSON; `filtered` is '' where every record is taken."""

    country: str
    day: str
    value: str
    filtered: str


def cells_of(path: Path, feed: IndicatorFeed) -> Iterator[Cells]:
    """Yield the cells of each value in the file; raise FeedProblem if it cannot be read."""
    with _faults_told(feed), _opened(path, feed) as text:
        if feed.format in (FeedFormat.JSON, FeedFormat.WORLD_BANK):
            yield from _json_cells(text, feed)
        elif feed.format == FeedFormat.CSV_WIDE:
            yield from _wide_cells(text, feed)
        else:
            yield from _long_cells(text, feed)


def sample_of(path: Path, feed: IndicatorFeed) -> Sample:
    """A sample of an unfamiliar file; raise FeedProblem if it cannot be read."""
    with _faults_told(feed), _opened(path, feed) as text:
        if feed.format in (FeedFormat.JSON, FeedFormat.WORLD_BANK):
            return _json_sample(text, feed)
        rows, columns = _csv(text, feed)
        return Sample(columns, [row for _number, row in zip(range(SAMPLED), rows, strict=False)])


def rows_at(path: Path, feed: IndicatorFeed, lines: set[int]) -> tuple[list[str], dict[int, list[str]]]:
    """Return the column names and the full rows at these line numbers, as `cells_of` counts them."""
    with _faults_told(feed), _opened(path, feed) as text:
        if feed.format in (FeedFormat.JSON, FeedFormat.WORLD_BANK):
            records = (record for document in _documents(text) for record in _records(document, feed))
            chosen = {n: dict(_flattened(r)) for n, r in enumerate(records, start=1) if n in lines}
            columns = list(dict.fromkeys(name for record in chosen.values() for name in record))
            return columns, {n: [record.get(name, "") for name in columns] for n, record in chosen.items()}
        rows, columns = _csv(text, feed)
        numbered = islice(enumerate(rows, start=feed.skip_rows + 2), max(lines) - feed.skip_rows - 1)
        return columns, {number: row for number, row in numbered if number in lines}


def value_columns_of(feed: IndicatorFeed, columns: list[str]) -> set[str]:
    """The columns that hold values; the others must not differ between rows of one country and time."""
    if feed.format == FeedFormat.CSV_WIDE:
        return {name for name in columns if _is_like_day(name)}
    return {"value"} if feed.format == FeedFormat.WORLD_BANK else {feed.value_column}


def ends_in_a_line(path: Path) -> bool:
    """Whether a text file ends with a newline; a truncated compressed file is reported as damaged when read."""
    with path.open("rb") as file:
        is_packed = file.read(2) == _GZIP
        file.seek(0, io.SEEK_END)
        file.seek(max(file.tell() - 4, 0))
        return is_packed or file.read().rstrip(b"\0").endswith((b"\n", b"\r"))


# Decoding


@contextmanager
def _opened(path: Path, feed: IndicatorFeed) -> Iterator[IO[str]]:
    with path.open("rb") as file:
        is_packed = file.read(2) == _GZIP
        file.seek(0)
        unpacked: io.BufferedIOBase = gzip.GzipFile(fileobj=file) if is_packed else file
        buffered: io.BufferedReader = io.BufferedReader(_Limited(unpacked), 1 << 20)
        encoding = "utf-8-sig" if feed.encoding == Encoding.UTF_8 else feed.encoding
        with io.TextIOWrapper(buffered, encoding, newline="") as text:
            _refuse_markup(buffered)
            yield text


class _Limited(io.RawIOBase):
    """A file object that raises once it exceeds the size limit."""

    def __init__(self, file: io.BufferedIOBase) -> None:
        self.file, self.left = file, MOST_BYTES

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        piece = self.file.read(len(buffer))
        self.left -= len(piece)
        if self.left < 0:
            raise FeedProblem(
                _("The file is larger than %(size)d MB when unpacked.") % {"size": MOST_BYTES // 1_000_000},
                _("Request less data from the source: fewer series or years."),
            )
        buffer[: len(piece)] = piece
        return len(piece)


def _refuse_markup(file: io.BufferedReader) -> None:
    """Raise if the file is empty or an HTML page, such as a maintenance notice."""
    begin = file.peek(512)[:512].removeprefix(b"\xef\xbb\xbf").lstrip()
    if not begin:
        raise FeedProblem(_("The file is empty."), _("Open the address in a browser."), is_transient=True)
    if begin.startswith(b"<"):
        raise FeedProblem(
            _("The server sent a web page instead of data."),
            _("Open the address in a browser: the file may have moved, or the site may be down."),
            is_transient=True,
        )


@contextmanager
def _faults_told(feed: IndicatorFeed) -> Iterator[None]:
    """Translate errors of the decompression, encoding, CSV and JSON libraries into FeedProblem."""
    try:
        yield
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise FeedProblem(
            _("The compressed file is incomplete or damaged."),
            _("The next run downloads it again. If the error persists, tell the source."),
            is_transient=True,
        ) from error
    except UnicodeError as error:
        raise FeedProblem(
            _("The file is not encoded in %(encoding)s.") % {"encoding": Encoding(feed.encoding).label},
            _("Choose another encoding in the feed, try it and check the accents."),
        ) from error
    except csv.Error as error:
        raise FeedProblem(
            _("The file cannot be read as CSV (%(error)s).") % {"error": error},
            _("Often a quotation mark is not closed. Check the file, and tell the source."),
        ) from error
    except (json.JSONDecodeError, RecursionError) as error:
        raise FeedProblem(
            _("The response cannot be read as JSON."),
            _("Open the address in a browser. If it is CSV, choose that format in the feed."),
            is_transient=True,
        ) from error


# CSV


def _csv(text: IO[str], feed: IndicatorFeed) -> tuple[Iterator[list[str]], list[str]]:
    """Return an iterator over the rows below the header, and the header."""
    lines = _lines(text)
    for _number in range(feed.skip_rows):
        next(lines, "")
    head = next(lines, "")
    delimiter = max(_DELIMITERS, key=head.count)
    if head.lstrip().startswith(("{", "[")):
        raise FeedProblem(_("The file is JSON, not CSV."), _("Choose “JSON” as the format of the feed."))
    columns = [name.strip() for name in next(csv.reader([head], delimiter=delimiter), [])]
    if len(columns) < 2:
        raise FeedProblem(
            _("The first row of the file is not a header: “%(row)s”.") % {"row": head.strip()[:80]},
            _("If there is a title above the header, enter the number of lines to skip."),
        )
    return csv.reader(lines, delimiter=delimiter, strict=True), columns


def _lines(text: IO[str]) -> Iterator[str]:
    while line := text.readline(LONGEST_LINE + 1):
        if len(line) > LONGEST_LINE:
            raise FeedProblem(
                _("A line of the file has more than %(count)d characters.") % {"count": LONGEST_LINE},
                _("It is not a table. Open the address in a browser, and check the format in the feed."),
            )
        yield line


def _place_of(name: str, columns: list[str]) -> int:
    """The number of the column `name`."""
    if columns.count(name) > 1:
        raise FeedProblem(
            _("The file has two columns named “%(name)s”.") % {"name": name},
            _("It is not clear which one to use. Ask the source for a file with one of them."),
        )
    if name in columns:
        return columns.index(name)
    listed = ", ".join(f"“{column}”" for column in columns[:40])
    raise FeedProblem(
        _("The file has no column “%(name)s”.") % {"name": name},
        _("Its columns are %(columns)s. If the source has renamed it, change the feed.") % {"columns": listed},
    )


def _long_cells(text: IO[str], feed: IndicatorFeed) -> Iterator[Cells]:
    rows, columns = _csv(text, feed)
    country, day, value = (
        _place_of(name, columns) for name in (feed.country_column, feed.day_column, feed.value_column)
    )
    filtered = _place_of(feed.filter_column, columns) if feed.filter_column else None
    wanted, first = feed.filter_value, feed.skip_rows + 2
    for line, row in enumerate(rows, start=first):
        try:
            if filtered is None or row[filtered] == wanted:
                yield line, row[country], row[day], row[value]
        except IndexError:
            if row:  # an empty last line is not a row
                yield line, None, None, None


def _wide_cells(text: IO[str], feed: IndicatorFeed) -> Iterator[Cells]:
    """Yield a cell for each column whose name is a day or year; other columns are ignored."""
    rows, columns = _csv(text, feed)
    country = _place_of(feed.country_column, columns)
    filtered = _place_of(feed.filter_column, columns) if feed.filter_column else None
    days = [(place, name) for place, name in enumerate(columns) if place != country and _is_like_day(name)]
    if not days:
        raise FeedProblem(
            _("No column of the file has a day or year as its name."),
            _("If each row has one day, choose “CSV, one value per row”."),
        )
    for line, row in enumerate(rows, start=feed.skip_rows + 2):
        if not row or (filtered is not None and filtered < len(row) and row[filtered] != feed.filter_value):
            continue
        if len(row) <= country:
            yield line, None, None, None
            continue
        for place, day in days:
            yield line, row[country], day, row[place] if place < len(row) else ""


def _is_like_day(name: str) -> bool:
    """Whether a column name begins or ends with a year: `1960`, `2020-05-29`, `5/29/20`, `1960 [YR1960]`."""
    return re.match(r"\d{4}(\D|$)|\d{8}$|\d{1,2}[/.]\d{1,2}[/.]\d{2,4}$", name) is not None


# JSON


def _documents(text: IO[str]) -> Iterator[Any]:
    """Yield each page of the response; numbers are kept as the text in the file."""
    decoder = json.JSONDecoder(parse_float=str, parse_int=str, parse_constant=str)
    whole = text.read(MOST_JSON + 1)
    if len(whole) > MOST_JSON:
        raise FeedProblem(
            _("The response is larger than %(size)d MB.") % {"size": MOST_JSON // 1_000_000},
            _("Request a part of it, or use CSV, which most sources offer too."),
        )
    if sum(map(whole.count, ",[{")) > MOST_VALUES:
        raise FeedProblem(
            _("The response has more than %(count)d values.") % {"count": MOST_VALUES},
            _("Request a part of it, or use CSV, which most sources offer too."),
        )
    place = 0
    while place < len(whole):
        document, place = decoder.raw_decode(whole, place)
        yield document
        while place < len(whole) and whole[place].isspace():
            place += 1


def at(document: Any, path: str) -> Any:
    """The value at a path of keys and indexes, such as `country.id` or `0.pages`; None if there is none."""
    for key in filter(None, path.split(".")):
        if isinstance(document, dict):
            document = document.get(key)
        elif isinstance(document, list) and key.isdecimal() and int(key) < len(document):
            document = document[int(key)]
        else:
            return None
    return document


def records_path_of(feed: IndicatorFeed) -> str:
    """The path of the list of records in a page."""
    return "1" if feed.format == FeedFormat.WORLD_BANK else feed.records_path


def pages_path_of(feed: IndicatorFeed) -> str:
    """The path of the number of pages; '' for a response without pages."""
    return "0.pages" if feed.format == FeedFormat.WORLD_BANK else feed.pages_path


def json_places(feed: IndicatorFeed) -> Places:
    """The paths of the cells in a record; those of the World Bank stand in its documentation."""
    if feed.format == FeedFormat.WORLD_BANK:
        return Places("countryiso3code", "date", "value", feed.filter_column)
    return Places(feed.country_column, feed.day_column, feed.value_column, feed.filter_column)


def _records(document: Any, feed: IndicatorFeed) -> list[Any]:
    told = at(document, "0.message.0.value")
    if feed.format == FeedFormat.WORLD_BANK and told:
        raise FeedProblem(
            _("The World Bank says: %(text)s") % {"text": str(told)[:300]}, _("Check the indicator in the address.")
        )
    records = at(document, records_path_of(feed))
    if isinstance(records, list):
        return records
    if feed.format == FeedFormat.WORLD_BANK and records is None and at(document, "0.page") is not None:
        return []
    keys = ", ".join(map(str, document)) if isinstance(document, dict) else type(document).__name__
    raise FeedProblem(
        _("The response has no list of records at “%(path)s”.") % {"path": records_path_of(feed)},
        _("It has %(keys)s. Enter the path of the list in the feed.") % {"keys": keys[:200]},
    )


def _json_cells(text: IO[str], feed: IndicatorFeed) -> Iterator[Cells]:
    places, number = json_places(feed), 0
    for document in _documents(text):
        for record in _records(document, feed):
            number += 1
            if number == 1:
                _refuse_lacking(record, places)
            if not places.filtered or _as_text(at(record, places.filtered)) == feed.filter_value:
                country, day, value = (
                    _as_text(at(record, path)) for path in (places.country, places.day, places.value)
                )
                yield number, country, day, value


def _refuse_lacking(record: Any, places: Places) -> None:
    """Raise if the first record lacks the keys that the feed names."""
    for path in filter(None, (places.country, places.day, places.value, places.filtered)):
        first = path.split(".")[0]
        if not isinstance(record, dict) or first not in record:
            listed = ", ".join(f"“{key}”" for key in record) if isinstance(record, dict) else str(record)[:100]
            raise FeedProblem(
                _("The records have no key “%(name)s”.") % {"name": first},
                _("They have %(columns)s. If the source has renamed it, change the feed.") % {"columns": listed},
            )


def _as_text(value: Any) -> str:
    return "" if value is None else str(value)


def _json_sample(text: IO[str], feed: IndicatorFeed) -> Sample:
    for document in _documents(text):
        records = [record for record in _records(document, feed) if isinstance(record, dict)][:SAMPLED]
        flat = [dict(_flattened(record)) for record in records]
        columns = list(dict.fromkeys(name for record in flat for name in record))
        return Sample(columns, [[record.get(name, "") for name in columns] for record in flat])
    return Sample([], [])


def _flattened(record: dict[str, Any], before: str = "") -> Iterator[tuple[str, str]]:
    for key, value in record.items():
        if isinstance(value, dict):
            yield from _flattened(value, f"{before}{key}.")
        else:
            yield f"{before}{key}", _as_text(value)
