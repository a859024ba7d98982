"""The work table of the periodic sweeps over lots."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from members.models import new_id


class SweepBatch(models.Model):
    """Lots that a sweep is to look at in one transaction, with their accounts, which it locks.

    The row goes when that transaction commits. It is a list of where to look, not of what to do: what is
    due is decided again under the accounts' locks, so a batch that was left behind by a crash does no
    harm, however old.
    """

    class Job(models.TextChoices):
        EXPIRE = "expire", _("expire")
        LAPSE = "lapse", _("expire for inactivity")
        ACTIVATE = "activate", _("activate")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    job = models.CharField(_("job"), max_length=8, choices=Job)
    programme = models.ForeignKey(
        "loyalty.Programme", on_delete=models.CASCADE, null=True, related_name="+", db_index=False
    )
    accounts = ArrayField(models.UUIDField(), verbose_name=_("accounts"))
    lots = ArrayField(models.UUIDField(), verbose_name=_("lots"), default=list, db_default=[])

    class Meta:
        verbose_name = _("batch of a sweep")
        verbose_name_plural = _("batches of sweeps")

    def __str__(self) -> str:
        return f"{self.job} {len(self.lots)}"
