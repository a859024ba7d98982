"""Who hears of what happened: the one table of event kinds and their listeners.

``now`` listeners run in the transaction that recorded the event; ``later`` ones once it is committed,
where they send a Celery task if there is real work to do.
"""

from __future__ import annotations

from campaigns import shares
from campaigns.tasks import send_shares
from members.events import Subscribers
from messaging import webhooks
from messaging.models import Webhook

SUBSCRIBERS: dict[str, Subscribers] = {
    kind: Subscribers(now=(webhooks.note,), asked=webhooks.is_wanted) for kind in Webhook.Kind.values
}
SUBSCRIBERS[shares.DUE] = Subscribers(later=(send_shares,))
