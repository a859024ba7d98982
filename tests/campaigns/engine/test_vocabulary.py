"""The whole vocabulary, said aloud: every reason that the engine can give has a sentence, wholly filled in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from campaigns.engine import reasons
from campaigns.engine.evaluation import evaluate_event
from campaigns.engine.outcome import Outcome
from campaigns.engine.reasons import describe
from campaigns.engine.rulebook import Revision, Rulebook
from campaigns.engine.sentences import SENTENCES
from campaigns.engine.shopper import ANONYMOUS
from campaigns.engine.vocabulary import CONDITIONS, EFFECTS
from loyalty.rules.basket import Allowance
from tests.campaigns.engine.build import (
    RUBLES,
    anna,
    at,
    badge,
    campaign,
    cheapest,
    cond,
    coupon,
    exchange,
    fixed,
    gift,
    next_purchase,
    off,
    only,
    per,
    per_piece,
    percent,
    price,
    purse,
    referrer,
    sell,
    staff,
    stamp,
    steps,
    times,
)

GIVES = fixed("50")
LEAVE = replace(RUBLES, spending={"leave": "1"})
A_DAY = replace(RUBLES, spending={"max_points_per_day": "50"})


#: Every campaign that says something here.
USED: list[Revision] = []


def one(*what: dict[str, Any], **parts: Any) -> Revision:
    USED.append(campaign("c", *what, number=1, **parts))
    return USED[-1]


def asks(kind: str, **fields: Any) -> Revision:
    return one(GIVES, if_=cond(kind, **fields))


def grouped(code: str, number: int, mode: str, *what: dict[str, Any]) -> Revision:
    return campaign(code, *what, number=number, stacking={"group": "g", "mode": mode})


def limited(kind: str, most: str | int, *what: dict[str, Any], per: str = "member") -> Revision:
    limit = {"per": per, "period": "day", kind: most}
    return one(*(what or (GIVES,)), judge={"limits": [limit]})


def told_by_event(revision: Revision, event: str, data: Mapping[str, Any]) -> Outcome:
    return evaluate_event(event, anna(), at("2026-11-21 12:30"), Rulebook(RUBLES, (revision,)), data=data)


def said() -> Iterator[tuple[str, str, Outcome]]:
    """A code, its sentence as it should be, and an outcome that says it."""
    basket = "coffee 200 x2, tea 100"

    def here(code: str, sentence: str, *revisions: Revision, bought: str = basket, **more: Any) -> Any:
        return code, sentence, sell(bought, *revisions, **more)

    used = {(1, "2026-11-21"): (1, Decimal(50)), (1, "s:2026-11-21"): (1, Decimal(50), Decimal(0)),
            (1, "c:ever"): (1, Decimal(50), Decimal(50))}  # fmt: skip
    before = anna(uses=used)
    # points
    yield here("percent", "5% of 300.00", one(percent("5")))
    yield here("fixed", "50 points", one(GIVES))
    yield here("per", "1 points for every 10 of 300.00", one(per("1", "10")))
    yield here("per_piece", "2 points a piece, pieces: 3", one(per_piece("2.0")))
    yield here("step_percent", "7% of 300.00, for 300.00 has reached 200", one(steps(("200", "7%"))))
    yield here("step_points", "30 points, for 300.00 has reached 200", one(steps(("200", "30"))))
    yield here("slices", "5% ≥ 0, 10% ≥ 200 of 300.00, each part by its own percent",
               one(steps(("0", "5%"), ("200", "10%"), mode="sliced")))  # fmt: skip
    yield here("multiplier", "2 times the 15.00 points of other campaigns: 1 × 15.00 more",
               campaign("base", percent("5"), number=2), one(times("2")))  # fmt: skip
    yield here(
        "percent",
        "5% of 300.00, cut to 10.00: at most 10 points a day",
        limited("points", "10", percent("5")),
    )
    yield here("percent", "5% of 300.00, cut to 10.00: at most 10 points a day (all buyers of this store together)",
               limited("points", "10", percent("5"), per="store"))  # fmt: skip
    yield here("promised", "10% of 300.00, as an earlier purchase promised",
               one(next_purchase("10", 30)), shopper=anna(uses={(1, "n20261201"): (1, Decimal(0))}))  # fmt: skip
    yield here("stamps", "50 points for each full card of 2 stamps, cards: 1",
               one(stamp(2, points="50")), shopper=anna(progress={1: 1}))  # fmt: skip
    # money
    yield here("off_percent", "10% off 300.00", one(off("10%")))
    yield here("off_amount", "30 off", one(off("30")))
    yield here("fixed_price", "90 a piece", one(price("90"), what_for=only("coffee")))
    yield here("cheapest_free", "of every 3 the cheapest 1 for nothing", one(cheapest(3)))
    yield here("cheapest_free", "of every 2 the cheapest 1 at 50% off", one(cheapest(2, percent="50")))
    yield here("gift", "a gift", one(gift("tea")))
    yield here("stamps_free", "a full card of 2 stamps, free pieces: 1",
               one(stamp(2, free=1)), shopper=anna(progress={1: 1}))  # fmt: skip
    yield here("stamps_percent", "25% off 300.00, for a full card of 2 stamps",
               one(stamp(2, percent="25")), shopper=anna(progress={1: 1}))  # fmt: skip
    yield here("off_amount", "30 off, cut to 20.00: the budget for discounts ends here",
               one(off("30"), judge={"budget": {"money": "20"}}))  # fmt: skip
    rich: dict[str, Any] = {"shopper": anna(wallet=purse("500"))}
    yield here(
        "exchange", "100 points exchanged for 50 off", one(exchange("100", "50")), **rich, exchanges=["c"]
    )
    yield here(
        "exchange", "100 points exchanged for 10% off", one(exchange("100", "10%")), **rich, exchanges=["c"]
    )
    # whom
    members = {"who": "members"}
    yield here("not_member", "only for members", one(GIVES, whom=members), shopper=ANONYMOUS)
    yield here("no_member", "points need a card or a phone number", one(GIVES), shopper=ANONYMOUS)
    yield here("wrong_tier", "only for the tiers gold", one(GIVES, whom={"tiers": ["gold"]}))
    yield here("wrong_card", "only with the cards staff", asks("card_kind", in_=["staff"]))
    yield here("wrong_segment", "only for the segments vip", asks("segment", in_=["vip"]))
    yield here("wrong_tier", "only for the tiers gold, black", asks("tier", in_=["gold", "black"]))
    yield here(
        "excluded_tiers", "not for the tiers silver", one(GIVES, whom={"except": {"tiers": ["silver"]}})
    )
    yield here("excluded_card_kinds", "not with the cards plastic",
               one(GIVES, whom={"except": {"card_kinds": ["plastic"]}}))  # fmt: skip
    yield here("excluded_segments", "not for the segments staff",
               one(GIVES, whom={"except": {"segments": ["staff"]}}),
               shopper=anna(segments=frozenset({"staff"})))  # fmt: skip
    yield here("not_female", "only for women", asks("gender", is_="female"))
    yield here("not_male", "only for men", asks("gender", is_="male"))
    yield here("birthday_unknown", "the member's birthday is not known", asks("age", at_least=18))
    young: dict[str, Any] = {"shopper": anna(birthday=date(2010, 1, 1))}
    yield here("age_too_low", "only from the age of 18 on", asks("age", at_least=18), **young)
    yield here("age_too_high", "only up to the age of 12", asks("age", at_most=12), **young)
    yield here(
        "wrong_attribute", "only where “pet” is cat, dog", asks("attribute", key="pet", in_=["cat", "dog"])
    )
    yield here(
        "wrong_attribute", "only where “children” is ≥ 2", asks("attribute", key="children", at_least=2)
    )
    yield here("wrong_cashier", "not at this cashier", asks("cashier", in_=["C-17"]))
    yield here("no_cashier", "for the cashier, and none is named", one(staff("5")))
    yield here("not_referred", "for whoever brought the member, and nobody did", one(referrer("5%")))
    # where and when
    for field, code, words in [
        ("partners", "wrong_partner", "at this partner"), ("stores", "wrong_store", "in this store"),
        ("groups", "wrong_group", "in stores of this group"), ("tills", "wrong_till", "at this till"),
        ("channels", "wrong_channel", "in this channel"),
    ]:  # fmt: skip
        yield here(code, f"not {words}", one(GIVES, where={field: ["elsewhere"]}))
    yield here(
        "not_started",
        "begins at 2027-01-01T00:00:00+03:00",
        one(GIVES, when={"from": "2027-01-01T00:00:00+03:00"}),
    )
    yield here(
        "ended", "ended at 2026-01-01T00:00:00+03:00", one(GIVES, when={"until": "2026-01-01T00:00:00+03:00"})
    )
    yield here("wrong_weekday", "only on Mondays, Fridays", one(GIVES, when={"weekdays": [1, 5]}))
    yield here("outside_hours", "only at 13:00–15:00", one(GIVES, when={"hours": [["13:00", "15:00"]]}))
    around: dict[str, Any] = {"before": 3, "after": 7}
    yield here("not_around", "only around the birthday, days before: 3, days after: 7",
               one(GIVES, when={"around": {"date": "birthday", **around}}))  # fmt: skip
    yield here("birthday_new", "the birthday was entered or changed only lately and does not count yet",
               one(GIVES, when={"around": {"date": "birthday", "before": 20, "after": 20}}),
               shopper=anna(birthday=date(1990, 11, 25), birthday_from=date(2999, 1, 1)))  # fmt: skip
    yield here("not_around", "only around the day of joining, days before: 3, days after: 7",
               one(GIVES, when={"around": {"date": "joined", **around}}))  # fmt: skip
    yield here("not_around", "only around “wedding”, days before: 0, days after: 0",
               one(GIVES, when={"around": {"date": "wedding"}}))  # fmt: skip
    # the receipt
    yield here("no_matching_lines", "none of its products on the receipt", one(GIVES, what_for=only("lamp")))
    yield here(
        "amount_too_low", "from 500 on, and the receipt comes to 300.00", asks("receipt_amount", at_least=500)
    )
    yield here(
        "amount_too_high", "below 300, and the receipt comes to 300.00", asks("receipt_amount", below=300)
    )
    tea: dict[str, Any] = {"products": ["tea"]}
    yield here("goods_amount_too_low", "from 150 on, and these products come to 100 (tea)",
               asks("matching_amount", at_least=150, **tea))  # fmt: skip
    yield here("goods_amount_too_high", "below 50, and these products come to 100 (tea)",
               asks("matching_amount", below=50, **tea))  # fmt: skip
    yield here("goods_missing", "needs tea: 2, and on the receipt: 1", asks("contains", pieces=2, **tea))
    yield here(
        "lines_too_low", "lines of the receipt: 2, needed are 3 or more", asks("line_count", at_least=3)
    )
    yield here(
        "lines_too_high", "lines of the receipt: 2, allowed are 1 or fewer", asks("line_count", at_most=1)
    )
    yield here(
        "pieces_too_low", "pieces on the receipt: 3, needed are 4 or more", asks("piece_count", at_least=4)
    )
    yield here("pieces_too_high", "pieces on the receipt: 1, allowed are 0 or fewer (tea)",
               asks("piece_count", at_most=0, **tea))  # fmt: skip
    yield here("pieces_short", "from 5 pieces on, missing: 2", one(cheapest(5)))
    yield here("not_paid_with_points", "only where points are spent", asks("paid_with_points", is_=True))
    yield here("paid_with_points", "not where points are spent",
               asks("paid_with_points", is_=False), shopper=anna(wallet=purse("10")), redeem=Decimal(10))  # fmt: skip
    yield here(
        "coupon_missing", "only with a coupon of spring, summer", asks("coupon", series=["spring", "summer"])
    )
    # what was before
    known = anna(purchases=4, last_purchase_on=date(2026, 11, 11), known={
        "in_store:ever": Decimal(2), "in_partner:ever": Decimal(3), "balance": Decimal(70),
        'in_category:ever:{"categories": ["food"]}': Decimal(1),
        "spent:month": Decimal(100), 'pieces:30:{"products": ["tea"]}': Decimal(1), "purchases:year": Decimal(1),
    })  # fmt: skip
    for place, words in [("store", "in this store, and this is number 3"),
                         ("partner", "at this partner, and this is number 4"),
                         ("category", "of these products, and this is number 2")]:  # fmt: skip
        more: dict[str, Any] = {"category": "food"} if place == "category" else {}
        yield here(f"not_first_in_{place}", f"only for the first purchase {words}",
                   asks("first_purchase", in_=place, **more), shopper=known)  # fmt: skip
    yield here("not_first_purchase", "only for the first purchase, and this is number 5",
               asks("first_purchase"), shopper=known)  # fmt: skip
    yield here(
        "not_nth_purchase",
        "for one purchase in 3, and this is number 5",
        asks("nth_purchase", every=3),
        shopper=known,
    )
    yield here("not_nth_purchase", "only for purchase number 3, and this is number 5",
               asks("nth_purchase", exactly=3), shopper=known)  # fmt: skip
    yield here("no_purchase_yet", "only for those who bought before", asks("days_since_purchase", at_least=1))
    yield here("days_since_purchase_too_low", "days since the last purchase: 10, needed are 30 or more",
               asks("days_since_purchase", at_least=30), shopper=known)  # fmt: skip
    yield here("days_since_purchase_too_high", "days since the last purchase: 10, allowed are 7 or fewer",
               asks("days_since_purchase", at_most=7), shopper=known)  # fmt: skip
    yield here("days_since_joining_too_low", "days since joining: 623, needed are 700 or more",
               asks("days_since_joining", at_least=700))  # fmt: skip
    yield here("days_since_joining_too_high", "days since joining: 623, allowed are 30 or fewer",
               asks("days_since_joining", at_most=30))  # fmt: skip
    yield here("spent_too_low", "spent this month: 400, needed are 500 or more",
               asks("spent", period="month", at_least=500), shopper=known)  # fmt: skip
    yield here("spent_too_low", "spent today: 100, needed are 500 or more (tea)",
               asks("spent", period="day", at_least=500, **tea), shopper=known)  # fmt: skip
    yield here("spent_too_high", "spent in all: 300, only below 300",
               asks("spent", period="ever", below=300), shopper=known)  # fmt: skip
    yield here("pieces_too_low", "pieces bought in the last 30 days: 2, needed are 3 or more (tea)",
               asks("bought", period={"days": 30}, at_least=3, **tea), shopper=known)  # fmt: skip
    yield here("pieces_too_high", "pieces bought in the last 30 days: 2, allowed are 1 or fewer (tea)",
               asks("bought", period={"days": 30}, at_most=1, **tea), shopper=known)  # fmt: skip
    yield here("purchases_too_low", "purchases this year: 2, needed are 3 or more",
               asks("purchases", period="year", at_least=3), shopper=known)  # fmt: skip
    yield here("purchases_too_high", "purchases this week: 1, allowed are 0 or fewer",
               asks("purchases", period="week", at_most=0), shopper=known)  # fmt: skip
    yield here("balance_too_low", "points on the account: 70, needed are 100 or more",
               asks("balance", at_least=100), shopper=known)  # fmt: skip
    yield here(
        "balance_too_high",
        "points on the account: 70, only below 50",
        asks("balance", below=50),
        shopper=known,
    )
    # how it was judged
    tree = {"any": [cond("first_purchase"), cond("receipt_amount", below=100)]}
    yield here("none_of_these", "none of these holds: only for the first purchase, and this is number 5;"
               " below 100, and the receipt comes to 300.00", one(GIVES, if_=tree), shopper=known)  # fmt: skip
    yield here("ruled_out", "its condition 1 rules this purchase out",
               one(GIVES, if_={"none": [cond("receipt_amount", at_least=1)]}))  # fmt: skip
    yield here("limit_reached", "limit of uses a day: 1", limited("times", 1), shopper=before)
    yield here(
        "limit_reached",
        "at most 50 points a day, and they are given",
        limited("points", "50"),
        shopper=before,
    )
    yield here("limit_reached", "at most 50 points a day, and they are given (all buyers of this store together)",
               limited("points", "50", per="store"), shopper=before)  # fmt: skip
    yield here("limit_reached", "at most 50 points in all, and they are given (all buyers together)",
               one(GIVES, judge={"budget": {"points": "50"}}), shopper=before)  # fmt: skip
    yield here("limit_reached", "the budget of 50 for discounts is used up",
               one(off("10"), judge={"budget": {"money": "50"}}), shopper=before)  # fmt: skip
    more_, less = grouped("more", 1, "best", fixed("9")), grouped("less", 2, "best", fixed("1"))
    yield here("beaten", "“more” gives more", more_, less)
    yield here(
        "excluded_by", "cannot be combined with “alone”", grouped("alone", 1, "exclusive", fixed("9")), less
    )
    yield here("came_first", "“cheap” comes before it, and only one of them applies",
               grouped("cheap", 1, "best", off("10")), less)  # fmt: skip
    yield here(
        "zero_points", "comes to less than the smallest part of a point", one(percent("1")), bought="tea 0.01"
    )
    yield here("never_spendable", "its points would expire on 2026-11-20, before anybody could spend them",
               one(percent("5"), lots={"expires": {"kind": "on_date", "date": "2026-11-20"}}))  # fmt: skip
    yield here("nothing_to_multiply", "no points to multiply", one(times("2")))
    yield here("stamp_collected", "stamps: 3 of 5", one(stamp(5, "piece", points="9")))
    yield here("cheaper_already", "costs no more than 100 a piece already", one(price("100")))
    yield here("nothing_left", "nothing left to take off", one(off("10%")), bought="tea 0")
    cheap = campaign("a-cheap", off("1"), number=2)
    yield here("all_discounted", "another campaign made all its products cheaper",
               one(GIVES, stacking={"discounted": "exclude"}), cheap)  # fmt: skip
    yield here("gift_missing", "a gift that is not on the receipt yet: lamp, soap", one(gift("lamp", "soap")))
    # exchanges
    asked: dict[str, Any] = {"exchanges": ["c"]}
    yield here("not_asked", "100 points can be exchanged for 50 off", one(exchange("100", "50")), **rich)
    yield here("not_asked", "100 points can be exchanged for 10% off", one(exchange("100", "10%")), **rich)
    yield here("exchange_balance", "600 points are exchanged, and the account has 500 for it",
               one(exchange("600", "50")), **rich)  # fmt: skip
    yield here("exchange_too_large", "400 off for 100 points, and points can pay 300 here",
               one(exchange("100", "400")), **rich, **asked)  # fmt: skip
    yield here("exchange_too_large", "10% off for 100 points, and points can pay 0 here",
               one(exchange("100", "10%")), bought="tea 0", **rich, **asked)  # fmt: skip
    yield here("exchange_balance", "501 points are exchanged, and the account has 500 for it",
               one(exchange("501", "50")), **rich, **asked)  # fmt: skip
    yield here("exchange_per_day", "100 points are exchanged, and today 50 more can be spent",
               one(exchange("100", "50")), terms=A_DAY, **rich, **asked)  # fmt: skip
    child = anna(wallet=purse("500", allowance=Allowance(Decimal(140), Decimal(90))))
    yield here("exchange_holder_per_day", "100 points are exchanged, and today this holder can spend 50 more",
               one(exchange("100", "50")), shopper=child, **asked)  # fmt: skip
    yield here("exchange_leave", "300 off for 100 points, and 1 must remain to be paid",
               one(exchange("100", "300")), terms=LEAVE, **rich, **asked)  # fmt: skip
    yield here("exchange_leave", "100% off for 100 points, and 1 must remain to be paid",
               one(exchange("100", "100%")), terms=LEAVE, **rich, **asked)  # fmt: skip
    barred = anna(wallet=purse("500", may_redeem=False))
    yield here("exchange_not_allowed", "this holder may not spend from the account",
               one(exchange("100", "50")), shopper=barred, **asked)  # fmt: skip
    # events
    early = one(GIVES, what_for={"of": "event", "event": "member.birthday", "offset": -3})
    yield "other_day", "for another day, days from the date: -3", told_by_event(early, "member.birthday", {})
    asleep = one(GIVES, what_for={"of": "event", "event": "member.dormant", "days": 60})
    yield ("other_day", "for members who have not bought for so many days: 60",
           told_by_event(asleep, "member.dormant", {"days": 30}))  # fmt: skip
    stars = one(
        GIVES,
        what_for={"of": "event", "event": "review.left"},
        if_=cond("event_data", key="stars", at_least=4),
    )
    yield ("wrong_data", "only where “stars” of the event is ≥ 4",
           told_by_event(stars, "review.left", {"stars": 3}))  # fmt: skip
    # what else is given says nothing of its own
    yield here(
        "fixed", "50 points", one(GIVES, coupon("spring"), badge("early-bird"), staff("1"), referrer("1"))
    )


SAID = list(said())


@pytest.fixture(autouse=True)
def strict(monkeypatch: pytest.MonkeyPatch) -> None:
    """A placeholder without its word is an error here."""

    def word(name: str, words: Mapping[str, Any]) -> str:
        assert words.get(name), f"{{{name}}} is not filled"
        return str(words[name])

    monkeypatch.setattr(reasons, "_word", word)


def all_of(outcome: Outcome) -> list[Any]:
    given = [because for line in outcome.lines for because in line.because]
    return [*given, *outcome.receipt_because, *outcome.declined]


@pytest.mark.parametrize(
    ("code", "sentence", "outcome"), SAID, ids=[f"{code}: {text}" for code, text, _ in SAID]
)
def test_a_reason_is_said_in_full(code: str, sentence: str, outcome: Outcome) -> None:
    assert sentence in [describe(code, one.args) for one in all_of(outcome) if one.code == code]
    for one_ in all_of(outcome):
        assert describe(one_.code, one_.args) != one_.code


def test_every_sentence_is_said_somewhere_here() -> None:
    by_others = {"coupon_no_campaign"}  # the coupon's own
    assert {code for code, _, _ in SAID} == set(SENTENCES) - by_others


def test_the_whole_vocabulary_is_used_here() -> None:
    documents = [revision.definition.document for revision in USED]
    effects = {effect["effect"] for document in documents for effect in document.get("what", ())}
    assert effects == set(EFFECTS)
    assert {kind for document in documents for kind in kinds(document.get("if", {}))} == set(CONDITIONS)


def kinds(tree: Mapping[str, Any]) -> set[str]:
    """The conditions of a tree."""
    if "condition" in tree:
        return {tree["condition"]}
    return {kind for inner in tree.values() for part in inner for kind in kinds(part)}
