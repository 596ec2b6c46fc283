"""Descriptions of background jobs: what each does, on which object, since when, and the result."""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from procrastinate.contrib.django import app

from observatory.models import BackgroundJob

TASKS = {
    "countries.feeds.tasks.update_feed": _("Run a feed"),
    "countries.feeds.tasks.update_due_feeds": _("Find feeds that are due"),
    "foundation.files.importing.tasks.check_file": _("Check an uploaded file"),
    "foundation.files.importing.tasks.import_file": _("Import an uploaded file"),
    "foundation.files.importing.tasks.undo_import": _("Undo an import"),
    "foundation.records.tasks.publish_revisions": _("Publish approved changes"),
    "measures.tasks.visit_sources": _("Fetch sources and check their links"),
    "measures.tasks.tend_archive": _("Read the captures and check quotes"),
    "measures.tasks.settle_validity": _("Derive what is in force"),
    "measures.tasks.publish_scheduled": _("Publish what is scheduled"),
    "measures.tasks.record_quality": _("Count the quality of the record"),
    "measures.tasks.forget_reports": _("Delete spam and the senders of old reports"),
    "measures.tasks.forget_subscriptions": _("Delete unconfirmed subscriptions"),
    "observatory.tasks.send_digests": _("Send the daily e-mails"),
    "observatory.tasks.send_letters": _("Send letters to those who follow a filter"),
    "observatory.tasks.take_up_interrupted": _("Resume jobs of workers that stopped"),
    "observatory.tasks.forget_old_jobs": _("Delete old jobs"),
    "observatory.tasks.forget_sign_ins": _("Delete old sessions and sign-ins"),
    "observatory.tasks.remove_leftovers": _("Delete files of stopped processes"),
    "observatory.tasks.send_reset_letters": _("Send a link for a new password"),
    "observatory.tasks.send_reset_letter": _("Send a link for a new password"),
    "observatory.tasks.send_invitation": _("Send an invitation"),
    "observatory.tasks.send_notice": _("Send a notice of a changed account"),
    "measures.tasks.refresh_search_words": _("Update the search vocabulary"),
}
"""What a task does; an unlisted task is shown by name."""

PAGES = {"feed": "admin:countries_indicatorfeed_change", "file_import": "admin:foundation_fileimport_change"}
"""The admin page of a job's object, by the argument that has its id."""

STATES = {
    "todo": _("Queued"),
    "doing": _("In progress"),
    "succeeded": _("Done"),
    "failed": _("Failed"),
    "cancelled": _("Cancelled"),
    "aborted": _("Aborted"),
}

BEGAN, ENDED = "started", ("succeeded", "failed", "cancelled", "aborted")


@dataclass(frozen=True, slots=True)
class About:
    """The object of a job: its description, with the URL of its page if there is one."""

    words: str
    url: str = ""


def what(job: BackgroundJob) -> str:
    """What the job does, in words."""
    return str(TASKS.get(job.task_name) or job.task_name.rpartition(".")[2].replace("_", " ").capitalize())


def about(job: BackgroundJob, feed: str | None) -> About:
    """The object of the job; `feed` is the key of its feed, if that still exists."""
    names = {"feed": feed, "file_import": _("Import %(number)s") % {"number": job.args.get("file_import")}}
    for name, page in PAGES.items():
        if name in job.args and names[name]:
            return About(str(names[name]), reverse(page, args=[job.args[name]]))
    told = ", ".join(f"{name} {value}" for name, value in job.args.items() if name != "timestamp" and value)
    return About(told[:200])


def moment(job: BackgroundJob, kinds: Iterable[str]) -> datetime.datetime | None:
    """When the job last had an event of these kinds; its events must be loaded."""
    moments = [event.at for event in job.procrastinateevent_set.all() if event.type in kinds and event.at]
    return max(moments, default=None)


def routine() -> set[str]:
    """The names of periodic tasks."""
    return {task for task, _periodic_id in app.periodic_registry.periodic_tasks}


def counts() -> list[tuple[str, str, int]]:
    """Each state with its label and number of jobs, excluding finished housekeeping."""
    jobs = BackgroundJob.objects.exclude(status="succeeded", task_name__in=routine())
    found = dict(jobs.values_list("status").annotate(Count("pk")).order_by())
    return [(state, str(words), found.get(state, 0)) for state, words in STATES.items()]
