"""Near misses: what members would have had to do to gain more.

The engine says why a tried campaign gave nothing. Where that is a matter of little (an amount a tenth too
low, one piece or one purchase short, an hour or a day too early, no card shown) the receipt is judged
again as if that little had been done. Only what then earns is a near miss, and what it earns is what was
missed; where something else would have stood in the way (a limit, another condition), nothing is.

As this judges a receipt several times over, of many receipts only every so manieth is looked at, and
counts for as many. One purchase short is counted by members, where their receipts of the period end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from campaigns.backtest.adding_up import Adder, Miss
from campaigns.backtest.judging import Judged, decide, of_outcome, used_by
from campaigns.backtest.worlds import later
from campaigns.engine.document import GOODS, leaves
from campaigns.engine.outcome import Declined
from campaigns.engine.questions import WhatFor, When
from campaigns.engine.rulebook import Revision, Rulebook
from campaigns.engine.shopper import Shopper
from loyalty.rules.basket import Basket, Line, Moment
from loyalty.rules.rounding import line_amount
from loyalty.rules.terms import Goods

ZERO = Decimal(0)
#: How near is near: a share of what was wanted, pieces or purchases, minutes.
NEAR_SHARE = Decimal("0.10")
NEAR_COUNT = 1
NEAR_MINUTES = 60

_DAY = 24 * 60


class Other(NamedTuple):
    """A receipt as it would have been with a little more done."""

    kind: str
    short: Decimal
    basket: Basket
    shopper: Shopper
    moment: Moment


@dataclass(frozen=True, slots=True)
class Watched:
    """A tried campaign, and what of it near misses ask for."""

    revision: Revision
    #: Leaves of its conditions that speak of goods, with the goods.
    goods: tuple[tuple[Mapping[str, Any], Goods], ...]
    #: The steps of its scale, where it has one, ascending; and what it measures: the receipt, or these lines.
    steps: tuple[Decimal, ...]
    by_receipt: bool
    goods_of: Callable[[Line], bool] | None
    when: When
    #: Whether it needs others to give anything, and whether they may keep it from giving.
    boosts: bool
    stacks: bool


def watch(revision: Revision) -> Watched:
    """What to look at in a campaign."""
    asked = revision.definition.questions
    steps = [Decimal(step["from"]) for effect in asked.what for step in effect.get("steps", ())]
    return Watched(
        revision=revision,
        goods=tuple((leaf.fields, goods) for leaf in leaves(asked.tree) if (goods := _goods(leaf.fields))),
        steps=tuple(sorted(steps)),
        by_receipt=any(effect.get("by") == "receipt" for effect in asked.what),
        goods_of=_chosen(asked.what_for),
        when=asked.when,
        boosts=any(effect["effect"] == "multiplier" for effect in asked.what),
        stacks=asked.stacking.group is not None,
    )


def _chosen(what_for: WhatFor) -> Callable[[Line], bool] | None:
    """The test of the lines that a campaign looks at; None for all of them."""
    wanted, unwanted = _goods(what_for.goods), _goods(what_for.but)
    if wanted is None and unwanted is None:
        return None
    return lambda line: (wanted is None or wanted.match(line)) and not (unwanted and unwanted.match(line))


def _goods(chosen: Mapping[str, Any]) -> Goods | None:
    named = {kind: frozenset(chosen[kind]) for kind in GOODS if kind in chosen}
    return Goods(**named) if named else None


class Finder:
    """Finds near misses among judged receipts. ``settle`` finds those that only show at a member's end."""

    def __init__(self, adder: Adder, revisions: Mapping[int, Revision], step: int = 1) -> None:
        self._adder = adder
        self._step = step
        self._seen = 0
        self._watched = {key: watch(revision) for key, revision in revisions.items()}
        self._scales = [one for one in self._watched.values() if one.steps]
        self._alone: dict[tuple[int, int], Rulebook] = {}
        #: Members one purchase short at the last receipt that was counted, by campaign.
        self._waiting: dict[tuple[int, str], tuple[Judged, str]] = {}
        self._counting: set[int] = set()

    def note(self, judged: Judged) -> None:
        """Look at why tried campaigns gave nothing on a receipt."""
        watched = self._watched
        self._seen += 1
        chosen = self._seen % self._step == 0
        codes = _ALL if chosen else _ALWAYS
        for declined in judged.outcome.declined:
            if declined.code in codes and (one := watched.get(declined.campaign_id)):
                self._look(one, declined, judged)
        if chosen:
            for one in self._scales:
                self._try(one, judged, _step(one, judged), self._step)
        if self._waiting and (member := judged.past.member) is not None:
            points, discounts = judged.after.points, judged.after.discounts
            for campaign_id in self._counting:
                if campaign_id in points or campaign_id in discounts:  # who got there has missed nothing
                    self._waiting.pop((campaign_id, member), None)

    def _look(self, one: Watched, declined: Declined, judged: Judged) -> None:
        code, args, member = declined.code, declined.args, judged.past.member
        if code in _COUNTED:
            if member is not None:
                self._wait((one.revision.campaign_id, member), judged, _purchases(code, args))
        elif code == "gift_missing":
            self._of(one.revision.campaign_id, "gift").receipts += 1
        else:
            self._try(one, judged, _LOOKS[code](one, args, judged), self._step)

    def settle(self) -> None:
        """Count who stood one purchase or stamp short at the end."""
        for (campaign_id, _member), (judged, kind) in self._waiting.items():
            self._try(self._watched[campaign_id], judged, _next(kind, judged), 1)
        self._waiting.clear()
        self._seen = 0  # which receipts are looked at must not hang on who worked on the stretch before

    def _wait(self, key: tuple[int, str], judged: Judged, missing: tuple[str, int]) -> None:
        """Remember a member who is one short; forget one who is not any more."""
        kind, short = missing
        if short == NEAR_COUNT:
            self._counting.add(key[0])
            self._waiting[key] = (judged, kind)
        else:
            self._waiting.pop(key, None)

    def _try(self, one: Watched, judged: Judged, other: Other | None, times: int) -> None:
        """Judge a receipt as if a little more had been done; a near miss if that earns."""
        if other is None:
            return
        campaign_id, now = one.revision.campaign_id, judged.after
        past = replace(judged.past, basket=other.basket, moment=other.moment)
        points = discount = ZERO
        for alone, book in self._books(one, judged.book):
            outcome = decide(past, other.shopper, book)
            if alone and one.boosts:
                if any(declined.code != "nothing_to_multiply" for declined in outcome.declined):
                    return
                continue
            verdict = of_outcome(outcome)
            points = verdict.points.get(campaign_id, ZERO) - now.points.get(campaign_id, ZERO)
            discount = verdict.discounts.get(campaign_id, ZERO) - now.discounts.get(campaign_id, ZERO)
            if points + discount <= 0:
                return
        miss = self._of(campaign_id, other.kind)
        miss.receipts += times
        miss.short += other.short * times
        miss.points += points * times
        miss.discount += discount * times

    def _books(self, one: Watched, book: Rulebook) -> Iterator[tuple[bool, Rulebook]]:
        """The campaign alone, which is quick; and all others with it where they have a say."""
        key = (one.revision.campaign_id, id(book))
        if key not in self._alone:
            self._alone[key] = Rulebook(book.terms, (one.revision,))
        yield True, self._alone[key]
        if one.boosts or one.stacks:
            yield False, book

    def _of(self, campaign_id: int, kind: str) -> Miss:
        kinds = self._adder.tally.misses.setdefault(campaign_id, {})
        if kind not in kinds:
            kinds[kind] = Miss()
        return kinds[kind]


def _other(kind: str, short: Decimal, judged: Judged, **changed: Any) -> Other:
    past = judged.past
    same: dict[str, Any] = {"basket": past.basket, "shopper": judged.shopper, "moment": past.moment}
    return Other(kind, short, **(same | changed))


def _is_near(wanted: Decimal, found: Decimal) -> bool:
    return ZERO < wanted - found <= wanted * NEAR_SHARE


def _amount(one: Watched, args: Mapping[str, Any], judged: Judged) -> Other | None:
    """The receipt came to a little less than was asked for."""
    return _more_money(one, args, judged, Decimal(args["amount"]))


def _figure(one: Watched, args: Mapping[str, Any], judged: Judged) -> Other | None:
    """The goods, or all receipts of a period, came to a little less than was asked for."""
    return _more_money(one, args, judged, Decimal(args["value"]))


def _more_money(one: Watched, args: Mapping[str, Any], judged: Judged, found: Decimal) -> Other | None:
    wanted = Decimal(args["at_least"])
    if not _is_near(wanted, found):
        return None
    index = _line_of(one, judged.past.basket.lines, args)
    if index is None:
        return None
    short = wanted - found
    basket = _changed(judged.past.basket, index, lambda line: replace(line, amount=line.amount + short))
    return _other("amount", short, judged, basket=basket)


def _pieces(one: Watched, args: Mapping[str, Any], judged: Judged) -> Other | None:
    """One piece more, of something that is on the receipt, would have done."""
    short = Decimal(args.get("at_least", args.get("pieces", "0"))) - Decimal(args["value"])
    index = _line_of(one, judged.past.basket.lines, args) if ZERO < short <= NEAR_COUNT else None
    if index is None:
        return None

    def more(line: Line) -> Line:
        return replace(
            line, quantity=line.quantity + short, amount=line.amount + line_amount(short, line.price)
        )

    return _other("piece", short, judged, basket=_changed(judged.past.basket, index, more))


def _line_of(one: Watched, lines: tuple[Line, ...], args: Mapping[str, Any]) -> int | None:
    """The line of which there should have been more: of the goods that were asked for, or any."""
    if not lines:
        return None
    if "wanted" not in args:
        return 0
    for leaf, goods in one.goods:
        if str(leaf.get("at_least", leaf.get("pieces", "1"))) == str(
            args.get("at_least", args.get("pieces"))
        ):
            found = next((index for index, line in enumerate(lines) if goods.match(line)), None)
            if found is not None:
                return found
    return None


def _changed(basket: Basket, index: int, change: Callable[[Line], Line]) -> Basket:
    lines = list(basket.lines)
    lines[index] = change(lines[index])
    return replace(basket, lines=tuple(lines))


def _purchases(code: str, args: Mapping[str, Any]) -> tuple[str, int]:
    """What a member is short of, and of how many."""
    if code == "stamp_collected":
        return "stamp", int(args["goal"]) - int(args["value"])
    number = int(args["number"])
    if "every" in args:
        return "purchase", -number % int(args["every"])
    return "purchase", int(args.get("exactly", 0)) - number


def _next(kind: str, judged: Judged) -> Other:
    """The same purchase once more would have been the one that earns."""
    again = later(judged.shopper, used_by(judged.outcome))
    shopper = replace(again, purchases=judged.shopper.purchases + 1)
    return _other(kind, Decimal(NEAR_COUNT), judged, shopper=shopper)


def _step(one: Watched, judged: Judged) -> Other | None:
    """A little more would have reached the next step of its scale."""
    index, measure = _measure(one, judged)
    wanted = next((step for step in one.steps if step > measure), None)
    if index is None or wanted is None or not _is_near(wanted, measure) or judged.past.member is None:
        return None
    short = wanted - measure
    basket = _changed(judged.past.basket, index, lambda line: replace(line, amount=line.amount + short))
    return _other("step", short, judged, basket=basket)


def _measure(one: Watched, judged: Judged) -> tuple[int | None, Decimal]:
    """What a campaign's scale measures on a receipt, and the first line of it."""
    before = judged.book.terms.earn_on == "before"
    amounts = {
        line.position: line.amount - line.discount if before else line.to_pay for line in judged.outcome.lines
    }
    lines, first, measure = judged.past.basket.lines, None, ZERO
    for index, line in enumerate(lines):
        if one.goods_of is None or one.goods_of(line):
            first = index if first is None else first
            measure += amounts[line.position]
    return first, sum(amounts.values(), ZERO) if one.by_receipt else measure


def _hour(one: Watched, args: Mapping[str, Any], judged: Judged) -> Other | None:
    """A little earlier or later it would have been open."""
    moment = judged.past.moment
    minute = moment.in_store.hour * 60 + moment.in_store.minute
    best = 0
    for start, end in one.when.hours or ():
        for shift in (_minutes(start) - minute, _minutes(end) - 1 - minute):
            if shift and (not best or abs(shift) < abs(best)):
                best = shift
    if not best or abs(best) > NEAR_MINUTES or not 0 <= minute + best < _DAY:
        return None
    kind = "early" if best > 0 else "late"
    return _other(kind, Decimal(abs(best)), judged, moment=_shifted(moment, timedelta(minutes=best)))


def _minutes(clock: str) -> int:
    return int(clock[:2]) * 60 + int(clock[3:])


def _weekday(one: Watched, args: Mapping[str, Any], judged: Judged) -> Other | None:
    """On the next day, or on the one before, it would have been open."""
    days, moment = one.when.weekdays or (), judged.past.moment
    today = moment.in_store.isoweekday()
    if today % 7 + 1 in days:
        return _other("day_early", Decimal(1), judged, moment=_shifted(moment, timedelta(days=1)))
    if (today - 2) % 7 + 1 in days:
        return _other("day_late", Decimal(1), judged, moment=_shifted(moment, timedelta(days=-1)))
    return None


def _shifted(moment: Moment, by: timedelta) -> Moment:
    return Moment(moment.in_store + by, moment.in_programme + by)


def _card(one: Watched, args: Mapping[str, Any], judged: Judged) -> Other | None:
    """With a card it would have earned: as the first purchase of someone who has just joined."""
    if judged.past.member is not None:
        return None
    someone = Shopper(member_id="somebody", joined_on=judged.past.moment.in_programme.date())
    return _other("card", ZERO, judged, shopper=someone)


def _free_piece(one: Watched, args: Mapping[str, Any], judged: Judged) -> Other | None:
    """One piece more would have made the cheapest one free."""
    lines = judged.past.basket.lines
    wanted = one.goods_of or (lambda line: True)
    index = next((index for index, line in enumerate(lines) if wanted(line)), None)
    if int(args["missing"]) != NEAR_COUNT or index is None:
        return None
    return _other("piece", Decimal(1), judged, basket=_changed(judged.past.basket, index, _one_more))


def _one_more(line: Line) -> Line:
    return replace(line, quantity=line.quantity + 1, amount=line.amount + line.price)


#: Reasons that count purchases: who is short of the last one comes again, and misses nothing.
_COUNTED = {"not_nth_purchase", "stamp_collected"}
#: By the engine's reasons.
_LOOKS: dict[str, Callable[[Watched, Mapping[str, Any], Judged], Other | None]] = {
    "amount_too_low": _amount,
    "goods_amount_too_low": _figure,
    "spent_too_low": _figure,
    "pieces_too_low": _pieces,
    "goods_missing": _pieces,
    "pieces_short": _free_piece,
    "outside_hours": _hour,
    "wrong_weekday": _weekday,
    "no_member": _card,
    "not_member": _card,
}
#: What is looked at on every receipt, and what only on those that stand for others.
_ALWAYS = _COUNTED | {"gift_missing"}
_ALL = _ALWAYS | set(_LOOKS)
