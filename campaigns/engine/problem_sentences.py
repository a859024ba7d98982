"""What is wrong with a definition, in English, by code: the wording of files, the API and commands.

``SENTENCES`` has one for every code of a :class:`~campaigns.engine.problem.Problem`, those of the terms of lots among
them; ``WANTED`` tells what a field wants, by the ``wanted`` of its schema. The constructor says the same to shop owners
in words of its own, by the same codes.
"""

from __future__ import annotations

from campaigns.engine.marks import gettext_noop
from loyalty.rules import sentences

_OF_SCHEMA = {
    "empty_list": "is empty; list at least one, or leave the field out",
    "too_many": "has {count} of them; give at most {most}",
    "twice": "names the same thing twice; keep one",
}

_WHOM_AND_WHAT_FOR = {
    "members_only": "only members have these; set whom.who to members, or leave it out",
    "takes_all_out": "takes out all that {place} lets in; leave one in",
    "chooses_lines": "chooses lines; set what_for.of to lines",
    "of_events": "is for campaigns that reward an event; set what_for.of to event",
    "of_dates": "is for {kinds}; leave it out",
    "of_dormant": "goes with the event {kind}: after so many days without a purchase",
    "missing_event": "is missing: name the event that is rewarded",
    "asks_event": "asks about an event, and this campaign is about receipts; leave it out",
    "asks_receipt": "speaks of a receipt, and an event has none; leave it out",
    "needs_receipt": "needs a receipt, and an event has none; use {effects}",
}

_WHEN = {
    "not_moment": "{value} is not a moment; write it like 2026-11-21T00:00:00+03:00",
    "blank_moment": "{value} is not a moment; write it like 2026-11-21T00:00:00+03:00",
    "no_offset": "{value} has no offset from UTC; write it like {text}+03:00",
    "begins_at_end": "a window cannot begin at 24:00; begin at 00:00",
    "never_opens": "never opens: it ends when it begins, at {end}; move one of them",
    "ends_first": "is not after when.from, so the window never opens; move one of them",
    "no_such_weekday": "none of these days falls between when.from and when.until; add one",
}

_IF = {
    "second_counter": "a campaign keeps one counter of its own; make a second campaign",
    "category_alone": "goes with in: category; give both or neither",
    "not_known_yet": "is not known yet when {effect} is decided; leave it out, or make a second campaign",
    "no_amount": "has no amount; give {bounds} or both",
    "no_number": "has no number; give {bounds} or both",
    "below_not_above": "is not above at_least, so no receipt fits; move one of them",
    "most_below_least": "is below at_least, so nothing fits; move one of them",
    "sum_by_campaign": "purchases of at least a sum are counted by the campaign; set it to campaign",
    "period_by_campaign": "purchases of a period are counted by the campaign; set it to campaign",
}

_WHAT = {
    "gives_nothing": "the campaign gives nothing and says nothing; add an effect or a text to tell",
    "multiplier_alone": "a campaign that multiplies what others gave can do nothing else; make two campaigns",
    "one_only": "a campaign has one {kind}; make a second campaign",
    "given_twice": "gives the same thing twice; keep one",
    "exchange_alone": "what is asked for at the till stands alone; make a second campaign",
    "all_free": "is not below every, so all would be free; use discount_percent of 100",
    "exactly_one": "give exactly one of {names}",
    "slices_of_scope": "slices are cut from the amount they are paid on; set it to scope",
    "steps_descend": "is not above the step before; put the steps in ascending order",
    "slice_of_points": "a slice earns a percent of itself; give percent, or set mode to whole",
}

_REST = {
    "open_brace": "has a brace without its pair; use {known}, and {{{{ for a plain brace",
    "unknown_brace": "{{{name}}} is not known; use {known}",
    "limits_nothing": "limits nothing; give times, points or both",
    "receipt_earns_once": "a receipt earns once anyway; give points, or another period",
    "budget_without_discounts": "pays for discounts, and the campaign gives none; leave it out",
    "budget_without_points": "pays for points, and the campaign gives none; leave it out",
    "empty_budget": "is empty; give points, money or both, or leave it out",
    "missing_group": "is missing: say among which campaigns this one is chosen",
}

#: What the engine cannot know, for it is said of a definition in its programme; told in the reader's language.
OF_PROGRAMME = {
    "unknown_payer": gettext_noop(
        "There is no payer “{payer}” in this programme: choose one, or make it first."
    ),
    "never_spendable": gettext_noop(
        "Its points could never be spent: they expire on {day}, before they are active. Choose a later day."
    ),
}

SENTENCES: dict[str, str] = {
    **sentences.SENTENCES, **_OF_SCHEMA, **_WHOM_AND_WHAT_FOR, **_WHEN, **_IF, **_WHAT, **_REST, **OF_PROGRAMME,
}  # fmt: skip

WANTED: dict[str, str] = {
    **sentences.WANTED,
    "percent": "a percent above 0 and at most 100",
    "points": "a number of points above 0",
    "money": "an amount above 0",
    "amount": "an amount, zero or more, at most 4 decimal places",
    "factor": "a factor above 1 and at most 100",
    "pieces": "a number of pieces above 0",
    "days": "a number of days, 0 to 3660",
    "offset": "a number of days, -180 to 180",
    "days_from_1": "1 to 3660 days",
    "years": "an age in years, 0 to 150",
    "count": "a whole number, 0 or more",
    "whole_from_1": "a whole number from 1",
    "whole_from_2": "a whole number from 2",
    "clock": "a time of day, like 13:00 (24:00 is the end of the day)",
    "number": "a number, at most 4 decimal places",
    "code": "a code",
    "moment": "a moment with its offset from UTC, like 2026-11-21T00:00:00+03:00",
    "event": "the name of an event, like review.left or member.registered",
    "yes_or_no": "true or false",
    "period": 'a period: day, week, month, year, ever, or {{"days": 30}}',
    "text": "a text",
    "texts": "a list of texts",
    "effects": "a list of effects",
    "definition": "the definition of a campaign, an object {{…}}",
    # of a schema that does not say what it wants
    "object": "an object {{…}}",
    "list_to": "a list of at most {most}",
    "list_within": "a list of at least {least} of at most {most}",
    "text_within": "a text of at least {least} of at most {most}",
    "text_or_null": "string or null of at least {least} of at most {most}",
    "something": "something else",
}
