"""Records of a release that were withdrawn after it."""

import logging
from dataclasses import dataclass

import pyarrow as pa
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


def withdrawn_records() -> list[Withdrawn]:
    """All withdrawn records, by identifier."""
    gone = Measure.objects.withdrawn().select_related("replaced_by").order_by("public_id")
    return [Withdrawn(each.public_id, each.retired_reason, _successor(each)) for each in gone]


def _successor(gone: Measure) -> str:
    """A successor that is not public is not named."""
    successor = gone.replaced_by
    return successor.public_id if successor and successor.workflow == Workflow.PUBLISHED else ""


def withdrawn_from(release: Release, withdrawn: list[Withdrawn]) -> list[Withdrawn] | None:
    """Those of the withdrawn records that a release has; None if its files are missing or damaged.

    One column of its Parquet file is read for that.
    """
    path = folder_of(release.name) / "measures.parquet"
    if not withdrawn and path.is_file():
        return []
    public_ids = [each.public_id for each in withdrawn]
    try:
        with path.open("rb") as file:
            table = pq.read_table(file, columns=["public_id"], filters=[("public_id", "in", public_ids)])
    except (OSError, pa.ArrowException) as error:
        logger.error("A file of the release %s cannot be read: %s. Restore it from a backup.", release.name, error)
        return None
    had = set(table.column("public_id").to_pylist())
    return [each for each in withdrawn if each.public_id in had]
