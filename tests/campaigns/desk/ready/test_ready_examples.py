"""Each ready mechanic by worked examples: sold, returned in part and as a whole, on real rows.

The tables are in ``tests/campaigns/desk/ready``: ``points.py``, ``offers.py``, and ``classics.py`` with the examples
that loyalty systems are sold with. They are to be read by whoever runs a shop: left what happens, right what stands
after it.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from campaigns.desk.ready.catalogue import MECHANICS
from tests.campaigns.desk.ready.classics import CLASSICS
from tests.campaigns.desk.ready.filling import ready
from tests.campaigns.desk.ready.offers import OFFERS
from tests.campaigns.desk.ready.points import POINTS
from tests.campaigns.desk.ready.stage import Stage, play
from tests.campaigns.desk.ready.story import Story

STORIES = (*POINTS, *OFFERS, *CLASSICS)


@pytest.mark.django_db
@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name)
def test_what_stands_after_each_step(story: Story, django_capture_on_commit_callbacks: Any) -> None:
    stage = Stage(django_capture_on_commit_callbacks, **story.setting)
    stage.launch(ready(story.key, story.answers, **story.changed), *story.beside)
    assert play(stage, story.rows) == [stands for _step, stands in story.rows]


def test_every_ready_mechanic_has_a_worked_example() -> None:
    assert {story.key for story in STORIES} == set(MECHANICS)


def test_no_two_examples_have_the_same_name() -> None:
    assert max(Counter(story.name for story in STORIES).values()) == 1


@pytest.mark.parametrize(
    "key", [key for key, one in MECHANICS.items() if one.definition["what_for"]["of"] != "event"]
)
def test_every_mechanic_of_purchases_is_followed_through_returns(key: str) -> None:
    steps = [
        step.__qualname__.partition(".")[0] for story in STORIES if story.key == key for step, _ in story.rows
    ]
    assert "buys" in steps
    assert "back" in steps
    assert steps[-1] in ("back", "everything_back")
