"""Pictures for sharing: of what, how large, in which words."""

from io import BytesIO

import pytest
from django.test import Client
from PIL import Image

from foundation.days import today
from foundation.share_picture import HEIGHT, WIDTH, Area, Shapes, SharePicture, rings, wrapped
from foundation.share_picture import _font as font
from tests import factories as make


def _size(content: bytes) -> tuple[str | None, tuple[int, int]]:
    with Image.open(BytesIO(content)) as picture:
        return picture.format, picture.size


@pytest.mark.django_db
def test_pages_name_pictures_that_are_small_and_of_the_size_that_they_say(client: Client) -> None:
    measure = make.measure(title_en="Closing of borders")
    for page, picture in (
        ("/?indicator=net_direction", "/share.png?indicator=net_direction"),
        ("/es/countries/peru/?topic=health", "/es/countries/peru/share.png"),
        (f"/measures/{measure.public_id}/", f"/measures/{measure.public_id}/share.png"),
    ):
        assert f'<meta property="og:image" content="http://testserver{picture}">' in client.get(page).text
        answer = client.get(picture)
        assert (answer.status_code, answer["Content-Type"]) == (200, "image/png")
        assert _size(answer.content) == ("PNG", (WIDTH, HEIGHT))
        assert len(answer.content) < 60_000


@pytest.mark.django_db
def test_every_page_has_a_citation_and_a_picture(client: Client) -> None:
    """A page without a picture of its own is shared with that of the site."""
    make.country(iso3="ECU")
    make.measure(sources=(make.source(key="gazette", title="Gazette of the day"),))
    for kind in ("law", "regulation"):
        make.measure(reference="104-2020", kind=kind)
    titles = {
        "/countries/": "Countries",
        "/countries/peru/profile/": "Peru: profile and its editions",
        "/about/": "About the observatory",
        "/archive/": "Archive",
        "/archive/gazette/": "Gazette of the day",
        "/who/": "Who is affected",
        "/compare/?countries=PER,ECU": "Peru and Ecuador, side by side",
        "/compare/": "Compare countries",
        "/search/": "Search",
        "/search/?q=gazette+of": "Search: gazette of",
        "/reference/104-2020/": "104-2020",
        "/accessibility/": "Accessibility statement",
        "/archive/links/broken/": "Broken links",
        "/data/": "Observatory: Measures, sources and figures",
        "/data/codebook/": "Codebook",
        "/data/api/": "Read API",
        "/data/releases/": "Releases of the data",
    }
    for address, title in titles.items():
        page = client.get(address).text
        assert f'<meta name="citation_title" content="{title}">' in page, address
        assert page.count('<meta property="og:image" content="http://testserver/share.png">') == 1, address
    search = client.get("/es/search/?q=gazette+of").text
    assert '<meta name="citation_public_url" content="http://testserver/search/?q=gazette+of">' in search
    assert f'<meta name="citation_date" content="{today()}">' in search


@pytest.mark.django_db
def test_what_is_not_public_has_no_picture(client: Client) -> None:
    make.country(iso3="USA", is_covered=False)
    draft = make.draft()
    for path in (f"/measures/{draft.public_id}/share.png", "/countries/usa/share.png", "/share.png?indicator=none"):
        assert client.get(path).status_code == 404


def test_words_fit_into_the_picture() -> None:
    sans = font("public-sans", 30, 450)
    text = "Suspensión de plazos " * 200
    lines = wrapped(text, sans, 500, 4)
    assert len(lines) == 4
    assert lines[-1].endswith("…")
    assert all(sans.getlength(line) <= 500 for line in lines)
    assert wrapped("x" * 5000, sans, 500, 3)[0].endswith("…")
    assert wrapped("", sans, 500, 3) == []
    assert SharePicture("", "", [], "").drawn()[:4] == b"\x89PNG"


def test_rings_of_a_path_begin_where_the_one_before_began() -> None:
    assert list(rings("M10 20l5 0 0 5zm-2 3l1 1 1 -2z")) == [
        [(10, 20), (15, 20), (15, 25)],
        [(8, 23), (9, 24), (10, 22)],
    ]
    drawn = SharePicture("", "Peru", [], "", Shapes((0, 0, 30, 40), (Area("M10 20l5 0 0 5z", "#0f4f63"),))).drawn()
    with Image.open(BytesIO(drawn)) as picture:
        assert (15, 79, 99) in {colour for _number, colour in picture.convert("RGB").getcolors(99) or ()}
