"""What a purchase knew of its store, its goods and its clocks is kept: nothing later changes how it is undone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pgtrigger
import pytest
from django.db import ProgrammingError, transaction

from campaigns.backtest import parts
from campaigns.checkout import checkout, holds, returns
from campaigns.checkout.bulk.selling import replay
from campaigns.checkout.return_request import LineBack, ReturnRequest
from campaigns.checkout.sale import Sale, SaleLine, Who
from campaigns.models import Backtest
from foundation.refusals import Refused
from loyalty.ledger import ledger
from loyalty.models import Participation, ProductSet, Receipt, StoreState, Transfer
from loyalty.shops import pasts, places
from members.models import Member
from tests import factories
from tests.laws.world import account_of

pytestmark = pytest.mark.django_db

#: Nine in the morning in London, six in the evening in Tokyo; before any change that a test makes.
NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
MORNING = {"hours": [["08:00", "12:00"]]}
OFF = [{"effect": "discount_percent", "percent": "20"}, {"effect": "points_percent", "percent": "10"}]


class Scene:
    """A store in a group, whose only campaign takes off a fifth and gives a tenth where its question is met."""

    def __init__(self, **part: Any) -> None:
        self.shop = factories.open_shop(store="s", time_zone="Europe/London")
        self.store, self.programme = self.shop.store, self.shop.programme
        self.store.time_zone = "Europe/London"
        self.store.save()
        self.group = factories.StoreGroupFactory(code="north")
        self.store.groups.add(self.group)
        self.category = factories.CategoryFactory(code="bread")
        self.bun = factories.ProductFactory(partner=self.shop.partner, sku="bun", category=self.category)
        self.set = factories.ProductSetFactory(code="daily")
        self.set.products.add(self.bun)
        factories.publish_campaign(
            self.programme, {"whom": {"who": "members"}, "what": OFF, **part}, code="off"
        )
        self.member = factories.enrol(self.programme)
        places.forget()

    def sale(self, number: str = "1", at: datetime = NOW, **fields: Any) -> Sale:
        """Five buns at a hundred."""
        line = SaleLine(1, "bun", Decimal(5), Decimal(100))
        who = Who(phone=self.member.phone)
        return Sale("s", at, (line,), number, till="1", member=who, **fields)

    def sell(self, number: str = "1", at: datetime = NOW, **fields: Any) -> dict[str, Any]:
        """Sell them."""
        return checkout.purchase(self.sale(number, at, **fields), datetime.now(UTC)).body

    def back(self, receipt: str, quantity: str = "1", number: str = "R-1") -> tuple[str, str]:
        """Bring some back: the refund and the points that go."""
        now = datetime.now(UTC)
        wanted = ReturnRequest(number, now, (LineBack(1, Decimal(quantity)),))
        told = returns.give_back(receipt, wanted, now).body  # type: ignore[arg-type]
        return told["refund"], told["revoked"]


def leave_group(scene: Scene) -> None:
    scene.store.groups.clear()


def delete_group(scene: Scene) -> None:
    scene.group.delete()


def rename_group(scene: Scene) -> None:
    scene.group.code = "south"
    scene.group.save()


def close(scene: Scene) -> None:
    scene.store.active = False
    scene.store.save()


def mend_clock(scene: Scene) -> None:
    scene.store.time_zone = "Asia/Tokyo"
    scene.store.save()


def move_programme(scene: Scene) -> None:
    scene.programme.time_zone = "Asia/Tokyo"
    scene.programme.save()


def rename_partner(scene: Scene) -> None:
    scene.shop.partner.code = "renamed"
    scene.shop.partner.save()


def change_hands(scene: Scene) -> None:
    scene.store.partner = factories.ParticipationFactory(programme=scene.programme).partner
    scene.store.save()


def rename_store(scene: Scene) -> None:
    scene.store.code = "renamed"
    scene.store.save()


def rename_till(scene: Scene) -> None:
    scene.shop.till.code = "7"
    scene.shop.till.save()


def leave_programme(scene: Scene) -> None:
    Participation.objects.all().delete()


def stop_programme(scene: Scene) -> None:
    scene.programme.active = False
    scene.programme.save()


def sort_anew(scene: Scene) -> None:
    scene.bun.category = factories.CategoryFactory(code="other")
    scene.bun.save()
    scene.category.code, scene.category.path = "renamed", ["renamed"]
    scene.category.save()


def empty_set(scene: Scene) -> None:
    ProductSet.objects.all().delete()


Change = Callable[[Scene], None]
DAY = {"per": "member", "period": "day", "points": "1000"}
#: What a campaign asks of the store, the goods or the clocks, and what becomes of that between purchase and return.
CHANGES: list[tuple[dict[str, Any], Change]] = [
    ({"where": {"groups": ["north"]}}, leave_group),
    ({"where": {"groups": ["north"]}}, delete_group),
    ({"where": {"groups": ["north"]}}, rename_group),
    ({"where": {"groups": ["north"]}}, close),
    ({"where": {"except": {"groups": ["south"]}}}, rename_group),
    ({"when": MORNING}, mend_clock),
    ({"when": MORNING}, close),
    ({"where": {"stores": ["s"]}}, rename_store),
    ({"where": {"tills": ["1"]}}, rename_till),
    ({"judge": {"limits": [DAY]}}, move_programme),
    ({"when": {"around": {"date": "joined", "after": 0}}}, move_programme),
    ({"what_for": {"of": "lines", "categories": ["bread"]}}, sort_anew),
    ({"what_for": {"of": "lines", "sets": ["daily"]}}, empty_set),
    ({}, stop_programme),
    ({}, leave_programme),
    ({"where": {"groups": ["north"]}}, change_hands),
]


@pytest.mark.parametrize("bulk", [False, True], ids=["till", "bulk"])
@pytest.mark.parametrize(("part", "change"), CHANGES, ids=lambda one: getattr(one, "__name__", ""))
def test_a_return_is_judged_by_the_store_and_goods_of_the_purchase(
    part: dict[str, Any], change: Change, bulk: bool
) -> None:
    scene = Scene(**part)
    Member.objects.update(joined_at=NOW + timedelta(hours=8))  # the same day in London, the next one in Tokyo
    if bulk:
        (result,) = next(iter(replay([scene.sale()], datetime.now(UTC))))
        sold = checkout.find(result.receipt_id, datetime.now(UTC))  # type: ignore[arg-type]
    else:
        sold = scene.sell()
    assert (sold["to_pay"], sold["earned"]["points"]) == ("400.00", "40.00")

    change(scene)
    places.forget()

    assert scene.back(sold["id"]) == ("80.00", "8.00")
    assert scene.back(sold["id"], "4", "R-2") == ("320.00", "32.00")
    places.forget()


@pytest.mark.parametrize("change", [leave_group, close, change_hands], ids=lambda one: one.__name__)
def test_a_hold_is_confirmed_and_given_back_as_it_was_made(change: Change) -> None:
    scene = Scene(where={"groups": ["north"]})
    held = scene.sell(state="held")
    change(scene)
    places.forget()
    done = holds.confirm(held["id"], datetime.now(UTC)).body
    assert (done["status"], done["earned"]["points"]) == ("completed", "40.00")
    assert scene.back(held["id"]) == ("80.00", "8.00")


def test_points_of_a_hold_go_to_the_partner_whose_store_it_was() -> None:
    scene = Scene()
    factories.give_points(account_of(scene.member), "50")
    held = scene.sell(state="held", redeem=Decimal(50))
    change_hands(scene)
    holds.confirm(held["id"], datetime.now(UTC))
    account = ledger.partner_account(scene.programme, scene.shop.partner.pk)
    assert list(Transfer.objects.filter(kind="capture").values_list("target_id", flat=True)) == [account]


@pytest.mark.parametrize(("part", "change"), CHANGES, ids=lambda one: getattr(one, "__name__", ""))
def test_a_backtest_sees_the_store_of_then(part: dict[str, Any], change: Change) -> None:
    scene = Scene(**part)
    Member.objects.update(joined_at=NOW + timedelta(hours=8))
    sold = scene.sell()
    scene.back(sold["id"])
    change(scene)
    places.forget()
    days = {"begins": date(2026, 11, 1), "ends": date(2026, 11, 30)}
    test = Backtest.objects.create(programme=scene.programme, name="Try", tried=[], **days)
    part_ = parts.Part(test, one_order=True)
    (judged,) = (
        one for span in parts.cut(parts.period_of(test), one_order=True, size=9) for one in part_.judge(span)
    )
    assert judged.before.earned == judged.after.earned == Decimal(32)
    assert judged.past.then.discount == judged.outcome.discount == Decimal(80)


@pytest.mark.parametrize("change", [leave_group, rename_group, mend_clock], ids=lambda one: one.__name__)
@pytest.mark.parametrize("bulk", [False, True], ids=["till", "bulk"])
def test_a_receipt_that_comes_late_is_judged_by_what_its_store_was_then(change: Change, bulk: bool) -> None:
    scene = Scene(where={"groups": ["north"]}, when=MORNING)
    scene.sell()
    change(scene)
    places.forget()
    if bulk:
        (result,) = next(iter(replay([scene.sale("2")], datetime.now(UTC))))
        late = checkout.find(result.receipt_id, datetime.now(UTC))  # type: ignore[arg-type]
    else:
        late = scene.sell("2")
        assert scene.sell("2") == late
    assert (late["to_pay"], late["earned"]["points"]) == ("400.00", "40.00")
    assert scene.back(late["id"]) == ("80.00", "8.00")


def test_every_change_is_remembered_and_the_last_one_holds() -> None:
    scene = Scene(where={"groups": ["north"]})
    scene.sell()
    moments = [datetime.now(UTC)]
    for _ in range(pasts.MOST_KEPT):
        leave_group(scene)
        scene.store.groups.add(scene.group)
        moments.append(datetime.now(UTC))
    leave_group(scene)
    places.forget()
    totals = [scene.sell(str(n), moment)["to_pay"] for n, moment in enumerate((NOW, *moments), 10)]
    assert totals == ["400.00"] * len(totals)
    assert scene.sell("99", datetime.now(UTC))["to_pay"] == "500.00"


def test_what_a_store_is_set_up_as_before_its_first_sale_holds_from_the_beginning() -> None:
    scene = Scene(where={"groups": ["north"]})
    assert set(StoreState.objects.values_list("since", flat=True)) == {None}
    assert scene.sell(at=datetime(2026, 3, 1, 9, tzinfo=UTC))["to_pay"] == "400.00"
    leave_group(scene)
    assert StoreState.objects.exclude(since=None).count() == 1
    scene.store.name = "Another name"
    scene.store.save()
    assert StoreState.objects.exclude(since=None).count() == 1, "a name changes nothing that a sale knows"


def test_an_older_receipt_that_kept_no_store_is_judged_by_the_first_that_is_known() -> None:
    scene = Scene(where={"groups": ["north"]})
    sold = scene.sell()
    with pgtrigger.ignore("loyalty.Receipt:decision_is_fixed"):
        Receipt.objects.update(place=None)
    leave_group(scene)
    places.forget()
    assert scene.back(sold["id"]) == ("80.00", "8.00")


def test_what_a_store_was_is_never_changed_nor_deleted() -> None:
    scene = Scene()
    scene.sell()
    for work in (
        lambda: StoreState.objects.update(place={}),
        lambda: StoreState.objects.all()._raw_delete("default"),
    ):
        with pytest.raises(ProgrammingError), transaction.atomic():
            work()


def test_a_store_that_never_sold_can_be_deleted_and_its_past_goes_along() -> None:
    store = factories.StoreFactory()
    store.groups.add(factories.StoreGroupFactory())
    kept = StoreState.objects.filter(store_id=store.pk)
    assert kept.exists()
    store.delete()
    assert not kept.exists()


def test_a_store_is_refused_what_it_did_while_it_was_closed() -> None:
    scene = Scene()
    scene.sell()
    close(scene)
    places.forget()
    with pytest.raises(Refused) as refused:
        scene.sell("2", datetime.now(UTC))
    assert refused.value.code == "store_closed"
    scene.store.active = True
    scene.store.save()
    places.forget()
    assert scene.sell("3", datetime.now(UTC))["to_pay"] == "400.00"
