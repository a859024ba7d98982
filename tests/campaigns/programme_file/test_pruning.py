"""Pruning: what a section of the file does not name goes."""

from __future__ import annotations

import pytest

from campaigns.models import Campaign, CampaignTemplate
from loyalty.models import Participation, Programme
from rewards.models import Coupon
from tests.campaigns.programme_file.editing import LATER, apply, told

pytestmark = pytest.mark.django_db


def test_pruning_takes_away_what_a_section_of_the_file_does_not_name(programme: Programme) -> None:
    text = """
version: 1
programme: {code: main}
tiers: {basic: {}}
campaigns: {}
coupon_series: {}
"""
    assert apply(text).changes == ()

    plan = apply(text, prune=True)

    assert told(plan) == [
        "removed Tier “Gold”",
        "changed Coupon series “Spring”: active: yes → no",
        "changed Campaign “Coffee hours”: status: live → ended; archived",
        "removed Campaign “Next”",
    ]
    hours = Campaign.objects.get()
    assert (hours.status, hours.archived_at) == ("ended", LATER)
    assert Participation.objects.filter(programme=programme).exists()  # the file has no section of partners
    assert CampaignTemplate.objects.filter(programme=programme).exists()
    assert apply(text, prune=True).changes == ()


def test_a_series_without_coupons_and_a_partner_go_when_pruned(programme: Programme) -> None:
    Coupon.objects.all().delete()

    plan = apply(
        "version: 1\nprogramme: {code: main}\npartners: {}\ncoupon_series: {}\ntemplates: []\n", prune=True
    )

    assert told(plan) == [
        "removed Partner “Corner”",
        "removed Coupon series “Spring”",
        "removed Template “House”",
    ]
