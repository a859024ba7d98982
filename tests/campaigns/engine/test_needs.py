"""What rules want to know about past purchases, and how it is answered."""

from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from campaigns.engine.needs import PastLine, PastPurchase, answer
from campaigns.engine.rulebook import Rulebook
from tests.campaigns.engine.build import (
    GOODS,
    MOSCOW,
    RUBLES,
    anna,
    at,
    campaign,
    cond,
    fixed,
    next_purchase,
    referrer,
    refusal,
    sell,
)

NOW = at("2026-11-21 12:30").in_programme


def needs_of(*conditions, what=(), **parts):
    what = what or (fixed("1"),)
    made = [
        campaign(f"c{number}", *what, number=number, if_=leaf, **parts)
        for number, leaf in enumerate(conditions, 1)
    ]
    return Rulebook(RUBLES, tuple(made)).machine.needs


def bought(when, items, store="main", partner="acme"):
    """A past purchase of ``"tea 60 x2"``, as it is remembered."""
    lines = []
    for item in items.split(","):
        sku, paid, *more = item.split()
        lines.append(PastLine(sku, *GOODS[sku], Decimal(more[0][1:]) if more else Decimal(1), Decimal(paid)))
    moment = datetime.fromisoformat(when).replace(tzinfo=MOSCOW)
    return PastPurchase(moment, store, partner, sum((line.paid for line in lines), Decimal(0)), tuple(lines))


PAST = (
    bought("2025-12-31 23:59", "tea 1000"),
    bought("2026-01-01 00:00", "coffee 100"),
    bought("2026-10-22 12:29", "tea 10"),
    bought("2026-10-22 12:30", "tea 20, soap 5"),
    bought("2026-10-31 23:59", "bread 7", store="mall"),
    bought("2026-11-01 00:00", "tea 30 x3"),
    bought("2026-11-15 23:59", "soap 40"),
    bought("2026-11-16 00:00", "tea 50, bread 1", store="mall", partner="other"),
    bought("2026-11-21 00:00", "coffee 60 x0.5"),
    bought("2026-11-21 12:30", "tea 9999"),  # not before this moment
)
TEA = {"products": ["tea"]}


@pytest.mark.parametrize(
    ("leaf", "figure"),
    [
        (cond("spent", period="day", at_least=1), "60"),
        (cond("spent", period="week", at_least=1), "111"),  # weeks begin on Mondays
        (cond("spent", period="month", at_least=1), "181"),
        (cond("spent", period="year", at_least=1), "323"),
        (cond("spent", period="ever", at_least=1), "1323"),
        (cond("spent", period={"days": 30}, at_least=1), "213"),  # to the minute: from 22 October, 12:30
        (cond("spent", period={"days": 1}, at_least=1), "60"),
        (cond("spent", period="month", at_least=1, **TEA), "80"),
        (cond("spent", period="ever", at_least=1, categories=["food"]), "1278"),
        (cond("bought", period="month", at_least=1), "6.5"),
        (cond("bought", period="month", at_least=1, **TEA), "4"),
        (cond("bought", period="year", at_least=1, sets=["breakfast"]), "3.5"),
        (cond("bought", period="year", at_least=1, brands=["Dove", "Ahmad"]), "8"),
        (cond("purchases", period="month", at_least=1), "4"),
        (cond("purchases", period="ever", at_least=1), "9"),
        (cond("first_purchase", in_="store"), "7"),
        (cond("first_purchase", in_="partner"), "8"),
        (cond("first_purchase", in_="category", category="home"), "2"),
        (cond("first_purchase", in_="category", category="light"), "0"),
    ],
)
def test_a_figure_of_past_purchases(leaf, figure):
    (need,) = needs_of(leaf).figures.values()
    assert answer(need, PAST, NOW, "main", "acme") == Decimal(figure)


def test_what_is_answered_is_what_the_condition_asks():
    leaf = cond("spent", period="month", at_least=281)
    known = {key: answer(need, PAST, NOW, "main", "acme") for key, need in needs_of(leaf).figures.items()}
    gift = campaign("c", fixed("1"), if_=leaf)
    assert refusal(sell("tea 100", gift, shopper=anna(known=known))) is None
    assert refusal(sell("tea 99.99", gift, shopper=anna(known=known))) == "spent_too_low"


def test_the_same_figure_is_asked_once():
    leaves = [
        cond("spent", period="month", at_least=n, products=p) for n, p in [(1, ["a", "b"]), (2, ["b", "a"])]
    ]
    assert list(needs_of(*leaves).figures) == ['spent:month:{"products": ["a", "b"]}']


def test_periods_begin_by_the_programmes_clock_whatever_the_season():
    (need,) = needs_of(cond("spent", period="year", at_least=1)).figures.values()
    berlin = datetime(2026, 7, 1, 12, tzinfo=ZoneInfo("Europe/Berlin"))
    assert need.since(berlin) == datetime(2026, 1, 1, tzinfo=ZoneInfo("Europe/Berlin"))


def test_history_is_read_as_far_back_as_somebody_asks():
    day, month = cond("spent", period="day", at_least=1), cond("spent", period="month", at_least=1, **TEA)
    assert needs_of(day, month).since(NOW) == datetime(2026, 11, 1, tzinfo=MOSCOW)
    ever = cond("bought", period="ever", at_least=1)
    assert needs_of(day, month, ever).since(NOW) is None


def test_totals_are_no_history():
    needs = needs_of(cond("spent", period="ever", at_least=1), cond("purchases", period="ever", at_least=1))
    assert (needs.of_history, needs.anything) == ([], False)


def test_everything_else_that_is_asked():
    around = {"around": {"date": "wedding"}}
    needs = needs_of(
        {"all": [cond("attribute", key="pet", is_="cat"), cond("segment", in_=["vip"]), cond("gender", is_="male")]},
        {"any": [cond("balance", at_least=1), cond("days_since_purchase", at_least=1)]},
        when=around,
        whom={"except": {"segments": ["staff"]}},
        what=(next_purchase("5", 10), referrer("1")),
        judge={"limits": [{"per": "store", "period": "day", "times": 1}], "budget": {"points": "9"}},
    )  # fmt: skip
    assert (needs.attributes, needs.segments) == ({"pet", "wedding"}, {"vip", "staff"})
    assert all([needs.gender, needs.balance, needs.last_purchase, needs.promises, needs.referrer])
    assert needs.shared == {(1, "s:day"), (1, "c:ever"), (2, "s:day"), (2, "c:ever")}


def test_nothing_is_asked_where_nobody_wants_to_know():
    assert not needs_of(cond("receipt_amount", at_least=1)).anything
