"""Compare a file with what is public, and write the differences with set-based statements."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from countries.feeds.file_guards import MOST_HELD, Lacks, Size, Standard, file_doubts, too_many_bad
from countries.feeds.parsing import understood
from countries.feeds.problems import EXAMPLES, Doubt, FeedProblem, Holds, Tally
from countries.feeds.reading import cells_of, ends_in_a_line
from countries.feeds.repeats import refuse_repeats
from countries.feeds.tables import fill_rows, set_beside_public
from countries.feeds.value_guards import hold_values, value_doubts
from countries.models import FeedRun, HeldBecause, IndicatorFeed, ObservationStatus, Qualifier
from foundation.sql import execute, rows, take_time

_KEEP_HELD = f"""
    insert into countries_heldvalue (run_id, country_id, period, former, value, because, line, is_left_out)
    select %(run)s, country, period, former, value, because, line, false from feed_outcome
    where because is not null and kind <> 'set aside' order by because <> '{HeldBecause.UNIT}', line limit {MOST_HELD}
"""

_REVISE = f"""
    update countries_observation o
    set value = c.value, feed_run_id = %(run)s, qualifier = '{Qualifier.EQ}', status = '{ObservationStatus.NORMAL}'
    from feed_outcome c where c.id = o.id and c.kind = 'revised' and (c.because is null or %(with_held)s)
"""

_ADD = f"""
    insert into countries_observation (
        indicator_id, country_id, period, value, qualifier, status, note, note_es, note_pt,
        source_name, source_name_es, source_name_pt, source_url, feed_run_id
    )
    select %(indicator)s, country, period, value, '{Qualifier.EQ}', '{ObservationStatus.NORMAL}', '', '', '',
        %(source_name)s, %(source_name_es)s, %(source_name_pt)s, %(source_url)s, %(run)s
    from feed_outcome where kind = 'new' and (because is null or %(with_held)s) order by line
"""

_REVISE_HELD = f"""
    update countries_observation o
    set value = h.value, feed_run_id = %(run)s, qualifier = '{Qualifier.EQ}', status = '{ObservationStatus.NORMAL}'
    from countries_heldvalue h, countries_feedrun r
    where h.run_id = %(run)s and h.because <> '{HeldBecause.UNIT}' and r.id = o.feed_run_id and r.feed_id = %(feed)s
    and o.indicator_id = %(indicator)s and o.country_id = h.country_id and o.period = h.period
    and o.counterpart_id is null and o.value is distinct from h.value
"""

_ADD_HELD = f"""
    insert into countries_observation (
        indicator_id, country_id, period, value, qualifier, status, note, note_es, note_pt,
        source_name, source_name_es, source_name_pt, source_url, feed_run_id
    )
    select %(indicator)s, country_id, period, value, '{Qualifier.EQ}', '{ObservationStatus.NORMAL}', '', '', '',
        %(source_name)s, %(source_name_es)s, %(source_name_pt)s, %(source_url)s, %(run)s
    from countries_heldvalue where run_id = %(run)s and because <> '{HeldBecause.UNIT}' order by id
    on conflict (indicator_id, country_id, counterpart_id, period) do nothing
"""


MANY = 10_000
"""Number of rows written after which the table is analyzed: with stale statistics, the next run would take minutes."""


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
    doubts: list[Doubt] = field(default_factory=list)
    lacks: Lacks = field(default_factory=lambda: Lacks([], 0))
    ends_in_a_line: bool | None = None

    @property
    def is_doubtful(self) -> bool:
        """Whether the whole file is held."""
        return any(doubt.holds == Holds.FILE for doubt in self.doubts)

    def counts(self) -> dict[str, Any]:
        """The counts, by field name of a run."""
        kinds = sorted(self.tally.kinds.values(), key=lambda kind: -kind.count)
        return {
            "rows_read": self.tally.read,
            "without_value": self.tally.without_value,
            "skipped": self.tally.skipped,
            "refused": self.tally.refused,
            "understood": self.understood,
            "countries": self.countries,
            "new": self.new,
            "revised": self.revised,
            "unchanged": self.unchanged,
            "held": self.held,
            "reasons": [doubt.problem for doubt in self.doubts if doubt.holds],
            "doubts": [doubt.as_dict() for doubt in self.doubts],
            "missing_countries": self.lacks.countries,
            "gaps": self.lacks.gaps,
            "ends_in_a_line": self.ends_in_a_line,
            "problems": [asdict(kind) for kind in kinds],
        }


@contextmanager
def compared(path: Path, feed: IndicatorFeed, *, at: datetime | None = None) -> Iterator[Findings]:
    """Read and compare the file, inside a transaction; days after `at` (default: now) are refused.

    Raise FeedProblem if nothing in it can be used.
    """
    take_time()
    tally = Tally()
    fill_rows(understood(cells_of(path, feed), feed, tally, at=at))
    set_beside_public({"feed": feed.pk, "indicator": feed.indicator_id})
    if not rows("select exists (select from feed_outcome)")[0][0]:
        raise _nothing_understood(tally)
    refuse_repeats(path, feed, tally)
    yield _findings(feed, tally, is_whole=not feed.has_lines or ends_in_a_line(path))


def _findings(feed: IndicatorFeed, tally: Tally, *, is_whole: bool) -> Findings:
    standard = Standard.of(feed)
    hold_values(feed, standard.accepted)
    _refuse_kinds(tally)
    found = _counted(tally)
    doubtful = value_doubts(feed)
    size = Size(found.understood, found.new + found.revised + _unfit(), sum(doubt.count for doubt in doubtful))
    doubts, found.lacks = file_doubts(feed, standard, size, tally, ends_in_a_line=is_whole)
    found.doubts = [*doubts, *doubtful, *too_many_bad(size)]
    found.held, found.ends_in_a_line = size.held, is_whole if feed.has_lines else None
    if not found.is_doubtful:  # else publishing the run makes them public too
        held = dict(rows("select kind, count(*) from feed_outcome where because is not null group by kind"))
        found.new -= held.get("new", 0)
        found.revised -= held.get("revised", 0)
    return found


def _counted(tally: Tally) -> Findings:
    counts = dict(rows("select kind, count(*) from feed_outcome group by kind"))
    return Findings(
        tally,
        understood=sum(counts.values()),
        countries=rows("select count(*) from feed_seen")[0][0],
        new=counts.get("new", 0),
        revised=counts.get("revised", 0),
        unchanged=counts.get("unchanged", 0),
    )


def _unfit() -> int:
    return int(rows("select count(*) from feed_outcome where kind = 'unfit'")[0][0])


def _refuse_kinds(tally: Tally) -> None:
    """Add the rows that the comparison refused to the tally."""
    words = {
        "foreign": (
            _("There is already a value that this feed did not write."),
            _(
                "Values from people or other feeds are never overwritten. If this feed is right, delete that "
                "observation."
            ),
        ),
        "set aside": (
            _("An editor has left this value out."),
            _("It will be held again when the source reports another value."),
        ),
    }
    found = rows(
        "select kind, number, line, country, period, value from (select *, count(*) over (partition by kind) as number,"
        " row_number() over (partition by kind order by line) as place from feed_outcome where kind = any(%(kinds)s)"
        ") refused where place <= %(examples)s order by kind, line",
        {"kinds": list(words), "examples": EXAMPLES},
    )
    for kind, number, line, country, period, value in found:
        is_first = words[kind][0] not in tally.kinds
        shown = len([row for row in found if row[0] == kind])
        count = number - shown + 1 if is_first else 1
        tally.refuse(*words[kind], line, f"{country} {period}: {value.normalize():f}", int(count))


def _nothing_understood(tally: Tally) -> FeedProblem:
    kinds = sorted(tally.kinds.values(), key=lambda kind: -kind.count)
    if kinds:
        first = kinds[0]
        return FeedProblem(
            _("No row of the file could be read: %(problem)s (“%(cell)s” in row %(row)d)")
            % {"problem": first.problem, "cell": first.cell, "row": first.line},
            first.remedy,
        )
    return FeedProblem(
        _("The file has no row with a value."),
        _("If the feed takes only some rows, check the column and the value that select them."),
        is_transient=True,
    )


def write(run: FeedRun, *, with_held: bool = False) -> None:
    """Publish the differences, with or without the held values; values that do not fit the unit are left out."""
    feed = run.feed
    written = execute(_REVISE, {"run": run.pk, "with_held": with_held})
    written += execute(_ADD, _added(feed, run) | {"with_held": with_held})
    if written >= MANY:
        execute("analyze countries_observation, countries_observationevent")


def _added(feed: IndicatorFeed, run: FeedRun) -> dict[str, Any]:
    return {
        "run": run.pk,
        "indicator": feed.indicator_id,
        "source_name": feed.source_name,
        "source_name_es": feed.source_name_es,
        "source_name_pt": feed.source_name_pt,
        "source_url": feed.source_url,
    }


def keep_held(run: FeedRun) -> None:
    """Store the values that need review."""
    execute(_KEEP_HELD, {"run": run.pk})


def write_held(run: FeedRun) -> tuple[int, int]:
    """Publish the held values of a run that nobody has overwritten since; return how many are new and revised."""
    given = _added(run.feed, run) | {"feed": run.feed_id}
    revised = execute(_REVISE_HELD, given)
    return execute(_ADD_HELD, given), revised


# Rolling back


def written_by(run: FeedRun) -> int:
    """How many public values are still as the run wrote them."""
    return int(rows("select count(*) from countries_observation where feed_run_id = %(run)s", {"run": run.pk})[0][0])


def take_back(run: FeedRun) -> None:
    """Restore the previous values that the run revised, from their history, and remove those that it added."""
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
            note = f.note, note_es = f.note_es, note_pt = f.note_pt, source_name = f.source_name,
            source_name_es = f.source_name_es, source_name_pt = f.source_name_pt, source_url = f.source_url,
            feed_run_id = f.feed_run_id
        from former f where f.pgh_obj_id = o.id and o.feed_run_id = %(run)s
        """,
        {"run": run.pk},
    )
    execute("delete from countries_observation where feed_run_id = %(run)s", {"run": run.pk})
