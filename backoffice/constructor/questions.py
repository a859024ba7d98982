"""The seven questions of a campaign: the rows that each may have, and when they apply.

A row belongs to a part of the definition (``whom``), or to an object inside it (``whom.except``). What
lists (conditions, effects, limits) hold is in ``rows`` or in the row's own fields.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.utils.dates import MONTHS
from django.utils.translation import gettext_lazy as _

from backoffice.constructor.composite import Hours, Inside, Rows, SpanField, Tagged, Variant
from backoffice.constructor.fields import (
    Choice,
    Code,
    Day,
    Field,
    Number,
    Picks,
    Text,
    Weekdays,
    When,
    codes,
)
from backoffice.constructor.rows import NO_LIMIT, goods, money, whole

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

Document = Mapping[str, Any]


def always(_document: Document) -> bool:
    """A row that may always be asked."""
    return True


def of(*kinds: str) -> Callable[[Document], bool]:
    """A row for campaigns about receipts, lines or events."""
    return lambda document: document.get("what_for", {}).get("of", "receipt") in kinds


def event(*names: str) -> Callable[[Document], bool]:
    """A row for campaigns that reward certain events."""
    return lambda document: document.get("what_for", {}).get("event") in names


def members(document: Document) -> bool:
    """A row for campaigns that are not for everyone."""
    return document.get("whom", {}).get("who") != "everyone"


SALES = of("receipt", "lines")
#: In a blank row: the beginning of this day.
TODAY = "today"


@dataclass(frozen=True)
class Row:
    """A row of a question. ``fixed`` ones are always there; the others are offered under ``title``."""

    key: str
    part: str
    text: StrOrPromise
    fields: tuple[Field, ...]
    title: StrOrPromise = ""
    blank: Document = field(default_factory=dict)
    applies: Callable[[Document], bool] = always
    fixed: bool = False
    note: StrOrPromise = ""

    @property
    def keys(self) -> tuple[str, ...]:
        """The properties of its part that it stands for."""
        return tuple(key for part in self.fields for key in part.keys)


@dataclass(frozen=True)
class Question:
    """One of the seven: its heading, what it says when nothing restricts it, and its rows."""

    key: str
    title: StrOrPromise
    hint: StrOrPromise
    rows: tuple[Row, ...] = ()
    #: Lists of the document that this question shows, in order: ``if`` and ``what``.
    lists: tuple[str, ...] = ()


PLACE_SOURCES = (("stores", "stores"), ("groups", "groups"), ("partners", "partners"))
PEOPLE_SOURCES = (("tiers", "tiers"), ("segments", "segments"), ("card_kinds", "card_kinds"))
UNITS = (
    ("days", _("days")), ("weeks", _("weeks")), ("months", _("months")), ("years", _("years")),
)  # fmt: skip
LIMIT_PERIODS = (
    ("receipt", _("a receipt")),
    ("day", _("a day")),
    ("week", _("a week")),
    ("month", _("a month")),
    ("year", _("a year")),
    ("ever", _("in all")),
)


def _places(name: str) -> Picks:
    return Picks(name=name, label=_("Stores, groups, partners"), sources=PLACE_SOURCES)


WHOM = (
    Row("who", "whom", "{who}", (Choice(name="who", label=_("Whom"), structural=True, big=True, options=(
        ("members", _("Members of the programme")), ("everyone", _("Every buyer, with or without a card")))),),
        fixed=True),
    Row("tiers", "whom", _("of the tiers {tiers}"), (codes("tiers", _("Tiers")),), _("certain tiers"),
        applies=members),
    Row("segments", "whom", _("of the segments {segments}"), (codes("segments", _("Segments")),),
        _("certain segments"), applies=members),
    Row("card_kinds", "whom", _("with a card of the type {card_kinds}"), (codes("card_kinds", _("Card types")),),
        _("certain cards"), applies=members),
    Row("people", "whom.except", _("but not {people}"),
        (Picks(name="people", label=_("All but"), sources=PEOPLE_SOURCES),), _("all but some"), applies=members),
)  # fmt: skip
WHERE = (
    Row("places", "where", _("Only at {places}"), (_places("places"),), _("certain stores")),
    Row("tills", "where", _("Only at the tills {tills}"), (codes("tills", _("Tills")),), _("certain tills")),
    Row("channels", "where", _("Only in the channels {channels}"), (codes("channels", _("Channels")),),
        _("certain channels")),
    Row("not_places", "where.except", _("But not at {not_places}"), (_places("not_places"),), _("all stores but")),
    Row("not_tills", "where.except", _("But not at the tills {tills}"), (codes("tills", _("Tills")),),
        _("all tills but")),
    Row("not_channels", "where.except", _("But not in the channels {channels}"),
        (codes("channels", _("Channels")),), _("all channels but")),
)  # fmt: skip
WHEN = (
    Row("dates", "when", _("From {from} until {until}"),
        (When(name="from", label=_("From"), hint=_("at once")), When(name="until", label=_("Until"))),
        _("from and until a date"), blank={"from": TODAY}),
    Row("weekdays", "when", _("On {weekdays}"), (Weekdays(name="weekdays", label=_("Weekdays")),),
        _("certain weekdays"), blank={"weekdays": [1, 2, 3, 4, 5]}),
    Row("hours", "when", _("Between {hours}"), (Hours(name="hours", label=_("Hours")),), _("certain hours"),
        blank={"hours": [["13:00", "15:00"]]}),
    Row("around", "when", _("From {around}"), (Inside(
        name="around", text=_("{before} days before to {after} days after {date}"), fields=(
            whole("before", _("Days before"), True, "0"), whole("after", _("Days after"), True, "0"),
            Code(name="date", label=_("Date"), source="dates"))),),
        _("days around a birthday or another date"), blank={"around": {"date": "birthday", "before": 3, "after": 7}},
        applies=members),
)  # fmt: skip
EVENT_DAYS = event("member.birthday", "member.anniversary")
WHAT_FOR = (
    Row("of", "what_for", "{of}", (Choice(name="of", label=_("For what"), structural=True, big=True, options=(
        ("receipt", _("A purchase as a whole")), ("lines", _("Certain goods")),
        ("event", _("Something that happens to the member")))),), fixed=True),
    Row("goods", "what_for", _("For {goods}"), (goods(),), fixed=True, applies=of("lines")),
    Row("not_goods", "what_for.except", _("but not for {goods}"), (goods(),), _("all but some goods"),
        applies=of("lines")),
    Row("event", "what_for", _("When {event}"),
        (Code(name="event", label=_("Event"), source="events", structural=True),), fixed=True, applies=of("event")),
    Row("offset", "what_for", _("{offset} days from the day itself; −3 is three days before it"),
        (whole("offset", _("Days"), True, "0"),), fixed=True, applies=EVENT_DAYS),
    Row("days", "what_for", _("After {days} days without a purchase"), (whole("days", _("Days")),), fixed=True,
        applies=event("member.dormant")),
)  # fmt: skip

_NEED = Rows(
    name="contains", label=_("Goods that must be on the receipt"), text=_("{at_least} pieces of {goods}"),
    add=_("Add goods"), blank={}, fields=(
        Number(name="at_least", label=_("At least"), optional=True, hint="1"), goods(optional=True)))  # fmt: skip
_TERMS = (
    Row("share", "lots.terms", _("They pay at most {max_share} of a receipt"),
        (Number(name="max_share", label=_("Share"), unit="percent"),), _("at most a share of a receipt"),
        blank={"max_share": "50"}),
    Row("spend_places", "lots.terms", _("They can be spent only at {places}"), (_places("places"),),
        _("spent only in certain stores")),
    Row("spend_goods", "lots.terms", _("They can be spent only on {goods}"), (goods(),),
        _("spent only on certain goods")),
    Row("spend_days", "lots.terms", _("They can be spent only on {weekdays}"),
        (Weekdays(name="weekdays", label=_("Weekdays")),), _("spent only on certain weekdays"),
        blank={"weekdays": [1, 2, 3, 4, 5]}),
    Row("spend_hours", "lots.terms", _("They can be spent only between {hours}"),
        (Hours(name="hours", label=_("Hours")),), _("spent only at certain hours"),
        blank={"hours": [["09:00", "12:00"]]}),
    Row("min_amount", "lots.terms", _("They can be spent on receipts of at least {min_amount}"),
        (money("min_amount", _("Amount")),), _("spent only on big receipts"), blank={"min_amount": ""}),
    Row("min_lines", "lots.terms", _("They can be spent on receipts of at least {min_lines} lines"),
        (whole("min_lines", _("Lines")),), _("spent only on receipts of several lines"), blank={"min_lines": 2}),
    Row("contains", "lots.terms", _("They can be spent on receipts that hold {contains}"), (_NEED,),
        _("spent only beside certain goods"), blank={"contains": [{}]}),
)  # fmt: skip
_LEAST = Inside(name="at_least", optional=True, text=_("and live at least {span}"),
                fields=(SpanField(name="span", label=_("At least"), units=UNITS, optional=True),))  # fmt: skip
LOTS = (
    Row("expires", "lots", _("The points expire {expires}"), (Tagged(
        name="expires", label=_("Expiry"), kinds=(
            Variant("after", _("after"), (SpanField(name="span", label=_("After"), units=UNITS),), "{span}"),
            Variant("on_date", _("on"), (Day(name="date", label=_("Date")),), "{date}"),
            Variant("end_of", _("at the end of"), (
                Choice(name="unit", label=_("Of"), optional=False, options=(
                    ("month", _("the month")), ("quarter", _("the quarter")), ("year", _("the year")))),
                whole("after", _("Later"), True, "0")), _("{unit} that comes {after} later")),
            Variant("yearly", _("every year on"), (
                whole("day", _("Day")),
                Choice(name="month", label=_("Month"), optional=False, numeric=True,
                       options=tuple((str(n), label) for n, label in MONTHS.items())), _LEAST),
                "{day} {month} {at_least}"),
            Variant("anniversary", _("on the anniversary of joining"), (_LEAST,), "{at_least}"),
            Variant("never", _("never"))),),),
        _("their own expiry"), blank={"expires": {"kind": "after", "days": 30}}),
    Row("delay", "lots", _("The points wait {delay} before they can be spent"), (Inside(
        name="delay", text="{span}", fields=(SpanField(name="span", label=_("Wait"), units=(
            ("days", _("days")), ("hours", _("hours")), ("return_window", _("days of a return window")))),)),),
        _("a delay"), blank={"delay": {"days": 1}}),
    *_TERMS,
)  # fmt: skip
_HINT = _("You may write {points}, {earned}, {balance} and {campaign}.")
TELL: tuple[Row, ...] = (
    Row("till", "tell", _("The till shows the cashier: {till}"), (
        Text(name="till", label=_("For the cashier"), lines=2),),
        _("a text for the cashier"), blank={"till": ""}, note=_HINT),
    Row("receipt", "tell", _("The receipt says: {receipt}"), (
        Text(name="receipt", label=_("On the receipt"), lines=2),),
        _("a text on the receipt"), blank={"receipt": ""}, note=_HINT),
)  # fmt: skip
JUDGE = (
    Row("limits", "judge", "{limits}", (Rows(
        name="limits", label=_("Limits"), text=_("At most {points} points and {times} times {period} {per}"),
        add=_("Add a limit"), blank={"per": "member", "period": "month"}, fields=(
            Number(name="points", label=_("Points"), optional=True, hint=NO_LIMIT),
            whole("times", _("Times"), True, NO_LIMIT),
            Choice(name="period", label=_("Period"), options=LIMIT_PERIODS, optional=False),
            Choice(name="per", label=_("For"), options=(
                ("member", _("for each member")), ("store", _("for each store")),
                ("campaign", _("for the whole campaign")))))),),
        _("a limit"), blank={"limits": [{"per": "member", "period": "month"}]}),
    Row("budget", "judge", _("The campaign may give in all {budget}"), (Inside(
        name="budget", text=_("{points} points and {money} in discounts"), fields=(
            Number(name="points", label=_("Points"), optional=True, hint=NO_LIMIT),
            money("money", _("Money"), True, NO_LIMIT))),), _("a budget"), blank={"budget": {}}),
    # of discounts too, though the document has it among the terms of the points
    Row("funder", "lots", _("It is paid for by {funder}"),
        (Code(name="funder", label=_("Payer"), source="funders"),), _("who pays for it"), blank={"funder": ""}),
    Row("group", "stacking", _("Among the campaigns of the group {group}: {mode}"), (
        Code(name="group", label=_("Group"), source="stacking"),
        Choice(name="mode", label=_("How"), options=(
            ("", _("all that apply count")), ("best", _("only the one that gives most counts")),
            ("exclusive", _("if this one counts, no other does"))))),
        _("not together with certain campaigns"), blank={"group": "", "mode": "best"}),
    Row("priority", "stacking", _("Its priority is {priority}; the highest goes first"),
        (whole("priority", _("Priority")),), _("a priority"), blank={"priority": 10}),
    Row("discounted", "stacking", _("Goods that another campaign made cheaper {discounted}"), (
        Choice(name="discounted", label=_("Cheaper goods"), optional=False, options=(
            ("exclude", _("earn nothing here")), ("include", _("earn here too")))),),
        _("goods that are discounted already"), blank={"discounted": "exclude"}, applies=SALES),
)  # fmt: skip

QUESTIONS = (
    Question("whom", _("For whom?"), "", WHOM),
    Question("where", _("Where?"), _("In every store, at every till and in every channel."), WHERE),
    Question("when", _("When?"), _("From its launch on, every day, at any hour."), WHEN),
    Question("what_for", _("For what?"), "", WHAT_FOR, ("if",)),
    Question("what", _("What do they get?"), "", LOTS, ("what",)),
    Question("tell", _("How do they hear of it?"), _("Nothing is said beside the points themselves."), TELL),
    Question(
        "judge",
        _("Within which limits, and who pays?"),
        _("Without limits, together with all other campaigns; the house pays."),
        JUDGE,
    ),
)
#: All rows of all questions.
ROWS = tuple(_row for _question in QUESTIONS for _row in _question.rows)
PARTS: dict[str, tuple[Row, ...]] = {}
for _row in ROWS:
    PARTS[_row.part] = (*PARTS.get(_row.part, ()), _row)
