"""A sample of hostile documents through upload and capture; `tests.attacks.heavy.documents` sends 2,000."""

import gzip
import io
import random
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from django.contrib.admin import site
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import RequestFactory
from django.utils import timezone
from PIL import Image
from pytest_django import Settings

from countries.feeds.download import fetched
from countries.feeds.problems import FeedProblem
from countries.feeds.reading import cells_of
from countries.models import Country, FeedFormat
from countries.picture_check import MOST_PIXELS
from foundation.files.importing.reading import FileProblem, open_table
from foundation.markdown import to_html, to_text
from foundation.text_changes import changes_between
from measures.archive import quotes
from measures.files.resources import MeasureResource
from measures.models import Citation, QuoteCheck
from tests import factories
from tests.attacks.bearing import bear
from tests.attacks.documents import KINDS, Kind
from tests.hostile_server import HostileServer, answer, serving

SAMPLE = 60


@pytest.fixture
def server(settings: Settings) -> Iterator[HostileServer]:
    settings.FETCH_NETWORKS = ["127.0.0.0/8"]
    settings.ARCHIVE_BROWSER = "/bin/true"  # pages are sanitized but not rendered
    with serving() as server:
        yield server


@pytest.mark.django_db
def test_hostile_documents_are_borne(server: HostileServer) -> None:
    assert len(KINDS) < SAMPLE
    cost = bear(range(SAMPLE), server)
    assert cost.faults == []
    assert cost.documents == SAMPLE
    assert {"read", "unreadable", "refused", "empty"} <= set(cost.states)


def _form_of_country(data: bytes) -> Any:
    request = RequestFactory().get("/")
    request.user = AnonymousUser()
    field = site.get_model_admin(Country).formfield_for_dbfield(Country._meta.get_field("picture"), request)
    assert field
    return field.clean(SimpleUploadedFile("picture.png", data))


@pytest.mark.parametrize(
    "kind", [kind for kind in KINDS if kind.__name__.startswith(("png", "tiff", "jpeg", "gif", "webp"))]
)
@pytest.mark.parametrize("number", range(4))
def test_hostile_picture_of_a_country_is_refused_by_its_form(kind: Kind, number: int) -> None:
    data = kind(random.Random(number))
    begun = time.process_time()
    with suppress(ValidationError):
        picture = _form_of_country(data)
        with Image.open(picture) as opened:
            assert opened.width * opened.height <= MOST_PIXELS
    assert time.process_time() - begun < 5


def test_picture_of_gigapixels_is_refused_and_a_plain_one_is_not() -> None:
    with pytest.raises(ValidationError):
        _form_of_country(KINDS[[kind.__name__ for kind in KINDS].index("png_of_gigapixels")](random.Random(1)))
    file = io.BytesIO()
    Image.new("RGB", (40, 30)).save(file, "PNG")
    assert _form_of_country(file.getvalue()).name == "picture.png"


@pytest.mark.parametrize(
    "text",
    [
        *("[" * 100_000, "*a_ " * 25_000, "_a" * 50_000, "![[" * 33_000, "<" * 100_000, "&" * 100_000, "> " * 50_000),
        *("[a" * 50_000, "[" * 10 + "\n[a]: <b" * 10_000, "[a](b '" * 14_000, "`a``" * 25_000, "a\n" * 50_000),
        *("- " * 50_000, "".join(f"{' ' * number}- a\n" for number in range(440)), ">a\n" * 33_000, "1. " * 33_000),
    ],
)
def test_summary_made_to_explode_is_shown_in_a_moment(text: str) -> None:
    begun = time.process_time()
    assert to_html(text)
    to_text(text)
    assert time.process_time() - begun < 3


def test_summary_of_a_person_is_read_as_markdown() -> None:
    assert to_html("A **long** text. " * 400).count("<strong>") == 400


@pytest.mark.django_db
@pytest.mark.parametrize(
    "text",
    ["<!--" * 500_000, "a1-b2_" * 300_000, "a_1-" * 400_000, "a1@1a" * 300_000, "/~" * 500_000, "<!-- a " * 200_000],
)
def test_words_of_a_hostile_text_are_found_in_a_moment(text: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("set local statement_timeout = '60s'")  # it used to take hours
        cursor.execute("set local client_min_messages = error")
        cursor.execute("select measures_search_words('spanish', %s, 'D') @@ 'nacional'", [text + " Nacional"])
        assert cursor.fetchone()[0]


@pytest.mark.django_db
def test_text_of_heaped_accents_leaves_its_quotes_unchecked() -> None:
    """To compose them takes quadratic time, in a process that is ended."""
    citation = Citation.objects.create(
        measure=factories.measure(sources=()), source=factories.source(), quote="a quote"
    )
    capture = factories.capture(source=citation.source)
    factories.document_text(capture=capture, text="a" + "\u0316\u0300" * 400_000 + " a quote")
    begun = time.process_time()
    assert quotes.check([citation], at=timezone.now()) == 1
    assert time.process_time() - begun < 5
    assert QuoteCheck.objects.get().state == "not_found"


def test_two_hostile_texts_are_compared_in_a_moment() -> None:
    chance = random.Random(1)
    made = [
        "\n".join("a b " * chance.randint(1, 20) + str(chance.random()) for _line in range(4_000)) for _side in range(2)
    ]
    begun = time.process_time()
    for before, after in (made, ("a b " * 50_000, "b a " * 50_000), ("a\n" * 100_000, "b\na\n" * 50_000)):
        changes_between(before[:200_000], after[:200_000], characters=3_000)
    assert time.process_time() - begun < 5


def test_header_of_countless_columns_is_refused_in_a_moment(tmp_path: Path) -> None:
    path = tmp_path / "measures.csv"
    path.write_text("public_id,reference,country,title_en,kind," + ",".join(f"{n:x}" for n in range(150_000)) + "\n")
    begun = time.process_time()
    with pytest.raises(FileProblem) as problem:
        open_table(path, MeasureResource)
    assert time.process_time() - begun < 10
    assert len(problem.value.problem) < 3_000


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("data", "format"),
    [
        (gzip.compress(b"a" * 50_000_000), FeedFormat.CSV_LONG),
        (gzip.compress(b"iso3,date,value\n" + b"," * 50_000_000), FeedFormat.CSV_LONG),
        (b"[" + b"[]," * 12_000_000 + b"0]", FeedFormat.JSON),
        (b"[" * 1_000_000, FeedFormat.JSON),
    ],
)
def test_feed_that_would_fill_the_memory_is_refused(data: bytes, format: FeedFormat, tmp_path: Path) -> None:
    path = tmp_path / "feed"
    path.write_bytes(data)
    feed = factories.feed(format=format)
    with pytest.raises(FeedProblem):
        list(cells_of(path, feed))


@pytest.mark.django_db
@pytest.mark.parametrize("pages", ["Infinity", "1e999", "NaN", "-5", "[" * 100_000, "9" * 5_000, '"x"', "null", "{}"])
def test_number_of_pages_of_no_sense_is_one_page(server: HostileServer, pages: str) -> None:
    server.answers["/feed"] = answer(f'{{"pages": {pages}, "rows": []}}'.encode())
    feed = factories.feed(url=f"{server.url}/feed", format="json", pages_path="pages", records_path="rows")
    with fetched(feed) as body:
        assert body.path.stat().st_size
    assert server.paths == ["/feed"]
