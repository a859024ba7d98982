"""Finding people and what is theirs by what an operator is told: a phone, a card, an e-mail, a name, a receipt.

What was typed says what it is: digits are a phone or a card, an @ makes it an e-mail, anything else
is a name. Each is looked up where an index answers, so a million members are no trouble.
"""

from __future__ import annotations

import re
from typing import Any, TypeVar
from uuid import UUID

from django.db.models import Model, Q, QuerySet
from django.db.models.functions import Lower

from loyalty.models import Account, Receipt, Return, Transfer
from members.models import Card, Member

M = TypeVar("M", bound=Model)

_DIGITS = re.compile(r"\+?[\d\s().-]+\Z")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")
#: Fewer digits than these are not looked up inside a phone.
_TAIL = 4
#: How many members a search of other things considers.
MOST = 200


def members(queryset: QuerySet[Member], text: str) -> QuerySet[Member]:
    """Those of ``queryset`` that ``text`` may mean: by phone (its end will do), card, e-mail, name or code."""
    text = text.strip()
    if not text:
        return queryset
    if _UUID.match(text):
        return queryset.filter(id=text)
    if "@" in text:
        return queryset.annotate(lower_email=Lower("email")).filter(lower_email__startswith=text.lower())
    if _DIGITS.match(text):
        digits = re.sub(r"\D", "", text)
        cards = Card.objects.filter(number=digits).values("member")
        found = Q(id__in=cards) | Q(phone=f"+{digits}")
        if len(digits) == 11 and digits[0] == "8":  # the trunk prefix, as people in Russia say their number
            found |= Q(phone=f"+7{digits[1:]}")
        if len(digits) >= _TAIL:
            found |= Q(phone__endswith=digits)
        return queryset.filter(found)
    for word in text.split():
        named = Q(last_name__istartswith=word) | Q(first_name__istartswith=word)
        queryset = queryset.filter(named | Q(referral_code__iexact=word) | Q(id__in=_carded(word)))
    return queryset


def _carded(word: str) -> QuerySet[Card, Any]:
    return Card.objects.filter(number=word).values("member")


def by_member(queryset: QuerySet[M], path: str, text: str) -> QuerySet[M]:
    """Those of ``queryset`` whose member at ``path`` is one that ``text`` may mean."""
    if not text.strip():
        return queryset
    return queryset.filter(**{f"{path}__in": _found(text)})


def receipts(queryset: QuerySet[Receipt], text: str) -> QuerySet[Receipt]:
    """Receipts of that number, or of the members that ``text`` may mean."""
    text = text.strip()
    if not text:
        return queryset
    return queryset.filter(Q(number=text) | Q(member__in=_found(text)))


def transfers(queryset: QuerySet[Transfer], text: str) -> QuerySet[Transfer]:
    """Transfers of the receipts of that number, or of the members that ``text`` may mean."""
    text = text.strip()
    if not text:
        return queryset
    accounts = list(Account.objects.filter(holders__member__in=_found(text)).values_list("id", flat=True))
    numbered = list(Receipt.objects.filter(number=text).values_list("id", flat=True)[:MOST])
    return queryset.filter(Q(source__in=accounts) | Q(target__in=accounts) | Q(receipt__in=numbered))


def _found(text: str) -> list[UUID]:
    return list(members(Member.objects.order_by(), text).values_list("id", flat=True)[:MOST])


def returns(queryset: QuerySet[Return], text: str) -> QuerySet[Return]:
    """Returns of that number, or of the receipts of that number or of the members that ``text`` may mean."""
    text = text.strip()
    if not text:
        return queryset
    return queryset.filter(Q(number=text) | Q(receipt__number=text) | Q(receipt__member__in=_found(text)))


def cards(queryset: QuerySet[Card], text: str) -> QuerySet[Card]:
    """Cards of that number, or of the members that ``text`` may mean."""
    text = text.strip()
    return queryset.filter(Q(number=text) | Q(member__in=_found(text))) if text else queryset
