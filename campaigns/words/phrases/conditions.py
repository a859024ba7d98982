"""Every condition as a clause after "only if"."""

from __future__ import annotations

from collections.abc import Callable

from django.utils.translation import gettext as _

from campaigns.words.phrases.missing import gap
from campaigns.words.phrases.words import Fields, Voice, bounds, days, listed, number, period, pieces, points

Phrase = Callable[[Fields, Voice], str]


def describe(tree: Fields, voice: Voice, deep: bool = False) -> str:
    """A tree of conditions as one clause."""
    if "condition" in tree:
        phrase = PHRASES.get(tree["condition"])
        return phrase(tree, voice) if phrase else str(tree["condition"])
    for group, inner in tree.items():
        clauses = [describe(leaf, voice, True) for leaf in inner]
        if group == "none":
            return _("none of this holds: {clauses}").format(clauses="; ".join(clauses) or gap("conditions"))
        text = listed(clauses, "or" if group == "any" else "and") or gap("conditions")
        return f"({text})" if deep and len(clauses) > 1 else text
    return gap("conditions")


def _receipt_amount(leaf: Fields, voice: Voice) -> str:
    return _("the receipt comes to {bounds}").format(bounds=bounds(leaf, voice.money))


def _line_count(leaf: Fields, voice: Voice) -> str:
    return _("the receipt has this many lines: {bounds}").format(bounds=bounds(leaf))


def _piece_count(leaf: Fields, voice: Voice) -> str:
    if goods := voice.goods(leaf):
        return _("the receipt has this many pieces of {goods}: {bounds}").format(
            goods=goods, bounds=bounds(leaf)
        )
    return _("the receipt has this many pieces: {bounds}").format(bounds=bounds(leaf))


def _contains(leaf: Fields, voice: Voice) -> str:
    goods = voice.goods(leaf) or gap("goods")
    if number(leaf.get("pieces", 1)) == "1":
        return _("{goods} is on the receipt").format(goods=goods)
    return _("at least {pieces} of {goods} are on the receipt").format(
        pieces=pieces(leaf["pieces"]), goods=goods
    )


def _matching_amount(leaf: Fields, voice: Voice) -> str:
    return _("{goods} on the receipt comes to {bounds}").format(
        goods=voice.goods(leaf) or gap("goods"), bounds=bounds(leaf, voice.money)
    )


def _first_purchase(leaf: Fields, voice: Voice) -> str:
    match leaf.get("in"):
        case "store":
            return _("it is the member’s first purchase in this store")
        case "partner":
            return _("it is the member’s first purchase at this partner")
        case "category":
            return _("it is the member’s first purchase of {category}").format(
                category=voice.name("categories", leaf.get("category"))
            )
    return _("it is the member’s first purchase")


def _bend(text: str, n: str) -> str:
    """``2nd`` instead of ``2th``; other languages have no such ending to bend."""
    ending = {"1": "st", "2": "nd", "3": "rd"}.get(n[-1:], "th") if n[-2:-1] != "1" else "th"
    return text.replace(f"{n}th", f"{n}{ending}")


def _nth_purchase(leaf: Fields, voice: Voice) -> str:
    if "exactly" in leaf:
        text = _("it is purchase number {n}").format(n=number(leaf["exactly"]))
    else:
        every = number(leaf.get("every", ""))
        text = _bend(_("it is every {n}th purchase").format(n=every), every)
    if "of_at_least" in leaf:
        text = _("{clause} of at least {amount}").format(clause=text, amount=voice.money(leaf["of_at_least"]))
    if "period" in leaf:
        text = _("{clause} {period}").format(clause=text, period=period(leaf["period"]))
    return text


def _with_this(leaf: Fields, text: str) -> str:
    return text if leaf.get("with_this", True) else _("{clause} before this receipt").format(clause=text)


def _spent(leaf: Fields, voice: Voice) -> str:
    values = {"period": period(leaf.get("period")), "bounds": bounds(leaf, voice.money)}
    if goods := voice.goods(leaf):
        return _with_this(leaf, _("{bounds} was spent on {goods} {period}").format(goods=goods, **values))
    return _with_this(leaf, _("{bounds} was spent {period}").format(**values))


def _bought(leaf: Fields, voice: Voice) -> str:
    values = {"period": period(leaf.get("period")), "bounds": bounds(leaf, pieces)}
    goods = voice.goods(leaf) or _("goods")
    return _with_this(leaf, _("{bounds} of {goods} were bought {period}").format(goods=goods, **values))


def _purchases(leaf: Fields, voice: Voice) -> str:
    text = _("this many purchases were made {period}: {bounds}")
    return _with_this(leaf, text.format(period=period(leaf.get("period")), bounds=bounds(leaf)))


def _days_since_purchase(leaf: Fields, voice: Voice) -> str:
    return _("{bounds} passed since the last purchase").format(bounds=bounds(leaf, days))


def _days_since_joining(leaf: Fields, voice: Voice) -> str:
    return _("{bounds} passed since joining").format(bounds=bounds(leaf, days))


def _tier(leaf: Fields, voice: Voice) -> str:
    return _("the tier is {tiers}").format(tiers=voice.named("tiers", leaf.get("in")))


def _segment(leaf: Fields, voice: Voice) -> str:
    return _("the member is in the segment {segments}").format(
        segments=voice.named("segments", leaf.get("in"))
    )


def _card_kind(leaf: Fields, voice: Voice) -> str:
    return _("the card is {cards}").format(cards=voice.named("card_kinds", leaf.get("in")))


def _balance(leaf: Fields, voice: Voice) -> str:
    return _("the account holds {bounds}").format(bounds=bounds(leaf, points))


def _age(leaf: Fields, voice: Voice) -> str:
    return _("the member’s age is {bounds}").format(bounds=bounds(leaf))


def _gender(leaf: Fields, voice: Voice) -> str:
    return _("the member is a woman") if leaf.get("is") == "female" else _("the member is a man")


#: What the values of an event's data are, where they are codes of things.
VALUES = {"tier": "tiers", "segment": "segments", "series": "series"}


def _compared(leaf: Fields, voice: Voice) -> str:
    if "is" not in leaf and "in" not in leaf:
        return bounds(leaf)
    texts = [text for text in leaf.get("in", [leaf.get("is")]) if text]
    if kind := VALUES.get(str(leaf.get("key"))):
        return voice.named(kind, texts)
    answers = {"true": _("yes"), "false": _("no")}
    return listed([answers.get(text) or f"“{text}”" for text in texts], "or") or gap("text")


def _attribute(leaf: Fields, voice: Voice) -> str:
    return _("the member’s {name} is {value}").format(
        name=voice.name("attributes", leaf.get("key")), value=_compared(leaf, voice)
    )


def _event_data(leaf: Fields, voice: Voice) -> str:
    name = voice.name("event_keys", leaf.get("key"))
    return _("the event’s {name} is {value}").format(name=name, value=_compared(leaf, voice))


def _paid_with_points(leaf: Fields, voice: Voice) -> str:
    return _("points are spent on the receipt") if leaf.get("is") else _("no points are spent on the receipt")


def _coupon(leaf: Fields, voice: Voice) -> str:
    return _("a coupon of {series} is shown").format(series=voice.named("series", leaf.get("series")))


def _cashier(leaf: Fields, voice: Voice) -> str:
    return _("the cashier is {cashiers}").format(cashiers=voice.named("cashiers", leaf.get("in")))


#: The clause of every condition of the vocabulary.
PHRASES: dict[str, Phrase] = {
    "receipt_amount": _receipt_amount,
    "line_count": _line_count,
    "piece_count": _piece_count,
    "contains": _contains,
    "matching_amount": _matching_amount,
    "first_purchase": _first_purchase,
    "nth_purchase": _nth_purchase,
    "paid_with_points": _paid_with_points,
    "coupon": _coupon,
    "cashier": _cashier,
    "spent": _spent,
    "bought": _bought,
    "purchases": _purchases,
    "days_since_purchase": _days_since_purchase,
    "days_since_joining": _days_since_joining,
    "tier": _tier,
    "segment": _segment,
    "card_kind": _card_kind,
    "balance": _balance,
    "age": _age,
    "gender": _gender,
    "attribute": _attribute,
    "event_data": _event_data,
}
