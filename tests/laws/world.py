"""A small shop for the laws: members, goods, campaigns, and pictures of what must not change."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Sum

from analytics import segments
from analytics.models import MemberFacts
from campaigns.checkout import checkout, holds, record, returns, shares, tallies
from campaigns.checkout.return_request import LineBack, ReturnRequest
from campaigns.checkout.sale import Sale, SaleLine, Who
from campaigns.models import Campaign, EventReward, Seller, Tally, Usage
from campaigns.occasions import own_events, referrals
from foundation.refusals import Refusal
from loyalty.ledger import audit, balances, ledger
from loyalty.models import (
    Account,
    Debt,
    Holder,
    Lot,
    LotUse,
    Receipt,
    ReceiptLine,
    Remittance,
    ReturnLine,
    Transfer,
)
from loyalty.remittances import bounds
from loyalty.sharing import holders
from loyalty.sharing.holders import By
from loyalty.sharing.rights import Rights
from loyalty.shops import places
from members.models import Event, Member
from rewards.coupons import series
from rewards.models import Coupon, Series
from tests import factories
from tests.laws import stores
from tests.laws.stores import PLACES
from tests.laws.vocabulary import MORE
from tests.loyalty.remittances import sending

ZERO = Decimal(0)
MORNING = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
PRICES = ("0.01", "0.33", "7.77", "19.90", "100.00", "333.33")

CAMPAIGNS: dict[str, dict[str, Any]] = {
    "base": factories.percent_of_receipt("5"),
    "coffee": {
        "whom": {"who": "members"},
        "what_for": {"of": "lines", "categories": ["coffee"]},
        "what": [{"effect": "points_percent", "percent": "7"}],
        "lots": {"expires": {"kind": "after", "days": 20}},
        "judge": {"limits": [{"per": "member", "period": "day", "points": "9"}]},
    },
    "third": {
        "whom": {"who": "members"},
        "if": {"condition": "nth_purchase", "every": 3, "counting": "campaign", "of_at_least": "10"},
        "what": [{"effect": "points_fixed", "points": "11"}],
    },
    "large": {
        "whom": {"who": "members"},
        "if": {"condition": "receipt_amount", "at_least": "200"},
        "what": [{"effect": "points_percent", "percent": "10"}],
        "stacking": {"group": "size", "mode": "best"},
    },
    "small": {
        "whom": {"who": "members"},
        "what": [{"effect": "points_per", "points": "1", "per": "10"}],
        "stacking": {"group": "size", "mode": "best"},
        "judge": {"budget": {"points": "2000"}},
    },
    "later": {
        "whom": {"who": "members", "tiers": ["silver"]},
        "what": [{"effect": "points_percent", "percent": "2"}],
        "lots": {"delay": {"days": 3}},
    },
    "cheaper": {
        "what_for": {"of": "lines", "categories": ["coffee"]},
        "what": [{"effect": "discount_percent", "percent": "12.5"}],
        "judge": {"budget": {"money": "150"}},
        "stacking": {"priority": 2},
    },
    "three-for-two": {
        "whom": {"who": "members"},
        "what": [{"effect": "cheapest_free", "every": 3}],
    },
    "every-fourth": {
        "whom": {"who": "members"},
        "what_for": {"of": "lines", "categories": ["coffee"]},
        "what": [{"effect": "stamp", "goal": 4, "per": "piece", "reward": {"free": 1}}],
    },
    "third-visit": {
        "whom": {"who": "members"},
        "what": [{"effect": "stamp", "goal": 3, "reward": {"points": "7"}}, {"effect": "badge", "code": "regular"}],
    },
    "next-time": {
        "whom": {"who": "members"},
        "if": {"condition": "receipt_amount", "at_least": "50"},
        "what": [{"effect": "next_purchase", "percent": "3", "days": 10}],
    },
    "hundred": {
        "whom": {"who": "members"},
        "what": [{"effect": "points_fixed", "points": "5"}],
        "judge": {
            "limits": [
                {"per": "store", "period": "day", "times": 4},
                {"per": "campaign", "period": "month", "points": "60"},
            ]
        },
    },
    "welcome-back": {
        "whom": {"who": "members"},
        "if": {"all": [{"condition": "spent", "period": {"days": 30}, "at_least": "300"},
                       {"condition": "bought", "period": "month", "categories": ["coffee"], "at_least": "2"}]},
        "what": [{"effect": "points_fixed", "points": "9"}, {"effect": "issue_coupon", "series": "thanks"}],
    },
    "coupon": {
        "if": {"condition": "coupon", "series": ["ten-once", "ten-thrice"]},
        "what": [{"effect": "discount_amount", "amount": "10"}],
    },
    "thank-you": {
        "if": {"condition": "coupon", "series": ["thanks"]},
        "what": [{"effect": "discount_amount", "amount": "2"}],
    },
    "large-thanks": {
        "whom": {"who": "members"},
        "if": {"condition": "receipt_amount", "at_least": "100"},
        "what": [{"effect": "issue_coupon", "series": "thanks"}],
        "judge": {"limits": [{"per": "member", "period": "month", "times": 2}]},
    },
    "exchange": {
        "whom": {"who": "members"},
        "what": [{"effect": "exchange", "points": "8", "amount": "5"}],
    },
}  # fmt: skip


#: What has happened in the histories of this process, by name: a law that nothing puts to the test holds nothing.
IN_PLAY: Counter[str] = Counter()


@contextmanager
def undone() -> Iterator[None]:
    """Run in a transaction of its own and leave nothing; jobs that insist on one of their own are let in."""
    scope = transaction.atomic()
    scope._from_testcase = True  # type: ignore[attr-defined]
    try:
        with scope:
            yield
            raise _Undo
    except _Undo:
        pass


class _Undo(Exception):
    pass


#: Points that the last of the members may spend in a day.
COUSINS = Decimal("6.50")


class World:
    """A shop with two members of their own accounts and two who share one, the second of them up to a limit a day."""

    def __init__(self, campaigns: tuple[str, ...] = tuple(CAMPAIGNS), **programme: Any) -> None:
        places.forget()  # a store of that code was known in an example that is undone
        self.now = MORNING
        self.shop = factories.open_shop(
            store="s", spending={"max_share": "60"}, transfers=True, transfer_most_day=20, transfer_most_month=50,
            transfer_fee_percent=Decimal("2.5"), **programme,
        )  # fmt: skip
        for code, threshold in (("classic", 0), ("silver", 60), ("gold", 900)):
            factories.TierFactory(programme=self.shop.programme, code=code, threshold=threshold)
        self._furnish()
        places.find("s")  # open its accounts here, not in a step that is undone
        places.scheme(self.shop.programme.id)
        self.coffee, self.roasts = (factories.CategoryFactory(code=code) for code in ("coffee", "roasts"))
        self.products = [
            factories.ProductFactory(
                partner=self.shop.partner, sku=f"P{n}", category=self.coffee if n % 2 else None
            )
            for n in range(4)
        ]
        self.daily = factories.ProductSetFactory(code="daily")
        self.daily.products.set(self.products[:3])
        known = CAMPAIGNS | MORE | PLACES
        factories.publish_campaigns(
            self.shop.programme, {code: known[code] for code in campaigns}, at=MORNING - timedelta(days=40)
        )
        #: Whether somebody else has something of a purchase, which a task settles afterwards.
        self.shared = bool({"staff", "referrer", "friends"} & set(campaigns))
        #: Whether a tier that a purchase reaches is rewarded, by a task of its own.
        self.lifted = bool({"silver-reached", "gold-reached"} & set(campaigns))
        self.trades = tuple(code for code in ("exchange", "cake") if code in campaigns)
        self.coupons = self._coupons()
        self.members = [factories.enrol(self.shop.programme, points) for points in ("0", "50", "12.34")]
        cousin = factories.MemberFactory()
        shared = account_of(self.members[2])
        Holder.objects.create(
            account=shared, member=cousin, programme=self.shop.programme, role=Holder.Role.HOLDER,
            daily_limit=COUSINS,
        )  # fmt: skip
        self.members.append(cousin)
        self._tell_apart()
        self.sold = 0
        self.backs = 0

    def _furnish(self) -> None:
        """The store is in a group, and its partner has a name that campaigns know."""
        self.centre = factories.StoreGroupFactory(code="centre")
        self.shop.store.groups.add(self.centre)
        self.shop.partner.code = "house"
        self.shop.partner.save()
        #: What has happened to the store, and of each receipt how much of that came before it.
        self.changed: list[str] = []
        self.changes_before: dict[str, int] = {}
        self.last_state = 0

    def _tell_apart(self) -> None:
        """The first member is somebody in particular, has brought the second one, and sells at the till."""
        first, second = self.members[:2]
        first.birthday, first.gender, first.attributes = date(1990, 3, 5), "female", {"pet": "cat"}
        first.save()
        second.referred_by, second.joined_at = first, MORNING - timedelta(days=20)
        second.save()
        vip = factories.SegmentFactory(code="vip", programme=self.shop.programme)
        segments.add(vip, [first.id], MORNING - timedelta(days=30))
        Seller.objects.create(partner=self.shop.partner, code="C-1", member=first)

    def settle(self, receipt: str) -> None:
        """Give others what they have of a purchase, or take it back."""
        if self.shared:
            shares.settle(UUID(receipt), self.now)
            referrals.settle(UUID(receipt), self.now)
        if self.lifted:
            judged = EventReward.objects.values("event_id")
            for event in Event.objects.filter(kind="tier.reached").exclude(id__in=judged):
                own_events.reward_event(event.id, self.now)

    def _coupons(self) -> list[str]:
        """A series to be issued, and two codes that take ten off: one for once, one for three times."""
        programme = self.shop.programme
        series.save(Series(programme=programme, code="thanks", name="Thanks", kind="personal"), None, MORNING)
        codes = []
        for code, uses in (("ONCE", 1), ("THRICE", 3)):
            made = Series(
                programme=programme, code=f"ten-{code.lower()}", name=code, kind="mass", uses_each=uses
            )
            codes.append(series.code_for_all(series.save(made, None, MORNING, f"{code}TENOFF")).code)
        return codes

    def sell(
        self, member: Member | None, goods: list[tuple[int, str, str]], redeem: Any, **changes: Any
    ) -> str:
        """Sell goods as (product, quantity, price). Spends what of the wish is allowed. Returns the receipt's id."""
        stores.open_again(self)
        self._say_when(changes)
        self.sold += 1
        lines = tuple(
            SaleLine(position, self.products[product].sku, Decimal(quantity), Decimal(price))
            for position, (product, quantity, price) in enumerate(goods, 1)
        )
        fields: dict[str, Any] = {
            "store": "s",
            "till": self.shop.till.code,
            "receipt_number": str(self.sold),
            "purchased_at": self.now,
            "member": Who(phone=member.phone) if member else None,
            "lines": lines,
            "redeem": redeem,
        }
        changes = self._usable(Sale(**{**fields, **changes}), changes)
        sale = Sale(**{**fields, **changes})
        quoted = checkout.quote(sale, self.now)
        if isinstance(redeem, Decimal):  # a purchase refuses what a quote caps
            exchanged = sum(Decimal(one["points"]) for one in quoted["exchanged"])
            spent = Decimal(quoted["redeemed"]["points"]) - exchanged
            sale = Sale(**{**fields, **changes, "redeem": spent})
        past = self._past(member)
        bought = checkout.purchase(sale, self.now).body
        if member is not None:
            facts = Receipt.objects.get(id=bought["id"]).shopper or {}
            assert facts.get("purchases", 0) == past  # held ones count, those let go do not
        self._note(sale, bought)
        for same in (
            "total",
            "discount",
            "to_pay",
            "redeemed",
            "redeemable",
            "earned",
            "lines",
            "balance",
            "declined",
            "exchanged",
            "progress",
        ):
            assert quoted[same] == bought[same], same  # law 4
        assert quoted["coupons"]["used"] == bought["coupons"]["used"]
        assert [_plain(extra) for extra in quoted["extras"]] == [_plain(extra) for extra in bought["extras"]]
        assert checkout.purchase(sale, self.now).body == bought  # law 5
        self.settle(bought["id"])
        self.changes_before[str(bought["id"])] = len(self.changed)
        return str(bought["id"])

    def _say_when(self, changes: dict[str, Any]) -> None:
        """Sell late only what the store sold then: nothing while it was closed."""
        at, shop = changes.get("purchased_at", self.now), places.find("s")
        assert shop is not None
        then = places.as_of(shop, at)
        if not then.active or not then.participations:
            changes["purchased_at"] = self.now
        elif then.past != shop.past:
            IN_PLAY["a late receipt of a store that has changed"] += 1

    def _past(self, member: Member | None) -> int:
        """How many purchases of a member stand or are held, counted one by one."""
        of_member = Receipt.objects.filter(member=member) if member else Receipt.objects.none()
        standing = of_member.filter(status__in=("completed", "partially_returned")).count()
        return standing + of_member.filter(status="held", hold_until__gte=self.now).count()

    def _note(self, sale: Sale, bought: dict[str, Any]) -> None:
        """Name what a sale has put into play."""
        limits = bought["redeemable"]["limits"]
        if any(
            limit["code"] == "holder_per_day" and limit["max"] == bought["redeemable"]["max"]
            for limit in limits
        ):
            IN_PLAY["a limit of a holder"] += 1
        if bought["coupons"]["issued"]:
            IN_PLAY["a coupon issued"] += 1
        if set(bought["coupons"]["used"]) - set(self.coupons):
            IN_PLAY["an issued coupon used"] += 1
        if sale.state == "held":
            IN_PLAY["a purchase held"] += 1

    def turn_family(self, *, bring: bool) -> None:
        """Let the cousin leave the account that they share, or come to share it again with what they have."""
        owner, cousin = self.members[2:4]
        shared = account_of(owner).id
        if account_of(cousin).id == shared:
            holders.leave(shared, cousin.id, By(owner.id), self.now)
            IN_PLAY["a holder who leaves"] += 1
        else:
            holders.come(shared, cousin, Rights(True, COUSINS), self.now, bring=bring)
            IN_PLAY["a holder who comes back"] += 1

    def confirm(self, receipt: str) -> None:
        """Complete a held purchase."""
        holds.confirm(UUID(receipt), self.now)
        IN_PLAY["a hold confirmed"] += 1
        self.settle(receipt)

    def let_go(self, receipt: str) -> None:
        """Cancel a held purchase."""
        returns.cancel(UUID(receipt), self.now)
        IN_PLAY["a hold cancelled"] += 1

    def outlast(self, receipt: str, asking: bool) -> None:
        """Let the time of a held purchase run out; the job lets it go, or whoever asks next."""
        Receipt.objects.filter(id=receipt).update(hold_until=self.now - timedelta(seconds=1))
        if asking:
            stores.open_again(self)
            line = (SaleLine(1, self.products[0].sku, Decimal(1), Decimal(1)),)
            checkout.quote(Sale("s", self.now, line), self.now)
        else:
            holds.release_stale(self.now)
        assert Receipt.objects.get(id=receipt).status == "cancelled"
        IN_PLAY["a hold let go by who asks" if asking else "a hold let go by the job"] += 1

    def asking(self, asked: tuple[set[int], bool], member: Member | None = None) -> dict[str, Any]:
        """What is shown and asked for, as fields of a sale; of a member with the coupons that were issued to them."""
        coupons, exchange = asked
        issued = Coupon.objects.filter(member=member, state="issued") if member and coupons else ()
        codes = tuple(self.coupons[index] for index in sorted(coupons))
        codes += tuple(coupon.code for coupon in issued[:2])
        return {"coupons": codes, "exchanges": self.trades if exchange else ()}

    def _usable(self, sale: Sale, changes: dict[str, Any]) -> dict[str, Any]:
        """Ask only for those coupons and exchanges that a quote grants: a purchase refuses the others."""
        if not sale.coupons and not sale.exchanges:
            return changes
        quoted = checkout.quote(sale, self.now)
        names = {one["campaign"] for one in quoted["exchanged"]}
        made = tuple(code for code in sale.exchanges if code.title() in names)
        return {**changes, "coupons": tuple(quoted["coupons"]["used"]), "exchanges": made}

    def give_back(self, receipt: str, lines: Any) -> dict[str, Any]:
        """Return "all" or lines as (position, quantity). Returns what was answered, without its own ids."""
        self.backs += 1
        wanted = lines if lines == "all" else tuple(LineBack(p, q) for p, q in lines)
        request = ReturnRequest(f"R{self.backs}", self.now, wanted)
        first = returns.give_back(receipt, request, self.now)  # type: ignore[arg-type]
        before = {one.id: one.points for one in Tally.objects.all()}
        again = returns.give_back(receipt, request, self.now)  # type: ignore[arg-type]
        assert before == {one.id: one.points for one in Tally.objects.all()}
        assert again == (first.body, True)  # law 5
        self.settle(receipt)
        return {name: told for name, told in first.body.items() if name not in ("id", "return_number")}

    def give_back_whatever_happens(self, receipt: str, lines: Any, kind: str) -> None:
        """Law 11: the same comes back when something happens to the store before it does."""
        known = {*Lot.objects.values_list("id", flat=True), *Coupon.objects.values_list("code", flat=True)}

        def come_back() -> tuple[Any, Any]:
            answer, after = self.give_back(receipt, lines), self.picture()
            for things in (
                "lots",
                "coupons",
            ):  # a return may give some of its own: a new one has a name by chance
                after[things] = sorted(
                    (one if one[0] in known else ("new", *one[1:]) for one in after[things]), key=str
                )
            return answer, after

        with undone():
            expected = come_back()
        with undone():
            stores.change(self, kind)
            assert come_back() == expected
            self.changed.pop()
        IN_PLAY["a return whatever happens to the store"] += 1
        self._refresh()

    def _refresh(self) -> None:
        """Forget what was undone of the store."""
        shop = self.shop
        rows: list[Any] = [shop.store, shop.programme, shop.partner, shop.till, *self.products]
        for row in rows:
            row.refresh_from_db()
        places.forget()

    def left(self, receipt: str) -> dict[int, Decimal]:
        """How many of each position are not returned yet."""
        bought = dict(ReceiptLine.objects.filter(receipt_id=receipt).values_list("position", "quantity"))
        back = ReturnLine.objects.filter(line__receipt_id=receipt).values_list("line__position")
        for position, quantity in back.annotate(quantity=Sum("quantity")):
            bought[position] -= quantity
        return {position: quantity for position, quantity in bought.items() if quantity}

    def picture(self) -> dict[str, Any]:
        """Everything that a purchase followed by its returns must leave as it was (law 3)."""
        return {
            "accounts": sorted(Account.objects.filter(kind="member").values_list("id", "balance", "owed")),
            "lots": sorted(
                Lot.objects.filter(remaining__gt=0).values_list("id", "remaining", "expires_at"), key=str
            ),
            "facts": sorted(
                MemberFacts.objects.exclude(purchases=0).values_list(
                    "member_id", "purchases", "spent", "first_purchase_at", "last_purchase_at", "tier__code"
                )
            ),
            "usage": sorted(
                Usage.objects.exclude(times=0, points=0).values_list(
                    "member_id", "campaign_id", "period", "times", "points"
                )
            ),
            "tallies": sorted(
                Tally.objects.exclude(times=0).values_list(
                    "campaign_id", "store_id", "period", "times", "points", "money"
                ),
                key=str,
            ),
            "coupons": sorted(Coupon.objects.exclude(state="revoked").values_list("code", "uses", "state")),
        }


def _plain(extra: dict[str, Any]) -> tuple[str, str, str]:
    """An extra without the coupon's own code, which only a purchase makes."""
    return extra["campaign"], extra["kind"], extra["code"]


def account_of(member: Member) -> Account:
    """The member's account."""
    return Account.objects.get(holders__member=member)


def problems_of_the_books() -> list[audit.Discrepancy]:
    """What the audit finds wrong, but for uses of lots that are dated before them.

    Worlds of tests live on days of their own, often ahead of the clock on the wall, by which tasks book (shares that
    are settled, events that are rewarded).
    """
    result = audit.audit()
    # sound books are told by sums alone: who has many receipts does not wait for a look at each. Only points for
    # others than the buyer are looked at wherever there are any
    assert set(result.looked_closer) <= {"share_gave_what_it_says"}, result.looked_closer
    return [one for one in result.problems if one.check != "use_is_not_before_its_lot"]


def assert_books_balance() -> None:
    """Laws 1 and 2, counted row by row, without the audit's own SQL."""
    total = ZERO
    for account in Account.objects.all():
        came = Transfer.objects.filter(target=account).aggregate(p=Sum("points"))["p"] or ZERO
        went = Transfer.objects.filter(source=account).aggregate(p=Sum("points"))["p"] or ZERO
        total += came - went
        if account.kind != Account.Kind.MEMBER:
            continue
        remaining = Lot.objects.filter(account=account).aggregate(p=Sum("remaining"))["p"] or ZERO
        owed = Debt.objects.filter(account=account).aggregate(p=Sum("points"))["p"] or ZERO
        assert account.balance == remaining == came - went
        assert account.owed == owed >= 0
    assert total == 0
    for lot in Lot.objects.annotate(used=Sum("uses__points")):
        assert lot.points - (lot.used or ZERO) == lot.remaining
    for transfer in Transfer.objects.exclude(kind__in=("accrue", "capture")).annotate(
        used=Sum("uses__points")
    ):
        if transfer.kind in ("restore", "release"):
            heirs = Lot.objects.filter(transfer=transfer).aggregate(p=Sum("points"))["p"] or ZERO
            assert heirs - (transfer.used or ZERO) == transfer.points
        elif transfer.source_balance is not None:
            assert transfer.used == transfer.points
    assert LotUse.objects.filter(points=0).count() == 0


def assert_limits_of_holders_hold(world: World) -> None:
    """Law 6 for the limits of a day: what each holder spends of an account in a day, counted receipt by receipt.

    Where the programme's clock was turned, the days of before and after overlap: that is not for this count.
    """
    if "programme clock" in world.changed:
        return
    for holder in Holder.objects.exclude(daily_limit=None).select_related("programme"):
        spent: Counter[date] = Counter()
        for receipt in Receipt.objects.filter(member_id=holder.member_id, account_id=holder.account_id):
            back = sum((one.restored for one in receipt.returns.all()), ZERO)
            spent[receipt.purchased_at.date()] += receipt.redeemed_points - back  # type: ignore[assignment]
        assert all(points <= holder.daily_limit for points in spent.values()), spent


def assert_counters_say_what_stands() -> None:
    """Law 13 for limits, counters and budgets: each is the sum of the decisions that stand, counted one by one."""
    used: Counter[tuple[Any, ...]] = Counter()
    common: Counter[tuple[Any, ...]] = Counter()
    decided = [
        (receipt.member_id, receipt.store_id, backs[-1].outcome if backs else receipt.outcome)
        for receipt in Receipt.objects.prefetch_related("returns")
        for backs in [sorted(receipt.returns.all(), key=lambda back: (back.recorded_at, back.id))]
    ]
    rewards = EventReward.objects.filter(outcome__isnull=False).values_list("event__member_id", "outcome")
    decided += [(member, 0, outcome) for member, outcome in rewards]
    for member, store, outcome in decided:
        kept = record.load(outcome)
        for (campaign, period), (times, points) in kept.increments.items():
            used[member, campaign, period, "times"] += times
            used[member, campaign, period, "points"] += points  # type: ignore[assignment]
        for row in tallies.difference(kept.counted, {}, store):
            if store or row.store_id is None:
                for name, value in (("times", row.times), ("points", row.points), ("money", row.money)):
                    common[row.campaign_id, row.store_id, row.period, name] += value  # type: ignore[assignment]
    for use in Usage.objects.all():
        key = use.member_id, use.campaign_id, use.period
        assert (use.times, use.points) == (used[*key, "times"], used[*key, "points"]), key
    for one in Tally.objects.all():
        row_key = one.campaign_id, one.store_id, one.period
        sums = (one.times, one.points, one.money)
        assert sums == tuple(common[*row_key, name] for name in ("times", "points", "money")), row_key
    assert not +used or Usage.objects.exists()
    known = set(Tally.objects.values_list("campaign_id", "store_id", "period"))
    assert {key[:3] for key, value in common.items() if value} <= known


def publish_again(code: str, percent: str, now: datetime) -> None:
    """Publish a new revision of a campaign."""
    campaign = Campaign.objects.get(code=code)
    campaign.draft = factories.percent_of_receipt(percent)
    factories.rulebooks.publish(campaign, now)


def send(sender: Member, receiver: Member, now: datetime, share: Decimal) -> None:
    """Send a share of what can be sent; what is refused is refused for a reason that is known."""
    account = account_of(sender)
    programme = account.programme
    room = bounds.left(account, programme, now)[0].points
    try:
        remittance = sending.send(sender, receiver, str((room * share).quantize(Decimal("0.01")) or "1"), now)
    except Refusal as refusal:
        known = {"too_few", "balance", "day", "month", "not_allowed", "nobody"}
        assert {refusal.code, *(fault.code for fault in refusal.faults)} & known
        return
    IN_PLAY["points sent to another member"] += 1
    since = remittance.asked_at.replace(hour=0, minute=0, second=0, microsecond=0)
    today = Remittance.objects.filter(account=account, transfer__isnull=False, sent_at__gte=since)
    assert today.aggregate(points=Sum("points"))["points"] <= 20


def deduct(member: Member, now: datetime, key: str) -> None:
    """Take by hand half of what can be spent."""
    account = account_of(member)
    spendable, _pending = balances.of_account(account.id, now)
    half = (spendable / 2).quantize(Decimal("0.01"))
    if half > 0:
        ledger.adjust(account, -half, key, factories.Cause(now))
