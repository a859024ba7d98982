"""The back office keeps nothing of its own but the rights that no table carries."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Right(models.Model):
    """No table: what one may be allowed to do in the back office beside viewing and changing records."""

    class Meta:
        managed = False
        default_permissions = ()
        permissions = (
            ("adjust_points", _("Can give and take points by hand")),
            ("export_records", _("Can take lists out as files")),
            ("publish_campaigns", _("Can publish, pause and end campaigns")),
            ("set_tiers", _("Can set members' tiers by hand")),
        )
