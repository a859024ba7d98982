"""The ladder: how members go up and down, and the tiers they go up and down on."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Max
from django.utils.translation import gettext as _

from campaigns.programme_file.columns import Columns
from campaigns.programme_file.document import Change, Document, Moment, Section, Step, same_keys
from campaigns.programme_file.problems import FileProblem
from loyalty.models import Ladder, Programme, Tier
from loyalty.tiers import ladders

RULES = Columns(
    Ladder,
    "basis", "window", "span_amount", "span_unit", "down", "idle_days", "below", "term", "fall", "grace_days",
    "down_from",
)  # fmt: skip
TIERS = Columns(Tier, "name", "threshold", "benefits")


class Ladders(Section):
    """``ladder``: what counts, and when members go down. A programme that never said has the usual one."""

    name = "ladder"
    comment = "What brings members up the tiers, and what brings them down."

    def schema(self) -> Document:
        """Every field may be left out."""
        return {"type": "object", "properties": RULES.schema(), "additionalProperties": False}

    def read(self, programme: Programme, document: Document) -> Document:
        """The rules as they are."""
        return RULES.write(Ladder.objects.filter(programme=programme).first() or Ladder())

    def fill(self, step: Step) -> Document:
        """What the file says over what is there."""
        return RULES.fill(step.said.get(self.name, {}), step.was(self.name))

    def check(self, step: Step) -> Iterator[FileProblem]:
        """Fields the model refuses, and rules that cannot be counted."""
        entry = step.after[self.name]
        wrong = list(RULES.check(entry, new=True))
        yield from (FileProblem((self.name, name), message) for name, message in wrong)
        if wrong:
            return
        ladder = Ladder()
        RULES.put(ladder, entry)
        try:
            ladder.clean()
        except ValidationError as error:
            for name, messages in error.message_dict.items():
                yield FileProblem((self.name, name), " ".join(messages))

    def tell(self, before: Any, after: Any) -> Iterator[Change]:
        """The rules that change."""
        lines = tuple(RULES.differences(before or RULES.write(Ladder()), after))
        if lines:
            yield Change(self.name, "changed", _("Ladder of tiers"), lines)

    def write(self, programme: Programme, before: Any, after: Any, moment: Moment) -> None:
        """Save the rules and have members counted anew."""
        if before != after and (before is not None or after != RULES.write(Ladder())):
            ladder = Ladder.objects.filter(programme=programme).first() or Ladder(programme=programme)
            RULES.put(ladder, after)
            ladder.save()
            ladders.note_change(programme, moment.at)


class Tiers(Section):
    """``tiers``: the steps of the ladder by their codes, the lowest first."""

    name = "tiers"
    comment = "The steps of the ladder, the lowest first."

    def schema(self) -> Document:
        """Entries by code."""
        entry = {"type": "object", "properties": TIERS.schema(), "additionalProperties": False}
        names = {"pattern": r"^[-a-zA-Z0-9_]{1,32}$"}
        return {"type": "object", "propertyNames": names, "additionalProperties": entry}

    def read(self, programme: Programme, document: Document) -> Document:
        """The tiers as they are."""
        rows = Tier.objects.filter(programme=programme).order_by("threshold", "code")
        return {tier.code: TIERS.write(tier) for tier in rows}

    def fill(self, step: Step) -> Document:
        """What the file says over what is there."""
        said, before = step.said.get(self.name), step.was(self.name) or {}
        if said is None:
            return before
        filled = {code: TIERS.fill(entry, before.get(code)) for code, entry in said.items()}
        kept = {} if step.prune else before
        return dict(sorted((kept | filled).items(), key=_height))

    def check(self, step: Step) -> Iterator[FileProblem]:
        """Fields the model refuses, and two tiers reached at once."""
        before, reached = step.was(self.name) or {}, dict[str, str]()
        for code, entry in step.after[self.name].items():
            for name, message in TIERS.check(entry, code not in before):
                yield FileProblem((self.name, code, name), message)
            other = reached.setdefault(entry["threshold"], code)
            if other != code:
                message = _("“%(other)s” is reached at %(threshold)s too; give another number")
                told = message % {"other": other, "threshold": entry["threshold"]}
                yield FileProblem((self.name, code, "threshold"), told)

    def tell(self, before: Any, after: Any) -> Iterator[Change]:
        """Tiers that come, change and go."""
        before = before or {}
        for code in same_keys(before, after):
            entry = after.get(code) or before[code]
            subject = _("Tier “%(name)s”") % {"name": entry["name"]}
            if code not in before:
                reached = _("reached at %(threshold)s") % {"threshold": entry["threshold"]}
                yield Change(self.name, "added", subject, (reached,))
            elif code not in after:
                yield Change(self.name, "removed", subject)
            elif lines := tuple(TIERS.differences(before[code], entry)):
                yield Change(self.name, "changed", subject, lines)

    def write(self, programme: Programme, before: Any, after: Any, moment: Moment) -> None:
        """Save the tiers and have members counted anew."""
        before = before or {}
        if before == after:
            return
        rows = {tier.code: tier for tier in Tier.objects.select_for_update().filter(programme=programme)}
        Tier.objects.filter(programme=programme, code__in=set(before) - set(after)).delete()
        changed = [code for code in after if before.get(code) != after[code]]
        self._make_room(programme, [rows[code] for code in changed if code in rows])
        for code in changed:
            tier = rows.get(code) or Tier(programme=programme, code=code)
            TIERS.put(tier, after[code])
            tier.save()
        ladders.note_change(programme, moment.at)

    def _make_room(self, programme: Programme, moving: list[Tier]) -> None:
        """Put tiers above all others, so that two of them may change places."""
        top = Tier.objects.filter(programme=programme).aggregate(top=Max("threshold"))["top"] or Decimal(0)
        for step, tier in enumerate(moving, start=1):
            Tier.objects.filter(pk=tier.pk).update(threshold=top + step)


def _height(item: tuple[str, Document]) -> tuple[Decimal, str]:
    try:
        return Decimal(str(item[1]["threshold"])), item[0]
    except ArithmeticError:
        return Decimal(0), item[0]


def settle(step: Step, today: str) -> None:
    """A rule for going down that is changed and names no day applies from today on, as everywhere."""
    ladder = step.after[Ladders.name]
    changed = any(step.was(name) != step.after[name] for name in (Ladders.name, Tiers.name))
    if changed and ladder["down"] != Ladder.Down.NEVER and ladder["down_from"] is None:
        ladder["down_from"] = today
