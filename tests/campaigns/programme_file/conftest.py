"""The programme that the files are of."""

from __future__ import annotations

import pytest

from campaigns import rulebooks
from campaigns.models import CampaignTemplate
from loyalty.models import Programme, Tier
from rewards.coupons import series as coupon_series
from rewards.models import Series
from tests.campaigns.programme_file.editing import NOW, campaign, coffee
from tests.factories import (
    CardKindFactory,
    ParticipationFactory,
    PartnerFactory,
    ProductFactory,
    ProductSetFactory,
    ProgrammeFactory,
)


@pytest.fixture
def programme() -> Programme:
    """A programme with something of everything."""
    programme = ProgrammeFactory(code="main", name="Main", spending={"excluded": {"sets": ["tobacco"]}})
    corner = PartnerFactory(code="corner", name="Corner")
    business = CardKindFactory(code="business", name="Business")
    for code, skus in (("tobacco", ("T-1", "T-2")), ("coffee", ("C-1",))):
        products = [ProductFactory(partner=corner, sku=sku) for sku in skus]
        ProductSetFactory(code=code, name=code.title()).products.set(products)
    ParticipationFactory(programme=programme, partner=corner, priority=7, card_kind=business)
    Tier.objects.create(programme=programme, code="basic", name="Basic", threshold=0)
    Tier.objects.create(programme=programme, code="gold", name="Gold", threshold=1000, benefits="More\nof it")
    series = Series(programme=programme, code="spring", name="Spring", kind="mass", uses_each=None)
    coupon_series.save(series, 500, NOW, "SPRING-26")
    hours = campaign(
        programme, "coffee-hours", "Coffee hours", coffee(what_for={"of": "lines", "sets": ["coffee"]})
    )
    rulebooks.publish(hours, NOW)
    campaign(programme, "next", "Next", {"what": []})
    CampaignTemplate.objects.create(programme=programme, name="House", definition=coffee("3"))
    rulebooks.refresh(programme, NOW)
    return programme
