"""A family and a firm among the demo's members: those with the most points own their accounts, others share them."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from campaigns.demo.tongue import Tongue
from loyalty.ledger import balances
from loyalty.models import Account, Holder, Programme
from loyalty.sharing import company, holders
from loyalty.sharing.company import Part
from loyalty.sharing.rights import Rights
from members.models import new_id

#: What those of the family may do who do not own the account; the first one's points came along.
FAMILY = (Rights(), Rights(True, Decimal(20)), Rights(False))
EMPLOYEES = 4
FIRM = "Harborton Joinery"


def begin(programme: Programme, tongue: Tongue, now: datetime) -> int:
    """Make them, where there are members enough and none was made before. Returns how many take part."""
    made = Holder.objects.filter(programme=programme, role=Holder.Role.HOLDER)
    wanted = 2 + len(FAMILY) + EMPLOYEES
    found = Holder.objects.filter(programme=programme, account__kind=Account.Kind.MEMBER)
    rich = list(found.select_related("member").order_by("-account__balance", "id")[:wanted])
    if made.exists() or len(rich) < wanted:
        return 0
    owner, manager, *others = rich
    for number, (other, given) in enumerate(zip(others, FAMILY, strict=False)):
        holders.come(owner.account_id, other.member, given, now, bring=number == 0)
    company.make(manager.account_id, tongue.text(FIRM))
    staff = [
        company.employ(manager.account_id, other.member, now) for other in others[len(FAMILY) :][:EMPLOYEES]
    ]
    each = (balances.of_account(manager.account_id, now)[0] / 10).quantize(Decimal(1))
    if each > 0:
        parts = [Part(one.pk, each) for one in staff]
        company.hand_out(manager.account_id, manager.member, parts, new_id(), now)
    return wanted
