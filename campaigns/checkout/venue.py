"""Where a sale is made: the store, the till, and the programme that its receipt belongs to."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.utils.translation import gettext as _

from campaigns.checkout.reading import sought
from campaigns.checkout.sale import Sale
from foundation import prepared
from foundation.refusals import Fault, Invalid, Refused
from loyalty.shops import membership, places
from loyalty.shops.places import Participation, Shop
from members.lookup import lookup


def shop_of(sale: Sale) -> Shop:
    """The store and till of a sale, as they were when it was made. Raises what ``require_shop`` does."""
    return require_shop(sale, places.find(sale.store))


def open_books(store: str) -> Shop | None:
    """The store, with every account that is opened on first use. To be called outside a sale's transaction.

    Shops and programmes are kept in memory with their accounts' ids: one that a refused sale took back
    with its transaction would be remembered for a while.
    """
    shop = places.find(store)
    for part in shop.participations if shop else ():
        places.scheme(part.programme_id)
    return shop


def require_shop(sale: Sale, shop: Shop | None) -> Shop:
    """The store as it was when the sale was made, if it could make it.

    Raises ``Invalid`` for a store or till that does not exist; ``Refused`` with ``store_closed``, or with
    ``no_programme`` when its partner took part in none that ran.
    """
    if shop is None:
        raise Invalid(Fault("store", "unknown", _("There is no store “%(code)s”.") % {"code": sale.store}))
    then = places.as_of(shop, sale.purchased_at)
    if not then.active:
        raise Refused("store_closed", _("Store “%(code)s” was closed at that time.") % {"code": sale.store})
    if not then.participations:
        detail = _("Store “%(code)s” took part in no programme at that time.") % {"code": sale.store}
        raise Refused("no_programme", detail)
    if sale.till and sale.till not in then.tills:
        detail = _("Store “%(store)s” has no till “%(till)s”.") % {"store": sale.store, "till": sale.till}
        raise Invalid(Fault("till", "unknown", detail))
    return then


def choose(shop: Shop, sale: Sale, now: datetime) -> Participation:
    """The programme of a receipt: the first of the partner's, by priority, whose conditions it meets.

    Of a member's receipt it is one that they have joined: nobody joins by buying something.
    """
    if len(shop.participations) == 1:
        return shop.participations[0]
    params = {
        **sought(sale, shop).params(now), "programmes": shop.programmes,
        "partner": shop.partner_id, "skus": [line.sku for line in sale.lines],
    }  # fmt: skip
    known = prepared.run(_CONDITIONS, params)[0]
    return pick(shop, known["kinds"] or (), known["sets"] or (), known["joined"])


def pick(
    shop: Shop, kinds: Collection[str], sets: Collection[str], joined: Collection[int] | None
) -> Participation:
    """The first participation that is for one of these types of card and product sets; the last if none is.

    Only those that the member has ``joined``, if there is one.
    """
    parts = [part for part in shop.participations if not joined or part.programme_id in joined]
    for part in parts:
        if part.card_kind in (None, *kinds) and part.product_set in (None, *sets):
            return part
    return parts[-1]


_CONDITIONS = f"""
WITH {lookup.NAMED}, who AS ({lookup.first(membership.among(()))})
SELECT (SELECT array_agg(k.code::text) FROM members_card c JOIN members_cardkind k ON k.id = c.kind_id
         WHERE NOT c.blocked AND c.member_id = (SELECT id FROM who)) AS kinds,
       (SELECT array_agg(programme_id) FROM loyalty_holder
         WHERE member_id = (SELECT id FROM who) AND programme_id = ANY(%(programmes)s::bigint[])) AS joined,
       (SELECT array_agg(DISTINCT s.code::text) FROM loyalty_productset s
          JOIN loyalty_productset_products sp ON sp.productset_id = s.id
          JOIN loyalty_product p ON p.id = sp.product_id
         WHERE p.partner_id = %(partner)s::bigint AND p.sku = ANY(%(skus)s::text[])) AS sets
"""
