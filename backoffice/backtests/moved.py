"""What a trial moves: what its campaigns gave, what becomes of those that are live, and who gains or just misses."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from backoffice.backtests import words
from campaigns.backtest.adding_up import Live, Tally, Tried
from campaigns.models import Backtest
from members.models import Member


def of_tried(
    one: Mapping[str, Any], told: Tried, tally: Tally, campaigns: Mapping[int, str]
) -> dict[str, Any]:
    """What a tried campaign gave, and why it mostly did not."""
    whys = sorted(told.declined.items(), key=lambda pair: -pair[1])[:3]
    return {
        "id": one["campaign"],
        "name": one["name"],
        "receipts": words.count(told.receipts),
        "share": words.percent(told.receipts, tally.all.receipts),
        "members": words.count(told.members),
        "points": words.money(told.points),
        "discount": words.money(told.discount),
        "why_not": [(words.why_not(code), words.percent(n, tally.all.receipts)) for code, n in whys],
        "beaten_by": [
            (campaigns.get(rival, str(rival)), words.count(n))
            for rival, n in sorted(told.beaten_by.items(), key=lambda pair: -pair[1])
        ],
    }


def distance(one: Live) -> Decimal:
    """How much a live campaign gives more or less than before, in points and money."""
    return abs(one.points - one.points_before) + abs(one.discount - one.discount_before)


def of_live(key: int, one: Live, campaigns: Mapping[int, str], boosts: bool) -> dict[str, Any]:
    """What becomes of a live campaign."""
    points, discount = one.points - one.points_before, one.discount - one.discount_before
    whys = []
    for why, n in sorted(one.because.items(), key=lambda pair: -pair[1]):
        code, _colon, rival = why.partition(":")
        text = words.why_not("boosts" if boosts and code == "otherwise" else code)
        if rival:
            text = f"{text}: “{campaigns.get(int(rival), rival)}”"
        whys.append((text, words.count(n)))
    return {
        "id": key,
        "name": campaigns.get(key, str(key)),
        "points": words.signed(points),
        "discount": words.signed(discount) if one.discount or one.discount_before else "",
        "share": words.percent(points, one.points_before) if one.points_before else "",
        "loses": points + discount < 0,
        "lost": words.count(one.lost),
        "less": words.count(one.less),
        "more": words.count(one.more),
        "gained": words.count(one.gained),
        "because": whys,
    }


def winners(tally: Tally, names: bool) -> list[dict[str, Any]]:
    """The largest winners, with their names for those who may see them."""
    ids = [winner.member for winner in tally.people.winners]
    known = {str(member.pk): member for member in Member.objects.filter(pk__in=ids)} if names else {}
    return [
        {
            "member": known.get(winner.member),
            "name": str(known[winner.member]) if winner.member in known else _("member %(n)s") % {"n": place},
            "value": words.money(winner.value),
            "points": words.money(winner.points),
            "discount": words.money(winner.discount),
            "on": ngettext(
                "%(n)s receipt, %(share)s of what they paid",
                "%(n)s receipts, %(share)s of what they paid",
                winner.receipts,
            )
            % {"n": words.count(winner.receipts), "share": words.percent(winner.value, winner.sales)},
        }
        for place, winner in enumerate(tally.people.winners, 1)
    ]


def misses(backtest: Backtest, tally: Tally, campaigns: Mapping[int, str]) -> list[dict[str, Any]]:
    """What members would have had to do to gain more, campaign by campaign."""
    told = []
    for one in backtest.tried:
        found = tally.misses.get(one["campaign"], {})
        kinds = [
            {
                "text": words.miss(kind, miss, backtest.programme.currency),
                "points": words.money(miss.points) if miss.points else "",
                "discount": words.money(miss.discount) if miss.discount else "",
                "worth": miss.points + miss.discount,
            }
            for kind, miss in found.items()
            if miss.receipts
        ]
        if kinds:
            kinds.sort(key=lambda kind: -kind["worth"])  # type: ignore[operator]
            told.append({"name": one["name"], "kinds": kinds})
    return told
