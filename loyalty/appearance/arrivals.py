"""By which links people come: visits are counted, joins are the members' own word of where they came from.

A source is ``page:<code>`` (a landing page), ``store:<code>`` (a store's code to scan) or any word of a link
(``?from=``); a word behind a landing page's own is added with a dot.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from django.db import connection
from django.db.models import Count, Q, Sum

from loyalty.models import Arrival, Programme
from members.models import Member

PAGE, STORE = "page:", "store:"
MOST = 64
_SOURCE = re.compile(rf"[\w:.-]{{1,{MOST}}}")
_COUNT = """
INSERT INTO loyalty_arrival (programme_id, source, day, visits) VALUES (%s, %s, %s, 1)
ON CONFLICT (programme_id, source, day) DO UPDATE SET visits = loyalty_arrival.visits + 1
"""


def read(text: str) -> str:
    """The source that a link says; empty for what is no word: an address or a name of somebody is none."""
    return text if _SOURCE.fullmatch(text) else ""


class Came(NamedTuple):
    """How many came by a link: visits of it, members who joined by it, and those of them who bought something."""

    source: str
    visits: int = 0
    joined: int = 0
    bought: int = 0


def note(programme: Programme, source: str, day: date) -> None:
    """Count a visit. Only for links that are there: any other word would be a row that anybody can make."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, [programme.pk, source[:MOST], day])


def count(programme: Programme, since: date | None = None, begins: str = "") -> list[Came]:
    """Where members of a programme came from, with the most joins first; only by sources that begin so. Two
    statements."""
    seen = Arrival.objects.filter(programme=programme)
    there = Member.objects.filter(holdings__programme=programme).exclude(source="")
    if since is not None:
        seen, there = seen.filter(day__gte=since), there.filter(joined_at__date__gte=since)
    if begins:
        seen, there = seen.filter(source__startswith=begins), there.filter(source__startswith=begins)
    visits = dict(seen.values_list("source").annotate(Sum("visits")))
    buyer = Q(facts__programme=programme, facts__first_purchase_at__isnull=False)
    rows = there.order_by().values("source").annotate(
        joined=Count("id", distinct=True), bought=Count("id", filter=buyer, distinct=True)
    )  # fmt: skip
    joins = {row["source"]: (row["joined"], row["bought"]) for row in rows}
    came = [Came(source, visits.get(source, 0), *joins.get(source, (0, 0))) for source in {*visits, *joins}]
    return sorted(came, key=lambda one: (-one.joined, -one.visits, one.source))


def of_links(found: Iterable[Came], link: str) -> Came:
    """What came by one link, with the words that were added to it."""
    own = [one for one in found if one.source == link or one.source.startswith(f"{link}.")]
    sums = (sum(getattr(one, name) for one in own) for name in ("visits", "joined", "bought"))
    return Came(link, *sums)
