"""Periodic housekeeping tasks of the project, and letters. Run by `manage.py procrastinate worker`."""

from contextlib import suppress

from django.db import transaction
from django.utils import timezone
from procrastinate import JobContext, RetryStrategy
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from observatory import digests, leftovers, letters, recovery
from observatory.accounts import mail, sign_in

AGAIN = RetryStrategy(max_attempts=4, wait=60, exponential_wait=8)
"""Letters are tried again after 1, 2, 10 and 70 minutes: a mail server may be away, or ask for patience."""


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="take_up_interrupted", name="observatory.tasks.take_up_interrupted")
def take_up_interrupted(timestamp: int) -> None:
    """Recover work that dead processes left unfinished."""
    recovery.take_up_interrupted()


@app.periodic(cron="17 3 * * *")
@app.task(queueing_lock="forget_old_jobs", pass_context=True, name="observatory.tasks.forget_old_jobs")
async def forget_old_jobs(context: JobContext, timestamp: int) -> None:
    """Delete jobs that ended a month ago."""
    await context.app.job_manager.delete_old_jobs(
        nb_hours=30 * 24, include_failed=True, include_cancelled=True, include_aborted=True
    )


@app.periodic(cron="27 3 * * *")
@app.task(queueing_lock="forget_sign_ins")
def forget_sign_ins(timestamp: int) -> None:
    """Delete expired sessions and old sign-in records."""
    sign_in.forget_sign_ins(at=timezone.now())


@app.periodic(cron="37 3 * * *")
@app.task(queueing_lock="remove_leftovers", name="observatory.tasks.remove_leftovers")
def remove_leftovers(timestamp: int) -> None:
    """Delete files that killed processes have left behind."""
    leftovers.remove_leftovers(at=timezone.now())


@app.periodic(cron="*/10 * * * *")
@app.task(lock="send_digests", queueing_lock="send_digests", pass_context=True, name="observatory.tasks.send_digests")
def send_digests(context: JobContext, timestamp: int) -> None:
    """Send the daily letters from the set hour on."""
    digests.send_digests(at=timezone.now(), is_stopping=context.should_abort)


@app.periodic(cron="*/10 * * * *")
@app.task(lock="send_letters", queueing_lock="send_letters", pass_context=True, name="observatory.tasks.send_letters")
def send_letters(context: JobContext, timestamp: int) -> None:
    """Write the letters to those who follow a filter from the set hour on, and send what waits."""
    letters.write_letters(at=timezone.now(), is_stopping=context.should_abort)
    letters.send_letters(at=timezone.now(), is_stopping=context.should_abort)


def send_letters_soon() -> None:
    """Have a worker send what was just written; call this on commit."""
    with suppress(AlreadyEnqueued), transaction.atomic():  # the queued task will send it
        name = "send_letters"
        app.configure_task(f"observatory.tasks.{name}", queueing_lock=name, lock=name).defer(timestamp=0)


@app.task(name="observatory.tasks.send_reset_letters", retry=AGAIN)
def send_reset_letters(email: str, origin: str, language: str) -> None:
    """Write to the accounts of an address whose password was forgotten."""
    mail.send_reset_letters(email, origin, language)


@app.task(name="observatory.tasks.send_reset_letter", retry=AGAIN)
def send_reset_letter(user: int, by: int, asked_at: str, origin: str, language: str) -> None:
    """Write to an account for which an administrator has made a link."""
    mail.send_reset_letter(user, by, asked_at, origin, language)


@app.task(name="observatory.tasks.send_invitation", retry=AGAIN)
def send_invitation(user: int, by: int, asked_at: str, origin: str, language: str) -> None:
    """Write to a person who was invited."""
    mail.send_invitation(user, by, asked_at, origin, language)


@app.task(name="observatory.tasks.send_notice", retry=AGAIN)
def send_notice(user: int, act: str, origin: str, language: str) -> None:
    """Tell the owner of an account that its password or second factor has changed."""
    mail.send_notice(user, act, origin, language)
