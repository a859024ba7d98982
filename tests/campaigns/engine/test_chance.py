"""The random cases of ``test_properties`` meet every effect: a property of what never happens would prove nothing."""

from __future__ import annotations

from collections import Counter
from typing import Any

from hypothesis import Phase, given, seed, settings

from campaigns.engine.evaluation import evaluate
from campaigns.engine.outcome import Outcome
from campaigns.engine.vocabulary import CONDITIONS, EFFECTS
from tests.campaigns.engine.chance import LIKELY, cases

#: What is said when an effect does something.
GIVING = {
    "percent", "fixed", "per", "per_piece", "step_percent", "step_points", "slices", "multiplier", "promised", "stamps",
    "stamps_free", "stamps_percent", "off_percent", "off_amount", "fixed_price", "cheapest_free", "gift", "exchange",
}  # fmt: skip
BESIDE = {"extra coupon", "extra badge", "to cashier", "to referrer", "coupon used", "points spent"}
#: What is said when campaigns or limits stand in each other's way.
IN_THE_WAY = {"limit_reached", "excluded_by", "nothing_left", "cheaper_already", "stamp_collected"}


def seen(outcome: Outcome) -> Counter[str]:
    """What happened, by its word."""
    because = [*outcome.receipt_because, *(one for line in outcome.lines for one in line.because)]
    found = Counter([one.code for one in because] + [one.code for one in outcome.declined])
    found.update(f"extra {extra.kind}" for extra in outcome.extras)
    found.update(f"to {other.to}" for other in outcome.others)
    found["coupon used"] += len(outcome.coupons)
    found["points spent"] += outcome.redemption.points > 0
    return +found


def test_random_cases_meet_every_effect_and_whatever_stands_in_its_way() -> None:
    wanted = GIVING | BESIDE | IN_THE_WAY
    met: Counter[str] = Counter()

    for round_ in range(20):

        @seed(round_)
        @settings(max_examples=60, deadline=None, database=None, phases=[Phase.generate])
        @given(cases())
        def look(case: Any) -> None:
            met.update(seen(evaluate(*case)))

        look()
        if wanted <= set(met):
            return
    assert wanted - set(met) == set()


def words(tree: Any, kind: str) -> set[str]:
    """All effects or conditions of a document."""
    if isinstance(tree, dict):
        own = {tree[kind]} if kind in tree else set()
        return own.union(*(words(inner, kind) for inner in tree.values()))
    return set().union(*(words(inner, kind) for inner in tree)) if isinstance(tree, list) else set()


def test_likely_documents_say_every_word_that_can_be_said_of_a_receipt() -> None:
    said = {kind: set().union(*(words(one, kind) for one in LIKELY)) for kind in ("effect", "condition")}
    assert set(EFFECTS) - said["effect"] == set()
    assert set(CONDITIONS) - said["condition"] == {"event_data"}
