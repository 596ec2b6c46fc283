"""The tables of measures, with every rule about a row as a constraint. Imports `countries.models` and `foundation`."""

from foundation.files.models import AT_WORK, UNDER_WAY, FileImport, FileImportRow, ImportState, Phase, RowState
from measures.archive.models.capture import Capture, CaptureQuerySet, DocumentText, Host, Link, QuoteCheck
from measures.archive.models.source_text import SourceText
from measures.models.coverage import Coverage, CoverageQuerySet
from measures.models.dataset import DataSet, DataSetQuerySet, ExternalId, ExternalIdQuerySet
from measures.models.double_coding import Coding, CodingRole, CodingState, DoubleCoding, DoubleCodingQuerySet
from measures.models.error_report import ErrorReport, ErrorReportQuerySet, Outcome, ReportState
from measures.models.identifiers import PublicIdSequence
from measures.models.measure import Measure, MeasureQuerySet, countries_of, of_countries
from measures.models.parts import FurtherBody, ReferenceAlias, Relation, StatusEvent
from measures.models.quality import QualityFigure, QualityFigureQuerySet
from measures.models.release import Release
from measures.models.scheduled import PublicationProblem, ScheduledPublication
from measures.models.search_text import SearchText
from measures.models.search_words import SearchWords
from measures.models.seen_number import SeenNumber, SeenNumberQuerySet
from measures.models.source import Citation, CitedField, Source, SourceQuerySet, address_key
from measures.models.subscription import Frequency, Letter, LetterKind, LetterState, Pause, Subscription
from measures.models.tags import MeasureTopic
from measures.models.validity import Validity
from measures.models.vocabulary import IssuingBody, TargetGroup, Topic, current_keys, now_of

__all__ = [
    "AT_WORK",
    "UNDER_WAY",
    "Capture",
    "CaptureQuerySet",
    "Citation",
    "CitedField",
    "Coding",
    "CodingRole",
    "CodingState",
    "Coverage",
    "CoverageQuerySet",
    "DataSet",
    "DataSetQuerySet",
    "DocumentText",
    "DoubleCoding",
    "DoubleCodingQuerySet",
    "ErrorReport",
    "ErrorReportQuerySet",
    "ExternalId",
    "ExternalIdQuerySet",
    "FileImport",
    "FileImportRow",
    "Frequency",
    "FurtherBody",
    "Host",
    "ImportState",
    "IssuingBody",
    "Letter",
    "LetterKind",
    "LetterState",
    "Link",
    "Measure",
    "MeasureQuerySet",
    "MeasureTopic",
    "Outcome",
    "Pause",
    "Phase",
    "PublicIdSequence",
    "PublicationProblem",
    "QualityFigure",
    "QualityFigureQuerySet",
    "QuoteCheck",
    "ReferenceAlias",
    "Relation",
    "Release",
    "ReportState",
    "RowState",
    "ScheduledPublication",
    "SearchText",
    "SearchWords",
    "SeenNumber",
    "SeenNumberQuerySet",
    "Source",
    "SourceQuerySet",
    "SourceText",
    "StatusEvent",
    "Subscription",
    "TargetGroup",
    "Topic",
    "Validity",
    "address_key",
    "countries_of",
    "current_keys",
    "now_of",
    "of_countries",
]
