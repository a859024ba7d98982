"""Points that nobody could ever spend are refused before they are promised, told of in time, and never given."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import yaml
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from backoffice import dashboard
from campaigns import lifetimes, rulebooks
from campaigns.desk import states, warnings
from campaigns.engine.definition import DefinitionError
from campaigns.models import Campaign, Rulebook
from campaigns.programme_file import importing
from campaigns.programme_file.document import Moment
from campaigns.programme_file.problems import FileError
from foundation.refusals import Invalid
from loyalty.ledger import adjustment, balances
from loyalty.models import Account, Lot, Programme
from tests import factories
from tests.campaigns.checkout.test_returns import sell

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
FIVE: dict[str, Any] = {"what": [{"effect": "points_percent", "percent": "5"}]}
SALE: dict[str, Any] = {"what": [{"effect": "discount_percent", "percent": "5"}]}


def until(day: str, **lots: Any) -> dict[str, Any]:
    return {"lots": {"expires": {"kind": "on_date", "date": day}, **lots}}


@pytest.fixture
def programme() -> Programme:
    return factories.open_shop(store="main-01").programme


@pytest.mark.parametrize(
    ("draft", "terms", "late"),
    [
        (FIVE | until("2026-03-09"), {}, True),
        (FIVE | until("2026-03-10"), {}, False),
        (FIVE | until("2026-03-13", delay={"days": 7}), {}, True),
        (FIVE | until("2026-03-17", delay={"days": 7}), {}, False),
        (FIVE | until("2026-03-13"), {"activation_days": 7}, True),
        (FIVE | until("2026-03-13", delay={"days": 0}), {"activation_days": 7}, False),
        (FIVE, {"activation_days": 7, "expiry": {"kind": "on_date", "date": "2026-03-13"}}, True),
        (SALE, {"activation_days": 7, "expiry": {"kind": "on_date", "date": "2026-03-13"}}, False),
        (FIVE | until("2026-12-31") | {"when": {"from": "2027-01-02T00:00:00+00:00"}}, {}, True),
        ({"what": [{"effect": "stamp", "goal": 2, "reward": {"points": "5"}}]} | until("2026-03-09"), {}, True),
        ({"what": [{"effect": "staff_points", "points": "5"}]} | until("2026-03-09"), {}, True),
        ({"what": "nonsense", "lots": 5}, {}, False),
    ],
)  # fmt: skip
def test_what_could_never_be_spent_is_named_and_cannot_be_launched(
    programme: Programme, draft: dict[str, Any], terms: dict[str, Any], late: bool
) -> None:
    for name, value in terms.items():
        setattr(programme, name, value)
    programme.save()
    campaign = factories.CampaignFactory(programme=programme, draft=draft)
    found = [one for one in warnings.check(draft, campaign, NOON) if one.path == "lots.expires"]
    assert [one.grave for one in found if one.grave] == [True] * late
    if late:
        with pytest.raises(DefinitionError, match="could never be spent"):
            rulebooks.publish(campaign, NOON)
        assert not campaign.revisions.exists()


def test_a_live_campaign_says_ahead_of_its_day_that_its_points_end(programme: Programme) -> None:
    ending = FIVE | until("2026-03-31", delay={"days": 7})
    campaign = factories.publish_campaign(programme, ending, at=NOON, name="Spring points")
    factories.publish_campaign(programme, FIVE, at=NOON, code="other")
    said = {}
    for days in (0, 9, 10, 14, 15):
        board = dashboard.read(NOON + timedelta(days=days))
        dashboard.warn(board, NOON + timedelta(days=days))
        said[days] = [(one.campaign, one.text) for one in board[0].cautions]
    assert said[0] == []
    assert [found[0] for found in said[9]] == [campaign]
    assert "2026-03-24" in said[10][0][1]
    assert said[14] == said[10]
    assert said[15][0][1].startswith("Gives no points any more")


def test_the_list_and_the_first_page_show_it(programme: Programme, client: Client) -> None:
    now = timezone.now()
    soon = (now + timedelta(days=5)).date().isoformat()
    factories.publish_campaign(programme, FIVE | until(soon), at=now, name="Ends soon")
    client.force_login(factories.UserFactory(is_staff=True, is_superuser=True))
    for page in ("admin:campaigns_campaign_changelist", "admin:index"):
        assert "could never be spent, so none are given then" in client.get(reverse(page)).content.decode()


def test_no_points_are_told_as_earned_that_could_never_be_spent(programme: Programme) -> None:
    factories.publish_campaign(programme, FIVE | until("2026-11-20"), at=NOON, name="Late")
    factories.publish_campaign(programme, FIVE, at=NOON, code="base", name="Base")
    member = factories.enrol(programme)
    told = sell(member)
    assert [lot["campaign"] for lot in told["earned"]["lots"]] == ["Base"]
    assert [(one["campaign"], one["code"]) for one in told["declined"]] == [("Late", "never_spendable")]
    assert not Lot.objects.filter(expires_at__lt=datetime(2026, 11, 21, tzinfo=UTC)).exists()


def file_of(programme: Programme, definition: dict[str, Any]) -> str:
    campaigns = {"late": {"name": "Late", "status": "live", "definition": definition}}
    return yaml.safe_dump({"version": 1, "programme": {"code": programme.code}, "campaigns": campaigns})


def test_a_file_that_brings_such_a_campaign_is_refused_as_a_whole(programme: Programme) -> None:
    with pytest.raises(FileError, match="could never be spent"):
        importing.apply(file_of(programme, FIVE | until("2026-03-09")), Moment(NOON, None))
    assert not Campaign.objects.exists()
    importing.apply(file_of(programme, FIVE | until("2026-03-20")), Moment(NOON, None))
    later = NOON + timedelta(days=30)  # what is in force already may be read in again, with a word of it
    plan = importing.foresee(file_of(programme, FIVE | until("2026-03-20")), Moment(later, None))
    assert [note for note in plan.notes if "Gives no points any more" in note]


def test_a_file_that_brings_two_discounts_of_which_nobody_said_which_is_first_says_so(
    programme: Programme,
) -> None:
    six = {"what": [{"effect": "discount_amount", "amount": "6"}]}
    factories.publish_campaign(programme, six, at=NOON, name="Six off")
    plan = importing.foresee(
        file_of(programme, {"what": [{"effect": "discount_percent", "percent": "50"}]}), Moment(NOON, None)
    )
    assert [note for note in plan.notes if "what is paid depends on which of them comes first" in note]
    first = {"what": [{"effect": "discount_percent", "percent": "50"}], "stacking": {"priority": 1}}
    assert not importing.foresee(file_of(programme, first), Moment(NOON, None)).notes


def test_terms_of_a_programme_know_the_last_moment_of_points_that_can_be_spent(programme: Programme) -> None:
    terms = lifetimes.terms_of(programme)
    assert terms.last_chance is None
    dated = terms._replace(expires={"kind": "on_date", "date": "2026-03-13"}, activation_days=2)
    assert dated.last_chance == datetime(2026, 3, 11, 23, 59, 59, tzinfo=UTC)


def test_a_paused_campaign_is_not_resumed_once_nobody_could_spend_its_points(
    programme: Programme, client: Client
) -> None:
    campaign = factories.publish_campaign(programme, FIVE | until("2026-03-20", delay={"days": 7}), at=NOON)
    states.pause(campaign, NOON)
    states.resume(campaign, NOON + timedelta(days=3))
    states.pause(campaign, NOON + timedelta(days=3))
    rules = Rulebook.objects.count()
    with pytest.raises(DefinitionError, match="could never be spent"):
        states.resume(campaign, NOON + timedelta(days=4))
    campaign.refresh_from_db()
    assert (campaign.status, Rulebook.objects.count()) == ("paused", rules)

    client.force_login(factories.UserFactory(is_staff=True, is_superuser=True))
    address = reverse("admin:campaigns_campaign_move", args=[campaign.pk, "resume"])
    said = client.post(address, follow=True).content.decode()
    assert "Its points could never be spent: they expire on 2026-03-20" in said
    campaign.refresh_from_db()
    assert campaign.status == "paused"
    campaign.draft = campaign.revisions.get().definition
    with pytest.raises(DefinitionError, match="could never be spent"):  # nor by launching what is paused
        states.launch(campaign, NOON + timedelta(days=4), None)


@pytest.mark.parametrize(
    "expiry", [{"kind": "on_date", "date": "2026-03-09"}, {"kind": "on_date", "date": "2026-03-10"}]
)
def test_points_given_by_hand_that_nobody_could_ever_spend_are_refused_in_words(
    programme: Programme, expiry: dict[str, Any]
) -> None:
    member = factories.enrol(programme, 10)
    account = Account.objects.get(holders__member=member)
    Programme.objects.filter(pk=programme.pk).update(expiry=expiry)
    late = expiry["date"] == "2026-03-09"
    if late:
        with pytest.raises(Invalid, match="Nobody could ever spend them") as refused:
            adjustment.adjust(member, account, Decimal(5), "x", "k", NOON, None)
        assert [(fault.field, fault.code) for fault in refused.value.faults] == [
            ("points", "never_spendable")
        ]
        assert balances.of_account(account.pk, NOON)[0] == 10
    else:
        adjustment.adjust(member, account, Decimal(5), "x", "k", NOON, None)
        later = NOON + timedelta(days=9)
        assert adjustment.adjust(member, account, Decimal(5), "x", "k", later, None).replay, (
            "sent again, told again"
        )
        assert balances.of_account(account.pk, NOON)[0] == 15
    taken = adjustment.adjust(member, account, Decimal(-3), "x", "t", NOON, None)
    assert not taken.replay, "taking is always possible"
