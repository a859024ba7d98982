"""What the ground forgets: the person's row, cards, consents' evidence, codes, logins, and what events say of them."""

from __future__ import annotations

from django.db import connection

from members.codes.entry import Address
from members.erasure.erasing import Forgetter, Handed
from members.erasure.person import Person
from members.event_kinds import KINDS
from members.models import Card, Code, Device, EntryCode, Member
from members.registration import make_referral_code

#: Kinds of events whose data we wrote ourselves; of them, what only names rows, numbers and codes of the programme.
_OURS = sorted(kind.name for kind in KINDS.values() if not kind.reported)
KEPT = (
    "a_day", "account", "back", "badge", "by", "campaign", "channel", "coupon", "days", "expires_at", "friend",
    "may_spend", "now", "offset", "on", "partner", "points", "programme", "questionnaire", "receipt", "referred_by",
    "revision", "segment", "series", "tier", "transfer", "up", "user", "was", "why", "years",
)  # fmt: skip
#: Reasons that we write ourselves.
_REASONS = ("inactivity", "left", "")

_EVENTS = """
UPDATE members_event SET data = CASE WHEN kind = ANY(%(ours)s) THEN (
         SELECT coalesce(jsonb_object_agg(key, value), '{}') FROM jsonb_each(data)
          WHERE key = ANY(%(kept)s) OR key = 'reason' AND value #>> '{}' = ANY(%(reasons)s)) ELSE '{}' END
 WHERE member_id = %(member)s AND data <> '{}'
"""
_EVIDENCE = "UPDATE members_consent SET evidence = '{}' WHERE member_id = %(member)s AND evidence <> '{}'"


def forget(person: Person) -> None:
    """See the module."""
    Card.objects.filter(member=person.id).delete()
    Code.objects.filter(member=person.id).delete()
    Device.objects.filter(member=person.id).delete()
    addresses = (("sms", person.phone), ("email", person.email))
    digests = [Address(kind, to).digest for kind, to in addresses if to]
    EntryCode.objects.filter(address__in=digests).delete()
    with connection.cursor() as cursor:
        cursor.execute(_EVIDENCE, person.params)
        cursor.execute(
            _EVENTS, person.params | {"ours": _OURS, "kept": list(KEPT), "reasons": list(_REASONS)}
        )
    Member.objects.filter(pk=person.id).update(
        status=Member.Status.ERASED, phone=None, email=None, first_name="", middle_name="", last_name="",
        birthday=None, gender="", attributes={}, apart="", source="", referral_code=make_referral_code(),
    )  # fmt: skip


def hand_over(handed: Handed) -> None:
    """Logins to the programme that is left: whoever joins it again logs in anew."""
    Device.objects.filter(member=handed.old, circle=handed.circle).delete()


FORGETTER = Forgetter(forget, hand_over)
