"""The report of a run: verdicts, files, tables, the chart."""

import json
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.bench import picture, report
from tests.bench.measuring import Result, Target, in_turns, limited, spread

SHORT = Result("import fresh", 4.0, "s", 2.0, "COPY", Target(1.8))
RATE = Result("timeline of 300, 304", 900.0, "requests/s", 1_000.0, "bare view", Target(0.4, at_least=True))


@pytest.mark.parametrize(
    ("figure", "noise", "verdict"),
    [(17.0, 0.02, "met"), (19.0, 0.02, "short"), (17.0, 0.2, "noisy"), (19.0, 0.2, "noisy"), (10.0, 0.2, "met")],
)
def test_a_ratio_nearer_to_its_target_than_the_noise_is_not_judged(figure: float, noise: float, verdict: str) -> None:
    assert Result("x", figure, "s", 10.0, "COPY", Target(1.8), noise).verdict == verdict


def test_a_rate_is_to_be_at_least_its_target() -> None:
    assert RATE.met is True
    assert Result("x", 300.0, "requests/s", 1_000.0, "bare view", Target(0.4, at_least=True)).met is False


def test_nothing_is_allowed_where_the_limit_is_nothing() -> None:
    assert limited("writes", 0, "rows", 0, Target(0)).met is True
    assert limited("writes", 1, "rows", 0, Target(0)).met is False


def test_both_run_in_turns_after_a_warm_up_and_twice_at_least() -> None:
    order: list[str] = []

    def run(name: str) -> float:
        order.append(name)
        return float(len(order))

    found = in_turns(lambda: run("ours"), lambda: run("peer"), patience=0)
    assert order == ["ours", "peer"] * 3
    assert found == [[3.0, 5.0], [4.0, 6.0]]


def test_spread_is_the_middle_half_and_of_few_figures_all() -> None:
    assert spread([1.0]) == 0
    assert spread([9.0, 10.0, 12.0]) == pytest.approx(0.3)
    assert spread([10.0, 10.0, 10.0, 10.0, 90.0, 10.0, 10.0, 10.0]) == 0


def test_the_file_of_a_run_has_ratio_target_and_whether_it_is_met(tmp_path: Path) -> None:
    report.write(tmp_path, 100, [SHORT])
    report.write(tmp_path, 100, [RATE])
    last = json.loads((tmp_path / "bench.json").read_text())
    assert last["size"] == 100
    assert list(last["ratios"]) == ["timeline of 300, 304"]
    of_size = report.read(tmp_path, 100)["ratios"]
    assert {name: (found["ratio"], found["target"], found["met"]) for name, found in of_size.items()} == {
        "import fresh": (2.0, 1.8, False),
        "timeline of 300, 304": (0.9, 0.4, True),
    }


def test_the_table_names_figure_peer_ratio_target_and_verdict() -> None:
    assert report.cells(SHORT) == ("import fresh", "4 s", "2 s (COPY)", "2", "≤ 1.8", "short")
    lines = report.table([report.cells(SHORT), report.cells(RATE)]).splitlines()
    assert lines[0].split() == "measurement median peer or limit ratio target verdict".split()
    assert len(lines) == 4


def test_the_table_of_the_readme_has_a_column_a_size(tmp_path: Path) -> None:
    report.write(tmp_path, 10_000, [SHORT, RATE])
    report.write(tmp_path, 100_000, [SHORT])
    assert report.markdown(tmp_path, [10_000, 100_000, 1_000_000]).splitlines() == [
        "| figure (ratio to its peer) | 10,000 entries | 100,000 entries | target |",
        "| --- | --- | --- | --- |",
        "| import fresh (COPY) | 4 s (2, short) | 4 s (2, short) | ≤ 1.8 |",
        "| timeline of 300, 304 (bare view) | 900 requests/s (0.9) |  | ≥ 0.4 |",
    ]


def _runs(tmp_path: Path, *sizes: int) -> dict[int, dict]:
    names = ("list, no filter", "export CSV", "search, rare word")
    for size in sizes:
        report.write(
            tmp_path,
            size,
            [Result(name, size / 1e5, "s", 1.0, "peer") for name in names],
        )
    return {size: report.read(tmp_path, size) for size in sizes}


def test_the_picture_has_a_labelled_line_a_measurement_in_both_colour_schemes(tmp_path: Path) -> None:
    path = tmp_path / "growth.svg"
    picture.draw(path, _runs(tmp_path, 10_000, 100_000, 1_000_000))
    drawing = ElementTree.parse(path).getroot()  # noqa: S314  # our own
    ns = "{http://www.w3.org/2000/svg}"
    texts = [element.text for element in drawing.iter(f"{ns}text")]
    assert len(list(drawing.iter(f"{ns}polyline"))) == 3
    assert {"List without a filter", "Export of all entries", "Search, rare word"} < set(texts)
    assert {"10,000", "100,000", "1,000,000", "100 ms", "1 s", "10 s"} < set(texts)
    assert "prefers-color-scheme: dark" in path.read_text()
    labels = sorted(float(e.attrib["y"]) for e in drawing.iter(f"{ns}text") if e.attrib.get("class") is None)
    assert all(below - above >= picture.LABEL_HEIGHT for above, below in pairwise(labels))


def test_a_picture_of_growth_needs_two_sizes(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="two sizes"):
        picture.draw(tmp_path / "growth.svg", _runs(tmp_path, 10_000))
