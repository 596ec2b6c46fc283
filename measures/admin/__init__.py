"""The analysts' main room."""

from measures.admin.measure import MeasureAdmin
from measures.admin.source import SourceAdmin
from measures.admin.vocabulary import IssuingBodyAdmin, TargetGroupAdmin, TopicAdmin

__all__ = ["IssuingBodyAdmin", "MeasureAdmin", "SourceAdmin", "TargetGroupAdmin", "TopicAdmin"]
