"""Codes of registries, which order their parts in their own way: Argentina, EU, United Nations, OAS, Mercosur."""

import re

from measures.references.folding import SIGN
from measures.references.model import Place, Reference, coded
from measures.references.northern_codes import canada, united_states
from measures.references.tokens import FIRST_YEAR, LAST_YEAR, full_year, plain

FIRST_YEAR_OF_ONE_SERIES = 2015
"""From this year on all acts of the EU are numbered together, with the year first."""

_GDE = re.compile(
    r"(?<![A-Z0-9])(?P<type>[A-Z]{2,6})[- ](?P<year>[0-9]{4})[- ](?P<number>[0-9]{1,12})[- ]+(?P<where>[A-Z]{3,6})"
    r"[- ](?P<body>[A-Z0-9]{1,12})(?:[# ](?P<ministry>[A-Z0-9]{1,12}))?"
)
_GDE_FORMS = {
    "DI": "disposition", "DISFC": "disposition", "DISPO": "disposition",
    "RESOL": "resolution", "RESFC": "resolution", "RS": "resolution", "RESO": "resolution",
    "DECTO": "decree", "DCTO": "decree", "DNU": "decree.urgency", "DECNU": "decree.urgency",
    "DECAD": "decision.administrative", "DA": "decision.administrative",
    "LEY": "law",
}  # fmt: skip
_CELEX = re.compile(
    r"(?<![A-Z0-9])(?P<sector>[1-9])(?P<year>[12][0-9]{3})(?P<type>[A-Z]{1,2})(?P<number>[0-9]{4})(?![0-9])"
)
_CELEX_FORMS = {
    "R": "regulation",
    "L": "directive",
    "D": "decision",
    "H": "recommendation",
    "PC": "bill",
    "DC": "communique",
}

_DOMAINS = {
    "UE": "EU", "EU": "EU", "CE": "EC", "EC": "EC", "CEE": "EEC", "EEC": "EEC", "PESC": "CFSP", "CFSP": "CFSP",
    "EURATOM": "EURATOM", "JAI": "JHA", "JHA": "JHA",
}  # fmt: skip
_DOMAIN = r"(?:UE|EU|CEE|CE|EEC|EC|PESC|CFSP|EURATOM|JAI|JHA)"
_EU_BEFORE = re.compile(
    rf"(?<![A-Z])(?P<domain>{_DOMAIN})(?:[,/] ?{_DOMAIN})? ?[)]? ?(?P<sign>{SIGN}?) ?"
    r"(?P<first>[0-9]{1,4})[/-](?P<second>[0-9]{1,4})(?![0-9])"
)
_EU_AFTER = re.compile(
    rf"(?<![0-9/])(?P<sign>{SIGN}?) ?(?P<first>[0-9]{{1,4}})[/-](?P<second>[0-9]{{1,4}})[/ -][(]?"
    rf"(?P<domain>{_DOMAIN})(?![A-Z])"
)
_EU_BARE = re.compile(rf"(?<![0-9/])(?P<sign>{SIGN}?) ?(?P<first>[0-9]{{1,4}})/(?P<second>[0-9]{{1,4}})(?![0-9/])")

_UN = re.compile(
    r"(?<![A-Z0-9/-])(?P<organ>[ASE]|A[/ -]HRC)[/ -]{1,2}(?:RES|R)[/ .-]{1,2}"
    r"(?P<first>[0-9]{1,5})(?: ?(?P<own>[A-Z](?![A-Z])))?(?:[/ -](?P<second>[0-9]{1,4})(?![0-9]))?"
    r"(?: ?[(](?P<session>[0-9IVXLC]{1,8})[)])?"
)
_UN_SYMBOL = re.compile(
    r"(?<![A-Z0-9/-])(?P<letters>(?:A|S|E|HRI|CMW|CRC|CCPR|CEDAW|CERD|CAT|CED|CRPD|ST|HRC)(?:[/-][A-Z]{1,8}[.]?){1,3})"
    r"[/-]?(?P<numbers>[0-9]{1,4}(?:[/-][A-Z]{0,4}[.]?[0-9]{1,4}){0,3})(?![0-9])"
)
_OAS = re.compile(
    r"(?<![A-Z0-9/-])(?P<organ>AG|CP|CIDI|CIDH)[/ -]RES[ ./-]{0,2}"
    rf"{SIGN}? ?(?P<number>[0-9]{{1,5}})(?P<own>[A-Z]?)"
    r"(?: ?[(](?P<session>[0-9A-Z/-]{1,14})[)]|[/-](?P<year>[0-9]{2,4}))?"
)
_MERCOSUR = re.compile(
    r"(?<![A-Z0-9])(?:MERCOSUL|MERCOSUR)[/ -]{1,3}(?P<organ>CMC|GMC|CCM)[/ -]{1,3}(?P<form>DEC|RES|DIR)[. ]{0,2}"
    rf"{SIGN}? ?(?P<number>[0-9]{{1,3}})[/-](?P<year>[0-9]{{4}}|[0-9]{{2}})(?![0-9])"
)
_MERCOSUR_FORMS = {"DEC": "decision", "RES": "resolution", "DIR": "directive"}


def registry_code(folded_text: str, context: str) -> tuple[Reference, int, int] | None:
    """The reference that a registry's code in the text makes, and where it begins and ends; None without a code."""
    for read in _READERS.get(context, (_argentina, _celex)):
        if found := read(folded_text):
            return found
    return None


def _argentina(text: str) -> tuple[Reference, int, int] | None:
    found = _GDE.search(text)
    if not found or not (found["ministry"] or found["where"] == "APN"):
        return None
    letters = tuple(filter(None, (found["where"], found["body"], found["ministry"])))
    form = _GDE_FORMS.get(found["type"], "file")
    number, year = plain(found["number"]), found["year"]
    return coded(found, Reference(form=form, number=number, year=year, letters=letters, place=Place.CODE))


def _celex(text: str) -> tuple[Reference, int, int] | None:
    found = _CELEX.search(text)
    if not found:
        return None
    form = _CELEX_FORMS.get(found["type"], "file")
    return coded(
        found,
        Reference(form=form, number=plain(found["number"]), year=found["year"], place=Place.CODE, context="EU"),
    )


def _eu(text: str) -> tuple[Reference, int, int] | None:
    """`(UE) 2020/912`, `(UE) n.º 604/2013`, `604/2013/UE`, `2008/115/CE`, `95/46/CE`."""
    for pattern in (_EU_BEFORE, _EU_AFTER, _EU_BARE):
        found = pattern.search(text)
        if found:
            domain = found.groupdict().get("domain") or ""
            return coded(found, _eu_reference(found, _DOMAINS.get(domain, "")))
    return None


def _eu_reference(found: re.Match[str], domain: str) -> Reference:
    first, second = found["first"], found["second"]
    year_first = _is_year_first(first, second, is_signed=bool(found["sign"]), is_after=found.re is _EU_AFTER)
    number, year = (second, first) if year_first else (first, second)
    return Reference(
        number=plain(number),
        year=year if len(year) == 4 else str(full_year(year)) if len(year) == 2 else "",
        letters=(domain,) if domain else (),
        place=Place.DOMAIN,
        year_first=year_first,
        context="EU",
    )


def _is_year_first(first: str, second: str, *, is_signed: bool, is_after: bool) -> bool:
    first_may, second_may = (_may_be_year(part) for part in (first, second))
    if first_may == second_may:
        if len(first) == len(second) == 4:
            return not is_signed and (is_after or int(first) >= FIRST_YEAR_OF_ONE_SERIES)
        return is_after if len(first) == len(second) else len(first) == 2 and is_after
    return first_may


def _may_be_year(part: str) -> bool:
    if len(part) == 4:
        return FIRST_YEAR <= int(part) <= LAST_YEAR
    return len(part) == 2 and 52 <= int(part) <= 99


def _un(text: str) -> tuple[Reference, int, int] | None:
    found = _UN.search(text)
    if found:
        organ = tuple(found["organ"].replace(" ", "/").replace("-", "/").split("/"))
        session = found["session"] or ""
        second = found["second"] or ""
        is_year = len(second) == 4 and FIRST_YEAR <= int(second) <= LAST_YEAR
        year = session or (second if is_year else "")
        return coded(
            found,
            Reference(
                form="resolution",
                number=plain(found["first"]),
                own=found["own"] or "",
                second="" if is_year else second and plain(second),
                year=year,
                letters=(*organ, "RES"),
                place=Place.BEFORE,
                context="UN",
            ),
        )
    found = _UN_SYMBOL.search(text)
    if not found:
        return None
    letters = tuple(filter(None, re.split(r"[/.-]", found["letters"])))
    first, *others = [plain(part) for part in re.findall(r"[0-9]+", found["numbers"])]
    return coded(
        found,
        Reference(number=first, second="/".join(others), letters=letters, place=Place.BEFORE, context="UN"),
    )


def _mercosur(text: str) -> tuple[Reference, int, int] | None:
    """`MERCOSUR/CMC/DEC. N° 28/02`, which is `Decisión CMC 28/02`."""
    found = _MERCOSUR.search(text)
    if not found:
        return None
    year = found["year"]
    reference = Reference(
        form=_MERCOSUR_FORMS[found["form"]],
        number=plain(found["number"]),
        year=year if len(year) == 4 else str(full_year(year)),
        letters=(found["organ"],),
        place=Place.BEFORE,
    )
    return coded(found, reference)


def _oas(text: str) -> tuple[Reference, int, int] | None:
    found = _OAS.search(text)
    if not found:
        return None
    year = found["session"] or found["year"] or ""
    if found["year"] and len(found["year"]) == 2:
        year = str(full_year(found["year"]))
    reference = Reference(
        form="resolution",
        number=plain(found["number"]),
        own=found["own"],
        year=year,
        letters=(found["organ"], "RES"),
        place=Place.BEFORE,
        context="OAS",
    )
    return coded(found, reference)


_READERS = {
    "USA": (united_states,),
    "CAN": (canada,),
    "ARG": (_argentina,),
    "EU": (_celex, _eu),
    "UN": (_un,),
    "OAS": (_oas, _mercosur),
    "": (_argentina, _celex, _un, _oas, _mercosur),
}

_EU_WORDS = re.compile(rf"[(] ?{_DOMAIN}(?:[,/] ?{_DOMAIN})? ?[)]|[0-9]/[0-9]{{1,4}}/{_DOMAIN}(?![A-Z])")


def organization_of(folded_text: str) -> str:
    """`EU`, `UN` or `OAS` if the text has a code of theirs, else ''."""
    if _EU_WORDS.search(folded_text) or _CELEX.search(folded_text):
        return "EU"
    if _OAS.search(folded_text):
        return "OAS"
    return "UN" if _UN.search(folded_text) or _UN_SYMBOL.search(folded_text) else ""
