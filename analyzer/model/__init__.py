"""The nouns every stage shares. In: nothing of ours. Out: plain, frozen, comparable data."""

from analyzer.model.errors import NothingToAudit, UserError
from analyzer.model.finding import Excerpt, Finding, Related, Step
from analyzer.model.location import Location, Span
from analyzer.model.progress import Progress, Silent
from analyzer.model.report import Note, Report, Statistics, Suppressed
from analyzer.model.rule import Rule, Sections
from analyzer.model.scale import Confidence, Severity, Tier
from analyzer.model.source import SourceFile, SourceTree
from analyzer.model.visible import visible

__all__ = [
    "Confidence",
    "Excerpt",
    "Finding",
    "Location",
    "Note",
    "NothingToAudit",
    "Progress",
    "Related",
    "Report",
    "Rule",
    "Sections",
    "Severity",
    "Silent",
    "SourceFile",
    "SourceTree",
    "Span",
    "Statistics",
    "Step",
    "Suppressed",
    "Tier",
    "UserError",
    "visible",
]
