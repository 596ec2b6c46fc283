"""The version of the public data, what changed since somebody last looked, and which pages follow from it alone.

Triggers write a row into a log, inside the transaction that changes what the public sees: the row becomes visible with
the change itself, so that no moment lies between the two and no process can die there. Every process follows the log
by snapshots, not by numbers: of two transactions the one with the lower number may commit last. A snapshot means
nothing to another server or another copy of the database, so that a follower who finds himself there begins anew.

The log is a plain table, `foundation_publicchange`. Its `records` are the entries that changed; null says that any
may have changed, an empty array that something else did, such as a label or a figure.

The answers of a `public_page` may be shared; see `observatory/middleware/questions.py` and
`observatory/middleware/answers.py`.
"""

import threading
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar, overload

import pgtrigger
from django.conf import settings
from django.db import connection, models
from psycopg import ClientCursor

from foundation.texts import nearest

M = TypeVar("M", bound=type[models.Model])

LONGEST_PAUSE = 12 * 60 * 60
"""Seconds after which a follower starts over; the log is retained for a day."""
RECENT = 10
"""Seconds for which values read along with the version may be outdated, on pages that have no version."""


OPERATIONS = {"insert": pgtrigger.Insert, "update": pgtrigger.Update, "delete": pgtrigger.Delete}
_ROWS = {
    "insert": "select * from new_rows",
    "update": "select * from old_rows union all select * from new_rows",
    "delete": "select * from old_rows",
}
_TRANSITIONS = {
    "insert": pgtrigger.Referencing(new="new_rows"),
    "update": pgtrigger.Referencing(old="old_rows", new="new_rows"),
    "delete": pgtrigger.Referencing(old="old_rows"),
}


def bumps_public_version(
    records: str = "", *, any_record: bool = False, when: Iterable[str] = OPERATIONS, of: str = "true"
) -> Callable[[M], M]:
    """Class decorator: a change in this table changes what the public sees.

    `records` is SQL that selects the identifiers of the public records concerned from `changed`, which has the rows
    before and after; if it selects none, the change is not public. Without it every change counts as one of something
    else, or with `any_record` as one of any measure. `of` is SQL of a row that can be public at all.
    """
    noted = "null" if any_record else "'{}'"
    among = "" if of == "true" else f" where {of}"

    def trigger(operation: str) -> pgtrigger.Trigger:
        changed = f"with changed as ({_ROWS[operation]})"
        if records:
            body = f"""
                found := ({changed} select array({records}));
                if cardinality(found) > 0 then perform note_public_change(found); end if;
                return null;
            """
        else:
            body = f"""
                if exists ({changed} select from changed{among}) then perform note_public_change({noted}); end if;
                return null;
            """
        return pgtrigger.Trigger(
            name=f"public_change_{operation}",
            level=pgtrigger.Statement,
            when=pgtrigger.After,
            operation=OPERATIONS[operation],
            referencing=_TRANSITIONS[operation],
            declare=[("found", "bigint[]")] if records else None,
            func=body,
        )

    emptied = pgtrigger.Trigger(
        name="public_change_truncate",
        level=pgtrigger.Statement,
        when=pgtrigger.After,
        operation=pgtrigger.Truncate,
        func="perform note_public_change(null); return null;",
    )

    def declare(model: M) -> M:
        declared: M = pgtrigger.register(*map(trigger, when), emptied)(model)
        return declared

    return declare


@dataclass(frozen=True, slots=True)
class Look:
    """What was visible at one time, and on which database; '' before the first look."""

    snapshot: str = ""
    database: str = ""
    """This copy of the log since this server start: it differs after a restore, a failover or a restart."""


@dataclass(frozen=True, slots=True)
class LogDelta:
    """What has become visible between two looks; `records` is None where any may have changed.

    `has_others`: something that is no measure has changed, such as the name of a country.
    """

    look: Look
    has_any: bool
    has_others: bool
    records: list[int] | None


# Rows with a transaction id from the future of this server came with a restore: they are not new
_FRESH = """
    with fresh as (
        select records from foundation_publicchange
        where xid >= pg_snapshot_xmin(%(since)s::pg_snapshot)
            and not pg_visible_in_snapshot(xid, %(since)s::pg_snapshot)
            and (xid < pg_snapshot_xmax(pg_current_snapshot()) or xid = pg_current_xact_id_if_assigned())
    )
    select pg_current_snapshot()::text,
        pg_postmaster_start_time()::text || ' ' || pg_relation_filepath('foundation_publicchange'),
        count(*) > 0, coalesce(bool_or(records = '{}'), false), coalesce(bool_or(records is null), false),
        array(select distinct unnest(records) from fresh)
    from fresh
"""


def changes_since(last: Look) -> LogDelta:
    """Changes in the log that were not visible at the `last` look; everything if that was on another database."""
    with connection.cursor() as cursor:
        cursor.execute(_FRESH, {"since": last.snapshot or "1:1:"})
        snapshot, database, has_any, has_others, is_everything, records = cursor.fetchone()
    look = Look(snapshot, database)
    if last.database != database:
        return LogDelta(look, True, True, None)
    return LogDelta(look, has_any, has_others, None if is_everything else records)


class Follower:
    """Polls the log and remembers what it has seen; one per purpose and process."""

    def __init__(self) -> None:
        self._last = Look()
        self._looked = 0.0

    def look(self) -> LogDelta:
        """What has changed since the last look; at the first one, everything."""
        now = time.monotonic()
        if now - self._looked > LONGEST_PAUSE:
            self._last = Look()
        changes = changes_since(self._last)
        self._last, self._looked = changes.look, now
        return changes


_read_along: dict[str, str] = {}


def read_along(name: str, sql: str) -> None:
    """Have each query for the version also read the value of `sql`, a text, which `known_along` then returns.

    For data that every page shows and that rarely changes: it costs no query of its own.
    """
    _read_along[name] = sql


@dataclass(frozen=True, slots=True)
class Known:
    """The version, and the values read along with it."""

    version: str = ""
    along: Mapping[str, str] = field(default_factory=dict)


class _Version:
    """The version as this process knows it; `last` is what it found last, even in a transaction."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._follower = Follower()
        self._looked = -1.0
        self._value = Known()
        self.last = Known()

    def get(self, age: float) -> Known:
        """Return a version no older than `age` seconds."""
        if connection.in_atomic_block:  # uncommitted changes are visible only here
            self.last = _counted()
            return self.last
        with self._lock:
            now = time.monotonic()
            if self._looked < 0 or now - self._looked >= age:
                if self._follower.look().has_any:
                    self._value = _counted()
                self._looked = now
            self.last = self._value
            return self._value

    def forget(self) -> None:
        """Query again the next time."""
        self._looked = -1.0


def _counted() -> Known:
    """Identify the set of visible changes, the same in every process and unique to that set."""
    along = "".join(f", ({sql})" for sql in _read_along.values())
    with connection.cursor() as cursor:
        cursor.execute(
            "select concat_ws('.', pg_relation_filepath('foundation_publicchange'), count(*), sum(name))"  # noqa: S608  (names in our own code)
            f"{along} from foundation_publicchange"
        )
        version, *texts = cursor.fetchone()
    return Known(version, dict(zip(_read_along, texts, strict=True)))


_version = _Version()


def public_version() -> str:
    """A text that differs after every commit that changes what the public sees, and is alike in every process."""
    return _version.get(settings.PUBLIC_VERSION_AGE).version


def known_along(name: str, *, asks: bool = True) -> str | None:
    """The value read along with the version, at most some seconds old; None if it was never read.

    In a transaction, and if `asks` is false, the value that this process read last.
    """
    known = _version.get(RECENT) if asks and not connection.in_atomic_block else _version.last
    return known.along.get(name)


def forget_version() -> None:
    """Have this process query again at once, because a change made here must be visible on the next page."""
    _version.forget()


# Records that anybody may read


def public_ids(model: type[models.Model]) -> str:
    """SQL of the primary keys of a model's public records, without parameters, since COPY takes none."""
    manager: Any = model._default_manager
    sql, params = manager.public().order_by().values("pk").query.sql_with_params()
    with connection.cursor() as cursor:
        return ClientCursor(cursor.connection).mogrify(sql, params)


# Pages that answer everybody alike


View = TypeVar("View", bound=Callable[..., Any])

LEAST_ALIKE = 75
"""Similarity, out of 100, between a parameter and the known one that was meant: `topc`, `contry` and `countries`."""
SHORTEST_MISSPELT, LONGEST_MISSPELT = 4, 40
"""Characters of a name that can be a misspelling: of `to` and `q`, everything short would be one."""


def meant_by_name(name: str, known: Collection[str]) -> str:
    """The known parameter that somebody who wrote `name` meant, or ''.

    Names that resemble none, such as those that mail programs and social media hang on any address, mean nothing here.
    """
    small = name.lower()
    if small in known:
        return small if small != name else ""
    if not SHORTEST_MISSPELT <= len(name) <= LONGEST_MISSPELT:
        return ""
    return nearest(small, [each for each in known if len(each) >= SHORTEST_MISSPELT], least=LEAST_ALIKE)


@dataclass(frozen=True, slots=True)
class PublicPage:
    """What a view's response depends on, beside the public data: the parameters that it reads, by name.

    Others never reach the view, unless they seem to be a misspelling of one that it reads: it answers 400 and says what
    was meant. A view that `is_strict` receives all, and answers 400 for each that it does not know. A file is
    rate-limited as a download, the read API by a limit of its own; the scripts of other sites may read both. Other
    sites may show within theirs what `may_be_framed`. The values of `addresses` are addresses of this site, as long as
    the site serves them.
    """

    reads: frozenset[str]
    is_file: bool
    is_strict: bool
    may_be_framed: bool
    is_api: bool
    addresses: frozenset[str]

    @property
    def is_open(self) -> bool:
        """Whether scripts of other sites may read it, and are told how often they may ask."""
        return self.is_file or self.is_api

    @property
    def ignores_all(self) -> bool:
        """Whether no parameter can change the answer."""
        return not self.reads and not self.is_strict

    def follows_from(self, name: str, value: str) -> bool:
        """Whether a parameter can change the answer; an empty box of a form cannot."""
        if name in self.reads:
            return value != ""
        return self.is_strict or meant_by_name(name, self.reads) != ""


_pages: dict[Callable[..., Any], PublicPage] = {}


@overload
def public_page(view: View) -> View: ...
@overload
def public_page(
    *,
    reads: Collection[str] = (),
    is_file: bool = False,
    is_strict: bool = False,
    may_be_framed: bool = False,
    is_api: bool = False,
    addresses: Collection[str] = (),
) -> Callable[[View], View]: ...
def public_page(
    view: Any = None,
    *,
    reads: Collection[str] = (),
    is_file: bool = False,
    is_strict: bool = False,
    may_be_framed: bool = False,
    is_api: bool = False,
    addresses: Collection[str] = (),
) -> Any:
    """Declare that the response of `view` depends only on the path, the parameters it `reads` and the public data.

    Must be the outermost decorator; without arguments the view reads no parameter. See `PublicPage`.
    """

    def declare(view: View) -> View:
        read = frozenset([*reads, *addresses])
        _pages[view] = PublicPage(read, is_file, is_strict, may_be_framed, is_api, frozenset(addresses))
        return view

    return declare if view is None else declare(view)


def public_page_of(view: Callable[..., Any]) -> PublicPage | None:
    """The declaration of `view`, or None if it is not a public page."""
    return _pages.get(view)
