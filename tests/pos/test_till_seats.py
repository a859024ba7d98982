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
    user = hire("olga", sells=True, takes_back=True)
    Seat.objects.create(user=user, store=other.store)
    client.login(username="olga", password=PASSWORD)

    foreign = Till.objects.exclude(store=other.store).first()
    assert foreign is not None
    client.post(reverse("till:place"), {"till": str(foreign.id)})
    assert client.session["till_place"]["store"] == "other"


def test_a_seat_that_is_taken_away_ends_the_shift(client: Client) -> None:
    open_corner()
    user = hire("olga", sells=True, takes_back=True)
    client.login(username="olga", password=PASSWORD)
    client.get(reverse("till:place"))
    assert client.get(reverse("till:sale")).status_code == 200

    Seat.objects.create(user=user, store=factories.StoreFactory())
    assert client.get(reverse("till:sale"))["Location"] == reverse("till:place")
