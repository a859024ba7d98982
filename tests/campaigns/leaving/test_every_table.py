"""Whoever is erased is found nowhere any more: not in any column of any table, nor in a file, nor in the logs."""

from __future__ import annotations

import logging
from datetime import timedelta
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import LazySettings
from django.contrib.sessions.models import Session
from django.db import models

from campaigns.leaving import carrying_out, leaving
from loyalty.ledger import audit
from loyalty.models import LotUse
from members.models import Erasure, Member
from messaging.channels.outbox import outbox
from tests import factories
from tests.campaigns.leaving import search, somebody
from tests.campaigns.leaving.somebody import NOW
from tests.pos.conftest import Api

pytestmark = pytest.mark.django_db

#: Where something of a person stands, today or from older days: the test below puts it there.
PLANTED = {
    "loyalty_account.name", "loyalty_remittance.phone", "loyalty_remittance.note",
    "members_member.phone", "members_member.email", "members_member.first_name", "members_member.middle_name",
    "members_member.last_name", "members_member.birthday", "members_member.attributes", "members_card.number",
    "members_consent.evidence", "members_device.name", "members_event.data",
    "loyalty_receipt.shopper", "loyalty_transfer.reason", "loyalty_tierchange.reason",
    "analytics_segmentfile.name", "analytics_segmentfile.missing",
    "rewards_codebatch.faults", "rewards_codebatch.name", "rewards_codebatch.content",
    "messaging_webhook.last_answer", "messaging_webhookdelivery.answer", "messaging_delivery.words",
    "messaging_helpmessage.text", "messaging_helpphoto.content",
    "campaigns_eventreward.shopper", "campaigns_seller.name", "campaigns_answersheet.answers",
    "pos_answer.key", "pos_answer.body",
    "backoffice_upload.content", "backoffice_upload.name", "backoffice_upload.options", "backoffice_upload.result",
    "backoffice_upload.error",
    "django_admin_log.object_repr", "django_admin_log.change_message",
}  # fmt: skip
#: Of what is erased, also: digests, which no search finds, and the code by which friends knew them.
EMPTIED = {"members_member.referral_code", "members_member.gender", "members_member.source",
           "messaging_delivery.digest",
           "members_entrycode.address", "members_entrycode.browser", "members_entrycode.caller",
           "members_entrycode.digest", "members_code.digest", "members_device.digest", "members_device.number",
           "loyalty_employee.code", "loyalty_invitation.phone",
           "pos_answer.content_hash", "loyalty_receipt.content_hash", "campaigns_answersheet.token",
           "campaigns_answersheet.caller", "campaigns_answersheet.source", "campaigns_answerphoto.picture"}  # fmt: skip
#: What the programme, its shops and its staff are: nobody writes of members there.
OF_THE_HOUSE = {
    "members_user", "members_cardkind", "members_consenttext", "loyalty_programme", "loyalty_partner",
    "loyalty_storegroup", "loyalty_store", "loyalty_storestate", "loyalty_till", "loyalty_payer", "loyalty_category",
    "loyalty_product", "loyalty_productset", "loyalty_tier", "loyalty_sweepbatch", "loyalty_receiptline",
    "analytics_segment", "rewards_series", "campaigns_backtest", "campaigns_campaign", "campaigns_campaignevent",
    "campaigns_campaigntemplate", "campaigns_revision", "campaigns_rulebook", "campaigns_look", "campaigns_tally",
    "campaigns_usage", "campaigns_questionnaire", "campaigns_questionnaireversion",
    "campaigns_landingpage", "loyalty_appearance", "loyalty_picture", "pos_tillkey",
}  # fmt: skip
#: Codes, ids, kinds and numbers of the programme's own, and what is long over when somebody is erased.
IMPERSONAL = {
    "members_member.language", "members_member.channel", "members_member.apart", "members_card.apart",
    "loyalty_arrival.source",
    "members_consent.party", "members_consent.channel", "members_consent.source", "members_device.circle",
    "members_event.kind", "members_departure.circle", "members_erasure.circle", "members_erasure.transaction",
    "loyalty_account.code", "loyalty_invitation.token", "loyalty_handout.content_hash",
    "loyalty_transfer.key", "loyalty_lot.terms", "loyalty_receipt.number",
    "loyalty_receipt.cashier", "loyalty_receipt.channel", "loyalty_receipt.outcome", "loyalty_return.number",
    "loyalty_return.content_hash", "loyalty_return.outcome", "loyalty_return.answer", "loyalty_tierchange.was",
    "loyalty_tierchange.now", "analytics_memberfacts.climb", "analytics_segmentfile.members",
    "rewards_codebatch.error", "rewards_coupon.code", "rewards_coupon.cause",
    "messaging_webhook.name", "messaging_webhook.url", "messaging_webhook.secret", "messaging_webhook.kinds",
    "messaging_delivery.key", "messaging_delivery.kind", "messaging_delivery.channel", "messaging_delivery.gateway_id",
    "campaigns_eventreward.outcome", "campaigns_eventreward.ladder", "campaigns_eventreward.says",
    "campaigns_seller.code", "campaigns_answerphoto.question", "campaigns_share.to", "campaigns_share.taken",
    "pos_guesses.kind", "pos_guesses.who", "pos_guesses.misses", "pos_guesses.since", "pos_guesses.seen",
    "backoffice_upload.kind", "backoffice_upload.language",
}  # fmt: skip
#: What an erasure takes no row out of.
KEPT = {"loyalty.Transfer", "loyalty.Lot", "loyalty.LotUse", "loyalty.Receipt", "loyalty.ReceiptLine",
        "loyalty.Return", "loyalty.Account", "loyalty.Holder", "members.Consent", "analytics.MemberFacts",
        "campaigns.EventReward", "pos.Answer"}  # fmt: skip
OURS = (
    "members",
    "loyalty",
    "analytics",
    "rewards",
    "messaging",
    "campaigns",
    "pos",
    "backoffice",
    "cabinet",
)
FREE = (models.CharField, models.TextField, models.JSONField, models.BinaryField, models.FileField)


@pytest.fixture
def shop() -> factories.Shop:
    shop = factories.open_shop(store="s", code="club", country="RU")
    factories.publish_campaign(shop.programme, somebody.ASKS, code="asks")
    review = {"whom": {"who": "members"}, "what_for": {"of": "event", "event": "review.left"},
              "what": [{"effect": "points_fixed", "points": "5"}]}  # fmt: skip
    factories.publish_campaign(shop.programme, review, code="review")
    return shop


@pytest.fixture
def member(shop: factories.Shop, settings: LazySettings, tmp_path: Path) -> Member:
    settings.VAR, settings.SMS_CHANNEL, settings.EMAIL_CHANNEL = tmp_path, "outbox", "outbox"
    member = somebody.join(shop)
    somebody.live(shop, member)
    somebody.be_known(shop, member)
    somebody.write_by_hand(member)
    (tmp_path / "outbox" / "letter.log").write_text(f"To: {somebody.EMAIL}\n\nHello\n")
    (tmp_path / "outbox" / "other.log").write_text("To: other@example.org\n\nHello\n")
    return member


def let_go(member: Member, shop: factories.Shop) -> None:
    """The person leaves, and the days to come back are over."""
    departure = leaving.ask(member, shop.programme, NOW)
    assert carrying_out.carry_out(departure.pk, NOW + timedelta(days=14))


def test_whoever_is_erased_is_found_in_no_column_of_any_table_and_the_audit_is_clean(
    shop: factories.Shop, member: Member
) -> None:
    other = factories.enrol(shop.programme, phone="+79160000001", first_name="Other", last_name="Person")
    assert search.places(somebody.MARKS) - {"django_session.session_data"} == PLANTED
    before = {
        table: table._default_manager.count() for table in apps.get_models() if table._meta.label in KEPT
    }

    let_go(member, shop)

    assert search.places(somebody.MARKS) == set()
    left = somebody.is_left(member.pk)
    assert search.places([member.referral_code]) == set()
    assert (left.gender, left.birthday, left.attributes, left.phone) == ("", None, {}, None)
    assert audit.audit().problems == []
    other.refresh_from_db()
    assert (other.status, other.full_name) == ("active", "Other Person")
    grown = {table._meta.label: table._default_manager.count() - count for table, count in before.items()}
    lots = LotUse.objects.filter(transfer__key__startswith="leave:").count()
    assert lots > 0
    assert grown == dict.fromkeys(KEPT, 0) | {"loyalty.Transfer": 1, "loyalty.LotUse": lots}
    assert not Session.objects.exists()
    erasure = Erasure.objects.get()
    assert (erasure.member_id, erasure.circle, erasure.by) == (member.pk, "club", None)


def test_no_file_and_no_line_of_the_log_tells_of_whoever_was_erased(
    shop: factories.Shop, member: Member, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    with caplog.at_level(logging.DEBUG):
        let_go(member, shop)
    told = caplog.text + capsys.readouterr().out
    for file in outbox.find_file().parent.iterdir():
        told += file.name + file.read_text()
    assert "other@example.org" in told
    assert not [mark for mark in somebody.MARKS if mark.lower() in told.lower()]


def test_a_repeated_registration_or_purchase_is_told_that_it_is_erased_and_the_phone_joins_anew(
    shop: factories.Shop, member: Member
) -> None:
    let_go(member, shop)
    api = Api(shop.secret)
    key = f"register-{somebody.PHONE}"
    assert api.post("members", somebody.NEWCOMER, Idempotency_Key=key)["code"] == "erased"
    assert api.status == 410
    sale = {"store": "s", "till": shop.till.code, "receipt_number": "1", "lines": [somebody.LINE],
            "purchased_at": "2026-11-20T12:00:00+00:00", "member": {"phone": somebody.PHONE}}  # fmt: skip
    assert api.post("purchases", sale)["code"] == "erased"
    assert api.status == 410
    anew = api.post("members", somebody.NEWCOMER, Idempotency_Key="another")
    assert api.status == 201
    assert anew["id"] != str(member.pk)
    assert [account["spendable"] for account in anew["accounts"]] == ["0.00"]


def test_every_column_in_which_something_personal_could_stand_is_thought_of() -> None:
    """A table or column that is new fails here by name: an app's ``forgetting`` empties it, or it holds nothing."""
    columns = {
        f"{model._meta.db_table}.{field.column}"
        for model in apps.get_models(include_auto_created=True)
        if model._meta.app_label in OURS and model._meta.managed and model._meta.db_table not in OF_THE_HOUSE
        for field in model._meta.local_concrete_fields
        if isinstance(field, FREE) or field.get_internal_type() == "ArrayField"
        if not field.choices
    }
    assert columns - PLANTED - EMPTIED - IMPERSONAL == set()
    assert (IMPERSONAL | EMPTIED) - columns == {"members_member.gender"}
