"""Files under way: a real worker does a large one and tells how far it is; two workers do one file once."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, connections
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from kombu import Connection

from backoffice.files import sheet_rows, tasks, uploads
from backoffice.files.upload_kinds import KINDS
from backoffice.models import Upload
from config.celery import app
from foundation import beginnings
from loyalty.models import Product
from members.models import User
from rewards.coupons import batches
from rewards.models import Coupon
from tests import factories
from tests.config.processes import wait_for
from tests.factories import Shop
from tests.races.parallel import together
from tests.rewards.coupons.build import make_series

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def boss(transactional_db: None) -> Client:
    client = Client()
    client.force_login(User.objects.create(username="boss", is_staff=True, is_superuser=True))
    return client


@pytest.fixture
def shop(transactional_db: None) -> Shop:
    return factories.open_shop()


def goods(shop: Shop, count: int) -> bytes:
    rows = "".join(f"{shop.partner.code},N{number},Thing {number}\n" for number in range(count))
    return f"partner,sku,name\n{rows}".encode()


def keep(shop: Shop, count: int, *, agreed: bool = False) -> Upload:
    user = User.objects.get_or_create(username="boss")[0]
    now = timezone.now()
    return uploads.bring(
        "loyalty.product", "goods.csv", goods(shop, count), count, user.pk, now, agreed=agreed
    )


def state(upload: Upload) -> str:
    return Upload.objects.values_list("state", flat=True).get(pk=upload.pk)


@pytest.mark.filterwarnings("ignore::celery.exceptions.AlwaysEagerIgnored")
def test_a_real_worker_checks_and_does_a_large_file(
    shop: Shop, boss: Client, worker: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the form to the result, with more rows than a request does itself."""
    count = uploads.INLINE + 1
    send: Any = {"connection": worker, "ignore_result": True}
    monkeypatch.setattr(
        "backoffice.files.upload_pages.send", lambda task, pk: app.send_task(task.name, [pk], **send)
    )
    file = SimpleUploadedFile("goods.csv", goods(shop, count))
    page = boss.post(reverse("admin:loyalty_product_import"), {"file": file}).headers["Location"]
    upload = Upload.objects.get()
    wait_for(lambda: state(upload) != "checking")
    assert state(upload) == "ready" and not Product.objects.exists()

    boss.post(f"{page}agree/")
    wait_for(lambda: state(upload) != "writing")
    upload.refresh_from_db()
    assert (upload.state, upload.error, upload.result["new"]) == ("done", "", count)
    assert Product.objects.count() == count
    assert b"Thing 0" in boss.get(page).content


def test_two_workers_who_get_one_task_do_the_file_once(shop: Shop) -> None:
    upload = keep(shop, 600, agreed=True)
    assert together([lambda: tasks.work_on_upload(str(upload.pk)) for _each in range(3)]) == [None] * 3
    assert (state(upload), Product.objects.count()) == ("done", 600)


def test_a_file_that_many_begin_at_once_is_not_given_up_but_done(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One worker has begun and is about to take the file, when others begin beside it and are stopped."""
    upload, take = keep(shop, 3, agreed=True), uploads._take

    def take_late(upload_id: Any) -> Any:
        for _time in range(beginnings.MOST_BEGINNINGS):
            together([lambda: uploads._begin(upload_id) for _each in range(4)])
        assert state(upload) == "writing"
        return take(upload_id)

    monkeypatch.setattr(uploads, "_take", take_late)
    tasks.work_on_upload(str(upload.pk))
    assert (state(upload), Product.objects.count()) == ("done", 3)


def test_a_batch_of_codes_that_many_begin_at_once_is_not_given_up_but_made(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As with files: those who begin a moment after another may find it at work."""
    series = make_series(shop.programme)
    batch, step = batches.generate(series, 3, timezone.now()), batches._step

    def step_late(batch_id: Any, *rest: Any) -> Any:
        together([lambda: batches._begin(batch_id) for _each in range(2 * beginnings.MOST_BEGINNINGS)])
        return step(batch_id, *rest)

    monkeypatch.setattr(batches, "_step", step_late)
    assert batches.work(batch.pk).status == "done"
    assert Coupon.objects.count() == 3


def test_how_far_a_file_is_can_be_read_while_it_is_under_way(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By any other process: what the step itself writes is seen only at its end."""
    monkeypatch.setattr(sheet_rows, "CHUNK", 200)
    upload, seen = keep(shop, 600, agreed=True), []
    rewrite = KINDS["loyalty.product"].sheet.rewrite  # type: ignore[attr-defined]

    def look(sheet: Any, drafts: Any) -> None:
        with connections["default"].copy().cursor() as other:
            other.execute("SELECT position, state FROM backoffice_upload")
            seen.append(other.fetchone())
            other.execute("SELECT count(*) FROM loyalty_product")
            seen.append(other.fetchone())
            other.connection.close()
        rewrite(sheet, drafts)

    monkeypatch.setattr(KINDS["loyalty.product"].sheet, "rewrite", look)  # type: ignore[attr-defined]
    uploads.work(upload.pk, KINDS, timezone.now())
    assert seen == [(0, "writing"), (0,), (200, "writing"), (0,), (400, "writing"), (0,)]
    assert state(upload) == "done"


def test_a_file_that_meets_a_till_which_makes_the_same_product_takes_it_over(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The product was not there when the row was read, and is when it is written: the file is walked through again."""
    upload, write = keep(shop, 3, agreed=True), KINDS["loyalty.product"].sheet.write  # type: ignore[attr-defined]
    met: list[int] = []

    def meet(sheet: Any, drafts: Any, at: Any) -> None:
        if not met:
            other = connection.copy()
            with other.cursor() as cursor:
                cursor.execute(
                    "INSERT INTO loyalty_product (partner_id, sku, name, brand, barcode, active)"
                    " VALUES (%s, 'N1', 'From a receipt', '', '', true)",
                    [shop.partner.pk],
                )
            other.close()
        met.append(len(drafts))
        write(sheet, drafts, at)

    monkeypatch.setattr(KINDS["loyalty.product"].sheet, "write", meet)  # type: ignore[attr-defined]
    uploads.work(upload.pk, KINDS, timezone.now())
    upload.refresh_from_db()
    assert (met, upload.state, upload.result["new"], upload.result["changed"]) == ([3, 2], "done", 2, 1)
    assert Product.objects.get(sku="N1").name == "Thing 1"
