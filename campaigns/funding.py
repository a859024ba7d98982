"""Who pays for what a campaign gives, as its definition says it: by the code of a payer of the programme.

The engine takes any text for it, and revisions from before there were payers hold spellings that people typed.
``loyalty.shops.payers`` knows both; what it does not know is refused wherever a definition would come into force.
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from typing import Any

from django.db.models import F, Q, QuerySet, TextField, Value
from django.db.models.fields.json import KT
from django.db.models.functions import Coalesce

from campaigns.engine.problem import Problem
from campaigns.models import Campaign, Revision
from loyalty.models import Payer, Programme
from loyalty.shops import payers

#: Where a definition names its payer.
PLACE = "lots.funder"


def named(document: Mapping[str, Any]) -> str:
    """What a definition calls its payer; empty where the house pays, or where it is no text."""
    lots = document.get("lots")
    text = lots.get("funder") if isinstance(lots, Mapping) else None
    return text if isinstance(text, str) else ""


def problem(document: Mapping[str, Any], programme: Programme) -> Problem | None:
    """What is wrong with the payer of a definition; asks the database only where one is named."""
    text = named(document)
    return unknown(text, payers.directory(programme.pk).by_text) if text else None


def unknown(text: str, known: Container[str]) -> Problem | None:
    """That nobody among the ``known`` is called so."""
    return None if not text or text in known else Problem(PLACE, "unknown_payer", {"payer": text})


def campaigns_of(payer: Payer) -> QuerySet[Campaign]:
    """Campaigns whose draft or newest revision has this payer; of the house, all that name nobody, too."""
    texts = list(payers.directory(payer.programme_id).texts(payer))
    if payer.kind == Payer.Kind.HOUSE:
        texts.append("")  # nobody is named
    newest = Revision.objects.filter(campaign__programme=payer.programme_id).order_by(
        "campaign_id", "-number"
    )
    latest = Revision.objects.filter(pk__in=newest.distinct("campaign_id").values("pk"))
    published = latest.annotate(funder=_told("definition")).filter(funder__in=texts).values("campaign_id")
    found = Campaign.objects.filter(programme=payer.programme_id).annotate(funder=_told("draft"))
    found = found.filter(Q(funder__in=texts) | Q(pk__in=published))
    return found.order_by(F("archived_at").asc(nulls_first=True), "name")


def _told(field: str) -> Coalesce:
    """Whom the definition in a field names; empty for nobody."""
    return Coalesce(KT(f"{field}__lots__funder"), Value(""), output_field=TextField())
