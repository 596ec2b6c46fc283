"""Background tasks of proposed changes. Run by `manage.py procrastinate worker`."""

from django.utils import timezone
from procrastinate import JobContext
from procrastinate.contrib.django import app

from foundation.records.revision_later_admin import publish_due


@app.periodic(cron="* * * * *")
@app.task(lock="publish_revisions", queueing_lock="publish_revisions", pass_context=True)
def publish_revisions(context: JobContext, timestamp: int) -> None:
    """Publish the proposed changes that were approved for a time which has come."""
    publish_due(at=timezone.now(), is_stopping=context.should_abort)
