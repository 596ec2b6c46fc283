"""The second-reader rule: who may change what, in one place.

What is public, or what something public cites or names, can only be changed by those who may publish. Each model's
queryset method `public` defines what counts as public: it is the same for a form, an action, an import and the pages.
The command line acts for the operator and is not restricted.
"""

from typing import Any

from django.conf import settings
from django.contrib.auth import get_permission_codename
from django.core.exceptions import EmptyResultSet, FullResultSet
from django.db import connection
from django.db.models import Model, QuerySet


class BecamePublic(Exception):
    """What was just written is public, but its author may not publish; the transaction must be rolled back."""


def may_publish(user: Any) -> bool:
    """Whether `user` is a second reader."""
    return bool(user.has_perm(settings.PUBLISH_PERMISSION))


def may_change_public(user: Any, model: type[Model]) -> bool:
    """Whether `user` may change the public records of a kind: with the permission to change these, and to publish."""
    change = get_permission_codename("change", model._meta)
    return may_publish(user) and bool(user.has_perm(f"{model._meta.app_label}.{change}"))


def is_public(record: Model) -> bool:
    """Whether `record`, as it is stored, is public or cited by something public."""
    return record.pk is not None and public(type(record)).filter(pk=record.pk).exists()


def may_change(user: Any, record: Model) -> bool:
    """Whether the rule lets `user` change or delete `record`; model permissions are checked elsewhere."""
    return may_publish(user) or not is_public(record)


def changeable(user: Any, records: QuerySet[Any]) -> QuerySet[Any]:
    """Those of `records` that the rule lets `user` change."""
    return records if may_publish(user) else records.exclude(pk__in=public(records.model).values("pk"))


def refuse_public(user: Any, record: Model) -> None:
    """Raise BecamePublic if `user` has just written something public without permission; call before the commit."""
    if not may_change(user, record):
        raise BecamePublic


def public(model: type[Model]) -> QuerySet[Any]:
    """The records of `model` that the public sees, or that something public cites or names."""
    records: Any = model._default_manager
    found: QuerySet[Any] = records.public()
    return found


def has_public(model: type[Model]) -> bool:
    """Whether records of `model` become public at all."""
    return hasattr(model._default_manager, "public")


def public_condition(model: type[Model]) -> str:
    """The same as an SQL condition on a row of the model's table, or of a similar one under that table's name."""
    return condition_of(public(model))


def condition_of(records: QuerySet[Any]) -> str:
    """The condition of a queryset without joins as SQL on a row of its table, or of a similar one under its name."""
    query = records.query
    try:
        sql, params = query.get_compiler(connection=connection).compile(query.where)
    except FullResultSet:
        return "true"
    except EmptyResultSet:
        return "false"
    return str(connection.ops.compose_sql(sql, params))  # type: ignore[attr-defined]  # PostgreSQL's
