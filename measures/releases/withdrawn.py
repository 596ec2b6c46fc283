"""Records of a release that were withdrawn after it."""

import logging
from dataclasses import dataclass

import pyarrow.parquet as pq

from measures.choices import Workflow
from measures.models import Measure, Release
from measures.releases.store import folder_of

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """A withdrawn record, why, and the public record that took its place, or ''."""

    public_id: str
    reason: str
    replaced_by: str


def withdrawn_since(release: Release) -> list[Withdrawn]:
    """The records that a release has and that were withdrawn since, by identifier."""
    gone = Measure.objects.withdrawn().select_related("replaced_by").order_by("public_id")
    found = [Withdrawn(each.public_id, each.retired_reason, _successor(each)) for each in gone]
    had = _had(release, [each.public_id for each in found])
    return [each for each in found if each.public_id in had]


def _successor(gone: Measure) -> str:
    """A successor that is not public is not named."""
    successor = gone.replaced_by
    return successor.public_id if successor and successor.workflow == Workflow.PUBLISHED else ""


def _had(release: Release, public_ids: list[str]) -> set[str]:
    """Those of the identifiers that a release has; one column of its Parquet file is read for that."""
    if not public_ids:
        return set()
    path = folder_of(release.name) / "measures.parquet"
    try:
        table = pq.read_table(path, columns=["public_id"], filters=[("public_id", "in", public_ids)])
    except FileNotFoundError:
        logger.error("The files of the release %s are missing. Restore them from a backup.", release.name)
        return set()
    return set(table.column("public_id").to_pylist())
