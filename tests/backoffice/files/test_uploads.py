"""Files that people bring: small ones at once, large ones by a worker, nobody else's, all or nothing."""

from __future__ import annotations

import tempfile
import zlib
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from analytics import segment_files
from analytics.models import Segment, SegmentFile
from backoffice.files import sheet_files, tasks, upload_pages, uploads
from backoffice.files.upload_kinds import KINDS
from backoffice.models import Upload
from backoffice.segments import files as segments_files
from backoffice.staff import roles
from campaigns.programme_file import snapshot
from foundation import beginnings
from foundation.text_files import FileFault
from loyalty.models import Account, Holder, Product, Store
from members.models import Card, Event, Member
from members.registration import Circle, Newcomer, enrol
from tests import factories
from tests.backoffice.conftest import NOON

PRODUCTS = "loyalty_product_import"
MEMBERS = "members_member_import"


def address(base: str, page: str = "", *args: Any) -> str:
    return reverse(f"admin:{base}{page}", args=args)


def bring(client: Any, base: str, text: str | bytes, **fields: Any) -> Upload:
    """Bring a file. Returns what became of it."""
    content = text if isinstance(text, bytes) else text.encode()
    answer = client.post(address(base), {"file": SimpleUploadedFile("rows.csv", content), **fields})
    assert answer.status_code == 302, answer.context["form"].errors
    return Upload.objects.latest("created_at")


def agree(client: Any, base: str, upload: Upload) -> Any:
    answer = client.post(address(base, "_agree", upload.pk))
    upload.refresh_from_db()
    return answer


def work(upload: Upload) -> None:
    tasks.work_on_upload(str(upload.pk))
    upload.refresh_from_db()


def mistakes(upload: Upload) -> list[tuple[int, str, str]]:
    return [(row, column, problem) for row, column, _value, problem in upload.result["mistakes"]]


def goods(scene: Any, count: int, price: str = "5") -> str:
    rows = "".join(
        f"{scene.shop.partner.code},N{number},Thing {number},{price},coffee\n" for number in range(count)
    )
    return f"partner,sku,name,price,category\n{rows}"


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any) -> list[str]:
    """The files that workers are asked to take up. Large is what has more than three rows."""
    asked: list[str] = []
    monkeypatch.setattr(uploads, "INLINE", 3)
    monkeypatch.setattr(upload_pages.transaction, "on_commit", lambda call: call())
    monkeypatch.setattr(upload_pages, "send", lambda task, upload_id: asked.append(upload_id))
    return asked


# The way of a file


def test_a_small_file_is_checked_at_once_and_done_when_agreed_to(
    scene: Any, boss: Any, sent: list[str]
) -> None:
    upload = bring(boss, PRODUCTS, goods(scene, 2))
    assert (upload.state, upload.result["new"], sent) == ("ready", 2, [])
    assert Product.objects.count() == 1

    agree(boss, PRODUCTS, upload)

    assert (upload.state, upload.result["new"], upload.content) == ("done", 2, None)
    assert Product.objects.filter(sku="N1", category__code="coffee").exists()
    page = boss.get(address(PRODUCTS, "_shown", upload.pk)).content.decode()
    assert "Thing 1" in page and "Done" in page


def test_a_large_file_is_a_workers_who_checks_it_and_does_it_when_agreed_to(
    scene: Any, boss: Any, sent: list[str]
) -> None:
    upload = bring(boss, PRODUCTS, goods(scene, 4))
    assert (upload.state, sent) == ("checking", [str(upload.pk)])
    page = boss.get(address(PRODUCTS, "_shown", upload.pk)).content.decode()
    assert "being checked" in page and address(PRODUCTS, "_progress", upload.pk) in page
    progress = boss.get(address(PRODUCTS, "_progress", upload.pk))
    assert "HX-Refresh" not in progress.headers and "4 rows" in progress.content.decode()

    work(upload)
    assert (upload.state, upload.result["new"]) == ("ready", 4)
    assert boss.get(address(PRODUCTS, "_progress", upload.pk)).headers["HX-Refresh"] == "true"
    assert Product.objects.count() == 1

    agree(boss, PRODUCTS, upload)
    assert (upload.state, sent) == ("writing", [str(upload.pk)] * 2)
    assert Product.objects.count() == 1
    work(upload)
    assert (upload.state, Product.objects.count()) == ("done", 5)


def test_agreeing_twice_and_a_task_that_runs_again_do_it_once(scene: Any, boss: Any, sent: list[str]) -> None:
    upload = bring(boss, MEMBERS, "phone\n" + "".join(f"+7916111224{number}\n" for number in range(4)))
    work(upload)
    agree(boss, MEMBERS, upload)
    agree(boss, MEMBERS, upload)
    assert len(sent) == 2
    for _time in range(3):
        work(upload)
    assert Member.objects.filter(phone__startswith="+7916111224").count() == 4
    assert LogEntry.objects.filter(change_message="From the file “rows.csv”.").count() == 4


def test_only_who_brought_a_file_sees_it_agrees_to_it_and_begins_it_again(
    scene: Any, boss: Any, enter: Any
) -> None:
    """Whatever others may do: the file of a manager is not there for the superuser either."""
    upload = bring(enter(roles.MANAGER), PRODUCTS, goods(scene, 2))
    for page in ("_shown", "_progress", "_mistakes"):
        assert boss.get(address(PRODUCTS, page, upload.pk)).status_code == 404
    for page in ("_agree", "_again"):
        assert boss.post(address(PRODUCTS, page, upload.pk)).status_code == 404
        assert boss.get(address(PRODUCTS, page, upload.pk)).status_code == 405
    upload.refresh_from_db()
    assert (upload.state, Product.objects.count()) == ("ready", 1)


def test_a_file_goes_through_the_door_it_came_in_by_and_only_for_who_may_still_use_it(
    scene: Any, boss: Any, enter: Any
) -> None:
    upload = bring(boss, PRODUCTS, goods(scene, 2))
    assert boss.post(address("loyalty_store_import", "_agree", upload.pk)).status_code == 404
    manager = enter(roles.MANAGER)
    own = bring(manager, PRODUCTS, goods(scene, 2))
    own.by.groups.clear()
    assert manager.post(address(PRODUCTS, "_agree", own.pk)).status_code == 403
    assert Product.objects.count() == 1


def test_no_address_reads_or_deletes_a_file_of_the_temporary_folder(scene: Any, boss: Any) -> None:
    """Files wait in the database, so any web process and any worker of any host finds them."""
    with tempfile.NamedTemporaryFile("w", suffix=".csv", delete=False) as other:
        other.write(goods(scene, 1))
    before = set(Path(tempfile.gettempdir()).iterdir())
    name = Path(other.name).name
    for model in ("product", "store"):
        with pytest.raises(NoReverseMatch):
            reverse(f"admin:loyalty_{model}_process_import")
        answer = boss.post(
            f"/admin/loyalty/{model}/process_import/",
            {"import_file_name": name, "original_file_name": name, "format": "0", "resource": ""},
        )
        assert answer.status_code in (302, 404)
    agree(boss, PRODUCTS, bring(boss, PRODUCTS, goods(scene, 2)))
    assert set(Path(tempfile.gettempdir()).iterdir()) >= before
    assert Path(other.name).read_text() == goods(scene, 1)
    assert Product.objects.count() == 3
    Path(other.name).unlink()


# Every mistake at once


def test_every_mistake_of_a_file_is_told_at_once_with_its_row_and_column(scene: Any, boss: Any) -> None:
    """What cannot be read, what the record refuses, what is there twice: nobody sends a file a second time for
    mistakes that the first answer kept to itself."""
    taken = scene.member.email
    upload = bring(boss, MEMBERS, (
        "phone,email,birthday,language,gender\n"
        "nonsense,x,03/04/1990,en,it\n"
        "+79161112233,a@example.org,,en,\n"
        f"+79161112244,{taken},,en,\n"
        "\n"
        "+7 916 111-22-33,a@example.org,1990-02-30,en,\n"
        ",,,,\n"
        "+79161112255,b@example.org\n"
        ",c@example.org,,a-language-that-is-much-too-long,\n"
    ))  # fmt: skip
    assert (upload.state, upload.result["wrong"]) == ("refused", 5)
    told = [(row, column) for row, column, _problem in mistakes(upload)]
    assert told == [
        (2, "phone"), (2, "birthday"), (2, "gender"), (4, "email"), (6, "birthday"), (6, "phone"), (6, "email"),
        (8, ""), (9, "phone"),
    ]  # fmt: skip
    page = boss.get(address(MEMBERS, "_shown", upload.pk)).content.decode()
    for said in (
        "can be two days",
        "There is no such day",
        "exists already",
        "Row 3 says something",
        "is missing",
    ):
        assert said in page, said
    rows = boss.get(address(MEMBERS, "_mistakes", upload.pk)).content.decode("utf-8-sig").splitlines()
    assert rows[0] == "row,column,value,problem" and len(rows) == 1 + len(told)
    agree(boss, MEMBERS, upload)
    assert (upload.state, Member.objects.count()) == ("refused", 1)


def test_every_column_that_is_wrong_is_named_at_once(scene: Any, boss: Any) -> None:
    file = SimpleUploadedFile("rows.csv", b"name,name,colour,size\nx,y,z,1\n")
    [told] = boss.post(address(PRODUCTS), {"file": file}).context["form"].errors["file"]
    for said in ("“colour”", "“size”", "“name” is there twice", "“partner” is missing", "“sku” is missing"):
        assert said in told, said


def test_a_product_costs_nothing_below_zero_by_file_or_by_form(scene: Any, boss: Any) -> None:
    code = scene.shop.partner.code
    upload = bring(boss, PRODUCTS, f"partner,sku,name,price,cost\n{code},P1,Gift,0,0\n{code},P2,Slip,-4,-1\n")
    said = "Give a number that is not below zero."
    assert upload.state == "refused"
    assert mistakes(upload) == [(3, "price", said), (3, "cost", said)]
    form = {"partner": scene.shop.partner.pk, "sku": "P2", "name": "Slip", "price": "-4", "active": "on"}
    assert said in boss.post(reverse("admin:loyalty_product_add"), form).content.decode()
    assert not Product.objects.filter(sku="P2").exists()


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "empty"),
        (b"partner,sku\n", "holds no rows"),
        (b"PK\x03\x04", "workbook"),
        (b"partner,sku\nmain,\x00\n", "no text file"),
        (b'[{"partner": "p", "sku": ["x"]}]', "list or an object"),
        (b"[" * 100_000, "not JSON"),
        (b'{"partner": 1}', "list of objects"),
        (b'partner,sku\n"' + b"x" * 200_000, "Line"),
    ],
)
def test_a_file_that_is_no_table_is_refused_in_words(
    scene: Any, boss: Any, content: bytes, told: str
) -> None:
    answer = boss.post(address(PRODUCTS), {"file": SimpleUploadedFile("rows.csv", content)}, follow=True)
    assert told in answer.content.decode()
    assert Product.objects.count() == 1


@pytest.mark.parametrize("character", ["\\u0000", "\\ud800"])
def test_characters_that_no_text_has_are_a_mistake_of_their_row(
    scene: Any, boss: Any, character: str
) -> None:
    code = scene.shop.partner.code
    rows = f'[{{"partner": "{code}", "sku": "N1"}}, {{"partner": "{code}", "sku": "x{character}"}}]'
    upload = bring(boss, PRODUCTS, rows)
    assert [(row, column) for row, column, _problem in mistakes(upload)] == [(3, "")]
    header = SimpleUploadedFile("rows.json", f'[{{"sku{character}": "1"}}]'.encode())
    assert "This is no text file" in boss.post(address(PRODUCTS), {"file": header}).content.decode()


def test_what_is_told_of_a_cell_stays_short_however_long_the_cell_is(scene: Any, boss: Any) -> None:
    upload = bring(boss, PRODUCTS, f"partner,sku,price\n{scene.shop.partner.code},N1,{'x' * 100_000}\n")
    assert upload.state == "refused"
    assert len(str(upload.result)) < 1_000


def test_a_file_that_is_too_large_is_refused_unread(scene: Any, boss: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(sheet_files, "MOST_BYTES", 10)
    with pytest.raises(FileFault, match="larger"):
        sheet_files.read(b"x" * 11)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1251"])
def test_a_table_is_read_as_spreadsheets_save_it(scene: Any, boss: Any, encoding: str) -> None:
    text = f"{scene.shop.partner.code};N1;Чай\r\n"
    upload = bring(boss, PRODUCTS, f"Партнёр;Артикул;Название\r\n{text}".encode(encoding))
    agree(boss, PRODUCTS, upload)
    assert Product.objects.get(sku="N1").name == "Чай"


def test_json_as_an_export_writes_it_comes_back_in(scene: Any, boss: Any) -> None:
    sheet = boss.post(address("loyalty_product_export"), {"format": "1", "resource": ""}).content
    upload = bring(boss, PRODUCTS, sheet.replace(b"Coffee", b"Tea"))
    agree(boss, PRODUCTS, upload)
    assert (upload.result["changed"], Product.objects.get().name) == (1, "Tea")


# What is done


def test_what_became_wrong_since_the_check_is_told_and_nothing_of_the_file_is_done(
    scene: Any, boss: Any
) -> None:
    upload = bring(boss, MEMBERS, "phone,email\n+79161112233,a@example.org\n+79161112244,b@example.org\n")
    factories.MemberFactory(phone="+33612345678", email="B@example.org")
    agree(boss, MEMBERS, upload)
    assert (upload.state, mistakes(upload)) == (
        "refused", [(3, "email", "A member with this e-mail exists already.")],
    )  # fmt: skip
    assert not Member.objects.filter(phone__startswith="+7916111").exists()


def test_a_row_changes_only_what_it_says_and_of_what_is_fixed_nothing(scene: Any, boss: Any) -> None:
    upload = bring(boss, PRODUCTS, f"partner,sku,price\n{scene.shop.partner.code},C1,11\n")
    assert upload.result["changes"][0]["lines"] == ["price: 10.00 → 11"]
    Product.objects.update(name="Better coffee")
    agree(boss, PRODUCTS, upload)
    scene.product.refresh_from_db()
    assert (scene.product.name, scene.product.price) == ("Better coffee", Decimal(11))
    other = factories.PartnerFactory()
    store = bring(boss, "loyalty_store_import", f"code,partner\n{scene.shop.store.code},{other.code}\n")
    assert [(row, column) for row, column, _problem in mistakes(store)] == [(2, "partner")]
    assert Store.objects.get(pk=scene.shop.store.pk).partner == scene.shop.partner


def test_a_card_is_one_card_however_its_number_is_written(scene: Any, boss: Any) -> None:
    cards = "members_card_import"
    upload = bring(boss, cards, f"number,kind,member\n77-88 99,plastic,{scene.member.phone}\n")
    agree(boss, cards, upload)
    assert Card.objects.get(number="778899").member == scene.member
    again = bring(boss, cards, "number,blocked\n778899,yes\n7788-99,yes\n")
    assert mistakes(again) == [(3, "number", "Row 2 says something of the same record already.")]
    assert bring(boss, cards, "number,blocked\n77 88 99,no\n").result["same"] == 1


def test_members_who_come_together_are_what_members_are_who_come_one_by_one(scene: Any, boss: Any) -> None:
    rows = "phone,email,first_name\n+79161112233,A@example.org,Ivan\n+79161112244,,Boris\n"
    agree(boss, MEMBERS, bring(boss, MEMBERS, rows))
    together = Member.objects.get(phone="+79161112233")
    given: Any = {"phone": "+79161112255", "email": "C@example.org", "first_name": "Ivan", "channel": "desk"}
    alone = enrol(Newcomer(**given, source="desk"), NOON, Circle())
    own = {"id", "phone", "email", "referral_code", "joined_at"}
    fields = [field.attname for field in Member._meta.concrete_fields if field.name not in own]
    assert {name: getattr(together, name) for name in fields} == {
        name: getattr(alone, name) for name in fields
    }
    for member in (together, alone):
        card = member.cards.get()
        assert (card.kind.code, len(card.number), card.issued_at) == ("virtual", 13, member.joined_at)
        assert not member.consents.exists() and not Event.objects.filter(member=member).exists()
    assert Account.objects.get(holders__member=together).balance == 0
    assert Holder.objects.filter(member__phone="+79161112244").count() == 1


def test_a_thousand_rows_take_as_many_statements_as_ten(scene: Any, boss: Any, sent: list[str]) -> None:
    """No row is looked up, checked or written by a statement of its own."""
    counts = []
    for base, rows in (
        (PRODUCTS, lambda count: goods(scene, count)),
        (PRODUCTS, lambda count: goods(scene, count, "7")),
        (MEMBERS, lambda count: "phone\n" + "".join(f"+7916111{number:04}\n" for number in range(count))),
    ):
        for count in (4, 10, 900):  # the first one learns what is remembered
            upload = bring(boss, base, rows(count))
            work(upload)
            agree(boss, base, upload)
            with CaptureQueriesContext(connection) as queries:
                work(upload)
            assert upload.state == "done", upload.error
            counts.append(
                len([one for one in queries if not one["sql"].startswith("UPDATE backoffice_upload")])
            )
    assert counts[1] == counts[2] < 30
    assert counts[4] == counts[5] < 30
    assert counts[7] == counts[8] < 40


# What goes wrong


def test_a_step_that_breaks_leaves_nothing_and_is_begun_again(
    scene: Any, boss: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = bring(boss, PRODUCTS, goods(scene, 2))

    def break_down(*args: Any) -> None:
        raise RuntimeError("out of paper")

    with monkeypatch.context() as patch:
        patch.setattr(KINDS["loyalty.product"].sheet, "log", break_down)  # type: ignore[attr-defined]
        agree(boss, PRODUCTS, upload)
    assert (upload.state, upload.error, Product.objects.count()) == ("failed", "out of paper", 1)
    assert (
        "It failed, and nothing was changed."
        in boss.get(address(PRODUCTS, "_shown", upload.pk)).content.decode()
    )
    boss.post(address(PRODUCTS, "_again", upload.pk))
    upload.refresh_from_db()
    assert upload.state == "ready"
    agree(boss, PRODUCTS, upload)
    assert (upload.state, Product.objects.count()) == ("done", 3)


def test_files_whose_worker_is_gone_are_taken_up_and_old_ones_are_forgotten(
    scene: Any, boss: Any, sent: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever was told of people goes with them."""
    lost, fresh = (bring(boss, PRODUCTS, goods(scene, 4)) for _time in range(2))
    old = bring(boss, MEMBERS, "phone,email\n+79161112233,no\n")
    now = timezone.now()
    Upload.objects.filter(pk=lost.pk).update(touched_at=now - timedelta(minutes=3))
    Upload.objects.filter(pk=old.pk).update(created_at=now - uploads.KEPT - timedelta(minutes=1))
    taken: list[str] = []
    monkeypatch.setattr(tasks, "send", lambda task, upload_id: taken.append(upload_id))
    tasks.tidy_uploads()
    assert taken == [str(lost.pk)]
    assert set(Upload.objects.values_list("pk", flat=True)) == {lost.pk, fresh.pk}


def test_a_file_that_ends_every_worker_is_given_up_and_told_of_in_its_bringers_language(
    scene: Any, boss: Any, sent: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What ends a worker (no memory, a signal) lets nobody write anything down: beginnings count themselves."""
    boss.cookies["django_language"] = "ru"
    upload = bring(boss, PRODUCTS, goods(scene, 4))
    begun: list[str] = []

    def die(*args: Any) -> None:
        begun.append("once more")
        raise SystemExit

    with monkeypatch.context() as patch:
        patch.setattr(KINDS["loyalty.product"], "check", die)
        for _time in range(beginnings.MOST_BEGINNINGS):
            with pytest.raises(SystemExit):
                work(upload)
        assert (upload.state, len(begun)) == ("checking", beginnings.MOST_BEGINNINGS)
        Upload.objects.filter(pk=upload.pk).update(touched_at=timezone.now() - 2 * beginnings.BESIDE)
        for _time in range(2):
            work(upload)
    assert (upload.state, len(begun)) == ("failed", beginnings.MOST_BEGINNINGS)
    assert upload.error.startswith("Работа над файлом каждый раз обрывалась")
    assert upload.pk not in uploads.forgotten(timezone.now() + timedelta(hours=1))
    told = boss.get(address(PRODUCTS, "_shown", upload.pk)).content.decode()
    assert upload.error in told

    boss.post(address(PRODUCTS, "_again", upload.pk))
    work(upload)
    assert (upload.state, upload.attempts) == ("ready", 1)
    agree(boss, PRODUCTS, upload)
    assert (upload.state, upload.attempts) == ("writing", 0)


# A programme, and the members of a segment


def test_a_large_file_of_a_programme_is_a_workers_too(scene: Any, boss: Any, sent: list[str]) -> None:
    base = "loyalty_programme_file"
    text = snapshot.export(scene.shop.programme).replace("name: Gold", "name: Golden")
    upload = bring(boss, base, text)
    assert (upload.state, sent) == ("checking", [str(upload.pk)])
    work(upload)
    assert upload.state == "ready"
    assert "name: Gold → Golden" in boss.get(address(base, "_shown", upload.pk)).content.decode()
    agree(boss, base, upload)
    work(upload)
    assert upload.state == "done"
    assert scene.shop.programme.tiers.get(code="gold").name == "Golden"


def test_a_large_file_of_a_segments_members_is_found_and_applied_by_a_worker(
    scene: Any, boss: Any, enter: Any, sent: list[str]
) -> None:
    vip = Segment.objects.get(code="vip")
    people = [factories.MemberFactory() for _each in range(4)]
    file = SimpleUploadedFile("list.csv", ("phone\n" + "\n".join(str(one.phone) for one in people)).encode())
    answer = boss.post(address("analytics_segment_load", "", vip.pk), {"file": file})
    upload = Upload.objects.get()
    assert answer.headers["Location"] == address("analytics_segment_loading", "_shown", upload.pk)
    work(upload)
    found = SegmentFile.objects.get()
    shown = boss.get(answer.headers["Location"])
    assert shown.headers["Location"] == address("analytics_segment_file", "", found.pk)
    assert found.found == 4

    apply = address("analytics_segment_file_apply", "", found.pk)
    assert enter(roles.MANAGER).post(apply, {"mode": "add"}).status_code == 404
    boss.post(apply, {"mode": "add"})
    applying = Upload.objects.latest("created_at")
    assert (applying.state, applying.kind, len(sent)) == ("writing", "analytics.segmentfile", 2)
    assert vip.memberships.count() == 1
    for _time in range(2):
        work(applying)
    assert (applying.state, vip.memberships.count()) == ("done", 5)
    assert segments_files.newest(vip) == [found]
    assert LogEntry.objects.filter(object_id=str(vip.pk)).count() == 1


def test_how_far_a_file_of_a_programme_or_of_members_is_is_told_while_it_is_under_way(
    scene: Any, boss: Any, sent: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(segment_files, "CHUNK", 2)
    for code in ("one", "two", "three"):
        factories.publish_campaign(scene.shop.programme, code=code)
    text = snapshot.export(scene.shop.programme).replace("percent: '5'", "percent: '6'")
    programme = bring(boss, "loyalty_programme_file", text)
    heard: list[int] = []
    KINDS["loyalty.programme"].check(programme, NOON, heard.append)
    assert heard == sorted(heard) and len(set(heard)) > 3 and 0 < heard[0] < heard[-1] < programme.rows

    heard.clear()
    rows = "\n".join(str(factories.MemberFactory().phone) for _each in range(5))
    vip = Segment.objects.get(code="vip")
    members = Upload(kind="analytics.segment", name="x", options={"segment": vip.pk}, rows=6, by=programme.by)
    members.content = zlib.compress(f"phone\n{rows}".encode())
    KINDS["analytics.segment"].check(members, NOON, heard.append)
    assert heard == [0, 2, 4]
