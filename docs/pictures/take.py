"""Retake the screenshots of the handbook from a running demo.

The script uses the pages as an analyst and an editor do, so it changes the demo. Start a demo in a new folder that may
fetch documents from this machine, and run the script in the same environment:

    export DATA_DIR=$(mktemp -d) FETCH_NETWORKS=127.0.0.0/8,::1/128
    .venv/bin/python manage.py demo --port 8101
    .venv/bin/python -m docs.pictures.take http://127.0.0.1:8101     # in a second terminal

A small web server on port 8109 plays the gazette whose documents are captured. Afterwards, compare each picture with
the text of `docs/users.md`.
"""

import csv
import os
import shutil
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path

import django
from PIL import Image
from playwright.sync_api import Browser, Locator, Page, sync_playwright

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "observatory.settings")
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"  # Playwright runs an event loop in this thread
django.setup()

from django.conf import settings  # noqa: E402  (needs Django, which is set up above)
from django.contrib.auth.models import User  # noqa: E402  (as above)
from django.utils import timezone  # noqa: E402  (as above)

from countries.feeds import runs  # noqa: E402  (as above)
from countries.models import FeedRun, IndicatorFeed  # noqa: E402  (as above)
from foundation.files.exporting import exported  # noqa: E402  (as above)
from measures.archive import keeping, quotes  # noqa: E402  (as above)
from measures.files.resources import MeasureResource  # noqa: E402  (as above)
from measures.models import Citation, Measure, Source  # noqa: E402  (as above)
from tests.archive_sources import let_time_pass, look  # noqa: E402  (as above)

FOLDER = Path(__file__).parent
WIDTH, HEIGHT = 1280, 6000
"""The window is as tall as the longest form, so that its button bar is at the end and covers nothing."""
ABOVE, BELOW, COLOURS = 16, 6, 40
GAZETTE_PORT = 8109
DECREE = """<!doctype html><html lang="es"><title>Decreto Supremo 051-2020-PCM</title>
<h1>Decreto Supremo 051-2020-PCM</h1><p>Artículo 1. Prorróguese el Estado de Emergencia Nacional por el término de trece
(13) días calendario, a partir del 31 de marzo de 2020.</p><p>{}</p></html>"""
DRAFT = "Bill on work permits"
DAILY = "Entity;Code;Day;Reported\n" + "".join(
    f"{name};{code};2020-03-{day:02d};{day * 12}\n"
    for name, code in (("Peru", "PER"), ("Ecuador", "ECU"), ("World", "OWID_WRL"))
    for day in range(1, 11)
)

pages: dict[str, bytes | str] = {}
"""The gazette's response by path: a document, or the URL that it redirects to."""


class Gazette(BaseHTTPRequestHandler):
    """Serves `pages`; everything else is a 404."""

    def do_GET(self) -> None:
        answer = pages.get(self.path, b"")
        self.send_response(301 if isinstance(answer, str) else 200 if answer else 404)
        if isinstance(answer, str):
            self.send_header("Location", answer)
        body = b"" if isinstance(answer, str) else answer
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: object) -> None:
        """Do not log requests."""


@contextmanager
def gazette() -> Iterator[str]:
    """Run a web server that plays the gazette; yield its address."""
    with ThreadingHTTPServer(("127.0.0.1", GAZETTE_PORT), Gazette) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://localhost:{GAZETTE_PORT}"
        server.shutdown()


class Walk:
    """A browser on the demo, signed in as whichever account is needed."""

    def __init__(self, browser: Browser, address: str) -> None:
        self.browser, self.address = browser, address
        lines = (settings.DATA_DIR / "demo_accounts").read_text(encoding="utf-8").splitlines()
        self.passwords = dict(line.split(" ", 1) for line in lines)
        self.users: dict[str, Page] = {}

    def as_(self, name: str) -> Page:
        """Return a page signed in as this account; the first sign-in takes a picture of the form."""
        if name not in self.users:
            page = self.browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, locale="en")
            page.set_default_timeout(60_000)
            page.goto(f"{self.address}/admin/login/")
            page.get_by_label("Username").fill(name)
            page.get_by_label("Password").fill(self.passwords[name])
            if not self.users:
                take(page, "sign-in", page.locator("#container"), page.locator("#login-form"), width=700)
            page.get_by_role("button", name="Log in").click()
            page.get_by_role("heading", name="To do").wait_for()
            self.users[name] = page
        return self.users[name]


def take(
    page: Page,
    name: str,
    first: Locator,
    last: Locator | None = None,
    *,
    width: int = WIDTH,
    beside: bool = False,
) -> None:
    """Save a screenshot from the top of one element to the bottom of another, as a small PNG.

    It is as wide as the page, as `width` in its middle, or as the first element if another one is `beside` that.
    """
    page.evaluate("document.activeElement.blur()")
    above, below = first.bounding_box(), (last or first).bounding_box()
    assert above, first
    assert below, last
    top = max(above["y"] - ABOVE, 0)
    height = below["y"] + below["height"] + BELOW - top
    left = above["x"] - ABOVE if beside else (WIDTH - width) / 2
    width = above["width"] + 2 * ABOVE if beside else width
    shot = page.screenshot(clip={"x": left, "y": top, "width": width, "height": height})
    picture = Image.open(BytesIO(shot)).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    picture.save(FOLDER / f"{name}.png", optimize=True)


def section(page: Page, heading: str) -> Locator:
    """The part of a form under a heading."""
    return page.locator("section.form-part").filter(has=page.get_by_role("heading", name=heading, exact=True, level=2))


def submit(page: Page, button: str) -> None:
    """Press a button and wait for the page that answers."""
    with page.expect_navigation():
        page.get_by_role("button", name=button, exact=True).click()


def choose(page: Page, select: str, term: str, option: str) -> None:
    """Choose an option of an autocomplete field."""
    page.locator(f"#{select} + .select2-container").click()
    page.locator(".select2-search__field").last.fill(term)
    page.locator(".select2-results__option", has_text=option).first.click()


# Set-up: documents in the archive, drafts, a feed


def prepare(at: str) -> None:
    """A draft; sources in every state, cited by public entries, and captured twice."""
    analyst = User.objects.get(username="analyst")
    Measure.objects.create(country_id="PER", kind="bill", title_en=DRAFT, created_by=analyst, updated_by=analyst)
    pages["/051-2020-PCM"] = DECREE.format("Publicado el 27 de marzo.").encode()
    pages["/avisos/protocolo"] = DECREE.format("Protocolo.").encode()
    pages["/comunicado"] = DECREE.format("Comunicado.").encode()
    for path, title, entry in (
        ("/051-2020-PCM", "Decreto Supremo 051-2020-PCM", "PER-00008"),
        ("/avisos/protocolo", "Protocolo de expulsión", "PER-00017"),
        ("/comunicado", "Comunicado de la CEPR", "PER-00004"),
    ):
        source = Source(url=at + path, title=title, publisher="El Peruano", kind="official_gazette", language="es")
        source.clean()
        source.save()
        Citation.objects.create(measure=Measure.objects.get(public_id=entry), source=source)
        look(source)
    add_quotes()
    pages["/051-2020-PCM"] = DECREE.format("Publicado el 27 de marzo. Fe de erratas del 28 de marzo.").encode()
    pages["/avisos/protocolo"] = f"{at}/normas/309-2020-IN"
    pages["/normas/309-2020-IN"] = DECREE.format("Protocolo.").encode()
    del pages["/comunicado"]
    for _time in range(5):
        let_time_pass(days=15)
        for source in Source.objects.filter(url__startswith=at):
            look(source)
    keeping.read_waiting()
    quotes.check(quotes.stale(), at=timezone.now())


def add_quotes() -> None:
    """One quote that the decree has, and one that it has not."""
    cited = Citation.objects.get(source__title="Decreto Supremo 051-2020-PCM")
    Citation.objects.filter(pk=cited.pk).update(locator="art. 1", quote="por el término de trece (13) días calendario")
    wrong = Citation(measure=cited.measure, source=cited.source, locator="art. 2", field="validity")
    wrong.quote = "por el término de treinta (30) días calendario"
    wrong.save()


def files(to: Path) -> tuple[Path, Path]:
    """Write a file of measures with all kinds of rows, and the same file with its errors corrected."""
    rows = list(csv.DictReader(b"".join(exported(MeasureResource, None)).decode("utf-8").splitlines()))
    known = [row for row in rows if row["title_en"] == DRAFT]
    known[0]["title_en"] = "Bill on work permits of foreign nationals"
    new = {"country": "PER", "kind": "bill", "topics": "work.permit", "sources": "inmovilidad-peru-2020"}
    for number in range(3):
        title = f"Bill on work permits, version {number + 1}"
        known.append(new | {"title_en": title, "status_history": f"introduced@2020-06-{number + 1:02d}"})
    wrong = [
        new | {"title_en": "A bill with an unknown topic", "topics": "work.permits"},
        new | {"title_en": "A bill of a day that does not exist", "status_history": "introduced@2020-02-30"},
        new | {"title_en": "A bill with a wrong kind", "kind": "law bill"},
    ]
    for name, content in (("bills.csv", [*known, *wrong]), ("bills-mended.csv", known)):
        with (to / name).open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, [name for name in rows[0] if name not in ("status", "url")], restval="")
            writer.writeheader()
            writer.writerows({key: value for key, value in row.items() if key in writer.fieldnames} for row in content)
    return to / "bills.csv", to / "bills-mended.csv"


# The walk


def enter_a_measure(walk: Walk) -> None:
    """Fill in the form from top to bottom; matches that already exist are shown beside the number."""
    page = walk.as_("analyst")
    page.goto(f"{walk.address}/admin/measures/measure/add/")
    choose(page, "id_country", "per", "Peru")
    page.get_by_label("Kind:", exact=True).select_option(label="Agency resolution")
    page.get_by_label("Reference").fill("104-2020-migraciones")
    page.locator("#id_provision").click()
    page.locator("#duplicates li").first.wait_for()
    take(page, "duplicates", section(page, "Identification"), page.locator("#duplicates"))
    page.get_by_label("Kind:", exact=True).select_option(label="Declaration of state of exception")
    page.get_by_label("Reference").fill("N° 051-2020-PCM")
    page.locator("#id_provision").click()
    page.locator("#duplicates").wait_for(state="hidden")
    for number, (status, date) in enumerate((("published", "2020-03-27"), ("in_force", "2020-03-31"))):
        row = page.locator(f"#status_events-{number}")
        row.locator("select[name$=status]").select_option(status)
        row.locator("input[name$=date]").fill(date)
    page.locator("#id_valid_from").fill("2020-03-31")
    page.locator("#id_end_kind").select_option("duration")
    page.locator("#id_duration").fill("P13D")
    page.locator("#id_duration_basis").select_option("calendar")
    page.locator("#id_duration").blur()
    take(page, "identify", section(page, "Identification"))
    page.get_by_text("Reads as: in force from 31 March 2020 to 12 April 2020").wait_for()
    take(page, "dates", section(page, "Dates"))
    topics, groups = section(page, "Tag").locator(".narrow-box").all()
    for box, words in ((topics, "emergency regime"), (topics, "internal movement"), (groups, "all persons")):
        box.fill(words)
        box.press("Enter")
    page.get_by_label("More restrictive").check()
    topics.fill("quarantine")
    take(page, "tags", section(page, "Tag"), beside=True)
    topics.fill("")
    page.locator("#id_title_en").fill("State of national emergency extended by 13 days")
    page.locator("#id_title_es").fill("Prórroga del estado de emergencia nacional por 13 días")
    page.locator("#id_short_title_en").fill("Emergency extended")
    choose(page, "id_citations-0-source", "051", "Decreto Supremo 051")
    page.get_by_label("Locator").first.fill("art. 1")
    page.get_by_label("Quote").first.fill("por el término de trece (13) días calendario")
    page.locator("#id_evidence").select_option("primary")
    take(page, "text", section(page, "Text"))
    take(page, "citation", section(page, "Source"), beside=True)
    page.get_by_label("This is another act").check()  # its title is like that of an entry
    submit(page, "Save and continue editing")


def review(walk: Walk) -> None:
    """The analyst submits the draft, the editor publishes it, and the analyst then sees it read-only."""
    analyst, editor = walk.as_("analyst"), walk.as_("editor")
    url = analyst.url
    bar, choices = ".submit-row", ".move-choices:has(#id_move_note)"
    analyst.get_by_text("Change workflow state").click()
    take(analyst, "move-on", analyst.locator(choices), analyst.locator(bar))
    analyst.locator("#id_move_note").fill("The date of the end is from article 1.")
    submit(analyst, "Submit for review")
    editor.goto(f"{walk.address}/admin/")
    take(editor, "what-waits", editor.locator("#header"), editor.get_by_role("link", name="Enter a measure"))
    editor.goto(url)
    editor.get_by_text("Change workflow state").click()
    take(editor, "publish", editor.locator(choices), editor.locator(bar))
    submit(editor, "Publish")
    analyst.goto(url)
    take(analyst, "read-only", analyst.locator("#content h1"), analyst.locator("p.proposal-offer"))
    editor.goto(url.replace("/change/", "/history/"))
    take(
        editor,
        "history",
        editor.locator("#content h1"),
        editor.locator("section.history-act").nth(2).locator("tr").nth(8),
    )


def two_people(walk: Walk) -> None:
    """Somebody else saves a draft while the analyst has its form open."""
    page, draft = walk.as_("analyst"), Measure.objects.filter(workflow="draft").earliest("pk")
    page.goto(f"{walk.address}/admin/measures/measure/{draft.pk}/change/")
    other = Measure.objects.filter(pk=draft.pk)
    other.mark_changed(by=User.objects.get(username="editor"), title_en="Bill on permits to work")
    page.locator("#id_title_en").fill("Bill on work permits for foreign nationals")
    submit(page, "Save")
    take(page, "two-versions", page.locator("#differences"))
    page.on("dialog", lambda dialog: dialog.accept())


def bulk(walk: Walk) -> None:
    """Select drafts in the list, tag them, and retire them with a reason."""
    page = walk.as_("editor")
    page.set_viewport_size({"width": WIDTH, "height": 1100})
    page.goto(f"{walk.address}/admin/measures/measure/?workflow=draft")
    page.locator("#action-toggle").check()
    page.locator("select[name=action]").select_option(label="Tag…")
    take(page, "list", page.locator("#content h1"), page.locator("#result_list"))
    page.locator("select[name=action]").select_option("retire")
    page.get_by_role("button", name="Go").click()
    page.locator("form.bulk-question").wait_for()
    page.locator("textarea").fill("Entered twice.")
    take(page, "ask", page.locator("#content h1"), page.locator("form.bulk-question"))
    page.set_viewport_size({"width": WIDTH, "height": HEIGHT})


def import_a_file(walk: Walk, broken: Path, mended: Path) -> None:
    """Preview a file with refused rows, then the corrected one, and import it."""
    page = walk.as_("analyst")
    for path, name in ((broken, "refused"), (mended, "preview")):
        page.goto(f"{walk.address}/admin/foundation/fileimport/add/")
        page.locator("input[type=file]").set_input_files(path)
        page.get_by_role("button", name="Show what would change").click()
        page.locator(".state-counts").wait_for()
        if name == "preview":
            page.locator(".state-counts a", has_text="hanged").click()
        take(
            page, name, page.locator("#content h1"), page.locator(".submit-row" if name == "preview" else ".wide-table")
        )
    submit(page, "Import all of this")


def archive(walk: Walk) -> None:
    """A source with its captures, quote checks and broken links."""
    page, source = walk.as_("editor"), Source.objects.get(title="Decreto Supremo 051-2020-PCM")
    page.goto(f"{walk.address}/admin/measures/source/{source.pk}/change/")
    take(page, "source", page.locator("#content h1"), page.locator(".submit-row"))
    page.goto(f"{walk.address}/archive/{source.key}/")
    page.get_by_text("1 line added, 1 removed").click()
    headings = page.locator("main h2")
    take(
        page,
        "document",
        headings.filter(has_text="Kept copies"),
        page.get_by_text("Not found in the kept copy"),
        beside=True,
    )
    page.goto(f"{walk.address}/archive/links/broken/")
    take(page, "broken-links", page.locator("main h1"), page.locator("main table").last)


def feeds(walk: Walk) -> None:
    """Try a feed, and show a run with a held value."""
    settings.FEED_FILES_DIR.mkdir(parents=True, exist_ok=True)
    path = settings.FEED_FILES_DIR / "daily.csv"
    path.write_text(DAILY, encoding="utf-8")
    page = walk.as_("editor")
    page.goto(f"{walk.address}/admin/countries/indicatorfeed/add/")
    page.get_by_label("Key").fill("ministry-cases")
    choose(page, "id_indicator", "cases", "New COVID-19 cases")
    page.locator("#id_url").fill("file:daily.csv")
    page.locator("#id_source_name").fill("Ministry of Health")
    for field, value in (("country_column", "Code"), ("day_column", "Day"), ("value_column", "Reported")):
        page.locator(f"#id_{field}").fill(value)
    page.locator("#id_leaves_out_unknown").check()
    page.locator("#id_highest").fill("500")
    page.get_by_role("button", name="Try it: preview 20 rows").click()
    page.locator(".trial tbody tr").first.wait_for()
    take(page, "feed-trial", page.locator(".trial"), page.locator(".trial tbody tr").nth(7))
    submit(page, "Save")
    feed = IndicatorFeed.objects.get(key="ministry-cases")
    runs.run(feed)
    path.write_text(DAILY.replace(";120\n", ";1200\n"), encoding="utf-8")
    held: FeedRun = runs.run(feed)
    page.goto(f"{walk.address}{held.get_absolute_url()}")
    take(page, "feed-run", page.locator("#content h1"), page.locator("dl.run-facts"))


def profile(walk: Walk) -> None:
    """The roles and figures of a country on one page."""
    page = walk.as_("editor")
    page.goto(f"{walk.address}/admin/countries/country/PER/change/")
    page.locator("#roles-0 summary").first.click()
    take(page, "roles", page.locator(".editions"), page.locator("#roles-0"))
    take(
        page,
        "figures",
        page.locator("section.form-part").last,
        page.locator("#observations-group tbody tr.form-row").nth(5),
    )


STEPS: tuple[Callable[[Walk], None], ...] = (enter_a_measure, review, archive, feeds, profile)


def main(address: str) -> None:
    """Prepare, take all pictures, and print their sizes."""
    if Measure.objects.filter(country="PER").count() > 42:
        sys.exit("Start the demo on a new folder: this one has been worked on.")
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    with gazette() as at, sync_playwright() as playwright:
        prepare(at)
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        walk = Walk(browser, address)
        for step in STEPS:
            step(walk)
        import_a_file(walk, *files(settings.DATA_DIR))
        two_people(walk)
        bulk(walk)
        browser.close()
    for path in sorted(FOLDER.glob("*.png")):
        sys.stdout.write(f"{path.stat().st_size // 1000:>4} KB  {path.name}\n")


if __name__ == "__main__":
    main(sys.argv[1].rstrip("/"))
