"""What the books forget: free text about a person, and what receipts knew of them. Points, receipts, lots and who held
which account stay: they name rows, not people."""

from __future__ import annotations

from django.db import connection

from members.erasure.erasing import Forgetter, Handed
from members.erasure.person import Person, mentions

#: Of what a purchase knew of its buyer, what is about the person; segments, tier and counts are the programme's words.
PERSONAL = ("birthday", "birthday_from", "gender", "attributes")

_RECEIPTS = """
UPDATE loyalty_receipt SET content_hash = '', shopper = shopper - %(personal)s::text[] WHERE member_id = %(member)s
"""
#: Only people write reasons.
_REASONS = """
UPDATE loyalty_transfer t SET reason = '' FROM loyalty_holder h
 WHERE h.member_id = %(member)s AND h.account_id IN (t.source_id, t.target_id) AND t.user_id IS NOT NULL
   AND t.reason <> '';
UPDATE loyalty_tierchange SET reason = '' WHERE member_id = %(member)s AND reason <> '';
"""
#: How a firm calls them in its files, and how their own firm is called: nobody else holds its account. Nobody hands
#: them anything any more.
_SHARED = """
UPDATE loyalty_account a SET name = '' FROM loyalty_holder h
 WHERE h.account_id = a.id AND h.member_id = %(member)s AND a.name <> '';
UPDATE loyalty_employee SET code = '', until = coalesce(until, now()) WHERE member_id = %(member)s;
UPDATE loyalty_invitation SET phone = '', state = 'withdrawn' WHERE phone = %(phone)s AND phone <> '';
UPDATE loyalty_invitation SET phone = '', state = 'withdrawn' WHERE invited_by_id = %(member)s AND state = 'open';
DELETE FROM loyalty_remittance WHERE transfer_id IS NULL
   AND (%(member)s IN (member_id, receiver_id) OR phone = %(phone)s AND phone <> '');
UPDATE loyalty_remittance SET phone = '', note = ''
 WHERE %(member)s IN (member_id, receiver_id) AND (phone <> '' OR note <> '');
"""
_MENTIONED = f"""
UPDATE loyalty_transfer SET reason = '' WHERE user_id IS NOT NULL AND {mentions("reason")};
UPDATE loyalty_tierchange SET reason = '' WHERE user_id IS NOT NULL AND {mentions("reason")};
UPDATE loyalty_remittance SET note = '' WHERE {mentions("note")};
"""

_HANDED = """
UPDATE members_event SET member_id = %(new)s WHERE member_id = %(old)s AND (
       data->>'programme' = %(circle)s
    OR data->>'receipt' IN (SELECT id::text FROM loyalty_receipt
                             WHERE member_id = %(old)s AND programme_id = %(programme_id)s)
    OR data->>'account' IN (SELECT account_id::text FROM loyalty_holder
                             WHERE member_id = %(old)s AND programme_id = %(programme_id)s));
UPDATE loyalty_receipt
   SET member_id = %(new)s,
       shopper = CASE WHEN shopper ? 'member_id' THEN jsonb_set(shopper, '{member_id}', to_jsonb(%(new)s::text))
                      ELSE shopper END
 WHERE member_id = %(old)s AND programme_id = %(programme_id)s;
UPDATE loyalty_pastholder p SET member_id = %(new)s FROM loyalty_account a
 WHERE a.id = p.account_id AND a.programme_id = %(programme_id)s AND p.member_id = %(old)s;
UPDATE loyalty_employee e SET member_id = %(new)s FROM loyalty_account a
 WHERE a.id = e.account_id AND a.programme_id = %(programme_id)s AND e.member_id = %(old)s;
UPDATE loyalty_invitation i SET invited_by_id = %(new)s FROM loyalty_account a
 WHERE a.id = i.account_id AND a.programme_id = %(programme_id)s AND i.invited_by_id = %(old)s;
UPDATE loyalty_invitation i SET answered_by_id = %(new)s FROM loyalty_account a
 WHERE a.id = i.account_id AND a.programme_id = %(programme_id)s AND i.answered_by_id = %(old)s;
UPDATE loyalty_handout o SET by_id = %(new)s FROM loyalty_account a
 WHERE a.id = o.account_id AND a.programme_id = %(programme_id)s AND o.by_id = %(old)s;
UPDATE loyalty_remittance r SET member_id = %(new)s FROM loyalty_account a
 WHERE a.id = r.account_id AND a.programme_id = %(programme_id)s AND r.member_id = %(old)s;
UPDATE loyalty_remittance r SET receiver_id = %(new)s FROM loyalty_account a
 WHERE a.id = r.account_id AND a.programme_id = %(programme_id)s AND r.receiver_id = %(old)s;
UPDATE loyalty_tierchange SET member_id = %(new)s WHERE member_id = %(old)s AND programme_id = %(programme_id)s;
UPDATE loyalty_holder SET member_id = %(new)s WHERE member_id = %(old)s AND programme_id = %(programme_id)s;
"""


def forget(person: Person) -> None:
    """See the module."""
    with connection.cursor() as cursor:
        cursor.execute(_RECEIPTS, person.params | {"personal": list(PERSONAL)})
        cursor.execute(_REASONS, person.params)
        cursor.execute(_SHARED, person.params | {"phone": person.phone})
        if person.marks:
            cursor.execute(_MENTIONED, person.params)


def hand_over(handed: Handed) -> None:
    """Receipts, tiers, the account, and the events of all of them."""
    with connection.cursor() as cursor:
        cursor.execute(_HANDED, handed._asdict())


FORGETTER = Forgetter(forget, hand_over)
