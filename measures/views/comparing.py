"""Countries side by side: the page, its pictures and its files."""

import csv
import io
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import get_template
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from countries.models import Country
from countries.models.site import current_site
from countries.side_by_side import FigureRow, figure_rows
from foundation.days import today
from foundation.publication import public_page
from measures.choices import Searched
from measures.comparing.areas import groups_of_topics, in_force_picture
from measures.comparing.beginnings import Beginnings, beginnings
from measures.comparing.files import HEADERS, rows_of
from measures.comparing.lanes import MOST_COUNTRIES, Lanes, lanes
from measures.comparing.lines import begun_picture
from measures.comparing.periods import Reach, axis_of, reach_of
from measures.comparing.picture import PAINT, Picture, Record, in_words
from measures.comparing.question import COUNTRIES, LEAST, MOST, TAKEN, Comparison, comparison_query
from measures.comparing.series import NOT_BY_DAY, Begun, Series, begun, in_force
from measures.comparing.tables import CountryRows, begun_rows, days_of, in_force_rows
from measures.comparing.tallies import Tally, TopicRow, classes_of, topic_rows
from measures.comparing.topic_picture import topic_picture
from measures.coverage.ledger import Extent, extent_of
from measures.listing.filters import MeasureFilter
from measures.listing.index import Selection
from measures.metadata import Metadata
from measures.timeline.axis import Axis
from measures.timeline.chart import MOST_MARKS
from measures.views.known import at_known_day, known_then
from measures.views.signposts import with_signposts

PICTURES = ("direction", "in-force")
TOPICS = "topics"


@dataclass(frozen=True, slots=True)
class CountryHead:
    """A country of the comparison: its tally, how far its record reaches and was searched, the address without it."""

    country: Country
    tally: Tally
    first: str
    last: str
    without: str
    extent: Extent | None


class Page:
    """What the page of a comparison shows; each part is computed once, when it is asked for."""

    def __init__(self, comparison: Comparison) -> None:
        self.comparison = comparison
        self.credit = credit()

    @cached_property
    def rows(self) -> list[TopicRow]:
        """The table of topics by country."""
        return topic_rows(self.comparison.filter, self.comparison.codes)

    @cached_property
    def reaches(self) -> list[Reach]:
        """How far the record of each country reaches."""
        return [reach_of(self.comparison.index.of_country(code)) for code in self.comparison.codes]

    @cached_property
    def heads(self) -> list[CountryHead]:
        """The countries."""
        codes = self.comparison.codes
        return [
            CountryHead(
                country,
                tally,
                in_words(reach.first) if reach.first else "",
                in_words(reach.last) if reach.last else "",
                self.comparison.query([code for code in codes if code != country.pk]),
                self._extent(country),
            )
            for country, tally, reach in zip(self.comparison.countries, self.rows[0].tallies, self.reaches, strict=True)
        ]

    def _extent(self, country: Country) -> Extent | None:
        """How far the topics that are compared were searched for in a country."""
        asked, period = self.comparison, self.comparison.searched_period
        topics = asked.topics or asked.ledger.upper
        return extent_of(asked.ledger, [country.pk], topics, *period) if period else None

    @property
    def searched(self) -> dict[str, list[Searched]]:
        """By topic of the table, how far it was searched for in each country."""
        asked = self.comparison
        return {row.key: [asked.searched(code, row.key) for code in asked.codes] for row in self.rows if row.key}

    @property
    def earliest(self) -> CountryHead | None:
        """The country whose record stops first, if they do not all stop on one day."""
        ends = {reach.last for reach in self.reaches}
        if len(ends) < LEAST:
            return None
        return min(zip(self.reaches, self.heads, strict=True), key=lambda pair: pair[0].last or date.min)[1]

    @cached_property
    def records(self) -> list[Record]:
        """The countries as pictures need them."""
        return [
            Record(country.pk, str(country), reach)
            for country, reach in zip(self.comparison.countries, self.reaches, strict=True)
        ]

    @cached_property
    def begun(self) -> list[Begun]:
        """What has begun in each country."""
        return [begun(self.comparison.of(country)) for country in self.comparison.countries]

    @cached_property
    def in_force(self) -> list[Series]:
        """What is in force in each country."""
        return [in_force(self.comparison.of(country), self.comparison.lanes) for country in self.comparison.countries]

    def picture(self, name: str, axis: Axis) -> Picture:
        """One of the two pictures."""
        if name == "direction":
            return begun_picture(self.records, self.begun, axis, self.credit)
        groups = groups_of_topics(self.in_force, [lane.label for lane in self.comparison.lanes], axis)
        return in_force_picture(self.records, self.in_force, groups, axis, self.credit)

    @property
    def pictures(self) -> list[tuple[Picture, SafeString, tuple[CountryRows, ...]]]:
        """The pictures as SVG, each with the rows of the table that says the same; none without an axis."""
        axis = self.comparison.axis
        if axis is None:
            return []
        countries, days = self.comparison.countries, days_of(axis)
        query = self.comparison.on_days
        tables = (
            tuple(begun_rows(query, c, found, days) for c, found in zip(countries, self.begun, strict=True)),
            tuple(
                in_force_rows(self.comparison, c, found, days)
                for c, found in zip(countries, self.in_force, strict=True)
            ),
        )
        drawn = [self.picture(name, axis) for name in PICTURES]
        return [(picture, drawn_inline(picture), table) for picture, table in zip(drawn, tables, strict=True)]

    @property
    def days(self) -> list[str]:
        """The days of the tables, in words."""
        return [in_words(day) for day in days_of(self.comparison.axis)] if self.comparison.axis else []

    @cached_property
    def counted(self) -> Selection:
        """The entries that are counted as anything."""
        selection = self.comparison.filter.selection
        rows = selection.rows if selection.rows is not None else range(len(selection.index))
        return selection.narrowed(
            selection.index.among(selection.index.columns["id"][rows][classes_of(selection) >= 0])
        )

    @cached_property
    def lanes(self) -> Lanes | None:
        """The marks of few countries and entries."""
        if len(self.comparison.countries) > MOST_COUNTRIES or len(self.counted) > MOST_MARKS:
            return None
        return lanes(self.comparison, self.counted, self.reaches)

    @cached_property
    def beginnings(self) -> Beginnings | None:
        """The counts that stand in for marks."""
        if self.lanes is not None or self.comparison.axis is None:
            return None
        return beginnings(self.comparison, self.comparison.axis)

    @cached_property
    def figures(self) -> list[FigureRow]:
        """The profiles side by side."""
        return figure_rows(self.comparison.countries)


def credit() -> str:
    """Who made a picture, when and under which licence."""
    words = {"site": current_site().citation, "date": in_words(today())}
    return _("%(site)s, %(date)s, CC BY 4.0.") % words


def drawn_inline(picture: Picture) -> SafeString:
    """The picture as a part of a page, painted by its style sheet, for wide and narrow screens."""
    return _drawn(picture, None)


def _drawn(picture: Picture, paint: dict[str, str] | None) -> SafeString:
    html = get_template("measures/_picture.jinja", using="jinja2").render({"picture": picture, "paint": paint})
    return mark_safe(html)  # noqa: S308  (escaped by Jinja2)


@public_page(reads=TAKEN)
@require_safe
@at_known_day
def compare(request: HttpRequest) -> HttpResponse:
    """`/compare/?countries=PER,COL,ECU`: two to six countries, with the filter of the list."""
    comparison = Comparison(request.GET)
    address = request.build_absolute_uri(request.path) + comparison.query()
    title = _("Compare countries")
    if comparison.is_drawn:
        title = _("%(countries)s, side by side") % {"countries": comparison.title}
    context: dict[str, Any] = {
        "comparison": comparison,
        "metadata": None if comparison.problems else Metadata(address=address, title=title),
        "page": Page(comparison) if comparison.is_drawn else None,
        "least": LEAST,
        "most": MOST,
        "status_code": 400 if comparison.problems else 200,
        "address": address,
        "known": known_then(comparison.filter, comparison.query(known=None)),
    }
    page = render(request, "measures/compare.html", context, status=context["status_code"])
    return with_signposts(request, page, context["address"], "Dataset") if comparison.is_drawn else page


@public_page(reads=TAKEN, is_file=True, is_strict=True)
@require_safe
@at_known_day
def compare_csv(request: HttpRequest, drawing: str) -> HttpResponse:
    """`/compare/direction.csv?countries=PER,COL`: what a picture or table of the comparison shows, as rows."""
    if drawing not in HEADERS:
        raise Http404
    comparison = Comparison(request.GET)
    if refused := _refused(request, comparison):
        return refused
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows(rows_of(drawing, comparison))
    response = HttpResponse(text.getvalue(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{_file(drawing, comparison)}.csv"'
    return response


@public_page(reads=TAKEN, is_strict=True)
@require_safe
@at_known_day
def compare_svg(request: HttpRequest, drawing: str) -> HttpResponse:
    """`/compare/direction.svg?countries=PER,COL`: a picture that stands alone."""
    if drawing not in (*PICTURES, TOPICS):
        raise Http404
    comparison = Comparison(request.GET)
    if refused := _refused(request, comparison):
        return refused
    page = Page(comparison)
    if drawing == TOPICS:
        drawn = _topics(page)
    elif comparison.axis is None:
        return _text(_("Nothing is drawn, since no entry has a date."))
    else:
        drawn = _drawn(page.picture(drawing, comparison.axis), PAINT)
    response = HttpResponse(drawn.strip(), content_type="image/svg+xml; charset=utf-8")
    response["Content-Disposition"] = f'inline; filename="{_file(drawing, comparison)}.svg"'
    return response


def _topics(page: Page) -> str:
    """The table of topics as a picture."""
    picture = topic_picture(page.comparison.names, page.rows, page.credit)
    html: str = get_template("measures/_topic_picture.jinja", using="jinja2").render({"picture": picture})
    return html


def _file(name: str, comparison: Comparison) -> str:
    return "-".join((name, *comparison.codes)).lower()


def _refused(request: HttpRequest, comparison: Comparison) -> HttpResponse | None:
    """The answer to an address that names no comparison, in words."""
    unread = [name for name in request.GET if name not in TAKEN]
    problems = [f"{problem.parameter}: {problem.message}" for problem in comparison.problems]
    no_filter, too_few = _("This filter does not exist."), _("Name two to six countries: countries=PER,COL.")
    problems += [f"{name}: {no_filter}" for name in unread if not problems]
    if not problems and not comparison.is_drawn:
        problems = [f"{COUNTRIES}: {too_few}"]
    return _text("\n".join(problems)) if problems else None


def _text(words: str) -> HttpResponse:
    return HttpResponse(f"{words}\n", status=400, content_type="text/plain; charset=utf-8")


# The same lines on the page of a country


@dataclass(frozen=True, slots=True)
class DirectionOverTime:
    """The lines of one country, with the rows of the table that says the same."""

    picture: Picture
    drawn: SafeString
    rows: CountryRows
    days: list[str]
    compared: str

    @property
    def as_list(self) -> list[CountryRows]:
        """The rows as those of several countries."""
        return [self.rows]


def direction_over_time(country: Country, filter: MeasureFilter) -> DirectionOverTime | None:
    """What has begun in a country, by the filter of its page; None if the filter is invalid or nothing has a date."""
    if not filter.is_valid():
        return None
    selection = filter.without(*NOT_BY_DAY)
    axis, found = axis_of(filter, selection), begun(selection)
    if axis is None or not len(found.series.days):
        return None
    record = Record(country.pk, str(country), reach_of(filter.index.of_country(country.pk)))
    picture = begun_picture([record], [found], axis, credit())
    days = days_of(axis)

    def query(**changes: str | None) -> str:
        return filter.query(**{**dict.fromkeys((*NOT_BY_DAY, "series", "sort")), "country": country.pk, **changes})

    compared = comparison_query(filter.data, [country.pk])
    rows = begun_rows(query, country, found, days)
    return DirectionOverTime(picture, drawn_inline(picture), rows, [in_words(day) for day in days], compared)
