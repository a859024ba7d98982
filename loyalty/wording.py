"""A programme's rules as sentences, for those who read them and do not change them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.dates import MONTHS_ALT
from django.utils.formats import date_format, localize
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from loyalty.ledger import inactivity
from loyalty.models import Programme
from members import wording

#: Reasons of transfers that no person wrote.
REASONS: Mapping[str, Any] = {
    inactivity.REASON: gettext_lazy("nothing was bought for too long"),
    "sharing.brought": gettext_lazy("brought along to a shared account"),
    "sharing.handed": gettext_lazy("handed out by the firm"),
    "sharing.undone": gettext_lazy("a handout that was undone"),
    "share.cashier": gettext_lazy("for the sale, as its cashier"),
    "share.referrer": gettext_lazy("for bringing a friend"),
}


def describe_reason(reason: str) -> str:
    """Why points moved: words for a code or a kind of event; what somebody wrote stays as it is."""
    return str(REASONS.get(reason) or wording.name_event(reason))


def describe_expiry(policy: Mapping[str, Any] | None) -> str:
    """When points expire."""
    policy = policy or {"kind": "never"}
    match policy.get("kind"):
        case "after":
            return _("%(period)s after they were earned") % {"period": describe_period(policy)}
        case "on_date":
            return _("all on %(date)s") % {"date": _day(policy.get("date"))}
        case "yearly":
            said = _("every year on %(day)s %(month)s") % {
                "day": policy.get("day"),
                "month": MONTHS_ALT.get(policy.get("month", 0), policy.get("month")),
            }
            return said + _describe_least(policy)
        case "anniversary":
            return _("on the anniversary of joining") + _describe_least(policy)
        case "end_of":
            units = {"month": _("month"), "quarter": _("quarter"), "year": _("year")}
            unit = units.get(policy.get("unit", ""), policy.get("unit"))
            if policy.get("after"):
                return _("at the end of the %(unit)s, %(after)s later") % {
                    "unit": unit,
                    "after": policy["after"],
                }
            return _("at the end of the %(unit)s") % {"unit": unit}
    return _("never")


def _day(text: Any) -> str:
    try:
        return date_format(date.fromisoformat(str(text)), "DATE_FORMAT")
    except ValueError:
        return str(text)


def _describe_least(policy: Mapping[str, Any]) -> str:
    if not policy.get("at_least"):
        return ""
    return ", " + _("but live at least %(period)s") % {"period": describe_period(policy["at_least"])}


def describe_period(period: Mapping[str, Any]) -> str:
    """A length of time, such as ``{"months": 6}``."""
    if "days" in period:
        return ngettext("%(n)s day", "%(n)s days", period["days"]) % {"n": period["days"]}
    if "weeks" in period:
        return ngettext("%(n)s week", "%(n)s weeks", period["weeks"]) % {"n": period["weeks"]}
    if "months" in period:
        return ngettext("%(n)s month", "%(n)s months", period["months"]) % {"n": period["months"]}
    return ngettext("%(n)s year", "%(n)s years", period.get("years", 0)) % {"n": period.get("years", 0)}


def by_code(_kind: str, code: str) -> str:
    """Names for who knows none: the codes themselves."""
    return code


def describe_spending(rules: Mapping[str, Any] | None, names: Callable[[str, str], str] = by_code) -> str:
    """What limits the spending of points. ``names`` gives a thing's name by its kind (``categories``) and code."""
    rules = rules or {}
    sentences = {
        "max_share": _("at most %(value)s%% of a receipt"),
        "leave": _("%(value)s is always paid in money"),
        "min_receipt": _("on receipts of at least %(value)s"),
        "min_points": _("at least %(value)s points at once"),
        "max_points_per_day": _("at most %(value)s points a day"),
        "step": _("in steps of %(value)s"),
    }
    said = [
        text % {"value": _number(rules[name])}
        for name, text in sentences.items()
        if rules.get(name) is not None
    ]
    excluded = [names(kind, code) for kind, codes in (rules.get("excluded") or {}).items() for code in codes]
    if excluded:
        said.append(_("never for %(goods)s") % {"goods": ", ".join(excluded)})
    return "; ".join(said) or _("without limits")


def describe_programme(programme: Programme, names: Callable[[str, str], str] = by_code) -> list[str]:
    """The rules of a programme as sentences for its members: what a point is, how long it lives, how it is spent."""
    said = [
        _("A point pays %(money)s %(currency)s at the till.")
        % {"money": _number(programme.point_value), "currency": programme.currency},
        _("Points are earned on %(what)s.") % {"what": programme.get_earn_on_display()},
    ]
    if programme.activation_days:
        days = programme.activation_days
        text = ngettext("They can be spent after %(n)s day.", "They can be spent after %(n)s days.", days)
        said.append(text % {"n": days})
    said.append(
        _("How points are spent: %(rules)s.") % {"rules": describe_spending(programme.spending, names)}
    )
    said.append(_("When points expire: %(when)s.") % {"when": describe_expiry(programme.expiry)})
    if programme.inactivity_days:
        text = ngettext(
            "Without a purchase for %(n)s day all points lapse.",
            "Without a purchase for %(n)s days all points lapse.",
            programme.inactivity_days,
        )
        said.append(text % {"n": programme.inactivity_days})
    said.append(_("Goods that go back take their points along, and points that paid for them come back."))
    return said


def _number(value: Any) -> str:
    return str(localize(Decimal(format(Decimal(str(value)).normalize(), "f")), use_l10n=True))
