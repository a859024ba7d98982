"""The gallery of ready mechanics, the house's own templates, and the calendar."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from backoffice.constructor import forms
from backoffice.staff import roles
from campaigns.desk import agenda, states
from campaigns.desk.ready.catalogue import MECHANICS
from campaigns.models import Campaign, CampaignTemplate
from tests import factories
from tests.backoffice.constructor.test_constructor import GOOD, page, sent

NEW = "admin:campaigns_campaign_new"
DOUBLE = {"whom": {"who": "members"}, "what": [{"effect": "multiplier", "by": "2"}]}
NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)


def test_the_gallery_has_a_card_for_every_mechanic(scene: Any, boss: Client) -> None:
    text = boss.get(reverse("admin:campaigns_campaign_add")).content.decode()
    for key in MECHANICS:
        assert f"?ready={key}" in text


@pytest.mark.parametrize("key", MECHANICS)
def test_every_mechanic_opens_the_constructor_filled_in(scene: Any, boss: Client, key: str) -> None:
    answer = boss.get(reverse(NEW), {"ready": key})
    assert answer.status_code == 200
    assert answer.context["bench"].document == MECHANICS[key].begin()
    assert answer.context["bench"].text is None
    assert bool(answer.context["problem_count"]) is bool(MECHANICS[key].asks)
    assert answer.context["campaign"].name == str(MECHANICS[key].title)


@pytest.mark.parametrize("key", [key for key, mechanic in MECHANICS.items() if not mechanic.asks])
def test_every_mechanic_that_asks_nothing_is_shown_at_work(scene: Any, boss: Client, key: str) -> None:
    told = boss.get(reverse(NEW), {"ready": key}).context["told"]
    if key == "refer_a_friend":
        assert told.points == 100
    assert not told.why_not, told.why_not


@pytest.mark.parametrize("query", [{"ready": "perpetuum"}, {"template": "0"}, {"copy": "0"}, {"copy": "x"}])
def test_what_is_not_there_does_not_open(scene: Any, boss: Client, query: dict[str, str]) -> None:
    assert boss.get(reverse(NEW), query).status_code == 404


def test_a_campaign_becomes_the_houses_own_template(scene: Any, enter: Any) -> None:
    client = enter(roles.MANAGER)
    client.post(page(scene.draft), sent(GOOD, _save="1"))
    client.post(page(scene.draft, "template"), {"name": "Seven", "description": "For slow weeks"})
    template = CampaignTemplate.objects.get()
    assert (template.programme, template.definition) == (scene.shop.programme, GOOD)
    text = client.get(reverse("admin:campaigns_campaign_add")).content.decode()
    assert "Seven" in text and "For slow weeks" in text and "All members get 7% back in points." in text
    answer = client.get(reverse(NEW), {"template": template.pk})
    assert answer.context["bench"].document == GOOD
    listing = client.get(reverse("admin:campaigns_campaigntemplate_changelist"))
    assert "Seven" in listing.content.decode()


def test_another_programmes_templates_are_not_offered(scene: Any, boss: Client) -> None:
    CampaignTemplate.objects.create(
        name="Theirs", programme=factories.ProgrammeFactory(code="z"), definition=GOOD
    )
    CampaignTemplate.objects.create(name="Of all", definition=GOOD)
    text = boss.get(reverse("admin:campaigns_campaign_add")).content.decode()
    assert "Of all" in text and "Theirs" not in text


def test_a_campaign_is_copied(scene: Any, boss: Client) -> None:
    answer = boss.get(reverse(NEW), {"copy": scene.live.pk})
    assert answer.context["campaign"].name == "Base 5%, a copy"
    boss.post(reverse(NEW), sent(answer.context["bench"].document, "Base 5%, a copy", _save="1"))
    assert Campaign.objects.get(name="Base 5%, a copy").draft["what"] == scene.live.draft["what"]


@pytest.mark.parametrize("role", [roles.OPERATOR, roles.ANALYST])
def test_who_only_looks_makes_nothing_of_it(scene: Any, enter: Any, role: str) -> None:
    client = enter(role)
    assert client.get(reverse("admin:campaigns_campaign_add")).status_code == 403
    assert client.get(page(scene.draft, "template")).status_code == 403
    assert client.get(reverse("admin:campaigns_campaign_calendar")).status_code == 200


# The calendar


def plan(programme: Any, name: str) -> agenda.Plan:
    return next(one for one in agenda.read(programme, NOW) if one.campaign.name == name)


def test_the_agenda_knows_from_when_until_when_campaigns_are_in_force(db: None) -> None:
    shop = factories.open_shop()
    window = {"when": {"from": "2026-06-01T00:00:00+00:00", "until": "2026-06-20T00:00:00+00:00"}}
    factories.publish_campaign(shop.programme, {**GOOD, **window}, name="June")
    ended = factories.publish_campaign(shop.programme, GOOD, name="Stopped")
    states.end(ended, NOW)
    draft = factories.CampaignFactory(programme=shop.programme, name="Draft", draft={**GOOD, **window})
    june = plan(shop.programme, "June")
    assert (june.state, june.entry.opens, june.entry.closes) == (
        "live", datetime(2026, 6, 1, tzinfo=UTC), datetime(2026, 6, 20, tzinfo=UTC),
    )  # fmt: skip
    stopped = plan(shop.programme, "Stopped")
    assert stopped.state == "ended"
    assert stopped.entry.opens == factories.START
    assert stopped.entry.closes is not None and stopped.entry.closes <= timezone.now()
    assert plan(shop.programme, "Draft").entry.opens == NOW  # it cannot begin before it is launched
    states.archive(draft, NOW)
    assert [one.campaign.name for one in agenda.read(shop.programme, NOW)] == ["Stopped", "June"]


def test_two_boosters_on_the_same_goods_are_told_in_the_calendar_and_when_one_is_written(
    scene: Any, boss: Client
) -> None:
    factories.publish_campaign(scene.shop.programme, DOUBLE, name="Double all")
    answer = boss.post(page(scene.draft), sent(DOUBLE), headers={"HX-Request": "true", "HX-Target": "result"})
    assert "“Double all” multiplies points at the same time: both boosters count." in answer.content.decode()
    boss.post(page(scene.draft), sent(DOUBLE, "Double too", _save="1"))
    text = boss.get(reverse("admin:campaigns_campaign_calendar")).content.decode()
    assert "both boosters count" in text


def test_two_exclusive_campaigns_without_an_order_are_refused_at_the_launch(scene: Any, boss: Client) -> None:
    alone = {**GOOD, "stacking": {"group": "lunch", "mode": "exclusive"}}
    factories.publish_campaign(scene.shop.programme, alone, name="First")
    boss.post(page(scene.draft), sent(alone, _save="1"))
    answer = boss.post(page(scene.draft, "launch"), {"moment": "now"})
    assert "say which of them goes first" in answer.content.decode()
    assert not scene.draft.revisions.exists()
    ordered = {**alone, "stacking": {"group": "lunch", "mode": "exclusive", "priority": 5}}
    boss.post(page(scene.draft), sent(ordered, _save="1"))
    boss.post(page(scene.draft, "launch"), {"moment": "now"})
    assert scene.draft.revisions.exists()


def test_two_discounts_of_which_nobody_said_which_is_first_are_named_at_saving_and_in_the_calendar(
    scene: Any, boss: Client
) -> None:
    """6 off and 50% on 10.00 come to 2.00 or to 0.00, by the codes of the campaigns."""
    six = {**GOOD, "what": [{"effect": "discount_amount", "amount": "6"}]}
    half = {**GOOD, "what": [{"effect": "discount_percent", "percent": "50"}]}
    factories.publish_campaign(scene.shop.programme, six, code="six", name="Six off")
    said = "what is paid depends on which of them comes first"
    boss.post(page(scene.draft), sent(half, _save="1"))
    assert said in " ".join(boss.get(page(scene.draft)).content.decode().split())
    assert said in " ".join(boss.get(page(scene.draft, "launch")).content.decode().split())
    assert boss.post(page(scene.draft, "launch"), {"moment": "now"}).status_code == 302
    calendar = reverse("admin:campaigns_campaign_calendar")
    assert said in " ".join(boss.get(calendar).content.decode().split())
    boss.post(page(scene.draft), sent({**half, "stacking": {"priority": 1}}, _save="1"))
    assert said not in " ".join(boss.get(page(scene.draft)).content.decode().split())


@pytest.mark.parametrize(
    ("query", "first", "columns"),
    [
        ({"by": "months", "from": "2026-11-22"}, "2026-11-01", 6),
        ({"by": "weeks", "from": "2026-11-22"}, "2026-11-16", 9),
        ({"from": "yesterday"}, None, 6),
        ({"from": "0001-01-01", "by": "weeks"}, None, 9),
        ({"from": "9999-12-31"}, None, 6),
    ],
)
def test_the_calendar_shows_weeks_or_months(
    scene: Any, boss: Client, query: dict[str, str], first: str | None, columns: int
) -> None:
    answer = boss.get(reverse("admin:campaigns_campaign_calendar"), query)
    assert answer.status_code == 200
    assert len(answer.context["columns"]) == columns
    if first:
        assert str(answer.context["first"]) == first


def test_a_bar_is_as_long_as_its_campaign(scene: Any, boss: Client) -> None:
    window = {"when": {"from": "2027-02-01T00:00:00+00:00", "until": "2027-03-01T00:00:00+00:00"}}
    factories.CampaignFactory(programme=scene.shop.programme, name="February", draft={**GOOD, **window})
    answer = boss.get(reverse("admin:campaigns_campaign_calendar"), {"from": "2027-01-01"})
    bar = next(bar for bar in answer.context["bars"] if bar.plan.campaign.name == "February")
    days = (datetime(2027, 7, 1) - datetime(2027, 1, 1)) / timedelta(days=1)
    assert (bar.left, bar.width) == (
        round(100 * 31 / days, 2),
        round(round(100 * 59 / days, 2) - bar.left, 2),
    )
    assert bar.begins and bar.ends
    later = boss.get(reverse("admin:campaigns_campaign_calendar"), {"from": "2027-04-01"})
    assert "February" not in [bar.plan.campaign.name for bar in later.context["bars"]]


def test_forms_know_nothing_of_the_placeholder_for_all_goods_but_some() -> None:
    document = {"what_for": {"of": "lines", "except": {"brands": ["A"]}}, "what": []}
    state = forms.write(document) | {"what_for.~products": ["1"]}
    assert forms.read(state) == document
