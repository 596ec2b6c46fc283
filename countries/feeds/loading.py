"""Understood rows -> a temporary table, compared with what is public; and what differs, written as sets.

The tables live as long as the transaction: `feed_row` what the file says, `feed_outcome` what would become of it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from countries.feeds.problems import FeedProblem, Tally
from countries.feeds.reading import cells_of
from countries.feeds.understanding import understood
from countries.long_work import take_time
from countries.models import (
    COUNT_UNITS,
    FeedRun,
    HeldBecause,
    IndicatorFeed,
    ObservationStatus,
    Qualifier,
    RunState,
    Unit,
)

MOST_HELD = 10_000
"""Values of a run that are kept for a person to look at."""
FALL = 10
"""A run with fewer rows or countries than the last one by more than one in so many waits for a person."""
_SIGNS_OF_COUNTS = ", ".join(f"'{unit}'" for unit in COUNT_UNITS)

_OUTCOME = """
    create temp table feed_outcome on commit drop as
    with found as (
        select country, period, min(line) as line, min(value) as value, max(value) <> min(value) as is_torn,
            count(*) as times
        from feed_row group by country, period
    ),
    mine as (
        select o.id, o.country_id, o.period, o.value, coalesce(r.feed_id = %(feed)s, false) as is_own
        from countries_observation o left join countries_feedrun r on r.id = o.feed_run_id
        where o.indicator_id = %(indicator)s and o.counterpart_id is null
    )
    select f.line, f.country, f.period, f.value, f.times, m.id, m.value as former,
        case
            when f.is_torn then 'torn'
            when m.id is null then 'new'
            when m.value = f.value then 'unchanged'
            when m.is_own then 'revised'
            else 'foreign'
        end as kind,
        null::text as because
    from found f left join mine m on m.country_id = f.country and m.period = f.period
"""
"""`torn`: the file gives two values; `foreign`: people or another feed have entered another value."""

_UNFIT = f"""
    update feed_outcome o set because = '{HeldBecause.UNIT}', kind = case when exists (
        select from countries_heldvalue h join countries_feedrun r on r.id = h.run_id
        where r.feed_id = %(feed)s and r.state = '{RunState.PUBLISHED}' and h.because = '{HeldBecause.UNIT}'
        and h.country_id = o.country and h.period = o.period and h.value = o.value
    ) then 'set aside' else 'unfit' end
    from countries_indicator i
    where i.id = %(indicator)s and o.kind in ('new', 'revised') and (
        i.unit in ({_SIGNS_OF_COUNTS}) and (o.value < 0 or o.value %% 1 <> 0)
        or i.unit = '{Unit.PERCENT}' and not o.value between 0 and 100
    )
"""
"""What the database would refuse. Once a person has published the rest of a run, the same values no longer hold it."""

_RANGE = f"""
    update feed_outcome set because = '{HeldBecause.RANGE}'
    where kind in ('new', 'revised') and because is null and (value < %(lowest)s or value > %(highest)s)
"""

_JUMPS = f"""
    with latest as (
        select distinct on (country_id) country_id, period, value from countries_observation
        where indicator_id = %(indicator)s and counterpart_id is null and value > 0
        order by country_id, period_range desc
    ),
    beside as (
        select o.line, o.value, case when o.kind = 'revised' then o.former else l.value end as public
        from feed_outcome o left join latest l on l.country_id = o.country and l.period < o.period
        where o.kind in ('new', 'revised') and o.because is null and o.value > 0
    )
    update feed_outcome o set because = '{HeldBecause.JUMP}' from beside b
    where b.line = o.line and b.public > 0 and b.value = o.value
    and greatest(b.value, b.public) > %(jump)s * least(b.value, b.public)
"""
"""Against the former value of the same period, or the newest before a new one. From or to zero is no factor."""

_KEEP_HELD = f"""
    insert into countries_heldvalue (run_id, country_id, period, former, value, because)
    select %(run)s, country, period, former, value, because from feed_outcome
    where because is not null and kind <> 'set aside' order by because <> '{HeldBecause.UNIT}', line limit {MOST_HELD}
"""

_REVISE = f"""
    update countries_observation o
    set value = c.value, feed_run_id = %(run)s, qualifier = '{Qualifier.EQ}', status = '{ObservationStatus.NORMAL}'
    from feed_outcome c where c.id = o.id and c.kind = 'revised'
"""

_ADD = f"""
    insert into countries_observation (
        indicator_id, country_id, period, value, qualifier, status, note, source_name, source_url, feed_run_id
    )
    select %(indicator)s, country, period, value, '{Qualifier.EQ}', '{ObservationStatus.NORMAL}', '',
        %(source_name)s, %(source_url)s, %(run)s
    from feed_outcome where kind = 'new' order by line
"""


def execute(sql: str, params: dict[str, Any] | None = None) -> int:
    """Run one statement; return how many rows it wrote."""
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return int(cursor.rowcount)


def rows(sql: str, params: dict[str, Any] | None = None) -> list[tuple]:
    """Run one query."""
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return list(cursor.fetchall())


@dataclass(slots=True)
class Findings:
    """What a file would change, and why a person is to look at it first; the counts are those of a run."""

    tally: Tally
    understood: int = 0
    countries: int = 0
    new: int = 0
    revised: int = 0
    unchanged: int = 0
    held: int = 0
    reasons: list[str] = field(default_factory=list)

    def counts(self) -> dict[str, Any]:
        """By the names that the fields of a run have."""
        kinds = sorted(self.tally.kinds.values(), key=lambda kind: -kind.count)
        return {
            "rows_read": self.tally.read,
            "without_value": self.tally.without_value,
            "left_out": self.tally.left_out,
            "refused": self.tally.refused,
            "understood": self.understood,
            "countries": self.countries,
            "new": self.new,
            "revised": self.revised,
            "unchanged": self.unchanged,
            "held": self.held,
            "reasons": self.reasons,
            "problems": [
                {"problem": k.problem, "remedy": k.remedy, "count": k.count, "line": k.line, "cell": k.cell}
                for k in kinds
            ],
        }


@contextmanager
def compared(path: Path, feed: IndicatorFeed, before: FeedRun | None) -> Iterator[Findings]:
    """Read and compare the file, inside a transaction; `before` is the run that it is held against.

    Raise FeedProblem where nothing can be taken from it.
    """
    take_time()
    execute("set local work_mem = '64MB'")
    execute("set local jit = off")  # compiling takes longer than it saves
    execute("drop table if exists feed_row, feed_outcome")  # of a run in the same transaction
    execute("create temp table feed_row (line integer, country text, period text, value numeric(20, 6)) on commit drop")
    tally = Tally()
    found = understood(cells_of(path, feed), feed, tally)
    with connection.cursor() as cursor, cursor.copy("copy feed_row from stdin") as copy:
        for row in found:
            copy.write_row(row)
    yield _findings(feed, tally, before)


def _findings(feed: IndicatorFeed, tally: Tally, before: FeedRun | None) -> Findings:
    given = {
        "feed": feed.pk,
        "indicator": feed.indicator_id,
        "lowest": feed.lowest,
        "highest": feed.highest,
        "jump": feed.jump,
    }
    execute("analyze feed_row")
    execute(_OUTCOME, given)
    execute("analyze feed_outcome")
    execute(_UNFIT, given)
    if feed.lowest is not None or feed.highest is not None:
        execute(_RANGE, given)
    if feed.jump is not None:
        execute(_JUMPS, given)
    counts = dict(rows("select kind, count(*) from feed_outcome group by kind"))
    found = Findings(tally, sum(counts.values()), new=counts.get("new", 0), revised=counts.get("revised", 0))
    found.unchanged = counts.get("unchanged", 0)
    found.countries = rows("select count(distinct country) from feed_outcome")[0][0]
    _refuse_kinds(tally)
    if not found.understood:
        raise _nothing_understood(tally)
    because = dict(rows("select because, count(*) from feed_outcome where kind <> 'set aside' group by because"))
    found.held = sum(count for reason, count in because.items() if reason)
    found.reasons = [*_falls(found, before), *_doubts(because, feed)]
    return found


def _refuse_kinds(tally: Tally) -> None:
    """Count among the refused what the comparison has found."""
    words = {
        "torn": (
            _("The file gives two values for the same country and time."),
            _("Neither is taken. Filter one series, or tell the source."),
        ),
        "foreign": (
            _("Another value stands there that this feed has not written."),
            _("What people or other feeds have entered stays. Delete that observation if the feed is right."),
        ),
        "unfit": (
            _("The value does not fit the unit of the indicator."),
            _("Counts are whole and not negative, percentages lie between 0 and 100. It is left out."),
        ),
    }
    words["set aside"] = words["unfit"]
    found = rows(
        "select distinct on (kind) kind, sum(case kind when 'torn' then o.times else 1 end) over (partition by kind),"
        " line, o.country, o.period, r.value from feed_outcome o join feed_row r using (line)"
        " where kind = any(%(kinds)s) order by kind, line",
        {"kinds": list(words)},
    )
    for kind, count, line, country, period, value in found:
        tally.refuse(*words[kind], line, f"{country} {period}: {value.normalize():f}", int(count))


def _nothing_understood(tally: Tally) -> FeedProblem:
    kinds = sorted(tally.kinds.values(), key=lambda kind: -kind.count)
    if kinds:
        first = kinds[0]
        return FeedProblem(
            _("No row of the file could be understood: %(problem)s (“%(cell)s” in row %(row)d)")
            % {"problem": first.problem, "cell": first.cell, "row": first.line},
            first.remedy,
        )
    return FeedProblem(
        _("The file has no row with a value."),
        _("If the feed takes only some rows, look at the column and the value that these are to have."),
        may_pass=True,
    )


def _falls(found: Findings, before: FeedRun | None) -> Iterator[str]:
    """Why a file that has become smaller, or less readable, waits."""
    if before and found.understood * FALL < before.understood * (FALL - 1):
        yield _("It has %(now)d values; the last one had %(before)d.") % {
            "now": found.understood,
            "before": before.understood,
        }
    if before and found.countries * FALL < before.countries * (FALL - 1):
        yield _("It has %(now)d countries; the last one had %(before)d.") % {
            "now": found.countries,
            "before": before.countries,
        }
    refused, usual = found.tally.refused, before.refused if before else 0
    if refused * FALL > found.tally.read and refused * FALL > usual * (FALL + 1):
        yield _("%(refused)d of %(read)d rows were refused.") % {"refused": refused, "read": found.tally.read}


def _doubts(because: dict[str | None, int], feed: IndicatorFeed) -> Iterator[str]:
    """Why values wait."""
    if count := because.get(HeldBecause.UNIT):
        yield ngettext(
            "%(count)d value is negative or does not fit the unit “%(unit)s”.",
            "%(count)d values are negative or do not fit the unit “%(unit)s”.",
            count,
        ) % {"count": count, "unit": Unit(feed.indicator.unit).label}
    if count := because.get(HeldBecause.RANGE):
        yield ngettext(
            "%(count)d value lies outside the range of the feed, %(lowest)s to %(highest)s.",
            "%(count)d values lie outside the range of the feed, %(lowest)s to %(highest)s.",
            count,
        ) % {"count": count, "lowest": _bound(feed.lowest), "highest": _bound(feed.highest)}
    if count := because.get(HeldBecause.JUMP):
        yield ngettext(
            "%(count)d value has jumped by more than %(factor)s times.",
            "%(count)d values have jumped by more than %(factor)s times.",
            count,
        ) % {"count": count, "factor": _bound(feed.jump)}


def _bound(value: Any) -> str:
    return "…" if value is None else f"{Decimal(value).normalize():f}"


def write(run: FeedRun) -> None:
    """Make public what differs; what does not fit the unit stays out."""
    feed = run.feed
    execute(_REVISE, {"run": run.pk})
    execute(
        _ADD,
        {
            "run": run.pk,
            "indicator": feed.indicator_id,
            "source_name": feed.source_name,
            "source_url": feed.source_url,
        },
    )


def keep_held(run: FeedRun) -> None:
    """Keep the values that a person is to look at."""
    execute(_KEEP_HELD, {"run": run.pk})


# Back


def written_by(run: FeedRun) -> int:
    """How many public values are still as the run wrote them."""
    return int(rows("select count(*) from countries_observation where feed_run_id = %(run)s", {"run": run.pk})[0][0])


def take_back(run: FeedRun) -> None:
    """Give the values that the run revised what they were before, from their history, and remove what it added."""
    execute(
        """
        with mine as (
            select pgh_obj_id, min(pgh_id) as pgh_id from countries_observationevent
            where feed_run_id = %(run)s group by pgh_obj_id
        ),
        former as (
            select distinct on (e.pgh_obj_id) e.* from countries_observationevent e
            join mine m on m.pgh_obj_id = e.pgh_obj_id and e.pgh_id < m.pgh_id
            order by e.pgh_obj_id, e.pgh_id desc
        )
        update countries_observation o set value = f.value, qualifier = f.qualifier, status = f.status,
            note = f.note, source_name = f.source_name, source_url = f.source_url, feed_run_id = f.feed_run_id
        from former f where f.pgh_obj_id = o.id and o.feed_run_id = %(run)s
        """,
        {"run": run.pk},
    )
    execute("delete from countries_observation where feed_run_id = %(run)s", {"run": run.pk})
