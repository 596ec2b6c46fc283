"""Ten questions that bring people here, each answered in at most three clicks from the first page, without a script.

A click follows a link, opens a fold or sends a form; what is typed or ticked before that counts as one with it.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import unescape
from urllib.parse import urlencode, urljoin

MOST_CLICKS = 3
_LINK = re.compile(r'<a\b[^>]*\bhref="([^"]*)"[^>]*>(.*?)</a>', re.DOTALL)
_FORM = re.compile(r'<form\b[^>]*\baction="([^"#]*)[^"]*"[^>]*>(.*?)</form>', re.DOTALL)


def _words(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", html)).split())


class Visitor:
    """Somebody who reads a page and clicks; `get` answers for an address with the HTML of its page."""

    def __init__(self, get: Callable[[str], str]) -> None:
        self._get = get
        self.address, self.html = "/", get("/")

    def _go(self, address: str) -> None:
        self.address = urljoin(self.address, unescape(address)).partition("#")[0]
        self.html = self._get(self.address)

    def follow(self, text: str) -> None:
        """Follow the first link with these words, or the first whose words begin like this."""
        links = [(_words(inner), address) for address, inner in _LINK.findall(self.html)]
        found = [link for link in links if link[0] == text] or [link for link in links if link[0].startswith(text)]
        assert found, f"{self.address} has no link “{text}”."
        self._go(found[0][1])

    def send(self, **fields: str | list[str]) -> None:
        """Send the first form that has all these fields, with options that it offers."""
        for action, inner in _FORM.findall(self.html):
            if all(_offers(inner, name, value) for name, value in fields.items()):
                self._go(f"{action}?{urlencode(fields, doseq=True)}")
                return
        raise AssertionError(f"{self.address} has no form with {sorted(fields)}.")


def _offers(form: str, name: str, value: str | list[str]) -> bool:
    if f'name="{name}"' not in form:
        return False
    values = value if isinstance(value, list) else [value]
    is_typed = re.search(rf'<input\b[^>]*\bname="{name}"[^>]*\btype="(?:text|search|date)"', form) or re.search(
        rf'<input\b[^>]*\btype="(?:text|search|date)"[^>]*\bname="{name}"', form
    )
    return bool(is_typed) or all(f'value="{each}"' in form for each in values)


@dataclass(frozen=True)
class Question:
    """What somebody wants to know; each step is a link's words, the fields of a form, or a fold's words."""

    question: str
    steps: Sequence[str | dict[str, str | list[str]]]
    answer: str


FOLD = "All filters"
QUESTIONS = (
    Question(
        "Which acts on asylum were in force in Mexico on 1 July 2020?",
        ["Mexico", FOLD, {"topic": "asylum", "on": "2020-07-01"}],
        "Suspension of asylum time limits with no end date from 1 June 2020",
    ),
    Question(
        "Who restricted more, Peru, Colombia or Ecuador?",
        ["Compare", {"countries": ["PER", "COL", "ECU"]}],
        "Ecuador 5 restrict, 3 ease",
    ),
    Question(
        "Who ended an extension of its border closure first, Argentina, Costa Rica or Panama?",
        ["Compare", {"countries": ["ARG", "CRI", "PAN"], "topic": "border"}],
        "Ban on non-residents prolonged to 12 April 2020 More restrictive. 1 April 2020 to 12 April 2020. Ended",
    ),
    Question(
        "What protects somebody who asked for asylum in Peru on 15 June 2020?",
        ["Who is affected", {"country": "PER", "group": "asylum_seekers", "on": "2020-06-15"}],
        "Your asylum applicant card is good until 31 December 2020.",
    ),
    Question(
        "What does Law 2136 of Colombia say?", [{"q": "Ley 2136 de 2021"}], "Law on a comprehensive migration policy"
    ),
    Question(
        "Which acts on asylum were in force in Chile on 1 July 2020?",
        ["Measures", FOLD, {"country": "CHL", "topic": "asylum", "on": "2020-07-01"}],
        "0 of 140 entries",
    ),
    Question("Which bills does Peru have?", ["Peru", "Bills"], "7 entries"),
    Question("How many nationals of Peru live abroad?", ["Peru"], "Nationals living abroad about 1.7 million"),
    Question(
        "What says the document behind the health insurance of people with COVID-19?",
        ["Peru", "Uninsured people with COVID-19"],
        "exceptionally and temporarily affiliate",
    ),
    Question("Which documents are no longer online?", ["Archive", "Broken links by country"], "Broken links"),
)


def unanswered(get: Callable[[str], str]) -> list[str]:
    """The questions whose path has more clicks, or ends on a page without the answer."""
    return [question.question for question in QUESTIONS if not _answers(Visitor(get), question)]


def _answers(visitor: Visitor, question: Question) -> bool:
    for step in question.steps:
        if isinstance(step, dict):
            visitor.send(**step)
        elif step == FOLD:
            assert re.search(rf"<summary>\s*<span>\s*{FOLD}", visitor.html)
        else:
            visitor.follow(step)
    return len(question.steps) <= MOST_CLICKS and question.answer in _words(visitor.html)
