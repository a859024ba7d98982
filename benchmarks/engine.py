"""How fast a basket of fifty lines is judged by a hundred live campaigns, every reason given.

Beside it, in the same run: hand-written closures of the same hundred rules (they give points and no
reasons, spread nothing over lines and make no lots), and django-oscar's ``Applicator`` with a hundred live
offers on that basket, in an environment of its own (``var/bench-oscar``). Prints JSON; fails when a
bound of the project is not kept. ``--no-oscar`` leaves Oscar out.
"""

from __future__ import annotations

import gc
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]

import _hundred as hundred  # noqa: E402

from campaigns.engine.definition import parse  # noqa: E402
from campaigns.engine.evaluation import evaluate  # noqa: E402
from campaigns.engine.rulebook import Revision, Rulebook, Terms  # noqa: E402
from campaigns.engine.shopper import Shopper  # noqa: E402
from loyalty.basket import Basket, Line, Moment, Place, Wallet, WalletLot  # noqa: E402

ROUNDS = 7
CENT = Decimal("0.01")
OSCAR = ROOT / "var" / "bench-oscar"


# The engine's side


def definition(kind: str, rule: dict) -> dict:
    """The document of a rule."""
    percent = [{"effect": "points_percent", "percent": rule.get("percent")}]
    fixed = [{"effect": "points_fixed", "points": rule.get("points")}]
    match kind:
        case "category":
            return {"what_for": {"of": "lines", "categories": [rule["category"]]}, "what": percent}
        case "brand":
            what_for = {"of": "lines", "brands": [rule["brand"]]}
            return {"what_for": what_for, "when": {"weekdays": rule["weekdays"]}, "what": percent}
        case "products":
            return {"what_for": {"of": "lines", "products": rule["skus"]}, "what": percent}
        case "set":
            hours = [[f"{minute // 60:02}:{minute % 60:02}" for minute in rule["hours"]]]
            return {
                "what_for": {"of": "lines", "sets": [rule["set"]]},
                "when": {"hours": hours},
                "what": fixed,
            }
        case "amount":
            return {"if": {"condition": "receipt_amount", "at_least": rule["at_least"]}, "what": fixed}
        case "per":
            return {"what": [{"effect": "points_per", "points": rule["points"], "per": rule["per"]}]}
        case "steps":
            steps = [{"from": start, "percent": percent} for start, percent in rule["steps"]]
            what_for = {"of": "lines", "categories": [rule["department"]]}
            return {"what_for": what_for, "what": [{"effect": "points_steps", "steps": steps}]}
        case "tier":
            return {"whom": {"tiers": [rule["tier"]]}, "what": percent}
        case "card":
            return {"whom": {"card_kinds": [rule["card"]]}, "what": percent}
        case "store":
            return {"where": {"stores": [rule["store"]]}, "what": percent}
        case "nth":
            return {"if": {"condition": "nth_purchase", "every": rule["every"]}, "what": fixed}
        case _:
            what_for = {"of": "lines", "categories": [rule["category"]]}
            return {"what_for": what_for, "what": [{"effect": "multiplier", "by": rule["by"]}]}


def rulebook() -> Rulebook:
    """The hundred rules as live campaigns of a programme with an expiry of a year."""
    campaigns = tuple(
        Revision(number, f"c-{number:03}", f"Campaign {number}", 1, parse(definition(kind, rule)))
        for number, (kind, rule) in enumerate(hundred.rules())
    )
    return Rulebook(Terms("EUR", expiry={"kind": "after", "years": 1}), campaigns)


def situation(redeem: Decimal) -> tuple[Basket, Shopper, Moment]:
    """The basket, who buys it, and when."""
    lines = tuple(
        Line(position, sku, Decimal(1), Decimal(cents).scaleb(-2), brand=brand, categories=(department, category),
             sets=frozenset({set_}))
        for position, (sku, category, department, brand, set_, cents) in enumerate(hundred.LINES, 1)
    )  # fmt: skip
    place = Place(hundred.PARTNER, hundred.STORE, frozenset({hundred.GROUP}), hundred.TILL, hundred.CHANNEL)
    wallet = Wallet(tuple(WalletLot(str(number), Decimal(100)) for number in range(3)))
    shopper = Shopper(
        "anna", hundred.TIER, hundred.CARD, date(2025, 1, 1), None, hundred.PURCHASES, wallet=wallet
    )
    now = datetime(2026, 11, 21, 12, 30, tzinfo=ZoneInfo("Europe/Berlin"))
    return Basket(place, lines, redeem), shopper, Moment(now, now)


# The hand-written side


@dataclass(slots=True)
class Sale:
    """A basket as someone would write it who has these hundred rules and no others."""

    lines: list[Item]
    total: Decimal
    tier: str
    card: str
    store: str
    weekday: int
    minute: int
    number: int


@dataclass(slots=True)
class Item:
    sku: str
    category: str
    department: str
    brand: str
    set: str
    amount: Decimal


def share(amount: Decimal, percent: Decimal) -> Decimal:
    return (amount * percent).quantize(CENT, ROUND_HALF_UP)


def by_hand(kind: str, rule: dict) -> Callable[[Sale], Decimal]:
    """A closure that gives the points of one rule."""
    zero = Decimal(0)
    percent = Decimal(rule.get("percent", 0)) / 100
    points = Decimal(rule.get("points", 0))
    if kind == "category":
        category = rule["category"]
        return lambda sale: share(
            sum([i.amount for i in sale.lines if i.category == category], zero), percent
        )
    if kind == "brand":
        brand, days = rule["brand"], frozenset(rule["weekdays"])
        return lambda sale: (
            share(sum([i.amount for i in sale.lines if i.brand == brand], zero), percent)
            if sale.weekday in days
            else zero
        )
    if kind == "products":
        skus = frozenset(rule["skus"])
        return lambda sale: share(sum([i.amount for i in sale.lines if i.sku in skus], zero), percent)
    if kind == "set":
        set_, (start, end) = rule["set"], rule["hours"]
        return lambda sale: (
            points if start <= sale.minute < end and any(i.set == set_ for i in sale.lines) else zero
        )
    if kind == "amount":
        at_least = Decimal(rule["at_least"])
        return lambda sale: points if sale.total >= at_least else zero
    if kind == "per":
        per = Decimal(rule["per"])
        return lambda sale: sale.total // per * points
    if kind == "steps":
        department = rule["department"]
        steps = [(Decimal(start), Decimal(percent) / 100) for start, percent in reversed(rule["steps"])]

        def scale(sale: Sale) -> Decimal:
            amount = sum([i.amount for i in sale.lines if i.department == department], zero)
            return next((share(amount, percent) for start, percent in steps if amount >= start), zero)

        return scale
    if kind == "tier":
        tier = rule["tier"]
        return lambda sale: share(sale.total, percent) if sale.tier == tier else zero
    if kind == "card":
        card = rule["card"]
        return lambda sale: share(sale.total, percent) if sale.card == card else zero
    if kind == "store":
        store = rule["store"]
        return lambda sale: share(sale.total, percent) if sale.store == store else zero
    every = rule["every"]
    return lambda sale: points if sale.number % every == 0 else zero


def doubled(rule: dict, percents: list[tuple[str, object, Decimal]]) -> Callable[[Sale], Decimal]:
    """A multiplier by hand: the percents of the rules that touch its category, once more."""
    category, times = rule["category"], Decimal(rule["by"] - 1)

    def more(sale: Sale) -> Decimal:
        given = Decimal(0)
        for item in sale.lines:
            if item.category == category:
                for field, wanted, percent in percents:
                    if getattr(item, field) == wanted:
                        given += item.amount * percent
        return share(given, times)

    return more


def hand_written() -> tuple[list[Callable[[Sale], Decimal]], Sale]:
    """The hundred closures, and the sale they look at."""
    made = hundred.rules()
    percents = [
        (kind, rule[kind], Decimal(rule["percent"]) / 100)
        for kind, rule in made
        if kind in ("category", "brand")
    ]
    closures = [
        doubled(rule, percents) if kind == "multiplier" else by_hand(kind, rule) for kind, rule in made
    ]
    items = [Item(*line[:5], Decimal(line[5]).scaleb(-2)) for line in hundred.LINES]
    total = sum((item.amount for item in items), Decimal(0))
    sale = Sale(items, total, hundred.TIER, hundred.CARD, hundred.STORE, hundred.WEEKDAY, hundred.MINUTE, 42)
    return closures, sale


# Measuring


def clock(work: Callable[[], object], times: int) -> float:
    """Seconds of one call, over ``times`` calls."""
    start = time.process_time()
    for _ in range(times):
        work()
    return (time.process_time() - start) / times


def measure() -> dict[str, Any]:
    """Medians of interleaved rounds, in milliseconds a basket."""
    rules = rulebook()
    plain, spending = situation(Decimal(0)), situation(Decimal(150))
    closures, sale = hand_written()

    def forget(case: tuple) -> tuple:
        rules.machine.scopes.forget()
        return (*case, rules)

    sides: dict[str, Callable[[], object]] = {
        "engine": lambda: evaluate(*plain, rules),
        "engine_redeeming": lambda: evaluate(*spending, rules),
        "engine_new_products": lambda: evaluate(*forget(plain)),
        "hand_written": lambda: [closure(sale) for closure in closures],
    }
    for work in sides.values():
        clock(work, 50)
    taken: dict[str, list[float]] = {name: [] for name in sides}
    gc.disable()
    for _ in range(ROUNDS):
        for name, work in sides.items():
            taken[name].append(clock(work, 300) * 1000)
            gc.collect()
    gc.enable()
    outcome = evaluate(*plain, rules)
    figures: dict[str, Any] = {
        f"{name}_ms": round(statistics.median(times), 4) for name, times in taken.items()
    }
    figures["gave"] = len(outcome.grants)
    figures["declined"] = len(outcome.declined)
    figures["reasons"] = (
        sum(len(line.because) for line in outcome.lines)
        + len(outcome.receipt_because)
        + len(outcome.declined)
    )
    figures["hand_written_gave"] = sum(1 for closure in closures if closure(sale))
    figures["times_hand_written"] = round(
        statistics.median(a / b for a, b in zip(taken["engine"], taken["hand_written"], strict=True)), 2
    )
    return figures


def measure_oscar() -> dict[str, Any]:
    """What Oscar takes for the same basket, in its own environment, made on first use."""
    python = OSCAR / "bin" / "python"
    uv = [sys.executable, "-m", "uv", "--quiet"]
    if not python.exists():
        subprocess.run([*uv, "venv", str(OSCAR)], check=True)
        subprocess.run([*uv, "pip", "install", "--python", str(python), "django-oscar==4.2.1"], check=True)
    script = ROOT / "benchmarks" / "_oscar.py"
    done = subprocess.run([str(python), str(script)], check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


def main() -> int:
    """Measure, print, and say which bounds are not kept."""
    figures = measure()
    bounds = {"engine_ms": ("at most", 1.0), "times_hand_written": ("at most", 8.0)}
    if "--no-oscar" not in sys.argv:
        figures |= measure_oscar()
        figures["oscar_times_engine"] = round(figures["oscar_ms"] / figures["engine_ms"])
        bounds["oscar_times_engine"] = ("at least", 1000)
    print(json.dumps(figures, indent=1))
    missed = 0
    for name, (kind, bound) in bounds.items():
        if figures[name] > bound if kind == "at most" else figures[name] < bound:
            print(f"{name} is {figures[name]}; it must be {kind} {bound}", file=sys.stderr)
            missed += 1
    return min(missed, 1)


if __name__ == "__main__":
    sys.exit(main())
