"""``export_programme`` and ``import_programme`` on the command line."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from jsonschema import Draft202012Validator

from campaigns.programme_file import notation, snapshot
from loyalty.models import Programme
from tests.factories import ProgrammeFactory, TierFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def programme() -> Programme:
    programme = ProgrammeFactory(code="main", name="Main")
    TierFactory(programme=programme, code="gold", name="Gold", threshold=1000)
    return programme


def run(*words: str) -> str:
    out = StringIO()
    call_command(*words, stdout=out)
    return out.getvalue()


def test_the_only_programme_is_written_without_being_named(programme: Programme, tmp_path: Path) -> None:
    file = tmp_path / "main.yaml"

    assert run("export_programme") == snapshot.export(programme)
    assert run("export_programme", "main", "-o", str(file)) == ""
    assert file.read_text() == snapshot.export(programme)


def test_one_of_several_must_be_named(programme: Programme) -> None:
    ProgrammeFactory(code="other")

    with pytest.raises(CommandError, match=r"Say which programme; there are: main, other."):
        run("export_programme")
    with pytest.raises(CommandError, match=r"There is no programme “none”; there are: main, other."):
        run("export_programme", "none")


def test_the_schema_accepts_an_export_and_knows_definitions(programme: Programme) -> None:
    schema = json.loads(run("export_programme", "--schema"))

    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    document = notation.read(snapshot.export(programme)).value
    assert list(validator.iter_errors(document)) == []
    document["campaigns"]["c"] = {"name": "C", "definition": {"what": [{"effect": "magic"}]}}
    assert [error.validator for error in validator.iter_errors(document)] == ["enum"]


def test_a_dry_run_tells_and_changes_nothing(programme: Programme, tmp_path: Path) -> None:
    file = tmp_path / "main.yaml"
    file.write_text(snapshot.export(programme).replace("name: Gold", "name: Golden") + "# a comment\n")

    told = run("import_programme", str(file), "--dry-run")

    assert told.splitlines() == [
        "~ Tier “Golden”: name: Gold → Golden",
        "This is what would change; nothing was changed.",
    ]
    assert programme.tiers.get().name == "Gold"

    assert run("import_programme", str(file)).splitlines() == [
        "~ Tier “Golden”: name: Gold → Golden",
        "Done: the programme “Main” is as the file says.",
    ]
    assert programme.tiers.get().name == "Golden"
    assert run("import_programme", str(file)) == (
        "The programme “Main” is as the file says; nothing changes.\n"
    )


def test_pruning_is_asked_for(programme: Programme, tmp_path: Path) -> None:
    file = tmp_path / "main.yaml"
    file.write_text("version: 1\nprogramme: {code: main}\ntiers: {}\n")

    run("import_programme", str(file))
    assert programme.tiers.exists()
    assert run("import_programme", str(file), "--prune").startswith("- Tier “Gold”\n")
    assert not programme.tiers.exists()


def test_every_problem_is_a_line_and_the_exit_code_says_so(
    programme: Programme, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "main.yaml"
    file.write_text("version: 1\nprogramme: {code: main, colour: red}\ntiers: {gold: {threshold: much}}\n")

    with pytest.raises(CommandError, match=r"Nothing was changed.") as error:
        run("import_programme", str(file))

    lines = capsys.readouterr().err.splitlines()
    assert error.value.returncode == 1
    assert lines[0].startswith("programme.colour (line 2): is not known here")
    assert lines[1:] == ["tiers.gold.threshold (line 3): 'much' will not do; write it like 12.50"]

    with pytest.raises(CommandError, match="cannot be read") as missing:
        run("import_programme", str(tmp_path / "none.yaml"))
    assert missing.value.returncode == 2
