"""Who takes part in which programmes, and how a place of theirs reads what people say of themselves.

A member of another programme does not exist: whoever is looked for at a till is looked for among the members
of the programmes that its partner takes part in.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.conf import settings

from foundation import prepared, rows
from loyalty.models import Account, Holder, Partner, Programme, Store
from members import devices
from members.lookup import cards
from members.lookup.lookup import Manner, Scope
from members.models import Device, Member

#: Joins the account of a member ``m`` in one of the programmes ``%(programmes)s``, preferred in their order.
JOIN = "JOIN loyalty_holder h ON h.member_id = m.id AND h.programme_id = ANY(%(programmes)s::bigint[])"
_AT_DEVICE = f"""
SELECT {rows.columns(Device, "d")}, {rows.columns(Member, "m")}, {rows.columns(Holder, "h")},
       {rows.columns(Account, "a")}, {rows.columns(Programme, "p")}, {devices.OUTDATED} AS outdated
  FROM members_device d
  JOIN members_member m ON m.id = d.member_id AND m.status = 'active'
  JOIN loyalty_programme p ON p.code = d.circle AND p.active
  JOIN loyalty_holder h ON h.member_id = m.id AND h.programme_id = p.id
  JOIN loyalty_account a ON a.id = h.account_id
 WHERE d.digest = %(digest)s::text AND d.circle = %(circle)s::text AND {devices.IN_USE}
"""
ORDER = "array_position(%(programmes)s::bigint[], h.programme_id)"


def among(programmes: Sequence[int]) -> Scope:
    """The members of these programmes."""
    return Scope(JOIN, ORDER, {"programmes": list(programmes)})


def account_of(member: Member, programme_id: int) -> UUID | None:
    """The member's account in a programme; None for who has not joined it."""
    found = Holder.objects.filter(member=member, programme_id=programme_id)
    return found.values_list("account_id", flat=True).first()


def at_device(token: str, circle: str, now: datetime) -> tuple[Device, Holder] | None:
    """Who is logged in with that token in the cabinet of a programme that runs: the device with its member, and the
    holder of the account with both and the programme. One statement. Notes that the device was seen; ``outdated``
    on it as ``devices.find`` has it."""
    if not token:
        return None
    told = {"digest": devices.digest(token), "circle": circle, "now": now, "life": devices.LIFE}
    found = prepared.run(_AT_DEVICE, told)
    if not found:
        return None
    device, holder = rows.build(Device, found[0], "d"), rows.build(Holder, found[0], "h")
    device.member = holder.member = rows.build(Member, found[0], "m")
    holder.account, holder.programme = (
        rows.build(Account, found[0], "a"),
        rows.build(Programme, found[0], "p"),
    )
    device.outdated = found[0]["outdated"]  # type: ignore[attr-defined]
    devices.note_seen(device, now)
    return device, holder


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
