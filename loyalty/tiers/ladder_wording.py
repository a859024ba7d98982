"""A ladder as sentences: how members go up, and how they go down."""

from __future__ import annotations

from decimal import Decimal

from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from loyalty.rules.spans import Span
from loyalty.rules.tiers import Ladder

_CALENDAR = {1: "month", 3: "quarter", 12: "year"}


def describe(ladder: Ladder, currency: str) -> list[str]:
    """How members go up and down, a sentence each; the currency is named where money counts."""
    return [f"{sentence}." for sentence in (_describe_up(ladder), *_describe_down(ladder, currency))]


def describe_amount(amount: Decimal, basis: str, currency: str) -> str:
    """Money, points or purchases, with their unit."""
    told = number_format(
        amount.normalize() if amount == int(amount) else amount, use_l10n=True, force_grouping=True
    )
    if basis == "spent":
        told = number_format(amount, 2, use_l10n=True, force_grouping=True)
        return _("%(money)s %(currency)s") % {"money": told, "currency": currency}
    if basis == "points":
        return ngettext("%(number)s point", "%(number)s points", int(amount)) % {"number": told}
    return ngettext("%(number)s purchase", "%(number)s purchases", int(amount)) % {"number": told}


def describe_change(was: str, now: str, ladder: Ladder) -> str:
    """A change of tier by the tiers' codes, in their names; one that left the ladder keeps its code."""
    names = {step.code: step.name for step in ladder.steps}
    if was == now:
        return _("stays %(tier)s") % {"tier": names.get(now, now)}
    return f"{names.get(was, was) or '–'} → {names.get(now, now) or '–'}"


def _describe_up(ladder: Ladder) -> str:
    basis = {
        "spent": _("the money that they spend"),
        "points": _("the points that they earn with purchases"),
        "visits": _("the purchases that they make"),
    }[ladder.basis]
    if ladder.window is None:
        return _("Members go up by %(basis)s, counted in all") % {"basis": basis}
    if ladder.window.calendar:
        told = {
            "month": _("Members go up by %(basis)s in a calendar month"),
            "quarter": _("Members go up by %(basis)s in a calendar quarter"),
            "year": _("Members go up by %(basis)s in a calendar year"),
        }[_CALENDAR[ladder.window.amount]]
        return told % {"basis": basis}
    return _("Members go up by %(basis)s in the last %(span)s") % {
        "basis": basis,
        "span": _length(ladder.window),
    }


def _describe_down(ladder: Ladder, currency: str) -> list[str]:
    term = ladder.term
    if ladder.down == "never" or term is None:
        return [_("They never go down")]
    how = _("to the lowest tier") if ladder.lowest else _("by one tier")
    if ladder.down == "idle":
        said = _("Without a purchase for %(span)s they go down %(how)s")
        told = [said % {"span": _length(term), "how": how}]
    elif ladder.below is None:
        told = [_renewal(ladder, term)]
    else:
        told = [_shortage(ladder, term, ladder.below, currency) % {"how": how}]
    if not ladder.renews and not (ladder.down == "below" and ladder.window and ladder.window.calendar):
        told.append(_("Who goes down counts anew from then on"))
    if ladder.grace:
        told.append(
            ngettext(
                "Every tier is kept for %(days)s day of grace", "Every tier is kept for %(days)s days of grace",
                ladder.grace,
            ) % {"days": ladder.grace}
        )  # fmt: skip
    if ladder.down_from is not None:
        day = date_format(ladder.down_from, "DATE_FORMAT")
        told.append(_("Nobody goes down for what was before %(day)s") % {"day": day})
    return told


def _renewal(ladder: Ladder, term: Span) -> str:
    fall = (
        _("who does not falls to the tier that was reached meanwhile")
        if ladder.lowest
        else _("who does not goes down by one tier")
    )
    if not term.calendar:
        said = _("A tier is kept for %(span)s after it was last reached; %(fall)s")
        return said % {"span": _length(term), "fall": fall}
    told = {
        "month": _("A tier is kept through the next month and must be reached in it again; %(fall)s"),
        "quarter": _("A tier is kept through the next quarter and must be reached in it again; %(fall)s"),
        "year": _("A tier is kept through the next year and must be reached in it again; %(fall)s"),
    }[_CALENDAR[term.amount]]
    return told % {"fall": fall}


def _shortage(ladder: Ladder, term: Span, below: Decimal, currency: str) -> str:
    """The sentence, with a place left for how far down."""
    amount = describe_amount(below, ladder.basis, currency).replace("%", "%%")
    if not term.calendar:
        said = _("With less than %(amount)s in %(span)s they go down %(how)s")
        return said % {"amount": amount, "span": _length(term), "how": "%(how)s"}
    told = {
        "month": _("With less than %(amount)s in a calendar month they go down %(how)s"),
        "quarter": _("With less than %(amount)s in a calendar quarter they go down %(how)s"),
        "year": _("With less than %(amount)s in a calendar year they go down %(how)s"),
    }[_CALENDAR[term.amount]]
    return told % {"amount": amount, "how": "%(how)s"}


def _length(span: Span) -> str:
    if span.unit == "days":
        return ngettext("%(number)s day", "%(number)s days", span.amount) % {"number": span.amount}
    return ngettext("%(number)s month", "%(number)s months", span.amount) % {"number": span.amount}
