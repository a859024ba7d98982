"""Finding a member by what they show or say: phone, card, e-mail, one-time code, id."""

from __future__ import annotations

import hashlib
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from members import phones
from members.models import Card, Code, Member
from members.refusals import Fault, Invalid

FORMS = ("phone", "card", "email", "code", "id")


def find(form: str, value: str, now: datetime) -> Member | None:
    """The member known by ``value`` in one of ``FORMS``, blocked ones too; None when there is none.

    Erased members are not found. A blocked card and a code that is used or too old find nobody.
    Raises ``Invalid`` for a phone that is none.
    """
    return _find(form, value, now).exclude(status=Member.Status.ERASED).first()


def _find(form: str, value: str, now: datetime) -> QuerySet[Member]:
    everyone = Member.objects.all()
    match form:
        case "phone":
            return everyone.filter(phone=read_phone(value))
        case "card":
            return everyone.filter(
                id__in=Card.objects.filter(number=value, blocked=False).values("member_id")
            )
        case "email":
            return everyone.filter(email__iexact=value)
        case "code":
            codes = Code.objects.filter(
                digest=digest(value), purpose=Code.Purpose.IDENTIFY, used_at=None, expires_at__gte=now
            )
            return everyone.filter(id__in=codes.values("member_id"))
        case "id":
            member_id = read_id(value)
            return everyone.filter(id=member_id) if member_id else everyone.none()
    raise ValueError(f"A member is not known by {form}.")


def read_phone(text: str, field: str = "phone") -> str:
    """A phone in E.164 form. Raises ``Invalid``."""
    phone = phones.parse(text)
    if phone is None:
        raise Invalid(Fault(field, "not_a_phone", _("Give the phone in international form: +79161234545.")))
    return phone


def read_id(text: str) -> UUID | None:
    """A member's id; None when the text cannot be one."""
    try:
        return UUID(text)
    except ValueError:
        return None


def digest(code: str) -> str:
    """What is kept of a code by which a member is found: these are long and random, so a plain hash will do."""
    return hashlib.sha256(code.encode()).hexdigest()
