"""Coupons in the back office: series, codes made and loaded, paper and files, and who may do what."""

from __future__ import annotations

import csv
from datetime import date
from typing import Any
from unittest import mock
from urllib.parse import urlencode
from xml.etree import ElementTree

import pytest
from django.contrib.admin.models import LogEntry
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from backoffice.coupons import printing as coupons_print
from backoffice.staff import roles
from campaigns.models import Campaign
from members.models import Event, new_id
from rewards import codes, tasks
from rewards.coupons import batches
from rewards.models import CodeBatch, Coupon, Series
from tests import factories
from tests.rewards.coupons.build import NOW, count_of, make_coupon, make_receipt, make_series, spend


@pytest.fixture
def spring(scene: Any) -> Series:
    """The series of which Anna has a coupon."""
    return Series.objects.get(code="spring")


@pytest.fixture(autouse=True)
def at_once(django_capture_on_commit_callbacks: Any) -> Any:
    """Tasks run as soon as they are asked for: these tests never commit."""
    with mock.patch("django.db.transaction.on_commit", lambda work, *_, **__: work()):
        yield


def address(page: str, *args: Any) -> str:
    return reverse(f"admin:rewards_series_{page}", args=args)


def coupon_address(page: str, *args: Any) -> str:
    return reverse(f"admin:rewards_coupon_{page}", args=args)


def new(scene: Any, **fields: Any) -> dict[str, Any]:
    """What the form of a new series sends."""
    return {
        "programme": scene.shop.programme.pk, "name": "Summer", "code": "summer", "offer": "", "kind": "personal",
        "good_for": "receipt", "uses_each": "1", "combinable": "on", "prefix": "", "length": "12", "active": "on",
        **fields,
    }  # fmt: skip


def edited(series: Series, **fields: Any) -> dict[str, Any]:
    """What the form of a series that is there sends."""
    return {
        "name": series.name, "good_for": series.good_for, "length": series.length, "active": "on", **fields,
    }  # fmt: skip


def errors(answer: Any) -> dict[str, list[str]]:
    return dict(answer.context["adminform"].form.errors)


def text(answer: Any) -> str:
    if answer.streaming:
        return b"".join(answer.streaming_content).decode()
    return answer.content.decode()


# The series


def test_a_new_series_leads_to_its_page_where_codes_are_made(scene, boss):
    answer = boss.post(address("add"), new(scene, most_in_all="500", most_per_member="2", prefix="sum-mer"))
    series = Series.objects.get(code="summer")
    assert answer.headers["Location"] == address("change", series.pk)
    assert (series.total.most, series.most_per_member, series.prefix) == (500, 2, "SUMMER")
    page = text(boss.get(answer.headers["Location"]))
    assert "There are no codes yet." in page
    assert "A coupon gives only what a campaign says for it" in page


def test_a_series_of_one_code_is_made_with_it_and_hides_what_is_of_many(scene, boss):
    sent = new(scene, kind="mass", mass_code="Summer-10", days="5", from_pool="on")
    answer = boss.post(address("add"), sent)
    coupon = Coupon.objects.get(code="SUMMER10")
    assert (coupon.series.uses_each, coupon.series.days, coupon.series.from_pool) == (None, None, False)
    page = text(boss.get(answer.headers["Location"]))
    assert "SUMMER10" in page
    assert "Generate codes" not in page
    assert boss.get(address("generate", coupon.series_id)).status_code == 404


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"kind": "mass"}, "mass_code"),
        ({"kind": "mass", "mass_code": "an-nas 1"}, "mass_code"),
        ({"prefix": "50%"}, "prefix"),
        ({"length": "3"}, "length"),
        ({"most_in_all": "0"}, "most_in_all"),
        ({"uses_each": "0"}, "uses_each"),
        ({"valid_from": "2026-05-02", "valid_until": "2026-05-01"}, "valid_until"),
        ({"code": "spring"}, "__all__"),
    ],
)
def test_what_makes_no_sense_is_told_beside_its_field(scene, boss, fields, field):
    answer = boss.post(address("add"), new(scene, **fields))
    assert answer.status_code == 200
    assert list(errors(answer)) == [field]
    assert Series.objects.count() == 1


def test_a_limit_is_set_moved_and_lifted(scene, spring, boss):
    spend(spring, "ANNAS1", member=scene.member)
    for sent, most in (("3", 3), ("2", 2), ("", None)):
        boss.post(address("change", spring.pk), edited(spring, most_in_all=sent))
        spring = Series.objects.get(pk=spring.pk)
        assert getattr(getattr(spring, "total", None), "most", None) == most
    spend(spring, make_coupon(spring))
    answer = boss.post(address("change", spring.pk), edited(spring, most_in_all="1"))
    assert errors(answer) == {"most_in_all": ["2 coupons have been used already: give at least that many."]}


def test_saving_other_fields_keeps_the_limit_and_the_uses(scene, boss):
    series = make_series(scene.shop.programme, most_in_all=5, most_per_member=2)
    spend(series, make_coupon(series), member=scene.member)
    page = boss.get(address("change", series.pk))
    assert page.context["adminform"].form["most_in_all"].value() == 5
    boss.post(
        address("change", series.pk), edited(series, name="Other", most_in_all="5", most_per_member="2")
    )
    series = Series.objects.get(pk=series.pk)
    assert (series.name, series.total.uses, series.members.get().uses) == ("Other", 1, 1)


def test_the_list_shows_uses_and_whether_coupons_can_be_used(scene, spring, boss):
    spend(spring, "ANNAS1", member=scene.member)
    make_series(scene.shop.programme, name="Over", valid_until=date(2020, 1, 1), most_in_all=9)
    make_series(scene.shop.programme, name="Off", active=False)
    rows = {row.name: row for row in boss.get(address("changelist")).context["cl"].result_list}
    desk = boss.get(address("changelist")).context["cl"].model_admin
    assert {name: desk.show_active(row)[0] for name, row in rows.items()} == {
        "Spring": "active", "Over": "over", "Off": "off",
    }  # fmt: skip
    assert {name: desk.show_uses(row) for name, row in rows.items()} == {
        "Spring": "1",
        "Over": "0 / 9",
        "Off": "0",
    }


def test_the_page_shows_the_newest_uses_and_the_campaigns_that_know_the_series(scene, spring, boss):
    definition = {
        "whom": {"who": "members"}, "if": {"all": [{"condition": "coupon", "series": ["spring"]}]},
        "what": [{"effect": "points_fixed", "points": "10"}],
    }  # fmt: skip
    factories.CampaignFactory(programme=scene.shop.programme, name="For coupons", draft=definition)
    other = {"whom": {"who": "members"}, "what": [{"effect": "issue_coupon", "series": "autumn"}]}
    factories.CampaignFactory(programme=scene.shop.programme, name="For others", draft=other)
    spend(spring, "ANNAS1", member=scene.member, receipt=scene.receipt.id)
    page = boss.get(address("change", spring.pk))
    assert [campaign.name for campaign, _deeds, _doubt in page.context["campaigns"]] == ["For coupons"]
    assert [(use.receipt, use.member) for use in page.context["uses"]] == [(scene.receipt, scene.member)]
    assert dict((state, count) for state, _label, count in page.context["states"])["used"] == 1


@pytest.mark.parametrize(
    ("good_for", "what_for", "effect", "doubt"),
    [
        ("receipt", {}, {"effect": "discount_amount", "amount": "5"}, ""),
        ("item", {"of": "lines"}, {"effect": "discount_percent", "percent": "5"}, ""),
        ("item", {}, {"effect": "gift", "products": ["TEA"]}, ""),
        ("item", {}, {"effect": "discount_amount", "amount": "5"}, "the whole receipt"),
        ("receipt", {"of": "lines"}, {"effect": "discount_percent", "percent": "5"}, "something for goods"),
    ],
)
def test_the_page_says_when_a_campaign_gives_another_thing_than_the_coupon_is_for(
    scene, boss, good_for, what_for, effect, doubt
):
    made = make_series(scene.shop.programme, good_for=good_for)
    definition = {
        "whom": {"who": "members"}, "if": {"any": [{"condition": "coupon", "series": [made.code]}]},
        "what_for": what_for, "what": [effect],
    }  # fmt: skip
    factories.CampaignFactory(programme=scene.shop.programme, draft=definition)
    page = boss.get(address("change", made.pk))
    [(_campaign, _deeds, told)] = page.context["campaigns"]
    assert bool(told) == bool(doubt) and doubt in told
    assert told in text(page)


def test_only_a_series_without_coupons_and_campaigns_is_deleted(scene, spring, boss):
    empty = make_series(scene.shop.programme, code="empty")
    known = make_series(scene.shop.programme, code="known")
    draft = {"whom": {"who": "members"}, "what": [{"effect": "issue_coupon", "series": "known"}]}
    Campaign.objects.filter(pk=scene.draft.pk).update(draft=draft)
    answers = [
        boss.post(address("delete", s.pk), {"post": "yes"}).status_code for s in (spring, known, empty)
    ]
    assert answers == [403, 403, 302]
    assert set(Series.objects.values_list("code", flat=True)) == {"spring", "known"}


# Codes made and loaded


def test_codes_are_generated_and_the_page_says_how_many(scene, spring, boss):
    answer = boss.post(address("generate", spring.pk), {"count": "25"})
    assert answer.headers["Location"] == address("change", spring.pk)
    batch = CodeBatch.objects.get()
    assert (batch.status, batch.made, str(batch.created_by)) == ("done", 25, "boss")
    page = boss.get(address("change", spring.pk))
    assert dict((state, count) for state, _label, count in page.context["states"])["issued"] == 26
    assert "hx-trigger" not in text(boss.get(address("codes", spring.pk)))
    assert LogEntry.objects.filter(object_id=spring.pk).exists()


def test_too_many_codes_for_their_length_are_refused_with_the_reason(scene, boss):
    series = make_series(scene.shop.programme, length=8)
    answer = boss.post(address("generate", series.pk), {"count": "100000"})
    assert "can be guessed" in str(answer.context["form"].errors["count"])
    assert CodeBatch.objects.count() == 0


def test_a_file_is_loaded_and_its_bad_lines_go_out_as_a_file(scene, spring, boss):
    file = SimpleUploadedFile("codes.csv", b"NEW1\nNEW2\nNEW1\nannas1\n=1+1\n")
    boss.post(address("load", spring.pk), {"file": file})
    batch = CodeBatch.objects.get()
    assert (batch.made, batch.repeated, batch.present, batch.malformed) == (2, 1, 1, 1)
    rows = list(csv.reader(text(boss.get(address("faults", batch.pk))).removeprefix("\ufeff").splitlines()))
    assert [row[:2] for row in rows] == [["line", "text"], ["3", "NEW1"], ["4", "annas1"], ["5", "'=1+1"]]


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04\x00\x00"])
def test_a_file_that_will_not_do_is_refused_on_its_form(scene, spring, boss, content):
    answer = boss.post(address("load", spring.pk), {"file": SimpleUploadedFile("codes.csv", content)})
    assert "file" in answer.context["form"].errors
    assert CodeBatch.objects.count() == 0


def test_a_batch_at_work_moves_by_itself_and_is_stopped_and_goes_on(scene, spring, boss):
    with mock.patch.object(tasks.work_on_codes, "delay"):
        boss.post(address("generate", spring.pk), {"count": "10"})
    batch = CodeBatch.objects.get()
    part = text(boss.get(address("codes", spring.pk)))
    assert 'hx-trigger="every 1s"' in part
    assert 'aria-valuenow="0"' in part
    assert boss.get(address("stop", batch.pk)).status_code == 404
    part = text(boss.post(address("stop", batch.pk)))
    assert "Go on" in part
    assert "hx-trigger" not in part
    assert batches.work(batch.pk).made == 0
    boss.post(address("resume", batch.pk))
    batch.refresh_from_db()
    assert (batch.status, batch.made) == ("done", 10)


def test_all_coupons_of_a_series_are_revoked(scene, spring, boss):
    assert boss.get(address("revoke_all", spring.pk)).status_code == 200
    assert Coupon.objects.get(code="ANNAS1").state == "issued"
    answer = boss.post(address("revoke_all", spring.pk), {"_form_submitted": "True"})
    assert answer.headers["HX-Redirect"] == address("change", spring.pk)
    assert Coupon.objects.get(code="ANNAS1").state == "revoked"
    assert Event.objects.filter(kind="coupon.revoked", member=scene.member).count() == 1


# Paper and files


def test_a_sheet_shows_each_coupon_that_can_be_used_with_its_pictures(scene, boss):
    series = make_series(scene.shop.programme, name="Autumn", offer="5 off", prefix="AUT")
    batches.work(batches.generate(series, 12, NOW).pk)
    make_coupon(series, "GONE1", state="revoked")
    page = boss.get(address("print", series.pk))
    assert [len(paper) for paper in page.context["papers"]] == [10, 2]
    shown = text(page)
    assert "GONE1" not in shown
    for coupon in Coupon.objects.filter(series=series, state="issued"):
        assert codes.show(coupon.code, "AUT") in shown
    assert shown.count("<svg") == 24


def test_long_lists_are_printed_sheet_by_sheet(scene, boss, monkeypatch):
    monkeypatch.setattr(coupons_print, "ON_SHEET", 3)
    series = make_series(scene.shop.programme)
    batch = batches.work(batches.generate(series, 7, NOW).pk)
    make_coupon(series, "APART")
    seen, after = [], ""
    while after is not None:
        page = boss.get(address("print", series.pk) + "?" + urlencode({"batch": batch.pk, "after": after}))
        seen += [p.coupon.code for paper in page.context["papers"] for p in paper]
        after = page.context["following"]
    assert sorted(seen) == sorted(batch.coupons.values_list("code", flat=True))


def test_one_code_for_all_is_printed_on_the_whole_page(scene, boss):
    series = make_series(scene.shop.programme, mass_code="СКИДКА10")
    page = boss.get(address("print", series.pk))
    assert page.context["count"] == 10
    assert text(page).count("<svg") == 10  # Code 128 has no Cyrillic letters


def test_codes_go_out_as_a_file(scene, spring, boss):
    make_coupon(spring, "FREE1", most=None)
    rows = list(
        csv.DictReader(text(boss.get(address("export", spring.pk))).removeprefix("\ufeff").splitlines())
    )
    assert [(row["code"], row["issued_to"], row["most_uses"]) for row in rows] == [
        ("ANNAS1", scene.member.phone, "1"), ("FREE1", "", ""),
    ]  # fmt: skip


def test_one_coupon_is_a_picture(scene, spring, boss):
    Series.objects.filter(pk=spring.pk).update(offer="5 < 10 & more")
    coupon = Coupon.objects.get(code="ANNAS1")
    answer = boss.get(coupon_address("draw", coupon.pk))
    assert answer.headers["Content-Type"].startswith("image/svg+xml")
    assert "ANNAS1" in text(answer)
    picture = ElementTree.fromstring(text(answer))
    assert "5 < 10 & more" in [node.text for node in picture.iter() if node.text]


# Coupons one by one


@pytest.mark.parametrize("said", ["annas1", "ANN AS-1", "Kern"])
def test_a_coupon_is_found_by_its_code_however_typed_and_by_its_member(scene, spring, boss, said):
    make_coupon(spring, "OTHER1", member=factories.MemberFactory(last_name="Berg"))
    found = boss.get(coupon_address("changelist"), {"q": said}).context["cl"].result_list
    assert [coupon.code for coupon in found] == ["ANNAS1"]


def test_a_coupon_whose_time_is_over_is_shown_so_before_its_label_says_it(scene, boss):
    series = make_series(scene.shop.programme, valid_until=date(2020, 1, 1))
    coupon = make_coupon(series)
    desk = boss.get(coupon_address("changelist")).context["cl"].model_admin
    assert desk.show_state(coupon)[0] == "expired"
    assert count_of(coupon)[0] == "issued"


def test_chosen_coupons_are_revoked(scene, spring, boss):
    coupon, used = Coupon.objects.get(code="ANNAS1"), make_coupon(spring)
    spend(spring, used)
    chosen = {"action": "revoke", "_selected_action": [coupon.pk, used.pk]}
    page = boss.post(coupon_address("changelist"), chosen, follow=True)
    assert "1 coupon revoked." in text(page)
    assert (count_of(coupon)[0], count_of(used)[0]) == ("revoked", "used")


def test_the_members_page_shows_coupons_and_what_can_be_done_with_them(scene, spring, boss):
    spent = make_coupon(spring, "SPENT1", member=scene.member)
    spend(spring, spent, member=scene.member, receipt=make_receipt(scene.shop.programme))
    page = text(boss.get(reverse("admin:members_member_change", args=[scene.member.pk])))
    for words in ("ANNAS1", "can be used", "SPENT1", "The coupon was used already.", "Give a coupon"):
        assert words in page


def test_a_coupon_is_given_to_a_member_once_however_often_the_form_is_sent(scene, spring, boss):
    form = {"key": str(new_id()), "series": spring.pk}
    for _ in range(2):
        answer = boss.post(coupon_address("give", scene.member.pk), form)
        assert answer.headers["Location"] == reverse("admin:members_member_change", args=[scene.member.pk])
    coupon = Coupon.objects.get(member=scene.member, cause__startswith="hand:")
    assert codes.is_right(coupon.code)
    assert Event.objects.filter(kind="coupon.issued", member=scene.member).count() == 1


def test_a_series_that_has_none_to_give_says_so(scene, boss):
    empty = make_series(scene.shop.programme, from_pool=True)
    answer = boss.post(coupon_address("give", scene.member.pk), {"key": str(new_id()), "series": empty.pk})
    assert "its pool is empty" in str(answer.context["form"].errors["series"])


# Who may do what


@pytest.mark.parametrize(
    ("role", "allowed"),
    [
        (roles.MANAGER, {"list", "page", "generate", "print", "export", "svg", "coupons", "give"}),
        (roles.OPERATOR, {"list", "page", "coupons", "give"}),
        (roles.ANALYST, {"list", "page"}),
        (roles.CASHIER, set()),
    ],
)
def test_each_role_reaches_what_it_may_and_nothing_else(scene, spring, enter, role, allowed):
    client: Client = enter(role)
    coupon = Coupon.objects.get(code="ANNAS1")
    pages = {
        "list": address("changelist"), "page": address("change", spring.pk), "generate": address("generate", spring.pk),
        "print": address("print", spring.pk), "export": address("export", spring.pk),
        "svg": coupon_address("draw", coupon.pk), "coupons": coupon_address("changelist"),
        "give": coupon_address("give", scene.member.pk),
    }  # fmt: skip
    assert {name for name, page in pages.items() if client.get(page).status_code == 200} == allowed


def test_whoever_may_not_see_codes_is_shown_none(scene, spring, enter):
    spend(spring, "ANNAS1", member=scene.member)
    make_series(scene.shop.programme, mass_code="SECRET1", code="mass")
    analyst: Client = enter(roles.ANALYST)
    pages = [
        address("change", spring.pk), address("change", Series.objects.get(code="mass").pk),
        reverse("admin:members_member_change", args=[scene.member.pk]),
    ]  # fmt: skip
    for page in pages:
        shown = text(analyst.get(page))
        assert "SECRET1" not in shown
        assert ">ANNAS1<" not in shown


def test_those_who_only_look_read_the_limits(scene, enter):
    limited = make_series(scene.shop.programme, most_in_all=5000, uses_each=3)
    page = text(enter(roles.ANALYST).get(address("change", limited.pk)))
    assert "5,000" in page
    assert "Uses in all" in page


def test_those_who_only_look_change_nothing(scene, spring, enter):
    with mock.patch.object(tasks.work_on_codes, "delay"):
        batch = batches.generate(spring, 5, timezone.now())
    operator: Client = enter(roles.OPERATOR)
    sent = [
        operator.post(address("generate", spring.pk), {"count": "5"}),
        operator.post(address("load", spring.pk), {"file": SimpleUploadedFile("x", b"AAA1")}),
        operator.post(address("stop", batch.pk)),
        operator.post(address("revoke_all", spring.pk), {"_form_submitted": "True"}),
        operator.post(address("change", spring.pk), edited(spring, name="Mine")),
    ]
    assert {answer.status_code for answer in sent} == {403}
    operator.post(
        coupon_address("changelist"), {"action": "revoke", "_selected_action": [Coupon.objects.get().pk]}
    )
    assert Coupon.objects.get().state == "issued"
    assert CodeBatch.objects.get().status == "waiting"
    assert Series.objects.get().name == "Spring"
