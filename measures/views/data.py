"""The public data as files."""

from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.views.decorators.http import require_safe

from foundation.files.formats import FORMATS
from foundation.files.resources import FileResource
from foundation.files.spreadsheet import TooLarge
from foundation.publication import EVERY_PARAMETER, public_page
from measures.archive.listing.filters import SourceFilter
from measures.files.resources import ArchiveResource, MeasureResource
from measures.listing.filters import MeasureFilter


@public_page(reads=EVERY_PARAMETER, is_file=True)
@require_safe
def measures_csv(request: HttpRequest) -> HttpResponseBase:
    """All pages of a list as CSV, with the query string of that list; an invalid parameter is reported."""
    return _file(request, "csv")


@public_page(reads=EVERY_PARAMETER, is_file=True)
@require_safe
def measures_xlsx(request: HttpRequest) -> HttpResponseBase:
    """The same as XLSX; if it is too large for that, the response says so."""
    return _file(request, "xlsx")


def _file(request: HttpRequest, ending: str) -> HttpResponseBase:
    return _of_filter(MeasureFilter(request.GET), MeasureResource, ending)


@public_page(reads=EVERY_PARAMETER, is_file=True)
@require_safe
def archive_csv(request: HttpRequest) -> HttpResponseBase:
    """All pages of the archive's list as CSV, with the query string of that list."""
    return _of_filter(SourceFilter(request.GET), ArchiveResource, "csv")


def _of_filter(chosen: MeasureFilter | SourceFilter, resource: type[FileResource], ending: str) -> HttpResponseBase:
    if not chosen.is_valid():
        return _refused("".join(f"{problem.parameter}: {problem.message}\n" for problem in chosen.problems))
    try:
        blocks = FORMATS[ending].blocks(resource, chosen.ids, public=True)
    except TooLarge as problem:
        return _refused(f"{problem}\n")
    response = StreamingHttpResponse(blocks, content_type=FORMATS[ending].media_type)
    response["Content-Disposition"] = f'attachment; filename="{resource.file()}.{ending}"'
    return response


def _refused(words: str) -> HttpResponse:
    return HttpResponse(words, status=400, content_type="text/plain; charset=utf-8")
