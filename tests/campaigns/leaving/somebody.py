"""Somebody of whom something stands wherever anything of anybody can stand: through the doors, and by hand the rest."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pgtrigger
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import connection, transaction

from analytics import segments
from analytics.models import SegmentFile
from backoffice.files import uploads
from campaigns.models import AnswerSheet, Seller
from campaigns.questionnaires import answering
from config.sessions import SessionStore
from loyalty.ledger import adjustment
from loyalty.models import Holder, Programme, TierChange
from members import consents, devices
from members.codes import entry, identification
from members.codes.entry import Address, Asker
from members.models import Member, new_id
from messaging.channels import sending
from messaging.models import HelpMessage, HelpPhoto, HelpRequest, Webhook, WebhookDelivery
from rewards.models import CodeBatch, Series
from tests import factories
from tests.loyalty.remittances import sending as remitting
from tests.pos.conftest import Api
from tests.questions import opened

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
PHONE, EMAIL, CARD = "+79167654321", "zoraida.quill@example.org", "2000000777773"
#: What is searched for, whoever wrote it in whichever case: phone, e-mail, card, each name, and what else is theirs.
MARKS = (
    "9167654321",
    EMAIL,
    CARD,
    "Zoraida",
    "Quill",
    "Marisol",
    "1987-03-14",
    "a dog called",
    "203.0.113.77",
)
NEWCOMER = {
    "phone": PHONE, "card": CARD, "email": EMAIL, "first_name": "Zoraida", "middle_name": "Marisol",
    "last_name": "Quill", "birthday": "1987-03-14", "gender": "female", "consents": {"sms": True},
}  # fmt: skip
LINE = {"position": 1, "sku": "TEA", "name": "Tea", "quantity": "2", "amount": "200.00"}
#: The campaign that asks for an attribute, so that receipts keep it.
ASKS = {
    "whom": {"who": "members"}, "what": [{"effect": "points_percent", "percent": "10"}],
    "if": {"any": [{"condition": "attribute", "key": "pet", "is": "cat"}, {"condition": "gender", "is": "female"}]},
}  # fmt: skip


def join(shop: factories.Shop) -> Member:
    """Somebody who joined at the till, under a key that is made of their phone."""
    api = Api(shop.secret)
    api.post("members", NEWCOMER, Idempotency_Key=f"register-{PHONE}")
    assert api.status == 201, api.last.content
    member = Member.objects.get(phone=PHONE)
    Member.objects.filter(pk=member.pk).update(attributes={"pet": "a dog called Rex"})
    return member


def live(shop: factories.Shop, member: Member) -> None:
    """What they do at tills, and what other systems say of them."""
    api = Api(shop.secret)
    sale = {"store": shop.store.code, "till": shop.till.code, "receipt_number": "1", "lines": [LINE],
            "purchased_at": "2026-11-20T12:00:00+00:00", "member": {"phone": PHONE}}  # fmt: skip
    api.post("purchases", sale)
    assert api.status == 201, api.last.content
    api.post("purchases", sale | {"receipt_number": "2", "member": {"card": CARD}})
    bought = json.loads(api.last.content)["id"]
    api.post(f"purchases/{bought}/returns", {"return_number": "1", "returned_at": "2026-11-20T13:00:00+00:00",
                                             "lines": [{"position": 1, "quantity": "1"}]})  # fmt: skip
    assert api.status == 201, api.last.content
    api.post("members/lookup", {"email": EMAIL}, Idempotency_Key="look")
    review = {"type": "review.left", "key": f"r/{PHONE}", "member": {"phone": PHONE},
              "occurred_at": "2026-11-20T12:00:00+00:00", "data": {"text": "Zoraida Quill liked it"}}  # fmt: skip
    api.post("events", review)
    assert api.status == 201, api.last.content


def be_known(shop: factories.Shop, member: Member) -> None:
    """What the house writes down about them: logins, codes, consents, what staff write, files."""
    said = {"address": "203.0.113.77", "device": "Zoraida’s phone"}
    consents.record(member, {"email": True}, NOW, "cabinet", said)
    devices.open_on(member, shop.programme.code, "Zoraida’s phone", NOW)
    identification.issue(member, NOW)
    entry.send(Address("sms", PHONE), Asker("browser", "203.0.113.77"), "Code", "{code} for Zoraida", NOW)
    sending.send("email", EMAIL, "Dear Zoraida", subject="Hello", key="hello")
    user = factories.UserFactory()
    holder = Holder.objects.get(member=member)
    reason = "Mrs Zoraida Quill called from 8 9167654321"
    adjustment.adjust(member, holder.account, Decimal(30), reason, "a", NOW, user.pk)
    Seller.objects.create(partner=shop.partner, code="C-17", name="Zoraida Quill", member=member)
    sheet = answering.begin(member, opened(shop.programme), NOW)
    AnswerSheet.objects.filter(pk=sheet.pk).update(answers={"why": "I am Zoraida"}, finished_at=NOW)
    asked = HelpRequest.objects.create(
        programme=shop.programme, member=member, key=new_id(), opened_at=NOW, changed_at=NOW
    )
    written = HelpMessage.objects.create(
        request=asked, key=new_id(), by_member=True, text="Zoraida here", at=NOW
    )
    HelpPhoto.objects.create(message=written, content=b"Zoraida on a picture")
    _note(user.pk, member)
    _bring_files(shop, user.pk, member)
    _be_sent_points(shop, member)


def _note(user_id: int, member: Member) -> None:
    for thing in (member, member.cards.get()):
        LogEntry.objects.create(
            user_id=user_id, content_type=ContentType.objects.get_for_model(thing), object_id=str(thing.pk),
            object_repr=str(thing), action_flag=CHANGE, change_message="Changed first name of Zoraida",
        )  # fmt: skip
    session = SessionStore()
    session["basket"] = {"customer": PHONE}
    session.save()


def _bring_files(shop: factories.Shop, user_id: int, member: Member) -> None:
    segment = factories.SegmentFactory(code="friends")
    segments.add(segment, [member.pk], NOW)
    SegmentFile.objects.create(
        segment=segment, name=f"{PHONE}.csv", rows=2, repeated=0, found=1, lost=1, members=[member.pk],
        missing=[[2, CARD, "blocked"], [3, "nobody", "unknown"]], uploaded_at=NOW, uploaded_by_id=user_id,
    )  # fmt: skip
    table = f"phone,first_name\n{PHONE},Zoraida\n".encode()
    upload = uploads.bring("members", f"{EMAIL}.csv", table, 1, user_id, NOW, note=EMAIL)
    type(upload).objects.filter(pk=upload.pk).update(result={"rows": [PHONE]}, error=f"{CARD} is taken")
    series = Series.objects.create(programme=shop.programme, code="series", name="Series")
    CodeBatch.objects.create(
        series=series, kind="import", wanted=1, faults=[[1, CARD, "malformed"]], name=f"{EMAIL}.csv",
        content=zlib.compress(f"code\n{CARD}\n".encode()), created_at=NOW, touched_at=NOW,
    )  # fmt: skip
    hook = Webhook.objects.create(name="Shop", url="https://shop.example.org/", kinds=["member.registered"],
                                  last_answer=f"unknown: {EMAIL}")  # fmt: skip
    event = member.events.get(kind="member.registered")
    WebhookDelivery.objects.create(webhook=hook, event=event, due_at=NOW, answer="hello Zoraida")


def _be_sent_points(shop: factories.Shop, member: Member) -> None:
    """Somebody sent them points, with a word, and wanted to send more."""
    Programme.objects.filter(pk=shop.programme.pk).update(transfers=True)
    other = factories.enrol(shop.programme, 10, phone="+79160000077", first_name="Other", last_name="")
    remitting.send(other, member, "5", NOW, note="For Zoraida")
    remitting.approved(other, member, "2", NOW)


def keep(column: str, where: str, value: str, params: Iterable[Any] = ()) -> None:
    """Write a text where no door writes it today, past the guards."""
    table, name = column.split(".")
    with transaction.atomic(), pgtrigger.ignore(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE {table} SET {name} = %s WHERE {where}", [value, *params])
        assert cursor.rowcount


def write_by_hand(member: Member) -> None:
    """What older versions, or people with a console, may have left."""
    holder = Holder.objects.select_related("programme").get(member=member)
    programme = holder.programme
    TierChange.objects.create(
        member=member, programme=programme, at=NOW, recorded_at=NOW, now="x", up=True, why="hand"
    )
    keep("loyalty_tierchange.reason", "member_id = %s", "Zoraida Quill asked for it", [member.pk])
    keep("loyalty_account.name", "id = %s", "Zoraida Quill’s", [holder.account_id])
    keep("messaging_delivery.words", "kind = 'email'", f"no such user {EMAIL}")


def is_left(member_id: UUID) -> Member:
    """What is left of them."""
    return Member.objects.get(pk=member_id, status="erased")
