"""How to cite what a page or file shows: as a sentence, and for programs that keep references.

The forms are BibTeX, RIS and CSL-JSON, as reference managers read them. All name the same things: the observatory as
author, the title, the day of the last change as version, the permanent address, and the day of access.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from countries.models.site import current_site
from foundation.partial_dates import PartialDate
from measures.listing.filters import AddressFilter

_SPECIAL = {
    **{sign: f"\\{sign}" for sign in "&%$#_{}"},
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
}
"""What LaTeX reads as commands."""
_SPACE = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Citation:
    """What is cited. `version` is the day of its last change, None where nothing is recorded."""

    title: str
    address: str
    version: date | None
    accessed: date
    is_data: bool = True
    """Whether it is a set of records, and not the page of one."""

    @property
    def author(self) -> str:
        """The name of the observatory."""
        return current_site().citation

    @property
    def text(self) -> str:
        """The citation as a sentence."""
        words = {"site": self.author, "title": self.title, "address": self.address}
        if self.version is None:
            return _("%(site)s. %(title)s. %(address)s") % words
        words |= {"year": str(self.version.year), "date": PartialDate.from_date(self.version).in_words()}
        return _("%(site)s (%(year)s). %(title)s. Version of %(date)s. %(address)s") % words

    @property
    def key(self) -> str:
        """A short key in ASCII letters, digits and hyphens, such as `peru-2026`."""
        words = re.findall("[a-z0-9]+", self.address.partition("//")[2].partition("/")[2].lower())
        return "-".join([*words[:6], str((self.version or self.accessed).year)])[:80]


def bibtex(cited: Citation) -> str:
    """An entry of BibTeX; braces keep the capitals."""
    fields = {
        "author": f"{{{_latex(cited.author)}}}",
        "title": f"{{{_latex(cited.title)}}}",
        "year": str(cited.version.year) if cited.version else "",
        "version": str(cited.version or ""),
        "url": cited.address.replace("{", "%7B").replace("}", "%7D"),
        "urldate": str(cited.accessed),
    }
    lines = "".join(f"  {name} = {{{value}}},\n" for name, value in fields.items() if value)
    return f"@misc{{{cited.key},\n{lines}}}\n"


def ris(cited: Citation) -> str:
    """A record of RIS, whose lines end as the format says."""
    version = f"{cited.version:%Y/%m/%d}/" if cited.version else ""
    lines = [
        ("TY", "DATA" if cited.is_data else "ELEC"),
        ("AU", f"{_line(cited.author)},"),
        ("TI", _line(cited.title)),
        ("PY", version[:4]),
        ("DA", version),
        ("ET", str(cited.version or "")),
        ("PB", _line(cited.author)),
        ("UR", cited.address),
        ("Y2", f"{cited.accessed:%Y/%m/%d}/"),
        ("LA", get_language() or ""),
    ]
    written = [f"{tag}  - {value}\r\n" for tag, value in lines if value]
    return "".join([*written, "ER  - \r\n"])


def csl(cited: Citation) -> str:
    """A list of one item of CSL-JSON."""
    item: dict[str, Any] = {
        "id": cited.key,
        "type": "dataset" if cited.is_data else "webpage",
        "title": cited.title,
        "author": [{"literal": cited.author}],
        "publisher": cited.author,
        "accessed": _date_parts(cited.accessed),
        "URL": cited.address,
        "language": get_language() or "",
    }
    if cited.version:
        item |= {"issued": _date_parts(cited.version), "version": str(cited.version)}
    return f"{json.dumps([item], ensure_ascii=False, indent=2)}\n"


@dataclass(frozen=True, slots=True)
class Form:
    """A form of citations: its name, its media type, the ending of its files, and what writes it."""

    name: str
    media_type: str
    ending: str
    write: Callable[[Citation], str]


FORMS = {
    "text": Form("Text", "text/plain; charset=utf-8", "txt", lambda cited: f"{cited.text}\n"),
    "bibtex": Form("BibTeX", "application/x-bibtex; charset=utf-8", "bib", bibtex),
    "ris": Form("RIS", "application/x-research-info-systems; charset=utf-8", "ris", ris),
    "csl": Form("CSL-JSON", "application/vnd.citationstyles.csl+json", "json", csl),
}


def of_list(filter: AddressFilter, address: str, version: date | None, accessed: date) -> Citation:
    """The citation of a list, whose title names the filters."""
    chosen = "; ".join(chip.label for chip in filter.chips) if filter.is_narrowed else ""
    title = f"{_('Measures')} ({chosen})" if chosen else _("Measures")
    return Citation(title, address, version, accessed)


def title_of_release(name: str) -> str:
    """The name of the data with that of a release of it."""
    return _("Measures, sources and figures, release %(name)s") % {"name": name}


def _date_parts(day: date) -> dict[str, Any]:
    return {"date-parts": [[day.year, day.month, day.day]]}


def _latex(text: str) -> str:
    return "".join(_SPECIAL.get(sign, sign) for sign in _line(text))


def _line(text: str) -> str:
    """The text on one line: a line break would end a field."""
    return _SPACE.sub(" ", text).strip()
