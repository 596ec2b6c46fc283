"""The generator: reproducible rows, the requested number of them, and accepted by the product."""

from collections import Counter
from pathlib import Path

import pytest
from django.core.management import call_command

from tests.bench.dataset import (
    COMMON,
    COUNTRIES_OF_SIZE,
    FREQUENT,
    LONGEST_SUMMARY,
    SHORTEST_SUMMARY,
    Dataset,
    body_rows,
    write_csv,
)
from tests.csv_files import counts, csv_text, problems, run


def test_the_same_seed_gives_the_same_rows() -> None:
    again = Dataset(1_500)
    assert list(Dataset(1_500)) == list(again)
    assert again.batch(1) == Dataset(1_500).batch(1)


def test_another_start_shares_no_identifier_reference_or_source() -> None:
    first, second = Dataset(500), Dataset(500, seed=2, start=5_000)
    for ours, theirs in (
        ({entry.public_id for entry in first}, {entry.public_id for entry in second}),
        ({entry.reference for entry in first} - {""}, {entry.reference for entry in second} - {""}),
        ({first.source_address(i) for i in range(250)}, {second.source_address(i) for i in range(250)}),
    ):
        assert not ours & theirs


def test_countries_of_a_given_size_have_it_where_there_is_room() -> None:
    published = Counter(entry.country for entry in Dataset(1_000) if entry.is_published)
    assert {iso3: published[iso3] for iso3 in ("URY", "CRI", "PRY")} == {"URY": 40, "CRI": 150, "PRY": 300}
    assert not {iso3 for iso3, size in COUNTRIES_OF_SIZE.items() if 3 * size > 1_000} & set(published)


def test_texts_are_long_and_have_the_words_that_searches_look_for() -> None:
    entries = list(Dataset(3_000))
    summaries = [text for entry in entries for text in entry.summaries]
    assert min(map(len, summaries)) >= SHORTEST_SUMMARY
    assert max(map(len, summaries)) <= LONGEST_SUMMARY
    for words, low, high in ((COMMON, 0.62, 0.71), (FREQUENT, 0.17, 0.23)):
        share = sum(words["es"] in entry.summaries[1].lower().split() for entry in entries) / len(entries)
        assert low < share < high


def test_relations_lead_to_earlier_entries_of_the_country() -> None:
    dataset = Dataset(2_000)
    country = [entry.country for entry in dataset]
    pairs = [(entry.index, other) for entry in dataset for _type, other in entry.relations]
    assert pairs
    assert all(other < index and country[other] == country[index] for index, other in pairs)


@pytest.mark.django_db
def test_the_product_imports_the_rows_without_a_refusal(tmp_path: Path) -> None:
    call_command("load_fixtures", verbosity=0)
    bodies = run(tmp_path, csv_text(list(body_rows())), "issuing_bodies")
    assert problems(bodies) == []
    path = tmp_path / "measures.csv"
    write_csv(Dataset(200), path)
    report = run(tmp_path, path.read_bytes())
    assert problems(report) == []
    assert counts(report) == (200, 0, 0, 0)
