"""The queue of background work in words: what each job does, about what, since when, and what came of it."""

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
    "countries.feeds.tasks.update_due_feeds": _("Look for feeds whose time has come"),
    "foundation.files.importing.tasks.check_file": _("Check an uploaded file"),
    "foundation.files.importing.tasks.import_file": _("Import an uploaded file"),
    "measures.tasks.visit_sources": _("Fetch sources and look at their links"),
    "measures.tasks.tend_archive": _("Read and check what was kept"),
    "observatory.tasks.take_up_interrupted": _("Take up work whose worker died"),
    "observatory.tasks.forget_old_jobs": _("Forget work of long ago"),
    "observatory.tasks.forget_sign_ins": _("Forget old sessions and sign-ins"),
    "measures.tasks.refresh_search_words": _("Collect the words of the search"),
}
"""What a task does; one that is missing here goes by its own name."""

PAGES = {"feed": "admin:countries_indicatorfeed_change", "file_import": "admin:foundation_fileimport_change"}
"""The page of what a job is about, by the argument that holds its number."""

STATES = {
    "todo": _("Waits"),
    "doing": _("Under way"),
    "succeeded": _("Done"),
    "failed": _("Failed"),
    "cancelled": _("Cancelled"),
    "aborted": _("Broken off"),
}

BEGAN, ENDED = "started", ("succeeded", "failed", "cancelled", "aborted")


@dataclass(frozen=True, slots=True)
class About:
    """What a job works on: words, with the address of its page where it has one."""

    words: str
    url: str = ""


def what(job: BackgroundJob) -> str:
    """What the job does, in words."""
    return str(TASKS.get(job.task_name) or job.task_name.rpartition(".")[2].replace("_", " ").capitalize())


def about(job: BackgroundJob, feed: str | None) -> About:
    """What the job works on; `feed` is the key of the feed that it names, if that is still there."""
    names = {"feed": feed, "file_import": _("Import %(number)s") % {"number": job.args.get("file_import")}}
    for name, page in PAGES.items():
        if name in job.args and names[name]:
            return About(str(names[name]), reverse(page, args=[job.args[name]]))
    told = ", ".join(f"{name} {value}" for name, value in job.args.items() if name != "timestamp" and value)
    return About(told[:200])


def moment(job: BackgroundJob, kinds: Iterable[str]) -> datetime.datetime | None:
    """When the job last did this; its events are loaded with it."""
    moments = [event.at for event in job.procrastinateevent_set.all() if event.type in kinds and event.at]
    return max(moments, default=None)


def routine() -> set[str]:
    """The names of what runs by the clock."""
    return {task for task, _periodic_id in app.periodic_registry.periodic_tasks}


def counts() -> list[tuple[str, str, int]]:
    """Each state with its words and the number of jobs, housekeeping that is done left out."""
    jobs = BackgroundJob.objects.exclude(status="succeeded", task_name__in=routine())
    found = dict(jobs.values_list("status").annotate(Count("pk")).order_by())
    return [(state, str(words), found.get(state, 0)) for state, words in STATES.items()]
