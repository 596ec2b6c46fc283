from measures.models.imports import FileImport, FileImportRow, Phase, RowState
from measures.models.measure import Measure, MeasureQuerySet, PublicIdSequence
from measures.models.parts import Relation, StatusEvent
from measures.models.search_text import SearchText
from measures.models.source import Citation, CitedField, Source
from measures.models.vocabulary import IssuingBody, TargetGroup, Topic

__all__ = [
    "Citation",
    "CitedField",
    "FileImport",
    "FileImportRow",
    "IssuingBody",
    "Measure",
    "MeasureQuerySet",
    "Phase",
    "PublicIdSequence",
    "Relation",
    "RowState",
    "SearchText",
    "Source",
    "StatusEvent",
    "TargetGroup",
    "Topic",
]
