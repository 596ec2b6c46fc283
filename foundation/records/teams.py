"""Country teams: which records an account works on, in one place.

An account may belong to countries; `settings.TEAM_MODEL` has a row for each. As soon as one account does, everybody
but those with `settings.ALL_COUNTRIES_PERMISSION` sees, of what is not public, the records of their own countries
alone, and changes no others. Until then nothing is restricted.

A kind of record says by a method `of_team` of its queryset which records are those of a team; a part of another record
names the field that leads there in `part_of` of its model. Kinds with neither, such as sources, are
shared by all teams. The words and texts that all countries use have `is_shared_vocabulary`: every team reads them and
proposes changes, and only those who work on all countries make any. The command line acts for the operator and is not
restricted.

Records may also be kept from a person whatever their countries, as the first coding of an act is from its second coder:
a kind of which that is so has a method `kept_from` on its queryset, with those records, or None. They are to that
person as those of another country.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

from django.apps import apps
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.postgres.expressions import ArraySubquery
from django.db import connection
from django.db.models import Exists, Model, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from foundation.records.second_reader import condition_of, has_public, public

R = TypeVar("R", bound=QuerySet[Any])


class OutOfReach(Exception):
    """What was just written is not of the author's countries; the transaction must be rolled back."""


@dataclass(frozen=True, slots=True)
class Team:
    """An account with the countries that it belongs to."""

    user: Any
    countries: frozenset[str]


def team_of(user: Any) -> Team | None:
    """The team of `user`; None for who works on the records of all countries; kept on the account."""
    if not hasattr(user, "_team"):
        user._team = _read_team(user)
    found: Team | None = user._team
    return found


def _read_team(user: Any) -> Team | None:
    if user.has_perm(settings.ALL_COUNTRIES_PERMISSION):
        return None
    is_read = hasattr(user, "has_teams")
    account: Any = user if is_read else with_team(get_user_model()._default_manager.filter(pk=user.pk)).first()
    if account is None:  # somebody anonymous
        return Team(user, frozenset())
    return Team(user, frozenset(account.team_countries)) if account.has_teams else None


def with_team(users: R) -> R:
    """Accounts with what `team_of` needs, so that it does not ask for it with another query."""
    memberships = apps.get_model(settings.TEAM_MODEL)._default_manager
    own = memberships.filter(user=OuterRef("pk")).values("country")
    return users.annotate(team_countries=ArraySubquery(own), has_teams=Exists(memberships.all()))


def works_everywhere(user: Any) -> bool:
    """Whether `user` works on the records of all countries, and so on what is of no single one."""
    return team_of(user) is None


def is_of_teams(model: type[Model]) -> bool:
    """Whether the records of `model` belong to countries."""
    return hasattr(model, "part_of") or hasattr(model._default_manager, "of_team")


def reads_all(user: Any, model: type[Model]) -> bool:
    """Whether `user` may read every record of `model`, so that nothing needs to be left out."""
    return (works_everywhere(user) or not is_of_teams(model)) and _kept(user, model) is None


def reads_everything(user: Any) -> bool:
    """Whether there is no record at all that `user` may not read, as far as teams go; a query for each kind."""
    return works_everywhere(user) and not any(records.exists() for records in all_kept_from(user))


def all_kept_from(user: Any, but: type[Model] | None = None) -> list[QuerySet[Any]]:
    """What is kept from `user`, by kind of record, without one kind."""
    managers = (model._default_manager for model in apps.get_models() if not model._meta.proxy and model is not but)
    found = (manager.kept_from(user) for manager in managers if hasattr(manager, "kept_from"))
    return [records for records in found if records is not None]


def is_shared_vocabulary(model: type[Model]) -> bool:
    """Whether all countries use the records of `model`, so that no single one changes them."""
    return bool(getattr(model, "is_shared_vocabulary", False))


# Seeing


def visible_to(user: Any, records: R) -> R:
    """Those of `records` that `user` may read: those of their countries, and what is public."""
    records, team = _without_kept(user, records), team_of(user)
    if team is None or not is_of_teams(records.model):
        return records
    return records.filter(_among(records.model, _readable(records.model, team)))


def named_to(user: Any, records: R) -> R:
    """Those of `records` whose names `user` may read, as lists and choices have them.

    The names of all records of a model with `names_are_public` are public, whatever else of them is.
    """
    return records if getattr(records.model, "names_are_public", False) else visible_to(user, records)


def may_see(user: Any, record: Model) -> bool:
    """Whether `user` may read `record` as far as teams go; permissions are checked elsewhere."""
    if reads_all(user, type(record)):
        return True
    return visible_to(user, type(record)._base_manager.filter(pk=record.pk)).exists()


def names_of(user: Any, records: Iterable[Model]) -> list[str]:
    """Records as text, those that `user` may not read without their names; one query for each kind."""
    records = list(records)
    if all(reads_all(user, kind) for kind in {type(record) for record in records}):
        return [str(record) for record in records]
    by_kind: dict[type[Model], list[Model]] = {}
    for record in records:
        by_kind.setdefault(type(record), []).append(record)
    names = []
    for kind, found in by_kind.items():
        stored = kind._base_manager.filter(pk__in=[record.pk for record in found])
        hidden = set(stored.exclude(pk__in=visible_to(user, stored).values("pk")).values_list("pk", flat=True))
        names += [hidden_name() if record.pk in hidden else str(record) for record in found]
    return names


def hidden_name() -> str:
    """What stands in place of the name of a record that somebody may not read."""
    return _("a record of another country")


def _readable(model: type[Model], team: Team) -> QuerySet[Any]:
    """The records that `model` belongs to, or its own, that a team may read."""
    owner = _owner(model)
    own = _of_team(owner, team)
    return own | public(owner) if has_public(owner) else own


def readable_keys(user: Any, model: type[Model]) -> str | None:
    """SQL of the keys of the records of `model` that `user` may read; None for all."""
    if reads_all(user, model):
        return None
    sql, params = visible_to(user, model._default_manager.order_by()).values("pk").query.sql_with_params()
    return str(connection.ops.compose_sql(sql, params))  # type: ignore[attr-defined]  # PostgreSQL's


# Changing


def of_own_countries(user: Any, records: R) -> R:
    """Those of `records` that `user` may work on: those of their countries, and what is shared."""
    records, team = _without_kept(user, records), team_of(user)
    if team is not None and is_shared_vocabulary(records.model):
        return records.none()
    if team is None or not is_of_teams(records.model):
        return records
    return records.filter(_among(records.model, _of_team(_owner(records.model), team)))


def of_other_countries(user: Any, records: R) -> R:
    """Those of `records` that `user` may not work on."""
    if reads_all(user, records.model) and may_write(user, records.model):
        return records.none()
    own = of_own_countries(user, records.model._base_manager.all())
    return records.exclude(pk__in=own.values("pk"))


def may_work_on(user: Any, record: Model) -> bool:
    """Whether `record`, as it is stored, is of the countries of `user`; permissions are checked elsewhere."""
    if not may_write(user, type(record)):
        return False
    if reads_all(user, type(record)):
        return True
    stored = type(record)._base_manager.filter(pk=record.pk)
    return record.pk is not None and of_own_countries(user, stored).exists()


def may_write(user: Any, model: type[Model]) -> bool:
    """Whether `user` may work on records of `model` at all, as far as teams go."""
    return works_everywhere(user) or not is_shared_vocabulary(model)


def may_discuss(user: Any, record: Model) -> bool:
    """Whether `user` may comment on `record`, propose changes to it and read its whole history."""
    return is_shared_vocabulary(type(record)) or may_work_on(user, record)


def refuse_foreign(user: Any, record: Model) -> None:
    """Raise OutOfReach if `user` has just written a record of another country; call before the commit."""
    if not may_work_on(user, record):
        raise OutOfReach


def team_condition(user: Any, model: type[Model]) -> str | None:
    """SQL of what `user` may work on, for a row of the model's table or a similar one under its name; None for all."""
    team = team_of(user)
    if team is not None and is_shared_vocabulary(model):
        return "false"
    if reads_all(user, model):
        return None
    found = model._default_manager.all()
    if team is not None and is_of_teams(model):
        own = _of_team(_owner(model), team)  # of a new row, by what it says of its country: it has no key yet
        found = own if _owner(model) is model else found.filter(_among(model, own))
    return condition_of(_without_kept(user, found))


# Kinds of records


def _owner(model: type[Model]) -> Any:
    """The model of the records that say to which team those of `model` belong."""
    path = getattr(model, "part_of", None)
    return model._meta.get_field(path).related_model if path else model


def _kept(user: Any, model: type[Model]) -> QuerySet[Any] | None:
    """What is kept from `user` of the records that `model` belongs to, or of its own; None for nothing."""
    manager = _owner(model)._default_manager
    return manager.kept_from(user) if hasattr(manager, "kept_from") else None


def _without_kept(user: Any, records: R) -> R:
    kept = _kept(user, records.model)
    return records if kept is None else records.exclude(_among(records.model, kept))


def _of_team(model: Any, team: Team) -> QuerySet[Any]:
    found: QuerySet[Any] = model._default_manager.of_team(team)
    return found


def _among(model: type[Model], owners: QuerySet[Any]) -> Q:
    """Whether a record of `model` is among `owners`, or a part of one of them."""
    return Q(**{f"{getattr(model, 'part_of', 'pk')}__in": owners.values("pk")})
