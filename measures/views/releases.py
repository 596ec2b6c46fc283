"""Releases of the data: the list, each release, its files, and what differs between two of them."""

import logging
import re
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from foundation.days import day_of
from foundation.files import parquet, table_description
from foundation.files.exporting import in_blocks
from foundation.files.kept_files import BeingMade, file_made_once, key_for
from foundation.files.package.public import public_kinds
from foundation.partial_dates import PartialDate
from foundation.publication import public_page, public_version
from foundation.release import release as software
from measures.citing import Citation
from measures.metadata import Metadata, dataset
from measures.models import Release
from measures.models.release import NAME
from measures.releases.differences import CHANGES, delta
from measures.releases.making import COUNTED, SUMS
from measures.releases.papers import CSVW
from measures.releases.store import folder_of
from measures.releases.withdrawn import Withdrawn, withdrawn_from, withdrawn_records
from measures.views.addresses import permanent_address
from measures.views.citing import of_release
from measures.views.file_parts import part_or_whole, whole
from measures.views.signposts import with_signposts

SINCE, UNTIL = "since", "until"
IMMUTABLE = "public, max-age=31536000, immutable"
RETRY_AFTER = 10
"""Seconds, while another process makes the same file."""
MEDIA_TYPES = {
    CSVW: table_description.MEDIA_TYPE,
    "croissant.json": "application/ld+json",
    ".csv": "text/csv; charset=utf-8",
    ".parquet": parquet.MEDIA_TYPE,
    ".json": "application/json",
    ".html": "text/html; charset=utf-8",
    ".md": "text/markdown; charset=utf-8",
}
"""By name or ending of the file; others are plain text."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Table:
    """A kind of record in a release: the rows that it has, and what changed since the release before."""

    name: str
    rows: int
    added: int
    changed: int
    removed: int


@dataclass(frozen=True, slots=True)
class ReleaseDetails:
    """A release as pages show it."""

    release: Release
    day: PartialDate
    tables: list[Table]
    changes: dict[str, int]
    """The numbers of all tables together; all are 0 in the first release."""
    withdrawn: list[Withdrawn]
    is_damaged: bool
    """Whether its files are missing or cannot be read."""
    cited: Citation
    before: Release | None

    @property
    def measures(self) -> int:
        """The number of entries."""
        return next((table.rows for table in self.tables if table.name == "measures"), 0)

    @property
    def papers(self) -> list[str]:
        """The files that are no tables, by name."""
        names = {f"{table.name}.{ending}" for table in self.tables for ending in ("csv", "parquet")}
        return sorted(set(self.release.files) - names)


def _details(
    request: HttpRequest, release: Release, before: Release | None, withdrawn: list[Withdrawn]
) -> ReleaseDetails:
    tables = [
        Table(name, release.files[f"{name}.csv"]["rows"], *(numbers.get(word, 0) for word in COUNTED.values()))
        for name in public_kinds()
        if f"{name}.csv" in release.files
        for numbers in [release.changes.get(name, {})]
    ]
    totals = {word: sum(getattr(table, word) for table in tables) for word in COUNTED.values()}
    had = withdrawn_from(release, withdrawn)
    return ReleaseDetails(
        release, day_of(release.moment), tables, totals, had or [], had is None, of_release(request, release), before
    )


@public_page
@require_safe
def release_list(request: HttpRequest) -> HttpResponse:
    """`/data/releases/`: all releases, newest first."""
    found = list(Release.objects.all())
    pairs = zip(found, [*found[1:], None], strict=True) if found else ()
    withdrawn = withdrawn_records()
    context = {
        "releases": [_details(request, *pair, withdrawn) for pair in pairs],
        "metadata": Metadata(address=permanent_address(request, "releases"), title=_("Releases of the data")),
    }
    return render(request, "data/releases.html", context)


@public_page
@require_safe
def release(request: HttpRequest, release: str) -> HttpResponse:
    """`/data/releases/2026.1/`: what a release has, what changed, how to cite it."""
    found = release_named(release)
    details = _details(request, found, found.before, withdrawn_records())
    address = details.cited.address
    files = [(MEDIA_TYPES[".csv"], f"{address}{table.name}.csv") for table in details.tables]
    name = f"{details.cited.author}: {details.cited.title}"
    data = dataset(name=name, address=address, modified=str(details.cited.version), files=files, version=found.name)
    metadata = Metadata(address=address, title=name, data=data, modified=str(details.cited.version))
    page = render(request, "data/release.html", {"details": details, "metadata": metadata})
    return with_signposts(request, page, address, "Dataset")


def release_named(name: str) -> Release:
    """The release of this name, or 404."""
    if not re.fullmatch(NAME, name):
        raise Http404
    return get_object_or_404(Release, name=name)


@public_page(is_file=True)
@require_safe
def release_file(request: HttpRequest, release: str, file: str) -> HttpResponseBase:
    """`/data/releases/2026.1/measures.csv`: a file, which never changes; of Parquet also a part."""
    found = release_named(release)
    if file not in found.files:
        raise Http404
    path, tag = folder_of(found.name) / file, f'W/"{found.files[file]["sha256"]}"'
    try:
        response = get_conditional_response(request, etag=tag) or _content(request, path.open("rb"), file)
    except OSError as error:
        logger.error("The file %s of the release %s cannot be read: %s. Restore it from a backup.", file, found, error)
        raise Http404 from error
    if response.status_code in (200, 206, 304):
        response["ETag"], response["Cache-Control"] = tag, IMMUTABLE
    else:
        response["Cache-Control"] = "no-store"
    patch_vary_headers(response, ["Accept-Encoding"])
    return response


def _content(request: HttpRequest, file: IO[bytes], name: str) -> HttpResponseBase:
    """The open file, under this name; of Parquet the part that is asked for."""
    ending = Path(name).suffix
    media_type = MEDIA_TYPES.get(name) or MEDIA_TYPES.get(ending, "text/plain; charset=utf-8")
    response = part_or_whole(request, file, media_type) if ending == ".parquet" else whole(file, media_type)
    if ending in (".csv", ".parquet"):
        response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


# What differs


@public_page(reads=[SINCE, UNTIL], is_file=True, is_strict=True)
@require_safe
def changes(request: HttpRequest) -> HttpResponseBase:
    """`/data/changes?since=2026.1&until=2026.2`: every cell that differs; without `until`, from the data of now."""
    asked, wrong = _asked(request)
    if wrong:
        return HttpResponse(f"{wrong}\n", status=400, content_type="text/plain; charset=utf-8")
    since, until = asked[SINCE], asked.get(UNTIL)
    try:
        file = _delta(since, until)
    except BeingMade:
        words = _("This file is being made. Ask for it again in a few seconds.")
        headers = {"Retry-After": str(RETRY_AFTER), "Cache-Control": "no-store"}
        return HttpResponse(f"{words}\n", status=503, content_type="text/plain; charset=utf-8", headers=headers)
    return _content(request, file, f"changes-{since}-{until}.csv" if until else f"changes-{since}.csv")


def _delta(since: Release, until: Release | None) -> IO[bytes]:
    """What differs, as a file: comparing takes long, so that it is made once and kept."""
    if until and until.before == since:  # it has the file
        return (folder_of(until.name) / CHANGES).open("rb")

    def make(path: Path) -> None:
        with path.open("wb") as file:
            file.writelines(in_blocks(delta(since, until)))

    ends = [f"{each.made_at} {each.files[SUMS]['sha256']}" for each in (since, until) if each]
    key = key_for(*ends, "" if until else public_version(), software())
    return file_made_once(f"{key}.csv", make)


def _asked(request: HttpRequest) -> tuple[dict[str, Release], str]:
    """The releases that are asked for by parameter, or what is wrong with a parameter."""
    known = {release.name: release for release in Release.objects.all()}
    choose = _("There is no release yet.")
    if known:
        choose = _("Write the name of a release. There are: %(names)s.") % {"names": ", ".join(known)}
    for name, values in request.GET.lists():
        if name not in (SINCE, UNTIL):
            return {}, f"{name}: {_('This filter does not exist.')}"
        if len(values) > 1 or values[0] not in known:
            return {}, f"{name}: {choose}"
    if SINCE not in request.GET:
        return {}, f"{SINCE}: {choose}"
    asked = {name: known[request.GET[name]] for name in (SINCE, UNTIL) if name in request.GET}
    if UNTIL in asked and asked[UNTIL].pk <= asked[SINCE].pk:
        later = _("Write a later release than %(since)s.") % {"since": asked[SINCE]}
        return {}, f"{UNTIL}: {later}"
    return asked, ""
