"""What we know: facts about members and segments of them."""

from analytics.models.facts import MemberFacts

__all__ = ["MemberFacts"]
