"""Codes of the United States and Canada, which name a title, a volume or a chapter before the number."""

import re

from measures.references.folding import SIGN
from measures.references.model import Gazette, Place, Reference, coded
from measures.references.tokens import full_year, plain

Code = tuple[Reference, int, int]

_CODIFIED = re.compile(
    r"(?<![A-Z0-9])(?P<title>[0-9]{1,3}) ?(?P<code>USC|CFR|FR|FED[.]? ?REG|STAT)(?![A-Z])[^A-Z0-9]{0,6}"
    r"(?P<number>[0-9]{1,6})(?P<own>[A-Z]{0,2}(?:[.-][0-9]{1,4}[A-Z]?)*)"
)
_INA = r"(?:INA|IMMIGRATION (?:AND|&) NATIONALITY ACT)(?![A-Z])"
_SECTION = r"(?:SECTION|SEC[.]?|§)"
_NUMBER_OF_SECTION = r"(?P<number>[0-9]{3})(?P<own>[A-Z]?)(?![A-Z0-9])"
_OF_ACT = (
    re.compile(rf"(?<![A-Z0-9]){_INA}[, ]{{0,2}}{_SECTION}? ?{_NUMBER_OF_SECTION}"),
    re.compile(
        rf"(?:(?<![A-Z]){_SECTION}) ?{_NUMBER_OF_SECTION} ?(?:[(][A-Z0-9]{{1,4}}[)] ?){{0,5}}"
        rf",? ?(?:OF )?(?:THE )?{_INA}"
    ),
)
"""Sections of the one act that is cited by itself, beside its place in the code."""
_BILL_OF_CONGRESS = re.compile(
    r"(?<![A-Z0-9])(?P<chamber>HR|H[.]? R[.]?|S)[. ]{1,2}(?P<number>[0-9]{1,5})[ ,(]{1,3}"
    r"(?P<congress>[0-9]{2,3})(?:TH|ST|ND|RD|D)? CONG(?:RESS|[.]|(?![A-Z]))[)]?"
)
_VOLUME_AND_PAGE = re.compile(
    r"(?<![A-Z0-9])(?P<volume>[0-9]{1,3}) ?(?P<name>FR|FED[.]? ?REG|STAT)(?![A-Z])[^A-Z0-9]{0,6}"
    r"(?P<page>[0-9]{1,6})(?![0-9])"
)

_STATUTE = re.compile(
    r"(?<![A-Z0-9])(?P<code>R?SC|L?RC|LC)[ ,(]{1,3}(?P<year>[12][0-9]{3})[ ,)]{1,3}CH?[. ]{0,3}(?:(?P<own>[A-Z]) ?- ?)?"
    r"(?P<number>[0-9]{1,3})(?![0-9])(?: ?[(](?P<supplement>[0-9]{1,2})[A-Z]{1,3} SUPP)?"
)
_STATUTES = {"LC": "SC", "LRC": "RSC"}
_INSTRUMENT = re.compile(
    rf"(?<![A-Z0-9])(?P<series>SOR|DORS|SI|TR|PC|CP)[/ -]{{1,2}}{SIGN}? ?(?P<year>[0-9]{{4}}|[0-9]{{2}})[ -]"
    r"(?P<number>[0-9]{1,5})(?![0-9])"
)
_SERIES = {"DORS": "SOR", "TR": "SI", "CP": "PC"}
"""The series of instruments and orders in French, by its name in English."""


def united_states(text: str) -> Code | None:
    """The first of `8 U.S.C. § 1182`, `42 CFR 71.40`, `85 Fed. Reg. 17060`, `INA § 212(f)`, `H.R. 6074, 116th Cong.`"""
    found = [code for code in (_codified(text), *_of_act(text), _bill_of_congress(text)) if code]
    return min(found, key=lambda code: code[1], default=None)


def _codified(text: str) -> Code | None:
    """Title, code and section, or volume and page."""
    found = _CODIFIED.search(text)
    if not found:
        return None
    reference = Reference(
        number=plain(found["number"]),
        own=found["own"],
        second=found["title"],
        letters=(_name_of(found["code"]),),
        place=Place.BEFORE,
    )
    return coded(found, reference)


def _name_of(code: str) -> str:
    return "FR" if code.startswith("FED") else code


def _of_act(text: str) -> list[Code]:
    """Sections of the act by its name, which stands for the title: two of one number are the same."""
    found = filter(None, (pattern.search(text) for pattern in _OF_ACT))
    return [
        coded(
            one,
            Reference(number=plain(one["number"]), own=one["own"], second="INA", letters=("INA",), place=Place.BEFORE),
        )
        for one in found
    ]


def _bill_of_congress(text: str) -> Code | None:
    """Bills are numbered anew by each Congress, which stands for the year."""
    found = _BILL_OF_CONGRESS.search(text)
    if not found:
        return None
    chamber = "HR" if found["chamber"].startswith("H") else "S"
    reference = Reference(number=plain(found["number"]), year=found["congress"], letters=(chamber,), place=Place.BEFORE)
    return coded(found, reference)


def place_of_publication(text: str, context: str) -> tuple[Gazette, int, int] | None:
    """The volume and page of an official journal, `82 FR 13209`, `110 Stat. 3009`, and where they begin and end."""
    found = _VOLUME_AND_PAGE.search(text) if context == "USA" else None
    if not found:
        return None
    issue = f"{found['volume']}/{plain(found['page'])}"
    return Gazette(_name_of(found["name"]), issue), found.start(), found.end()


def canada(text: str) -> Code | None:
    """The first of `S.C. 2001, c. 27`, `R.S.C. 1985, c. C-29`, `SOR/2002-227`, `P.C. 2020-157`."""
    found = [code for code in (_statute(text), _instrument(text)) if code]
    return min(found, key=lambda code: code[1], default=None)


def _statute(text: str) -> Code | None:
    """The year and the chapter, whose letter belongs to its number; supplements have chapters of their own."""
    found = _STATUTE.search(text)
    if not found:
        return None
    reference = Reference(
        form="law",
        number=plain(found["number"]),
        own=found["own"] or "",
        second=found["supplement"] or "",
        year=found["year"],
        letters=(_STATUTES.get(found["code"], found["code"]),),
        place=Place.BEFORE,
    )
    return coded(found, reference)


def _instrument(text: str) -> Code | None:
    """Statutory orders and orders in council, whose year stands before the number."""
    found = _INSTRUMENT.search(text)
    if not found:
        return None
    year = found["year"] if len(found["year"]) == 4 else str(full_year(found["year"]))
    series = _SERIES.get(found["series"], found["series"])
    return coded(found, Reference(number=plain(found["number"]), year=year, letters=(series,), place=Place.BEFORE))
