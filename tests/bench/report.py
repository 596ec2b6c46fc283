"""The results of a run: a table for the terminal, `bench.json`, and the table of docs/operating.md."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from tests.bench.measuring import Result

IN_DOCS = (
    "import fresh",
    "import unchanged",
    "import against stock",
    "import memory",
    "export CSV",
    "package export",
    "package import",
    "export against stock",
    "export first byte",
    "list, no filter",
    "list, two kinds and a status",
    "list, one country and topic",
    "list, group, twelve years, three topics",
    "list, one topic",
    "search, rare word",
    "search, one in five",
    "search, two in three",
    "search, typing error",
    "timeline of 300, uncached",
    "timeline of 300, cached",
    "timeline of 300, 304",
    "timeline of 30000 against 300",
    "HTML of 150 entries, gzipped",
)
"""The results that docs/operating.md shows, in its order."""
HEADINGS = ("measurement", "median", "peer or limit", "ratio", "target", "verdict")


def as_json(size: int, results: Iterable[Result]) -> dict[str, Any]:
    """The stored form of a run; `met` is null without a target or if there is too much noise."""
    return {
        "size": size,
        "ratios": {
            result.name: {
                "ratio": round(result.ratio, 5),
                "target": result.target.ratio if result.target else None,
                "met": result.met,
                "figure": result.figure,
                "unit": result.unit,
                "peer": result.peer,
                "peer_name": result.peer_name,
                "at_least": bool(result.target and result.target.at_least),
                "noise": round(result.noise, 4),
            }
            for result in results
        },
    }


def write(folder: Path, size: int, results: Iterable[Result]) -> None:
    """Write the results so far to `bench.json`, and merge them into the file for this size."""
    found = as_json(size, results)
    _write(folder / "bench.json", found)
    kept = read(folder, size)
    _write(folder / f"bench-{size}.json", {"size": size, "ratios": {**kept.get("ratios", {}), **found["ratios"]}})


def _write(path: Path, found: dict[str, Any]) -> None:
    path.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def read(folder: Path, size: int) -> dict[str, Any]:
    """The results of earlier runs of this size; empty if there are none."""
    try:
        found: dict[str, Any] = json.loads((folder / f"bench-{size}.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    return found


def cells(result: Result) -> tuple[str, ...]:
    """The cells of a result's row."""
    target = str(result.target) if result.target else ""
    return (
        result.name,
        in_words(result.figure, result.unit),
        f"{in_words(result.peer, result.unit)} ({result.peer_name})",
        ratio_in_words(result.ratio),
        target,
        f"{result.verdict} ± {result.noise:.0%}" if result.noise >= 0.005 else result.verdict,
    )


def ratio_in_words(ratio: float) -> str:
    """A ratio to two or three digits, a small one as a fraction: `1.54`, `1/273`."""
    return f"{ratio:.3g}" if ratio >= 0.1 else f"1/{1 / ratio:,.0f}" if ratio else "0"


def in_words(figure: float, unit: str) -> str:
    """A figure with its unit, to three digits."""
    if unit == "s" and figure < 1:
        figure, unit = figure * 1000, "ms"
    digits = 0 if figure >= 100 else 1 if figure >= 10 else 2
    if float(figure).is_integer():
        digits = 0
    return f"{figure:,.{digits}f} {unit}".strip()


def table(rows: Sequence[Sequence[str]]) -> str:
    """Rows under the headings, in columns."""
    widths = [max(len(row[i]) for row in (HEADINGS, *rows)) for i in range(len(HEADINGS))]
    lines = [line(row, widths) for row in (HEADINGS, *rows)]
    return "\n".join([lines[0], "  ".join("-" * width for width in widths), *lines[1:]])


def line(row: Sequence[str], widths: Sequence[int]) -> str:
    """One row of the table."""
    return "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip()


def markdown(folder: Path, sizes: Sequence[int]) -> str:
    """The table of docs/operating.md: a row per measurement, a column per size, from the files of earlier runs."""
    found = {size: read(folder, size).get("ratios", {}) for size in sizes}
    names = [name for name in IN_DOCS if any(name in ratios for ratios in found.values())]
    head = ["figure (ratio to its peer)", *(f"{size:,} entries" for size in sizes if found[size]), "target"]
    lines = [_row(head), _row(["---"] * len(head))]
    lines += [_row(_markdown_cells(name, [found[size] for size in sizes if found[size]])) for name in names]
    return "\n".join(lines)


def _row(texts: Sequence[str]) -> str:
    return f"| {' | '.join(texts)} |"


def _markdown_cells(name: str, ratios: Sequence[dict[str, Any]]) -> list[str]:
    known = [of_size[name] for of_size in ratios if name in of_size]
    figures = [_figure(of_size.get(name)) for of_size in ratios]
    asked = known[-1]["target"]
    sign = "≥" if known[-1]["at_least"] else "≤"
    peer = "" if known[-1]["peer_name"] == "limit" else f" ({known[-1]['peer_name']})"
    return [f"{name}{peer}", *figures, "" if asked is None else f"{sign} {ratio_in_words(asked)}"]


def _figure(found: dict[str, Any] | None) -> str:
    if found is None:
        return ""
    verdict = {True: "", False: ", short", None: ", noisy" if found["target"] is not None else ""}[found["met"]]
    return f"{in_words(found['figure'], found['unit'])} ({ratio_in_words(found['ratio'])}{verdict})"
