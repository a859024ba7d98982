"""The back office's clock is the programme's."""

from __future__ import annotations

from django.urls import reverse
from django.utils import timezone


def test_pages_show_the_programmes_own_time(scene, boss):
    address = reverse("admin:loyalty_receipt_change", args=[scene.receipt.pk])
    assert "2026-03-10 12:00" in boss.get(address).content.decode()
    scene.shop.programme.time_zone = "Asia/Tokyo"
    scene.shop.programme.save()
    assert "2026-03-10 21:00" in boss.get(address).content.decode()
    assert timezone.get_current_timezone_name() == "UTC"
