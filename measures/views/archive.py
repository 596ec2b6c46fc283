"""The pages of the archive: the list, a source, its captures, and broken links."""

import logging

from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from countries.models import Named
from foundation.publication import public_page
from measures.archive.broken_links import broken_links
from measures.archive.details import of_source
from measures.archive.listing.filters import PARAMETERS, SourceFilter
from measures.archive.listing.index import public_sources
from measures.archive.showing import download_headers, may_show_copies
from measures.archive.store import opened
from measures.metadata import Metadata, stated
from measures.models import Capture, Source
from measures.views.addresses import permanent_address
from measures.views.moved import at_former_name
from measures.views.source_listing import SourceListing

logger = logging.getLogger(__name__)


@public_page(reads=PARAMETERS)
@require_safe
def source_list(request: HttpRequest) -> HttpResponse:
    """`/archive/`: every public source, narrowed and ordered by the query string."""
    listing = SourceListing(SourceFilter(request.GET))
    metadata = Metadata(address=request.build_absolute_uri(), title=_("Archive"))
    context = {"listing": listing, "scope": len(listing.filter.sources), "metadata": metadata}
    return render(request, "measures/source_list.html", context, status=listing.status_code)


@public_page
@require_safe
@at_former_name("key", Named.SOURCE)
def source(request: HttpRequest, key: str) -> HttpResponse:
    """`/archive/source-key/`; a source that no published entry cites has no page."""
    shown = get_object_or_404(Source.objects.public().select_related("link"), key=key)
    address = permanent_address(request, shown)
    metadata = Metadata(address=address, title=shown.title, published=stated(shown.published))
    context = {"source": shown, "details": of_source(shown), "address": address, "metadata": metadata}
    return render(request, "measures/source_detail.html", context)


@public_page
@require_safe
def broken(request: HttpRequest) -> HttpResponse:
    """`/archive/links/broken/`: broken and moved links by country."""
    countries = broken_links(public_sources())
    metadata = Metadata(address=request.build_absolute_uri(request.path), title=_("Broken links"))
    return render(request, "measures/broken_links.html", {"countries": countries, "metadata": metadata})


@public_page(is_file=True)
@require_safe
@at_former_name("key", Named.SOURCE)
def kept_copy(request: HttpRequest, key: str, sha256: str) -> HttpResponseBase:
    """`/archive/source-key/<sha256>`: download the original bytes; browsers never open them on this site.

    The response may not be cached: if the rights are withdrawn, the capture is no longer available.
    """
    public = Capture.objects.filter(source__in=Source.objects.public()).select_related("source")
    capture = get_object_or_404(public, source__key=key, sha256=sha256)
    if not may_show_copies(capture.source):
        raise Http404
    try:
        response = FileResponse(opened(capture.file))
    except FileNotFoundError as error:
        logger.error("The kept copy %s of %s is missing.", sha256, key)
        raise Http404 from error
    for name, value in (download_headers(capture) | {"Cache-Control": "no-store"}).items():
        response[name] = value
    return response
