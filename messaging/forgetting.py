"""What messaging forgets: digests of the person's addresses, what other systems answered about them, what they wrote
when they asked for help, and the outbox."""

from __future__ import annotations

from django.db import connection

from members.erasure.erasing import Forgetter, Handed
from members.erasure.person import Person, mentions, named_in
from messaging.channels import deliveries
from messaging.channels.outbox import outbox
from messaging.helpdesk import requests
from messaging.models import Delivery, HelpRequest

_ANSWERS = """
UPDATE messaging_webhookdelivery d SET answer = '' FROM members_event e
 WHERE e.id = d.event_id AND e.member_id = %(member)s AND d.answer <> ''
"""
_MENTIONED = f"""
UPDATE messaging_webhookdelivery SET answer = '' WHERE answer <> '' AND {mentions("answer")};
UPDATE messaging_webhook SET last_answer = '' WHERE last_answer <> '' AND {mentions("last_answer")};
UPDATE messaging_delivery SET words = '' WHERE words <> '' AND {mentions("words")};
"""


def forget(person: Person) -> None:
    """See the module. The outbox goes last: a file is not put back when a transaction fails, and need not be."""
    digests = [deliveries.digest(address) for address in (person.phone, person.email) if address]
    Delivery.objects.filter(digest__in=digests).update(digest="")
    with connection.cursor() as cursor:
        cursor.execute(_ANSWERS, person.params)
        if person.marks:
            cursor.execute(_MENTIONED, person.params)
    requests.forget(person.id)
    outbox.forget(lambda text: named_in(person, text))


def hand_over(handed: Handed) -> None:
    """What was asked for help in the programme. It is forgotten then."""
    mine = HelpRequest.objects.filter(member_id=handed.old, programme_id=handed.programme_id)
    mine.update(member_id=handed.new)


FORGETTER = Forgetter(forget, hand_over)
