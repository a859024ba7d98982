"""Importing receipts from a file: what is good comes in, what is bad is reported by its line."""

from __future__ import annotations

import csv
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from campaigns.checkout.bulk.table import OF_LINE, OF_RECEIPT, Table
from loyalty.models import Account, Receipt, ReceiptLine
from loyalty.shops import places
from tests import factories

pytestmark = pytest.mark.django_db

HEADER = "store,till,receipt_number,purchased_at,member_card,cashier,sku,name,category,quantity,price,amount,redeem"
CARD = "2900000000018"  # none that a factory makes


@pytest.fixture(autouse=True)
def shop() -> factories.Shop:
    places.forget()
    opened = factories.open_shop(store="s-1")
    factories.publish_campaign(opened.programme, code="base")
    factories.CardFactory(number=CARD, member=factories.enrol(opened.programme))
    return opened


def write(tmp_path: Path, *rows: str, header: str = HEADER) -> Path:
    path = tmp_path / "receipts.csv"
    path.write_text("\n".join([header, *rows, ""]), encoding="utf-8")
    return path


def run(path: Path, **options: object) -> None:
    call_command("import_receipts", str(path), verbosity=0, **options)


def report(path: Path) -> list[dict[str, str]]:
    with path.with_name(f"{path.name}.report.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


GOOD = (
    f"s-1,1,A1,2026-03-01T10:00:00+03:00,{CARD},C-1,MILK,Milk,Dairy,2,1.50,,",
    "s-1,,A1,,,,BREAD,Bread,Bakery,1,,3.00,",
    "s-1,,A2,2026-03-01T11:00:00+03:00,,,MILK,,,1,,1.50,",
)


def test_receipts_come_in_with_their_lines_points_and_products(tmp_path: Path) -> None:
    run(write(tmp_path, *GOOD))

    first, second = Receipt.objects.order_by("number")
    assert (first.number, first.total, first.earned, first.cashier) == ("A1", 6, Decimal("0.30"), "C-1")
    assert list(first.lines.values_list("product__sku", "product__category__name", "amount")) == [
        ("MILK", "Dairy", 3),
        ("BREAD", "Bakery", 3),
    ]
    assert (second.member, second.total) == (None, 1.5)
    assert Account.objects.get(kind="member").balance == first.earned


def test_the_same_file_again_changes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path, *GOOD)
    run(path)
    run(path)

    assert "0 receipts imported, 2 were there already, 0 rejected" in capsys.readouterr().out
    assert (Receipt.objects.count(), ReceiptLine.objects.count()) == (2, 3)


def test_bad_receipts_are_reported_by_line_and_the_others_come_in(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        *GOOD,
        "s-1,,B1,yesterday,,,MILK,,,1,,1.50,",
        "s-1,,B2,2026-03-01T11:00:00,,,MILK,,,1,,1.50,",
        f"s-1,,B3,2026-03-01T12:00:00Z,{CARD},,MILK,,,1,,1.50,",
        f"s-1,,B3,2026-03-01T12:00:00Z,{CARD},,BREAD,,,-1,,1.50,",
        "s-1,,B4,2026-03-01T12:00:00Z,,,MILK,,,one,,1.50,",
        "s-9,,B5,2026-03-01T12:00:00Z,,,MILK,,,1,,1.50,",
        "s-1,,B6,2026-03-01T12:00:00Z,404,,MILK,,,1,,1.50,",
        f"s-1,,B7,2026-03-01T12:00:00Z,{CARD},,MILK,,,1,,1.50,900",
        "s-1,,B8,2026-03-01T12:00:00Z,,,MILK,,,1,,1.50,",
        "s-1,,B8,2026-03-02T12:00:00Z,,,MILK,,,1,,1.50,",
    )
    with pytest.raises(CommandError) as failed:
        run(path)

    assert failed.value.returncode == 1
    assert [(row["line"], row["receipt_number"], row["field"], row["code"]) for row in report(path)] == [
        ("5", "B1", "purchased_at", "not_a_time"),
        ("6", "B2", "purchased_at", "offset_required"),
        ("8", "B3", "quantity", "too_small"),
        ("9", "B4", "quantity", "not_a_number"),
        ("10", "B5", "store", "unknown"),
        ("11", "B6", "member_card", "member_not_found"),
        ("12", "B7", "redeem", "redeem_exceeds_limit"),
        ("14", "B8", "purchased_at", "differs"),
    ]
    assert set(Receipt.objects.values_list("number", flat=True)) == {"A1", "A2"}


def test_a_number_that_was_used_with_other_content_is_reported(tmp_path: Path) -> None:
    run(write(tmp_path, *GOOD))
    path = write(tmp_path, "s-1,,A2,2026-03-01T11:00:00+03:00,,,MILK,,,1,,1.60,", GOOD[2])
    with pytest.raises(CommandError):
        run(path)

    assert [(row["line"], row["field"], row["code"]) for row in report(path)] == [
        ("2", "receipt_number", "idempotency_conflict")
    ]
    assert Receipt.objects.get(number="A2").total == 1.5


def test_no_row_of_the_report_leaves_its_field_empty_and_each_names_a_column_of_the_file(
    tmp_path: Path, shop: factories.Shop
) -> None:
    stranger = factories.StoreFactory(code="s-3")
    factories.enrol(shop.programme, phone="+79035550101", status="blocked")
    path = write(
        tmp_path,
        "s-1,,C1,2026-03-01T12:00:00Z,,+79035550199,MILK,,,1,,1.50,",
        "s-1,,C2,2026-03-01T12:00:00Z,,+79035550101,MILK,,,1,,1.50,",
        f"s-1,,C3,2026-03-01T12:00:00Z,{CARD},,MILK,,,1,,1.50,900",
        "s-1,,C4,2026-03-01T12:00:00Z,404,,MILK,,,1,,1.50,",
        f"{stranger.code},,C5,2026-03-01T12:00:00Z,,,MILK,,,1,,1.50,",
        "s-1,,C6,1999-03-01T12:00:00Z,,,MILK,,,1,,1.50,",
        "s-1,,C7,2026-03-01T12:00:00Z,,,MILK,,,1,,99999999999999,",
        "s-1,,C8,2026-03-01T12:00:00Z,,nonsense,MILK,,,1,,1.50,",
        header=HEADER.replace("cashier", "member_phone"),
    )
    with pytest.raises(CommandError):
        run(path)
    rows = report(path)
    assert len({row["receipt_number"] for row in rows}) == 8
    assert {row["field"] for row in rows} <= {*OF_RECEIPT, *OF_LINE}
    found = {row["receipt_number"]: (row["field"], row["code"]) for row in rows}
    assert found["C1"] == ("member_phone", "member_not_found")
    assert found["C2"] == ("member_phone", "member_blocked")
    assert found["C3"] == ("redeem", "redeem_exceeds_limit")
    assert found["C4"] == ("member_card", "member_not_found")
    assert found["C5"] == ("store", "no_programme")


def test_receipts_are_sold_in_the_order_of_their_time_whatever_the_order_of_the_file(tmp_path: Path) -> None:
    rows = [
        f's-1,,N{day:02},2026-03-{day:02}T10:00:00Z,{CARD},,MILK,"Milk,\nfresh",,1,,100.00,{"max" if day == 2 else ""}'
        for day in (9, 2, 5, 1)
    ]
    run(write(tmp_path, *rows), chunk=2)

    second = Receipt.objects.get(number="N02")
    assert second.redeemed_points == 5
    assert [entry.lines for entry in Table(tmp_path / "receipts.csv").entries()] == [[8], [4], [6], [2]]


def test_a_dry_run_reports_and_writes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path, *GOOD, "s-1,,B4,2026-03-01T12:00:00Z,,,MILK,,,one,,1.50,")
    with pytest.raises(CommandError):
        run(path, dry_run=True)

    assert (
        "2 receipts would be imported, 0 were there already, 1 would be rejected" in capsys.readouterr().out
    )
    assert [row["line"] for row in report(path)] == ["5"]
    assert not Receipt.objects.exists()


@pytest.mark.parametrize(
    ("header", "row", "told"),
    [
        ("store,receipt_number,purchased_at,sku", "", "no column quantity"),
        ("store,receipt_number,purchased_at,sku,quantity", "", "neither a column price nor amount"),
        (HEADER + ",colour", "", "colour are not known"),
        (HEADER + ",store", "", "named twice"),
        (HEADER, "s-1,1", "Line 2 has 2 cells, the header 13"),
        (HEADER, 's-1,"open', "Line 2: unexpected end of data"),
    ],
)
def test_a_file_that_is_none_of_receipts_is_refused_with_the_reason(
    tmp_path: Path, header: str, row: str, told: str
) -> None:
    with pytest.raises(CommandError, match=told) as failed:
        run(write(tmp_path, *([row] if row else []), header=header))
    assert failed.value.returncode == 2


def test_a_missing_file_and_one_that_is_not_utf8_are_refused(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="No such file"):
        run(tmp_path / "none.csv")
    path = write(tmp_path, GOOD[2])
    path.write_bytes(path.read_bytes() + "s-1,,Ä".encode("latin-1"))
    with pytest.raises(CommandError, match="Line 3 is not UTF-8"):
        run(path)


def test_a_receipt_whose_rows_stand_apart_is_refused_before_anything_is_sold(tmp_path: Path) -> None:
    other = f"s-1,1,B1,2026-03-01T11:00:00+03:00,{CARD},C-1,MILK,Milk,Dairy,1,1.50,,"
    path = write(tmp_path, GOOD[0], other, GOOD[1])

    with pytest.raises(CommandError, match="receipt A1 of store s-1 begins in line 2 and again in line 4"):
        run(path)
    assert not Receipt.objects.exists()

    run(write(tmp_path, *GOOD[:2], other))
    assert Receipt.objects.count() == 2


def test_a_file_parted_by_semicolons_is_told_so(tmp_path: Path) -> None:
    path = write(tmp_path, header=HEADER.replace(",", ";"))
    with pytest.raises(CommandError, match="parted by semicolons: save the file with commas"):
        run(path)


def test_a_repaired_file_leaves_no_old_report(tmp_path: Path) -> None:
    path = write(tmp_path, "s-1,,B4,2026-03-01T12:00:00Z,,,MILK,,,one,,1.50,")
    with pytest.raises(CommandError):
        run(path)
    run(write(tmp_path, "s-1,,B4,2026-03-01T12:00:00Z,,,MILK,,,1,,1.50,"))

    assert not path.with_name("receipts.csv.report.csv").exists()
