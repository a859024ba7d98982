"""Where a cashier may stand: law 10 at the till page."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from loyalty.models import Seat, Till
from tests import factories
from tests.flows.corner import PASSWORD, hire, open_corner

pytestmark = pytest.mark.django_db


def test_a_cashier_with_a_seat_stands_in_that_store_alone(client: Client) -> None:
    corner = open_corner()
    other = factories.open_shop(programme=corner.shop.programme, store="other")
    hire("olga", sells=True, takes_back=True, stores=[other.store])
    client.login(username="olga", password=PASSWORD)

    foreign = Till.objects.exclude(store=other.store).first()
    assert foreign is not None
    client.post(reverse("till:place"), {"till": str(foreign.id)})
    assert client.session["till_place"]["store"] == "other"


@pytest.mark.parametrize("boss", [False, True])
def test_a_cashier_without_a_seat_stands_at_no_till_and_is_told_whom_to_ask(
    client: Client, boss: bool
) -> None:
    open_corner()
    user = hire("olga", sells=True, takes_back=True, stores=[])
    user.is_superuser = boss
    user.save()
    client.login(username="olga", password=PASSWORD)

    page = client.get(reverse("till:place")).content.decode()
    assert 'name="till"' not in page
    assert "Nobody has given you a store yet" in page
    till = Till.objects.first()
    assert till is not None
    client.post(reverse("till:place"), {"till": str(till.id)})
    assert "till_place" not in client.session
    assert client.get(reverse("till:sale"))["Location"] == reverse("till:place")


def test_a_seat_that_is_taken_away_ends_the_shift(client: Client) -> None:
    open_corner()
    user = hire("olga", sells=True, takes_back=True)
    client.login(username="olga", password=PASSWORD)
    client.get(reverse("till:place"))
    assert client.get(reverse("till:sale")).status_code == 200

    Seat.objects.filter(user=user).delete()
    assert client.get(reverse("till:sale"))["Location"] == reverse("till:place")
