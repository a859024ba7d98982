"""Why a good coupon does nothing: the reason of the campaign that comes nearest to taking it."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from campaigns.checkout import checkout
from campaigns.checkout.sale import Sale, SaleLine, Who
from foundation.refusals import Refused
from tests import factories
from tests.rewards.coupons.build import make_series

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 21, 9, 31, tzinfo=UTC)
OFF = [{"effect": "discount_amount", "amount": "10"}]
COUPON = {"condition": "coupon", "series": ["ten"]}
ENDED = {"when": {"until": "2026-11-01T00:00:00+00:00"}}
ELSEWHERE = {"where": {"stores": ["other"]}}
GOLD = {"whom": {"who": "members", "tiers": ["gold"]}}
LARGE = {"condition": "receipt_amount", "at_least": "500"}


def takes(condition: Any = COUPON, **parts: Any) -> dict[str, Any]:
    """A campaign that takes ten off for a coupon."""
    return {"if": condition, "what": OFF, **parts}


#: Campaigns by their codes, in which they are asked, and the reason that is told.
CASES: dict[str, tuple[dict[str, dict[str, Any]], str]] = {
    "the one that runs, not the one that ended": (
        {"a": takes(**ENDED), "b": takes({"all": [COUPON, LARGE]})}, "amount_too_low",
    ),
    "the one for this customer": (
        {"a": takes(**GOLD), "b": takes(what_for={"of": "lines", "products": ["TEA"]})}, "no_matching_lines",
    ),
    "the one in this store": (
        {"a": takes(**ELSEWHERE), "b": takes(when={"hours": [["20:00", "21:00"]]})}, "outside_hours",
    ),
    "not one that the coupon rules out": (
        {"a": takes({"none": [COUPON]}), "b": takes(**ENDED)}, "ended",
    ),
    "the one that was let in": (
        {"a": takes({"all": [COUPON, LARGE]}), "b": takes(stacking={"group": "g", "mode": "best"}),
         "c": {"what": [{"effect": "discount_amount", "amount": "20"}], "stacking": {"group": "g", "mode": "best"}}},
        "beaten",
    ),
    "one that applies without it": (
        {"a": takes({"any": [COUPON, {"condition": "receipt_amount", "at_least": "50"}]}), "b": takes(**GOLD)},
        "coupon_not_needed",
    ),
    "none": ({"a": takes({"condition": "coupon", "series": ["other"]})}, "coupon_no_campaign"),
}  # fmt: skip


@pytest.mark.parametrize("turned", [False, True], ids=["", "turned"])
@pytest.mark.parametrize("case", CASES)
def test_the_reason_told_for_a_coupon_is_that_of_the_campaign_nearest_to_taking_it(
    case: str, turned: bool
) -> None:
    campaigns, code = CASES[case]
    shop = factories.open_shop(store="s")
    make_series(shop.programme, code="ten", mass_code="TENOFF")
    make_series(shop.programme, code="other", mass_code="OTHER")
    for name, document in campaigns.items():
        name = f"z-{chr(219 - ord(name))}" if turned else name  # asked in the opposite order
        factories.publish_campaign(shop.programme, document, code=name, name=name)
    line = SaleLine(1, "COFFEE", Decimal(1), Decimal(100))
    who = Who(phone=factories.enrol(shop.programme).phone)
    sale = Sale("s", NOW, (line,), "1", member=who, coupons=("TENOFF",))
    told = checkout.quote(sale, NOW)["declined"]
    assert [one["code"] for one in told if one["campaign"] == "TENOFF"] == [code]
    with pytest.raises(Refused) as refused:
        checkout.purchase(sale, NOW)
    (text,) = (one["text"] for one in told if one["campaign"] == "TENOFF")
    assert (refused.value.code, refused.value.detail) == ("coupon_not_usable", f"TENOFF: {text}")
