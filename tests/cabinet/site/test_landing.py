"""Landing pages follow their campaign; where people came from ends at the member, and visits are nobody's."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connections
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from backoffice.staff import roles
from campaigns.checkout import checkout
from campaigns.models import AnswerSheet, Campaign, LandingPage
from campaigns.questionnaires import states
from loyalty.appearance import arrivals, pictures
from loyalty.appearance.arrivals import Came
from loyalty.models import Appearance, Arrival
from members.models import Event, Member, User
from tests import factories
from tests.cabinet import post
from tests.cabinet.site.test_look import logo
from tests.cabinet.test_entry import CODE, JOIN, PHONE, YES
from tests.factories import Shop
from tests.questions import opened, question
from tests.races.selling import basket

PAGE = "/site/club/p/coffee/"


@pytest.fixture
def page(shop: Shop) -> LandingPage:
    """A page that tells of a campaign."""
    campaign = factories.publish_campaign(shop.programme, code="seven", name="Seven")
    return LandingPage.objects.create(
        campaign=campaign,
        code="coffee",
        title="Coffee <weeks>",
        lead="Come in",
        text="One.\n\nTwo.",
        published=True,
    )


def read(client: Client, path: str = PAGE) -> str:
    answer = client.get(path, headers={"accept-language": "en"})
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_shared_link_has_a_preview_card_with_whole_addresses(client: Client, page: LandingPage) -> None:
    page.picture = pictures.keep_photo(logo(), "picture")
    page.picture_text = "A cup"
    page.save()
    text = read(client)
    told = dict(re.findall(r'<meta property="og:([\w:]+)" content="([^"]*)">', text))
    assert told["title"] == "Coffee &lt;weeks&gt;"
    assert told["description"] == "Come in"
    assert told["url"] == f"http://testserver{PAGE}"
    assert told["image"] == f"http://testserver/pictures/{page.picture_id}/"
    assert (told["image:width"], told["image:height"], told["image:alt"]) == ("300", "100", "A cup")
    assert 'name="twitter:card" content="summary_large_image"' in text
    assert f"https://t.me/share/url?url=http%3A%2F%2Ftestserver{PAGE.replace('/', '%2F')}" in text
    assert "All members get 5% back in points" in text
    assert not re.search(r"\sstyle=|<style", text)


def test_the_page_says_what_its_campaign_is_now(client: Client, page: LandingPage, shop: Shop) -> None:
    def publish(**when: str) -> str:
        draft = factories.percent_of_receipt("5") | {"when": when}
        campaign = factories.publish_campaign(shop.programme, draft)
        LandingPage.objects.filter(pk=page.pk).update(campaign=campaign)
        return read(client)

    soon, past = timezone.now() + timedelta(days=9), "2026-02-01T00:00:00+00:00"
    assert "This begins on" in publish(**{"from": soon.isoformat()})
    assert "until" in publish(until=soon.isoformat())
    over = publish(until=past)
    assert "This offer is over" in over
    assert "back in points" not in over
    assert 'name="robots" content="noindex' in over
    Campaign.objects.update(status=Campaign.Status.PAUSED)
    assert "This offer is over" in read(client)


def test_what_guests_may_not_know_is_not_told_on_the_page_either(
    client: Client, page: LandingPage, shop: Shop
) -> None:
    secret = factories.percent_of_receipt("5") | {"whom": {"who": "members", "segments": ["rich"]}}
    page.campaign = factories.publish_campaign(shop.programme, secret)
    page.save()
    assert "rich" not in read(client)


def test_an_unpublished_page_is_there_for_the_staff_alone_and_counts_nobody(
    client: Client, page: LandingPage, shop: Shop
) -> None:
    LandingPage.objects.update(published=False)
    assert client.get(PAGE).status_code == 404
    roles.create()
    user = User.objects.create(username="m", is_staff=True)
    user.groups.add(*user.groups.model.objects.filter(name="manager"))
    client.force_login(user)
    assert "nobody but the staff sees it" in read(client)
    assert not Arrival.objects.exists()


def test_a_page_of_another_programme_is_not_there(client: Client, page: LandingPage) -> None:
    factories.open_shop(store="o", code="other")
    assert client.get("/site/other/p/coffee/").status_code == 404


def join(client: Client, sent: list[post.Sent], address: str, phone: str = PHONE) -> Member:
    assert client.post(address, {"to": phone}).status_code == 302
    assert client.post(CODE, {"code": sent[-1].code}).status_code == 302
    assert client.post(JOIN, YES).status_code == 302
    return Member.objects.get(phone=phone)


def test_where_somebody_came_from_ends_at_the_member_and_is_counted_to_the_first_purchase(
    client: Client, page: LandingPage, shop: Shop, sent: list[post.Sent]
) -> None:
    text = read(client, f"{PAGE}?from=flyer")
    [address] = re.findall(r'action="(/cabinet/club/enter/[^"]*)"', text)

    member = join(client, sent, address)

    assert member.source == "page:coffee.flyer"
    assert member.consents.first().source == "page:coffee.flyer"  # type: ignore[union-attr]
    assert Event.objects.get(kind="member.registered").data["source"] == "page:coffee.flyer"
    assert arrivals.count(shop.programme) == [Came("page:coffee.flyer", 1, 1, 0)]
    now = timezone.now()
    checkout.purchase(basket(member, 1, purchased_at=now), now)
    read(client)
    link = arrivals.count(shop.programme, begins="page:coffee")
    assert arrivals.of_links(link, "page:coffee") == Came("page:coffee", 2, 1, 1)


@pytest.mark.parametrize("word", ["x y", "a" * 19, "<b>", "a.b", ""])
def test_a_word_that_is_none_is_left_out_of_the_source(client: Client, page: LandingPage, word: str) -> None:
    client.get(PAGE, {"from": word})
    assert [row.source for row in Arrival.objects.all()] == ["page:coffee"]


def test_who_scans_a_stores_code_joins_with_that_store_as_source(
    client: Client, shop: Shop, sent: list[post.Sent]
) -> None:
    address = "/cabinet/club/enter/?from=store:s"
    assert client.get(address).status_code == 200
    member = join(client, sent, address)
    assert member.source == "store:s"
    assert arrivals.count(shop.programme) == [Came("store:s", 1, 1, 0)]


@pytest.mark.parametrize("word", ["anna@example.org", "Anna Kern", "x" * 65, "<b>", "+4915112345678"])
def test_what_is_no_word_is_no_source(client: Client, shop: Shop, sent: list[post.Sent], word: str) -> None:
    address = f"/cabinet/club/enter/?{urlencode({'from': word})}"
    assert join(client, sent, address).source == "cabinet"


def test_made_up_sources_make_no_rows(client: Client, shop: Shop) -> None:
    factories.StoreFactory(code="foreign")
    for word in ("store:none", "store:foreign", "store:", "page:coffee", "x" * 200, "store:s%00"):
        client.get(f"/cabinet/club/enter/?from={word}")
    assert not Arrival.objects.exists()


@pytest.mark.usefixtures("transactional_db")
def test_visits_at_the_same_moment_are_all_counted() -> None:
    programme = factories.ProgrammeFactory()
    day = datetime(2026, 3, 1, tzinfo=UTC).date()

    def visit(_number: int) -> None:
        arrivals.note(programme, "page:coffee", day)
        connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(visit, range(40)))
    assert Arrival.objects.get().visits == 40


def test_the_staff_print_the_code_of_a_store_and_read_who_came_by_it(
    client: Client, page: LandingPage, shop: Shop
) -> None:
    Appearance.objects.create(programme=shop.programme, slogan="Coffee counts", domain="club.example.com")
    boss = User.objects.create_superuser("boss")
    client.force_login(boss)
    poster = client.get(f"/admin/loyalty/store/{shop.store.pk}/code/", headers={"accept-language": "en"})
    text = poster.content.decode()
    assert "http://club.example.com/cabinet/club/enter/?from=store:s" in text
    assert "<svg" in text
    landing = client.get(f"/admin/campaigns/landingpage/{page.pk}/code/").content.decode()
    assert f"http://club.example.com{PAGE}?from=qr" in landing
    factories.enrol(shop.programme, source="store:s", phone="+4915100000077")
    told = client.get(
        "/admin/loyalty/appearance/sources/", headers={"accept-language": "en"}
    ).content.decode()
    assert f"Code in the store {shop.store.name}" in told
    assert client.get(f"/admin/campaigns/landingpage/{page.pk}/change/").status_code == 200


def test_the_look_is_tried_before_it_is_saved(client: Client, shop: Shop) -> None:
    client.force_login(User.objects.create_superuser("boss"))
    asked = {"colour": "#ffd400", "slogan": "<b>Hi", "programme": str(shop.programme.pk)}
    drawn = client.get("/admin/loyalty/appearance/preview/", asked, headers={"accept-language": "en"})
    text = drawn.content.decode()
    assert "4.5 : 1 is needed" in text
    assert "&lt;b&gt;Hi" in text
    for wrong in ("red", "#12", ";}", "x" * 300):
        assert (
            client.get("/admin/loyalty/appearance/preview/", {"colour": wrong, "programme": "x"}).status_code
            == 200
        )
    client.logout()
    assert client.get("/admin/loyalty/appearance/preview/").status_code == 302


def test_a_form_stands_on_the_page_and_who_fills_it_in_comes_from_there(
    page: LandingPage, client: Client
) -> None:
    programme = page.campaign.programme
    page.form = opened(programme, question("dog", text="Name of your dog?", required=True), for_anyone=True)
    page.save()
    text = read(client, f"{PAGE}?from=poster")
    action = re.search(r'action="(/cabinet/club/forms/pets/[^"]*)"', text)
    assert action is not None
    assert "Name of your dog?" in text

    client.post(action[1].replace("&amp;", "&"), {"page": "dog", "dog": "Rex"})

    assert AnswerSheet.objects.get().source == f"{arrivals.PAGE}coffee.poster"
    assert "Name of your dog?" not in read(client)
    states.close(page.form.pk)
    assert "Name of your dog?" not in read(Client())


def test_a_page_takes_no_form_of_another_programme(page: LandingPage, client: Client) -> None:
    other = opened(factories.ProgrammeFactory(code="other"), for_anyone=True)
    client.force_login(User.objects.create_superuser("boss"))

    answer = client.post(
        reverse("admin:campaigns_landingpage_change", args=[page.pk]), {"title": "Coffee", "form": other.pk}
    )

    assert "This form is of another programme." in answer.content.decode()
