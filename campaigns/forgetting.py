"""What campaigns forget: what rewards for events knew of a person, and who sold under their name."""

from __future__ import annotations

from django.db import connection

from campaigns.models import EventReward, Seller
from campaigns.questionnaires import forgetting as questionnaires
from loyalty.forgetting import PERSONAL
from members.erasure.erasing import Forgetter, Handed
from members.erasure.person import Person

_REWARDS = """
UPDATE campaigns_eventreward w SET shopper = w.shopper - %(personal)s::text[]
  FROM members_event e WHERE e.id = w.event_id AND e.member_id = %(member)s AND w.shopper IS NOT NULL
"""
#: The events that one programme alone rewarded, or is to reward, go with it. Of those that others reward too, the uses
#: stay with the member.
_HANDED = """
UPDATE members_event e SET member_id = %(new)s
  FROM campaigns_eventreward w
 WHERE w.event_id = e.id AND e.member_id = %(old)s AND w.programme_id = %(programme_id)s
   AND NOT EXISTS (SELECT FROM campaigns_eventreward o
                    WHERE o.event_id = e.id AND o.programme_id <> w.programme_id);
UPDATE campaigns_usage u SET member_id = %(new)s FROM campaigns_campaign c
 WHERE c.id = u.campaign_id AND c.programme_id = %(programme_id)s AND u.member_id = %(old)s;
CREATE TEMPORARY TABLE shared_uses ON COMMIT DROP AS
SELECT (u.value->>0)::bigint AS campaign_id, u.value->>1 AS period, sum((u.value->>2)::numeric)::int AS times,
       sum((u.value->>3)::numeric) AS points
  FROM campaigns_eventreward w JOIN members_event e ON e.id = w.event_id
 CROSS JOIN LATERAL jsonb_array_elements(w.outcome->'uses') u
 WHERE e.member_id = %(old)s AND w.programme_id = %(programme_id)s AND w.outcome ? 'uses' GROUP BY 1, 2;
UPDATE campaigns_usage u SET times = u.times - s.times, points = u.points - s.points
  FROM shared_uses s WHERE u.member_id = %(new)s AND u.campaign_id = s.campaign_id AND u.period = s.period;
INSERT INTO campaigns_usage (member_id, campaign_id, period, times, points)
SELECT %(old)s, campaign_id, period, times, points FROM shared_uses;
DROP TABLE shared_uses;
"""


def forget(person: Person) -> None:
    """See the module. What waits to be rewarded is not any more."""
    with connection.cursor() as cursor:
        cursor.execute(_REWARDS, person.params | {"personal": list(PERSONAL)})
    EventReward.objects.filter(event__member=person.id, due_at__isnull=False).update(due_at=None)
    Seller.objects.filter(member=person.id).update(name="", active=False)
    questionnaires.forget(person.id)


def hand_over(handed: Handed) -> None:
    """What events of the programme gave, and how far its campaigns were used."""
    with connection.cursor() as cursor:
        cursor.execute(_HANDED, handed._asdict())
    questionnaires.hand_over(handed.old, handed.new, handed.programme_id)


FORGETTER = Forgetter(forget, hand_over)
