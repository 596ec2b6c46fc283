"""Pictures for sharing: what social networks show beside a link to a country or a measure.

They count as files, of which one address gets fewer in a minute than pages: each takes a tenth of a second to draw.
"""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from countries.models import Country, Named
from countries.models.site import current_site
from countries.outline import outline_of
from foundation.days import today
from foundation.publication import public_page
from foundation.share_picture import ACCENT, LAND, Area, Shapes, SharePicture
from measures.choices import Direction
from measures.details import details_of, for_page
from measures.listing.index import Selection, public_index
from measures.models import Measure
from measures.views.moved import at_former_name


@public_page(is_file=True)
@require_safe
@at_former_name("slug", Named.COUNTRY)
def country_picture(request: HttpRequest, slug: str) -> HttpResponse:
    """`/countries/peru/share.png`: name and outline of a country, and what its record holds."""
    shown = get_object_or_404(Country.objects.covered(), slug=slug)
    recorded = public_index().of_country(shown.pk)
    picture = SharePicture(
        above=_("Policy measures, each with its source"),
        title=str(shown),
        below=_numbers(recorded) if len(recorded) else [_("Nothing recorded yet")],
        foot=current_site().name,
        shapes=_outline(shown),
    )
    return as_png(picture)


def _numbers(recorded: Selection) -> list[str]:
    entries = ngettext("%(n)d entry", "%(n)d entries", len(recorded)) % {"n": len(recorded)}
    bounds, directions = recorded.bounds(), recorded.counts("direction")
    if bounds and bounds[0].year != bounds[1].year:
        entries += f", {bounds[0].year}–{bounds[1].year}"
    elif bounds:
        entries += f", {bounds[0].year}"
    words = (
        (Direction.MORE_RESTRICTIVE, _("%(n)d more restrictive")),
        (Direction.LESS_RESTRICTIVE, _("%(n)d less restrictive")),
    )
    return [entries, *(text % {"n": directions[key]} for key, text in words if directions.get(key))]


def _outline(country: Country) -> Shapes | None:
    outline = outline_of(country)
    if outline is None:
        return None
    left, top, width, height = map(int, outline.box.split())
    view = (left, top, left + width, top + height)
    return Shapes(view, (Area(outline.around, LAND), Area(outline.country, ACCENT)))


@public_page(is_file=True)
@require_safe
@at_former_name("public_id", Named.MEASURE)
def measure_picture(request: HttpRequest, public_id: str) -> HttpResponse:
    """`/measures/PER-00007/share.png`: title and state of a published measure."""
    shown = get_object_or_404(for_page(Measure.objects.published()), public_id=public_id)
    details = details_of(shown, today())
    place = str(shown.country) if shown.country else _("International body")
    below = [details.words.sentence, details.span.text, f"{shown.get_kind_display()} · {shown.public_id}"]
    return as_png(SharePicture(place, shown.title.text, [text for text in below if text], current_site().name))


def as_png(picture: SharePicture) -> HttpResponse:
    """A picture as a response."""
    return HttpResponse(picture.drawn(), content_type="image/png")
