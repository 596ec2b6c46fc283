"""The tables of measures, with every rule about a row as a constraint. Imports `countries.models` and `foundation`."""

from foundation.files.models import AT_WORK, UNDER_WAY, FileImport, FileImportRow, ImportState, Phase, RowState
from measures.archive.models.capture import Capture, CaptureQuerySet, DocumentText, Host, Link, QuoteCheck
from measures.archive.models.source_text import SourceText
from measures.models.identifiers import PublicIdSequence
from measures.models.measure import Measure, MeasureQuerySet
from measures.models.parts import ReferenceAlias, ReferenceAliasQuerySet, Relation, StatusEvent
from measures.models.search_text import SearchText
from measures.models.search_words import SearchWords
from measures.models.source import Citation, CitedField, Source, SourceQuerySet
from measures.models.validity import Validity
from measures.models.vocabulary import IssuingBody, TargetGroup, Topic

__all__ = [
    "AT_WORK",
    "UNDER_WAY",
    "Capture",
    "CaptureQuerySet",
    "Citation",
    "CitedField",
    "DocumentText",
    "FileImport",
    "FileImportRow",
    "Host",
    "ImportState",
    "IssuingBody",
    "Link",
    "Measure",
    "MeasureQuerySet",
    "Phase",
    "PublicIdSequence",
    "QuoteCheck",
    "ReferenceAlias",
    "ReferenceAliasQuerySet",
    "Relation",
    "RowState",
    "SearchText",
    "SearchWords",
    "Source",
    "SourceQuerySet",
    "SourceText",
    "StatusEvent",
    "TargetGroup",
    "Topic",
    "Validity",
]
