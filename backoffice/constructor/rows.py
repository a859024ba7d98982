"""The table of sentence rows: every condition and every effect of the vocabulary, in words with fields in them.

A row's ``text`` holds its fields in braces; what it is called in a menu is its ``title``. To offer a new
condition or effect, add a row here; ``campaigns.words.sentence`` says it in the sentence at the top.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from backoffice.constructor.composite import Either, Inside, PeriodField, Rows, Variant
from backoffice.constructor.fields import Choice, Code, Field, Flag, Number, Picks, Text, codes
from campaigns.engine.document import GOODS

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


@dataclass(frozen=True)
class Row:
    """A sentence with fields in it. ``blank`` is what its fields hold when it is added."""

    key: str
    title: StrOrPromise
    text: StrOrPromise
    fields: tuple[Field, ...]
    blank: Mapping[str, Any] = field(default_factory=dict)
    group: StrOrPromise = ""

    @property
    def keys(self) -> tuple[str, ...]:
        """The properties of its owner that it stands for."""
        return tuple(key for part in self.fields for key in part.keys)


GOODS_SOURCES = tuple((kind, kind) for kind in GOODS)
ANY, NO_LIMIT, ALL_GOODS = _("any"), _("no limit"), _("all goods")


def goods(optional: bool = False) -> Picks:
    """Goods of any kind, in one field."""
    return Picks(name="goods", label=_("Goods"), sources=GOODS_SOURCES, optional=optional)


def money(name: str, label: StrOrPromise, optional: bool = False, hint: StrOrPromise = "") -> Number:
    """An amount of money."""
    return Number(name=name, label=label, unit="money", optional=optional, hint=hint)


def points(name: str = "points") -> Number:
    """A number of points."""
    return Number(name=name, label=_("Points"))


def percent(name: str = "percent", optional: bool = False, hint: StrOrPromise = "") -> Number:
    """A percent."""
    return Number(name=name, label=_("Percent"), unit="percent", optional=optional, hint=hint)


def whole(name: str, label: StrOrPromise, optional: bool = False, hint: StrOrPromise = "") -> Number:
    """A whole number."""
    return Number(name=name, label=label, whole=True, optional=optional, hint=hint)


AT_LEAST, AT_MOST, BELOW = _("At least"), _("At most"), _("Less than")
_AMOUNTS = (money("at_least", AT_LEAST, True, ANY), money("below", BELOW, True, NO_LIMIT))
_POINTS = (
    Number(name="at_least", label=AT_LEAST, optional=True, hint=ANY),
    Number(name="below", label=BELOW, optional=True, hint=NO_LIMIT),
)
_PIECES = (
    Number(name="at_least", label=AT_LEAST, optional=True, hint=ANY),
    Number(name="at_most", label=AT_MOST, optional=True, hint=NO_LIMIT),
)
_COUNTS = (whole("at_least", AT_LEAST, True, ANY), whole("at_most", AT_MOST, True, NO_LIMIT))

PERIODS = (
    ("day", _("today")),
    ("week", _("this week")),
    ("month", _("this month")),
    ("year", _("this year")),
    ("ever", _("ever since joining")),
    ("days", _("in the last days:")),
)
_PERIOD = PeriodField(name="period", label=_("Period"), options=PERIODS)
_WITH_THIS = Flag(
    name="with_this",
    label=_("This receipt"),
    options=(("", _("this receipt included")), ("false", _("before this receipt"))),
)
_COMPARE = Either(
    name="compare",
    label=_("Comparison"),
    variants=(
        Variant("is", _("is"), (Text(name="is", label=_("Value")),)),
        Variant("in", _("is one of"), (codes("in", _("Values"), "texts"),)),
        Variant("range", _("is a number, at least and at most"), _PIECES),
    ),
)
RECEIPT, MEMBER, EVENT = _("The receipt"), _("The member"), _("The event")

_OF_RECEIPT = (
    Row("receipt_amount", _("amount of the receipt"),
        _("The receipt comes to at least {at_least}, but less than {below}"), _AMOUNTS),
    Row("contains", _("goods on the receipt"),
        _("The receipt holds at least {pieces} pieces of {goods}"),
        (Number(name="pieces", label=_("Pieces"), optional=True, hint="1"), goods()), {"pieces": "1"}),
    Row("matching_amount", _("amount of certain goods"),
        _("On the receipt, {goods} come to at least {at_least}, but less than {below}"), (goods(), *_AMOUNTS)),
    Row("piece_count", _("number of pieces"),
        _("There are at least {at_least} and at most {at_most} pieces of {goods}"), (*_PIECES, goods(True))),
    Row("line_count", _("number of lines"),
        _("The receipt has at least {at_least} and at most {at_most} lines"), _COUNTS),
    Row("first_purchase", _("first purchase"),
        _("It is the member’s first purchase {in} {category}"),
        (Choice(name="in", label=_("First where"), structural=True, options=(
            ("", _("of all")), ("store", _("in this store")), ("partner", _("at this partner")),
            ("category", _("of a category:")))),
         Code(name="category", label=_("Category"), source="categories", optional=True))),
    Row("nth_purchase", _("every nth purchase"),
        _("It is {nth} of the purchases of at least {of_at_least}, counted {counting} {period}"),
        (money("of_at_least", AT_LEAST, True, ANY),
         Choice(name="counting", label=_("Counted"), options=(
             ("", _("as suits")), ("member", _("since joining")), ("campaign", _("by this campaign")))),
         Choice(name="period", label=_("Period"), options=(
             ("", _("without end")), ("day", _("anew every day")), ("week", _("anew every week")),
             ("month", _("anew every month")), ("year", _("anew every year")))),
         Either(name="nth", label=_("Which one"), variants=(
             Variant("every", _("one in every"), (whole("every", _("Number")),)),
             Variant("exactly", _("only number"), (whole("exactly", _("Number")),))))),
        {"every": 5}),
    Row("paid_with_points", _("points spent or not"), "{is}",
        (Flag(name="is", label=_("Points"), optional=False, options=(
            ("true", _("Points are spent on this receipt")),
            ("false", _("No points are spent on this receipt")))),), {"is": False}),
    Row("coupon", _("coupon or promo code"), _("A coupon is shown of the series {series}"),
        (codes("series", _("Coupon series")),)),
    Row("cashier", _("cashier"), _("The cashier is {in}"), (codes("in", _("Cashiers"), "cashiers"),)),
)  # fmt: skip
_OF_MEMBER = (
    Row("tier", _("tier"), _("The tier is {in}"), (codes("in", _("Tiers"), "tiers"),)),
    Row("segment", _("segment"), _("The member is in the segment {in}"), (codes("in", _("Segments"), "segments"),)),
    Row("card_kind", _("card type"), _("The card is {in}"), (codes("in", _("Card types"), "card_kinds"),)),
    Row("spent", _("money spent in a period"),
        _("Spent {period} on {goods}: at least {at_least}, but less than {below}, {with_this}"),
        (_PERIOD, goods(True), *_AMOUNTS, _WITH_THIS), {"period": "month"}),
    Row("bought", _("pieces bought in a period"),
        _("Bought {period}: at least {at_least} and at most {at_most} pieces of {goods}, {with_this}"),
        (_PERIOD, *_PIECES, goods(True), _WITH_THIS), {"period": "month"}),
    Row("purchases", _("number of purchases in a period"),
        _("Purchases {period}: at least {at_least} and at most {at_most}, {with_this}"),
        (_PERIOD, *_COUNTS, _WITH_THIS), {"period": "month"}),
    Row("days_since_purchase", _("days since the last purchase"),
        _("The last purchase was at least {at_least} and at most {at_most} days ago"), _COUNTS),
    Row("days_since_joining", _("days since joining"),
        _("Joined at least {at_least} and at most {at_most} days ago"), _COUNTS),
    Row("balance", _("points on the account"),
        _("Before the purchase the account holds at least {at_least} points, but less than {below}"), _POINTS),
    Row("age", _("age"), _("Aged at least {at_least} and at most {at_most}"), _COUNTS),
    Row("gender", _("gender"), _("The member is {is}"),
        (Choice(name="is", label=_("Gender"), optional=False, options=(
            ("female", pgettext_lazy("member", "female")), ("male", pgettext_lazy("member", "male")))),),
        {"is": "female"}),
    Row("attribute", _("anything else known of the member"), _("The member’s {key} {compare}"),
        (Code(name="key", label=_("Attribute"), source="attributes"), _COMPARE), {"key": "", "is": ""}),
)  # fmt: skip
_OF_EVENT = (
    Row("event_data", _("what came with the event"), _("The event’s {key} {compare}"),
        (Code(name="key", label=_("Name"), source="event_keys", structural=True), _COMPARE), {"key": "", "is": ""}),
)  # fmt: skip


def _grouped(group: StrOrPromise, rows: tuple[Row, ...]) -> dict[str, Row]:
    return {row.key: Row(row.key, row.title, row.text, row.fields, row.blank, group) for row in rows}


CONDITIONS: dict[str, Row] = {
    **_grouped(RECEIPT, _OF_RECEIPT), **_grouped(MEMBER, _OF_MEMBER), **_grouped(EVENT, _OF_EVENT),
}  # fmt: skip

_POINTS_OR_PERCENT = Either(
    name="give",
    label=_("Measured in"),
    after=True,
    variants=(
        Variant("points", _("points"), (points(),)),
        Variant("percent", _("% of the amount, in points"), (Number(name="percent", label=_("Percent")),)),
    ),
)
_STEPS = Rows(
    name="steps",
    label=_("Steps"),
    text=_("from {from}: {give}"),
    add=_("Add a step"),
    blank={"from": "", "percent": ""},
    fields=(
        money("from", _("From")),
        Either(name="give", label=_("Measured in"), after=True, variants=(
            Variant("percent", "%", (Number(name="percent", label=_("Percent")),)),
            Variant("points", _("points"), (points(),)))),
    ),
)  # fmt: skip
POINTS, DISCOUNTS, REWARDS, OTHERS = _("Points"), _("Discounts"), _("Later and again"), _("For others")

_EARNING = (
    Row("points_percent", _("percent in points"), _("{percent} of the amount, in points"), (percent(),),
        {"percent": "5"}),
    Row("points_fixed", _("fixed points"), _("{points} points, once"), (points(),), {"points": "50"}),
    Row("points_per", _("points per amount"), _("{points} points for every {per} spent"),
        (points(), money("per", _("For every"))), {"points": "1", "per": "10"}),
    Row("points_per_piece", _("points per piece"),
        _("{points} points for every piece, for {up_to} pieces at most"),
        (points(), Number(name="up_to", label=AT_MOST, optional=True, hint=NO_LIMIT)), {"points": "10"}),
    Row("points_steps", _("points by steps"),
        _("The more, the better: {steps} The step counts {mode}, and is chosen by {by}"),
        (_STEPS,
         Choice(name="mode", label=_("Counts"), options=(
             ("", _("for the whole amount")), ("sliced", _("for its own part of the amount")))),
         Choice(name="by", label=_("Chosen by"), options=(
             ("", _("the amount it is paid on")), ("receipt", _("the whole receipt"))))),
        {"steps": [{"from": "1", "percent": "5"}, {"from": "100", "percent": "7"}]}),
    Row("multiplier", _("double points and other boosters"),
        _("{by} times the points that other campaigns give"),
        (Number(name="by", label=_("Times")),), {"by": "2"}),
)  # fmt: skip
_CHEAPER = (
    Row("discount_percent", _("percent off"), _("{percent} off"), (percent(),), {"percent": "10"}),
    Row("discount_amount", _("money off"), _("{amount} off"), (money("amount", _("Amount")),), {"amount": ""}),
    Row("fixed_price", _("special price"), _("A price of {price} for a piece"), (money("price", _("Price")),),
        {"price": ""}),
    Row("cheapest_free", _("buy n, get one"),
        _("Of every {every} pieces the cheapest {free} with {percent} off"),
        (whole("every", _("Of every")), whole("free", _("Pieces"), True, "1"), percent(optional=True, hint="100")),
        {"every": 3, "free": 1}),
    Row("gift", _("gift on the receipt"), _("{products} as a gift, up to {pieces} pieces"),
        (codes("products", _("Products")), whole("pieces", _("Pieces"), True, "1")), {"products": []}),
)  # fmt: skip
_LATER = (
    Row("next_purchase", _("percent at the next purchase"),
        _("{percent} of the next purchase, in points, if it is made within {days} days"),
        (percent(), whole("days", _("Days"))), {"percent": "10", "days": 30}),
    Row("stamp", _("stamps: accumulate and buy"), _("A stamp for each {per}; every {goal} stamps bring {reward}"),
        (Choice(name="per", label=_("A stamp for each"), options=(
            ("", _("receipt")), ("piece", _("piece")))),
         whole("goal", _("Stamps")),
         Inside(name="reward", text="{kind}", fields=(Either(name="kind", label=_("Reward"), after=True, variants=(
             Variant("free", _("of the cheapest pieces free"), (whole("free", _("Pieces")),)),
             Variant("points", _("points"), (points(),)),
             Variant("percent", _("% off"), (Number(name="percent", label=_("Percent")),)))),))),
        {"goal": 6, "reward": {"free": 1}}),
    Row("exchange", _("points for money or a percent off"),
        _("At the till, {points} points can be exchanged for {give}"),
        (points(), Either(name="give", label=_("Measured in"), after=True, variants=(
            Variant("amount", _("off, in money"), (money("amount", _("Amount")),)),
            Variant("percent", _("% off"), (Number(name="percent", label=_("Percent")),))))),
        {"points": "100", "amount": ""}),
    Row("issue_coupon", _("a coupon"), _("A coupon of the series {series}"),
        (Code(name="series", label=_("Coupon series"), source="series"),), {"series": ""}),
    Row("badge", _("a badge"), _("The badge {code}"), (Code(name="code", label=_("Badge"), source="badges"),),
        {"code": ""}),
)  # fmt: skip
_TO_OTHERS = (
    Row("staff_points", _("points for the cashier"), _("The cashier gets {give}"), (_POINTS_OR_PERCENT,),
        {"points": "5"}),
    Row("referrer_points", _("points for who brought the member"),
        _("The friend who brought the member gets {give}"), (_POINTS_OR_PERCENT,), {"points": "50"}),
)  # fmt: skip

EFFECTS: dict[str, Row] = {
    **_grouped(POINTS, _EARNING),
    **_grouped(DISCOUNTS, _CHEAPER),
    **_grouped(REWARDS, _LATER),
    **_grouped(OTHERS, _TO_OTHERS),
}
