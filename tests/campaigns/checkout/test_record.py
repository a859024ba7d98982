"""What is stored with receipts is read for ever: documents as they were written, in full and by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from campaigns.checkout import grants, record
from campaigns.checkout.record import (
    Bound,
    Counted,
    DueShare,
    Exchanged,
    Extra,
    Given,
    LineRecord,
    Reason,
    Record,
    ShopperRecord,
    Stage,
    Text,
)

#: The shortest decision, and one with everything, as version 0 wrote them: neither says a format.
FIRST: dict[str, Any] = {
    "lines": [[1, "10.00", "0.00", "0", "0", "10.00", "0", []]],
    "total": "10.00",
    "to_pay": "10.00",
}
FULL: dict[str, Any] = {
    "lines": [
        [1, "100.00", "10.00", "20", "20.00", "70.00", "7",
         [[3, 2, "0", "off_percent", {"percent": "10", "of": "100.00"}, "10.00"],
          [4, 1, "7", "percent", {"percent": "10", "of": "70.00"}]]],
    ],
    "receipt": [[5, 1, "3", "fixed", {"points": "3"}]],
    "grants": [[4, 1, "7", "2026-03-03T00:00:00Z", "2027-03-02T23:59:59Z", {"sets": ["daily"]}, "brand"],
               [5, 1, "3", None, None, None, None]],
    "declined": [[6, 1, None, "wrong_tier", {"tiers": "gold"}]],
    "most": "50",
    "limits": [["balance", "50", {}]],
    "progress": [[7, 1, 2, 5]],
    "uses": [[4, "2026-03-02", 1, "7"]],
    "till": [[8, 1, "Hello {points}", {"points": "10"}]],
    "print": [[8, 1, "Thank you", {}]],
    "total": "100.00", "discount": "10.00", "to_pay": "70.00", "earned": "10",
    "balance": ["40", "7"],
    "taken": {"01a22c00-0000-7000-8000-000000000001": "3"},
    "tallies": [[4, "c:ever", 1, "7", "0"]],
    "exchanged": [[9, 1, "20", "20.00"]],
    "extras": [[10, 1, "coupon", "spring", "AB12"], [10, 1, "badge", "early"]],
    "shares": [[11, 1, "cashier", "1", None, None, None, None]],
    "coupons": ["XMAS"],
    "edition": 2,
}  # fmt: skip
SHOPPER: dict[str, Any] = {
    "member_id": "01a22c00-0000-7000-8000-000000000002", "tier": "gold", "card_kind": "plastic",
    "joined_on": "2025-01-02", "birthday": "1990-02-28", "purchases": 4, "progress": {"7": 2},
    "uses": [[4, "2026-03-02", 1, "7"], [4, "c:ever", 1, "7", "0.50"]], "gender": "f",
    "last_purchase_on": "2026-02-01", "referred": True, "attributes": {"pet": "cat"}, "segments": ["vip"],
    "known": {"spent:month": "12.5"}, "coupons": [["XMAS", "spring"]],
}  # fmt: skip

#: The meaning of stored lists, by position. Fields are added at the end; nothing in here is ever moved.
POSITIONS: dict[type[msgspec.Struct], str] = {
    Reason: "campaign_id revision points code args discount",
    Given: "campaign_id revision points active_from expires_at terms funder",
    LineRecord: "position amount discount redeemed_points redeemed_amount to_pay earned because",
    Bound: "code max args",
    Stage: "campaign_id revision value goal",
    Text: "campaign_id revision text args",
    Counted: "campaign_id key times points money",
    Exchanged: "campaign_id revision points amount",
    Extra: "campaign_id revision kind code issued",
    DueShare: "campaign_id revision to points active_from expires_at terms funder",
}


def test_a_decision_of_the_first_days_is_read_as_it_was_written() -> None:
    kept = record.load(FIRST)
    assert kept.lines[0].to_pay == kept.to_pay == Decimal("10.00")
    assert (kept.edition, kept.v, kept.grants, kept.balance) == (1, 0, (), None)


def test_a_decision_with_everything_in_it_is_read_as_it_was_written() -> None:
    kept = record.load(FULL)
    cheaper, earning = kept.lines[0].because
    assert (cheaper.discount, cheaper.code, cheaper.points) == (Decimal("10.00"), "off_percent", 0)
    assert (earning.discount, earning.args["of"], earning.points) == (None, "70.00", 7)
    assert kept.grants[0].active_from == datetime(2026, 3, 3, tzinfo=UTC)
    assert (kept.grants[0].terms, kept.grants[0].funder) == ({"sets": ["daily"]}, "brand")
    assert grants.difference((), kept.grants) == {4: 7, 5: 3}
    assert kept.increments == {(4, "2026-03-02"): (1, Decimal(7))}
    assert kept.counted == {(4, "c:ever"): (1, Decimal(7), Decimal(0))}
    assert [extra.issued for extra in kept.extras] == ["AB12", ""]
    assert (kept.shares[0].to, kept.exchanged[0].amount, kept.balance) == ("cashier", 20, (40, 7))
    assert (kept.declined[0].points, kept.progress[0].goal, kept.coupons) == (None, 5, ("XMAS",))


def test_what_is_read_and_written_again_says_the_same() -> None:
    assert record.load(record.dump(record.load(FULL))) == record.load(FULL)
    assert record.load(msgspec.json.decode(msgspec.json.encode(record.load(FULL)))) == record.load(FULL)


def test_a_shopper_is_read_as_they_were() -> None:
    shopper = record.load_shopper(SHOPPER)
    assert (shopper.tier, shopper.birthday, shopper.birthday_from) == ("gold", date(1990, 2, 28), None)
    assert shopper.uses == {
        (4, "2026-03-02"): (1, Decimal(7)),
        (4, "c:ever"): (1, Decimal(7), Decimal("0.50")),
    }
    assert (shopper.progress, shopper.known) == ({7: 2}, {"spent:month": Decimal("12.5")})
    assert [coupon.series for coupon in record.load_coupons(SHOPPER)] == ["spring"]


def test_what_is_written_now_says_its_format_and_a_newer_one_is_refused() -> None:
    assert record.dump(Record(v=record.FORMAT))["v"] == record.FORMAT
    with pytest.raises(ValueError, match=f"format {record.FORMAT + 1} was written by a newer"):
        record.load({**FIRST, "v": record.FORMAT + 1})


@pytest.mark.parametrize(("kind", "fields"), POSITIONS.items(), ids=lambda one: getattr(one, "__name__", ""))
def test_the_meaning_of_a_position_never_changes(kind: type[msgspec.Struct], fields: str) -> None:
    assert kind.__struct_fields__[: len(fields.split())] == tuple(fields.split())
    assert kind.__struct_config__.array_like
    later = len(kind.__struct_fields__) - len(fields.split())
    assert later <= len(kind.__struct_defaults__), "a field that old documents do not have needs a default"


def test_every_list_that_is_stored_is_held_to_its_positions() -> None:
    stored = {
        one for one in vars(record).values() if isinstance(one, type) and issubclass(one, msgspec.Struct)
    }
    assert stored - {Record, ShopperRecord} == set(POSITIONS)
