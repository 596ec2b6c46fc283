"""The texts of the site as every page bears them. They cost no query: they are read along with the public version."""

import json
from dataclasses import dataclass
from functools import lru_cache

from django.db import Error

from countries.models import Site
from foundation.publication.public_version import known_along, read_along

NAME = "site"
read_along(
    NAME,
    "select jsonb_build_object('site', (select to_jsonb(s) from countries_site s),"
    " 'has_roles', exists (select from countries_role))::text",
)


@dataclass(frozen=True, slots=True)
class KnownSite:
    """The site as of a version of the public data; `has_roles`: whether a country can have any."""

    site: Site
    has_roles: bool


def known_site() -> KnownSite:
    """The site as it is; as it was last known where the database does not answer."""
    try:
        return _parsed(known_along(NAME))
    except Error:  # a page that says so needs a name too
        return last_known_site()


def last_known_site() -> KnownSite:
    """The site as this process last knew it, for pages that must not ask the database."""
    return _parsed(known_along(NAME, asks=False))


def current_site() -> Site:
    """The texts of the site."""
    return known_site().site


@lru_cache(maxsize=2)
def _parsed(text: str | None) -> KnownSite:
    if not text:
        return KnownSite(Site(), has_roles=False)
    found = json.loads(text)
    stored = found["site"] or {}
    # By the names that both know: during an upgrade the table may have other columns than this process knows
    texts = {field.attname: stored[field.attname] for field in Site._meta.concrete_fields if field.attname in stored}
    return KnownSite(Site(**texts), has_roles=found["has_roles"])
