"""Sellers in the back office."""

from __future__ import annotations

from django.urls import reverse

from campaigns.models import Seller
from tests import factories


def test_a_seller_is_tied_to_the_account_that_gets_the_points(boss):
    partner, member = factories.PartnerFactory(), factories.MemberFactory()
    added = boss.post(
        reverse("admin:campaigns_seller_add"),
        {"partner": partner.pk, "code": "C-17", "name": "Till two", "member": member.pk, "active": "on"},
    )
    assert added.status_code == 302
    seller = Seller.objects.get()
    assert (seller.partner, seller.code, seller.member) == (partner, "C-17", member)
    page = boss.get(reverse("admin:campaigns_seller_changelist"))
    assert "Till two" in page.content.decode()


def test_two_sellers_of_a_partner_never_share_a_code(boss):
    member, partner = factories.MemberFactory(), factories.PartnerFactory()
    Seller.objects.create(partner=partner, code="C-17", member=member)
    answer = boss.post(
        reverse("admin:campaigns_seller_add"),
        {"partner": partner.pk, "code": "C-17", "member": member.pk, "active": "on"},
    )
    assert answer.status_code == 200
    assert Seller.objects.count() == 1
