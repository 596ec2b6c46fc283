"""Small files of rows that are made for the request."""

import csv
from collections.abc import Iterable, Iterator
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.translation import gettext as _

from foundation.days import today


def csv_file(request: HttpRequest, name: str, rows: Iterable[Iterable[Any]]) -> HttpResponseBase:
    """Rows as CSV, their header first, under a name with the day; 400 for any parameter, since the file takes none."""
    if request.GET:
        words = "".join(f"{parameter}: {_('This filter does not exist.')}\n" for parameter in request.GET)
        return HttpResponse(words, status=400, content_type="text/plain; charset=utf-8")
    response = StreamingHttpResponse(_lines(list(rows)), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}-{today()}.csv"'
    return response


def _lines(found: list[Iterable[Any]]) -> Iterator[bytes]:
    writer = csv.writer(_Line(), lineterminator="\n")
    for row in found:
        yield writer.writerow(row).encode()


class _Line:
    """A file that gives back each line that is written to it."""

    def write(self, text: str) -> Any:
        return text
