"""Questionnaires for tests: a short way of writing one, and one of every kind of question."""

from __future__ import annotations

from typing import Any

from campaigns.models import Questionnaire
from campaigns.questionnaires import states
from loyalty.models import Programme
from tests.factories import START


def question(key: str, kind: str = "text", text: str = "", *options: str, **more: Any) -> dict[str, Any]:
    """A question of a document; options are texts, whose keys are the texts in small letters."""
    told: dict[str, Any] = {"key": key, "kind": kind, "text": text or f"Which {key}?", **more}
    if options:
        told["options"] = [{"key": option.lower(), "text": option} for option in options]
    return told


EVERY_KIND = (
    question("pet", "one", "Which pet lives with you?", "Dog", "Cat", "None", required=True, attribute="pet"),
    question("breed", "text", "Which breed?", after="pet", answers=["dog"], required=True, attribute="breed"),
    question("likes", "many", "What do you like?", "Coffee", "Tea", "Cake", attribute="likes"),
    question("mood", "scale", "How was it?", least="1", most="5", required=True, attribute="mood"),
    question("wedding", "date", "When is your wedding day?", attribute="wedding"),
    question("kids", "number", "How many children?", least="0", most="20", attribute="kids"),
    question("photo", "photo", "Show us your pet"),
)


def opened(
    programme: Programme, *questions: dict[str, Any], code: str = "pets", **fields: Any
) -> Questionnaire:
    """An open questionnaire; with one required text where no questions are given."""
    asked = list(questions) or [question("name", required=True)]
    row = Questionnaire.objects.create(
        programme=programme,
        code=code,
        **{"name": "Your pets", "draft": {"version": 1, "questions": asked}, **fields},
    )
    states.publish(row.pk, START)
    row.refresh_from_db()
    return row


def bonus(event: str = "questionnaire.finished", points: str = "50", **where: Any) -> dict[str, Any]:
    """The definition of a campaign that gives points for finishing."""
    return {
        "whom": {"who": "members"},
        "what_for": {"of": "event", "event": event},
        "what": [{"effect": "points_fixed", "points": points}],
        **where,
    }
