"""The constructor's page: drafts, the sample basket, problems in words, launch, review, states, versions."""

from __future__ import annotations

import json
import re
from collections import Counter
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from backoffice.constructor import forms
from backoffice.staff import roles
from campaigns import rulebooks
from campaigns.desk.ready.catalogue import MECHANICS
from campaigns.models import Campaign, Revision, Rulebook
from members.models import Event
from tests import factories

GOOD: dict[str, Any] = {
    "whom": {"who": "members"},
    "what_for": {"of": "receipt"},
    "what": [{"effect": "points_percent", "percent": "7"}],
}
BAD: dict[str, Any] = {**GOOD, "what": [{"effect": "points_percent", "percent": "500"}]}
NEW = "admin:campaigns_campaign_new"


def page(campaign: Campaign, name: str = "change", *args: str) -> str:
    return reverse(f"admin:campaigns_campaign_{name}", args=[campaign.pk, *args])


def sent(document: dict[str, Any], name: str = "Named anew", **more: str) -> dict[str, Any]:
    return {**forms.write(document), "name": name, **more}


def look(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


# Drafts


def test_a_new_campaign_is_stored_as_a_draft_under_a_code_of_its_name(scene: Any, boss: Client) -> None:
    boss.post(reverse(NEW), sent(GOOD, "Happy Hours", _save="1"))
    campaign = Campaign.objects.get(name="Happy Hours")
    assert (campaign.code, campaign.draft) == ("happy-hours", GOOD)
    assert not campaign.revisions.exists()
    boss.post(reverse(NEW), sent(GOOD, "Happy Hours", _save="1"))
    assert Campaign.objects.filter(code="happy-hours-2").exists()


def test_a_name_in_other_letters_gets_a_code_too(scene: Any, boss: Client) -> None:
    boss.post(reverse(NEW), sent(GOOD, "Счастливые часы", _save="1"))
    assert Campaign.objects.get(name="Счастливые часы").code == "campaign"


def test_a_campaign_without_a_name_is_not_stored(scene: Any, boss: Client) -> None:
    before = Campaign.objects.count()
    answer = boss.post(reverse(NEW), sent(GOOD, " ", _save="1"))
    assert "Give the campaign a name." in answer.content.decode()
    assert Campaign.objects.count() == before


def test_saving_a_draft_leaves_what_is_live_alone(scene: Any, boss: Client) -> None:
    rulebooks = Rulebook.objects.count()
    boss.post(page(scene.live), sent(GOOD, _save="1"))
    scene.live.refresh_from_db()
    assert (scene.live.draft, scene.live.name) == (GOOD, "Named anew")
    assert scene.live.revisions.count() == 1
    assert Rulebook.objects.count() == rulebooks
    assert "The draft differs from what is in force." in look(boss, page(scene.live))


def test_an_unfinished_draft_is_kept_and_cannot_be_launched(scene: Any, boss: Client) -> None:
    answer = boss.post(page(scene.draft), sent(BAD, _launch="1"), follow=True)
    text = answer.content.decode()
    assert "This will not do: give a percent above 0 and at most 100." in text
    assert "Saved as a draft. What is marked must be fixed" in text
    scene.draft.refresh_from_db()
    assert scene.draft.draft == BAD
    answer = boss.post(page(scene.draft, "launch"), {"moment": "now"})
    assert "What is marked must be fixed first." in answer.content.decode()
    assert not scene.draft.revisions.exists()


def test_what_somebody_else_saved_meanwhile_is_not_overwritten_unseen(scene: Any, boss: Client) -> None:
    seen = boss.get(page(scene.draft)).context["seen"]
    Campaign.objects.filter(pk=scene.draft.pk).update(name="Of another")
    answer = boss.post(page(scene.draft), sent(GOOD, seen=str(seen), _save="1"))
    assert "Somebody else changed this campaign meanwhile" in answer.content.decode()
    scene.draft.refresh_from_db()
    assert scene.draft.name == "Of another"
    again = answer.context["seen"]
    boss.post(page(scene.draft), sent(GOOD, seen=str(again), _save="1"))
    scene.draft.refresh_from_db()
    assert scene.draft.name == "Named anew"


def test_a_draft_that_the_form_cannot_show_is_shown_as_json_and_kept(scene: Any, boss: Client) -> None:
    strange = {"what": [{"effect": "flying_carpet"}]}
    Campaign.objects.filter(pk=scene.draft.pk).update(draft=strange)
    assert "flying_carpet" in look(boss, page(scene.draft))
    boss.post(page(scene.draft), {"name": "Draft", "json": json.dumps(strange), "_save": "1"})
    scene.draft.refresh_from_db()
    assert scene.draft.draft == strange


def test_json_can_be_shown_edited_and_left_again(scene: Any, boss: Client) -> None:
    answer = boss.post(page(scene.draft), sent(GOOD, op="json"))
    assert answer.context["bench"].text is not None
    mended = json.dumps({**GOOD, "when": {"weekdays": [6, 7]}})
    answer = boss.post(page(scene.draft), {"name": "Draft", "json": mended, "op": "form"})
    assert answer.context["bench"].text is None
    assert answer.context["sentences"][0] == "All members get 7% back in points, at weekends."
    answer = boss.post(page(scene.draft), {"name": "Draft", "json": "{oops", "op": "form"})
    assert "This is not JSON" in answer.content.decode()
    answer = boss.post(page(scene.draft), {"name": "Draft", "json": "{oops", "_save": "1"})
    scene.draft.refresh_from_db()
    assert scene.draft.draft != GOOD


# What cannot be reasoned about


ALONE = {"stacking": {"group": "default", "mode": "exclusive", "priority": 1}}
SENSELESS: list[tuple[dict[str, Any], str, str]] = [
    ({"what": [{"effect": "points_percent", "percent": "120"}]},
     "This will not do: give a percent above 0 and at most 100.", "процент"),
    ({"when": {"hours": [["13:00", "13:00"]]}},
     "The window is never open: it ends when it begins.", "Этот промежуток пуст"),
    ({"when": {"from": "2099-01-02T00:00:00+00:00", "until": "2099-01-01T00:00:00+00:00"}},
     "The end must come after the beginning.", "позже начала"),
    ({"when": {"until": "2020-01-01T00:00:00+00:00"}}, "Its time is over already: it would never begin.", "уже прошло"),
    ({"judge": {"budget": {"points": "0"}}},
     "This will not do: give a number of points above 0.", "число баллов"),
    (ALONE, "“Base 5%” is exclusive in the same group with the same priority: say which of them goes first.",
     "«Base 5%» — исключительная в той же группе"),
]  # fmt: skip


def make_exclusive(campaign: Campaign) -> None:
    campaign.draft = {**campaign.draft, **ALONE}
    rulebooks.publish(campaign, timezone.now())


@pytest.mark.parametrize(("more", "said", "in_russian"), SENSELESS)
def test_what_cannot_be_reasoned_about_is_told_at_saving_and_never_launched(
    scene: Any, boss: Client, more: dict[str, Any], said: str, in_russian: str
) -> None:
    make_exclusive(scene.live)
    document = {**GOOD, **more}
    answer = boss.post(page(scene.draft), sent(document, _save="1"), follow=True)
    assert said in " ".join(answer.content.decode().split())
    scene.draft.refresh_from_db()
    assert scene.draft.draft == document
    told = " ".join(boss.get(page(scene.draft), headers={"Accept-Language": "ru"}).content.decode().split())
    assert in_russian in told and said not in told
    boss.post(page(scene.draft), sent(document, _launch="1"))
    answer = boss.post(page(scene.draft, "launch"), {"moment": "now"})
    assert answer.status_code == 200 and not scene.draft.revisions.exists()
    assert boss.get(page(scene.draft)).context["state"] == "draft"


def test_an_empty_segment_is_warned_about_and_may_be_launched(scene: Any, boss: Client) -> None:
    factories.SegmentFactory(code="nobody", name="Nobody yet", programme=None)
    document = {**GOOD, "whom": {"who": "members", "segments": ["nobody"]}}
    answer = boss.post(page(scene.draft), sent(document, _save="1"), follow=True)
    assert "Nobody is in the segment “Nobody yet” yet." in answer.content.decode()
    assert "Nobody is in the segment “Nobody yet” yet." in look(boss, page(scene.draft, "launch"))
    told = boss.get(page(scene.draft), headers={"Accept-Language": "ru"}).content.decode()
    assert "В сегменте «Nobody yet» пока никого нет" in told
    boss.post(page(scene.draft, "launch"), {"moment": "now"})
    assert scene.draft.revisions.count() == 1


# What is missing


MISSING: list[tuple[dict[str, Any], str, str, str]] = [
    ({"whom": {"who": "members", "tiers": []}}, "choose the tier", "Choose the tier, or take this row away.",
     "f-whom-tiers"),
    ({"what_for": {"of": "lines", "products": []}}, "choose the goods", "Choose the goods.", "f-what_for-goods"),
    ({"if": {"condition": "coupon", "series": []}}, "choose the coupon series",
     "Choose the coupon series, or take this row away.", "f-if"),
    ({"if": {"condition": "receipt_amount"}}, "how much", "Fill in at least one of the two numbers.", "f-if"),
    ({"what": [{"effect": "issue_coupon", "series": ""}]}, "choose the coupon series", "Choose the coupon series.",
     "f-what-0"),
    ({"what": [{"effect": "discount_amount", "amount": ""}]}, "how much", "Fill this in.", "f-what-0"),
    ({"what": []}, "choose what they get", "Say what they get: add something.", "q-what"),
    ({"lots": {"funder": ""}}, "choose who pays", "Choose who pays.", "f-lots-funder"),
    ({"judge": {"limits": [{"per": "member", "period": "month"}]}}, "how many points or times",
     "Say how many points or how many times.", "f-judge-limits"),
]  # fmt: skip


@pytest.mark.parametrize(("more", "gap", "todo", "anchor"), MISSING)
def test_what_is_missing_is_said_in_the_sentence_beside_its_field_and_in_a_list_that_leads_there(
    scene: Any, boss: Client, more: dict[str, Any], gap: str, todo: str, anchor: str
) -> None:
    document = {**GOOD, **more}
    boss.post(page(scene.draft), sent(document, _launch="1"))
    answer = boss.get(page(scene.draft))
    text = " ".join(answer.content.decode().split())
    assert f'<mark class="rc-gap">{gap}</mark>' in text
    assert "…." not in text and "‹" not in text
    assert [(found.anchor, found.text) for found in answer.context["todos"]] == [(anchor, todo)]
    assert f'id="{anchor}"' in text
    assert f'<mark class="rc-gap">{gap}</mark>' in look(boss, page(scene.draft, "launch"))
    boss.post(page(scene.draft, "launch"), {"moment": "now"})
    assert not scene.draft.revisions.exists()


STRANGE: list[tuple[Any, str]] = [
    ({"whom": "all"}, "This will not do: give an object"),
    ({"whom": {"tiers": "gold"}}, "This will not do: give a list of names."),
    ({"what": {"effect": "points_percent"}}, "This will not do: give a list of what they get."),
    ({"what": ["five percent"]}, "This will not do: give an object"),
    ({"what": [{"effect": "magic"}]}, "is not known. Choose one of: points_percent"),
    ({"wat": []}, "This is not known here. Known are: whom, where"),
    ({**GOOD, "if": {"condition": "receipt_amount", "at_least": []}}, "give an amount, zero or more"),
    ({**GOOD, "if": [1]}, "This will not do: give an object"),
    ({**GOOD, "if": {"all": 5}}, "This will not do"),
    ({**GOOD, "when": {"from": "tomorrow"}}, "This is no date and time."),
    ({**GOOD, "when": {"from": "2026-01-01"}}, "Say the time zone too"),
    ({**GOOD, "when": {"hours": ["13:00"]}}, "This will not do"),
    ({**GOOD, "when": {"weekdays": "all"}}, "a list of weekdays, 1 (Monday) to 7 (Sunday)"),
    ({**GOOD, "lots": {"expires": "never"}}, "Write an object"),
    ({**GOOD, "lots": {"terms": {"max_share": "500"}}}, "give a number from 0.01 to 100"),
    ({**GOOD, "judge": {"limits": 5}}, "This will not do"),
    ({**GOOD, "judge": {"budget": 5}}, "This will not do: give an object"),
    ({**GOOD, "stacking": {"group": 5}}, "This will not do: give a text of 1 to"),
    ({**GOOD, "tell": {"till": "x" * 600}}, "give a text of 1 to 500 characters"),
    ({**GOOD, "what_for": {"of": "event", "event": ["x"]}}, "the name of an event, like review.left"),
]


@pytest.mark.parametrize(("document", "said"), STRANGE)
def test_faults_of_json_are_told_in_words_wherever_they_are_looked_at(
    scene: Any, boss: Client, document: dict[str, Any], said: str
) -> None:
    written = {"name": "Draft", "json": json.dumps(document)}
    assert said in change(boss, page(scene.draft), written, "result")
    answer = boss.post(page(scene.draft), {**written, "op": "form"})
    assert said in " ".join(answer.content.decode().split())
    boss.post(page(scene.draft), {**written, "_save": "1"})
    assert said in look(boss, page(scene.draft))
    assert said in look(boss, page(scene.draft, "launch"))
    assert look(boss, page(scene.draft, "versions")) and look(
        boss, reverse("admin:campaigns_campaign_calendar")
    )
    boss.post(page(scene.draft, "launch"), {"moment": "now"})
    assert not scene.draft.revisions.exists()


# The page answers as one types


def change(client: Client, address: str, data: dict[str, Any], target: str) -> str:
    answer = client.post(address, data, headers={"HX-Request": "true", "HX-Target": target})
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def test_a_change_is_answered_with_the_sentence_the_result_and_the_problems(scene: Any, boss: Client) -> None:
    state = sent(GOOD) | {"what.0.percent": ["12"]}
    text = change(boss, page(scene.draft), state, "result")
    assert "All members get 12% back in points." in text
    assert "This campaign gives" in text
    text = change(boss, page(scene.draft), state | {"what.0.percent": ["120"]}, "result")
    assert "give a percent above 0 and at most 100" in text
    assert "1 thing is still to be filled in." in text


def test_a_button_adds_a_row_and_the_questions_come_anew(scene: Any, boss: Client) -> None:
    text = change(boss, page(scene.draft), sent(GOOD, op="add:if:receipt_amount"), "questions")
    assert 'name="if.all.0.condition" value="receipt_amount"' in text
    assert "Fill in at least one of the two numbers." in text
    assert not Campaign.objects.get(pk=scene.draft.pk).draft.get("if")


@pytest.mark.parametrize(
    "order", ["remove:what.0", "add:what:points_fixed", "sample-remove:0", "suggest", "json"]
)
def test_a_preview_obeys_no_button_that_merely_has_the_focus(scene: Any, boss: Client, order: str) -> None:
    sample = {
        "sample.~items": "1", "sample.items.0.sku": "C1", "sample.items.0.quantity": "3",
        "sample.items.0.price": "10",
    }  # fmt: skip
    headers = {"HX-Request": "true", "HX-Target": "result"}
    plain = boss.post(page(scene.draft), sent(GOOD) | sample, headers=headers)
    focused = boss.post(page(scene.draft), sent(GOOD, op=order) | sample, headers=headers)
    assert focused.context["bench"].document == GOOD
    assert focused.context["bench"].sample == plain.context["bench"].sample
    assert focused.content == plain.content


def test_the_sample_basket_is_judged_with_what_is_live_and_stays_in_the_session(
    scene: Any, boss: Client
) -> None:
    sample = {
        "sample.~items": "1", "sample.items.0.sku": "C1", "sample.items.0.quantity": "3",
        "sample.items.0.price": "10", "sample.member": "member", "sample.store": "main",
        "sample.at": "2026-03-10T12:00",
    }  # fmt: skip
    state = sent(GOOD, "Seven") | sample
    answer = boss.post(page(scene.draft), state, headers={"HX-Request": "true", "HX-Target": "result"})
    told = answer.context["told"]
    assert (told.points, told.earned, told.total) == (Decimal("2.10"), Decimal("3.60"), 30)
    answer = boss.get(page(scene.draft))
    assert [item.sku for item in answer.context["bench"].sample.items] == ["C1"]
    other = boss.get(page(scene.live)).context["bench"].sample
    assert other.at != answer.context["bench"].sample.at  # each campaign has its own


def test_the_sample_says_why_the_campaign_gives_nothing(scene: Any, boss: Client) -> None:
    state = sent({**GOOD, "if": {"condition": "receipt_amount", "at_least": "100"}}) | {
        "sample.~items": "1", "sample.items.0.sku": "C1", "sample.items.0.quantity": "1", "sample.items.0.price": "10",
    }  # fmt: skip
    text = change(boss, page(scene.draft), state, "result")
    assert "This campaign gives nothing:" in text
    assert "the receipt comes to 10.00" in text


def test_a_sample_that_fits_is_made_by_a_button(scene: Any, boss: Client) -> None:
    document = {
        **GOOD,
        "whom": {"who": "members", "tiers": ["gold"]},
        "what_for": {"of": "lines", "categories": ["coffee"]},
        "when": {"weekdays": [6], "hours": [["13:00", "15:00"]]},
        "if": {"condition": "receipt_amount", "at_least": "100"},
    }
    answer = boss.post(
        page(scene.draft), sent(document, op="suggest"), headers={"HX-Request": "true", "HX-Target": "sample"}
    )
    sample = answer.context["bench"].sample
    assert (sample.tier, sample.at.isoweekday(), sample.at.hour) == ("gold", 6, 13)
    assert answer.context["told"].points > 0


@pytest.mark.parametrize(
    ("sources", "text", "found"),
    [
        ("products,sets,categories", "coff", ["coffee", "C1"]),
        ("categories", "food", ["food"]),
        ("tiers", "go", ["gold"]),
        ("stores,groups,partners", "no", ["north"]),
        ("brands", "Neu", ["Neu"]),
        ("nonsense", "x", []),
    ],
)
def test_things_are_found_by_what_people_call_them(
    scene: Any, boss: Client, sources: str, text: str, found: list[str]
) -> None:
    answer = boss.get(reverse("admin:campaigns_campaign_search"), {"sources": sources, "q": text})
    codes = [thing.code for _source, _title, things in answer.context["found"] for thing in things]
    assert codes == found


def test_what_is_called_exactly_so_is_found_first_and_then_the_shortest_name(
    scene: Any, boss: Client
) -> None:
    for name in ("Bagged tea", "Ice tea", "Tea", "Black tea, loose leaf"):
        factories.CategoryFactory(name=name)
        factories.ProductFactory(name=f"{name} of ours")
    factories.ProductSet.objects.create(code="hot", name="Everything with tea")
    asked = {"sources": "sets,categories,products", "q": "tea"}
    found = boss.get(reverse("admin:campaigns_campaign_search"), asked).context["found"]
    names = {source: [thing.name for thing in things] for source, _title, things in found}
    assert list(names) == ["categories", "sets", "products"]
    assert names["categories"] == ["Tea", "Ice tea", "Bagged tea", "Black tea, loose leaf"]
    assert names["products"][0] == "Tea of ours"


def test_another_programmes_tiers_are_not_offered(scene: Any, boss: Client) -> None:
    factories.TierFactory(code="golden", name="Golden")
    asked = {"sources": "tiers", "q": "gol", "programme": scene.shop.programme.pk}
    answer = boss.get(reverse("admin:campaigns_campaign_search"), asked)
    assert [thing.code for thing in answer.context["found"][0][2]] == ["gold"]


# Launch


def test_a_launch_makes_a_revision_that_is_in_the_newest_rulebook(scene: Any, enter: Any) -> None:
    client = enter(roles.MANAGER)
    answer = client.post(page(scene.draft), sent(GOOD, _launch="1"))
    assert answer.headers["Location"] == page(scene.draft, "launch")
    assert "All members get 7% back in points." in look(client, page(scene.draft, "launch"))
    client.post(page(scene.draft, "launch"), {"moment": "now"})
    revision = Revision.objects.get(campaign=scene.draft)
    assert (revision.number, revision.definition, revision.name) == (1, GOOD, "Named anew")
    assert str(revision.published_by) == roles.MANAGER
    assert revision.pk in Rulebook.objects.latest("id").revisions
    assert client.get(page(scene.draft)).context["state"] == "live"


def test_a_launch_at_a_moment_is_scheduled_until_then(scene: Any, boss: Client) -> None:
    boss.post(page(scene.draft), sent(GOOD, _save="1"))
    boss.post(page(scene.draft, "launch"), {"moment": "later", "at": "2099-01-01T09:00"})
    revision = Revision.objects.get(campaign=scene.draft)
    assert revision.definition["when"] == {"from": "2099-01-01T09:00:00+00:00"}
    assert boss.get(page(scene.draft)).context["state"] == "scheduled"


def test_a_launch_at_no_moment_is_refused(scene: Any, boss: Client) -> None:
    boss.post(page(scene.draft), sent(GOOD, _save="1"))
    answer = boss.post(page(scene.draft, "launch"), {"moment": "later", "at": ""})
    assert "Give the date and time of the launch." in answer.content.decode()
    assert not scene.draft.revisions.exists()


def test_a_window_that_is_over_is_refused_at_the_launch(scene: Any, boss: Client) -> None:
    over = {**GOOD, "when": {"until": "2020-01-01T00:00:00+00:00"}}
    boss.post(page(scene.draft), sent(over, _save="1"))
    answer = boss.post(page(scene.draft, "launch"), {"moment": "now"})
    assert "Its time is over already" in answer.content.decode()
    assert not scene.draft.revisions.exists()


def test_publishing_what_is_live_already_makes_no_revision(scene: Any, boss: Client) -> None:
    boss.post(page(scene.live, "launch"), {"moment": "now"})
    assert scene.live.revisions.count() == 1


def test_the_launch_page_of_a_live_campaign_says_what_changes(scene: Any, boss: Client) -> None:
    boss.post(page(scene.live), sent(GOOD, _save="1"))
    text = look(boss, page(scene.live, "launch"))
    assert "What changes from revision 1" in text
    assert "All members get 5% back in points." in text


# Rights


@pytest.mark.parametrize("role", [roles.OPERATOR, roles.ANALYST])
def test_operators_and_analysts_look_and_change_nothing(scene: Any, enter: Any, role: str) -> None:
    client = enter(role)
    text = look(client, page(scene.draft))
    assert "Save the draft" not in text
    assert client.post(page(scene.draft), sent(GOOD, _save="1")).status_code == 403
    assert client.get(reverse(NEW)).status_code == 403
    assert client.get(page(scene.draft, "launch")).status_code == 403
    for verb in ("pause", "end", "archive"):
        assert client.post(page(scene.live, "move", verb)).status_code == 403
    scene.live.refresh_from_db()
    assert scene.live.status == Campaign.Status.LIVE


def test_who_may_only_look_sees_no_button_of_the_questions_and_tries_other_baskets(
    scene: Any, enter: Any
) -> None:
    document = {**GOOD, "when": {"hours": [["13:00", "15:00"], ["16:00", "17:00"]], "weekdays": [1]}}
    Campaign.objects.filter(pk=scene.draft.pk).update(draft=document)
    client = enter(roles.ANALYST)
    text = look(client, page(scene.draft))
    questions = text[text.index('id="questions"') : text.index("</fieldset>")]
    assert "16:00" in questions
    assert "<button" not in questions
    assert "<summary" not in questions
    assert 'value="json"' not in text
    state = {
        "sample.~items": "1",
        "sample.items.0.sku": "C1",
        "sample.items.0.price": "10",
        "sample.member": "member",
    }
    for quantity, op in (("3", ""), ("3", "sample-remove:0")):
        headers = {"HX-Request": "true", "HX-Target": "sample"}
        sent_now = state | {"sample.items.0.quantity": quantity, "op": op}
        answer = client.post(page(scene.draft), sent_now, headers=headers)
        assert len(answer.context["bench"].sample.items) == (0 if op else 1)
        assert answer.context["bench"].document["when"] == document["when"]
    headers = {"HX-Request": "true", "HX-Target": "questions"}
    assert client.post(page(scene.draft), sent(GOOD, op="remove:what.0"), headers=headers).status_code == 403


def test_every_id_of_the_constructor_is_there_once(scene: Any, boss: Client) -> None:
    for key in MECHANICS:
        text = boss.get(reverse(NEW) + f"?ready={key}").content.decode()
        ids = Counter(re.findall(r'\sid="([^"]+)"', text))
        assert [one for one, count in ids.items() if count > 1] == [], key


def test_the_sample_stands_in_a_store_that_sells_its_goods(scene: Any, boss: Client) -> None:
    partner = factories.PartnerFactory(code="fuel")
    factories.StoreFactory(code="a-station", partner=partner)
    factories.ParticipationFactory(partner=partner, programme=scene.shop.programme)
    document = {**GOOD, "what_for": {"of": "lines", "products": ["C1"]}}
    headers = {"HX-Request": "true", "HX-Target": "sample"}
    answer = boss.post(page(scene.draft), sent(document, op="suggest"), headers=headers)
    sample = answer.context["bench"].sample
    assert (sample.items[0].sku, sample.store) == ("C1", scene.shop.store.code)


@pytest.fixture
def editor(enter: Any) -> Client:
    """Somebody who may change campaigns, and not publish them."""
    client: Client = enter(roles.ANALYST)
    Group.objects.get(name=roles.ANALYST).permissions.add(Permission.objects.get(codename="change_campaign"))
    return client


def test_who_may_not_publish_sends_the_draft_to_review_and_who_may_approves(
    scene: Any, editor: Client, enter: Any
) -> None:
    text = look(editor, page(scene.draft))
    assert "Send to review" in text and "Launch…" not in text
    editor.post(page(scene.draft), sent(GOOD, _submit="1"))
    assert editor.get(page(scene.draft)).context["state"] == "review"
    assert not scene.draft.revisions.exists()
    assert editor.post(page(scene.draft, "launch"), {"moment": "now"}).status_code == 403
    manager = enter(roles.MANAGER)
    assert f"sent to review by {roles.ANALYST}" in look(manager, page(scene.draft))
    manager.post(page(scene.draft, "launch"), {"moment": "now"})
    assert manager.get(page(scene.draft)).context["state"] == "live"
    scene.draft.refresh_from_db()
    assert scene.draft.submitted_at is None


def test_a_review_may_be_sent_back(scene: Any, editor: Client, enter: Any) -> None:
    editor.post(page(scene.draft), sent(GOOD, _submit="1"))
    manager = enter(roles.MANAGER)
    manager.post(page(scene.draft, "move", "send-back"))
    assert manager.get(page(scene.draft)).context["state"] == "draft"


def test_an_unfinished_draft_is_not_sent_to_review(scene: Any, editor: Client) -> None:
    editor.post(page(scene.draft), sent(BAD, _submit="1"))
    assert editor.get(page(scene.draft)).context["state"] == "draft"


# Start and stop


@pytest.mark.parametrize(
    ("verbs", "state", "in_force"),
    [
        (["pause"], "paused", False),
        (["pause", "resume"], "live", True),
        (["end"], "ended", False),
        (["pause", "end"], "ended", False),
        (["end", "archive"], "archived", False),
        (["end", "archive", "bring-back"], "ended", False),
        (["archive"], "live", True),
        (["resume"], "live", True),
        (["end", "resume"], "ended", False),
    ],
)
def test_a_campaign_starts_and_stops_at_once(
    scene: Any, enter: Any, verbs: list[str], state: str, in_force: bool
) -> None:
    client = enter(roles.MANAGER)
    for verb in verbs:
        assert client.post(page(scene.live, "move", verb)).status_code == 302
    assert client.get(page(scene.live)).context["state"] == state
    assert (scene.live.revisions.get().pk in Rulebook.objects.latest("id").revisions) is in_force
    assert scene.live.revisions.count() == 1


def test_a_paused_campaign_offers_to_go_on_wherever_it_is_looked_at(scene: Any, enter: Any) -> None:
    client = enter(roles.MANAGER)
    resume = page(scene.live, "move", "resume")
    for name in ("change", "launch", "versions"):
        assert resume not in look(client, page(scene.live, name))
    client.post(page(scene.live, "move", "pause"))
    for name in ("change", "launch", "versions"):
        assert resume in look(client, page(scene.live, name)), name
    assert "It gives nothing until it is resumed." in look(client, page(scene.live))
    answer = client.post(resume, follow=True)
    assert "The campaign is live now." in answer.content.decode()
    assert Event.objects.filter(kind="campaign.resumed", data__campaign="base5").count() == 1


def test_what_was_changed_during_a_pause_stays_a_draft_when_the_campaign_goes_on(
    scene: Any, boss: Client
) -> None:
    boss.post(page(scene.live, "move", "pause"))
    boss.post(page(scene.live), sent(GOOD, _save="1"))
    text = look(boss, page(scene.live, "launch"))
    assert "What is changed stays a draft." in text and "When does it begin?" in text
    boss.post(page(scene.live, "move", "resume"))
    scene.live.refresh_from_db()
    assert (scene.live.status, scene.live.draft) == (Campaign.Status.LIVE, GOOD)
    assert scene.live.revisions.get().definition["what"][0]["percent"] == "5"


def test_launching_what_is_paused_and_unchanged_makes_no_revision(scene: Any, boss: Client) -> None:
    boss.post(page(scene.live, "move", "pause"))
    boss.post(page(scene.live, "launch"), {"moment": "now"})
    assert boss.get(page(scene.live)).context["state"] == "live"
    assert scene.live.revisions.count() == 1
    assert scene.live.revisions.get().pk in Rulebook.objects.latest("id").revisions


def test_there_is_nothing_to_publish_where_nothing_has_changed(scene: Any, boss: Client) -> None:
    text = look(boss, page(scene.live, "launch"))
    assert "Nothing has changed since" in text and "When does it begin?" not in text


def test_nothing_is_moved_by_looking(scene: Any, boss: Client) -> None:
    assert boss.get(page(scene.live, "move", "end")).status_code == 404
    scene.live.refresh_from_db()
    assert scene.live.status == Campaign.Status.LIVE


def test_what_is_archived_is_neither_listed_nor_changed(scene: Any, boss: Client) -> None:
    boss.post(page(scene.draft, "move", "archive"))
    listing = reverse("admin:campaigns_campaign_changelist")
    assert page(scene.draft) not in look(boss, listing)
    assert page(scene.draft) in look(boss, listing + "?state=archived")
    assert "Save the draft" not in look(boss, page(scene.draft))
    assert boss.post(page(scene.draft), sent(GOOD, _save="1")).status_code == 403


def test_only_what_was_never_published_is_deleted(scene: Any, boss: Client) -> None:
    assert boss.post(page(scene.live, "delete"), {"post": "yes"}).status_code == 403
    assert boss.post(page(scene.draft, "delete"), {"post": "yes"}).status_code == 302
    assert not Campaign.objects.filter(pk=scene.draft.pk).exists()


# How it is doing


def test_the_effect_of_a_running_campaign_is_followed(scene: Any, boss: Client) -> None:
    text = look(boss, page(scene.live, "standing"))
    assert "Receipts in all</dt><dd>1</dd>" in text
    standing = boss.get(page(scene.live, "standing")).context["standing"]
    assert (standing.points, standing.receipts, standing.accounts) == (Decimal("1.00"), 1, 1)
    assert page(scene.live, "standing") in look(boss, page(scene.live))
    assert page(scene.draft, "standing") not in look(boss, page(scene.draft))


# Versions


def test_every_change_is_kept_with_who_made_it_and_can_be_restored(scene: Any, enter: Any) -> None:
    client = enter(roles.MANAGER)
    before = scene.live.draft
    client.post(page(scene.live), sent(GOOD, _launch="1"))
    client.post(page(scene.live, "launch"), {"moment": "now"})
    text = look(client, page(scene.live, "versions"))
    assert "Revision 2" in text and "saved the draft" in text and roles.MANAGER in text
    client.post(page(scene.live, "versions"), {"restore": "r1"})
    scene.live.refresh_from_db()
    assert scene.live.draft == before
    assert scene.live.revisions.count() == 2
    assert scene.live.events.count() == 4  # made, published, saved, restored


def test_two_versions_stand_side_by_side(scene: Any, boss: Client) -> None:
    boss.post(page(scene.live), sent(GOOD, _launch="1"))
    boss.post(page(scene.live, "launch"), {"moment": "now"})
    answer = boss.get(page(scene.live, "versions"), {"a": "r1", "b": "r2"})
    left, right = answer.context["sides"]
    assert left["said"] == [("All members get 5% back in points.", True)]
    assert right["said"] == [("All members get 7% back in points.", True)]


def test_a_version_of_another_campaign_is_not_restored(scene: Any, boss: Client) -> None:
    event = scene.live.events.first()
    assert boss.post(page(scene.draft, "versions"), {"restore": f"d{event.pgh_id}"}).status_code == 404
