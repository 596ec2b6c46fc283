"""Housekeeping of the project itself, by the clock."""

from django.utils import timezone
from procrastinate.contrib.django import app

from observatory import sign_in


@app.periodic(cron="27 3 * * *")
@app.task(queueing_lock="forget_sign_ins")
def forget_sign_ins(timestamp: int) -> None:
    """Delete old sessions and old records of sign-ins."""
    sign_in.forget_sign_ins(at=timezone.now())
