"""A shop where campaigns are at work, its customer Anna, and what the books say after each thing she does.

Everything goes the real way on PostgreSQL: the checkout sells, returns take goods back, events are heard once
they are committed. What stands is told in one line, and nothing that stands is left out of it: money, points,
what is counted towards limits, coupons, and the points of Anna's friend Boris and of the cashier.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from types import SimpleNamespace
from typing import Any
from unittest import mock
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Sum

from analytics import segments
from analytics.models import MemberFacts
from campaigns import tasks
from campaigns.checkout import checkout, returns
from campaigns.checkout.return_request import LineBack, ReturnRequest
from campaigns.checkout.sale import Sale, SaleLine, Who
from campaigns.models import Seller, Tally, Usage
from campaigns.occasions import awaited, dates, occasions, own_events, registration
from loyalty.ledger import balances
from loyalty.models import Account, Category, Receipt, Return, ReturnLine
from loyalty.shops import places
from members.models import Member
from members.registration import Newcomer
from rewards.models import Coupon
from tests import factories
from tests.campaigns.engine.build import GOODS
from tests.laws.world import problems_of_the_books
from tests.rewards.coupons.build import make_coupon, make_series

MOSCOW = ZoneInfo("Europe/Moscow")
#: A Friday, half past twelve in Moscow, where the programme is at home.
FRIDAY = "2026-04-10 12:30"
#: Stores and the zones of their clocks.
STORES = {"main": "Europe/Moscow", "kamchatka": "Asia/Kamchatka", "berlin": "Europe/Berlin"}

Capture = Callable[..., Any]
#: Something that happens on the stage.
Step = Callable[["Stage"], None]
Row = tuple[Step, str]


class Stage:
    """The shop. ``capture`` runs what waits for a commit, as pytest-django gives it."""

    def __init__(self, capture: Capture, **setting: Any) -> None:
        places.forget()
        awaited.forget()
        self.capture = capture
        self.now = moscow(FRIDAY)
        self.receipts: list[UUID] = []
        self.numbers = 0
        person: dict[str, Any] = {
            name: setting.pop(name) for name in ("birthday", "joined_at") if name in setting
        }
        points = setting.pop("points", 0)
        self.shop = factories.open_shop(store="main", time_zone="Europe/Moscow", **setting)
        self._furnish()
        self._invite(points, person)

    def _furnish(self) -> None:
        programme, partner = self.shop.programme, self.shop.partner
        self.shop.store.time_zone = STORES["main"]
        self.shop.store.save()
        for code in ("kamchatka", "berlin"):
            factories.StoreFactory(code=code, partner=partner, time_zone=STORES[code])
        for code, threshold in (("classic", 0), ("gold", 1000)):
            factories.TierFactory(programme=programme, code=code, threshold=threshold)
        known: dict[tuple[str, ...], Category] = {}
        for sku, (brand, path, _sets) in GOODS.items():
            for depth in range(1, len(path) + 1):
                if path[:depth] not in known:
                    above = known.get(path[: depth - 1])
                    known[path[:depth]] = factories.CategoryFactory(code=path[depth - 1], parent=above)
            factories.ProductFactory(partner=partner, sku=sku, brand=brand, category=known[path])
        spring = make_series(programme, code="spring", kind="personal")
        make_coupon(spring, "SPRING1")
        make_series(programme, code="thanks", kind="personal")
        self.vip = factories.SegmentFactory(code="vip", programme=programme)

    def _invite(self, points: Any, person: Mapping[str, Any]) -> None:
        programme = self.shop.programme
        self.anna = factories.enrol(programme, points, **person)
        self.boris = factories.enrol(programme, referred_by=self.anna, first_name="Boris")
        self.cashier = factories.enrol(programme, first_name="Vera")
        Seller.objects.create(partner=self.shop.partner, code="C-1", member=self.cashier)

    def launch(self, *definitions: Mapping[str, Any]) -> None:
        """Publish campaigns: the first is called "mine"."""
        for number, definition in enumerate(definitions):
            factories.publish_campaign(
                self.shop.programme, definition, code="mine" if number == 0 else f"beside-{number}"
            )
        awaited.forget()

    def do(self, step: Step) -> None:
        """Let something happen, and what follows from it once it is committed."""
        # what is done after the commit is done then, and not today: the books say when each thing happened
        clock = SimpleNamespace(now=lambda: self.now)
        with mock.patch.object(tasks, "timezone", clock), self.capture(execute=True):
            step(self)

    # What stands

    def tell(self) -> str:
        """Everything that stands now, in one line; what is zero is left out after money and points."""
        receipts = Receipt.objects.filter(id__in=self.receipts)
        paid = sum((receipt.to_pay for receipt in receipts), Decimal(0)) - (
            Return.objects.filter(receipt__in=receipts).aggregate(money=Sum("refund"))["money"] or 0
        )
        self._require_facts(paid)
        account = self.account(self.anna)
        spendable, pending = balances.of_account(account.id, self.now)
        told = [f"{paid:.2f} paid", f"{spendable:.2f} points"]
        told += [f"{pending:.2f} to come"] if pending else []
        told += [f"{account.owed:.2f} owed"] if account.owed else []
        for name, member in (("Boris", self.boris), ("cashier", self.cashier)):
            if balance := self.account(member).balance:
                told.append(f"{name} {balance:.2f}")
        return ", ".join([*told, *self._counted(), *self._coupons()])

    def account(self, member: Member) -> Account:
        """The account of a member."""
        return Account.objects.get(holders__member=member)

    def _require_facts(self, paid: Decimal) -> None:
        """What is known about the members is what the receipts say: money, and purchases that stand."""
        found = MemberFacts.objects.aggregate(money=Sum("spent"), purchases=Sum("purchases"))
        theirs = Receipt.objects.filter(member__isnull=False)
        standing = theirs.exclude(status__in=("returned", "cancelled")).count()
        assert (found["purchases"] or 0) == standing
        if not Receipt.objects.filter(member__isnull=True).exists():
            assert (found["money"] or 0) == paid

    def _counted(self) -> Iterator[str]:
        """What is counted towards limits, every nth purchase, promises and stamps."""
        promised = 0
        for row in Usage.objects.exclude(times=0, points=0).order_by("period"):
            if row.period.startswith("n"):
                promised += row.times
            elif row.period == "progress":
                yield f"{row.times} counted"
            else:
                yield f"{row.times} in {row.period}"
        if promised:
            yield f"{promised} promised"
        for tally in Tally.objects.exclude(times=0).order_by("period"):
            yield f"all together {tally.points:.2f} points, {tally.money:.2f} off"

    def _coupons(self) -> Iterator[str]:
        """The coupon in Anna's hand, once it is used, and those that she was given."""
        for coupon in Coupon.objects.select_related("series").order_by("id"):
            if coupon.code != "SPRING1" or coupon.state != "issued":
                yield f"coupon {coupon.series.code} {coupon.state}"

    # Help for the steps

    def member(self, name: str | None) -> Who | None:
        """How the till knows somebody; None for who shows no card."""
        people = {"Anna": self.anna, "Boris": self.boris}
        return Who(phone=people[name].phone) if name else None

    def number(self) -> str:
        """A number that no receipt and no return has."""
        self.numbers += 1
        return str(self.numbers)


def moscow(when: str) -> datetime:
    """A moment as Moscow's clocks show it, unless it says its own offset."""
    moment = datetime.fromisoformat(when)
    return moment if moment.tzinfo else moment.replace(tzinfo=MOSCOW)


# Steps


def buys(
    bought: str,
    at: str | None = None,
    by: str | None = "Anna",
    *,
    store: str = "main",
    channel: Any = "pos",
    redeem: Any = "0",
    shows: str = "",
    exchange: bool = False,
) -> Step:
    """A purchase of ``"coffee 20 x2, bread 5"``: a line's amount, and its pieces if they are several."""

    def step(stage: Stage) -> None:
        if at:
            stage.now = moscow(at)
        lines = []
        for position, item in enumerate(bought.split(", "), 1):
            sku, amount, *pieces = item.split()
            quantity = Decimal(pieces[0][1:]) if pieces else Decimal(1)
            lines.append(SaleLine(position, sku, quantity, amount=Decimal(amount)))
        sale = Sale(
            store=store, till="" if store != "main" else "1", cashier="C-1", channel=channel, purchased_at=stage.now,
            lines=tuple(lines), receipt_number=stage.number(), member=stage.member(by),
            redeem=redeem if redeem == "max" else Decimal(redeem),
            coupons=(shows,) if shows else (), exchanges=("mine",) if exchange else (),
        )  # fmt: skip
        quoted = checkout.quote(sale, stage.now)
        answer = checkout.purchase(sale, stage.now)
        for same in ("to_pay", "discount", "earned", "lines", "redeemed", "progress"):
            assert quoted[same] == answer.body[same], same
        stage.receipts.append(UUID(answer.body["id"]))

    return step


def back(goods: str = "all", of: int = 0, at: str | None = None) -> Step:
    """Goods come back: ``"coffee x1"`` or all of the last purchase, or of purchase number ``of``."""

    def step(stage: Stage) -> None:
        if at:
            stage.now = moscow(at)
        receipt = Receipt.objects.get(id=stage.receipts[of - 1 if of else -1])
        wanted: Any = goods
        if goods != "all":
            sku, pieces = goods.split()
            line = receipt.lines.filter(product__sku=sku).first()
            assert line is not None
            wanted = (LineBack(line.position, Decimal(pieces[1:])),)
        returns.give_back(receipt.id, ReturnRequest(stage.number(), stage.now, wanted), stage.now)

    return step


def everything_back() -> Step:
    """All that is not back yet comes back, the last purchase first."""

    def step(stage: Stage) -> None:
        for receipt in reversed(stage.receipts):
            sold = Receipt.objects.get(id=receipt).lines.aggregate(q=Sum("quantity"))["q"]
            gone = ReturnLine.objects.filter(back__receipt=receipt).aggregate(q=Sum("quantity"))["q"] or 0
            if sold > gone:
                request = ReturnRequest(stage.number(), stage.now, "all")
                returns.give_back(receipt, request, stage.now)

    return step


def day(at: str) -> Step:
    """The hourly job that looks for birthdays, anniversaries and absences runs, twice, and rewards what it finds."""

    def step(stage: Stage) -> None:
        stage.now = moscow(at)
        for _ in range(2):
            dates.record(stage.now)
            own_events.reward_waiting(stage.now)

    return step


def reports(kind: str, at: str | None = None) -> Step:
    """Another system says that Anna did something: left a review, answered questions."""

    def step(stage: Stage) -> None:
        if at:
            stage.now = moscow(at)
        occasions.require_known(kind, [stage.shop.programme.id])
        occasions.report(stage.anna, kind, stage.now, {}, stage.now, [stage.shop.programme.id])

    return step


def enters_vip() -> Step:
    """Anna comes into the segment "vip"."""
    return lambda stage: segments.add(stage.vip, [stage.anna.id], stage.now) and None


def leaves_vip() -> Step:
    """Anna leaves the segment."""
    return lambda stage: segments.remove(stage.vip, [stage.anna.id], stage.now) and None


def joins(cashier: str = "") -> Step:
    """Somebody new takes a card, at the till of a cashier if one is named, and is Anna from now on."""

    def step(stage: Stage) -> None:
        newcomer = Newcomer(phone="+79031112233", cashier=cashier, partner=stage.shop.partner.code)
        stage.anna = registration.register(newcomer, stage.shop.programme.id, stage.now)

    return step


def friends_join(how_many: int, at: str | None = None) -> Step:
    """So many of Anna's friends take a card and name her."""

    def step(stage: Stage) -> None:
        if at:
            stage.now = moscow(at)
        for _ in range(how_many):
            newcomer = Newcomer(phone=f"+7903222{int(stage.number()):04}", referral=stage.anna.referral_code)
            registration.register(newcomer, stage.shop.programme.id, stage.now)

    return step


def born(day_of_birth: str) -> dict[str, Any]:
    """Anna's birthday, and that she has been a member for long."""
    return {"birthday": date.fromisoformat(day_of_birth), "joined_at": moscow("2025-04-10 10:00")}


def play(stage: Stage, rows: Sequence[Row]) -> list[str]:
    """Let the steps happen one after the other; what stands after each."""
    told = []
    for step, _stands in rows:
        stage.do(step)
        told.append(stage.tell())
    problems = problems_of_the_books()
    assert problems == [], problems
    return told
