"""Feeds and calendars of any filter: `/measures.atom?…`, `/measures.ics?…`."""

from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.feedgenerator import Atom1Feed
from django.utils.translation import get_language
from django.views.decorators.http import require_safe
from icalendar import Calendar, Event

from countries.models.site import current_site
from foundation.days import today
from foundation.markdown import to_html
from foundation.publication import public_page
from foundation.texts import translated
from measures.citing import of_list
from measures.following import CalendarDay, calendar_days, newest_changes
from measures.listing.filters import PARAMETERS, MeasureFilter
from measures.metadata import LICENCE
from measures.models import Measure
from measures.views.addresses import permanent_address

ATOM, CALENDAR = "application/atom+xml", "text/calendar"
"""Media types."""


@public_page(reads=PARAMETERS, is_file=True, is_strict=True)
@require_safe
def atom(request: HttpRequest) -> HttpResponse:
    """The entries of a filter that changed last, as Atom (RFC 4287)."""
    chosen = MeasureFilter(request.GET)
    if not chosen.is_valid():
        return _refused(chosen)
    title = f"{current_site().citation}: {_title(chosen)}"
    feed = Atom1Feed(
        title,
        link=request.build_absolute_uri(reverse("measures")) + chosen.narrowing,
        description=str(current_site().tagline),
        language=get_language(),
        author_name=current_site().citation,
        feed_url=request.build_absolute_uri(),
        feed_guid=permanent_address(request, "measures_atom") + chosen.narrowing,
        feed_copyright=LICENCE,
    )
    for measure in newest_changes(chosen):
        feed.add_item(**_item(request, measure))
    return HttpResponse(feed.writeString("utf-8"), content_type=f"{ATOM}; charset=utf-8")


def _item(request: HttpRequest, measure: Measure) -> dict[str, Any]:
    return {
        "title": measure.title.text,
        "link": request.build_absolute_uri(measure.get_absolute_url()),
        "unique_id": permanent_address(request, measure),
        "description": str(to_html(translated(measure, "summary").text) or measure.get_kind_display()),
        "updateddate": measure.updated_at,
        "categories": [topic.label for topic in measure.topics.all()],
    }


@public_page(reads=PARAMETERS, is_file=True, is_strict=True)
@require_safe
def calendar(request: HttpRequest) -> HttpResponse:
    """The ends of validity and the votes among the entries of a filter, as iCalendar (RFC 5545)."""
    chosen = MeasureFilter(request.GET)
    if not chosen.is_valid():
        return _refused(chosen)
    found = Calendar()
    found.add("prodid", f"-//{current_site().citation}//Observatory//{(get_language() or 'en').upper()}")
    found.add("version", "2.0")
    found.add("method", "PUBLISH")
    found.add("x-wr-calname", f"{current_site().citation}: {_title(chosen)}")
    found.add("refresh-interval", timedelta(days=1), parameters={"VALUE": "DURATION"})
    for day in calendar_days(chosen, today()):
        found.add_component(_event(request, day))
    response = HttpResponse(found.to_ical(), content_type=f"{CALENDAR}; charset=utf-8")
    response["Content-Disposition"] = 'inline; filename="measures.ics"'
    return response


def _event(request: HttpRequest, day: CalendarDay) -> Event:
    event, measure = Event(), day.measure
    event.add("uid", f"{measure.public_id}-{day.key}@{request.get_host().partition(':')[0]}")
    event.add("dtstamp", measure.updated_at)
    event.add("last-modified", measure.updated_at)
    event.add("dtstart", day.day)
    event.add("dtend", day.day + timedelta(days=1))
    event.add("summary", f"{day.what}: {measure.title.text}")
    event.add("url", request.build_absolute_uri(measure.get_absolute_url()))
    event.add("transp", "TRANSPARENT")
    return event


def _title(chosen: MeasureFilter) -> str:
    """The list and its filter in words."""
    return of_list(chosen, "", None, today()).title


def _refused(chosen: MeasureFilter) -> HttpResponse:
    words = "".join(f"{problem.parameter}: {problem.message}\n" for problem in chosen.problems)
    return HttpResponse(words, status=400, content_type="text/plain; charset=utf-8")
