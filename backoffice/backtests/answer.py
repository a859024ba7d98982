"""What a manager asked a backtest: what it would have cost, whom it would have served, who gains most."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from backoffice.backtests import words
from campaigns.backtest.adding_up import Sums, Tally

#: What is left of sales after what the goods cost, for a first idea of whether a campaign pays for itself.
MARGIN = Decimal("0.30")


@dataclass(slots=True)
class Fact:
    """A figure of the page: what it is, the figure, and a line below it."""

    label: str
    figure: str
    note: str = ""


def sentences(tally: Tally, currency: str) -> Iterable[str]:
    """What the manager asked: what it would have cost, whom it would have served, who gains most."""
    all_, people = tally.all, tally.people
    if not all_.receipts:
        yield _("There is no receipt in this period.")
        return
    if not all_.touched:
        yield _("Nothing would have changed: no receipt of the period would have earned from it.")
        yield from _mostly_why(tally)
        return
    figures = {"cost": words.money(abs(all_.cost)), "currency": currency}
    if all_.cost >= 0:
        yield _("It would have cost %(cost)s %(currency)s") % figures + _of_what(all_)
    else:
        yield _("It would have saved %(cost)s %(currency)s") % figures + _of_what(all_)
    if (growth := growth_to_pay(all_)) is not None:
        yield _(
            "With a margin of %(margin)s it pays for itself once the receipts it touches grow by %(growth)s."
        ) % {"growth": words.percent(growth, 1), "margin": words.percent(MARGIN, 1)}
    yield _("%(share)s of the members who bought would have gained, on %(receipts)s of the receipts.") % {
        "share": words.percent(people.gain, people.members),
        "receipts": words.percent(all_.touched, all_.receipts),
    }
    if people.lose:
        yield ngettext(
            "%(n)s member would have lost.", "%(n)s members would have lost.", people.lose
        ) % {"n": words.count(people.lose)}  # fmt: skip
    if people.winners:
        yield _("The largest winner would have gained %(value)s %(currency)s.") % {
            "value": words.money(people.winners[0].value),
            "currency": currency,
        }


def _mostly_why(tally: Tally) -> Iterable[str]:
    """The reason that kept most receipts from what was tried, and what it means where the past cannot tell."""
    whys = Counter[str]()
    for tried in tally.tried.values():
        whys.update(tried.declined)
    if not whys:
        return
    code, _receipts = whys.most_common(1)[0]
    yield _("Mostly because: %(why)s.") % {"why": words.why_not(code)}
    if code == "coupon_missing":
        yield _(
            "Past receipts show only the coupons that were there then: what new ones bring, they cannot tell."
        )


def growth_to_pay(all_: Sums) -> Decimal | None:
    """By what share the touched receipts must grow for their margin to pay the cost; None where nothing is to pay."""
    if all_.cost <= 0 or all_.touched_sales <= 0:
        return None
    return all_.cost / (all_.touched_sales * MARGIN)


def _of_what(all_: Sums) -> str:
    """In points or discounts, and how that compares with what was sold."""
    kinds = [_("points")] if all_.points else []
    kinds += [_("discounts")] if all_.discount else []
    return " " + _(
        "in %(kinds)s: %(share)s of the sales of the receipts it touches, %(whole)s of all sales."
    ) % {
        "kinds": _(" and ").join(kinds) or _("points"),
        "share": words.percent(abs(all_.cost), all_.touched_sales),
        "whole": words.percent(abs(all_.cost), all_.sales),
    }


def facts(tally: Tally, currency: str) -> Iterable[Fact]:
    """The figures that stand first on the page."""
    all_, people = tally.all, tally.people
    yield Fact(
        _("Extra points"),
        words.money(all_.points),
        _("worth %(money)s %(currency)s, if all are spent")
        % {"money": words.money(all_.worth), "currency": currency},
    )
    yield Fact(_("Extra discounts"), words.money(all_.discount), currency)
    yield Fact(
        _("Receipts touched"),
        words.percent(all_.touched, all_.receipts),
        _("%(some)s of %(all)s") % {"some": words.count(all_.touched), "all": words.count(all_.receipts)},
    )
    yield Fact(
        _("Members who gain"),
        words.percent(people.gain, people.members),
        _("%(some)s of %(all)s") % {"some": words.count(people.gain), "all": words.count(people.members)},
    )
    if all_.touched:
        yield Fact(
            _("Cost of a touched receipt"),
            words.money(all_.cost / all_.touched),
            _("of %(sales)s %(currency)s on average")
            % {"sales": words.money(all_.touched_sales / all_.touched), "currency": currency},
        )
    yield Fact(
        _("Points without it"),
        words.money(all_.points_before),
        _("with it %(share)s more") % {"share": words.percent(all_.points, all_.points_before)},
    )
