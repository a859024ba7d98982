"""Random campaigns of the whole vocabulary, baskets, shoppers and moments."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from campaigns.engine.definition import freeze
from campaigns.engine.limits import PREFIXES, period_keys
from campaigns.engine.rulebook import Revision, Rulebook, Terms
from campaigns.engine.shopper import Shopper
from campaigns.engine.soundness import DATED, check
from loyalty.rules.basket import Basket, Coupon, Line, Moment, Wallet, WalletLot
from loyalty.rules.rounding import Rounding
from tests.campaigns.engine.build import (
    GOODS,
    MOSCOW,
    PLACE,
    anna,
    badge,
    cheapest,
    cond,
    counted,
    coupon,
    exchange,
    fixed,
    gift,
    next_purchase,
    off,
    per,
    per_piece,
    percent,
    price,
    referrer,
    staff,
    stamp,
    steps,
    times,
)

SERIES = ["spring", "summer", "autumn"]
CODES = [f"c{number}" for number in range(1, 8)]
#: How many examples a property is tried with; give more in the environment to look longer.
TRIES = int(os.environ.get("TRIES", "80"))
EVENTS = ["review.left", "friend.purchased", "member.birthday", "member.dormant"]


def decimals(low: str, high: str, places: int = 2) -> st.SearchStrategy[Decimal]:
    return st.decimals(Decimal(low), Decimal(high), places=places)


def either(*usual: str, low: str, high: str) -> st.SearchStrategy[str]:
    """One of the usual numbers, or any between two others."""
    return st.one_of(st.sampled_from(usual), decimals(low, high).map(str))


money = either("0", "0.01", "33.33", "99.99", "100", "500", "1234.56", low="0", high="5000").map(Decimal)
percents = either("1", "5", "10", "33.33", "50", "100", low="0.01", high="100")
points = either("1", "5", "50", "99.99", low="0.01", high="500")
sums = either("0.01", "10", "50", "100", "300", low="0.01", high="3000")
pieces = st.sampled_from(["1", "2", "2.5", "0.5"])
some_goods = st.sampled_from([
    {"products": ["coffee", "lamp"]}, {"categories": ["food"]}, {"brands": ["Dove", "Baker"]}, {"sets": ["breakfast"]},
    {"products": ["soap"], "categories": ["drinks"]},
])  # fmt: skip
maybe_goods: st.SearchStrategy[dict[str, Any]] = st.one_of(st.just({}), some_goods)
periods = st.sampled_from(["day", "week", "month", "year", "ever", {"days": 7}])


def built(kind: str, name: str, **fields: Any) -> st.SearchStrategy[dict[str, Any]]:
    """A leaf or an effect of one kind with drawn fields."""
    drawn = {
        field: value if isinstance(value, st.SearchStrategy) else st.just(value)
        for field, value in fields.items()
    }
    return st.fixed_dictionaries({kind: st.just(name), **drawn})


# What


def effect(name: str, **fields: Any) -> st.SearchStrategy[dict[str, Any]]:
    return built("effect", name, **fields)


scales = st.lists(
    st.tuples(decimals("0", "5000"), percents), min_size=1, max_size=4, unique_by=lambda step: step[0]
).map(lambda found: [{"from": str(start), "percent": percent} for start, percent in sorted(found)])
earning = st.one_of(
    effect("points_percent", percent=percents),
    effect("points_fixed", points=points),
    effect("points_per", points=points, per=sums),
    effect("points_per_piece", points=points),
    effect("points_per_piece", points=points, up_to=pieces),
    effect("points_steps", steps=scales, mode=st.sampled_from(["whole", "sliced"])),
    effect("points_steps", steps=scales, by="receipt"),
    effect(
        "points_steps", steps=st.just([{"from": "100", "points": "30"}, {"from": "900.5", "percent": "3"}])
    ),
)
cheapening = st.one_of(
    effect("discount_percent", percent=percents),
    effect("discount_amount", amount=sums),
    effect("fixed_price", price=money.map(str)),
    effect("cheapest_free", every=st.integers(2, 4)),
    effect("cheapest_free", every=st.just(4), free=st.integers(1, 3), percent=percents),
    effect("gift", products=st.just(["tea", "lamp"]), pieces=st.integers(1, 3)),
)
rewards = st.one_of(
    st.fixed_dictionaries({"points": points}),
    st.fixed_dictionaries({"free": st.integers(1, 3)}),
    st.fixed_dictionaries({"percent": percents}),
)
stamps = effect("stamp", goal=st.integers(2, 6), per=st.sampled_from(["receipt", "piece"]), reward=rewards)
promises = effect("next_purchase", percent=percents, days=st.integers(1, 60))
sides = st.one_of(
    effect("issue_coupon", series=st.sampled_from(SERIES)),
    effect("badge", code=st.just("b")),
    effect("staff_points", points=points),
    effect("staff_points", percent=percents),
    effect("referrer_points", points=points),
    effect("referrer_points", percent=percents),
)
swaps = st.one_of(
    effect("exchange", points=points, amount=sums), effect("exchange", points=points, percent=percents)
)
multipliers = effect("multiplier", by=decimals("1.1", "5", 1).map(str))


def _name(effect: dict[str, Any]) -> str:
    return json.dumps(effect, sort_keys=True)


@st.composite
def mixed(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Effects that one campaign can have together."""
    found = draw(st.lists(st.one_of(earning, cheapening, sides), max_size=4, unique_by=_name))
    found += draw(st.one_of(st.just([]), stamps.map(lambda one: [one])))
    found += draw(st.one_of(st.just([]), promises.map(lambda one: [one])))
    return draw(st.permutations(found))


effects = st.one_of(
    st.lists(earning, min_size=1, max_size=3),
    earning.map(lambda one: [one]),
    st.lists(cheapening, min_size=1, max_size=2),
    cheapening.map(lambda one: [one]),
    st.tuples(cheapening, earning).map(list),
    st.tuples(stamps, promises).map(list),
    mixed(),
    multipliers.map(lambda one: [one]),
    swaps.map(lambda one: [one]),
    st.just([]),
)
of_events = st.lists(
    st.one_of(
        effect("points_fixed", points=points), effect("points_percent", percent=percents), promises, sides,
    ),
    min_size=1, max_size=3, unique_by=lambda one: one["effect"],
)  # fmt: skip


# If


def leaf(name: str, **fields: Any) -> st.SearchStrategy[dict[str, Any]]:
    return built("condition", name, **fields)


def of(goods: st.SearchStrategy[dict[str, Any]], made: st.SearchStrategy[dict[str, Any]]) -> Any:
    return st.builds(lambda chosen, one: {**one, **chosen}, goods, made)


compared: st.SearchStrategy[dict[str, Any]] = st.sampled_from(
    [{"is": "cat"}, {"in": ["cat", "7"]}, {"at_least": "3"}, {"at_least": "1", "at_most": "5"}]
)
with_this = st.booleans()
of_member = st.one_of(
    of(maybe_goods, leaf("spent", period=periods, at_least=sums, with_this=with_this)),
    of(maybe_goods, leaf("spent", period=periods, below=sums, with_this=with_this)),
    of(maybe_goods, leaf("bought", period=periods, at_least=pieces, with_this=with_this)),
    leaf("purchases", period=periods, at_most=st.integers(0, 5), with_this=with_this),
    leaf("days_since_purchase", at_least=st.integers(0, 40)),
    leaf("days_since_joining", at_most=st.integers(500, 900)),
    leaf("tier", **{"in": st.just(["silver"])}),
    leaf("segment", **{"in": st.just(["vip"])}),
    leaf("card_kind", **{"in": st.just(["plastic", "virtual"])}),
    leaf("balance", at_least=sums),
    leaf("age", at_least=st.integers(0, 60)),
    leaf("gender", **{"is": st.sampled_from(["female", "male"])}),
    of(compared, leaf("attribute", key="pet")),
)
of_receipt = st.one_of(
    leaf("receipt_amount", at_least=sums),
    leaf("receipt_amount", below=sums),
    leaf("line_count", at_least=st.integers(0, 5)),
    of(maybe_goods, leaf("piece_count", at_least=pieces)),
    of(some_goods, leaf("contains", pieces=pieces)),
    of(some_goods, leaf("matching_amount", at_least=sums)),
    leaf("first_purchase"),
    leaf("first_purchase", **{"in": st.sampled_from(["store", "partner"])}),
    leaf("first_purchase", **{"in": st.just("category"), "category": st.just("food")}),
    leaf("nth_purchase", every=st.integers(2, 4)),
    leaf("nth_purchase", every=st.integers(2, 4), of_at_least=sums),
    leaf("nth_purchase", exactly=st.integers(1, 4), period=st.sampled_from(["day", "week", "month", "year"])),
    leaf("paid_with_points", **{"is": st.booleans()}),
    leaf("coupon", series=st.lists(st.sampled_from(SERIES), min_size=1, max_size=2, unique=True)),
    leaf("cashier", **{"in": st.just(["C-1"])}),
)
event_data = of(compared, leaf("event_data", key="answer"))


def trees(leaves: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    """A leaf, or all, any or none of some, two deep at most."""

    def branch(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
        names = st.sampled_from(["all", "any", "none"])
        return st.builds(lambda name, some: {name: some}, names, st.lists(inner, min_size=1, max_size=3))

    once = branch(leaves)
    return st.one_of(leaves, once, branch(st.one_of(leaves, once)))


# The rest of a definition

scopes = st.one_of(
    st.just({"of": "receipt"}),
    st.just({"of": "receipt"}),
    some_goods.map(lambda goods: {"of": "lines", **goods}),
    st.just({"of": "lines", "except": {"sets": ["breakfast"]}}),
)
days = st.integers(0, 20)
whens = st.one_of(
    st.just({}),
    st.sampled_from([{"weekdays": [1, 2, 3, 4, 5]}, {"weekdays": [6, 7]}, {"hours": [["08:00", "20:00"]]}]),
    st.builds(
        lambda name, before, after: {"around": {"date": name, "before": before, "after": after}},
        st.sampled_from(["birthday", "joined", "wedding"]), days, days,
    ),
)  # fmt: skip
whoms = st.sampled_from([
    {}, {}, {"who": "members"}, {"tiers": ["silver", "gold"]}, {"segments": ["vip"]},
    {"except": {"segments": ["vip"]}}, {"except": {"card_kinds": ["virtual"]}},
])  # fmt: skip
limits = st.lists(
    st.builds(
        lambda per, limit: {"per": per, **limit},
        st.sampled_from(["member", "store", "campaign"]),
        st.one_of(
            st.fixed_dictionaries(
                {"period": st.sampled_from(["receipt", "day", "month", "ever"]), "points": points}
            ),
            st.fixed_dictionaries({"period": st.sampled_from(["day", "ever"]), "times": st.integers(1, 3)}),
        ),
    ),
    max_size=2,
)
budgets = st.sampled_from([{}, {}, {"money": "50"}, {"points": "90.5"}, {"points": "200", "money": "7.03"}])
stackings: st.SearchStrategy[dict[str, Any]] = st.one_of(
    st.just({}),
    st.fixed_dictionaries({
        "group": st.sampled_from(["g", "h"]), "mode": st.sampled_from(["all", "best", "exclusive"]),
        "priority": st.integers(0, 2), "discounted": st.sampled_from(["include", "exclude"]),
    }),
    st.fixed_dictionaries({"priority": st.integers(0, 2), "discounted": st.sampled_from(["include", "exclude"])}),
)  # fmt: skip


grouped: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries({
    "group": st.just("g"), "mode": st.sampled_from(["all", "best", "exclusive"]), "priority": st.integers(0, 2),
})  # fmt: skip
shown_coupon = leaf("coupon", series=st.lists(st.sampled_from(SERIES), min_size=1, max_size=2, unique=True))


@st.composite
def documents(draw: st.DrawFn, together: bool = False) -> dict[str, Any]:
    """A definition that is accepted: parts that contradict each other are left out. ``together`` in one group."""
    document: dict[str, Any] = {"tell": {"till": "{points} points"}}
    if draw(st.integers(0, 3)) == 3:
        document |= {"whom": draw(whoms), "when": draw(whens)}
    if together:
        document["stacking"] = draw(grouped)
    elif draw(st.booleans()):
        document["stacking"] = draw(stackings)
    if draw(st.integers(0, 7)) == 7:
        kind = draw(st.sampled_from(EVENTS))
        more: dict[str, Any] = {"offset": draw(st.integers(-1, 1))} if kind in DATED else {}
        document["what_for"] = {
            "of": "event",
            "event": kind,
            **more,
            **({"days": 30} if "dormant" in kind else {}),
        }
        document["what"], leaves = draw(of_events), st.one_of(of_member, event_data)
    else:
        document["what_for"], document["what"] = draw(scopes), draw(effects)
        leaves = st.one_of(of_receipt, of_member)
    optional = {
        "judge": {"limits": draw(limits), **({"budget": budget} if (budget := draw(budgets)) else {})}
    }
    asks = draw(st.integers(0, 5))
    if asks >= 4:
        optional["if"] = draw(trees(leaves))
    elif asks == 3:
        optional["if"] = draw(shown_coupon)
    for name, part in optional.items():
        if not check(document | {name: part}):
            document[name] = part
    return document


def _point(name: str, **fields: Any) -> dict[str, Any]:
    return {"if": cond(name, **fields), "what": [fixed("1")]}


#: What random documents seldom come to: each word once, where baskets and shoppers like these often meet it.
LIKELY: list[dict[str, Any]] = [
    *({"what": [one]} for one in (
        stamp(3, points="7"), stamp(2, "piece", free=1), stamp(3, percent="10"), next_purchase("10", 5),
        exchange("5", "3"), exchange("9", "10%"), staff("2"), staff("1%"), referrer("3"), referrer("5%"), badge("b"),
        coupon("spring"), gift("tea", "soap"), per("3", "40"), cheapest(2), times("2"), price("20"), off("7"),
        steps(("10", "1%"), ("200", "4%"), mode="sliced"), steps(("20", "9"), ("700", "3%")), per_piece("2", up_to="3"),
    )),
    {"what": [fixed("9"), percent("3")], "stacking": {"group": "g", "mode": "best"}},
    {"what": [percent("7")], "stacking": {"group": "g", "mode": "exclusive", "priority": 1}},
    {"what": [percent("6")], "stacking": {"group": "g", "mode": "exclusive", "priority": 1}},
    {"what": [percent("5")], "stacking": {"discounted": "exclude"}},
    {"what": [fixed("8")], "judge": {"limits": [{"per": "store", "period": "day", "times": 2}]}},
    {"what": [percent("50")], "judge": {"budget": {"points": "90"}}},
    {"what": [off("20%")], "judge": {"budget": {"money": "60"}}},
    {"what": [percent("2"), off("3%")], "if": cond("coupon", series=SERIES)},
    {"what": [fixed("1")], "if": {"none": [cond("tier", in_=["silver"]), cond("card_kind", in_=["plastic"])]}},
    {"what": [fixed("1")], "whom": {"who": "members", "except": {"tiers": ["silver"]}}},
    {"what": [fixed("1")], "where": {"stores": ["main"], "channels": ["pos"]}},
    _point("spent", period="month", at_least="300"), _point("spent", period="ever", below="500", with_this=False),
    _point("bought", period="week", at_least="2", categories=["food"]), _point("purchases", period="year", at_least=3),
    _point("days_since_purchase", at_least=5), _point("days_since_joining", at_most=625), _point("age", at_least=18),
    _point("segment", in_=["vip"]), _point("balance", at_least="400"), _point("gender", is_="female"),
    _point("attribute", key="pet", is_="cat"), _point("cashier", in_=["C-1"]), _point("paid_with_points", is_=True),
    _point("line_count", at_least=3), _point("piece_count", at_least="4"), _point("nth_purchase", every=2),
    _point("contains", products=["coffee"], pieces="2"), _point("first_purchase", in_="store"),
    _point("matching_amount", categories=["food"], at_least="100"), _point("receipt_amount", below="200"),
]  # fmt: skip
likely = st.sampled_from(LIKELY)


@st.composite
def revisions(draw: st.DrawFn, least: int = 2, most: int = 7) -> tuple[Revision, ...]:
    made = []
    together = draw(st.integers(0, 3)) == 3
    for number in range(1, draw(st.integers(least, most)) + 1):
        code = f"c{draw(st.integers(0, 99)):02}-{number}"
        document = draw(documents(together)) if number % 2 else draw(likely)
        made.append(Revision(number, code, code, 1, freeze(document)))
    return tuple(made)


# Baskets and shoppers

quantities = st.sampled_from(["1", "1", "1", "2", "3", "7", "0.350", "1.5", "0.001"]).map(Decimal)


@st.composite
def lines(draw: st.DrawFn, taken_back: bool = True) -> tuple[Line, ...]:
    """Some lines; some of them may be taken back, and some are of the same pieces as one before."""
    made: list[Line] = []
    for position in range(1, draw(st.integers(1, 6)) + 1):
        sku, amount, quantity = draw(st.sampled_from(sorted(GOODS))), draw(money), draw(quantities)
        sign = -1 if taken_back and draw(st.integers(0, 9)) == 9 else 1
        if made and quantity == int(quantity) and draw(st.integers(0, 2)) == 2:
            before = made[-1]
            each = before.amount / before.quantity if abs(before.quantity) > 1 else before.amount
            sku, amount = before.sku, quantity * round(abs(each), 2)
        made.append(Line(position, sku, sign * quantity, sign * amount, amount, sku, *GOODS[sku]))
    return tuple(made)


terms = st.builds(
    Terms,
    currency=st.just("RUB"),
    point_decimals=st.integers(0, 2),
    rounding=st.sampled_from(list(map(str, Rounding))),
    earn_on=st.sampled_from(["before", "after"]),
    spending=st.sampled_from(
        [{}, {"point_value": "0.5"}, {"max_share": "50", "leave": "1"}, {"excluded": {"products": ["soap"]}}]
    ),
)
moments = st.integers(0, 14 * 24).map(
    lambda hours: Moment(*[datetime(2026, 11, 21, tzinfo=MOSCOW) + timedelta(hours=hours)] * 2)
)
redeemed: st.SearchStrategy[Any] = st.one_of(st.just(Decimal(0)), st.just("max"), decimals("0", "3000"))
shown = st.lists(
    st.builds(Coupon, st.sampled_from("PQRSTU"), st.sampled_from(SERIES)),
    max_size=3,
    unique_by=lambda one: one.code,
).map(tuple)


def _used(draw: st.DrawFn, revision: Revision, periods: Mapping[str, str]) -> dict[tuple[int, str], Any]:
    """Some use of what limits a campaign, now and then all of it."""
    judge = revision.definition.document.get("judge", {})
    budget: list[dict[str, Any]] = [{"per": "campaign", "period": "ever"}] if "budget" in judge else []
    used: dict[tuple[int, str], Any] = {}
    for limit in [*judge.get("limits", ()), *budget]:
        if limit["period"] != "receipt":
            prefix = PREFIXES[limit.get("per", "member")]
            figures = draw(st.integers(0, 3)), draw(decimals("0", "300")), draw(decimals("0", "60"))
            used[revision.campaign_id, prefix + periods[limit["period"]]] = figures if prefix else figures[:2]
    return used


@st.composite
def shoppers(draw: st.DrawFn, rulebook: Rulebook, moment: Moment) -> Shopper:
    """Somebody with figures for everything that the rules ask, and a history with the campaigns."""
    periods = period_keys(moment.in_programme)
    keys = list(periods.values())
    today = moment.in_programme.date()
    shared = [prefix + key for key in keys for prefix in ("c:", "s:")]
    counters = ["p" + key.replace("-", "") if len(key) == 10 else "p" + key for key in keys]
    own = [*keys, *counters, f"n{today + timedelta(days=3):%Y%m%d}", f"n{today - timedelta(days=1):%Y%m%d}"]
    uses: dict[tuple[int, str], Any] = {}
    anonymous = draw(st.integers(0, 9)) == 9
    for number in range(1, 5):
        for key in draw(st.sets(st.sampled_from(shared if anonymous else [*shared, *own]), max_size=4)):
            used = draw(st.integers(-1 if key[0] == "n" else 0, 3)), draw(decimals("0", "300"))
            uses[(number, key)] = (*used, draw(decimals("0", "60"))) if ":" in key else used
    if anonymous:
        return Shopper(uses=counted(uses))
    progress = {}
    for revision in rulebook.campaigns:
        what: Any = revision.definition.document.get("what", ())
        number, names = revision.campaign_id, {one["effect"] for one in what}
        if "stamp" in names or number < 3:
            progress[number] = draw(st.integers(0, 9))
        if "next_purchase" in names and draw(st.booleans()):
            uses[number, f"n{today + timedelta(days=draw(st.integers(0, 9))):%Y%m%d}"] = (1, Decimal(0))
        if draw(st.booleans()):
            uses.update(_used(draw, revision, periods))
    figures = {key: draw(decimals("0", "900")) for key in rulebook.machine.needs.figures}
    return anna(
        purchases=draw(st.integers(0, 6)),
        progress=progress,
        uses=uses,
        wallet=Wallet(
            (
                WalletLot("a", draw(decimals("0", "9000"))),
                WalletLot("b", Decimal("7.77")),
                WalletLot("c", draw(decimals("0", "500")), terms={"products": ["tea", "lamp"]}),
            )
        ),
        birthday=draw(st.sampled_from([None, date(1990, 11, 25), date(2012, 2, 29)])),
        birthday_from=draw(st.sampled_from([None, None, date(2026, 1, 1), date(2999, 1, 1)])),
        gender=draw(st.sampled_from(["", "female", "male"])),
        last_purchase_on=draw(st.sampled_from([None, date(2026, 11, 1), today])),
        referred=draw(st.booleans()),
        attributes=draw(st.sampled_from([{}, {"pet": "cat", "wedding": "2015-12-01"}, {"pet": 4}])),
        segments=draw(st.sampled_from([frozenset(), frozenset({"vip"})])),
        known={**figures, "balance": draw(decimals("0", "900"))},
    )


@st.composite
def cases(draw: st.DrawFn, taken_back: bool = True) -> tuple[Basket, Shopper, Moment, Rulebook]:
    """Everything that ``evaluate`` takes."""
    rulebook, moment = Rulebook(draw(terms), draw(revisions())), draw(moments)
    asked = tuple(r.code for r in rulebook.campaigns if draw(st.booleans()))
    cashier = draw(st.sampled_from(["", "C-1", "C-2"]))
    basket = Basket(PLACE, draw(lines(taken_back)), draw(redeemed), cashier, draw(shown), asked)
    return basket, draw(shoppers(rulebook, moment)), moment, rulebook


happenings = st.tuples(
    st.sampled_from(EVENTS),
    st.fixed_dictionaries(
        {},
        optional={
            "amount": money.map(str),
            "offset": st.integers(-1, 1),
            "days": st.just(30),
            "answer": st.just("7"),
        },
    ),
)
NEVER_THERE = cond("cashier", in_=["nobody"])
