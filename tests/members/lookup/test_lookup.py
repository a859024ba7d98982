"""Looking people up by the indexes, at any number of members."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from uuid import UUID

import pytest
from django.db import connection

from backoffice import search
from loyalty.shops import membership
from members.lookup import lookup
from members.lookup.lookup import Manner, Sought
from members.models import Member
from tests import factories

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 21, 9, 31, tzinfo=UTC)
RU = Manner("RU")


@pytest.fixture
def crowd() -> None:
    """So many members that reading them all is never the cheaper way, and the planner knows it."""
    many = range(20_000)
    Member.objects.bulk_create(
        Member(
            phone=f"+7916{n:07d}", email=f"m{n}@example.org", referral_code=f"R{n:07d}",
            first_name=f"Name{n}", last_name=f"Family{n}",
        )
        for n in many
    )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE members_member, members_card, members_code, loyalty_holder")


def test_every_form_is_found_by_its_index(crowd: None) -> None:
    sought = lookup.merge(
        [
            *(lookup.seek(form, text, RU) for form, text in (("phone", "+79160000001"), ("email", "M1@example.org"))),
            lookup.seek("card", "2000000000015", RU), lookup.seek("code", "1", RU),
            Sought(ids=(UUID(int=1),)),
        ]
    )  # fmt: skip
    params = {**sought.params(NOW), **membership.among([1]).params}
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN WITH {lookup.NAMED} {lookup.first(membership.among([1]))}", params)
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert not re.search(r"Seq Scan on members_member\b", plan), plan


@pytest.mark.parametrize(
    "text",
    [
        "+79160000001",
        "8 916 000-00-01",
        "000-00-01",
        "m1@Example.org",
        "FAMILY1999",
        "name19999 family19999",
        "r0000007",
    ],
)
def test_what_people_search_by_is_found_by_an_index(crowd: None, text: str) -> None:
    found = search.members(Member.objects.order_by("-id"), text)
    plan = found.explain()
    assert "Seq Scan" not in re.sub(r"Seq Scan on members_card\S*", "", plan), plan  # there is not a card yet


def test_the_one_who_was_meant_comes_before_the_one_who_might_be() -> None:
    one, other = factories.MemberFactory(phone="+79990000001"), factories.MemberFactory(phone="+79990000002")
    factories.CardFactory(number="12", member=one)
    factories.CardFactory(number="0012", member=other)
    assert lookup.find(lookup.seek("card", "0012", RU), NOW) == other
    assert lookup.find(lookup.seek("card", "00-12", RU), NOW) == other
    assert lookup.find(lookup.seek("card", "12", RU), NOW) == one


def test_who_was_registered_before_numbers_were_checked_is_still_found() -> None:
    short = factories.MemberFactory(phone="+7916123454")
    assert lookup.find(lookup.seek("phone", "+7 916 123 45 4", RU), NOW) == short
