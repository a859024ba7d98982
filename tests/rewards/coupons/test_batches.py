"""Many codes at once: generated and imported, in parts, stopped, taken up again, and nothing twice."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from foundation import beginnings
from foundation.refusals import Invalid
from rewards import codes, tasks
from rewards.coupons import batches
from rewards.models import CodeBatch, Coupon, Series
from tests.factories import ProgrammeFactory
from tests.rewards.coupons.build import NOW, make_coupon, make_series

pytestmark = pytest.mark.django_db


def take_in(series: Series, content: str | bytes) -> CodeBatch:
    raw = content.encode() if isinstance(content, str) else content
    return batches.take_in(series, raw, "codes.txt", NOW)


def figures(batch: CodeBatch) -> dict[str, int]:
    """The counters that are not zero."""
    batch.refresh_from_db()
    names = ("made", *batches.BAD)
    return {name: getattr(batch, name) for name in names if getattr(batch, name)}


# Generated


def test_as_many_codes_are_made_as_were_asked_for() -> None:
    series = make_series(prefix="SUN", uses_each=3, days=30)
    batch = batches.work(batches.generate(series, 250, NOW).pk, part=100)
    assert (batch.status, batch.made, batch.position, batch.percent) == ("done", 250, 250, 100)
    rows = list(Coupon.objects.filter(batch=batch))
    assert len({coupon.code for coupon in rows}) == 250
    assert all(codes.is_right(coupon.code.removeprefix("SUN")) for coupon in rows)
    assert {(c.state, c.most, c.member_id, c.issued_at, c.valid_until) for c in rows} == {
        ("issued", 3, None, NOW, datetime(2026, 6, 9, 23, 59, 59, tzinfo=UTC))
    }


def test_codes_for_the_pool_wait() -> None:
    series = make_series(from_pool=True, days=30)
    batches.work(batches.generate(series, 3, NOW).pk)
    assert set(Coupon.objects.values_list("state", "issued_at", "valid_until")) == {("waiting", None, None)}


def test_progress_is_told_after_each_part() -> None:
    seen: list[int] = []
    batches.work(
        batches.generate(make_series(), 25, NOW).pk, lambda batch, _bad: seen.append(batch.position), 10
    )
    assert seen == [10, 20, 25]


def test_a_code_that_is_there_already_makes_its_part_anew() -> None:
    series = make_series(length=8)
    body = "2222222"
    make_coupon(series, body + codes.check_character(body))
    real, fakes = codes.generate, [["2222222" + codes.check_character(body)]]
    with mock.patch.object(codes, "generate", lambda *given: fakes.pop() if fakes else real(*given)):
        batch = batches.work(batches.generate(series, 1, NOW).pk)
    assert (batch.made, Coupon.objects.count(), fakes) == (1, 2, [])


@pytest.mark.parametrize(
    ("fields", "count", "code"),
    [
        ({}, 0, "out_of_range"),
        ({}, batches.MOST_AT_ONCE + 1, "out_of_range"),
        ({"length": 8}, 100_000, "too_many"),
        ({"mass_code": "ALL"}, 1, "one_code"),
    ],
)
def test_what_cannot_be_generated_is_refused(fields: dict[str, Any], count: int, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        batches.generate(make_series(**fields), count, NOW)
    assert [fault.code for fault in refused.value.faults] == [code]
    assert CodeBatch.objects.count() == 0


# Imported


def test_a_file_of_codes_is_taken_in_and_every_bad_line_is_told_by_its_number() -> None:
    programme = ProgrammeFactory()
    series = make_series(programme)
    make_coupon(make_series(programme), "ELSEWHERE")
    make_coupon(series, "BEFORE1")
    text = "first-1\nsecond 2\n\nFIRST1\nbefore1\nelse-where\n50%\nthird3\nsecond2\n"
    batch = batches.work(take_in(series, text).pk, part=2)
    assert figures(batch) == {"made": 3, "repeated": 2, "present": 1, "taken": 1, "malformed": 1}
    assert batch.faults == [
        [4, "repeated", "FIRST1"],
        [5, "present", "before1"],
        [6, "taken", "else-where"],
        [7, "malformed", "50%"],
        [9, "repeated", "second2"],
    ]
    assert sorted(Coupon.objects.filter(batch=batch).values_list("code", flat=True)) == [
        "FIRST1", "SECOND2", "THIRD3",
    ]  # fmt: skip


@pytest.mark.parametrize("part", [1, 2, 3, 1000])
def test_importing_a_file_again_adds_nothing(part: int) -> None:
    series = make_series()
    text = "AAA1\nAAA2\nAAA3\n"
    batches.work(take_in(series, text).pk, part=part)
    again = batches.work(take_in(series, text).pk, part=part)
    assert figures(again) == {"present": 3}
    assert Coupon.objects.count() == 3


@pytest.mark.parametrize(
    ("content", "made"),
    [
        ("CODE1", ["CODE1"]),
        ("CODE1\r\nCODE2\r\n", ["CODE1", "CODE2"]),
        ("code\nCODE1\n", ["CODE1"]),
        ("Name,Code,Sum\nAnna,AAA1,5\nBoris,BBB2,6\n", ["AAA1", "BBB2"]),
        ("имя;код\nАнна;AAA1\n", ["AAA1"]),
        ("AAA1\t5\nBBB2\t6\n", ["AAA1", "BBB2"]),
        ('"AAA1","x ""y"""\n"BBB2",z\n', ["AAA1", "BBB2"]),
        ('"AAA1\nBBB2\n', ["AAA1", "BBB2"]),
        ("\ufeffAAA1\n".encode(), ["AAA1"]),
        ("AAA1\nBBB2\n".encode("utf-16"), ["AAA1", "BBB2"]),
        ("СКИДКА\n".encode("cp1251"), ["СКИДКА"]),
    ],
)
def test_files_are_read_as_people_make_them(content: str | bytes, made: list[str]) -> None:
    series = make_series()
    batch = batches.work(take_in(series, content).pk)
    assert list(Coupon.objects.order_by("code").values_list("code", flat=True)) == made
    assert (batch.status, figures(batch)) == ("done", {"made": len(made)})


@pytest.mark.parametrize("content", [b"", b" \n\n", b"PK\x03\x04\x00\x00"])
def test_what_is_no_file_of_codes_is_refused(content: bytes) -> None:
    with pytest.raises(Invalid):
        take_in(make_series(), content)


def test_the_file_is_kept_only_until_it_is_read() -> None:
    batch = take_in(make_series(), "AAA1")
    assert batch.content
    batches.work(batch.pk)
    batch.refresh_from_db()
    assert batch.content is None


def test_only_the_first_bad_lines_are_kept_and_all_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "MOST_FAULTS", 3)
    batch = batches.work(take_in(make_series(), "%\n" * 10).pk, part=2)
    assert (figures(batch), len(batch.faults)) == ({"malformed": 10}, 3)


# Stopped and taken up again


def test_a_stopped_batch_keeps_what_was_made_and_goes_on_when_told_to() -> None:
    batch = take_in(make_series(), "\n".join(f"CODE{n}" for n in range(10)))
    batches.work(batch.pk, lambda *_: batches.stop(batch.pk), part=4)
    batch.refresh_from_db()
    assert (batch.status, batch.position, figures(batch)) == ("stopped", 4, {"made": 4})
    assert batches.work(batch.pk).made == 4
    assert batches.resume(batch.pk)
    assert batches.work(batch.pk).status == "done"
    assert figures(batch) == {"made": 10}
    assert not batches.resume(batch.pk)
    assert not batches.stop(batch.pk)


def test_a_batch_whose_part_fails_says_so_and_goes_on_when_told_to() -> None:
    batch = batches.generate(make_series(), 20, NOW)
    with (
        mock.patch.object(batches, "_generate", side_effect=[None, RuntimeError("no space")]),
        pytest.raises(RuntimeError),
    ):
        batches.work(batch.pk, part=10)
    batch.refresh_from_db()
    assert (batch.status, batch.error) == ("failed", "no space")
    assert batches.resume(batch.pk)
    assert batches.work(batch.pk, part=10).made == 20


def test_a_batch_that_lost_its_worker_is_taken_up_by_the_scheduler() -> None:
    lost = batches.generate(make_series(), 5, NOW)
    fresh = batches.generate(make_series(), 5, timezone.now())
    tasks.resume_codes()
    for batch in (lost, fresh):
        batch.refresh_from_db()
    assert (lost.status, fresh.status) == ("done", "waiting")
    assert batches.forgotten(timezone.now() + timedelta(hours=1)) == [fresh.pk]


def test_a_batch_whose_workers_die_at_one_place_is_given_up_and_one_that_gets_on_is_not() -> None:
    batch = batches.generate(make_series(), 30, NOW)
    make = batches._generate
    with mock.patch.object(batches, "_generate", side_effect=SystemExit):
        for _time in range(beginnings.MOST_BEGINNINGS):
            with pytest.raises(SystemExit):
                batches.work(batch.pk)
        CodeBatch.objects.filter(pk=batch.pk).update(touched_at=timezone.now() - 2 * beginnings.BESIDE)
        assert batches.work(batch.pk).status == "failed"
    batch.refresh_from_db()
    assert (batch.error, batch.made) == (batches.CUT_OFF, 0)
    assert batch.pk not in batches.forgotten(timezone.now() + timedelta(hours=1))

    assert batches.resume(batch.pk)
    for made in (10, 20):  # each worker gets one part further before it dies
        dying = mock.patch.object(batches, "_generate", side_effect=_once_then_die(make))
        with dying, pytest.raises(SystemExit):
            batches.work(batch.pk, part=10)
        batch.refresh_from_db()
        assert (batch.made, batch.attempts) == (made, 0)
    assert batches.work(batch.pk, part=10).made == 30


def test_workers_that_begin_beside_each_other_are_no_reason_to_give_up_and_endless_ones_are() -> None:
    batch = batches.generate(make_series(), 30, NOW)
    with mock.patch.object(batches, "_generate", side_effect=SystemExit):
        for _time in range(beginnings.MOST_BESIDE):
            with pytest.raises(SystemExit):
                batches.work(batch.pk)
        batch.refresh_from_db()
        assert batch.status == "waiting"
        assert batches.work(batch.pk).status == "failed"


def _once_then_die(make: Any) -> Any:
    """The work on a part, of a worker that dies at its second."""
    calls: list[int] = []

    def step(batch: Any, count: int) -> None:
        calls.append(count)
        if len(calls) > 1:
            raise SystemExit
        make(batch, count)

    return step


# From the command line


def test_the_command_generates_codes_and_writes_them_as_they_are_printed(tmp_path: Path) -> None:
    series = make_series(prefix="SUN")
    file = tmp_path / "codes.txt"
    call_command("generate_coupons", series.programme.code, series.code, "12", output=file, verbosity=0)
    lines = file.read_text().splitlines()
    assert {codes.normalise(line) for line in lines} == set(Coupon.objects.values_list("code", flat=True))
    assert len(lines) == 12
    assert all(line.startswith("SUN-") for line in lines)


def test_the_command_imports_codes_and_reports_the_lines_that_will_not_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    series, file = make_series(), tmp_path / "codes.txt"
    file.write_text("AAA1\nAAA2\nAAA1\n")
    call_command("import_coupons", series.programme.code, series.code, file, verbosity=0)
    assert "2 codes imported, 0 were there already, 1 repeated in the file" in capsys.readouterr().out
    file.write_text("AAA1\n%\n")
    with pytest.raises(CommandError, match=r"codes\.txt\.report\.csv"):
        call_command("import_coupons", series.programme.code, series.code, file, verbosity=0)
    report = (tmp_path / "codes.txt.report.csv").read_text().splitlines()
    assert report == ["line,problem,text", "1,present,AAA1", "2,malformed,%"]


@pytest.mark.parametrize("command", ["generate_coupons", "import_coupons"])
def test_the_commands_name_what_is_not_there(command: str, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="no such series"):
        call_command(command, "nowhere", "nothing", "1")
    series = make_series(mass_code="ALL")
    with pytest.raises(CommandError):
        call_command(
            command, series.programme.code, series.code, "1" if "generate" in command else tmp_path / "x"
        )
