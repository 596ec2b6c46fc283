"""Several rows for one country and time, such as provinces or several series: none of them is the total.

These rows are read a second time, so that the message can name the column in which they differ.
"""

from pathlib import Path

from django.utils.translation import gettext as _

from countries.feeds.problems import FeedProblem, Tally
from countries.feeds.reading import rows_at, value_columns_of
from countries.models import IndicatorFeed
from foundation.sql import execute, rows

MOST_COMPARED = 20_000
"""Maximum number of repeated country-time pairs whose rows are compared in full; more means a wrong file."""
DOUBTFUL = 10
"""If more than 1 / DOUBTFUL are repeated, the file does not hold one value per country and time."""
NAMED = 4
"""Rows and cells that a message lists."""

_REPEATED = """
    select r.country, r.period, array_agg(r.line order by r.line)
    from feed_row r join feed_outcome o on o.country = r.country and o.period = r.period
    where o.times > 1 group by r.country, r.period order by min(r.line) limit %(most)s
"""

Repeat = tuple[str, str, list[int]]
"""Country, period and the lines of their rows."""


def refuse_repeats(path: Path, feed: IndicatorFeed, tally: Tally) -> None:
    """Refuse several rows for one country and time; raise FeedProblem if that affects much of the file.

    Identical rows count as one.
    """
    repeats: list[Repeat] = [(c, p, its) for c, p, its in rows(_REPEATED, {"most": MOST_COMPARED + 1})]
    if not repeats:
        return
    are_too_many = len(repeats) > MOST_COMPARED
    asked = repeats[:1] if are_too_many else repeats
    columns, cells = rows_at(path, feed, {line for _country, _period, lines in asked for line in lines})
    if not are_too_many:
        repeats = [repeat for repeat in repeats if len({tuple(cells[line]) for line in repeat[2]}) > 1]
        if not repeats:
            return
    difference = _difference(repeats[0], columns, cells, value_columns_of(feed, columns))
    total = rows("select count(*) from feed_outcome")[0][0]
    if are_too_many or len(repeats) * DOUBTFUL > total:
        raise FeedProblem(_in_words(repeats[0], difference), _remedy(difference))
    _mark(repeats)
    problem = _("The file has several rows for the same country and date.")
    for country, period, lines in repeats:
        tally.refuse(problem, _remedy(difference), lines[0], f"{country} {period}", len(lines))


def _mark(repeats: list[Repeat]) -> None:
    keys = {"countries": [country for country, _p, _l in repeats], "periods": [period for _c, period, _l in repeats]}
    execute(
        "update feed_outcome o set kind = 'torn' from unnest(%(countries)s::text[], %(periods)s::text[]) k(c, p)"
        " where o.country = k.c and o.period = k.p",
        keys,
    )


def _difference(
    repeat: Repeat, columns: list[str], cells: dict[int, list[str]], values: set[str]
) -> tuple[str, list[str]]:
    """The first column, other than value columns, in which the rows differ, with its cells; '' if there is none."""
    found = [cells[line] for line in repeat[2] if line in cells]
    for place, name in enumerate(columns):
        texts = list(dict.fromkeys(row[place] if place < len(row) else "" for row in found))
        if name not in values and len(texts) > 1:
            return name, texts
    return "", []


def _in_words(repeat: Repeat, difference: tuple[str, list[str]]) -> str:
    country, period, lines = repeat
    named = {"rows": ", ".join(map(str, lines[:NAMED])), "country": country, "time": period}
    name, texts = difference
    if not name:
        return (
            _("The file has several rows for the same country and date: rows %(rows)s are %(country)s %(time)s.")
            % named
        )
    words = ", ".join(f"“{text[:40]}”" for text in texts[:NAMED])
    return _(
        "The file has several rows for the same country and date: rows %(rows)s are %(country)s %(time)s and differ "
        "in “%(column)s” (%(words)s)."
    ) % {**named, "column": name, "words": words}


def _remedy(difference: tuple[str, list[str]]) -> str:
    if not difference[0]:
        return _("None of them is used. Tell the source, or filter one series.")
    return _(
        "Rows are never added up, and none of them is used. Write “%(column)s” under “only rows where the column”, "
        "and its value for the whole country; leave the value empty if the cell is empty."
    ) % {"column": difference[0]}
