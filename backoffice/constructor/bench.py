"""The bench on which a campaign is put together: what one request sent, and everything its page shows."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _

from backoffice.constructor import basket, edits, forms, making, problems
from backoffice.constructor.fields import State, first
from backoffice.constructor.json_text import render as as_json
from backoffice.constructor.sheet import Sheet, lay_out
from backoffice.constructor.things import Need, needs_of
from backoffice.constructor.widgets import Look, id_of
from campaigns.desk import sample as samples
from campaigns.desk import suggestion, warnings
from campaigns.desk.names import Names
from campaigns.desk.sample import Sample, Told
from campaigns.engine.definition import DefinitionError, parse
from campaigns.models import Campaign
from campaigns.words import sentence
from campaigns.words.shape import readable

#: Where the session keeps the sample basket.
SESSION = "constructor_samples"
#: Of how many campaigns it keeps one.
KEPT = 6
#: What a campaign begins with when nothing else is chosen.
BLANK: Mapping[str, Any] = {
    "whom": {"who": "members"},
    "what_for": {"of": "receipt"},
    "what": [{"effect": "points_percent", "percent": "5"}],
}


@dataclass
class Bench:
    """A campaign, stored or not, with the document that is being written and the sample it is tried on."""

    campaign: Campaign
    document: dict[str, Any]
    sample: Sample
    now: datetime
    #: The text of the document while it is edited as JSON; None otherwise.
    text: str | None = None
    text_error: str = ""
    place: str = ""
    editable: bool = True
    makes: frozenset[str] = frozenset()
    names: Names = field(init=False)

    def __post_init__(self) -> None:
        self.names = Names(self.campaign.programme)
        self.names.learn_all(self.document)

    # What the templates ask for

    @property
    def focus_id(self) -> str:
        """The id of the row that a button has just added."""
        return id_of(self.place) if self.place else ""

    def problems(self) -> dict[str, list[str]]:
        """What is wrong with the document, by place."""
        return problems.find(self.document, self.names)

    def sheets(self) -> list[Sheet]:
        """The seven questions; none while the document is edited as JSON."""
        if self.text is not None:
            return []
        look = Look(self.names, self.campaign.programme.currency, self.problems(), self.makes)
        return lay_out(self.document, look)

    def sentences(self) -> list[str]:
        """What the document does, in words."""
        return sentence.describe(self.document, self.names, self.campaign.programme.currency)

    def needs(self) -> list[Need]:
        """The coupon series and the payer that it names, with the way to them."""
        return needs_of(self.document, self.names)

    def warnings(self) -> list[str]:
        """What is allowed and yet looks wrong."""
        return [found.text for found in warnings.check(self.document, self.campaign, self.now, self.names)]

    def told(self) -> Told | None:
        """What happens to the sample; None while the document is unfinished."""
        try:
            definition = parse(self.document)
        except DefinitionError:
            return None
        key = (self.campaign.pk or samples.UNSAVED, self.campaign.code or "this")
        name = self.campaign.name or _("This campaign")
        return samples.judge(self.sample, self.campaign.programme, definition, name, key, self.now)

    def knobs(self) -> dict[str, Any]:
        """The fields of the sample."""
        document = self.document if self.text is None else readable(self.document)
        return basket.show(self.sample, document, self.campaign.programme, self.names)

    # What a request does

    def take(self, state: State) -> None:
        """Take over what was sent: the document, or its JSON; the campaign's name; the sample; a button's order."""
        if "name" in state:
            self.campaign.name = first(state, "name")[:120]
        if "json" in state:
            self._take_json(first(state, "json"))
        else:
            self.document = forms.read(state)
        self._take_sample(state)
        self._obey(first(state, "op"))
        self.names.learn_all(self.document)

    def try_out(self, state: State) -> None:
        """Take over the sample alone, for those who look and change nothing."""
        self._take_sample(state)

    def _take_sample(self, state: State) -> None:
        order = first(state, "op")
        self.sample = basket.read(state, self.sample)
        if sku := first(state, "sample.add"):
            self.sample = basket.add(self.sample, sku)
        if order.startswith("sample-remove:") and order[14:].isdecimal():
            self.sample = basket.remove(self.sample, int(order[14:]))
        elif order == "suggest":
            self.sample = suggestion.suggest(self.document, self.campaign.programme, self.now)

    def _take_json(self, text: str) -> None:
        self.text = text
        try:
            document = json.loads(text)
        except json.JSONDecodeError as error:
            self.text_error = _("This is not JSON: look at line {line}, character {column}.").format(
                line=error.lineno, column=error.colno
            )
            return
        except (ValueError, RecursionError):
            self.text_error = _("This is not JSON.")
            return
        if not isinstance(document, dict):
            self.text_error = _("Write an object: begin with { and end with }.")
            return
        self.document = document

    def _obey(self, order: str) -> None:
        if order == "json":
            self.text = as_json(self.document)
        elif order == "form":
            self.leave_json()
        elif self.text is None:
            self.document, self.place = edits.edit(self.document, order)

    def leave_json(self) -> None:
        """Show the document as a form again, if it can be shown so."""
        if self.text_error:
            return
        try:
            forms.write(self.document)
        except forms.Inexpressible:
            self.text = as_json(self.document)
            if not self.problems():
                self.text_error = _("The form cannot show this; it can be edited as JSON only.")
        else:
            self.text = None


def opened(document: Mapping[str, Any]) -> dict[str, Any]:
    """A stored document as the form shows it: who it is for is always said."""
    if not isinstance(document.get("whom", {}), Mapping):
        return dict(document)
    whom = dict(document.get("whom") or {})
    who = {"who": whom.get("who", "members" if whom else "everyone")}
    return {**document, "whom": who | whom}


def lay(campaign: Campaign, document: Mapping[str, Any], request: HttpRequest, now: datetime) -> Bench:
    """A bench with a document on it, and the session's sample for this campaign, or one that shows it at work.

    A new campaign is opened with a sample that fits; what is sent after that goes on with the session's.
    """
    kept = request.session.get(SESSION, {})
    try:
        if campaign.pk is None and request.method != "POST":
            raise KeyError
        found = basket.load(kept[_key(campaign)])
    except (KeyError, ValueError, TypeError, ArithmeticError, AttributeError):
        found = suggestion.suggest(document, campaign.programme, now)
    bench = Bench(campaign, opened(document), found, now, makes=making.allowed(request))
    try:
        forms.write(bench.document)
    except forms.Inexpressible:
        bench.text = as_json(document)
    return bench


def _key(campaign: Campaign) -> str:
    return str(campaign.pk or "new")


def keep(bench: Bench, request: HttpRequest) -> None:
    """Remember the sample for the session, with those of the last few campaigns."""
    key = _key(bench.campaign)
    others = {name: value for name, value in request.session.get(SESSION, {}).items() if name != key}
    last = dict(list(others.items())[-(KEPT - 1) :])
    request.session[SESSION] = {**last, key: basket.dump(bench.sample)}
