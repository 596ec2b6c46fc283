"""A sample of hostile documents through upload and capture; `tests.attacks.heavy.documents` sends 2,000."""

from collections.abc import Iterator

import pytest
from pytest_django import Settings

from tests.attacks.bearing import bear
from tests.attacks.documents import KINDS
from tests.hostile_server import HostileServer, serving

SAMPLE = 60


@pytest.fixture
def server(settings: Settings) -> Iterator[HostileServer]:
    settings.FETCH_NETWORKS = ["127.0.0.0/8"]
    settings.ARCHIVE_BROWSER = "/bin/true"  # pages are cleaned and not drawn
    with serving() as server:
        yield server


@pytest.mark.django_db
def test_hostile_documents_are_borne(server: HostileServer) -> None:
    assert len(KINDS) < SAMPLE
    cost = bear(range(SAMPLE), server)
    assert cost.faults == []
    assert cost.documents == SAMPLE
    assert {"read", "unreadable", "refused", "empty"} <= set(cost.states)
