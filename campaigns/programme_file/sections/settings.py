"""The programme's own settings."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from campaigns.programme_file.columns import Columns, change
from campaigns.programme_file.document import Change, Document, Moment, Section, Step
from campaigns.programme_file.problems import FileProblem, steps_of
from loyalty import currencies, wording
from loyalty.models import Programme
from loyalty.rules import expiry, spending
from loyalty.rules.document import DocumentError

COLUMNS = Columns(
    Programme,
    "name", "active", "currency", "country", "time_zone", "point_value", "point_decimals", "rounding", "earn_on",
    "activation_days", "expiry", "inactivity_days", "spending", "confirm_above", "confirm_whom",
    "return_days", "grace_days", "debt_policy", "hold_minutes", "birthday_days", "leaving_days",
    "transfers", "transfer_least", "transfer_most", "transfer_most_day", "transfer_most_month",
    "transfer_fee_percent", "transfer_fee_points",
)  # fmt: skip
#: What is chosen once, because points and receipts rely on it.
FIXED = ("currency", "point_decimals")


class Settings(Section):
    """``programme``: its code and its terms."""

    name = "programme"
    comment = "What a point is worth, how long it lives, how it is spent and returned."

    def schema(self) -> Document:
        """Every field but the code may be left out."""
        code = {"type": "string", "pattern": r"^[-a-zA-Z0-9_]+$", "maxLength": 32}
        documents = {
            "expiry": {"anyOf": [expiry.SCHEMA, {"type": "null"}]},
            "spending": spending.RULES_SCHEMA,
        }
        properties = {"code": code} | COLUMNS.schema() | documents
        return {
            "type": "object",
            "properties": properties,
            "required": ["code"],
            "additionalProperties": False,
        }

    def read(self, programme: Programme, document: Document) -> Document:
        """The settings as they are."""
        return {"code": programme.code} | COLUMNS.write(programme)

    def fill(self, step: Step) -> Document:
        """What the file says over what is there."""
        said = step.said[self.name]
        return {"code": said["code"]} | COLUMNS.fill(said, step.was(self.name))

    def check(self, step: Step) -> Iterator[FileProblem]:
        """Fields the model refuses, what is fixed, and the two documents inside."""
        entry, before = step.after[self.name], step.was(self.name)
        wrong = {name: message for name, message in COLUMNS.check(entry, step.is_new)}
        if before is None and "currency" not in wrong:
            try:
                currencies.read(entry["currency"])
            except ValidationError as error:
                wrong["currency"] = " ".join(error.messages)
        if before is not None:
            fixed = _("is fixed once the programme is there (%(value)s); make a new programme instead")
            wrong |= {
                name: fixed % {"value": before[name]}
                for name in FIXED
                if entry[name] != before[name] and name not in wrong
            }
        yield from (FileProblem((self.name, name), message) for name, message in wrong.items())
        if not any(name in wrong for name in COLUMNS.names if name.startswith("transfer")):
            yield from self._check_room(entry)
        if not {"point_value", "point_decimals"} & set(wrong):
            yield from self._check_documents(entry)

    def _check_room(self, entry: Document) -> Iterator[FileProblem]:
        """A limit of what members send each other that lies below the least."""
        for name in ("transfer_most", "transfer_most_day", "transfer_most_month"):
            if entry[name] is not None and Decimal(entry[name]) < Decimal(entry["transfer_least"]):
                yield FileProblem(
                    (self.name, name), _("lies below transfer_least: nobody could send anything")
                )

    def _check_documents(self, entry: Document) -> Iterator[FileProblem]:
        terms = {name: entry[name] for name in ("point_value", "point_decimals")}
        if not isinstance(entry["spending"], dict):
            yield FileProblem((self.name, "spending"), _("must be an object; write {} for no rules"))
            return
        for parse, document in (
            (expiry.parse, entry["expiry"]),
            (spending.parse_rules, entry["spending"] | terms),
        ):
            try:
                parse(document or None)  # type: ignore[operator]
            except DocumentError as error:
                yield FileProblem((self.name, *steps_of(error.field)), error.problem)

    def tell(self, before: Any, after: Any) -> Iterator[Change]:
        """The fields that change, with the two documents in words."""
        subject = _("Programme “%(name)s”") % {"name": after["name"]}
        if before is None:
            yield Change(self.name, "added", subject, tuple(_tell_new(after)))
        elif lines := tuple(_compare(before, after)):
            yield Change(self.name, "changed", subject, lines)

    def write(self, programme: Programme, before: Any, after: Any, moment: Moment) -> None:
        """Save the row; a new one is saved before everything else is."""
        if before != after:
            COLUMNS.put(programme, after)
            if before is None:
                programme.currency = currencies.read(programme.currency)
            programme.save()


def _compare(before: Document, after: Document) -> Iterator[str]:
    told = {"expiry": wording.describe_expiry, "spending": wording.describe_spending}
    for column in COLUMNS.all:
        old, new = before[column.name], after[column.name]
        if old != new:
            say = told.get(column.name, column.say)
            yield change(column.label, say(old), say(new))  # type: ignore[operator]


def _tell_new(entry: Document) -> Iterator[str]:
    yield _("a point is worth %(value)s %(currency)s") % {
        "value": entry["point_value"],
        "currency": entry["currency"],
    }
    yield _("points expire: %(when)s") % {"when": wording.describe_expiry(entry["expiry"])}
    yield _("points are spent: %(how)s") % {"how": wording.describe_spending(entry["spending"])}
