"""Who brought whom: said once, never of oneself, never in a circle; the database holds it too."""

from __future__ import annotations

from itertools import pairwise

import pytest
from django.db import IntegrityError, transaction

from foundation.refusals import Refused
from foundation.violations import constraint_of
from members import referral
from members.models import Member
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def three() -> list[Member]:
    """The first brought the second, who brought the third."""
    programme = factories.ProgrammeFactory()
    members = [factories.enrol(programme, phone=f"+491510000000{n}", first_name=f"N{n}") for n in range(4)]
    for friend, member in pairwise(members[:3]):
        Member.objects.filter(pk=member.pk).update(referred_by=friend)
        member.refresh_from_db()
    return members


@pytest.mark.parametrize(
    ("friend", "member", "code", "constraint"),
    [
        (3, 3, "referral_own", "member_referral_no_circle"),
        (1, 0, "referral_circle", "member_referral_no_circle"),
        (2, 0, "referral_circle", "member_referral_no_circle"),
        (3, 1, "referral_claimed", "member_referral_stands"),
        (3, 0, "", ""),
        (2, 3, "", ""),
        (0, 1, "", ""),  # said again, the same
    ],
)
def test_who_may_be_noted_as_who_brought_somebody_is_said_and_held_by_the_database(
    three: list[Member], friend: int, member: int, code: str, constraint: str
) -> None:
    said = kept = ""
    with transaction.atomic():
        try:
            referral.require_may_bring(three[friend], three[member])
        except Refused as refused:
            said = refused.code
    try:
        with transaction.atomic():
            Member.objects.filter(pk=three[member].pk).update(referred_by=three[friend])
    except IntegrityError as error:
        kept = constraint_of(error) or ""

    assert (said, kept) == (code, constraint)


def test_nobody_is_made_who_brought_themselves() -> None:
    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        Member.objects.create(
            id=(one := factories.MemberFactory.build().id), referral_code="X", referred_by_id=one
        )
    assert constraint_of(refused.value) == "member_brought_by_another"


def test_who_was_brought_may_be_forgotten_when_the_friend_is(three: list[Member]) -> None:
    Member.objects.filter(pk=three[1].pk).update(referred_by=None)
    three[1].refresh_from_db()
    assert three[1].referred_by is None
