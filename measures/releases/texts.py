"""The papers of a release that people read: its README, its licence, and the codebook as a page by itself."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from measures.codebook import Line, Part
from measures.metadata import LICENCE

README = """\
# {author}: {title}

{description} The last change of these data was recorded on {day}.

{address}

## Files

Each table is a CSV file (UTF-8, comma, one header line) and a Parquet file with the same cells and types.

| table | rows |
| --- | --- |
{tables}

- `datapackage.json` describes the tables as a Data Package of Frictionless, `csv-metadata.json` as CSV on the Web, and
  `croissant.json` as a Dataset of schema.org with the fields of Croissant.
- `codebook.csv` and `codebook.html` say what every column and key means.
- `crosswalks.csv` has our terms beside those of other data sets, with what is lost on the way to theirs.
- `changes.csv` {changes}.
- `SHA256SUMS` has the checksums: `sha256sum -c SHA256SUMS`.
- `datacite.json`, `.zenodo.json` and `CITATION.cff` are for repositories and reference managers.
{changed}
## How to cite

{citation}

## Licence

Texts and data: [CC BY 4.0]({licence}). Source documents are under the terms of their publishers, and figures under
those of the source named beside each.
"""
CHANGED = """
## Changes since {before}

| table | rows added | cells changed | rows removed |
| --- | --- | --- | --- |
{rows}
"""
LICENSE = """\
{author}: {title}
{address}

Texts and data are licensed under the Creative Commons Attribution 4.0
International licence (CC BY 4.0):
{licence}

You may share and adapt them for any purpose, if you give credit as in
CITATION.cff. Source documents are under the terms of their publishers, and
figures under those of the source named beside each.
"""
PAGE = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Codebook: {title}</title>
</head>
<body>
<h1>Codebook</h1>
<p>{author}: {title}</p>
{halves}
</body>
</html>
"""


def readme(facts: Any, tables: Iterable[tuple[str, int]], changes: Mapping[str, Mapping[str, int]]) -> str:
    """README.md; `tables` are pairs of a name and a number of rows."""
    is_first = "has no lines, since this is the first release"
    rows = [
        f"| `{name}` | {each.get('added', 0)} | {each.get('changed', 0)} | {each.get('removed', 0)} |"
        for name, each in changes.items()
    ]
    return README.format(
        **_words(facts),
        description=facts.description,
        day=facts.day,
        citation=facts.cited.text,
        tables="\n".join(f"| `{name}` | {number} |" for name, number in tables),
        changes=f"has every cell that differs from release {facts.before}" if facts.before else is_first,
        changed=CHANGED.format(before=facts.before, rows="\n".join(rows)) if rows else "",
    )


def licence(facts: Any) -> str:
    """LICENSE.txt"""
    return LICENSE.format(**_words(facts))


def _words(facts: Any) -> dict[str, str]:
    return {"author": facts.author, "title": facts.title, "address": facts.address, "licence": LICENCE}


def codebook_page(facts: Any, halves: Iterable[tuple[Any, list[Part]]]) -> str:
    """codebook.html, which needs no other file."""
    written = format_html_join("\n", "<h2>{}</h2>\n{}", ((title, _parts(parts)) for title, parts in halves))
    return format_html(PAGE, title=facts.title, author=facts.author, halves=written)


def _parts(parts: Iterable[Part]) -> SafeString:
    heading = '<h3 id="{0}-{1}">{2} <code>{1}</code></h3>\n<dl>\n{3}\n</dl>'
    return format_html_join("\n", heading, ((part.kind, part.name, part.title, _lines(part.lines)) for part in parts))


def _lines(lines: Iterable[Line]) -> SafeString:
    def cells() -> Iterator[tuple[str, ...]]:
        for line in lines:
            more = f" ({line.type})" if line.type else ""
            example = format_html(" Example: <code>{}</code>", line.example) if line.example else ""
            yield line.name, line.label, line.definition, more, example

    return format_html_join("\n", "<dt><code>{}</code> {}</dt>\n<dd>{}{}{}</dd>", cells())
