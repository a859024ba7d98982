"""What the till's door forgets: the answers that tell of a person. That there was one stays, so that a repeated
request learns that it is gone (410)."""

from __future__ import annotations

from django.db import connection
from django.utils.crypto import salted_hmac

from loyalty.models import Holder, Participation
from members.erasure.erasing import Forgetter, Handed
from members.erasure.person import Person, mentions
from pos.models import Answer

GONE = 410
_TOLD = """
SELECT a.id FROM pos_answer a WHERE a.status <> 410 AND (
       a.body->>'id' = %(member)s::text
    OR a.body->>'id' IN (SELECT id::text FROM members_event WHERE member_id = %(member)s))
"""
#: Keys are the clients' own words: some are made of a phone.
_NAMED = f"SELECT a.id FROM pos_answer a WHERE a.status <> 410 AND {mentions('a.key')}"


def forget(person: Person) -> None:
    """See the module."""
    with connection.cursor() as cursor:
        cursor.execute(f"{_TOLD} UNION {_NAMED}" if person.marks else _TOLD, person.params)
        _empty([row[0] for row in cursor.fetchall()])


def hand_over(handed: Handed) -> None:
    """The answers that partners got who know the member by this programme alone."""
    still = Holder.objects.filter(member=handed.old).values("programme")
    known = Participation.objects.filter(programme__in=still).values("partner")
    knew = Participation.objects.filter(programme=handed.programme_id).exclude(partner__in=known)
    told = Answer.objects.filter(body__id=str(handed.old), client__partner__in=knew.values("partner"))
    _empty(list(told.exclude(status=GONE).values_list("id", flat=True)))


def sealed(client_id: str, key: str) -> str:
    """The key of an answer that was emptied: who has the key can find it, who has the table cannot read it."""
    return "erased\x1f" + salted_hmac("pos.answers", f"{client_id}\n{key}", algorithm="sha256").hexdigest()


def _empty(answers: list[int]) -> None:
    for answer in Answer.objects.filter(id__in=answers):
        Answer.objects.filter(id=answer.id).update(
            key=sealed(answer.client_id, answer.key), content_hash="", status=GONE, body={}
        )


FORGETTER = Forgetter(forget, hand_over)
