"""``manage.py update_indicators``: run all active feeds, or one feed, now."""

import logging
from argparse import ArgumentParser
from collections.abc import Callable
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from countries.feeds.dry_run import try_out
from countries.feeds.runs import Busy, run
from countries.models import WAITING, FeedRun, IndicatorFeed, RunState
from foundation.arguments import utf8

BAD = (RunState.FAILED, *WAITING)

logger = logging.getLogger(__name__)


class Command(BaseCommand):
    help = "Download the active feeds and publish their values. Doubtful values are held for review in the admin."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--feed", type=utf8, metavar="KEY", help="only this feed, even if it is inactive")
        parser.add_argument("--dry-run", action="store_true", help="download and compare without writing")

    def handle(self, *, feed: str | None, dry_run: bool, **options: Any) -> None:
        feeds = IndicatorFeed.objects.filter(key=feed) if feed else IndicatorFeed.objects.filter(is_on=True)
        if feed and not feeds:
            known = ", ".join(IndicatorFeed.objects.values_list("key", flat=True)) or "none"
            raise CommandError(f"There is no feed {feed}. There are: {known}.")
        if not feeds:
            self.stdout.write("No feed is active. Activate one in the admin, or name one with --feed.")
        failed = [one.key for one in feeds if not self._done(self._try if dry_run else self._run, one)]
        if failed:
            raise CommandError(f"Not updated: {', '.join(failed)}. Their public values have not changed.")

    def _done(self, work: Callable[[IndicatorFeed], bool], feed: IndicatorFeed) -> bool:
        """Return whether the feed succeeded; an unexpected exception in one feed does not stop the others."""
        try:
            return work(feed)
        except Exception as error:
            logger.exception("The feed %s failed.", feed.key)
            self.stderr.write(f"{feed.key}: An unexpected error occurred: {type(error).__name__}: {error}")
            return False

    def _run(self, feed: IndicatorFeed) -> bool:
        try:
            done = run(feed)
        except Busy as busy:
            self.stderr.write(f"{feed.key}: {busy}")
            return True
        self.stdout.write(f"{feed.key}: {done.get_state_display()}. {_counts(done)}")
        if done.problem:
            self.stderr.write(f"{feed.key}: {done.problem} {done.remedy}".rstrip())
        self._tell_doubts(feed, done.doubts)
        self._tell_refused(feed, done.problems)
        return done.state not in BAD

    def _try(self, feed: IndicatorFeed) -> bool:
        trial = try_out(feed)
        if trial.problem:
            self.stderr.write(f"{feed.key}: {trial.problem} {trial.remedy}")
            return False
        run_like = FeedRun(feed=feed, **trial.counts)
        self.stdout.write(f"{feed.key}: nothing was written. The run would give: {_counts(run_like)}")
        if trial.waits:
            self.stderr.write(f"{feed.key}: it would be held for review.")
        self._tell_doubts(feed, run_like.doubts)
        self._tell_refused(feed, run_like.problems)
        return True

    def _tell_doubts(self, feed: IndicatorFeed, doubts: list[dict[str, Any]]) -> None:
        for doubt in doubts:
            first = "".join(
                " First in row {line}: {country} {period}: {value}.".format(**e) for e in doubt["examples"][:1]
            )
            self.stderr.write(f"{feed.key}: {doubt['problem']}{first} {doubt['remedy']}")

    def _tell_refused(self, feed: IndicatorFeed, problems: list[dict[str, Any]]) -> None:
        for kind in problems:
            where = f"first in row {kind['line']}, “{kind['cell']}”"
            self.stderr.write(f"{feed.key}: {kind['count']} refused, {where}: {kind['problem']} {kind['remedy']}")


def _counts(run: FeedRun) -> str:
    return (
        f"{run.rows_read} rows read, {run.new} new, {run.revised} revised, {run.unchanged} unchanged,"
        f" {run.refused} refused, {run.held} to look at"
    )
