"""What the search of the sidebar finds beside the names of lists: members, for those who may see them."""

from __future__ import annotations

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from unfold.dataclasses import SearchResult

from backoffice import search
from members.models import Member

#: Shorter texts mean too many people.
SHORTEST = 2
#: How many members are shown; the list of members shows all.
SHOWN = 10


def find(request: HttpRequest, text: str) -> list[SearchResult]:
    """Members by phone (its end will do), card, e-mail, name or referral code; nobody without the right to see them.

    ``text`` comes in small letters; what was typed is asked for, since codes and cards may have capitals.
    """
    typed = request.GET.get("s", text).strip()
    if len(typed) < SHORTEST or not request.user.has_perm("members.view_member"):  # type: ignore[union-attr]
        return []
    found = search.members(Member.objects.all(), typed).order_by("-id")[:SHOWN]
    return [
        SearchResult(
            title=str(member),
            description=f"{_('member')} {member.phone or ''}".strip(),
            link=reverse("admin:members_member_change", args=[member.pk]),
            icon="person",
        )
        for member in found
    ]
