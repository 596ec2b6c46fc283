"""Addresses as people paste them: which document one leads to, and to which place in it.

`sql/addresses.sql` says when two addresses lead to one document: PostgreSQL computes the key of each, in the generated
column `Source.url_key` and here alike, so that there is one implementation.
"""

import re
from dataclasses import dataclass

from django.db.models import Count, QuerySet

from countries.models import Named, led_to
from measures.models import Source, address_key

_PAGE = re.compile(r"page=([0-9]{1,5})", re.IGNORECASE)
_PLACE = re.compile(r"#(?:(?:zoom|view|nameddest|search|toolbar|navpanes|pagemode|page)=|:~:text=).*$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Typed:
    """An address as typed, without the place in the document, and the page that this place is, or ''."""

    url: str
    page: str = ""

    @property
    def locator(self) -> str:
        """The page as the locator of a citation, or ''."""
        return f"p. {self.page}" if self.page else ""


def typed(text: str) -> Typed:
    """Read a pasted address: `#page=3` is the locator `p. 3`; what opens the document stays as it was typed."""
    address = text.strip()
    parts = address.partition("#")[2].split("&")
    pages = [page[1] for part in parts if (page := _PAGE.fullmatch(part))]
    return Typed(_PLACE.sub("", address), pages[-1] if pages else "")


def source_at(url: str) -> Source | None:
    """The source with this address in any spelling, preferably in this one."""
    found = Source.objects.filter(url_key=address_key(url)).exclude(url="").order_by("pk")
    if own := min(found, key=lambda source: source.url != url, default=None):
        return own
    former = led_to(Named.ADDRESS, address_key(url)) if url else None
    return Source.objects.filter(pk=int(former)).first() if former else None


def twins() -> QuerySet[Source]:
    """The sources whose address is also that of another, in another spelling."""
    shared = Source.objects.exclude(url="").order_by().values("url_key").annotate(number=Count("pk"))
    return Source.objects.exclude(url="").filter(url_key__in=shared.filter(number__gt=1).values("url_key"))
