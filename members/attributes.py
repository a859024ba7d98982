"""What else is known of a member: the one writer of it, whoever says it (staff, questionnaires).

Each name is written by itself, so that two who say different things at once both stand.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

import structlog

from foundation import prepared
from members import bounds

_CHANGE = """
UPDATE members_member
   SET attributes = (attributes - %(gone)s::text[]) || %(known)s::jsonb
 WHERE id = %(member)s::uuid AND status <> 'erased'
   AND octet_length(((attributes - %(gone)s::text[]) || %(known)s::jsonb)::text) <= %(most)s::int
RETURNING id
"""

log = structlog.get_logger(__name__)


def change(member_id: UUID, known: Mapping[str, Any], gone: Iterable[str] = ()) -> bool:
    """Write what is known now, by name, and let go of the names in ``gone``. Locks the member's row.

    False, and nothing is written, of somebody who is erased, and where it would come to more than is kept of anybody
    (``bounds.DATA_BYTES``).
    """
    names = list(gone)
    if not known and not names:
        return True
    params = {
        "member": member_id,
        "known": json.dumps(dict(known)),
        "gone": names,
        "most": bounds.DATA_BYTES,
    }
    if prepared.run(_CHANGE, params):
        return True
    log.warning("attributes_not_kept", member=str(member_id), names=sorted(known))
    return False
