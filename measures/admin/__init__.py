"""The forms and lists in which analysts enter and editors publish. Imports every folder of `measures` but its views."""

from django.contrib import admin

from measures.admin.coverage import CoverageAdmin
from measures.admin.dataset import DataSetAdmin
from measures.admin.double_coding import DoubleCodingAdmin
from measures.admin.error_report import ErrorReportAdmin
from measures.admin.measure import MeasureAdmin
from measures.admin.release import ReleaseAdmin
from measures.admin.seen_number import SeenNumberAdmin
from measures.admin.source import SourceAdmin
from measures.admin.subscription import SubscriptionAdmin
from measures.admin.vocabulary import IssuingBodyAdmin, TargetGroupAdmin, TopicAdmin

__all__ = [
    "CoverageAdmin",
    "DataSetAdmin",
    "DoubleCodingAdmin",
    "ErrorReportAdmin",
    "IssuingBodyAdmin",
    "MeasureAdmin",
    "ReleaseAdmin",
    "SeenNumberAdmin",
    "SourceAdmin",
    "SubscriptionAdmin",
    "TargetGroupAdmin",
    "TopicAdmin",
]

admin.site.enable_nav_sidebar = False  # long tables and a form in three languages need the width
