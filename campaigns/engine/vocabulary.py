"""The list of words: every condition and every effect of a definition. All tables about them are built from here.

To teach the engine a new one, add its module to ``campaigns.engine.words`` and a line below; its row in the form is in
``backoffice.constructor.rows``. The order is that of the schema, of menus and of problems.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from campaigns.engine.document import Document
from campaigns.engine.words.conditions import (
    age,
    attribute,
    balance,
    bought,
    card_kind,
    cashier,
    contains,
    coupon,
    days_since_joining,
    days_since_purchase,
    event_data,
    first_purchase,
    gender,
    line_count,
    matching_amount,
    nth_purchase,
    paid_with_points,
    piece_count,
    purchases,
    receipt_amount,
    segment,
    spent,
    tier,
)
from campaigns.engine.words.effects import (
    badge,
    cheapest_free,
    discount_amount,
    discount_percent,
    exchange,
    fixed_price,
    gift,
    issue_coupon,
    multiplier,
    next_purchase,
    points_fixed,
    points_per,
    points_per_piece,
    points_percent,
    points_steps,
    referrer_points,
    staff_points,
    stamp,
)
from campaigns.engine.words.word import Brings, ConditionWord, EffectWord, Word

CONDITIONS: dict[str, ConditionWord] = {
    one.WORD.name: one.WORD
    for one in (
        receipt_amount, line_count, piece_count, contains, matching_amount, first_purchase, nth_purchase,
        paid_with_points, coupon, cashier,
        spent, bought, purchases, days_since_purchase, days_since_joining, tier, segment, card_kind, balance, age,
        gender, attribute,
        event_data,
    )
}  # fmt: skip
EFFECTS: dict[str, EffectWord] = {
    one.WORD.name: one.WORD
    for one in (
        points_percent, points_fixed, points_per, points_per_piece, points_steps, multiplier,
        discount_percent, discount_amount, fixed_price, cheapest_free, gift,
        next_purchase, stamp, exchange, issue_coupon, badge, staff_points, referrer_points,
    )
}  # fmt: skip

#: Conditions that look at the receipt, and cannot be asked of an event; and those that look at what came with one.
OF_RECEIPT = frozenset(name for name, word in CONDITIONS.items() if word.about == "receipt")
OF_EVENT = frozenset(name for name, word in CONDITIONS.items() if word.about == "event")
#: Effects that an event can give.
FOR_EVENTS = tuple(name for name, word in EFFECTS.items() if word.for_events)
#: Effects that take money off the receipt or its lines, whatever their fields say.
DISCOUNTS = frozenset(name for name, word in EFFECTS.items() if word.brings == ("money",))
#: Effects that may give points to the shopper: those have a life of their own.
FOR_SHOPPER = frozenset(name for name, word in EFFECTS.items() if {"points", "later"} & set(word.brings))


def words() -> Iterator[Word]:
    """Every word: the conditions, then the effects."""
    yield from CONDITIONS.values()
    yield from EFFECTS.values()


def word_of(fields: Document) -> Word | None:
    """The word of a condition or an effect; None for what is none, or for one that nobody knows."""
    return CONDITIONS.get(str(fields.get("condition"))) or EFFECTS.get(str(fields.get("effect")))


def brought(effects: Iterable[Any]) -> set[Brings]:
    """What the effects of a definition bring. Unfinished ones bring what they can."""
    known = [
        (EFFECTS.get(str(effect.get("effect"))), effect) for effect in effects if isinstance(effect, Mapping)
    ]
    return {word.brought(effect) for word, effect in known if word is not None}
