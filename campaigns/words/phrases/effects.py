"""Every effect as what somebody gets, or as a sentence of its own."""

from __future__ import annotations

from collections.abc import Callable

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from campaigns.words.phrases.missing import gap
from campaigns.words.phrases.words import Fields, Voice, count, days, number, percent, pieces, points

Phrase = Callable[[Fields, Voice], str]


def _points_percent(effect: Fields, voice: Voice) -> str:
    return _("{percent} back in points").format(percent=percent(effect.get("percent")))


def _points_fixed(effect: Fields, voice: Voice) -> str:
    return points(effect.get("points"))


def _points_per(effect: Fields, voice: Voice) -> str:
    return _("{points} for every {amount}").format(
        points=points(effect.get("points")), amount=voice.money(effect.get("per"))
    )


def _points_per_piece(effect: Fields, voice: Voice) -> str:
    text = _("{points} for every piece").format(points=points(effect.get("points")))
    if "up_to" not in effect:
        return text
    return _("{what} (of {pieces} at most)").format(what=text, pieces=pieces(effect["up_to"]))


def _points_steps(effect: Fields, voice: Voice) -> str:
    steps = []
    for step in effect.get("steps", ()):
        gives = percent(step["percent"]) if "percent" in step else points(step.get("points"))
        steps.append(_("from {amount}: {gives}").format(amount=voice.money(step.get("from")), gives=gives))
    text = _("points by the amount ({steps})").format(steps="; ".join(steps) or gap("steps"))
    return (
        _("{what}, each part by its own step").format(what=text) if effect.get("mode") == "sliced" else text
    )


def _multiplier(effect: Fields, voice: Voice) -> str:
    match number(effect.get("by")):
        case "2":
            return _("double points")
        case "3":
            return _("triple points")
    return _("{by} times the points").format(by=number(effect.get("by")))


def _discount_percent(effect: Fields, voice: Voice) -> str:
    return _("a discount of {discount}").format(discount=percent(effect.get("percent")))


def _discount_amount(effect: Fields, voice: Voice) -> str:
    return _("a discount of {discount}").format(discount=voice.money(effect.get("amount")))


def _fixed_price(effect: Fields, voice: Voice) -> str:
    return _("the price of {price} a piece").format(price=voice.money(effect.get("price")))


def _cheapest_free(effect: Fields, voice: Voice) -> str:
    free, every = effect.get("free", 1), effect.get("every")
    text = ngettext(
        "the cheapest {free} of every {every} pieces",
        "the cheapest {free} of every {every} pieces",
        count(free),
    ).format(free=number(free), every=number(every))
    off = number(effect.get("percent", 100))
    if off == "100":
        return _("{what} free").format(what=text)
    return _("{what} with {off}% off").format(what=text, off=off)


def _gift(effect: Fields, voice: Voice) -> str:
    text = _("{products} as a gift").format(products=voice.named("products", effect.get("products")))
    up_to = effect.get("pieces", 1)
    if number(up_to) == "1":
        return text
    return _("{what} (up to {pieces})").format(what=text, pieces=pieces(up_to))


def _next_purchase(effect: Fields, voice: Voice) -> str:
    return _("{percent} of their next purchase within {days}, in points").format(
        percent=percent(effect.get("percent")), days=days(effect.get("days"))
    )


def _stamp(effect: Fields, voice: Voice) -> str:
    reward = effect.get("reward") or {}
    if "points" in reward:
        gives = points(reward["points"])
    elif "free" in reward:
        gives = _("{pieces} free").format(pieces=pieces(reward["free"]))
    else:
        gives = _("a discount of {discount}").format(discount=percent(reward.get("percent")))
    text = (
        _("a stamp for every piece, and for {goal} stamps {gives}")
        if effect.get("per") == "piece"
        else _("a stamp for every receipt, and for {goal} stamps {gives}")
    )
    return text.format(goal=number(effect.get("goal")), gives=gives)


def _issue_coupon(effect: Fields, voice: Voice) -> str:
    return _("a coupon “{series}”").format(series=voice.name("series", effect.get("series")))


def _badge(effect: Fields, voice: Voice) -> str:
    return _("the badge “{badge}”").format(badge=voice.name("badges", effect.get("code")))


#: What the shopper gets, by effect.
GAINS: dict[str, Phrase] = {
    "points_percent": _points_percent,
    "points_fixed": _points_fixed,
    "points_per": _points_per,
    "points_per_piece": _points_per_piece,
    "points_steps": _points_steps,
    "multiplier": _multiplier,
    "discount_percent": _discount_percent,
    "discount_amount": _discount_amount,
    "fixed_price": _fixed_price,
    "cheapest_free": _cheapest_free,
    "gift": _gift,
    "next_purchase": _next_purchase,
    "stamp": _stamp,
    "issue_coupon": _issue_coupon,
    "badge": _badge,
}


def _exchange(effect: Fields, voice: Voice) -> str:
    if "percent" in effect:
        gives = _("{percent} off").format(percent=percent(effect["percent"]))
    else:
        gives = _("{amount} off").format(amount=voice.money(effect.get("amount")))
    return _("At the till they can exchange {points} for {gives}.").format(
        points=points(effect.get("points")), gives=gives
    )


def _give(effect: Fields) -> str:
    if "percent" in effect:
        return _("{percent} of the amount in points").format(percent=percent(effect["percent"]))
    return points(effect.get("points"))


def _staff_points(effect: Fields, voice: Voice) -> str:
    return _("The cashier gets {gives}.").format(gives=_give(effect))


def _referrer_points(effect: Fields, voice: Voice) -> str:
    return _("The friend who brought the member gets {gives}.").format(gives=_give(effect))


#: Effects that are told in a sentence of their own.
SENTENCES: dict[str, Phrase] = {
    "exchange": _exchange,
    "staff_points": _staff_points,
    "referrer_points": _referrer_points,
}
