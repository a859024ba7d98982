"""What members of the demo have asked: one request is open, with its receipt; one is answered."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from campaigns.demo.tongue import Tongue
from loyalty.models import Holder, Programme, Receipt
from members.models import Member, new_id
from messaging.helpdesk import requests
from messaging.helpdesk.requests import Written
from messaging.models import HelpRequest

OPEN = "The fruit was to count twice, wasn’t it? It looks as if it counted once."
CLEAR = "How long are my points good for?"
ANSWER = "Each purchase's points have a day of their own: you find it in your history, beside the amount."


def ask(programme: Programme, members: list[UUID], tongue: Tongue, now: datetime) -> int:
    """Ask in the name of some members, unless somebody asked before. Returns how many requests are new."""
    if HelpRequest.objects.filter(programme=programme).exists():
        return 0
    asking = list(Member.objects.filter(id__in=members).order_by("id")[:2])
    for number, member in enumerate(asking):
        holder = Holder.objects.select_related("account").get(member=member, programme=programme)
        bought = Receipt.objects.filter(account_id=holder.account.id, member=member, earned__gt=0)
        last = bought.order_by("-purchased_at", "id").first()
        about = requests.about(holder.account, last.id if last and number == 0 else None)
        at = now - timedelta(hours=3 + 20 * number)
        asked = Written(new_id(), tongue.text(CLEAR if number else OPEN))
        row = requests.ask(member, programme, asked, about, at)
        if number:
            requests.answer(row.id, Written(new_id(), tongue.text(ANSWER)), None, at + timedelta(hours=1))
    return len(asking)
