"""A questionnaire from the builder to the bonus: built at a desk with buttons, answered on a phone, counted."""

from __future__ import annotations

import io
import re

import pytest
from django.urls import reverse
from PIL import Image
from playwright.sync_api import Page, expect

from campaigns.models import Questionnaire
from loyalty.models import Account
from members.models import Event
from tests import factories
from tests.flows.conftest import Visitor
from tests.flows.corner import open_corner
from tests.flows.test_cabinet_browser import be
from tests.flows.test_segments_browser import sign_in
from tests.questions import EVERY_KIND, bonus, opened, question

pytestmark = pytest.mark.django_db(transaction=True)
#: Chooses the programme in a field that looks for what is typed.
CHOOSE = "id => document.querySelector('[name=programme]').append(new Option('Green points', id, true, true))"


def photo() -> dict[str, object]:
    out = io.BytesIO()
    Image.new("RGB", (300, 200), "peru").save(out, "JPEG")
    return {"name": "rex.jpg", "mimeType": "image/jpeg", "buffer": out.getvalue()}


def add(page: Page, kind: str, asked: str) -> None:
    """Add a question of a kind, and say what is asked."""
    cards = page.locator(".rq-question")
    there = cards.count()
    page.get_by_role("button", name=f"+ {kind}", exact=True).click()
    expect(cards).to_have_count(there + 1)
    cards.last.get_by_label("What is asked").fill(asked)


def test_a_questionnaire_from_the_builder_to_the_bonus(at_desk: Visitor, on_phone: Visitor) -> None:
    corner = open_corner()
    factories.publish_campaign(corner.shop.programme, bonus(), code="ask", name="Thanks for answering")
    sign_in(at_desk)
    desk = at_desk.page
    at_desk.visit(reverse("admin:campaigns_questionnaire_add"))
    desk.locator("[name=name]").fill("Your pets")
    desk.locator("[name=thanks]").fill("See you soon!")
    desk.evaluate(CHOOSE, corner.shop.programme.pk)
    desk.get_by_role("button", name="Save", exact=True).click()
    expect(desk.get_by_text("No question yet.")).to_be_visible()

    add(desk, "A photo", "Show us your pet")
    add(desk, "One of several answers", "Which pet lives with you?")
    pet = desk.locator(".rq-question").last
    pet.get_by_label("Answer 1", exact=True).fill("Dog")
    pet.get_by_label("Answer 2", exact=True).fill("Cat")
    pet.get_by_label("Has to be answered").check()
    pet.get_by_text("More", exact=True).click()
    pet.get_by_label("Keep the answer as the member’s attribute").fill("pet")
    desk.get_by_role("button", name="Move question 2 up").click()
    expect(desk.locator(".rq-question").first.get_by_label("What is asked")).to_have_value(
        "Which pet lives with you?"
    )
    add(desk, "A text", "Which breed?")
    breed = desk.locator(".rq-question").last
    breed.get_by_label("When it is asked").select_option(label="depending on: Which pet lives with you?")
    expect(desk.locator("#beside")).to_contain_text("Choose the answers after which it is asked.")
    at_desk.require_accessible()
    breed.get_by_role("checkbox", name="Dog").check()
    expect(desk.get_by_text("Choose the answers after which it is asked.")).to_have_count(0)
    preview = desk.frame_locator(".rq-phone")
    expect(preview.get_by_text("Only after “Dog” to “Which pet lives with you?”")).to_be_visible()
    expect(preview.get_by_text("Page 2 of 2")).to_be_visible()
    at_desk.require_accessible()
    desk.get_by_role("button", name="Open it").click()
    expect(desk.get_by_text("The questionnaire is open.")).to_be_visible()

    phone = be(on_phone, corner.anna)
    on_phone.visit("/cabinet/green/me/")
    phone.get_by_role("link", name="Questionnaires").click()
    on_phone.require_accessible()
    phone.get_by_role("link", name="Your pets").click()
    phone.get_by_role("button", name="Next").click()
    expect(phone.get_by_text("Choose an answer.")).to_be_visible()
    on_phone.troubles.clear()  # the answer 422, and the browser's word of it
    on_phone.require_accessible()
    phone.get_by_label("Dog").check()
    phone.get_by_label("Show us your pet").set_input_files(photo())  # type: ignore[arg-type]
    phone.get_by_role("button", name="Next").click()
    expect(phone.get_by_label("Which breed?")).to_be_visible()
    on_phone.require_fitting()
    phone.get_by_role("button", name="Back").click()
    expect(phone.get_by_role("img", name="Your photo")).to_be_visible()
    phone.get_by_role("button", name="Next").click()
    phone.get_by_label("Which breed?").fill("Beagle")
    phone.get_by_role("button", name="Finish").dblclick()

    expect(phone.get_by_text("See you soon!")).to_be_visible()
    expect(phone.get_by_text(re.compile(r"\+50 Thanks for answering"))).to_be_visible()
    on_phone.require_accessible()
    on_phone.require_fitting()
    corner.anna.refresh_from_db()
    assert corner.anna.attributes == {"pet": "Dog"}
    assert Account.objects.get(holders__member=corner.anna).balance == 170
    assert Event.objects.filter(kind="questionnaire.finished").count() == 1

    desk.get_by_role("link", name="Results").click()
    expect(desk.get_by_role("row", name=re.compile("Dog.*1.*100"))).to_be_visible()
    expect(desk.get_by_text("Beagle")).to_be_visible()
    at_desk.require_accessible()
    at_desk.require_fitting()
    assert Questionnaire.objects.get().sheets.count() == 1


def test_every_kind_of_question_is_right_on_every_screen_by_day_and_by_night(on_phone: Visitor) -> None:
    corner = open_corner()
    long = question("glad", "scale", "How glad are you to come?", least="0", most="10", least_text="not at all",
                    most_text="very much", help="Ten is the most.")  # fmt: skip
    asked = [{key: value for key, value in one.items() if key != "after"} for one in EVERY_KIND]
    opened(corner.shop.programme, *asked, long)
    page = be(on_phone, corner.anna)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        for width in (320, 390, 1440):
            page.set_viewport_size({"width": width, "height": 800})
            on_phone.visit("/cabinet/green/questionnaires/pets/")
            expect(page.get_by_role("radio", name="10")).to_be_attached()
            on_phone.require_accessible()
            on_phone.require_fitting()
    page.get_by_role("group", name="How glad are you to come?").get_by_role("radio", name="7").check()
