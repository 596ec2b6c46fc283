"""Pages by cursor: after the last record of a page, in the order of keys that never change.

Who follows `next` to the end gets every record that was there all the time exactly once, whatever is written meanwhile:
no key of a record that stays moves before or behind the cursor.
"""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from numpy.typing import NDArray

from measures.listing.filters import Problem

CURSOR, LIMIT = "cursor", "limit"
USUAL, MOST = 100, 1000
"""Records of a page."""
LARGEST = 2**63 - 1
_KEY = re.compile(r"[A-Z]{3}|\d{1,19}")


@dataclass(frozen=True, slots=True)
class Page:
    """The keys of the records of a page, the number of all records, and the cursor of the next page or ''."""

    keys: Sequence[Any]
    count: int
    next: str


class Place:
    """Where a page begins and how many records it has, as a query string says."""

    def __init__(self, cursor: str, limit: str) -> None:
        self.problems: list[Problem] = []
        self.after = self._decoded(cursor) if cursor else ""
        self.limit = self._limit(limit) if limit else USUAL

    def _decoded(self, cursor: str) -> str:
        try:
            key = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("ascii")
        except ValueError:
            key = ""
        if not _KEY.fullmatch(key) or (key.isdigit() and int(key) > LARGEST):
            self.problems.append(Problem(CURSOR, _("Take the cursor from “next” of the page before.")))
            return ""
        return key

    def _limit(self, text: str) -> int:
        if text.isascii() and text.isdigit() and len(text) < 9 and 1 <= int(text) <= MOST:
            return int(text)
        self.problems.append(Problem(LIMIT, _("Write a number from 1 to %(most)d.") % {"most": MOST}))
        return USUAL

    @property
    def _number(self) -> int:
        """The numeric key after which the page begins; a cursor of other records begins at the first."""
        return int(self.after) if self.after.isdigit() else -1

    def page(self, records: "QuerySet[Any] | NDArray[np.int64]") -> Page:
        """The page of these records, a queryset or keys in any order."""
        return self._of(records) if isinstance(records, QuerySet) else self._among(records)

    def _among(self, keys: NDArray[np.int64]) -> Page:
        in_order = np.sort(keys)
        first = int(np.searchsorted(in_order, self._number, side="right"))
        return self._page(in_order[first : first + self.limit + 1].tolist(), len(in_order))

    def _of(self, records: "QuerySet[Any]") -> Page:
        after = self.after if records.model._meta.pk.get_internal_type() == "CharField" else self._number
        found = records.filter(pk__gt=after).order_by("pk").values_list("pk", flat=True)[: self.limit + 1]
        return self._page(list(found), records.count())

    def _page(self, found: list[Any], count: int) -> Page:
        keys = found[: self.limit]
        return Page(keys, count, _encoded(keys[-1]) if len(found) > self.limit else "")


def _encoded(key: Any) -> str:
    return urlsafe_b64encode(str(key).encode()).decode().rstrip("=")
