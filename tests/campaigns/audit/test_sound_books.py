"""Books that are sound are never called wrong: what versions before this one left behind, and what is on its way."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

import pytest
from django.db import connection

from analytics.models import MemberFacts
from campaigns.checkout import checkout, holds, returns
from campaigns.checkout.return_request import LineBack, ReturnRequest
from campaigns.checkout.sale import Sale, SaleLine, Who
from campaigns.models import Tally
from loyalty.ledger import audit
from loyalty.models import Programme, Return
from loyalty.tiers import ladders
from tests import factories
from tests.campaigns.audit.planting import found, rights_on_the_database, sell

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 21, 9, 31, tzinfo=UTC)


@pytest.fixture
def programme() -> Programme:
    """A member bought under a common counter, reached a tier, and brought a part back."""
    programme = factories.open_shop(store="s").programme
    for code, threshold in (("classic", 0), ("silver", 60)):
        factories.TierFactory(programme=programme, code=code, threshold=threshold)
    limits = [{"per": "campaign", "period": "month", "points": "900"}]
    factories.publish_campaign(
        programme, factories.percent_of_receipt("5") | {"judge": {"limits": limits}}, code="base"
    )
    member = factories.enrol(programme)
    sale = Sale(
        store="s",
        receipt_number="1",
        purchased_at=NOW,
        lines=(SaleLine(1, "TEA", Decimal(3), Decimal("33.30")),),
        member=Who(phone=member.phone),
    )
    receipt = UUID(checkout.purchase(sale, NOW).body["id"])
    returns.give_back(receipt, ReturnRequest("R", NOW, (LineBack(1, Decimal(1)),)), NOW)
    return programme


def test_a_common_counter_that_a_return_of_an_early_version_left_behind_is_believed(
    programme: Programme,
) -> None:
    Tally.objects.update(points=1)
    assert found() == {"tally_is_what_stands"}

    with rights_on_the_database(), connection.cursor() as cursor:
        cursor.execute("UPDATE loyalty_return SET outcome = outcome - 'v'")

    assert "v" not in Return.objects.get().outcome
    assert found() == set()


def test_a_member_whose_tier_was_taken_away_and_made_anew_is_not_called_wrong_before_the_recount(
    programme: Programme,
) -> None:
    assert MemberFacts.objects.get().tier.code == "silver"  # type: ignore[union-attr]
    programme.tiers.get(code="silver").delete()
    factories.TierFactory(programme=programme, code="silver", threshold=9000)
    ladders.note_change(programme, NOW)

    assert MemberFacts.objects.get().tier is None
    assert found() == set()


def test_sums_alone_tell_that_purchases_of_every_fate_are_sound(programme: Programme) -> None:
    """Sold, held, confirmed, let go, and cancelled before and after: no row has to be looked at."""
    member = factories.enrol(programme)
    fates = {name: UUID(sell(member, name, state="held")) for name in ("held", "done", "gone", "undone")}
    fates["sold"] = UUID(sell(member, "sold"))
    for name in ("done", "undone"):
        holds.confirm(fates[name], NOW)
    for name in ("gone", "undone", "sold"):
        returns.cancel(fates[name], NOW)

    told = audit.audit()
    assert (told.problems, told.looked_closer) == ([], [])
