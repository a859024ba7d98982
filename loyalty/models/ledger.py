"""The books: accounts, who holds them, transfers, lots, their uses, and debts.

Only ``loyalty.ledger.ledger`` and ``loyalty.ledger.sweep`` write these tables. Transfers, uses and debts are
append-only; of a lot only what remains may change, of which each change has its use.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.formats import localize
from django.utils.translation import gettext_lazy as _

from members.models import APPEND_ONLY, NEVER_TRUNCATED, append_only_but, new_id

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

ZERO = Decimal(0)


def points_field(label: StrOrPromise, **options: object) -> models.DecimalField:
    """A column of points: up to twelve digits before the point, two after."""
    return models.DecimalField(label, max_digits=14, decimal_places=2, **options)  # type: ignore[arg-type]


class Account(models.Model):
    """A place where points are: a member's (or a family's), a partner's, or one of the programme's own.

    ``balance`` and ``owed`` are kept for members' accounts alone. An institution's balance is the
    sum of its transfers: a cached one would be a row that every purchase of the programme locks.
    ``version`` counts the writes to a member's account; whoever decided on what it read writes only
    if the version is still the same.
    """

    class Kind(models.TextChoices):
        MEMBER = "member", _("member")
        ISSUANCE = "issuance", _("issuance")
        EXPIRY = "expiry", _("expiry")
        HOLD = "hold", _("held points")
        EXCHANGE = "exchange", _("exchange")
        PARTNER = "partner", _("partner")
        BUDGET = "budget", _("budget")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    programme = models.ForeignKey(
        "loyalty.Programme", on_delete=models.PROTECT, related_name="accounts", verbose_name=_("programme")
    )
    kind = models.CharField(_("kind"), max_length=8, choices=Kind, default=Kind.MEMBER)
    partner = models.ForeignKey(
        "loyalty.Partner",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="accounts",
        verbose_name=_("partner"),
    )
    #: Of a budget, as campaigns knew it when it was opened: those from before there were payers go by it.
    code = models.CharField(_("code"), max_length=32, blank=True)
    payer = models.ForeignKey(
        "loyalty.Payer",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="accounts",
        db_index=False,  # most accounts have none
        verbose_name=_("payer"),
    )
    balance = points_field(_("balance"), null=True, blank=True)
    owed = points_field(_("owed"), default=ZERO)
    version = models.BigIntegerField(default=0)
    #: Of a firm: its manager hands points to employees, who have accounts of their own. A name of people's accounts
    #: is none of theirs: it is how those who share one call it.
    business = models.BooleanField(_("business account"), default=False, db_default=False)
    name = models.CharField(_("name"), max_length=80, blank=True, default="", db_default="")
    opened_at = models.DateTimeField(_("opened"), auto_now_add=True)

    class Meta:
        verbose_name = _("account")
        verbose_name_plural = _("accounts")
        constraints = (
            models.CheckConstraint(
                condition=Q(kind="member", balance__isnull=False)
                | (~Q(kind="member") & Q(balance__isnull=True)),
                name="account_balance_of_members_alone",
            ),
            models.CheckConstraint(
                condition=Q(balance__isnull=True) | Q(balance__gte=0), name="account_not_overspent"
            ),
            models.CheckConstraint(condition=Q(owed__gte=0), name="account_owed_not_negative"),
            models.UniqueConstraint(
                fields=["programme", "kind"],
                condition=Q(kind__in=["issuance", "expiry", "hold", "exchange"]),
                name="account_one_institution_of_a_kind",
            ),
            models.UniqueConstraint(
                fields=["programme", "partner"], condition=Q(kind="partner"), name="account_one_per_partner"
            ),
            models.UniqueConstraint(
                fields=["programme", "code"], condition=Q(kind="budget"), name="account_one_per_budget"
            ),
            models.CheckConstraint(
                condition=Q(kind="budget", payer__isnull=False) | (~Q(kind="budget") & Q(payer__isnull=True)),
                name="account_payer_of_budgets_alone",
            ),
        )
        indexes = (models.Index(fields=["payer"], name="account_of_payer", condition=Q(payer__isnull=False)),)

    def __str__(self) -> str:
        if self.kind == Account.Kind.MEMBER:
            return ", ".join(str(holder.member) for holder in self.holders.all()) or str(_("nobody"))
        if self.kind == Account.Kind.PARTNER:
            return f"{self.partner}"
        if self.payer is not None:
            return f"{self.payer}"
        return f"{self.get_kind_display()} {self.code}".strip()


#: An account that somebody holds has one owner, at the end of every transaction. Who opens an account owns it, so only
#: other changes are looked at.
_ONE_OWNER = """
IF EXISTS (SELECT FROM loyalty_holder h
            WHERE h.account_id IN (SELECT DISTINCT x FROM unnest(ARRAY[%(accounts)s]) x)
            GROUP BY h.account_id HAVING count(*) FILTER (WHERE h.role = 'owner') <> 1) THEN
    RAISE EXCEPTION 'an account that somebody holds has one owner' USING ERRCODE = '23514',
        CONSTRAINT = 'holder_owner_of_every_account', TABLE = 'loyalty_holder';
END IF;
RETURN NULL;
"""


def _has_owner(name: str, operation: object, accounts: str, condition: str) -> pgtrigger.Trigger:
    return pgtrigger.Trigger(
        name=name,
        level=pgtrigger.Row,
        when=pgtrigger.After,
        operation=operation,  # type: ignore[arg-type]
        timing=pgtrigger.Deferred,
        condition=pgtrigger.Condition(condition),
        func=_ONE_OWNER % {"accounts": accounts},
    )


class Holder(models.Model):
    """A member's right in an account. One account per member and programme.

    Whoever owns it may give others a right in it: to spend, to spend up to ``daily_limit`` points a day of the
    programme (``loyalty.ledger.allowance``), or only to earn (``may_redeem`` is false). ``own`` is the account that
    a member had before they came to share this one: it waits for them. ``loyalty.sharing`` writes all this.
    """

    class Role(models.TextChoices):
        OWNER = "owner", _("owner")
        HOLDER = "holder", _("holder")

    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="holders", verbose_name=_("account")
    )
    member = models.ForeignKey(
        "members.Member", on_delete=models.PROTECT, related_name="holdings", verbose_name=_("member")
    )
    programme = models.ForeignKey("loyalty.Programme", on_delete=models.PROTECT, related_name="+")
    role = models.CharField(_("role"), max_length=6, choices=Role, default=Role.OWNER)
    may_redeem = models.BooleanField(_("may spend"), default=True)
    daily_limit = points_field(_("points a day"), null=True, blank=True)
    own = models.OneToOneField(
        Account,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="awaits",
        verbose_name=_("own account, which waits"),
    )
    since = models.DateTimeField(_("since"), null=True, blank=True)

    class Meta:
        verbose_name = _("holder")
        verbose_name_plural = _("holders")
        constraints = (
            models.CheckConstraint(
                condition=Q(daily_limit__isnull=True) | Q(daily_limit__gt=0, role="holder", may_redeem=True),
                name="holder_limit_of_who_may_spend",
            ),
            models.CheckConstraint(
                condition=Q(own__isnull=True) | ~Q(own=F("account")), name="holder_own_account_is_another"
            ),
            models.UniqueConstraint(fields=["member", "programme"], name="holder_one_account_in_programme"),
            models.UniqueConstraint(
                fields=["account"], condition=Q(role="owner"), name="holder_one_owner_of_account"
            ),
        )
        triggers = (
            _has_owner("shared_with_an_owner", pgtrigger.Insert, "NEW.account_id", "NEW.role <> 'owner'"),
            _has_owner(
                "keeps_an_owner",
                pgtrigger.Update,
                "OLD.account_id, NEW.account_id",
                "OLD.role <> NEW.role OR OLD.account_id <> NEW.account_id",
            ),
            _has_owner("leaves_an_owner", pgtrigger.Delete, "OLD.account_id", "OLD.role = 'owner'"),
        )

    def __str__(self) -> str:
        return f"{self.member}"


class Transfer(models.Model):
    """Points that went from one account to another. Never changed, never deleted."""

    class Kind(models.TextChoices):
        ACCRUE = "accrue", _("earned")
        REDEEM = "redeem", _("spent")
        HOLD = "hold", _("held")
        CAPTURE = "capture", _("held points spent")
        RELEASE = "release", _("released")
        RESTORE = "restore", _("given back")
        REVOKE = "revoke", _("taken back")
        REPAY = "repay", _("debt repaid")
        EXPIRE = "expire", _("expired")
        ADJUST = "adjust", _("adjusted")
        EXCHANGE = "exchange", _("exchanged")
        MOVE = "move", _("moved")
        TRANSFER = "transfer", _("between members")
        FEE = "fee", _("fee for sending points")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    kind = models.CharField(_("kind"), max_length=8, choices=Kind)
    source = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="outgoing", verbose_name=_("from"), db_index=False
    )
    target = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="incoming", verbose_name=_("to"), db_index=False
    )
    points = points_field(_("points"))
    key = models.CharField(_("key"), max_length=120, unique=True)
    at = models.DateTimeField(_("booked"))
    source_balance = points_field(_("balance left"), null=True)
    target_balance = points_field(_("balance after"), null=True)
    reverses = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="reversed_by",
        db_index=False,
        verbose_name=_("reverses"),
    )
    receipt = models.ForeignKey(
        "loyalty.Receipt",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="transfers",
        db_index=False,
        verbose_name=_("receipt"),
    )
    revision = models.ForeignKey(
        "campaigns.Revision",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name=_("campaign revision"),
    )
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name=_("by"),
    )

    class Meta:
        verbose_name = _("transfer")
        verbose_name_plural = _("transfers")
        ordering = ("-at", "-id")
        constraints = (
            models.CheckConstraint(condition=Q(points__gt=0), name="transfer_points_positive"),
            models.CheckConstraint(condition=~Q(source=F("target")), name="transfer_between_two_accounts"),
        )
        indexes = (
            models.Index(fields=["source", "at"], name="transfer_out"),
            models.Index(fields=["target", "at"], name="transfer_in"),
            # most transfers have none of these, and an index that skips them costs them nothing
            models.Index(fields=["receipt"], name="transfer_of_receipt", condition=Q(receipt__isnull=False)),
            models.Index(fields=["reverses"], name="transfer_reversing", condition=Q(reverses__isnull=False)),
            models.Index(
                fields=["revision"], name="transfer_of_revision", condition=Q(revision__isnull=False)
            ),
            models.Index(fields=["user"], name="transfer_by_user", condition=Q(user__isnull=False)),
        )
        triggers = append_only_but("reason")

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {localize(self.points)}"


class Lot(models.Model):
    """A batch of points that share their terms. Only ``remaining`` and ``pending`` ever change.

    ``pending`` is housekeeping: true until the activation job has told that the lot became active.
    What can be spent is decided from ``active_from`` and ``expires_at`` alone.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="lots", verbose_name=_("account"), db_index=False
    )
    transfer = models.ForeignKey(
        Transfer, on_delete=models.PROTECT, related_name="lots", verbose_name=_("transfer")
    )
    points = points_field(_("points"))
    remaining = points_field(_("remaining"))
    earned_at = models.DateTimeField(_("earned"))
    active_from = models.DateTimeField(_("active from"), null=True, blank=True)
    expires_at = models.DateTimeField(_("expires"), null=True, blank=True)
    terms = models.JSONField(_("terms of use"), null=True, blank=True)
    funder = models.ForeignKey(
        Account,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name=_("paid for by"),
    )
    origin = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="heirs",
        db_index=False,
        verbose_name=_("replaces the expired lot"),
    )
    pending = models.BooleanField(_("pending"), default=False)

    class Meta:
        verbose_name = _("lot")
        verbose_name_plural = _("lots")
        ordering = ("earned_at", "id")
        constraints = (
            models.CheckConstraint(condition=Q(points__gt=0), name="lot_points_positive"),
            models.CheckConstraint(
                condition=Q(remaining__gte=0) & Q(remaining__lte=F("points")), name="lot_remaining_in_range"
            ),
        )
        indexes = (
            models.Index(
                fields=["account", "expires_at"],
                name="lot_open_of_account_by_end",
                condition=Q(remaining__gt=0),
            ),
            models.Index(fields=["account"], name="lot_pending_of_account", condition=Q(pending=True)),
            models.Index(
                fields=["expires_at"],
                name="lot_due",
                condition=Q(remaining__gt=0) & Q(expires_at__isnull=False),
            ),
            models.Index(fields=["active_from"], name="lot_pending", condition=Q(pending=True)),
            models.Index(fields=["origin"], name="lot_replacing", condition=Q(origin__isnull=False)),
        )
        triggers = (
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
            NEVER_TRUNCATED,
            pgtrigger.Protect(
                name="terms_are_fixed",
                operation=pgtrigger.Update,
                condition=pgtrigger.AnyChange(exclude=["remaining", "pending"]),
            ),
        )

    def __str__(self) -> str:
        said = _("%(remaining)s of %(points)s points")
        return str(said % {"remaining": localize(self.remaining), "points": localize(self.points)})


class LotUse(models.Model):
    """Points that a transfer took from a lot; negative when it gave them back."""

    transfer = models.ForeignKey(
        Transfer, on_delete=models.PROTECT, related_name="uses", verbose_name=_("transfer")
    )
    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, related_name="uses", verbose_name=_("lot"))
    points = points_field(_("points"))

    class Meta:
        verbose_name = _("lot use")
        verbose_name_plural = _("lot uses")
        ordering = ("id",)
        constraints = (models.CheckConstraint(condition=~Q(points=0), name="lot_use_not_zero"),)
        triggers = APPEND_ONLY

    def __str__(self) -> str:
        return localize(self.points)


class Debt(models.Model):
    """Points that had to be taken back but were already spent; negative rows repay or take back the debt."""

    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="debts", verbose_name=_("account")
    )
    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, related_name="debts", verbose_name=_("lot"))
    transfer = models.ForeignKey(
        Transfer,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="debts",
        verbose_name=_("repaid by"),
    )
    points = points_field(_("points"))
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("debt")
        verbose_name_plural = _("debts")
        ordering = ("id",)
        constraints = (models.CheckConstraint(condition=~Q(points=0), name="debt_not_zero"),)
        triggers = APPEND_ONLY

    def __str__(self) -> str:
        return localize(self.points)
