"""Who brought whom: said once, of somebody who is new, and never of oneself or in a circle.

A trigger (``referral_stands``) holds the same whoever writes; here it is said why.
"""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext as _

from foundation import prepared
from foundation.refusals import Refused
from members.models import Member

_ABOVE = """
WITH RECURSIVE above AS (
  SELECT %(friend)s::uuid AS id
  UNION SELECT m.referred_by_id FROM members_member m JOIN above ON above.id = m.id WHERE m.referred_by_id IS NOT NULL)
SELECT 1 AS one FROM above WHERE id = %(member)s::uuid
"""


def own() -> Refused:
    """The refusal of somebody who brings themselves."""
    return Refused("referral_own", _("Nobody brings themselves: give a friend’s code or phone."))


def claimed() -> Refused:
    """The refusal of a second friend."""
    return Refused("referral_claimed", _("Somebody else brought this member already; that stays."))


def require_may_bring(friend: Member, member: Member) -> None:
    """Raise ``Refused`` unless the friend may be noted as who brought a member. Must run in a transaction; locks what
    is said of who brought whom until it ends."""
    prepared.run("SELECT pg_advisory_xact_lock(hashtextextended('members.referral', 0))", {})
    if friend.pk == member.pk:
        raise own()
    if member.referred_by_id not in (None, friend.pk):
        raise claimed()
    if prepared.run(_ABOVE, {"friend": friend.pk, "member": member.pk}):
        raise Refused(
            "referral_circle",
            _("This member brought the other one, or who brought them: that would be a circle."),
        )


def explain_to_member(friend: Member, member: Member) -> str:
    """What somebody who is a member already is told who follows a friend's link."""
    return next(_reasons(friend, member))


def _reasons(friend: Member, member: Member) -> Iterator[str]:
    if friend.pk == member.pk:
        yield _("This is your own link: send it to somebody who is no member yet.")
    if member.referred_by_id == friend.pk:
        yield _("%(friend)s brought you already: a friend is rewarded once.") % {"friend": friend.first_name}
    if friend.referred_by_id == member.pk:
        yield _("You brought %(friend)s: the other way round nothing is rewarded.") % {
            "friend": friend.first_name
        }
    yield _(
        "You are a member already, so nobody is rewarded for bringing you: links of friends are for who is new."
    )
