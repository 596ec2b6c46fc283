"""Checks that hold back a whole file until a person has reviewed it.

The file is compared with everything that the feed has made public and with the largest of its files, not only with the
last run, so that gradual drift is caught too. What a person has accepted once counts as known.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Max, Min
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from countries.feeds.problems import Doubt, Holds, Tally
from countries.feeds.value_guards import SLIPS
from countries.models import Country, IndicatorFeed
from foundation.sql import rows

FALL = 10
"""A file that lacks 1 / FALL of its values or more is held. One that lacks fewer is published with a notice: sources do
drop a row or a small country now and then; a tenth at once is an error of the source or of the transfer."""
GROWTH = 10
"""A file with this many times as many values as ever before is probably a different one."""
SMALL = 100
"""Up to this many values a file may grow freely: the series has only just begun."""
DOUBTFUL = 10
"""Bad values are held individually. If they are more than 1 / DOUBTFUL of the changing values, a wrong column or unit
is more likely than so many errors, and the whole file is held."""
REWRITTEN = 4
"""Sources revise the last days of a month; 1 / REWRITTEN of all public values at once means a different series."""
NEARLY_ALL = 10
"""“Nearly all” means all but 1 / NEARLY_ALL."""
MOST_HELD = 10_000
"""Number of held values stored for review per run; if there are more, the whole file is held."""
NAMED = 12
"""Countries that a message lists."""

_ZEROS = """
    select count(*), count(*) filter (where is_new_zero), count(distinct country) filter (where is_new_zero) from (
        select o.country, o.value = 0 and case
            when o.kind = 'revised' then o.former <> 0
            else coalesce(k.other_than_zero * 2 > k.values, false)
        end as is_new_zero
        from feed_outcome o left join feed_known k on k.country = o.country
        where o.kind in ('new', 'revised')
    ) changes
"""
"""A new zero counts only if most values of the country are not zero: many report weekly, with zeros in between."""

_REWRITES = """
    select count(*), count(*) filter (where o.kind = 'revised' and (
        o.period <> k.newest or greatest(abs(o.value), abs(o.former)) >= 2 * least(abs(o.value), abs(o.former))
    ))
    from feed_outcome o join feed_known k on k.country = o.country where o.kind in ('revised', 'unchanged')
"""
"""The newest value of a country may still grow: it counts as rewritten only if it doubled or halved."""

_MISSING = """
    select k.country, c.is_covered, s.country is not null
    from feed_known k join countries_country c on c.iso3 = k.country left join feed_seen s on s.country = k.country
    where k.own > 0 order by c.is_covered desc, c.sort_name_en
"""

_GAPS = """
    select coalesce(sum(k.own_in_span), 0)::integer, coalesce(sum(s.own), 0)::integer
    from feed_seen s left join feed_known k on k.country = s.country
"""
"""Only days between the first and the last day of a file can be missing: many files have only the latest days."""

_FIRST_GAP = """
    select o.country_id || ' ' || o.period from countries_observation o
    join countries_feedrun r on r.id = o.feed_run_id and r.feed_id = %(feed)s
    left join feed_outcome f on f.id = o.id
    where o.indicator_id = %(indicator)s and o.counterpart_id is null and f.id is null
    and o.period >= (select min(first) from feed_seen) and o.period <= (select max(last) from feed_seen)
    and o.country_id in (select country from feed_seen)
    order by o.period, o.country_id limit 1
"""


@dataclass(frozen=True, slots=True)
class Standard:
    """What a file is compared with: the maxima since a person last accepted a file, and what that file lacked."""

    most: int
    refused: int
    ended_in_a_line: bool | None
    accepted: int
    missing: frozenset[str]
    gaps: int

    @classmethod
    def of(cls, feed: IndicatorFeed) -> "Standard":
        """Read the standard from the runs of the feed; an unsaved feed has none."""
        if not feed.pk:
            return cls(0, 0, None, 0, frozenset(), 0)
        accepted: Any = feed.runs.accepted()
        since = feed.runs.read().filter(pk__gte=accepted.pk if accepted else 0)
        found = since.aggregate(most=Max("understood"), refused=Min("refused"))
        ends = since.exclude(ends_in_a_line=None).order_by("-pk").values_list("ends_in_a_line", flat=True).first()
        return cls(
            most=found["most"] or 0,
            refused=found["refused"] or 0,
            ended_in_a_line=ends,
            accepted=accepted.pk if accepted else 0,
            missing=frozenset(accepted.missing_countries if accepted else ()),
            gaps=accepted.gaps if accepted else 0,
        )


@dataclass(slots=True)
class Size:
    """How large the file is: rows that are understood, values that would change, values that are held."""

    understood: int
    changing: int
    held: int


@dataclass(slots=True)
class Lacks:
    """The public values that the file lacks; stored with the run, so that the next one knows what was accepted."""

    countries: list[str]
    gaps: int


def file_doubts(
    feed: IndicatorFeed, standard: Standard, size: Size, tally: Tally, *, ends_in_a_line: bool
) -> tuple[list[Doubt], Lacks]:
    """Return the reasons to hold the file or to show a notice, and what the file lacks."""
    missing, lacking = _missing(standard)
    gapped, gaps = _gaps(feed, standard)
    doubts = [
        *_sizes(standard, size),
        *missing,
        *gapped,
        *_zeros(),
        *_rewrites(),
        *_unreadable(standard, tally),
        *_breaks_off(standard, ends_in_a_line=ends_in_a_line),
    ]
    return doubts, Lacks(lacking, gaps)


def too_many_bad(size: Size) -> Iterator[Doubt]:
    """Yield a doubt if so many values are bad that the whole file must be."""
    if size.held > SLIPS and size.held * DOUBTFUL > size.changing:
        share = round(100 * size.held / size.changing)
        yield Doubt(
            _("That is %(share)d %% of the values that it would change, more than a tenth, so the whole file is held.")
            % {"share": share},
            _("A column, a unit or a decimal mark may have changed. Check the file and the feed."),
            Holds.FILE,
        )
    elif size.held > MOST_HELD:
        yield Doubt(
            _("That is more than %(most)d values, so the whole file is held.") % {"most": MOST_HELD},
            _("A column, a unit or a decimal mark may have changed. Check the file and the feed."),
            Holds.FILE,
        )


def _sizes(standard: Standard, size: Size) -> Iterator[Doubt]:
    if not standard.most:
        return
    words = _("It has %(now)d values; earlier files had up to %(before)d.") % {
        "now": size.understood,
        "before": standard.most,
    }
    if size.understood * FALL <= standard.most * (FALL - 1):
        yield Doubt(words, _("The file may be truncated or incomplete. Compare it with the source."), Holds.FILE)
    elif size.understood >= max(standard.most * GROWTH, SMALL):
        yield Doubt(words, _("It may be another file, or have more than one series. Check it."), Holds.FILE)


def _missing(standard: Standard) -> tuple[list[Doubt], list[str]]:
    """Countries that have public values of the feed and are not in the file."""
    known = rows(_MISSING)
    lacking = [country for country, _covered, is_there in known if not is_there]
    expected = [row for row in known if row[0] not in standard.missing]
    missing = [(country, covered) for country, covered, is_there in expected if not is_there]
    if not missing:
        return [], lacking
    of_covered = sum(covered for _country, covered, _there in expected)
    covered = sum(covered for _country, covered in missing)
    holds = len(missing) * FALL > len(expected) or covered * FALL > of_covered
    words = ngettext(
        "%(missing)d of %(all)d countries is missing: %(names)s.",
        "%(missing)d of %(all)d countries are missing: %(names)s.",
        len(missing),
    ) % {"missing": len(missing), "all": len(expected), "names": _names([country for country, _covered in missing])}
    if covered:
        words += " " + _("Of the %(all)d covered countries, %(missing)d.") % {"all": of_covered, "missing": covered}
    remedy = _(
        "Their latest values remain public. Check whether the source has dropped these countries or changed their "
        "spelling."
    )
    return [Doubt(words, remedy, Holds.FILE if holds else Holds.NOTHING, len(missing))], lacking


def _names(codes: list[str]) -> str:
    named = Country.objects.in_bulk(codes[:NAMED])
    names = [str(named[code]) for code in codes[:NAMED]]
    return ", ".join([*names, "…"] if len(codes) > NAMED else names)


def _gaps(feed: IndicatorFeed, standard: Standard) -> tuple[list[Doubt], int]:
    """Values that are public and missing between the first and the last day of the file."""
    given = {"feed": feed.pk, "indicator": feed.indicator_id}
    public, there = rows(_GAPS)[0]
    gaps = public - there
    if gaps <= standard.gaps:
        return [], gaps
    words = ngettext(
        "%(gaps)d of %(all)d public values between its first and last day is missing, first %(first)s.",
        "%(gaps)d of %(all)d public values between its first and last day are missing, first %(first)s.",
        gaps,
    ) % {"gaps": gaps, "all": public, "first": rows(_FIRST_GAP, given)[0][0]}
    holds = (gaps - standard.gaps) * FALL >= public - standard.gaps
    remedy = _("They remain public. Check whether the source has withdrawn them; if so, correct them one by one.")
    return [Doubt(words, remedy, Holds.FILE if holds else Holds.NOTHING, gaps)], gaps


def _zeros() -> Iterator[Doubt]:
    changes, zeros, countries = rows(_ZEROS)[0]
    in_file = rows("select count(*) from feed_seen")[0][0]
    if zeros and zeros * NEARLY_ALL >= changes * (NEARLY_ALL - 1) and countries * 2 >= in_file:
        yield Doubt(
            ngettext(
                "%(zeros)d of %(changes)d new or changed value is zero, although the values were not zero before.",
                "%(zeros)d of %(changes)d new or changed values are zero, although the values were not zero before.",
                changes,
            )
            % {"zeros": zeros, "changes": changes},
            _(
                "Some sources write zero for values that are not known yet. Discard the file unless the source "
                "confirms the zeros."
            ),
            Holds.FILE,
            zeros,
        )


def _rewrites() -> Iterator[Doubt]:
    known, rewritten = rows(_REWRITES)[0]
    if rewritten and rewritten * REWRITTEN >= known:
        yield Doubt(
            ngettext(
                "%(rewritten)d of %(known)d public value would change, %(share)d %%.",
                "%(rewritten)d of %(known)d public values would change, %(share)d %%.",
                known,
            )
            % {"rewritten": rewritten, "known": known, "share": round(100 * rewritten / known)},
            _("Check whether the source has revised its series, or now reports another series or unit."),
            Holds.FILE,
            rewritten,
        )


def _unreadable(standard: Standard, tally: Tally) -> Iterator[Doubt]:
    if tally.refused * FALL > tally.read and tally.refused * FALL > standard.refused * (FALL + 1):
        yield Doubt(
            _("%(refused)d of %(read)d rows were refused.") % {"refused": tally.refused, "read": tally.read},
            _("The refused rows are listed below, by reason. If the file has changed, change the feed."),
            Holds.FILE,
        )


def _breaks_off(standard: Standard, *, ends_in_a_line: bool) -> Iterator[Doubt]:
    if standard.ended_in_a_line and not ends_in_a_line:
        yield Doubt(
            _("The last row is incomplete: earlier files ended with a line break."),
            _("The download was probably cut off. Discard it; the next run downloads the file again."),
            Holds.FILE,
        )
