"""Whom a sale means is the same person in bulk as at a till, and known by the same things."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal

import msgspec
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from campaigns.checkout import reading
from campaigns.checkout.bulk.people import People
from campaigns.checkout.sale import Sale, SaleLine, Who
from loyalty.ledger import ledger
from loyalty.models import Programme
from loyalty.rules.basket import Moment
from loyalty.shops import membership, places
from loyalty.shops.places import Shop
from members.lookup import lookup
from members.models import Card, Member
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("lasting_memory")]
NOW = datetime(2026, 11, 21, 9, 31, tzinfo=UTC)
#: What people may have and what is said at a till, in several spellings: they are each other's on purpose.
NUMBERS = ("0000012345670", "12345670", "79160000001", "AB-1")
SAID = [
    ("card", "12345670"), ("card", "0000 0123 45670"), ("card", "ab 1"), ("card", "79160000001"),
    ("phone", "8 916 000-00-01"), ("phone", "79160000002"), ("phone", "+1 2345670000"),
    ("email", "A@x.org "), ("email", "b@X.org"),
]  # fmt: skip
#: A person: their cards with whether they are blocked, which programmes they joined, their phone, e-mail, and state.
PERSON = st.tuples(
    st.lists(
        st.tuples(st.sampled_from(NUMBERS), st.booleans(), st.sampled_from(("plastic", "app"))), max_size=3
    ),
    st.frozensets(st.integers(0, 2), max_size=3),
    st.none() | st.sampled_from(("+79160000001", "+79160000002")),
    st.sampled_from(("", "a@x.org", "B@x.org")),
    st.sampled_from(("active", "active", "blocked", "erased")),
)
Person = tuple[list[tuple[str, bool, str]], frozenset[int], str | None, str, str]


def enter(people: Sequence[Person], programmes: Sequence[Programme]) -> None:
    """Enrol those people; of what only one may have, the first has it."""
    kinds = {code: factories.CardKindFactory(code=code) for code in ("plastic", "app")}
    phones: set[str | None] = set()
    emails: set[str] = set()
    numbers: set[str] = set()
    for cards, joined, phone, email, state in people:
        fields = {"status": "active" if state == "erased" else state, "attributes": {"size": len(cards)}}
        member = factories.MemberFactory(
            phone=None if phone in phones else phone,
            email=None if not email or email.lower() in emails else email,
            **fields,
        )
        phones.add(phone)
        emails.add(email.lower())
        for number, blocked, kind in cards:
            if number not in numbers:
                factories.CardFactory(member=member, number=number, blocked=blocked, kind=kinds[kind])
                numbers.add(number)
        for programme in sorted(joined):
            ledger.open_account(member, programmes[programme])
        if state == "erased":
            factories.erase(member)


@pytest.fixture
def shop() -> Shop:
    """A store of two programmes, the second one made first, and a third programme elsewhere."""
    places.forget()
    here = factories.open_shop(country="RU")
    factories.ParticipationFactory(partner=here.partner, programme=factories.ProgrammeFactory(), priority=1)
    found = places.find(here.store.code)
    assert found is not None
    return found


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(people=st.lists(PERSON, min_size=1, max_size=4))
@example(people=[([("12345670", False, "app")], frozenset({0}), None, "", "active"),
                 ([("0000012345670", False, "plastic")], frozenset({1}), None, "", "active")])  # fmt: skip
def test_a_sale_in_bulk_means_whom_it_means_at_a_till(shop: Shop, people: list[Person]) -> None:
    Card.objects.all().delete()
    Member.objects.all().update(phone=None, email=None)
    elsewhere = factories.ProgrammeFactory()
    here = list(Programme.objects.filter(id__in=shop.programmes).order_by("id"))
    enter(people, [*here, elsewhere])
    line = SaleLine(1, "TEA", Decimal(1), price=Decimal(10))
    sales = [Sale(shop.code, NOW, (line,), member=Who(**{form: text})) for form, text in SAID]
    known = People([(sale, shop) for sale in sales], NOW)
    scheme = places.scheme(shop.programmes[0])

    for sale in sales:
        sought = reading.sought(sale, shop)
        asked = lookup.find_id(sought, NOW, membership.among(shop.programmes))
        person = known.find(sought, shop)
        assert (person.id if person else None) == asked, sale.member
        read = reading.read(sale, shop, scheme, Moment(NOW, NOW), NOW).member
        if read is not None:  # who has joined the programme at hand
            assert person is not None
            told = msgspec.structs.replace(person.known_by(sought), attributes=None)
            assert told == msgspec.structs.replace(read, attributes=None)
