"""What is said of the house is true of it: the picture, the words, the folders."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from campaigns.engine import outcome
from tests.config.processes import ROOT

WINGS = (
    "campaigns",
    "loyalty",
    "rewards",
    "members",
    "backoffice",
    "analytics",
    "messaging",
    "pos",
    "cabinet",
    "foundation",
)
PACKAGES = sorted(
    init.parent
    for wing in WINGS
    for init in (ROOT / wing).rglob("__init__.py")
    if not {"migrations", "management", "commands", "templatetags"} & set(init.parts)
)


def test_the_picture_in_the_readme_is_drawn_from_the_contracts() -> None:
    drawn = subprocess.run([sys.executable, "docs/house.py", "--check"], cwd=ROOT, check=False)
    assert drawn.returncode == 0, "python docs/house.py"


def test_every_word_is_where_the_glossary_says() -> None:
    places = re.findall(r"`([a-z_]+/[a-z_/]*(?:\.py)?)`", (ROOT / "docs/words.md").read_text())
    assert len(places) > 50
    assert [place for place in places if not (ROOT / place).exists()] == []


def test_the_tests_that_hold_twins_together_are_there() -> None:
    named = re.findall(r"`(tests/[a-z_/]+\.py)`", (ROOT / "docs/algorithms/twins.md").read_text())
    assert len(named) > 8
    assert [test for test in named if not (ROOT / test).exists()] == []


def test_a_term_stands_once_in_the_glossary() -> None:
    terms = re.findall(r"^\| ([a-z][a-z ,]*) \| [A-Z]", (ROOT / "docs/words.md").read_text(), re.MULTILINE)
    assert len(terms) > 40
    assert sorted(set(terms)) == sorted(terms)


@pytest.mark.parametrize("package", PACKAGES, ids=lambda folder: str(folder.relative_to(ROOT)))
def test_each_folder_says_who_lives_there(package: Path) -> None:
    said = (package / "__init__.py").read_text().strip()
    assert said.startswith('"""'), f"{package} says nothing"


def test_every_page_of_the_documentation_is_in_its_index() -> None:
    index = (ROOT / "docs/README.md").read_text()
    pages = [
        page.relative_to(ROOT / "docs") for page in (ROOT / "docs").rglob("*.md") if page.parent.name != "adr"
    ]
    assert [str(page) for page in pages if page.name != "README.md" and f"({page})" not in index] == []


def test_the_guide_to_the_engine_names_its_edition() -> None:
    guide = (ROOT / "docs/algorithms/engine.md").read_text()
    assert f"This is edition {outcome.EDITION} of the engine." in guide
