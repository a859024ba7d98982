"""The tables of analytics, one module per subject. Django looks for them here."""

from analytics.models.facts import MemberFacts
from analytics.models.segment import Segment, SegmentFile, SegmentMember

__all__ = ["MemberFacts", "Segment", "SegmentFile", "SegmentMember"]
