"""What was bought by the piece comes back whole, and old receipts are undone as they were made."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from campaigns.checkout import record
from campaigns.checkout.sale import SaleLine
from campaigns.engine import evaluation
from campaigns.models import Usage
from loyalty.models import Receipt
from members.models import Member
from tests import factories
from tests.campaigns.checkout.test_returns import account, sell, take_back

pytestmark = pytest.mark.django_db
DEAL = {"effect": "cheapest_free", "every": 3}


@pytest.fixture
def member() -> Member:
    shop = factories.open_shop(store="main-01")
    for code, what in (
        ("a-deal", DEAL), ("b-deal", DEAL | {"every": 2, "percent": "50"}),
        ("c-points", {"effect": "points_percent", "percent": "5"}),
    ):  # fmt: skip
        draft = {"what": [what], "judge": {"limits": [{"per": "campaign", "period": "ever", "times": 9}]}}
        factories.publish_campaign(shop.programme, draft, code=code, name=code)
    return factories.enrol(shop.programme, "50")


def tees(*quantities: int, mug: str = "40") -> tuple[SaleLine, ...]:
    """Lines of so many pieces at 100, and a mug."""
    lines = [SaleLine(n, "TEE", Decimal(of), Decimal("100")) for n, of in enumerate(quantities, 1)]
    return (*lines, SaleLine(len(lines) + 1, "MUG", Decimal(1), Decimal(mug)))


@pytest.mark.parametrize("redeem", ["0", "30"])
@pytest.mark.parametrize(
    ("quantities", "split"),
    [
        ((4,), [[(1, 1)], [(2, 1)], [(1, 2)], "all"]),
        ((1, 1, 1, 1), [[(2, 1)], [(5, 1)], [(4, 1), (1, 1)], "all"]),
        ((3, 1), [[(1, 2)], [(2, 1), (3, 1)], "all"]),
    ],
)
def test_what_was_bought_by_the_piece_and_comes_back_in_parts_leaves_nothing(
    member: Member, quantities: tuple[int, ...], split: list[Any], redeem: str
) -> None:
    sold = sell(member, lines=tees(*quantities), redeem=redeem)
    # of four tees and a mug the mug is free, then half of the cheapest two of four
    assert Decimal(sold["to_pay"]) == Decimal("300.00") - Decimal(redeem)
    refunds = [take_back(sold["id"], f"R-{n}", lines)["refund"] for n, lines in enumerate(split)]
    assert sum(map(Decimal, refunds)) == Decimal(sold["to_pay"])
    assert account(member).balance == Decimal("50.00")
    assert not Usage.objects.exclude(times=0, points=0).exists()


def test_the_same_pieces_are_sold_for_the_same_on_one_line_and_on_several(member: Member) -> None:
    one, several = sell(member, "1", lines=tees(4)), sell(member, "2", lines=tees(1, 1, 1, 1))
    for name in ("total", "discount", "to_pay"):
        assert one[name] == several[name]
    assert one["earned"]["points"] == several["earned"]["points"]


def test_a_receipt_of_an_earlier_edition_is_undone_by_the_rules_of_its_day(
    member: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a mug that comes back would move money for the tees that stay."""
    monkeypatch.setattr(evaluation.evaluate, "__defaults__", (1,))
    sold = sell(member, lines=tees(3, mug="140"))
    monkeypatch.undo()
    # a free tee, then half off two of the four pieces at 66.67, as they were reckoned then
    assert (sold["to_pay"], record.load(Receipt.objects.get(id=sold["id"]).outcome).edition) == ("273.33", 1)
    assert sell(member, "2", lines=tees(3, mug="140"))["to_pay"] == "290.00"

    refunds = [
        take_back(sold["id"], f"R-{n}", [line])["refund"] for n, line in enumerate([(2, 1), (1, 2), (1, 1)])
    ]
    assert refunds == ["106.66", "66.67", "100.00"]
    back = Receipt.objects.get(id=sold["id"]).returns.order_by("recorded_at").first()
    assert back is not None
    assert record.load(back.outcome).edition == 1


def test_a_decision_that_names_no_edition_is_of_the_first() -> None:
    assert record.load({"to_pay": "1.00"}).edition == 1
    assert record.NOTHING.edition == 1
