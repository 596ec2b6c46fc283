"""What a data package says of itself: its title, its licence and where it comes from."""

from typing import Any

from countries.models import Site

LICENCE = {
    "name": "CC-BY-4.0",
    "title": "Creative Commons Attribution 4.0",
    "path": "https://creativecommons.org/licenses/by/4.0/",
}


def about() -> dict[str, Any]:
    """The properties of the package; the same in every installation with the same texts."""
    site = Site.objects.first() or Site()
    texts = {"title": site.name_en, "description": site.tagline_en}
    return {"name": "observatory", **{name: text for name, text in texts.items() if text}, "licenses": [LICENCE]}
