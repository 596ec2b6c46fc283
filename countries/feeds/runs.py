"""A run of a feed from the first byte to what becomes public, and what a person decides of it afterwards.

Whoever works on a feed holds an advisory lock of the database: when the process dies the lock goes, nothing was
written, and the next run says so.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pghistory
from django.core.files import File
from django.db import DatabaseError, transaction
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from countries.feeds.download import Body, StatusProblem, fetched
from countries.feeds.loading import compared, keep_held, take_back, write, write_held, written_by
from countries.feeds.models.feed_run import feed_storage
from countries.feeds.problems import Doubt, FeedProblem, Holds
from countries.models import (
    DECIDED,
    GOOD,
    PUBLIC,
    FeedRun,
    HeldBecause,
    IndicatorFeed,
    Observation,
    RunState,
)
from foundation.sql import session_lock

LOCK = 7_104_002
"""The first half of the key of the advisory locks of feeds."""


class Busy(FeedProblem):
    """Somebody else is running this feed."""

    def __init__(self) -> None:
        super().__init__(_("This feed is being run already."), _("Look again in some minutes."), is_transient=True)


@contextmanager
def locked(feed: IndicatorFeed) -> Iterator[None]:
    """Work on a feed alone; raise Busy where somebody else does."""
    with session_lock(LOCK, feed.pk) as is_ours:
        if not is_ours:
            raise Busy
        yield


def run(feed: IndicatorFeed, *, by_id: int | None = None) -> FeedRun:
    """Fetch the feed and publish or hold what came; the run says what became of it, whatever that is.

    Raise Busy where it is being run already; an error of the program is noted and raised.
    """
    with locked(feed):
        _end_interrupted(feed)
        this = FeedRun.objects.create(feed=feed, mapping=feed.mapping, started_by_id=by_id)
        try:
            with fetched(feed, _same_again(feed)) as body:
                _note(this, body)
                _take(this, body)
        except StatusProblem as problem:
            this.status_code = problem.status
            this.fail(problem.problem, problem.remedy, is_transient=problem.is_transient)
        except FeedProblem as problem:
            this.fail(problem.problem, problem.remedy, is_transient=problem.is_transient)
        except DatabaseError as error:
            this.fail(
                _("The database refused: %(error)s")
                % {"error": (str(error).splitlines() or [type(error).__name__])[0]},
                _("Nothing was written. Tell whoever runs this installation."),
            )
        except BaseException:
            this.fail(
                _("The program failed."),
                _("Nothing was written. Tell whoever runs this installation; the log says more."),
            )
            raise
        return this


def end_interrupted() -> None:
    """Say of the runs whose process is gone that they are over, also of feeds that do not run again for weeks."""
    for feed in IndicatorFeed.objects.filter(runs__state=RunState.RUNNING):
        with suppress(Busy), locked(feed):
            _end_interrupted(feed)


def _end_interrupted(feed: IndicatorFeed) -> None:
    """Whose process is gone has no lock any more."""
    for dead in feed.runs.filter(state=RunState.RUNNING):
        dead.fail(_("The worker was stopped while it ran."), _("Nothing was written. The next run begins anew."))


def _note(this: FeedRun, body: Body) -> None:
    for name in ("status_code", "final_url", "bytes", "sha256", "etag", "last_modified"):
        setattr(this, name, getattr(body, name))


def _last(feed: IndicatorFeed, states: Any) -> FeedRun | None:
    """The run among these states that something became of most lately."""
    settled = feed.runs.annotate(settled_at=Coalesce("decided_at", "ended_at"))
    return settled.filter(state__in=states).order_by("-settled_at", "-pk").first()


def _same_again(feed: IndicatorFeed) -> FeedRun | None:
    """The run after which an unchanged file would change nothing: the last one, if it was good and read alike."""
    last = _last(feed, (*GOOD, *DECIDED, RunState.HELD))
    return last if last and last.state in GOOD and last.mapping == feed.mapping else None


def _take(this: FeedRun, body: Body) -> None:
    """Publish or hold what came, or say that it is nothing new."""
    feed, same = this.feed, _same_again(this.feed)
    if same and (body.is_unchanged or body.sha256 == same.sha256):
        kept = {name: getattr(same, name) for name in ("understood", "countries", "refused", "problems")}
        this.sha256, this.etag, this.last_modified = same.sha256, same.etag, same.last_modified
        this.end(RunState.UNCHANGED, unchanged=same.understood, **kept)
        return
    if refused := _refusal_of(this, body):
        words = _("This is the very file that %(name)s has refused.") % {"name": refused.decided_by}
        remedy = _("The next file that differs is looked at again. To look at this one, use “Run now”.")
        decided = {"decided_at": refused.decided_at, "decided_by": refused.decided_by}
        this.end(RunState.DISCARDED, problem=words, remedy=remedy, **decided)
        return
    with transaction.atomic(), compared(body.path, feed) as found:
        found.doubts += _distrust(feed)
        for name, value in found.counts().items():
            setattr(this, name, value)
        _overtake(feed)
        if found.is_doubtful:
            _hold(this, body.path)
            return
        with _history_of(this, this.started_by):
            write(this)
        if found.held:
            this.end(RunState.PARTLY_HELD)
            keep_held(this)
        else:
            this.end(RunState.PUBLISHED if found.new or found.revised else RunState.UNCHANGED)


def _refusal_of(this: FeedRun, body: Body) -> FeedRun | None:
    """The run of the same file that a person discarded or rolled back; who starts a run by hand wants to see it."""
    if this.started_by_id:
        return None
    return this.feed.runs.filter(state__in=DECIDED, sha256=body.sha256, mapping=this.mapping).first()


def _distrust(feed: IndicatorFeed) -> list[Doubt]:
    """After a run was rolled back a person looks at the next one."""
    last = _last(feed, (*GOOD, RunState.ROLLED_BACK))
    if last is None or last.state != RunState.ROLLED_BACK:
        return []
    words = _("The run before was rolled back, so that a person is to look at this one.")
    return [Doubt(words, _("Look whether the source has mended what was wrong."), Holds.FILE)]


def _hold(this: FeedRun, path: Path) -> None:
    """Keep the file, under the name of its content, and the values that are doubted."""
    this.body.name = f"held/{this.sha256}"
    if not this.body.storage.exists(this.body.name):
        with path.open("rb") as file:
            this.body.storage.save(this.body.name, File(file))
    this.end(RunState.HELD)
    keep_held(this)


def _overtake(feed: IndicatorFeed) -> None:
    """A file that came later stands for what was held, also for single values."""
    for earlier in feed.runs.filter(state=RunState.PARTLY_HELD):
        earlier.end(RunState.PUBLISHED, ended_at=earlier.ended_at)
    for earlier in feed.runs.filter(state=RunState.HELD):
        earlier.end(RunState.SUPERSEDED, body="", ended_at=earlier.ended_at)
        _forget_body(earlier.sha256)


def _forget_body(sha256: str) -> None:
    """Delete a kept file once it is certain that nobody needs it."""

    def delete() -> None:
        if not FeedRun.objects.filter(state=RunState.HELD, sha256=sha256).exists():
            feed_storage().delete(f"held/{sha256}")

    transaction.on_commit(delete, robust=True)


@contextmanager
def _history_of(this: FeedRun, by: Any) -> Iterator[None]:
    """Name feed and person in the history of what is written."""
    with pghistory.context(user=by.pk if by else None, note=f"feed {this.feed.key}, run {this.pk}"):
        yield


# What a person decides


@contextmanager
def _deciding(this: FeedRun, states: tuple[RunState, ...], refusal: str) -> Iterator[None]:
    """Decide of a run that is still in one of the states, alone and in one transaction."""
    with locked(this.feed), transaction.atomic():
        this.refresh_from_db()
        if this.state not in states:
            raise FeedProblem(refusal, _("Load its page again to see what became of it."))
        yield


def publish(this: FeedRun, *, by: Any) -> None:
    """Make a held run public, but for what does not fit the unit; raise FeedProblem where that cannot be."""
    with _deciding(this, (RunState.HELD,), _("This run is not held any more.")):
        _refuse_other_mapping(this)
        if not Path(this.body.path).exists():
            raise FeedProblem(
                _("The file of this run is not on this machine."),
                _("Discard it and run the feed again."),
            )
        with compared(Path(this.body.path), this.feed) as found, _history_of(this, by):
            write(this, with_held=True)
        counts = found.counts()
        for name in ("reasons", "doubts", "held"):  # they stay as somebody saw them
            del counts[name]
        this.held_values.filter(because=HeldBecause.UNIT).update(is_left_out=True)
        this.end(
            RunState.PUBLISHED, body="", decided_at=timezone.now(), decided_by=by, ended_at=this.ended_at, **counts
        )
        _forget_body(this.sha256)


def _refuse_other_mapping(this: FeedRun) -> None:
    if this.mapping != this.feed.mapping:
        raise FeedProblem(
            _("The feed has been changed since this run."),
            _("Run the feed again: the file is then read as the feed says now."),
        )


def publish_values(this: FeedRun, *, by: Any) -> None:
    """Make public the values that a published run has held, but for what does not fit the unit."""
    with _deciding(this, (RunState.PARTLY_HELD,), _("No value of this run is held any more.")):
        _refuse_other_mapping(this)
        with _history_of(this, by):
            new, revised = write_held(this)
        this.held_values.filter(because=HeldBecause.UNIT).update(is_left_out=True)
        this.end(
            RunState.PUBLISHED,
            decided_at=timezone.now(),
            decided_by=by,
            ended_at=this.ended_at,
            new=this.new + new,
            revised=this.revised + revised,
        )


def leave_out(this: FeedRun, *, by: Any) -> None:
    """Leave out the values that a published run has held; the same ones do not wait again."""
    with _deciding(this, (RunState.PARTLY_HELD,), _("No value of this run is held any more.")):
        this.held_values.update(is_left_out=True)
        this.end(RunState.PUBLISHED, decided_at=timezone.now(), decided_by=by, ended_at=this.ended_at)


def discard(this: FeedRun, *, by: Any) -> None:
    """Leave what is public as it is; the same file is not looked at again."""
    with _deciding(this, (RunState.HELD,), _("This run is not held any more.")):
        this.end(RunState.DISCARDED, body="", decided_at=timezone.now(), decided_by=by, ended_at=this.ended_at)
        _forget_body(this.sha256)


def roll_back(this: FeedRun, *, by: Any) -> None:
    """Restore what the run revised and remove what it added; raise FeedProblem where something was built upon it.

    The next run that differs is held, since the source may still say the same.
    """
    with _deciding(this, PUBLIC, _("Only a published run can be rolled back.")):
        missing = this.new + this.revised - written_by(this)
        if missing:
            raise FeedProblem(*_built_upon(this, missing))
        with _history_of(this, by):
            take_back(this)
        this.end(RunState.ROLLED_BACK, decided_at=timezone.now(), decided_by=by, ended_at=this.ended_at)


def _built_upon(this: FeedRun, missing: int) -> tuple[str, str]:
    """Why a run cannot be rolled back, and what to do first."""
    later = this.feed.runs.filter(state__in=PUBLIC, pk__gt=this.pk).exclude(new=0, revised=0).first()
    problem = ngettext(
        "%(count)d value of this run has been changed since.",
        "%(count)d values of this run have been changed since.",
        missing,
    ) % {"count": missing}
    if later and Observation.objects.filter(feed_run__feed=this.feed, feed_run__pk__gt=this.pk).exists():
        return problem, _("Roll back the later run of %(time)s first.") % {"time": later.started_in_words}
    return problem, _("People have changed or deleted them: correct the values one by one, in their list.")
