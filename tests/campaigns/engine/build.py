"""A corner shop to try campaigns in: its goods, its member Anna, and a till."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from campaigns.engine.definition import parse
from campaigns.engine.evaluation import evaluate
from campaigns.engine.outcome import Outcome
from campaigns.engine.rulebook import Revision, Rulebook, Terms
from campaigns.engine.shopper import Shopper, Used, used_of
from loyalty.rules.basket import Basket, Coupon, Line, Moment, Place, Wallet, WalletLot

MOSCOW = ZoneInfo("Europe/Moscow")
#: A Saturday, half past twelve.
SATURDAY = "2026-11-21 12:30"

#: sku: brand, categories from the root, sets.
GOODS: dict[str, tuple[str, tuple[str, ...], frozenset[str]]] = {
    "coffee": ("Lavazza", ("food", "drinks", "hot"), frozenset({"breakfast"})),
    "tea": ("Ahmad", ("food", "drinks", "hot"), frozenset()),
    "bread": ("Baker", ("food", "bakery"), frozenset({"breakfast"})),
    "soap": ("Dove", ("home",), frozenset()),
    "lamp": ("", ("home", "light"), frozenset({"gifts"})),
}
PLACE = Place("acme", "main", frozenset({"city", "big"}), "1", "pos")
RUBLES = Terms("RUB", expiry={"kind": "after", "years": 1})


def anna(**facts: Any) -> Shopper:
    """A silver member with nothing special about her. ``uses`` may be plain pairs and triples."""
    if "uses" in facts:
        facts["uses"] = counted(facts["uses"])
    return Shopper(
        **{
            "member_id": "anna",
            "tier": "silver",
            "card_kind": "plastic",
            "joined_on": date(2025, 3, 8),
            **facts,
        }
    )


def counted(uses: Any) -> dict[tuple[int, str], Used]:
    """How far campaigns were used, of plain pairs and triples."""
    return {key: used_of(key[1], *used) for key, used in uses.items()}


def purse(points: str, **more: Any) -> Wallet:
    """A wallet with one lot."""
    return Wallet((WalletLot("lot", Decimal(points)),), **more)


def campaign(code: str, *what: dict[str, Any], number: int | None = None, **parts: Any) -> Revision:
    """A published campaign that gives ``what``; its parts are those of a definition (``if_`` for ``if``)."""
    document = {("if" if name == "if_" else name): part for name, part in parts.items()}
    if what:
        document["what"] = list(what)
    return Revision(number or sum(code.encode()), code, code, 1, parse(document))


def percent(percent: str) -> dict[str, Any]:
    return {"effect": "points_percent", "percent": percent}


def fixed(points: str) -> dict[str, Any]:
    return {"effect": "points_fixed", "points": points}


def per(points: str, amount: str) -> dict[str, Any]:
    return {"effect": "points_per", "points": points, "per": amount}


def times(by: str) -> dict[str, Any]:
    return {"effect": "multiplier", "by": by}


def steps(*scale: tuple[str, str], mode: str = "whole", **more: Any) -> dict[str, Any]:
    """Steps of ``(from, "5%")`` or ``(from, "50")`` points."""
    written = [
        {"from": start, "percent": gives[:-1]} if gives.endswith("%") else {"from": start, "points": gives}
        for start, gives in scale
    ]
    return {"effect": "points_steps", "mode": mode, "steps": written, **more}


def per_piece(points: str, **more: Any) -> dict[str, Any]:
    return {"effect": "points_per_piece", "points": points, **more}


def off(much: str) -> dict[str, Any]:
    """A discount of ``"10%"``, or of ``"100"`` in money."""
    if much.endswith("%"):
        return {"effect": "discount_percent", "percent": much[:-1]}
    return {"effect": "discount_amount", "amount": much}


def price(each: str) -> dict[str, Any]:
    return {"effect": "fixed_price", "price": each}


def cheapest(every: int, **more: Any) -> dict[str, Any]:
    return {"effect": "cheapest_free", "every": every, **more}


def gift(*products: str, **more: Any) -> dict[str, Any]:
    return {"effect": "gift", "products": list(products), **more}


def stamp(goal: int, per: str = "receipt", **reward: Any) -> dict[str, Any]:
    return {"effect": "stamp", "goal": goal, "per": per, "reward": reward}


def next_purchase(percent: str, days: int) -> dict[str, Any]:
    return {"effect": "next_purchase", "percent": percent, "days": days}


def exchange(points: str, much: str) -> dict[str, Any]:
    """So many points for ``"10%"`` off, or for ``"100"`` of money."""
    kind = {"percent": much[:-1]} if much.endswith("%") else {"amount": much}
    return {"effect": "exchange", "points": points, **kind}


def coupon(series: str) -> dict[str, Any]:
    return {"effect": "issue_coupon", "series": series}


def badge(code: str) -> dict[str, Any]:
    return {"effect": "badge", "code": code}


def staff(much: str) -> dict[str, Any]:
    return _share("staff_points", much)


def referrer(much: str) -> dict[str, Any]:
    return _share("referrer_points", much)


def _share(kind: str, much: str) -> dict[str, Any]:
    return {"effect": kind, **({"percent": much[:-1]} if much.endswith("%") else {"points": much})}


def cond(kind: str, **fields: Any) -> dict[str, Any]:
    """A condition; ``in_`` and ``is_`` stand for the words that Python keeps for itself."""
    return {"condition": kind, **{name.rstrip("_"): value for name, value in fields.items()}}


def only(*products: str, **more: Any) -> dict[str, Any]:
    """For what: lines of these products."""
    return {"of": "lines", "products": list(products), **more}


def at(when: str, store_zone: ZoneInfo = MOSCOW) -> Moment:
    """A moment as Moscow's clocks show it, where the programme is at home."""
    moment = datetime.fromisoformat(when).replace(tzinfo=MOSCOW)
    return Moment(moment.astimezone(store_zone), moment)


def lines_of(bought: str) -> tuple[Line, ...]:
    """Lines of ``"coffee 100, tea 60 x3"``: the amount of the line, and its quantity; positions count from 1."""
    lines = []
    for position, item in enumerate((item for item in bought.split(",") if item.strip()), 1):
        sku, amount, *more = item.split()
        quantity = Decimal(more[0][1:]) if more else Decimal(1)
        brand, categories, sets = GOODS.get(sku, ("", (), frozenset()))
        lines.append(
            Line(position, sku, quantity, Decimal(amount), Decimal(amount), sku, brand, categories, sets)
        )
    return tuple(lines)


def coupons(shown: str) -> tuple[Coupon, ...]:
    """Usable coupons of ``"A1:spring, B7:autumn"``: code and series."""
    return tuple(Coupon(*item.strip().split(":")) for item in shown.split(",") if item.strip())


def sell(
    bought: str,
    *campaigns: Revision,
    shopper: Shopper | None = None,
    when: str = SATURDAY,
    place: Place = PLACE,
    terms: Terms = RUBLES,
    redeem: Any = Decimal(0),
    moment: Moment | None = None,
    cashier: str = "",
    shown: str = "",
    exchanges: Sequence[str] = (),
) -> Outcome:
    """What the engine says about a basket; Anna buys it unless another shopper is named."""
    basket = Basket(place, lines_of(bought), redeem, cashier, coupons(shown), tuple(exchanges))
    rulebook = Rulebook(terms, campaigns)
    return evaluate(basket, anna() if shopper is None else shopper, moment or at(when), rulebook)


def earned(outcome: Outcome) -> str:
    """Points earned, as text."""
    return str(outcome.earned)


def by_line(outcome: Outcome) -> list[str]:
    """Points earned on each line, as text."""
    return [str(line.earned) for line in outcome.lines]


def to_pay(outcome: Outcome) -> list[str]:
    """What each line costs in the end, as text."""
    return [str(line.to_pay) for line in outcome.lines]


def discounts(outcome: Outcome) -> list[str]:
    """What was taken off each line, as text."""
    return [str(line.discount) for line in outcome.lines]


def given(outcome: Outcome) -> dict[int, str]:
    """Points by campaign, by its number."""
    return {grant.campaign_id: str(grant.points) for grant in outcome.grants}


def refusals(outcome: Outcome) -> dict[int, str]:
    """The code of each declined campaign, by its number."""
    return {declined.campaign_id: declined.code for declined in outcome.declined}


def refusal(outcome: Outcome) -> str | None:
    """Why the only campaign gave nothing; None when it gave."""
    codes: Sequence[str] = [declined.code for declined in outcome.declined]
    return codes[0] if codes else None
