from measures.models.measure import Measure, MeasureQuerySet, PublicIdSequence
from measures.models.parts import Relation, StatusEvent
from measures.models.source import Citation, CitedField, Source
from measures.models.vocabulary import IssuingBody, TargetGroup, Topic

__all__ = [
    "Citation",
    "CitedField",
    "IssuingBody",
    "Measure",
    "MeasureQuerySet",
    "PublicIdSequence",
    "Relation",
    "Source",
    "StatusEvent",
    "TargetGroup",
    "Topic",
]
