"""A campaign's document: the one way through its conditions, and its lists of names."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

import pytest

from campaigns.engine.document import GOODS, GROUPS, goods_of, group_of, leaves
from tests.campaigns.engine import prose
from tests.config.processes import ROOT

TIER, AGE, TEA = {"condition": "tier"}, {"condition": "age"}, {"condition": "contains", "products": ["tea"]}


@pytest.mark.parametrize(
    ("tree", "found"),
    [
        ({}, []),
        (TIER, [("tier", "if", True)]),
        ({"all": [TIER, AGE]}, [("tier", "if.all[0]", True), ("age", "if.all[1]", True)]),
        ({"none": [TIER]}, [("tier", "if.none[0]", False)]),
        ({"all": [{"none": [TIER, AGE]}, TEA]},
         [("tier", "if.all[0].none[0]", False), ("age", "if.all[0].none[1]", False), ("contains", "if.all[1]", True)]),
        ({"none": [{"any": [TIER]}]}, [("tier", "if.none[0].any[0]", False)]),
        ({"none": [{"none": [TIER]}, AGE]}, [("tier", "if.none[0].none[0]", True), ("age", "if.none[1]", False)]),
        ({"any": []}, []),
    ],
)  # fmt: skip
def test_every_condition_of_a_tree_is_found_with_its_place_and_whether_it_should_hold(
    tree: dict[str, Any], found: list[tuple[str, str, bool]]
) -> None:
    assert [(leaf.kind, leaf.path, leaf.wanted) for leaf in leaves(tree)] == found


def test_a_tree_knows_how_its_conditions_are_put_together_and_goods_come_kind_by_kind() -> None:
    trees: list[Any] = [{"any": []}, {"none": [TIER]}, TIER, {}]
    assert [group_of(tree) for tree in trees] == ["any", "none", "", ""]
    assert goods_of({"brands": ["b"], "products": ["p", "q"], "points": "5"}) == ["p", "q", "b"]


def test_the_kinds_of_goods_and_of_groups_are_written_once() -> None:
    """Who needs them takes them from ``document``; ``Goods`` itself is where the kinds come from."""
    lists = {frozenset(GOODS), frozenset(GROUPS)}
    places = {
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path, tree in prose.modules().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Tuple | ast.List | ast.Set) and frozenset(_texts(node)) in lists
    }
    assert {place.partition(":")[0] for place in places} == {"campaigns/engine/document.py"}


def _texts(node: ast.Tuple | ast.List | ast.Set) -> Iterator[str]:
    return (str(item.value) for item in node.elts if isinstance(item, ast.Constant))
