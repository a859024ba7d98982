"""A programme with a cabinet, and a post box."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.conf import LazySettings

from tests import factories
from tests.cabinet import post
from tests.factories import Shop


@pytest.fixture
def sent(settings: LazySettings) -> Iterator[list[post.Sent]]:
    """What the house sends."""
    with post.box(settings) as box:
        yield box


@pytest.fixture
def shop(db: None) -> Shop:
    """A shop whose programme gives a hundred points for joining, and lets members send each other points."""
    shop = factories.open_shop(
        store="s", code="club", name="The Club", country="DE", currency="EUR", transfers=True
    )
    welcome = {"whom": {"who": "members"}, "what_for": {"of": "event", "event": "member.registered"},
               "what": [{"effect": "points_fixed", "points": "100"}]}  # fmt: skip
    factories.publish_campaign(shop.programme, welcome, code="welcome", name="Welcome")
    return shop
