"""Who is affected: what may hold for somebody in a country on a day."""

import datetime
from collections.abc import Iterable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from countries.models import Country
from foundation.days import today
from foundation.publication import public_page
from measures.affected import EVERYBODY, FOREIGNERS, Question, answers_to
from measures.choices import Kind
from measures.comparing.periods import reach_of
from measures.comparing.picture import in_words
from measures.listing.filters import MeasureFilter, Problem
from measures.listing.index import PublicIndex, public_index
from measures.metadata import Metadata
from measures.models import TargetGroup

TAKEN = ("country", "group", "nationality", "on")
SINGLE = TAKEN[:3]
MOST_EXAMPLES = 4


@public_page(reads=TAKEN)
@require_safe
def who(request: HttpRequest) -> HttpResponse:
    """`/who/?country=PER&group=asylum_seekers&nationality=VEN&on=2020-06-15`: what may hold, and what is not known."""
    index = public_index()
    filter = MeasureFilter(request.GET, index=index)
    countries = list(Country.objects.covered().by_name())
    problems = [*filter.problems, *_further_problems(filter, countries)]
    question = None if problems else _question(filter, countries)
    groups = TargetGroup.objects.filter(deprecated_on=None)
    recorded = index.everything.counts("country")
    offered = {*recorded, *(filter.value("country") or ())}
    reach = reach_of(index.of_country(question.country.pk)) if question else None
    context: dict[str, Any] = {
        "problems": problems,
        "countries": [country for country in countries if country.pk in offered] or countries,
        "groups": groups,
        "nationalities": Country.objects.by_name().names(),
        "chosen": {name: (filter.value(name) or [""])[0] for name in SINGLE},
        "day": (question.day if question else filter.day or today()).isoformat(),
        "question": question,
        "metadata": _metadata(request, question),
        "person": _person(question) if question else "",
        "answers": answers_to(question, index) if question else None,
        "laws": index.of_country(question.country.pk).counts("kind").get(Kind.LAW, 0) if question else 0,
        "last": in_words(reach.last) if reach and reach.last else "",
        "is_later": bool(question and reach and reach.last and question.day > reach.last),
        "same": _same(question, countries, recorded) if question else [],
        "examples": [] if question or problems else _examples(index, filter, countries, groups),
    }
    return render(request, "measures/who.html", context, status=400 if problems else 200)


def _further_problems(filter: MeasureFilter, countries: list[Country]) -> list[Problem]:
    """More than one value, or a country that has no record."""
    twice = [
        Problem(name, _("This filter may be given only once."), "") for name in SINGLE if _number(filter, name) > 1
    ]
    covered = {country.pk for country in countries}
    unknown = _("“%(value)s” is not the code of a country that the observatory follows.")
    asked = [code for code in filter.value("country") or () if code not in covered]
    return [*twice, *(Problem("country", unknown % {"value": code}, _("Country")) for code in asked)]


def _number(filter: MeasureFilter, name: str) -> int:
    return len(filter.value(name) or ())


def _question(filter: MeasureFilter, countries: list[Country]) -> Question | None:
    """The question, if it names a country, and a group or a nationality."""
    named = {country.pk: country for country in countries}
    country = next((named[code] for code in filter.value("country") or ()), None)
    group = TargetGroup.objects.filter(key__in=filter.value("group") or ()).first()
    nationality = Country.objects.filter(pk__in=filter.value("nationality") or ()).first()
    if country is None or not (group or nationality):
        return None
    return Question(country, group, nationality, filter.day or today())


def _person(question: Question) -> str:
    """`Asylum seekers from Venezuela in Peru on 15 June 2020`."""
    words = {
        "group": str(question.group or ""),
        "origin": str(question.nationality or ""),
        "country": str(question.country),
        "date": in_words(question.day),
    }
    if question.group and question.nationality:
        return _("%(group)s from %(origin)s in %(country)s on %(date)s") % words
    if question.group:
        return _("%(group)s in %(country)s on %(date)s") % words
    return _("People from %(origin)s in %(country)s on %(date)s") % words


def _same(question: Question, countries: list[Country], recorded: dict[str, int]) -> list[tuple[str, str]]:
    """The same question of other countries with a record, and today: words and query strings."""
    others = [country for country in countries if country.pk in recorded and country != question.country]
    links = [(str(country), _query(question, country, question.day)) for country in others]
    if question.day != today():
        words = _("%(country)s, today") % {"country": question.country}
        links.append((words, _query(question, question.country, today())))
    return links


def _examples(
    index: PublicIndex, filter: MeasureFilter, countries: list[Country], groups: Iterable[TargetGroup]
) -> list[tuple[str, str]]:
    """Questions on the chosen country, or on those with most entries: words and query strings.

    They are on the groups that most entries name, and on the last day that the record reaches, so that it has answers.
    """
    recorded = index.everything.counts("country")
    chosen = [country for country in countries if country.pk in (filter.value("country") or recorded)]
    chosen.sort(key=lambda country: -recorded.get(country.pk, 0))
    named = {group.pk: group for group in groups if group.key not in (EVERYBODY, FOREIGNERS)}
    found: list[tuple[str, str]] = []
    for country in chosen[:MOST_EXAMPLES]:
        record = index.of_country(country.pk)
        numbers = record.counts("group")
        commonest = sorted(
            (named[pk] for pk in numbers if pk in named), key=lambda group: (-numbers[group.pk], group.pk)
        )
        day = filter.day or reach_of(record).last or today()
        for group in commonest[: MOST_EXAMPLES // len(chosen[:MOST_EXAMPLES])]:
            question = Question(country, group, None, day)
            found.append((_person(question), _query(question, country, day)))
    return found


def _metadata(request: HttpRequest, question: Question | None) -> Metadata:
    address = request.build_absolute_uri(request.path)
    if question is None:
        return Metadata(address=address, title=_("Who is affected"))
    return Metadata(address=address + _query(question, question.country, question.day), title=_person(question))


def _query(question: Question, country: Country, day: datetime.date) -> str:
    parts = [
        f"country={country.pk}",
        *([f"group={question.group.key}"] if question.group else []),
        *([f"nationality={question.nationality.pk}"] if question.nationality else []),
        f"on={day.isoformat()}",
    ]
    return "?" + "&".join(parts)
