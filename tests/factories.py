"""Factories of every model, and a whole shop in one call.

Points are never made as bare rows: ``give_points`` goes through the ledger, so the books always
balance. ``open_shop`` makes what a purchase needs: programme, partner, store, till, rulebook, key.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import factory
from django.db import transaction
from factory.django import DjangoModelFactory

from analytics.models import MemberFacts, Segment
from campaigns import rulebooks
from campaigns.models import Campaign, Revision, Rulebook, Usage
from loyalty.ledger import ledger
from loyalty.ledger.passbook import Cause, LotTerms
from loyalty.models import (
    Account,
    Category,
    Holder,
    Participation,
    Partner,
    Payer,
    Product,
    ProductSet,
    Programme,
    Store,
    StoreGroup,
    Tier,
    Till,
)
from members.erasure import door
from members.models import Card, CardKind, Code, Consent, Event, Member, User, new_id
from pos.models import TillKey

#: When every factory's world begins: programmes are in force from then on.
START = datetime(2026, 1, 1, tzinfo=UTC)


class UserFactory(DjangoModelFactory):
    class Meta:
        model = User
        skip_postgeneration_save = True

    username = factory.Sequence(lambda n: f"user{n}")
    password = factory.django.Password("secret")


class MemberFactory(DjangoModelFactory):
    class Meta:
        model = Member

    phone = factory.Sequence(lambda n: f"+7916{n:07d}")
    first_name = "Anna"
    last_name = "Kern"
    referral_code = factory.Sequence(lambda n: f"R{n:07d}")
    joined_at = START


class CardKindFactory(DjangoModelFactory):
    class Meta:
        model = CardKind
        django_get_or_create = ("code",)

    code = "plastic"
    name = factory.LazyAttribute(lambda kind: kind.code.title())


class CardFactory(DjangoModelFactory):
    class Meta:
        model = Card

    number = factory.Sequence(lambda n: f"20001{n:08d}")  # never the cards that tests name
    kind = factory.SubFactory(CardKindFactory)
    member = factory.SubFactory(MemberFactory)


class ConsentFactory(DjangoModelFactory):
    class Meta:
        model = Consent

    member = factory.SubFactory(MemberFactory)
    channel = "sms"
    granted = True
    at = START


class CodeFactory(DjangoModelFactory):
    """A one-time code; ``digest`` is of ``members.codes.confirmation``'s making, give your own."""

    class Meta:
        model = Code

    member = factory.SubFactory(MemberFactory)
    purpose = Code.Purpose.REDEEM
    digest = factory.Sequence(lambda n: f"{n:064x}")
    expires_at = factory.LazyAttribute(lambda code: START + timedelta(days=3650))


class EventFactory(DjangoModelFactory):
    class Meta:
        model = Event

    kind = "member.noted"
    member = factory.SubFactory(MemberFactory)
    at = START


class ProgrammeFactory(DjangoModelFactory):
    class Meta:
        model = Programme

    code = factory.Sequence(lambda n: f"programme{n}")
    name = factory.LazyAttribute(lambda programme: programme.code.title())


class PartnerFactory(DjangoModelFactory):
    class Meta:
        model = Partner

    code = factory.Sequence(lambda n: f"partner{n}")
    name = factory.LazyAttribute(lambda partner: partner.code.title())


class ParticipationFactory(DjangoModelFactory):
    class Meta:
        model = Participation

    partner = factory.SubFactory(PartnerFactory)
    programme = factory.SubFactory(ProgrammeFactory)


class PayerFactory(DjangoModelFactory):
    """A brand that pays for campaigns; give ``kind`` and ``partner`` for a partner."""

    class Meta:
        model = Payer

    programme = factory.SubFactory(ProgrammeFactory)
    code = factory.Sequence(lambda n: f"payer{n}")
    name = factory.LazyAttribute(lambda payer: payer.code.title())


class StoreGroupFactory(DjangoModelFactory):
    class Meta:
        model = StoreGroup

    code = factory.Sequence(lambda n: f"group{n}")
    name = factory.LazyAttribute(lambda group: group.code.title())


class StoreFactory(DjangoModelFactory):
    class Meta:
        model = Store

    code = factory.Sequence(lambda n: f"store{n}")
    name = factory.LazyAttribute(lambda store: store.code.title())
    partner = factory.SubFactory(PartnerFactory)


class TillFactory(DjangoModelFactory):
    class Meta:
        model = Till

    store = factory.SubFactory(StoreFactory)
    code = "1"


class TierFactory(DjangoModelFactory):
    class Meta:
        model = Tier

    programme = factory.SubFactory(ProgrammeFactory)
    code = factory.Sequence(lambda n: f"tier{n}")
    name = factory.LazyAttribute(lambda tier: tier.code.title())
    threshold = Decimal(0)


class SegmentFactory(DjangoModelFactory):
    """A segment of all programmes; ``analytics.segments`` puts members into it."""

    class Meta:
        model = Segment

    code = factory.Sequence(lambda n: f"segment{n}")
    name = factory.LazyAttribute(lambda segment: segment.code.title())


class CategoryFactory(DjangoModelFactory):
    class Meta:
        model = Category

    code = factory.Sequence(lambda n: f"category{n}")
    name = factory.LazyAttribute(lambda category: category.code.title())
    path = factory.LazyAttribute(
        lambda category: [*(category.parent.path if category.parent else []), category.code]
    )
    parent = None


class ProductFactory(DjangoModelFactory):
    class Meta:
        model = Product

    partner = factory.SubFactory(PartnerFactory)
    sku = factory.Sequence(lambda n: f"SKU-{n}")
    name = factory.LazyAttribute(lambda product: product.sku.title())
    price = Decimal("10.00")


class ProductSetFactory(DjangoModelFactory):
    class Meta:
        model = ProductSet

    code = factory.Sequence(lambda n: f"set{n}")
    name = factory.LazyAttribute(lambda products: products.code.title())


class AccountFactory(DjangoModelFactory):
    """An empty member's account. Give it points with ``give_points``."""

    class Meta:
        model = Account

    programme = factory.SubFactory(ProgrammeFactory)
    kind = Account.Kind.MEMBER
    balance = Decimal(0)


class HolderFactory(DjangoModelFactory):
    """A member with an account of their own."""

    class Meta:
        model = Holder

    member = factory.SubFactory(MemberFactory)
    programme = factory.SubFactory(ProgrammeFactory)
    account = factory.SubFactory(AccountFactory, programme=factory.SelfAttribute("..programme"))


class MemberFactsFactory(DjangoModelFactory):
    class Meta:
        model = MemberFacts

    member = factory.SubFactory(MemberFactory)
    programme = factory.SubFactory(ProgrammeFactory)


class CampaignFactory(DjangoModelFactory):
    """A draft. ``publish_campaign`` puts one in force."""

    class Meta:
        model = Campaign

    programme = factory.SubFactory(ProgrammeFactory)
    code = factory.Sequence(lambda n: f"campaign{n}")
    name = factory.LazyAttribute(lambda campaign: campaign.code.title())
    draft = factory.LazyFunction(lambda: percent_of_receipt("5"))


class RevisionFactory(DjangoModelFactory):
    class Meta:
        model = Revision

    campaign = factory.SubFactory(CampaignFactory)
    number = 1
    name = factory.LazyAttribute(lambda revision: revision.campaign.name)
    definition = factory.LazyAttribute(lambda revision: revision.campaign.draft)
    published_at = START


class RulebookFactory(DjangoModelFactory):
    class Meta:
        model = Rulebook

    programme = factory.SubFactory(ProgrammeFactory)
    in_force_from = START
    terms = factory.LazyAttribute(lambda rulebook: rulebooks.terms_of(rulebook.programme))
    revisions = factory.LazyFunction(list)


class UsageFactory(DjangoModelFactory):
    class Meta:
        model = Usage

    member = factory.SubFactory(MemberFactory)
    campaign = factory.SubFactory(CampaignFactory)
    period = "ever"


class TillKeyFactory(DjangoModelFactory):
    """A key whose secret is in its attribute ``secret``, as only its maker knows it."""

    class Meta:
        model = TillKey

    name = factory.Sequence(lambda n: f"key{n}")
    partner = factory.SubFactory(PartnerFactory)

    @classmethod
    def _create(cls, model_class: type[TillKey], *args: Any, **kwargs: Any) -> TillKey:
        key, secret = model_class.objects.create_key(*args, **kwargs)
        key.secret = secret  # type: ignore[attr-defined]
        return key  # type: ignore[return-value]


# Whole things


@dataclass
class Shop:
    """Everything a purchase needs."""

    programme: Programme
    partner: Partner
    store: Store
    till: Till
    key: TillKey
    partner_key: TillKey

    @property
    def secret(self) -> str:
        """The till's API key."""
        return self.key.secret  # type: ignore[attr-defined]


def open_shop(programme: Programme | None = None, store: str | None = None, **options: Any) -> Shop:
    """A store with a till and keys, whose partner takes part in a programme that is in force since START.

    ``options`` are the programme's fields.
    """
    known = programme is not None
    programme = programme or ProgrammeFactory(**options)
    participation = ParticipationFactory(programme=programme)
    shop = StoreFactory(partner=participation.partner, **({"code": store} if store else {}))
    till = TillFactory(store=shop)
    if not known:
        rulebooks.refresh(programme, START)
    return Shop(
        programme,
        participation.partner,
        shop,
        till,
        TillKeyFactory(partner=participation.partner, till=till),
        TillKeyFactory(partner=participation.partner),
    )


def enrol(programme: Programme, points: Decimal | str | int = 0, **fields: Any) -> Member:
    """A member with a card and an account in the programme that holds ``points``."""
    member = MemberFactory(**fields)
    CardFactory(member=member)
    account = ledger.open_account(member, programme)
    if Decimal(points):
        give_points(account, points)
    return member


def erase(member: Member) -> Member:
    """The member as an erasure leaves him: the database lets nobody else set that status."""
    with transaction.atomic():
        door.open_for(member.pk, "", START)
        Member.objects.filter(pk=member.pk).update(status=Member.Status.ERASED)
    member.refresh_from_db()
    return member


def give_points(
    account: Account,
    points: Decimal | str | int,
    at: datetime = START,
    active_from: datetime | None = None,
    expires_at: datetime | None = None,
    terms: Mapping[str, Any] | None = None,
) -> None:
    """Give points through the ledger, as one lot."""
    with transaction.atomic():
        ledger.adjust(
            account,
            Decimal(points),
            f"test:{new_id()}",
            Cause(at),
            LotTerms(at, active_from, expires_at, terms),
        )


def percent_of_receipt(percent: str) -> dict[str, Any]:
    """The definition of a campaign that gives a percent of every member's receipt."""
    return {"whom": {"who": "members"}, "what": [{"effect": "points_percent", "percent": percent}]}


def publish_campaign(
    programme: Programme, draft: Mapping[str, Any] | None = None, at: datetime = START, **fields: Any
) -> Campaign:
    """A campaign in force from ``at`` on; 5% of the receipt unless a draft is given."""
    campaign = CampaignFactory(programme=programme, draft=draft or percent_of_receipt("5"), **fields)
    rulebooks.publish(campaign, at)
    return campaign


def publish_campaigns(
    programme: Programme, drafts: Mapping[str, Mapping[str, Any]], at: datetime = START
) -> None:
    """Campaigns by their codes, all in force from ``at`` on: one rulebook, where each alone would make another."""
    campaigns: list[Campaign] = [
        CampaignFactory(programme=programme, draft=draft, code=code) for code, draft in drafts.items()
    ]
    for campaign in campaigns:
        rulebooks.publish(campaign, at, refreshed=False)
    rulebooks.refresh(programme, at)
