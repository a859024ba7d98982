"""Roles of those who work on a programme: groups, and what each may do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser, Group, Permission
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_noop

from members.models import User

MANAGER = gettext_noop("manager")
OPERATOR = gettext_noop("operator")
ANALYST = gettext_noop("analyst")
CASHIER = gettext_noop("cashier")

#: What nobody writes in the back office, by app: the ledger, and what must be provable.
RECORDS = (
    "loyalty.account", "loyalty.holder", "loyalty.transfer", "loyalty.lot", "loyalty.lotuse", "loyalty.debt",
    "loyalty.receipt", "loyalty.receiptline", "loyalty.return", "loyalty.returnline", "members.event",
    "members.consent", "campaigns.revision", "campaigns.rulebook", "analytics.memberfacts",
    "loyalty.tierchange", "campaigns.answersheet",
)  # fmt: skip
PEOPLE = ("members.member", "members.card")
GOODS = ("loyalty.category", "loyalty.product", "loyalty.productset")
SHOPS = ("loyalty.partner", "loyalty.participation", "loyalty.store", "loyalty.storegroup", "loyalty.till",
         "campaigns.seller")  # fmt: skip
RULES = (
    "loyalty.programme", "loyalty.ladder", "loyalty.tier", "loyalty.payer", "campaigns.campaign",
    "campaigns.campaigntemplate", "campaigns.questionnaire", "members.cardkind", "members.consenttext",
    "analytics.segment", "rewards.series",
    "loyalty.appearance", "campaigns.landingpage",
)  # fmt: skip
KEYS = ("pos.tillkey",)
#: Whoever sees a coupon's code may use it: not for analysts.
COUPONS = ("rewards.coupon", "rewards.couponuse")
#: What members ask is read by who answers them.
QUESTIONS = ("messaging.helprequest",)
TRIALS = ("campaigns.backtest",)


def _rights(actions: Iterable[str], models: Iterable[str]) -> set[str]:
    names = (name.partition(".") for name in models)
    return {f"{app}.{action}_{model}" for app, _dot, model in names for action in actions}


#: What the till page asks for: selling, and taking goods back. The back office's own pages never write these.
_SELL = {"loyalty.add_receipt", "loyalty.add_return"}

_VIEW_ALL = _rights(("view",), (*RECORDS, *PEOPLE, *GOODS, *SHOPS, *RULES, *TRIALS))

ROLES: Mapping[str, set[str]] = {
    MANAGER: _VIEW_ALL
    | _rights(("view", "add", "change", "delete"), (*PEOPLE, *GOODS, *SHOPS, *RULES, *KEYS))
    | _rights(("add", "delete"), TRIALS)
    | {"backoffice.adjust_points", "backoffice.export_records", "backoffice.publish_campaigns"}
    | {"backoffice.set_tiers", "backoffice.change_holders"}
    | _rights(("view",), COUPONS)
    | _rights(("view", "change"), QUESTIONS)
    | {"rewards.add_coupon", "rewards.change_coupon"}
    | _SELL,
    OPERATOR: _VIEW_ALL
    | _rights(("add", "change"), PEOPLE)
    | _rights(("view",), COUPONS)
    | _rights(("view", "change"), QUESTIONS)
    | {"backoffice.adjust_points", "backoffice.set_tiers", "backoffice.change_holders", "rewards.add_coupon"},
    ANALYST: _VIEW_ALL | _rights(("add", "delete"), TRIALS) | {"backoffice.export_records"},
    CASHIER: _SELL,
}


#: The most that somebody of a role gives or takes by hand at once, in money of the programme. The highest of
#: somebody's roles counts; whoever may do everything has the manager's: a slip of the finger knows no rank.
MOST_BY_HAND: Mapping[str, Decimal] = {OPERATOR: Decimal(100), MANAGER: Decimal(10_000)}


def most_by_hand(user: AbstractBaseUser | AnonymousUser) -> Decimal:
    """The most that a user gives or takes by hand at once, in money; the lowest where no role says it."""
    if getattr(user, "is_superuser", False):
        return max(MOST_BY_HAND.values())
    names = user.groups.values_list("name", flat=True) if isinstance(user, User) else ()
    return max(
        (MOST_BY_HAND[name] for name in names if name in MOST_BY_HAND), default=min(MOST_BY_HAND.values())
    )


@transaction.atomic
def create() -> dict[str, int]:
    """Make the groups of the roles, or bring them back to what is written here. Returns rights by role.

    Raises ``LookupError`` naming the rights that the database does not know: it is not migrated.
    """
    counts = {}
    for name, wanted in ROLES.items():
        labels = [label.split(".") for label in sorted(wanted)]
        query = Q()
        for app, codename in labels:
            query |= Q(content_type__app_label=app, codename=codename)
        found = list(Permission.objects.filter(query).select_related("content_type"))
        missing = wanted - {f"{right.content_type.app_label}.{right.codename}" for right in found}
        if missing:
            raise LookupError(f"The database has no rights {', '.join(sorted(missing))}: migrate it first.")
        group, _created = Group.objects.get_or_create(name=name)
        group.permissions.set(found)
        counts[name] = len(found)
    return counts
