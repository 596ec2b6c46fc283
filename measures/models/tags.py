"""The tables of tags, which Django creates: triggers on these get no migration, hence proxies of them."""

import pgtrigger

from foundation.publication import bumps_public_version
from foundation.records.history import track_history
from measures.models.measure import Measure
from measures.models.place_rules import AREAS_OF_COUNTRY, BINDS_OF_SUPRANATIONAL
from measures.models.published import PUBLISHED
from measures.models.replaced_terms import takes_current


@bumps_public_version(PUBLISHED)
@track_history
@pgtrigger.register(takes_current("topic"))
class MeasureTopic(Measure.topics.through):  # type: ignore[name-defined]  # a class that Django makes
    """A topic of a measure."""

    class Meta:
        proxy = True


@bumps_public_version(PUBLISHED)
@track_history
@pgtrigger.register(takes_current("target_group"))
class MeasureTargetGroup(Measure.target_groups.through):  # type: ignore[name-defined]  # a class that Django makes
    """A target group of a measure."""

    class Meta:
        proxy = True


@bumps_public_version(PUBLISHED)
@track_history
class MeasureOrigin(Measure.origin_countries.through):  # type: ignore[name-defined]  # a class that Django makes
    """A nationality that a measure names."""

    class Meta:
        proxy = True


@bumps_public_version(PUBLISHED)
@track_history
@pgtrigger.register(*AREAS_OF_COUNTRY)
class MeasureArea(Measure.areas.through):  # type: ignore[name-defined]  # a class that Django makes
    """An area where a measure holds."""

    class Meta:
        proxy = True


@bumps_public_version(PUBLISHED)
@track_history
@pgtrigger.register(*BINDS_OF_SUPRANATIONAL)
class MeasureBound(Measure.binds.through):  # type: ignore[name-defined]  # a class that Django makes
    """A country that a supranational measure binds."""

    class Meta:
        proxy = True
