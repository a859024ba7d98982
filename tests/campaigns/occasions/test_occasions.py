"""Events that campaigns reward: what joins, reviews and visits give."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from campaigns.occasions import occasions, registration
from loyalty.ledger import audit, balances
from loyalty.models import Account, Transfer
from members.registration import Newcomer
from tests import factories

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 21, 9, 31, tzinfo=UTC)


def reward(event: str, points: str, **parts: Any) -> dict[str, Any]:
    return {
        "what_for": {"of": "event", "event": event},
        "what": [{"effect": "points_fixed", "points": points}],
        **parts,
    }


def test_whoever_joins_gets_the_welcome_bonus() -> None:
    shop = factories.open_shop()
    campaign = factories.publish_campaign(shop.programme, reward("member.registered", "100"), name="Welcome")
    member = registration.register(Newcomer(phone="+79161234545"), shop.programme.id, NOW)

    account = Account.objects.get(holders__member=member)
    assert balances.of_account(account.id, NOW) == (Decimal(100), Decimal(0))
    transfer = Transfer.objects.get(target=account)
    assert transfer.revision is not None
    assert (transfer.kind, transfer.revision.campaign, transfer.reason) == (
        "accrue",
        campaign,
        "member.registered",
    )  # type: ignore[union-attr]
    assert audit.audit().clean


def test_an_event_is_rewarded_by_the_rules_of_its_time_and_within_limits() -> None:
    shop = factories.open_shop()
    once_a_day = {"judge": {"limits": [{"per": "member", "period": "day", "times": 1}]}}
    factories.publish_campaign(
        shop.programme, reward("review.left", "20", **once_a_day), at=NOW, name="Reviews"
    )
    member = factories.enrol(shop.programme)

    def report(at: datetime) -> list[dict[str, Any]]:
        return occasions.report(
            member, "review.left", at, {}, NOW + timedelta(days=9), [shop.programme.id]
        ).earned

    assert report(NOW - timedelta(hours=1)) == []
    assert [told["points"] for told in report(NOW)] == ["20.00"]
    assert report(NOW + timedelta(hours=1)) == []
    assert [told["campaign"] for told in report(NOW + timedelta(days=1))] == ["Reviews"]
    assert Account.objects.get(holders__member=member).balance == Decimal(40)
    assert audit.audit().clean
