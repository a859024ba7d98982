"""The sections of the document in their order, and its JSON Schema."""

from __future__ import annotations

from campaigns.engine.schema import SCHEMA as DEFINITION_SCHEMA
from campaigns.programme_file.document import VERSION, Document, Section
from campaigns.programme_file.sections.coupons import CouponSeries
from campaigns.programme_file.sections.goods import ProductSets
from campaigns.programme_file.sections.mechanics import DEFINITION, Campaigns
from campaigns.programme_file.sections.payers import Payers
from campaigns.programme_file.sections.settings import Settings
from campaigns.programme_file.sections.shops import CardTypes, Partners
from campaigns.programme_file.sections.templates import Templates
from campaigns.programme_file.sections.tiers import Ladders, Tiers

SETTINGS, LADDER, TIERS = Settings(), Ladders(), Tiers()
CARD_TYPES, PARTNERS, PAYERS, PRODUCT_SETS = CardTypes(), Partners(), Payers(), ProductSets()
SERIES, CAMPAIGNS, TEMPLATES = CouponSeries(), Campaigns(), Templates()

#: As they stand in the file.
IN_FILE: tuple[Section, ...] = (
    SETTINGS, LADDER, TIERS, CARD_TYPES, PARTNERS, PAYERS, PRODUCT_SETS, SERIES, CAMPAIGNS, TEMPLATES,
)  # fmt: skip
#: As they are read and written: what is pointed at by others comes after them when read, before them when written.
TO_READ: tuple[Section, ...] = (
    SETTINGS, LADDER, TIERS, PARTNERS, PAYERS, SERIES, CAMPAIGNS, TEMPLATES, CARD_TYPES, PRODUCT_SETS,
)  # fmt: skip
TO_WRITE: tuple[Section, ...] = (
    SETTINGS, CARD_TYPES, PRODUCT_SETS, PARTNERS, PAYERS, LADDER, TIERS, SERIES, CAMPAIGNS, TEMPLATES,
)  # fmt: skip
#: Things of the whole house that the programme only speaks of.
SHARED = (CARD_TYPES, PRODUCT_SETS)


def schema(complete: bool = True) -> Document:
    """The JSON Schema of the document; ``complete`` with what a definition may hold."""
    properties: Document = {"version": {"const": VERSION}}
    properties |= {section.name: section.schema() for section in IN_FILE}
    document: Document = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "a programme of Regulars",
        "type": "object",
        "properties": properties,
        "required": ["version", SETTINGS.name],
        "additionalProperties": False,
    }
    return _complete(document) if complete else document


def _complete(value: object) -> Document:
    """A copy in which every definition has its own schema."""
    if value is DEFINITION or value == DEFINITION:
        return {name: part for name, part in DEFINITION_SCHEMA.items() if name != "$schema"}
    if isinstance(value, dict):
        return {name: _complete(part) for name, part in value.items()}
    return [_complete(part) for part in value] if isinstance(value, list) else value  # type: ignore[return-value]
