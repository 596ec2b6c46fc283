import datetime

import pytest
from django.test import override_settings
from django.utils import formats, timezone, translation

from foundation.days import day_of, today

NIGHT = datetime.datetime(2020, 5, 15, 3, 30, tzinfo=datetime.UTC)


@pytest.mark.parametrize(
    ("zone", "day"), [("UTC", "2020-05-15"), ("America/Lima", "2020-05-14"), ("Pacific/Auckland", "2020-05-15")]
)
def test_moment_falls_on_the_day_of_the_site(zone: str, day: str) -> None:
    with override_settings(TIME_ZONE=zone):
        assert str(day_of(NIGHT)) == day


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Etc/GMT+12"])
def test_today_is_the_day_of_the_site(zone: str) -> None:
    with override_settings(TIME_ZONE=zone):
        there = datetime.datetime.now(datetime.UTC) + datetime.timedelta(hours=14 if zone.startswith("P") else -12)
        assert today() == there.date()


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "15 May 2020, 03:30 UTC"),
        ("es", "15 de mayo de 2020 a las 03:30 UTC"),
        ("pt", "15 de maio de 2020 às 03:30 UTC"),
    ],
)
def test_times_of_the_admin_name_their_zone(language: str, words: str) -> None:
    with translation.override(language):
        assert formats.date_format(timezone.localtime(NIGHT), "DATETIME_FORMAT") == words
