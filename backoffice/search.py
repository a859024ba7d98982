"""Finding people and what is theirs by what an operator is told: a phone, a card, an e-mail, a name, a receipt.

What was typed says what it is: digits are a phone or a card, an @ makes it an e-mail, anything else
is a name. Each is looked up where an index answers, so a million members are no trouble.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, TypeVar
from uuid import UUID

from django.db.models import Model, Q, QuerySet, Value
from django.db.models.functions import Lower, Reverse

from loyalty.models import Account, Receipt, Return, Transfer
from loyalty.shops import membership
from members.lookup import cards, lookup
from members.lookup.lookup import Manner
from members.models import Card, Member

M = TypeVar("M", bound=Model)

_DIGITS = re.compile(r"\+?[\d\s().\-/]+\Z")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")
#: Fewer digits than these are not looked up as the end of a phone.
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
        return queryset.filter(id__in=_begins("email", text))
    if _DIGITS.match(text):
        return queryset.filter(id__in=_numbered(text))
    for word in text.split():
        queryset = queryset.filter(id__in=_called(word))
    return queryset


def _numbered(text: str) -> QuerySet[Member, Any]:
    """Whose card or phone this is, as any country of the house reads it, or whose phone ends so."""
    rules = cards.rules()
    sought = lookup.merge(
        lookup.seek(form, text, Manner(country, rules))
        for country in (membership.in_use() or [""])
        for form in ("card", "phone")
    )
    found = [_carded(sought.cards), _members().filter(phone__in=sought.phones)]
    digits = re.sub(r"\D", "", text)
    if len(digits) >= _TAIL:
        ends = _members().alias(reversed=Reverse("phone"))
        found.append(ends.filter(reversed__startswith=digits[::-1]))
    return _union(found)


def _called(word: str) -> QuerySet[Member, Any]:
    """Whose first or last name begins so, or whose referral code or card this is."""
    codes = _members().filter(referral_code=word.upper())
    numbers = lookup.seek("card", word, Manner()).cards
    return _union([_begins("last_name", word), _begins("first_name", word), codes, _carded(numbers)])


def _begins(field: str, text: str) -> QuerySet[Member, Any]:
    """Whose field begins so, in capitals or not: as the index has it, which ``istartswith`` does not ask."""
    lowered = _members().alias(lowered=Lower(field))
    return lowered.filter(lowered__startswith=Lower(Value(text)))


def _members() -> QuerySet[Member, Any]:
    return Member.objects.order_by().values("id")


def _carded(numbers: Iterable[str]) -> QuerySet[Any, Any]:
    return Card.objects.order_by().filter(number__in=numbers, member__isnull=False).values("member_id")


def _union(found: list[QuerySet[Any, Any]]) -> QuerySet[Any, Any]:
    """All of them: each part by its own index, which one condition with ORs would not."""
    return found[0].union(*found[1:], all=True)


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


def cards_of(queryset: QuerySet[Card], text: str) -> QuerySet[Card]:
    """Cards of that number, or of the members that ``text`` may mean."""
    text = text.strip()
    return queryset.filter(Q(number=text) | Q(member__in=_found(text))) if text else queryset
