"""Crosswalks: every row names terms that exist, every scheme has all of our terms, and both are public."""

import csv
import io
from collections import Counter

import pytest
from django.conf import settings
from django.test import Client

from measures.crosswalks.tables import COMPARED, FOLDER, HEADER, RELATIONS, rows_of, schemes
from measures.vocabularies import VOCABULARIES
from tests import factories

OF_ROWS = ("topics", "target_groups")


def _keys_of_fixtures(name: str) -> set[str]:
    with (settings.BASE_DIR / "fixtures" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return {row["key"] for row in csv.DictReader(file)}


def test_rows_name_terms_that_exist_and_say_what_is_lost() -> None:
    known = {
        name: _keys_of_fixtures(name) if name in OF_ROWS else {term.key for term in VOCABULARIES[name].terms()}
        for name in COMPARED
    }
    assert {path.stem for path in FOLDER.glob("*.csv")} == {"schemes", *(scheme.key for scheme in schemes())}
    for scheme in schemes():
        assert scheme.version
        assert scheme.address.startswith("https://")
        rows = rows_of(scheme.key)
        assert [row for row in rows if row.term not in known.get(row.vocabulary, ())] == []
        assert [row for row in rows if row.relation not in set(RELATIONS) - {"none"}] == []
        assert [row for row in rows if not (row.field and row.loss)] == []
        pairs = Counter((row.vocabulary, row.term, row.field, row.code) for row in rows)
        assert [pair for pair, times in pairs.items() if times > 1] == []


@pytest.mark.django_db
def test_each_scheme_has_all_public_terms_or_says_none(client: Client) -> None:
    factories.topic(key="border.closure", deprecated_on="2024-01-01")
    factories.measure(topics=("border.closure", "new.topic"), groups=("refugees",))
    factories.draft(topics=("social.cash_transfer",))
    ours = {(name, term.key) for name in COMPARED for term in VOCABULARIES[name].terms()}
    rows = list(csv.DictReader(io.StringIO(client.get("/data/crosswalks.csv").getvalue().decode())))
    assert tuple(rows[0]) == HEADER
    for scheme in schemes():
        found = [row for row in rows if row["scheme"] == scheme.name]
        assert {(row["vocabulary"], row["term"]) for row in found} == ours
        assert all(bool(row["field"]) == (row["relation"] != "none") for row in found)
    assert {row["retired_on"] for row in rows if row["term"] == "border.closure"} == {"2024-01-01"}
    assert {row["relation"] for row in rows if row["term"] == "new.topic"} == {"none"}
    page = client.get("/es/data/crosswalks/").text
    assert page.count("<table") == len(schemes())
    assert 'href="/es/data/codebook/#term-topics-border.closure"' in page
    assert "social.cash_transfer" not in page
    assert client.get("/data/crosswalks.csv?country=PER").status_code == 400
