"""A backtest splits points and costs by who pays for them."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from backoffice.backtests.payers import share_out
from campaigns.backtest import adding_up, trial
from campaigns.engine.definition import DefinitionError
from loyalty.models import Account
from loyalty.shops import payers
from tests import factories
from tests.campaigns.backtest.test_backtest import add_up, backtest
from tests.campaigns.test_funding import sell

pytestmark = pytest.mark.django_db
EARLY = datetime(2026, 1, 1, tzinfo=UTC)


def gives(effect: str, value: str, funder: str | None = None, **more: Any) -> dict[str, Any]:
    name = {"discount_amount": "amount", "points_fixed": "points"}.get(effect, "percent")
    lots = {"lots": {"funder": funder}} if funder else {}
    return {"whom": {"who": "members"}, "what": [{"effect": effect, name: value}], **lots, **more}


@pytest.fixture
def shop() -> factories.Shop:
    """A point is worth half; of a receipt of 100.00 Acme pays five points and the house ten."""
    shop = factories.open_shop(code="main", name="Main", point_value=Decimal("0.5"))
    acme = factories.PayerFactory(programme=shop.programme, code="acme", name="Acme")
    Account.objects.create(programme=shop.programme, kind="budget", code="ACME Inc", payer=acme)
    factories.PayerFactory(programme=shop.programme, code="brew", name="Brew")
    best = {"stacking": {"group": "g", "mode": "best"}}
    factories.publish_campaign(shop.programme, gives("points_fixed", "5", "ACME Inc", **best), code="old")
    factories.publish_campaign(shop.programme, gives("points_percent", "10"), code="base")
    sell(shop, factories.enrol(shop.programme), "1")
    return shop


def test_points_discounts_and_costs_are_split_by_payer_and_come_to_the_whole(shop: factories.Shop) -> None:
    drafts = [
        factories.CampaignFactory(programme=shop.programme, draft=draft)
        for draft in (
            gives("discount_amount", "20", "brew"),
            gives("points_fixed", "7", "acme", stacking={"group": "g", "mode": "best"}),
            gives("points_fixed", "3", "house"),
        )
    ]
    tally = add_up(backtest(shop.programme, trial.freeze(drafts)))

    # the old campaign of Acme is beaten by the new one; the house gives 10% of 80.00 and three points more
    told = {name: (paid.points, paid.discount, paid.cost) for name, paid in tally.by_payer.items()}
    assert told == {
        "brew": (0, 20, 20), "acme": (7, 0, Decimal("3.5")), "ACME Inc": (-5, 0, Decimal("-2.5")),
        "": (-2, 0, -1), "house": (3, 0, Decimal("1.5")),
    }  # fmt: skip
    for name in ("points", "discount", "cost"):
        assert sum(getattr(paid, name) for paid in tally.by_payer.values()) == getattr(tally.all, name)
    shares = share_out(adding_up.load(adding_up.dump(tally)), payers.directory(shop.programme.pk))
    assert [(share.name, share.points, share.discount, share.cost) for share in shares] == [
        ("Brew", "0.00", "+20.00", "+20.00"), ("Acme", "+2.00", "0.00", "+1.00"), ("Main", "+1.00", "0.00", "+0.50"),
    ]  # fmt: skip


def test_who_pays_otherwise_for_the_same_is_told_too(shop: factories.Shop) -> None:
    live = shop.programme.campaigns.get(code="base")
    live.draft = gives("points_percent", "10", "brew")
    live.save()
    tally = add_up(backtest(shop.programme, trial.freeze([live])))

    assert tally.all.cost == 0
    assert {name: paid.cost for name, paid in tally.by_payer.items()} == {"": -5, "brew": 5}


def test_results_from_before_there_were_payers_are_read_as_before() -> None:
    old = adding_up.dump(adding_up.Tally())
    del old["by_payer"]

    assert adding_up.load(old).by_payer == {}


def test_a_draft_with_a_payer_that_is_not_there_is_not_tried(shop: factories.Shop) -> None:
    draft = factories.CampaignFactory(programme=shop.programme, draft=gives("points_fixed", "1", "nobody"))

    with pytest.raises(DefinitionError, match="There is no payer “nobody” in this programme"):
        trial.freeze([draft])
