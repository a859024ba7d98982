"""Everything that leaves the back office as a table: no cell of it is run by a spreadsheet.

The exports are found by walking through the addresses of the back office, so that a new one is asked too.
"""

from __future__ import annotations

import ast
import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import DatabaseError, models, transaction
from django.urls import NoReverseMatch, URLPattern, reverse

from analytics.models import Segment, SegmentFile
from backoffice.files.sheet import Sheet
from backoffice.models import Upload
from loyalty.models import Product
from members import tables
from members.models import Member, User
from rewards.models import CodeBatch, Coupon, Series
from tests.backoffice.conftest import NOON
from tests.config.processes import ROOT
from tests.rewards.coupons.build import make_series

EVIL = "=HYPERLINK(A1)"
#: Pages of every record, which are no exports.
USUAL = ("changelist", "add", "change", "delete", "history", "autocomplete", "jsi18n")
#: What holds texts of the shop and its people; staff must still be able to sign in.
OURS = [
    model
    for app in ("members", "loyalty", "campaigns", "rewards", "analytics", "messaging", "backoffice")
    for model in apps.get_app_config(app).get_models()
    if model is not User and model._meta.managed
]
TABLES = ("text/csv", "application/vnd", "text/tab-separated-values")


def is_harmless(cell: str) -> bool:
    """Whether no spreadsheet runs it: it begins with no sign of a formula, or is a number or a phone."""
    sign = cell[:1] in set("=+-@\t\r\n＝＋－＠")
    return not sign or bool(tables.NUMBER.fullmatch(cell))


def plant() -> None:
    """Write a formula into every text that a record can keep one in."""
    for model in OURS:
        fields = [
            field.name
            for field in model._meta.concrete_fields
            if isinstance(field, models.CharField | models.TextField)
            and not (field.choices or field.unique or vars(field)["_validators"])
            and (field.max_length or 200) >= len(EVIL)
        ]
        for name in fields:
            try:
                with transaction.atomic():
                    model._default_manager.update(**{name: EVIL})
            except DatabaseError:
                pass  # a text that the database keeps clean itself


def pages() -> Iterator[URLPattern]:
    """The addresses of every desk, but for the usual ones."""
    for desk in admin.site._registry.values():
        for pattern in desk.get_urls():
            if isinstance(pattern, URLPattern) and pattern.name and not pattern.name.endswith(USUAL):
                yield pattern


def records() -> list[Any]:
    """A record of everything that an address may speak of."""
    found = [model._default_manager.first() for model in OURS]
    return [record.pk for record in found if record is not None]


def ask(client: Any, name: str, args: list[Any]) -> Iterator[Any]:
    try:
        address = reverse(f"admin:{name}", args=args)
    except NoReverseMatch:
        return
    yield client.get(address)
    if "export" in name:
        yield client.post(address, {"format": "0", "resource": ""})


def table_of(answer: Any) -> list[list[str]] | None:
    """The rows of an answer that is a table."""
    kind = answer.headers.get("Content-Type", "")
    if answer.status_code != 200 or not kind.startswith(TABLES):
        return None
    assert "csv" in kind, f"how is {kind} read?"
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


@pytest.fixture
def house(scene: Any, boss: Any) -> Any:
    """A shop with a file of every kind that came in, and formulas wherever there is room for one."""
    series, segment = Series.objects.get(code="spring"), Segment.objects.get(code="vip")
    user, times = User.objects.get(username="boss"), {"created_at": NOON, "touched_at": NOON}
    CodeBatch.objects.create(series=series, kind="import", faults=[[2, "malformed", EVIL]], **times)
    SegmentFile.objects.create(
        segment=segment, name="x", rows=1, repeated=0, found=0, lost=1, missing=[[2, EVIL, "unknown"]],
        uploaded_at=NOON, uploaded_by=user,
    )  # fmt: skip
    for kind in ("loyalty.product", "loyalty.store", "members.card", "members.member"):
        Upload.objects.create(
            kind=kind, name="x", language="en", rows=1, by=user, state="refused", **times,
            result={"wrong": 1, "mistakes": [[2, EVIL, EVIL, EVIL]]},
        )  # fmt: skip
    kinds = {row.kind: row.pk for row in Upload.objects.all()}
    plant()
    for kind, pk in kinds.items():
        Upload.objects.filter(pk=pk).update(kind=kind)
    return kinds


def test_no_export_of_the_back_office_holds_a_formula(house: dict[str, Any], boss: Any) -> None:
    """Every address is tried with every record; what comes back as a table is read cell by cell."""
    found: dict[str, list[list[str]]] = {}
    boss.raise_request_exception = False  # a formula is no time zone: some pages have no answer here
    pks = sorted({*records(), *house.values()}, key=str)
    for pattern in pages():
        for args in [[pk] for pk in pks] if pattern.pattern.converters else [[]]:
            for answer in ask(boss, str(pattern.name), args):
                table = table_of(answer)
                if table is not None:
                    found.setdefault(str(pattern.name), []).extend(table)
    for name, rows in found.items():
        cells = [cell for row in rows for cell in row]
        assert [cell for cell in cells if not is_harmless(cell)] == [], name
        assert len(rows) > 1, name
    planted = {name for name, rows in found.items() if any(EVIL in cell for row in rows for cell in row)}
    assert {
        "members_member_export", "loyalty_product_export", "loyalty_store_export", "analytics_segment_export",
        "analytics_segment_file_missing", "rewards_series_faults", "members_member_import_mistakes",
        "loyalty_product_import_mistakes", "loyalty_store_import_mistakes", "members_card_import_mistakes",
    } <= planted  # fmt: skip
    assert {"members_card_export", "rewards_series_export"} <= set(found)


@pytest.mark.parametrize("sheet", Sheet.__subclasses__(), ids=lambda sheet: sheet.__name__)
def test_no_column_of_a_sheet_goes_out_as_a_formula(sheet: type[Sheet]) -> None:
    """Whatever its widget is, and codes of other records among them."""
    one = sheet()
    for field in one.get_export_fields():
        field.export = lambda instance, **options: EVIL
        assert one.export_field(field, None) == f"'{EVIL}"


def test_reports_of_the_commands_hold_no_formula(scene: Any, tmp_path: Path) -> None:
    codes, receipts = tmp_path / "codes.csv", tmp_path / "receipts.csv"
    codes.write_text(f"{EVIL}\n")
    header = "store,receipt_number,purchased_at,sku,quantity,price\n"
    receipts.write_text(f"{header}{EVIL},{EVIL},yesterday,C1,1,1\n")
    make_series(scene.shop.programme, code="more", name="More")
    for command, file in (("import_coupons", codes), ("import_receipts", receipts)):
        with pytest.raises(CommandError):
            more = ("main", "more") if command == "import_coupons" else ()
            call_command(command, *more, str(file), verbosity=0)
        rows = list(csv.reader(io.StringIO(file.with_name(f"{file.name}.report.csv").read_text())))
        cells = [cell for row in rows for cell in row]
        assert all(map(is_harmless, cells))
        assert any(EVIL in cell for cell in cells), command


def test_tables_are_written_by_one_writer_alone() -> None:
    """Who writes CSV by hand, or with a library that writes tables, forgets the guard sooner or later."""
    writers = {"csv.writer", "csv.DictWriter"}
    libraries = {"xlsxwriter", "openpyxl", "xlwt", "tablib"}
    wrong = []
    for path in sorted(ROOT.rglob("*.py")):
        place = path.relative_to(ROOT)
        if place.parts[0] in ("tests", ".venv", "var", "benchmarks") or place == Path("members/tables.py"):
            continue
        text = path.read_text()
        for node in ast.walk(ast.parse(text)) if any(word in text for word in ("csv", *libraries)) else ():
            if isinstance(node, ast.Attribute) and ast.unparse(node) in writers:
                wrong.append(f"{place}:{node.lineno}")
            if (
                isinstance(node, ast.ImportFrom)
                and node.module == "csv"
                and {alias.name for alias in node.names} & {"writer", "DictWriter"}
            ):
                wrong.append(f"{place}:{node.lineno}")
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            wrong += [f"{place}: {name}" for name in names if name.partition(".")[0] in libraries]
    assert wrong == []


@pytest.mark.parametrize("text", ["＝1+1", "＋cmd", "\n=1", "=1+1", "-x", "@sum"])
def test_the_signs_of_formulas_are_known_in_either_width(text: str) -> None:
    stream = io.StringIO()
    tables.Writer(stream).row([text, 5, None, "+79161112233"])
    assert next(csv.reader(io.StringIO(stream.getvalue(), newline=""))) == [
        f"'{text}",
        "5",
        "",
        "+79161112233",
    ]


def test_what_was_planted_is_there(house: Any) -> None:
    """Else the other tests would find nothing in an empty house."""
    assert set(Member.objects.values_list("first_name", "last_name")) == {(EVIL, EVIL)}
    assert Product.objects.filter(name=EVIL, brand=EVIL).exists()
    assert Coupon.objects.exists()
