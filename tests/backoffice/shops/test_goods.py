"""Categories keep their paths right, and codes stay what campaigns call them."""

from __future__ import annotations

import pytest
from django.urls import reverse

from loyalty.models import Category, Store


def paths() -> dict[str, list[str]]:
    return dict(Category.objects.values_list("code", "path"))


def test_moving_a_category_moves_everything_below_it(scene, boss):
    boss.post(reverse("admin:loyalty_category_add"), {"name": "Drinks", "code": "drinks", "parent": ""})
    food = Category.objects.get(code="food")
    drinks = Category.objects.get(code="drinks")
    boss.post(reverse("admin:loyalty_category_change", args=[food.pk]), {"name": "Food", "parent": drinks.pk})
    assert paths() == {
        "drinks": ["drinks"],
        "food": ["drinks", "food"],
        "coffee": ["drinks", "food", "coffee"],
    }


@pytest.mark.parametrize("parent", ["coffee", "food"])
def test_a_category_never_lies_below_itself(scene, boss, parent):
    food = Category.objects.get(code="food")
    before = paths()
    chosen = Category.objects.get(code=parent).pk
    answer = boss.post(
        reverse("admin:loyalty_category_change", args=[food.pk]), {"name": "Food", "parent": chosen}
    )
    assert "parent" in answer.context["adminform"].form.errors
    assert paths() == before


def test_a_code_is_chosen_once(scene, boss):
    store = scene.shop.store
    form = {
        "code": "other", "name": "Renamed", "time_zone": "UTC", "active": "on",
        "tills-TOTAL_FORMS": "0", "tills-INITIAL_FORMS": "0",
    }  # fmt: skip
    assert boss.post(reverse("admin:loyalty_store_change", args=[store.pk]), form).status_code == 302
    assert Store.objects.values_list("code", "name").get(pk=store.pk) == (store.code, "Renamed")


def test_what_receipts_speak_of_is_not_deleted(scene, boss):
    for model, record in (
        ("store", scene.shop.store),
        ("partner", scene.shop.partner),
        ("product", scene.product),
        ("programme", scene.shop.programme),
        ("till", scene.shop.till),
    ):
        answer = boss.post(reverse(f"admin:loyalty_{model}_delete", args=[record.pk]), {"post": "yes"})
        assert answer.status_code == 403
        record.refresh_from_db()
