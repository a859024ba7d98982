"""Coming to share an account and leaving it: what becomes of the points, of receipts, returns, rewards and lapses."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from foundation.refusals import Missing, Refused
from loyalty.ledger import adjustment, audit, balances, reversal, sweep
from loyalty.ledger.passbook import new_id
from loyalty.models import Account, Holder, Lot, Transfer
from loyalty.sharing import holders
from loyalty.sharing.holders import By
from loyalty.sharing.rights import Rights
from loyalty.shops import places, receipts
from members.models import Event, Member
from tests import factories
from tests.laws.world import account_of, assert_books_balance
from tests.races.selling import NOW, give_back, sell

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def shop() -> factories.Shop:
    places.forget()
    return factories.open_shop(store="s")


@pytest.fixture
def mother(shop: factories.Shop) -> Member:
    return factories.enrol(shop.programme, 100)


def come(mother: Member, member: Member, *, bring: bool = False, rights: Rights | None = None) -> Holder:
    return holders.come(account_of(mother).id, member, rights or Rights(), NOW, bring=bring)


def check() -> None:
    assert_books_balance()
    assert audit.audit().problems == []


def terms_of(account: Account) -> list[Any]:
    open_lots = Lot.objects.filter(account=account, remaining__gt=0).order_by("points")
    return list(
        open_lots.values_list(
            "remaining", "earned_at", "active_from", "expires_at", "terms", "funder", "pending"
        )
    )


def test_points_come_along_lot_by_lot_on_their_terms_when_the_member_says_so(
    shop: factories.Shop, mother: Member
) -> None:
    aunt = factories.enrol(shop.programme)
    own, shared = account_of(aunt), account_of(mother)
    factories.give_points(own, 7, NOW - DAY, None, NOW + 30 * DAY, {"max_share": "20"})
    factories.give_points(own, 11, NOW - DAY, NOW + DAY, None)
    factories.give_points(own, 13, NOW - 9 * DAY, None, NOW - DAY)  # expired, and not swept yet
    before = terms_of(own)[:2]

    assert come(mother, aunt, bring=True).account_id == shared.id

    assert terms_of(shared)[:2] == before
    assert terms_of(own)[0][0] == 13
    [moved] = Transfer.objects.filter(kind="move")
    assert (moved.source_id, moved.target_id, moved.points, moved.target_balance) == (
        own.id,
        shared.id,
        18,
        118,
    )
    assert balances.of_account(shared.id, NOW) == (107, 11)
    assert come(mother, aunt, bring=True).account_id == shared.id  # said twice
    assert Transfer.objects.filter(kind="move").count() == 1
    check()


def test_points_that_stay_wait_on_the_own_account_and_are_there_again_after_leaving(
    shop: factories.Shop, mother: Member
) -> None:
    aunt = factories.enrol(shop.programme, 40)
    own = account_of(aunt)
    holding = come(mother, aunt)
    assert holders.farewell(holding, NOW) == (100, 40)
    sell(aunt, 1, redeem=Decimal(30))

    holders.leave(account_of(mother).id, aunt.id, By(aunt.id), NOW)
    holders.leave(account_of(mother).id, aunt.id, By(aunt.id), NOW)

    again = Holder.objects.get(member=aunt)
    assert (again.account_id, again.role, again.own_id, again.may_redeem) == (own.id, "owner", None, True)
    assert balances.of_account(own.id, NOW)[0] == 40
    assert balances.of_account(account_of(mother).id, NOW)[0] == 70
    told = Event.objects.filter(member=aunt, kind__startswith="account.").order_by("id")
    assert [event.kind for event in told] == ["account.joined", "account.left"]
    assert told[1].data["by"] == str(aunt.id)
    check()


def test_what_waits_can_be_brought_along_later_once(shop: factories.Shop, mother: Member) -> None:
    aunt = factories.enrol(shop.programme, 40)
    come(mother, aunt)
    assert holders.bring_along(aunt, shop.programme.pk, NOW) == 40
    assert holders.bring_along(aunt, shop.programme.pk, NOW) == 0
    assert account_of(mother).balance == 140
    check()


def test_goods_bought_before_joining_come_back_to_the_own_account_and_those_of_the_family_to_the_family_s(
    shop: factories.Shop, mother: Member
) -> None:
    factories.publish_campaign(shop.programme)
    aunt = factories.enrol(shop.programme, 40)
    own, shared = account_of(aunt), account_of(mother)
    alone = sell(aunt, 1, redeem=Decimal(10)).body["id"]
    come(mother, aunt)
    together_ = sell(aunt, 2, redeem=Decimal(20)).body["id"]
    give_back(alone, "R", "all")
    assert balances.of_account(own.id, NOW)[0] == 40

    holders.leave(shared.id, aunt.id, By(mother.id), NOW)
    assert [one.redeemed for one in receipts.latest(shared.id, 3)] == [20]
    give_back(together_, "R", "all")

    assert balances.of_account(shared.id, NOW)[0] == 100
    assert balances.of_account(own.id, NOW)[0] == 40
    check()


def test_a_reward_of_a_tier_is_taken_back_where_it_was_given(shop: factories.Shop, mother: Member) -> None:
    from campaigns.occasions import own_events

    for code, threshold in (("classic", 0), ("silver", 50)):
        factories.TierFactory(programme=shop.programme, code=code, threshold=threshold)
    reward = {
        "whom": {"who": "members"}, "what_for": {"of": "event", "event": "tier.reached"},
        "what": [{"effect": "points_fixed", "points": "9"}],
    }  # fmt: skip
    factories.publish_campaign(shop.programme, reward)
    aunt = factories.enrol(shop.programme)
    own, shared = account_of(aunt), account_of(mother)
    receipt = sell(aunt, 1).body["id"]
    own_events.reward_event(Event.objects.get(kind="tier.reached").id, NOW)
    assert balances.of_account(own.id, NOW)[0] == 9
    come(mother, aunt)

    give_back(receipt, "R", "all")

    assert balances.of_account(own.id, NOW)[0] == 0
    assert balances.of_account(shared.id, NOW)[0] == 100
    check()


def test_a_waiting_account_ages_and_what_is_done_by_hand_on_it_is_told_to_its_member(
    shop: factories.Shop, mother: Member
) -> None:
    aunt = factories.enrol(shop.programme)
    own = account_of(aunt)
    factories.give_points(own, 5, NOW - DAY, None, NOW + DAY)
    given = adjustment.adjust(aunt, own, Decimal(8), "A gift", str(new_id()), NOW, None).transfer_id
    come(mother, aunt)

    sweep.expire(NOW + 3 * DAY)
    reversal.reverse(given, "A mistake", NOW + 3 * DAY, None)

    told = dict(Event.objects.filter(member=aunt).values_list("kind", "data__points"))
    assert told["points.expired"] == "5.00"
    assert told["points.reversed"] == "-8.00"
    check()


def test_a_purchase_of_who_has_left_keeps_the_family_s_points_from_lapsing() -> None:
    places.forget()
    shop = factories.open_shop(store="s", inactivity_days=90)
    mother, aunt = factories.enrol(shop.programme, 100), factories.enrol(shop.programme)
    shared = account_of(mother)
    come(mother, aunt)
    sell(aunt, 1)
    holders.leave(shared.id, aunt.id, By(aunt.id), NOW)

    sweep.lapse(NOW + 89 * DAY)
    assert balances.of_account(shared.id, NOW + 89 * DAY)[0] == 100
    sweep.lapse(NOW + 92 * DAY)
    assert balances.of_account(shared.id, NOW + 92 * DAY)[0] == 0
    check()


def test_an_account_has_always_one_owner_who_hands_it_over_before_leaving(
    shop: factories.Shop, mother: Member
) -> None:
    aunt, shared = factories.enrol(shop.programme), account_of(mother)
    come(mother, aunt, rights=Rights(True, Decimal(5)))
    for member in (mother, aunt):
        with pytest.raises(Refused) as refused:
            holders.leave(shared.id, mother.id, By(member.id), NOW)
        assert refused.value.code == ("owner_stays" if member == mother else "not_the_owner")

    holders.hand_over(shared.id, aunt.id, By(mother.id), NOW)
    holders.hand_over(shared.id, aunt.id, By(mother.id), NOW)  # said twice
    holders.leave(shared.id, mother.id, By(mother.id), NOW)

    assert list(Holder.objects.filter(account=shared).values_list("member", "role", "daily_limit")) == [
        (aunt.id, "owner", None)
    ]
    assert Holder.objects.get(member=mother).role == "owner"
    assert account_of(mother).balance == 0
    check()


@pytest.mark.parametrize("what", ["leave", "rights", "hand over"])
def test_only_the_owner_or_staff_changes_others(shop: factories.Shop, mother: Member, what: str) -> None:
    aunt, son = factories.enrol(shop.programme), factories.enrol(shop.programme)
    for one in (aunt, son):
        come(mother, one)
    shared = account_of(mother).id

    def change(by: By) -> None:
        if what == "leave":
            holders.leave(shared, son.id, by, NOW)
        elif what == "rights":
            holders.set_rights(shared, son.id, Rights(False), by, NOW)
        else:
            holders.hand_over(shared, son.id, by, NOW)

    for stranger in (aunt, factories.enrol(shop.programme)):
        with pytest.raises(Refused, match="owner"):
            change(By(stranger.id))
    change(By(user_id=factories.UserFactory().pk))
    changed = Holder.objects.get(member=son)
    assert (changed.account_id != shared, not changed.may_redeem, changed.role == "owner") == (
        what == "leave", what == "rights", what in ("leave", "hand over"),
    )  # fmt: skip


def test_who_shares_an_account_or_lets_others_share_theirs_comes_to_no_other(
    shop: factories.Shop, mother: Member
) -> None:
    aunt, uncle = factories.enrol(shop.programme), factories.enrol(shop.programme)
    come(aunt, uncle)
    for member, code in ((aunt, "shared_with_others"), (uncle, "shares_already")):
        with pytest.raises(Refused) as refused:
            come(mother, member)
        assert refused.value.code == code
    with pytest.raises(Refused, match="have not joined"):
        come(mother, factories.MemberFactory())
    with pytest.raises(Missing):
        holders.set_rights(account_of(mother).id, aunt.id, Rights(), By(mother.id), NOW)


def test_an_account_takes_so_many_and_no_more(
    shop: factories.Shop, mother: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(holders, "MOST", 2)
    come(mother, factories.enrol(shop.programme))
    with pytest.raises(Refused, match="At most 2 people"):
        come(mother, factories.enrol(shop.programme))


def test_who_never_had_an_account_of_their_own_gets_one_when_they_leave(
    shop: factories.Shop, mother: Member
) -> None:
    child = factories.MemberFactory()
    Holder.objects.create(
        account=account_of(mother), member=child, programme=shop.programme, role="holder", may_redeem=False
    )
    holders.leave(account_of(mother).id, child.id, By(mother.id), NOW)
    assert account_of(child).balance == 0
    assert account_of(child) != account_of(mother)
    sell(child, 1)
    check()
