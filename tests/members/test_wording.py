"""Codes in words: no event that Regulars records, and no channel it knows, is shown to people as a code."""

from __future__ import annotations

import re

import pytest

from campaigns.occasions.occasions import BUILT_IN
from loyalty.ledger import inactivity
from loyalty.models import Transfer
from loyalty.wording import describe_reason
from members import consents, wording
from members.event_kinds import KINDS
from messaging.models import Webhook
from tests.config.processes import ROOT

ROOMS = (
    "members",
    "loyalty",
    "analytics",
    "rewards",
    "messaging",
    "campaigns",
    "pos",
    "backoffice",
    "cabinet",
)
#: What begins the names of events that Regulars itself records.
OWN = "purchase|member|points|campaign|coupon|badge|tier|segment|shares|lot|referral|friend|goal"
RECORDED = re.compile(
    rf'(?:record|new|_tell)\(\s*"((?:{OWN})\.[a-z_]+)"|(?:= |else |\()"((?:{OWN})\.[a-z_]+)"(?:,| if|$)', re.M
)


def recorded() -> set[str]:
    """Kinds of events, where the source names them to record them."""
    found: set[str] = set()
    for room in ROOMS:
        for path in (ROOT / room).rglob("*.py"):
            text = path.read_text()
            if "events" in text and "migrations" not in path.parts:
                found.update("".join(pair) for pair in RECORDED.findall(text))
    return found


def test_every_event_that_is_recorded_has_words() -> None:
    kinds = recorded() | BUILT_IN | set(Webhook.Kind.values)
    assert {"purchase.completed", "tier.reached", "segment.entered", "coupon.used"} <= kinds
    assert kinds - set(KINDS) == set()


@pytest.mark.parametrize("channel", [*consents.CHANNELS, "pos", "web", "app", "kiosk", "desk"])
def test_every_channel_has_words(channel: str) -> None:
    assert channel in wording.CHANNELS


def test_what_others_report_is_shown_as_they_say_it() -> None:
    assert wording.name_event("rental.returned") == "rental.returned"
    assert wording.name_channel("api:bakery") == "API, bakery"


def test_a_reason_is_words_for_a_code_and_the_text_that_somebody_wrote() -> None:
    assert describe_reason(inactivity.REASON) == "nothing was bought for too long"
    assert describe_reason("review.left") == "left a review"
    assert describe_reason("Cold coffee") == "Cold coffee"
    assert describe_reason("") == ""
    longest = Transfer._meta.get_field("reason").max_length
    assert longest and describe_reason("x" * longest) == "x" * longest
