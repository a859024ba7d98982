"""Draws the house into the README, from the contracts in pyproject.toml: ``python docs/house.py``.

What stands higher may import what stands lower, never the other way. The first sentence of each package's docstring
says who lives there.
"""

from __future__ import annotations

import ast
import sys
import textwrap
import tomllib
from itertools import zip_longest
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
BEGIN, END = "<!-- house: made by docs/house.py -->\n", "<!-- /house -->\n"
#: Floors that say nothing to a newcomer.
UNTOLD = {"admin", "apps", "audit_statements", "management", "migrations", "tasks"}
WIDTH, INDENT = 100, 14


def read_contracts() -> list[dict[str, Any]]:
    """The contracts on floors: the one between the wings first, then those inside them."""
    document = tomllib.loads((ROOT / "pyproject.toml").read_text())
    contracts = document["tool"]["importlinter"]["contracts"]
    return [contract for contract in contracts if contract["type"] == "layers"]


def describe(package: str) -> str:
    """The first sentence of a package's docstring."""
    folder = ROOT / package.replace(".", "/")
    file = folder / "__init__.py" if folder.is_dir() else folder.with_suffix(".py")
    said = ast.get_docstring(ast.parse(file.read_text())) or ""
    return " ".join(said.partition("\n\n")[0].split()).partition(". ")[0].rstrip(".")


def rooms(floor: str) -> list[str]:
    """The names on one floor."""
    return [name.strip() for name in floor.split("|")]


def draw() -> str:
    """The whole picture."""
    between, *inside = read_contracts()
    floors = {str(one["containers"][0]): one["layers"] for one in inside}
    lines = ["```"]
    for floor in between["layers"]:
        for wing in rooms(floor):
            said = textwrap.wrap(describe(wing), WIDTH - INDENT)
            lines += [
                f"{name:<{INDENT}}{part}" for name, part in zip_longest([f"{wing}/"], said, fillvalue="")
            ]
            for inner in floors.get(wing, ()):
                told = [name for name in rooms(inner) if name not in UNTOLD]
                if told:
                    lines.append(f"{'':<{INDENT}}  {' · '.join(told)}")
    return "\n".join([*lines, "```"]) + "\n"


def main() -> int:
    """Write the picture between its marks; with ``--check`` only say whether it is the newest."""
    readme = ROOT / "README.md"
    text = readme.read_text()
    head, _, rest = text.partition(BEGIN)
    _, _, tail = rest.partition(END)
    fresh = head + BEGIN + draw() + END + tail
    if "--check" in sys.argv:
        return int(fresh != text)
    readme.write_text(fresh)
    return 0


if __name__ == "__main__":
    sys.exit(main())
