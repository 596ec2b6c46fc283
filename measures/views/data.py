"""The public data as files."""

from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.views.decorators.http import require_safe

from measures.exporting import exported, in_blocks
from measures.filters import MeasureFilter
from measures.resources import MeasureResource


@require_safe
def measures_csv(request: HttpRequest) -> HttpResponseBase:
    """The entries of a list, all pages of it, with the query string of that list; a wrong parameter is named."""
    chosen = MeasureFilter(request.GET)
    if not chosen.is_valid():
        words = "".join(f"{problem.parameter}: {problem.message}\n" for problem in chosen.problems)
        return HttpResponse(words, status=400, content_type="text/plain; charset=utf-8")
    rows = exported(MeasureResource, chosen.qs, public=True)
    response = StreamingHttpResponse(in_blocks(rows), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="measures.csv"'
    return response
