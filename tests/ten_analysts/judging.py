"""What is wrong at the end: changes that are lost, overwritten unseen, or public too early."""

from collections.abc import Iterator
from typing import Any

from tests.attacks.heavy.site import Site
from tests.ten_analysts.ledger import FIELDS, WORD, Ledger


def problems_of(site: Site, ledger: Ledger) -> Iterator[str]:
    """What is wrong, in words."""
    yield from (f"public too early: {leak}" for leak in sorted(ledger.leaks))
    with site.database() as database:
        confirmed = dict(database.execute("select id, state from foundation_fileimport").fetchall())
        for number, words in ledger.imports.items():
            for word in words:
                ledger.changes[word].is_confirmed = confirmed[number] == "done"
        rows = database.execute(
            "select pgh_obj_id, title_en, summary_en from measures_measureevent order by pgh_id"
        ).fetchall()
        stored = database.execute("select id, title_en, summary_en from measures_measure").fetchall()
        proposed = database.execute("select object_id, state, data::text from foundation_revision").fetchall()
        retired = {key for (key,) in database.execute("select id from measures_measure where workflow = 'retired'")}
    yield from _lost(ledger, rows, proposed)
    yield from _overwritten(ledger, rows)
    last = {key: texts for key, *texts in rows}
    yield from (f"entry {key} is not what its history has last" for key, *texts in stored if last[key] != texts)
    yield from (f"merge of {gone} into {kept} is lost" for kept, gone in ledger.merges if gone not in retired)


def _lost(ledger: Ledger, rows: list[Any], proposed: list[Any]) -> Iterator[str]:
    recorded = {(key, word) for key, *texts in rows for text in texts for word in WORD.findall(text)}
    kept = {word for _key, _state, data in proposed for word in WORD.findall(data)}
    newest = {words[-1] for words in ledger.proposals.values()}  # an edited proposal takes the place of the one before
    for word, change in ledger.changes.items():
        if not change.is_confirmed:
            continue
        if change.what == "proposal":
            if word in newest and word not in kept:
                yield f"{word} (proposal) is lost"
        elif (change.record, word) not in recorded:
            yield f"{word} ({change.what} of {change.record}) is not in the history"
    approved = {(int(key), word) for key, state, data in proposed if state == "approved" for word in WORD.findall(data)}
    own = {word for word, change in ledger.changes.items() if change.what == "proposal"}
    yield from (f"{word}, approved, is not in the history" for _key, word in approved & _of(own, approved) - recorded)


def _of(words: set[str], pairs: set[tuple[int, str]]) -> set[tuple[int, str]]:
    return {pair for pair in pairs if pair[1] in words}


def _overwritten(ledger: Ledger, rows: list[Any]) -> Iterator[str]:
    """Texts that gave way to one whose author was not shown them."""
    before: dict[tuple[int, str], str] = {}
    for key, *texts in rows:
        for name, text in zip(FIELDS, texts, strict=True):
            old, new = before.get((key, name), ""), text
            before[key, name] = new
            gone, came = WORD.findall(old), WORD.findall(new)
            if old == new or not gone or not came or came[0] not in ledger.changes:
                continue
            if gone[0] not in ledger.changes[came[0]].seen:
                yield f"{gone[0]} gave way unseen to {came[0]} ({ledger.changes[came[0]].what}) in {name} of {key}"
