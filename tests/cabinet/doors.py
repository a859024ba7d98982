"""A member who has one of everything, and the table of every address that members and guests may open.

The table is held to the urlconf: an address that is not in it fails the tests until it is.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import uuid4

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import URLResolver, reverse
from PIL import Image

from cabinet.access import COOKIE
from campaigns.models import AnswerPhoto, LandingPage
from config import urls
from loyalty.appearance import look, pictures
from loyalty.models import Appearance, Holder, Programme, Receipt
from loyalty.sharing import invitations
from loyalty.sharing.rights import Rights
from members import devices
from members.models import Card, Member
from messaging.helpdesk import requests
from messaging.helpdesk.requests import About, Written
from messaging.models import HelpPhoto, HelpRequest
from rewards.models import Coupon
from tests import factories
from tests.factories import Shop
from tests.questions import EVERY_KIND, opened
from tests.races.selling import sell
from tests.rewards.coupons.build import make_coupon, make_series

#: What is hers alone, wherever it may stand.
NAME, LAST, PHONE, EMAIL, CARD = (
    "Annabella",
    "Kernovsky",
    "+4915112345678",
    "annabella@example.org",
    "2000000000015",
)
COUPON, SAID = "HERCAKE7", "Where are my points of Tuesday?"
SECRETS = (NAME, LAST, PHONE, "12345678", EMAIL, CARD, COUPON, SAID)
#: The doors of members and guests; the others are of the staff and of programs.
OPEN_TO_ALL = ("cabinet/", "site/", "pictures/<slug:digest>/", "robots.txt")


def picture() -> bytes:
    """A small photo."""
    out = io.BytesIO()
    Image.new("RGB", (60, 40), "#e0a526").save(out, "PNG")
    return out.getvalue()


@dataclass
class World:
    """The programme, and the member who has one of everything in it."""

    shop: Shop
    anna: Member
    landing: LandingPage
    child: Member
    token: str

    def args(self, route: str) -> Mapping[str, Any]:
        """What an address must name to be hers."""
        return DOORS[route].names(self)


def furnish(shop: Shop) -> World:
    """Sell to her, ask her, answer her, and put a landing page beside her."""
    programme = shop.programme
    welcome = {"whom": {"who": "members"}, "what_for": {"of": "event", "event": "member.registered"},
               "what": [{"effect": "points_fixed", "points": "100"}]}  # fmt: skip
    campaign = factories.publish_campaign(programme, welcome, code="joining", name="Joining")
    for code, name, threshold in (("bronze", "Bronze", 0), ("gold", "Gold", 2000)):
        factories.TierFactory(programme=programme, code=code, name=name, threshold=threshold)
    anna = factories.enrol(programme, 100, phone=PHONE, first_name=NAME, last_name=LAST, email=EMAIL)
    Card.objects.filter(member=anna).update(number=CARD)
    sell(anna, 1)
    make_coupon(make_series(programme, code="cake", name="A cake", offer="Cake"), COUPON, member=anna)
    requests.ask(anna, Programme.objects.get(), Written(uuid4(), SAID, picture()), About(), datetime.now(UTC))
    opened(programme, *EVERY_KIND, for_anyone=True)
    hers = log_in(anna)
    form = reverse("cabinet:questionnaire", args=["club", "pets"])
    hers.post(form, {"go": "next", "page": "pet", "pet": "dog"})
    photo = SimpleUploadedFile("pet.png", picture(), content_type="image/png")
    hers.post(form, {"go": "next", "page": "breed", "breed": "Beagle", "mood": "5", "photo": photo})
    Appearance.objects.create(programme=programme, colour="#1d5c4a", accent="#c43c00", slogan="Coffee")
    landing = LandingPage.objects.create(
        campaign=campaign, code="coffee", title="A hundred points", published=True,
        picture=pictures.keep_photo(picture(), "picture"), picture_text="A yellow field",
    )  # fmt: skip
    child = factories.MemberFactory(phone="+4915100000077", first_name="Kim")
    mine = anna.holdings.get(programme=programme).account
    Holder.objects.create(member=child, account=mine, programme=programme, role="holder", may_redeem=False)
    invitation = invitations.invite(mine.id, anna, Rights(), uuid4(), datetime.now(UTC))
    return World(shop, anna, landing, child, invitation.token)


def log_in(member: Member, programme: str = "club") -> Client:
    """A browser on which the member is logged in."""
    client = Client()
    client.cookies[COOKIE] = devices.open_on(member, programme, "Chrome, Android", datetime.now(UTC))
    return client


class Door(NamedTuple):
    """An address: for whom it is, what it names, and what it answers."""

    #: Whether anybody may open it; else it is of members, and others are shown the way in.
    anybody: bool = False
    #: What its address names, so that it is about the member of the world.
    names: Callable[[World], Mapping[str, Any]] = lambda world: {"programme": "club"}  # type: ignore[assignment]
    #: What who may open it is answered: the member of the world, and for a door of anybody everybody.
    answers: int = 200
    #: What another member is answered: the same, of their own, or that there is no such thing.
    another: int | None = None
    #: Whether it only takes forms.
    form: bool = False
    #: What of the member of the world it tells everybody: that is what it is for.
    tells: tuple[str, ...] = ()


def _hers(**found: Callable[[World], Any]) -> Callable[[World], Mapping[str, Any]]:
    return lambda world: {"programme": "club", **{name: find(world) for name, find in found.items()}}


_RECEIPT = _hers(receipt_id=lambda world: Receipt.objects.get(member=world.anna).id)
_REQUEST = _hers(request_id=lambda world: HelpRequest.objects.get(member=world.anna).id)
_HELP_PHOTO = _hers(
    request_id=lambda world: HelpRequest.objects.get(member=world.anna).id,
    message_id=lambda world: HelpPhoto.objects.get().message_id,
)
_COUPON = _hers(code=lambda world: Coupon.objects.get(member=world.anna).code)
_CHILD = _hers(member_id=lambda world: world.child.id)
_INVITED = _hers(token=lambda world: world.token)
_FORM = _hers(code=lambda world: "pets")
_ANSWERED = _hers(code=lambda world: "pets", photo_id=lambda world: AnswerPhoto.objects.get().pk)

DOORS: dict[str, Door] = {
    # anybody's
    "cabinet:programmes": Door(True, lambda world: {}, 302),
    "cabinet:enter": Door(True, another=302),
    "cabinet:code": Door(True, answers=302),
    "cabinet:join": Door(True, answers=302),
    "cabinet:manifest": Door(True),
    "cabinet:worker": Door(True),
    "cabinet:offline": Door(True),
    "cabinet:recommendations": Door(True),
    # whoever was sent the link reads who invites; their points and phones are not on it
    "cabinet:invited": Door(True, _INVITED, tells=(NAME,)),
    "cabinet:form": Door(True, _FORM, another=302),
    "cabinet:form_photo": Door(True, _ANSWERED, 404),
    "site:home": Door(True),
    "site:stores": Door(True),
    "site:landing": Door(True, _hers(code=lambda world: "coffee")),
    "site:look": Door(True, _hers(version=lambda world: look.of(world.shop.programme.pk).version)),
    "picture": Door(True, lambda world: {"digest": world.landing.picture_id}),
    "robots": Door(True, lambda world: {}),
    # members'
    "cabinet:home": Door(),
    "cabinet:card_picture": Door(),
    "cabinet:coupon_picture": Door(names=_COUPON, another=404),
    "cabinet:offers": Door(),
    "cabinet:friends": Door(),
    "cabinet:family": Door(),
    "cabinet:invite": Door(answers=422, form=True),
    "cabinet:withdraw": Door(answers=404, form=True),
    "cabinet:rights": Door(answers=404, form=True),
    "cabinet:bring": Door(answers=302, form=True),
    "cabinet:leave_family": Door(),
    "cabinet:send_away": Door(names=_CHILD, another=404),
    "cabinet:hand_over": Door(names=_CHILD, another=404),
    "cabinet:company": Door(),
    "cabinet:company_invite": Door(answers=422, form=True),
    "cabinet:hand": Door(answers=422, form=True),
    "cabinet:handout_file": Door(answers=422, form=True),
    "cabinet:hand_many": Door(answers=422, form=True),
    "cabinet:handout_undo": Door(answers=404, form=True),
    "cabinet:dismiss": Door(answers=404, form=True),
    "cabinet:leave": Door(answers=302, form=True),
    "cabinet:history": Door(),
    "cabinet:history_table": Door(),
    "cabinet:history_paper": Door(),
    "cabinet:receipt": Door(names=_RECEIPT, another=404),
    "cabinet:help": Door(),
    "cabinet:help_ask": Door(),
    "cabinet:help_request": Door(names=_REQUEST, another=404),
    "cabinet:help_rate": Door(names=_REQUEST, answers=422, another=404, form=True),
    "cabinet:help_close": Door(names=_REQUEST, answers=302, another=404, form=True),
    "cabinet:help_photo": Door(names=_HELP_PHOTO, another=404),
    "cabinet:why_coupon": Door(names=_COUPON, another=404),
    "cabinet:me": Door(),
    "cabinet:send": Door(),
    # she sent nothing yet; that another member's is not to be seen is shown where points are sent
    "cabinet:sending": Door(names=_hers(remittance_id=lambda world: uuid4()), answers=404),
    "cabinet:birthday": Door(answers=422, form=True),
    "cabinet:contact": Door(names=_hers(kind=lambda world: "sms")),
    "cabinet:contact_code": Door(names=_hers(kind=lambda world: "sms"), answers=302),
    "cabinet:my_data": Door(),
    "cabinet:my_data_file": Door(),
    "cabinet:me_leave": Door(),
    "cabinet:stay": Door(answers=302, form=True),
    "cabinet:call_employee": Door(answers=422, form=True),
    "cabinet:rename": Door(answers=422, form=True),
    "cabinet:consents": Door(),
    "cabinet:asked": Door(),
    "cabinet:end_device": Door(answers=302, form=True),
    "cabinet:questionnaires": Door(),
    "cabinet:questionnaire": Door(names=_FORM),
    "cabinet:answer_photo": Door(names=_ANSWERED, another=404),
}


def find_routes() -> Iterator[str]:
    """Every address of members and guests, as the urlconf has it."""
    for one in urls.urlpatterns:
        if str(one.pattern) not in OPEN_TO_ALL:
            continue
        if isinstance(one, URLResolver):
            yield from (f"{one.app_name}:{getattr(inner, 'name', '')}" for inner in one.url_patterns)
        else:
            yield str(getattr(one, "name", ""))


def ask(client: Client, world: World, route: str, **how: Any) -> Any:
    """Open a door as its page does it: with a form, or by its address."""
    door = DOORS[route]
    address = reverse(route, kwargs=dict(door.names(world)))
    return client.post(address, {}, **how) if door.form else client.get(address, **how)


def read(answer: Any) -> str:
    """What an answer tells: its contents and where it leads."""
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return re.sub(r"\s+", " ", content.decode(errors="replace")) + answer.get("Location", "")
