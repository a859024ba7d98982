"""What comes and goes of points between two decisions."""

from __future__ import annotations

from decimal import Decimal

from campaigns.checkout import grants
from campaigns.checkout.record import Given


def given(campaign: int, points: str, revision: int = 1) -> Given:
    return Given(campaign, revision, Decimal(points), None, None)


def test_points_come_and_go_by_campaign_and_what_stays_is_not_named() -> None:
    before = [given(3, "5"), given(1, "2"), given(1, "4"), given(2, "1")]
    after = [given(1, "3"), given(2, "1"), given(4, "0.5")]

    changes = grants.difference(before, after)

    assert list(changes.items()) == [(1, Decimal(-3)), (3, Decimal(-5)), (4, Decimal("0.5"))]
    assert grants.going(changes) == {1: 3, 3: 5}
    assert grants.coming(after, changes) == (given(4, "0.5"),)


def test_what_comes_has_the_terms_that_it_has_now() -> None:
    before, after = [given(1, "2", revision=1)], [given(1, "5", revision=2)]
    assert grants.coming(after, grants.difference(before, after)) == (given(1, "3", revision=2),)
