"""How soon a slow phone shows the public pages: `python -m tests.page_speed http://127.0.0.1:8000`.

A phone of 390 × 844 pixels with a processor four times slower than this one, 1.6 Mbit/s and 150 ms to the server, that
visits each page for the first time. Prints the median of three visits: the largest contentful paint in milliseconds,
what it was, the time for which the main thread was blocked after the first paint (what each task takes beyond 50 ms),
bytes over the network, and by how much the layout shifted. Exits with 1 if a page misses one of the limits below.
"""

import statistics
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from playwright.sync_api import Browser, sync_playwright

from tests.chromium import CHROMIUM

MOST_PAINT, MOST_BLOCKED = 1500, 150
"""Milliseconds."""
PAGES = {
    "home": "/",
    "country": "/countries/peru/",
    "measure": "/measures/PER-00007/",
    "list": "/measures/",
    "compare": "/compare/?countries=PER,COL,ECU",
    "who": "/who/?country=PER&group=asylum_seekers&on=2020-06-15",
}
VISITS = 3
BYTES_A_SECOND = 1.6e6 / 8
DELAY, SLOWER = 150, 4
SETTLED = 1500
"""Milliseconds after the load in which scripts may still block."""

BLOCKED = """
() => {
  const first = performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? 0;
  return seen.tasks.reduce((sum, [start, end]) => sum + Math.max(0, end - Math.max(start, first) - 50), 0);
}
"""
OBSERVE = """
window.seen = {paint: 0, what: "", tasks: [], shift: 0};
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) {
    const box = entry.element;
    seen.paint = entry.startTime;
    seen.what = box ? box.tagName.toLowerCase() + (box.className && box.className.baseVal === undefined
      ? "." + box.className : "") : "";
  }
}).observe({type: "largest-contentful-paint", buffered: true});
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) seen.tasks.push([entry.startTime, entry.startTime + entry.duration]);
}).observe({type: "longtask", buffered: true});
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) seen.shift += entry.value;
}).observe({type: "layout-shift", buffered: true});
"""


@dataclass(frozen=True, slots=True)
class Visit:
    """What one visit measured; see the module docstring."""

    paint: float
    what: str
    blocked: float
    shift: float
    size: float


def visit(browser: Browser, address: str) -> Visit:
    """Open a page as somebody who was never there."""
    context = browser.new_context(viewport={"width": 390, "height": 844}, device_scale_factor=2, is_mobile=True)
    try:
        page = context.new_page()
        session = context.new_cdp_session(page)
        received: list[float] = []
        session.on("Network.loadingFinished", lambda event: received.append(event["encodedDataLength"]))
        session.send("Network.enable")
        limits = {"offline": False, "latency": DELAY, "downloadThroughput": BYTES_A_SECOND, "uploadThroughput": 9e4}
        session.send("Network.emulateNetworkConditions", limits)
        session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
        page.add_init_script(OBSERVE)
        page.goto(address, wait_until="load")
        page.wait_for_timeout(SETTLED)
        seen = page.evaluate("seen")
        return Visit(seen["paint"], seen["what"], page.evaluate(BLOCKED), seen["shift"], sum(received))
    finally:
        context.close()


def main(arguments: Sequence[str]) -> int:
    """Measure every page; the number of those that miss is the answer's sign."""
    if len(arguments) != 1:
        sys.stderr.write("Usage: python -m tests.page_speed http://127.0.0.1:8000\n")
        return 2
    is_late = False
    write = sys.stdout.write
    write(f"{'page':10}{'paint ms':>10}{'blocked ms':>12}{'KB':>7}{'shift':>8}  largest\n")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(args=["--no-sandbox"], executable_path=CHROMIUM)
        for name, path in PAGES.items():
            visits = [visit(browser, arguments[0].rstrip("/") + path) for _ in range(VISITS)]
            paint = statistics.median(each.paint for each in visits)
            blocked = statistics.median(each.blocked for each in visits)
            late = paint >= MOST_PAINT or blocked >= MOST_BLOCKED
            is_late = is_late or late
            last = visits[-1]
            mark = "  LATE" if late else ""
            write(f"{name:10}{paint:10.0f}{blocked:12.0f}{last.size / 1000:7.0f}{last.shift:8.3f}  {last.what}{mark}\n")
        browser.close()
    return int(is_late)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
