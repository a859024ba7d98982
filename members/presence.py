"""Whether a member is still there for what is to be kept of them: whoever is erased meanwhile leaves nothing new."""

from __future__ import annotations

from uuid import UUID

from foundation import prepared
from foundation.refusals import Gone

_HERE = "SELECT status FROM members_member WHERE id = %(member)s::uuid FOR KEY SHARE"


def require(member_id: UUID) -> None:
    """Let no erasure of the member begin until the transaction at hand ends. Raises ``Gone`` for who is erased.

    To be called before something that they said is written: their page was open, and the form was on its way. Locks
    the member's row against erasures alone: nobody else waits.
    """
    if [row["status"] for row in prepared.run(_HERE, {"member": member_id})] == ["erased"]:
        raise Gone
