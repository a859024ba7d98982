"""What stores were: kept from change to change, so that what was sold there is judged by it for ever."""

from __future__ import annotations

from typing import Any

import pgtrigger
from django.db import models
from django.utils.translation import gettext_lazy as _

from members.models import NEVER_TRUNCATED

#: What a store ``s`` of a partner ``p`` is at this moment; read back as ``loyalty.shops.pasts.Document``.
_AS_IT_IS = """
jsonb_build_object(
  'version', 1, 'store', s.code, 'partner', p.code, 'partner_id', p.id, 'zone', s.time_zone, 'active', s.active,
  'groups', COALESCE((SELECT jsonb_agg(g.code ORDER BY g.code) FROM loyalty_store_groups i
              JOIN loyalty_storegroup g ON g.id = i.storegroup_id WHERE i.store_id = s.id), '[]'),
  'tills', COALESCE((SELECT jsonb_object_agg(t.code, t.id) FROM loyalty_till t
              WHERE t.store_id = s.id AND t.active), '{}'),
  'programmes', COALESCE((SELECT jsonb_agg(jsonb_build_array(
                   y.id, y.time_zone, y.active, x.card_kind_id, x.product_set_id) ORDER BY x.priority, x.id)
              FROM loyalty_participation x JOIN loyalty_programme y ON y.id = x.programme_id
              WHERE x.partner_id = p.id), '[]'))
"""
#: Keeps what the stores are whose ids a query names, where it is something else than was kept last. The stores
#: are locked in the order of their ids first: of two changes at once, the later one sees what the other did.
_KEEP = f"""
PERFORM FROM loyalty_store WHERE id IN (%(stores)s) ORDER BY id FOR NO KEY UPDATE;
INSERT INTO loyalty_storestate (store_id, since, place)
SELECT s.id, CASE WHEN EXISTS (SELECT FROM loyalty_receipt r WHERE r.store_id = s.id) THEN clock_timestamp() END,
       now_.place
  FROM loyalty_store s JOIN loyalty_partner p ON p.id = s.partner_id
       CROSS JOIN LATERAL (SELECT {_AS_IT_IS} AS place) now_
 WHERE s.id IN (%(stores)s) AND now_.place IS DISTINCT FROM (
       SELECT k.place FROM loyalty_storestate k WHERE k.store_id = s.id
        ORDER BY k.since DESC NULLS LAST, k.id DESC LIMIT 1);
RETURN NULL;
"""
#: Rows come, change and go.
ANY_CHANGE = pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete


def keeps(stores: str, operation: Any = ANY_CHANGE) -> pgtrigger.Trigger:
    """A trigger that keeps what some stores are after each change. ``stores`` is a query of their ids."""
    return pgtrigger.Trigger(
        name="keeps_stores",
        level=pgtrigger.Row,
        when=pgtrigger.After,
        operation=operation,
        func=_KEEP % {"stores": stores},
    )


#: What a store was goes with the store, as long as nothing was sold there.
FORGET_STATES = pgtrigger.Trigger(
    name="forgets_states",
    level=pgtrigger.Row,
    when=pgtrigger.After,
    operation=pgtrigger.Delete,
    func="DELETE FROM loyalty_storestate WHERE store_id = OLD.id; RETURN NULL;",
)


class StoreState(models.Model):
    """What a store was from a moment on: its groups, clock, partner, tills, programmes, and whether it was open.

    Written by the database itself with every change of what it is made of, whoever makes it. A store that has
    sold nothing yet has no past: how it is set up holds from the beginning (``since`` is empty; of several such
    rows the last one counts).
    """

    store = models.ForeignKey(
        "loyalty.Store",
        on_delete=models.DO_NOTHING,  # a trigger takes them along: deleting a store's parts keeps more of them
        related_name="+",
        db_index=False,
        verbose_name=_("store"),
    )
    since = models.DateTimeField(_("since"), null=True, blank=True)
    place = models.JSONField(_("what it was"))

    class Meta:
        verbose_name = _("state of a store")
        verbose_name_plural = _("states of stores")
        ordering = ("store", "id")
        indexes = (models.Index(fields=["store", "-since", "-id"], name="state_of_store"),)
        triggers = (
            NEVER_TRUNCATED,
            pgtrigger.Protect(name="never_changed", operation=pgtrigger.Update),
            pgtrigger.Protect(
                name="never_deleted",
                operation=pgtrigger.Delete,
                condition=pgtrigger.Condition("pg_trigger_depth() = 0"),
            ),
        )

    def __str__(self) -> str:
        return f"{self.store_id} {self.since or ''}"
