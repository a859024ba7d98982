"""Who hears of what happened: the one table of event kinds and their listeners.

``now`` listeners run in the transaction that recorded the event; ``later`` ones once it is committed,
where they send a Celery task if there is real work to do. ``outside`` are other systems.
"""

from __future__ import annotations

from collections.abc import Callable

from campaigns import hearing
from campaigns.checkout import settlements
from campaigns.occasions.own_events import RECORDED_ELSEWHERE
from members.timeline.events import EventRow, Subscribers
from messaging import webhooks
from messaging.models import Webhook

#: What is heard once it is committed.
LATER: dict[str, tuple[Callable[[EventRow], None], ...]] = {
    **dict.fromkeys(RECORDED_ELSEWHERE, (hearing.hear_event,)),
    settlements.DUE: (hearing.hear_due,),
}

SUBSCRIBERS: dict[str, Subscribers] = {
    **{kind: Subscribers(later=later) for kind, later in LATER.items()},
    **{
        kind: Subscribers(later=LATER.get(kind, ()), outside=(webhooks.note,), asked=webhooks.is_wanted)
        for kind in Webhook.Kind.values
    },
}
