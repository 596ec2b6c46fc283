"""The outline of a country among its neighbours."""

import re

import pytest
from django.test import Client

from countries.models import Country
from countries.outline import Outline, outline_of
from countries.shapes import drawing_of
from tests import factories


def _of(m49: str) -> Outline:
    outline = outline_of(Country(m49=m49))
    assert outline is not None
    return outline


def _points(path: str) -> list[tuple[int, int]]:
    """The points of a path of rings that each begin at an absolute point."""
    found = []
    for x, y, rest in re.findall(r"M(-?\d+) (-?\d+)([^M]*)", path):
        numbers = list(map(int, re.findall(r"-?\d+", rest)))
        points = [(int(x), int(y))]
        for dx, dy in zip(numbers[::2], numbers[1::2], strict=True):
            points.append((points[-1][0] + dx, points[-1][1] + dy))
        found += points
    return found


def test_outline_holds_the_country_and_what_is_around_it() -> None:
    peru = _of("604")
    left, top, width, height = map(int, peru.box.split())
    assert peru.country == drawing_of("americas").shapes["604"].path
    assert all(left < x < left + width and top < y < top + height for x, y in _points(peru.country))
    around = {
        point for point in _points(peru.around) if left < point[0] < left + width and top < point[1] < top + height
    }
    borders = {m49: around & set(_points(_of(m49).country)) for m49 in ("076", "068", "152", "170", "218", "484")}
    assert [m49 for m49, shared in borders.items() if not shared] == ["484"]
    assert "M" in peru.around
    assert len(peru.around) < 12_000


def test_every_covered_country_has_an_outline_that_is_not_tiny() -> None:
    for m49 in drawing_of("americas").shapes:
        outline = _of(m49)
        width, height = map(int, outline.box.split()[2:])
        assert width >= 240
        assert 0.5 < width / height < 2
    assert outline_of(Country(m49="250")) is not None
    assert outline_of(Country(m49="")) is None


@pytest.mark.django_db
def test_page_of_a_country_without_a_picture_shows_its_outline(client: Client) -> None:
    peru = factories.country()
    factories.observation()
    html = client.get("/countries/peru/").text
    assert f'<svg viewBox="{_of(peru.m49).box}" role="img" aria-label="Peru among its neighbours">' in html
    Country.objects.filter(pk=peru.pk).update(picture="countries/peru.jpg", picture_alt="A street in Lima")
    assert "among its neighbours" not in client.get("/countries/peru/").text
