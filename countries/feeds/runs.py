"""Run a feed, from the download to publication, and record what a person decides about the run afterwards.

Work on a feed holds a PostgreSQL advisory lock. If the process dies, the lock is released, nothing has been written,
and the next run reports the interruption.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pghistory
from django.core.files import File
from django.db import DatabaseError, OperationalError, transaction
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
from foundation.disks import full_in_words, is_full
from foundation.sql import session_lock

LOCK = 7_104_002
"""The first half of the advisory lock key of a feed."""


class Busy(FeedProblem):
    """Another process is running this feed."""

    def __init__(self) -> None:
        super().__init__(_("This feed is already running."), _("Try again in a few minutes."), is_transient=True)


@contextmanager
def locked(feed: IndicatorFeed) -> Iterator[None]:
    """Hold the lock of a feed; raise Busy if another process has it."""
    with session_lock(LOCK, feed.pk) as is_ours:
        if not is_ours:
            raise Busy
        yield


def run(feed: IndicatorFeed, *, by_id: int | None = None) -> FeedRun:
    """Fetch the feed and publish or hold the file; the returned run has the result, whatever it is.

    Raise Busy if the feed is already running; unexpected exceptions are recorded and re-raised.
    """
    with locked(feed):
        _end_interrupted(feed)
        this = FeedRun.objects.create(feed=feed, mapping=feed.mapping, started_by_id=by_id)
        try:
            with _full_disk_told(), fetched(feed, _same_again(feed)) as body:
                _note(this, body)
                _take(this, body)
        except StatusProblem as problem:
            this.status_code = problem.status
            this.fail(problem.problem, problem.remedy, is_transient=problem.is_transient)
        except FeedProblem as problem:
            this.fail(problem.problem, problem.remedy, is_transient=problem.is_transient)
        except DatabaseError as error:
            this.fail(
                _("The database refused the change: %(error)s")
                % {"error": (str(error).splitlines() or [type(error).__name__])[0]},
                _("Nothing was written. Tell the operator of this installation."),
            )
        except BaseException:
            this.fail(
                _("An unexpected error occurred."),
                _("Nothing was written. Tell the operator of this installation; the log has the details."),
            )
            raise
        return this


@contextmanager
def _full_disk_told() -> Iterator[None]:
    try:
        yield
    except (OperationalError, OSError) as error:
        if is_full(error):
            raise FeedProblem(*full_in_words(), is_transient=True) from error
        raise


def end_interrupted() -> None:
    """Mark runs whose process has died as failed, including those of feeds that next run weeks from now."""
    for feed in IndicatorFeed.objects.filter(runs__state=RunState.RUNNING):
        with suppress(Busy), locked(feed):
            _end_interrupted(feed)


def _end_interrupted(feed: IndicatorFeed) -> None:
    """Mark running runs as failed; we hold the lock, so their process has died."""
    for dead in feed.runs.filter(state=RunState.RUNNING):
        dead.fail(
            _("The worker was stopped during this run."),
            _("Nothing was written. The next run starts from the beginning."),
        )


def _note(this: FeedRun, body: Body) -> None:
    for name in ("status_code", "final_url", "bytes", "sha256", "etag", "last_modified"):
        setattr(this, name, getattr(body, name))


def _last(feed: IndicatorFeed, states: Any) -> FeedRun | None:
    """The most recently decided or ended run in one of these states."""
    settled = feed.runs.annotate(settled_at=Coalesce("decided_at", "ended_at"))
    return settled.filter(state__in=states).order_by("-settled_at", "-pk").first()


def _same_again(feed: IndicatorFeed) -> FeedRun | None:
    """The last run, if it was good and had the same mapping: an unchanged file would then change nothing."""
    last = _last(feed, (*GOOD, *DECIDED, RunState.HELD))
    return last if last and last.state in GOOD and last.mapping == feed.mapping else None


def _take(this: FeedRun, body: Body) -> None:
    """Publish or hold the file, or record that it is unchanged."""
    feed, same = this.feed, _same_again(this.feed)
    if same and (body.is_unchanged or body.sha256 == same.sha256):
        kept = {name: getattr(same, name) for name in ("understood", "countries", "refused", "problems")}
        this.sha256, this.etag, this.last_modified = same.sha256, same.etag, same.last_modified
        this.end(RunState.UNCHANGED, unchanged=same.understood, **kept)
        return
    if refused := _refusal_of(this, body):
        words = _("%(name)s has already discarded this file.") % {"name": refused.decided_by}
        remedy = _("The next file that differs is checked again. To check this file, use “Run now”.")
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
    """The run of the same file that a person rejected or rolled back; None if the feed was started by hand."""
    if this.started_by_id:
        return None
    return this.feed.runs.filter(state__in=DECIDED, sha256=body.sha256, mapping=this.mapping).first()


def _distrust(feed: IndicatorFeed) -> list[Doubt]:
    """Hold the first run after a rollback for review."""
    last = _last(feed, (*GOOD, RunState.ROLLED_BACK))
    if last is None or last.state != RunState.ROLLED_BACK:
        return []
    words = _("The previous run was rolled back, so this run is held for review.")
    return [Doubt(words, _("Check whether the source has corrected the error."), Holds.FILE)]


def _hold(this: FeedRun, path: Path) -> None:
    """Store the file under its hash, and the held values."""
    this.body.name = f"held/{this.sha256}"
    if not this.body.storage.exists(this.body.name):
        with path.open("rb") as file:
            this.body.storage.save(this.body.name, File(file))
    this.end(RunState.HELD)
    keep_held(this)


def _overtake(feed: IndicatorFeed) -> None:
    """Let the newer file supersede held files and held values."""
    for earlier in feed.runs.filter(state=RunState.PARTLY_HELD):
        earlier.end(RunState.PUBLISHED, ended_at=earlier.ended_at)
    for earlier in feed.runs.filter(state=RunState.HELD):
        earlier.end(RunState.SUPERSEDED, body="", ended_at=earlier.ended_at)
        _forget_body(earlier.sha256)


def _forget_body(sha256: str) -> None:
    """Delete a stored file on commit if no held run needs it."""

    def delete() -> None:
        if not FeedRun.objects.filter(state=RunState.HELD, sha256=sha256).exists():
            feed_storage().delete(f"held/{sha256}")

    transaction.on_commit(delete, robust=True)


@contextmanager
def _history_of(this: FeedRun, by: Any) -> Iterator[None]:
    """Record feed and person in the history of the changes."""
    with pghistory.context(user=by.pk if by else None, note=f"feed {this.feed.key}, run {this.pk}"):
        yield


# Decisions of a person


@contextmanager
def _deciding(this: FeedRun, states: tuple[RunState, ...], refusal: str) -> Iterator[None]:
    """Lock a run that must still be in one of these states, and decide on it in one transaction."""
    with locked(this.feed), transaction.atomic():
        this.refresh_from_db()
        if this.state not in states:
            raise FeedProblem(refusal, _("Reload its page to see what happened."))
        yield


def publish(this: FeedRun, *, by: Any) -> None:
    """Publish a held run, except for values that do not fit the unit; raise FeedProblem if that is impossible."""
    with _deciding(this, (RunState.HELD,), _("This run is no longer held.")):
        _refuse_other_mapping(this)
        if not Path(this.body.path).exists():
            raise FeedProblem(
                _("The file of this run is not on this server."),
                _("Discard it and run the feed again."),
            )
        with compared(Path(this.body.path), this.feed) as found, _history_of(this, by):
            write(this, with_held=True)
        counts = found.counts()
        for name in ("reasons", "doubts", "held"):  # these stay as the reviewer saw them
            del counts[name]
        this.held_values.filter(because=HeldBecause.UNIT).update(is_left_out=True)
        this.end(
            RunState.PUBLISHED, body="", decided_at=timezone.now(), decided_by=by, ended_at=this.ended_at, **counts
        )
        _forget_body(this.sha256)


def _refuse_other_mapping(this: FeedRun) -> None:
    if this.mapping != this.feed.mapping:
        raise FeedProblem(
            _("The feed has changed since this run."),
            _("Run the feed again to read the file with the current settings."),
        )


def publish_values(this: FeedRun, *, by: Any) -> None:
    """Publish the held values of a published run, except for those that do not fit the unit."""
    with _deciding(this, (RunState.PARTLY_HELD,), _("This run has no held values any more.")):
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
    """Reject the held values of a published run; the same values are not held again."""
    with _deciding(this, (RunState.PARTLY_HELD,), _("This run has no held values any more.")):
        this.held_values.update(is_left_out=True)
        this.end(RunState.PUBLISHED, decided_at=timezone.now(), decided_by=by, ended_at=this.ended_at)


def discard(this: FeedRun, *, by: Any) -> None:
    """Reject a held run; the same file is not processed again."""
    with _deciding(this, (RunState.HELD,), _("This run is no longer held.")):
        this.end(RunState.DISCARDED, body="", decided_at=timezone.now(), decided_by=by, ended_at=this.ended_at)
        _forget_body(this.sha256)


def roll_back(this: FeedRun, *, by: Any) -> None:
    """Restore what the run revised and remove what it added; raise FeedProblem if values have changed since.

    The next run that differs is held, since the source may still be wrong.
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
    return problem, _("They were changed or deleted by hand: correct the values one by one, in their list.")
