"""What is tried: campaigns frozen as they stood when the backtest was asked for, and the rules made of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import lru_cache
from typing import Any

from django.db.models import Max

from campaigns import funding
from campaigns.engine.definition import Definition, DefinitionError, parse
from campaigns.engine.rulebook import Revision as EngineRevision
from campaigns.engine.rulebook import Rulebook as EngineRulebook
from campaigns.engine.rulebook import Terms
from campaigns.engine.vocabulary import EFFECTS
from campaigns.models import Campaign, Revision, Rulebook

#: Effects that take money off, so that others reckon with less.
_CHEAPER = {name for name, word in EFFECTS.items() if "money" in word.brings}
_TERMS = frozenset(field.name for field in fields(Terms))


@dataclass(frozen=True, slots=True)
class Trial:
    """The campaigns that are tried, by their ids, and whether the past is told without them or as it was."""

    revisions: Mapping[int, EngineRevision]
    without: bool = False


def freeze(campaigns: Iterable[Campaign], *, keep_dates: bool = False) -> list[dict[str, Any]]:
    """Campaigns as a backtest keeps them: their drafts as they stand now.

    Without ``keep_dates`` a campaign is tried on the whole period, whatever dates it names. Raises
    ``DefinitionError`` for a draft that is broken, or whose payer the programme does not have.
    """
    frozen = []
    for campaign in campaigns:
        document = dict(parse(campaign.draft).document)
        if (unknown := funding.problem(document, campaign.programme)) is not None:
            raise DefinitionError([unknown])
        if not keep_dates and "when" in document:
            document["when"] = {k: v for k, v in document["when"].items() if k not in ("from", "until")}
        newest = campaign.revisions.aggregate(number=Max("number"))["number"] or 0
        frozen.append(
            {
                "campaign": campaign.pk,
                "code": campaign.code,
                "name": campaign.name,
                "revision": newest + 1,
                "definition": document,
            }
        )
    return frozen


def thaw(frozen: Sequence[Mapping[str, Any]], *, without: bool = False) -> Trial:
    """The trial of campaigns as ``freeze`` gave them."""
    return Trial(
        {
            one["campaign"]: EngineRevision(
                one["campaign"], one["code"], one["name"], one["revision"], Definition(one["definition"])
            )
            for one in frozen
        },
        without,
    )


class Books:
    """The rulebooks of the past, as they were and as they would have been. Kept once built."""

    def __init__(self, trial: Trial) -> None:
        self._trial = trial
        self._tried = tuple(trial.revisions.values())
        self._revisions: dict[int, EngineRevision] = {}
        self._made: dict[Any, EngineRulebook] = {}
        self.happened = lru_cache(maxsize=500)(self._read)
        self.tried = lru_cache(maxsize=500)(self._add)
        self.without = lru_cache(maxsize=500)(self._take)

    def terms(self, rulebook_id: int) -> Terms:
        """The programme's terms in a rulebook."""
        return self.happened(rulebook_id).terms

    def had_tried(self, rulebook_id: int) -> bool:
        """Whether a tried campaign was really in force."""
        return any(one.campaign_id in self._trial.revisions for one in self.happened(rulebook_id).campaigns)

    def _read(self, rulebook_id: int) -> EngineRulebook:
        row = Rulebook.objects.get(id=rulebook_id)
        missing = set(row.revisions) - set(self._revisions)
        for found in Revision.objects.filter(id__in=missing).select_related("campaign"):
            self._revisions[found.pk] = EngineRevision(
                found.campaign_id, found.campaign.code, found.name, found.number, parse(found.definition)
            )
        terms = {name: value for name, value in row.terms.items() if name in _TERMS}
        revisions = tuple(self._revisions[one] for one in row.revisions)
        return self._make(("as it was", repr(terms), tuple(row.revisions)), Terms(**terms), revisions)

    def _add(self, rulebook_id: int) -> EngineRulebook:
        """The tried campaigns beside the others; each takes the place of what was in force of itself."""
        book = self._take(rulebook_id)
        return self._make(("tried", id(book)), book.terms, (*book.campaigns, *self._tried))

    def _take(self, rulebook_id: int) -> EngineRulebook:
        book = self.happened(rulebook_id)
        rest = tuple(one for one in book.campaigns if one.campaign_id not in self._trial.revisions)
        return self._make(("without", id(book)), book.terms, rest)

    def _make(self, key: Any, terms: Terms, campaigns: tuple[EngineRevision, ...]) -> EngineRulebook:
        """Books of the same content are compiled once."""
        if key not in self._made:
            self._made[key] = EngineRulebook(terms, campaigns)
        return self._made[key]


def is_common(document: Mapping[str, Any]) -> bool:
    """Whether a campaign has a limit or a budget that all members use up together."""
    judge = document.get("judge", {})
    limits = judge.get("limits", ())
    return "budget" in judge or any(limit.get("per", "member") != "member" for limit in limits)


def needs_one_order(trial: Trial, others: Iterable[EngineRevision]) -> bool:
    """Whether it matters in which order members came: receipts are then judged one after the other.

    It does where a tried campaign has a common limit or budget; and where a live one has, if a tried one
    can change what it gives: by a common group, by making things cheaper, or by giving what it multiplies.
    """
    tried = [one.definition.document for one in trial.revisions.values()]
    if any(is_common(document) for document in tried):
        return True
    groups = {document.get("stacking", {}).get("group") for document in tried} - {None}
    cheaper = any(effect["effect"] in _CHEAPER for document in tried for effect in document.get("what", ()))
    for other in others:
        document = other.definition.document
        if is_common(document) and other.campaign_id not in trial.revisions:
            boosts = any(effect["effect"] == "multiplier" for effect in document.get("what", ()))
            if cheaper or boosts or document.get("stacking", {}).get("group") in groups:
                return True
    return False
