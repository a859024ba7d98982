"""Which events the live campaigns wait for.

Most events interest no campaign. Whoever hears of one asks only the programme that it names, or all of them where
it names none; what was read is kept in memory for two seconds. ``own_events.catch_up`` finds what was missed in
them.
"""

from __future__ import annotations

import time

from foundation import prepared

_KEPT_SECONDS = 2.0
#: Above so many programmes, those that were not asked about lately are forgotten.
_MANY = 1000
_kinds: dict[str | None, tuple[float, frozenset[str]]] = {}

_READ = """
SELECT DISTINCT r.definition #>> '{what_for,event}' AS kind
  FROM (SELECT DISTINCT ON (programme_id) revisions FROM campaigns_rulebook
         WHERE %(programme)s::text IS NULL
            OR programme_id = (SELECT id FROM loyalty_programme WHERE code = %(programme)s::text)
         ORDER BY programme_id, in_force_from DESC, id DESC) newest
  JOIN campaigns_revision r ON r.id = ANY(newest.revisions)
 WHERE r.definition #>> '{what_for,of}' = 'event'
"""


def kinds(programme: str | None = None) -> frozenset[str]:
    """Kinds of events that a campaign of the programme's newest rulebook rewards; two seconds old at most.

    ``programme`` is its code; None asks all programmes.
    """
    found = _kinds.get(programme)
    now = time.monotonic()
    if found is None or found[0] < now:
        rows = prepared.run(_READ, {"programme": programme})
        if len(_kinds) >= _MANY:
            for name in [name for name, (until, _known) in tuple(_kinds.items()) if until < now]:
                _kinds.pop(name, None)
        found = _kinds[programme] = (now + _KEPT_SECONDS, frozenset(row["kind"] for row in rows))
    return found[1]


def forget() -> None:
    """Forget what is awaited, in this process."""
    _kinds.clear()
