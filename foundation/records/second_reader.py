"""Nothing that is public passes the second reader: who may change what, in one place.

What is public, or what something public cites or names, is changed only by those who may publish. What each model
counts as public is said beside the model, by the method `public` of its query set: it is the same for a form, an
action, an import and the pages. The command line works for the operator, who is asked nothing.
"""

from typing import Any

from django.conf import settings
from django.core.exceptions import FullResultSet
from django.db import connection
from django.db.models import Model, QuerySet


class BecamePublic(Exception):
    """What was just written is public, and who wrote it may not publish; to be taken back with the transaction."""


def may_publish(user: Any) -> bool:
    """Whether `user` is a second reader."""
    return bool(user.has_perm(settings.PUBLISH_PERMISSION))


def is_public(record: Model) -> bool:
    """Whether `record`, as it is stored, is public or cited by something public."""
    return record.pk is not None and public(type(record)).filter(pk=record.pk).exists()


def may_change(user: Any, record: Model) -> bool:
    """Whether the rule lets `user` change or delete `record`; the permission for its kind is asked elsewhere."""
    return may_publish(user) or not is_public(record)


def changeable(user: Any, records: QuerySet[Any]) -> QuerySet[Any]:
    """Those of `records` that the rule lets `user` change."""
    return records if may_publish(user) else records.exclude(pk__in=public(records.model).values("pk"))


def refuse_public(user: Any, record: Model) -> None:
    """Raise BecamePublic where `user` has just written what the public sees; to be called before the commit."""
    if not may_change(user, record):
        raise BecamePublic


def public(model: type[Model]) -> QuerySet[Any]:
    """The records of `model` that the public sees, or that something public cites or names."""
    records: Any = model._default_manager
    found: QuerySet[Any] = records.public()
    return found


def public_condition(model: type[Model]) -> str:
    """SQL of the same for a row of the model's table, or of one like it under the table's name."""
    query = public(model).query
    try:
        sql, params = query.get_compiler(connection=connection).compile(query.where)
    except FullResultSet:
        return "true"
    return str(connection.ops.compose_sql(sql, params))  # type: ignore[attr-defined]  # PostgreSQL's
