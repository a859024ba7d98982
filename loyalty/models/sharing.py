"""Who shares whose account, and what firms hand to their employees. ``loyalty.sharing`` alone writes it."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from loyalty.models.ledger import Account, Transfer, points_field
from members.models import new_id


class PastHolder(models.Model):
    """That a member held an account, and until when last. Receipts and returns of that time are the account's."""

    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="past_holders", verbose_name=_("account")
    )
    member = models.ForeignKey(
        "members.Member", on_delete=models.PROTECT, related_name="past_holdings", verbose_name=_("member")
    )
    until = models.DateTimeField(_("until"))

    class Meta:
        verbose_name = _("former holder")
        verbose_name_plural = _("former holders")
        constraints = (
            models.UniqueConstraint(fields=["account", "member"], name="past_holder_once_of_account"),
        )

    def __str__(self) -> str:
        return f"{self.member}"


class Invitation(models.Model):
    """That a member may come to share an account, or be an employee of a firm: whoever has the link, or the phone.

    ``phone`` in E.164 form is emptied once the invitation is answered or over; erasure empties it, too, wherever it
    is that of the person who goes.
    """

    class State(models.TextChoices):
        OPEN = "open", _("open")
        ACCEPTED = "accepted", _("accepted")
        DECLINED = "declined", _("declined")
        WITHDRAWN = "withdrawn", _("withdrawn")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="invitations", verbose_name=_("account")
    )
    key = models.UUIDField(unique=True)
    token = models.CharField(max_length=32, unique=True)
    phone = models.CharField(_("phone"), max_length=16, blank=True)
    employee = models.BooleanField(_("as an employee"), default=False)
    may_redeem = models.BooleanField(_("may spend"), default=False)
    daily_limit = points_field(_("points a day"), null=True, blank=True)
    invited_by = models.ForeignKey(
        "members.Member",
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        verbose_name=_("invited by"),
    )
    at = models.DateTimeField(_("at"))
    ends_at = models.DateTimeField(_("ends"))
    state = models.CharField(_("state"), max_length=9, choices=State, default=State.OPEN)
    answered_by = models.ForeignKey(
        "members.Member",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name=_("answered by"),
    )
    answered_at = models.DateTimeField(_("answered"), null=True, blank=True)

    class Meta:
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")
        constraints = (
            models.CheckConstraint(
                condition=Q(daily_limit__isnull=True) | Q(daily_limit__gt=0, may_redeem=True),
                name="invitation_limit_of_who_may_spend",
            ),
            models.CheckConstraint(
                condition=Q(state="open") | Q(phone=""), name="invitation_phone_while_it_is_open"
            ),
        )
        indexes = (models.Index(fields=["phone"], name="invitation_of_phone", condition=~Q(phone="")),)

    def __str__(self) -> str:
        return self.get_state_display()


class Employee(models.Model):
    """A member to whom a firm hands points; they go to the account that the member has then.

    ``code`` is how the firm calls them in its files: erasure empties it.
    """

    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="employees", verbose_name=_("firm")
    )
    member = models.ForeignKey(
        "members.Member", on_delete=models.PROTECT, related_name="employments", verbose_name=_("member")
    )
    code = models.CharField(_("code"), max_length=64, blank=True)
    since = models.DateTimeField(_("since"))
    until = models.DateTimeField(_("until"), null=True, blank=True)

    class Meta:
        verbose_name = _("employee")
        verbose_name_plural = _("employees")
        constraints = (
            models.UniqueConstraint(
                fields=["account", "member"], condition=Q(until__isnull=True), name="employee_once_of_firm"
            ),
        )

    def __str__(self) -> str:
        return f"{self.member}"


class Handout(models.Model):
    """Points that a firm handed to its employees at once: one, or as many as a file named."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="handouts", verbose_name=_("firm")
    )
    key = models.UUIDField(unique=True)
    by = models.ForeignKey(
        "members.Member", on_delete=models.PROTECT, related_name="+", db_index=False, verbose_name=_("by")
    )
    at = models.DateTimeField(_("at"))
    points = points_field(_("points"))
    content_hash = models.CharField(max_length=64)
    undone_at = models.DateTimeField(_("undone"), null=True, blank=True)

    class Meta:
        verbose_name = _("handout")
        verbose_name_plural = _("handouts")
        ordering = ("-at", "-id")
        constraints = (models.CheckConstraint(condition=Q(points__gt=0), name="handout_points_positive"),)

    def __str__(self) -> str:
        return f"{self.points}"


class HandoutLine(models.Model):
    """What one employee got of a handout, by which transfer; ``back`` is what was taken back when it was undone."""

    handout = models.ForeignKey(
        Handout, on_delete=models.PROTECT, related_name="lines", verbose_name=_("handout")
    )
    employee = models.ForeignKey(
        Employee, on_delete=models.PROTECT, related_name="lines", verbose_name=_("employee")
    )
    transfer = models.OneToOneField(
        Transfer, on_delete=models.PROTECT, related_name="handed", verbose_name=_("transfer")
    )
    points = points_field(_("points"))
    back = points_field(_("taken back"), default=0)

    class Meta:
        verbose_name = _("line of a handout")
        verbose_name_plural = _("lines of handouts")
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(fields=["handout", "employee"], name="handout_once_to_employee"),
            models.CheckConstraint(
                condition=Q(points__gt=0) & Q(back__gte=0) & Q(back__lte=models.F("points")),
                name="handout_line_in_range",
            ),
        )

    def __str__(self) -> str:
        return f"{self.points}"
