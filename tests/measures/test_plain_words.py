"""Sentences in plain words: the fixtures have them, and people who cannot read law understand them and `/who/`.

The grade is that of Flesch and Kincaid: the year of school after which an American child reads the text.
"""

import csv
import re
from collections import Counter
from collections.abc import Iterator

from django.conf import settings
from textstat import textstat

from measures.choices import KINDS, STATE_FAMILIES

OF_ACTS = {kind.value for family in STATE_FAMILIES for kind in KINDS[family]} - {"announcement"}
MOST_OF_ACTS, MOST_OF_PAGE = 11, 4
TRANSLATED = re.compile(r'{% translate "([^"]+)"|{% blocktranslate[^%]*%}(.*?){% endblocktranslate %}', re.DOTALL)


def _rows() -> Iterator[dict[str, str]]:
    for path in ("measures.csv", "americas/measures.csv"):
        with (settings.BASE_DIR / "fixtures" / path).open(newline="") as file:
            yield from csv.DictReader(file)


def _grade(text: str) -> float:
    return float(textstat.flesch_kincaid_grade(text))


def test_acts_on_the_commonest_groups_have_a_sentence_in_each_language() -> None:
    rows = [row | {"groups": row["target_groups"].split("|")} for row in _rows()]
    numbers = Counter(group for row in rows for group in row["groups"] if group)
    commonest = {group for group, _number in numbers.most_common(4)}
    on_them = [row for row in rows if row["kind"] in OF_ACTS and commonest & set(row["groups"])]
    assert len(on_them) > 80
    missing = [row["public_id"] for row in on_them if not all(row[f"plain_{code}"] for code in ("en", "es", "pt"))]
    assert missing == []


def test_sentences_of_acts_are_easy_to_read() -> None:
    grades = {row["public_id"]: _grade(text) for row in _rows() if (text := row["plain_en"])}
    assert {key: grade for key, grade in grades.items() if grade > MOST_OF_ACTS} == {}


def test_every_sentence_of_the_page_of_who_is_affected_is_very_easy_to_read() -> None:
    """Numbers, dates and names stand in for what the page puts in."""
    texts: list[str] = []
    for name in ("who.html", "_who_part.html"):
        template = (settings.BASE_DIR / "templates" / "measures" / name).read_text()
        for words, block in TRANSLATED.findall(template):
            texts += [words] if words else block.split("{% plural %}")
    filled = [re.sub(r"{{ (\w+) }}", _standing_in, re.sub(r"</?b>", "", " ".join(text.split()))) for text in texts]
    sentences = [text for text in filled if text.endswith(".")]
    assert len(sentences) > 20
    assert {text: grade for text in sentences if (grade := _grade(text)) > MOST_OF_PAGE} == {}


def _standing_in(match: re.Match[str]) -> str:
    return {"country": "Peru", "date": "May 29"}.get(match[1], "8")
