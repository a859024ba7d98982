"""What rewards forget: lines of brought files that name a person. Coupons name rows, and stay with what is left."""

from __future__ import annotations

import zlib

from django.db import connection
from django.utils.translation import gettext_noop

from members.erasure.erasing import Forgetter, Handed
from members.erasure.person import Person, mentions, named_in
from rewards.models import CodeBatch

#: Translated for whoever reads it.
LET_GO = gettext_noop("Somebody in the file was erased, and the file with them. Bring it again without them.")
_TEXTS = f"""
UPDATE rewards_codebatch SET faults = '[]' WHERE {mentions("faults")};
UPDATE rewards_codebatch SET name = '' WHERE {mentions("name")};
"""
_HANDED = """
UPDATE members_event SET member_id = %(new)s
 WHERE member_id = %(old)s AND kind LIKE 'coupon.%%' AND data->>'coupon' IN (
       SELECT code FROM rewards_coupon WHERE programme_id = %(programme_id)s);
UPDATE rewards_coupon SET member_id = %(new)s WHERE member_id = %(old)s AND programme_id = %(programme_id)s;
UPDATE rewards_couponuse u SET member_id = %(new)s FROM rewards_series s
 WHERE s.id = u.series_id AND s.programme_id = %(programme_id)s AND u.member_id = %(old)s;
UPDATE rewards_seriesmember u SET member_id = %(new)s FROM rewards_series s
 WHERE s.id = u.series_id AND s.programme_id = %(programme_id)s AND u.member_id = %(old)s;
"""


def forget(person: Person) -> None:
    """See the module."""
    if not person.marks:
        return
    with connection.cursor() as cursor:
        cursor.execute(_TEXTS, person.params)
    for batch in CodeBatch.objects.filter(content__isnull=False).only("content"):
        if named_in(person, zlib.decompress(bytes(batch.content or b"")).decode(errors="replace")):
            CodeBatch.objects.filter(pk=batch.pk).update(
                content=None, status=CodeBatch.Status.FAILED, error=LET_GO
            )


def hand_over(handed: Handed) -> None:
    """Coupons and their uses."""
    with connection.cursor() as cursor:
        cursor.execute(_HANDED, handed._asdict())


FORGETTER = Forgetter(forget, hand_over)
