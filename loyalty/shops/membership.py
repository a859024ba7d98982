"""Who takes part in which programmes, and how a place of theirs reads what people say of themselves.

A member of another programme does not exist: whoever is looked for at a till is looked for among the members
of the programmes that its partner takes part in.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.conf import settings

from loyalty.models import Holder, Partner, Programme, Store
from members.lookup import cards
from members.lookup.lookup import Manner, Scope
from members.models import Member

#: Joins the account of a member ``m`` in one of the programmes ``%(programmes)s``, preferred in their order.
JOIN = "JOIN loyalty_holder h ON h.member_id = m.id AND h.programme_id = ANY(%(programmes)s::bigint[])"
ORDER = "array_position(%(programmes)s::bigint[], h.programme_id)"


def among(programmes: Sequence[int]) -> Scope:
    """The members of these programmes."""
    return Scope(JOIN, ORDER, {"programmes": list(programmes)})


def account_of(member: Member, programme_id: int) -> UUID | None:
    """The member's account in a programme; None for who has not joined it."""
    found = Holder.objects.filter(member=member, programme_id=programme_id)
    return found.values_list("account_id", flat=True).first()


def manner_of_store(store: Store) -> Manner:
    """How a store reads: by its country, else its partner's, its programmes', or that of the house."""
    return Manner(store.country or _country_of(store.partner), cards.rules())


def manner_of_partner(partner: Partner) -> Manner:
    """How a partner's own system reads."""
    return Manner(_country_of(partner), cards.rules())


def manner_of_programme(programme: Programme | None) -> Manner:
    """How a desk of the programme reads; without one, a desk of the house."""
    country = programme.country if programme else ""
    return Manner(country or of_house(), cards.rules())


def manner_of_member(member: Member) -> Manner:
    """How a desk reads what is said of a member: as their programme does."""
    holding = Holder.objects.filter(member=member).select_related("programme").order_by("id").first()
    return manner_of_programme(holding.programme if holding else None)


def of_house() -> str:
    """The country of whatever says none: the setting ``PHONE_REGION``, else the programmes' if they all have one."""
    if settings.PHONENUMBER_DEFAULT_REGION:
        return str(settings.PHONENUMBER_DEFAULT_REGION)
    said = set(Programme.objects.filter(active=True).values_list("country", flat=True))
    return said.pop() if len(said) == 1 else ""


def partners_of(programme: Programme) -> dict[str, str]:
    """Who takes part in a programme: codes of partners, in order of their names, with these."""
    return dict(
        Partner.objects.filter(participations__programme=programme)
        .order_by("name")
        .values_list("code", "name")
    )


def in_use() -> list[str]:
    """Every country that the house, its programmes, partners and stores say they are in."""
    said = {str(settings.PHONENUMBER_DEFAULT_REGION or "")}
    for model in (Programme, Partner, Store):
        said.update(model.objects.order_by().values_list("country", flat=True).distinct())
    return sorted(said - {""})


def _country_of(partner: Partner) -> str:
    if partner.country:
        return str(partner.country)
    said = partner.participations.filter(programme__active=True).exclude(programme__country="")
    return said.values_list("programme__country", flat=True).first() or of_house()
