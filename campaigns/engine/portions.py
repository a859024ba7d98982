"""What a reason says of one line: effects are reckoned for the whole receipt, and each line gets a part.

The arguments of a reason are those of the whole: "4% of 6.63". On a line of 1.09 that explains nothing. So whoever
tells a line asks here for the line's own arguments: what the effect comes to on this line alone, where
reckoning so gives exactly what the line was given ("4% of 1.09"); else how much of the whole falls to it,
and by which part of what ("4% of 6.63; in all 0.27, here 0.05 (1.09 of 6.63)"). Nothing of this is stored: old
decisions are told by it too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Any, NamedTuple, Protocol

from campaigns.engine.case import cents_text
from campaigns.engine.effects import Unit, compile_booster
from campaigns.engine.rulebook import Terms
from loyalty.rules.rounding import Rounding, from_cents, round_ratio, to_cents

Args = Mapping[str, Any]
ZERO = Decimal(0)
#: Arguments that are a line's own already.
_OWN = frozenset({"taken", "worth", "part"})
_MULTIPLIER = "multiplier"


class Why(Protocol):
    """A reason for points, or for money off: of an outcome or of a stored decision."""

    @property
    def campaign_id(self) -> int: ...
    @property
    def points(self) -> Decimal | None: ...
    @property
    def discount(self) -> Decimal | None: ...
    @property
    def code(self) -> str: ...
    @property
    def args(self) -> Args: ...


class Decided(Protocol):
    """A line of an outcome or of a stored decision."""

    @property
    def amount(self) -> Decimal: ...
    @property
    def discount(self) -> Decimal: ...
    @property
    def to_pay(self) -> Decimal: ...
    @property
    def because(self) -> Sequence[Any]: ...


class Portion(NamedTuple):
    """What an effect gave to one line, or to all: points, or money; and what it was reckoned on there."""

    given: Decimal
    basis: Decimal


def of(lines: Sequence[Decided], receipt: Sequence[Any], terms: Terms) -> list[list[dict[str, Any]]]:
    """The arguments of every reason of every line as they are true of the line; last, those of the receipt's own."""
    reasons: list[Sequence[Any]] = [*(line.because for line in lines), receipt]
    portions = [list(_of_line(line, terms)) if line.because else [] for line in lines]
    portions.append(list(_of_receipt(receipt)))
    keys = [_keys(of_line) for of_line in reasons]
    wholes: dict[Any, Portion] = {}
    for names, found in zip(keys, portions, strict=True):
        for name, mine in zip(names, found, strict=True):
            others = wholes.get(name)
            wholes[name] = (
                mine if others is None else Portion(others.given + mine.given, others.basis + mine.basis)
            )
    unit = Unit(terms.point_decimals, Rounding(terms.rounding))
    return [
        [
            _args(why, portion, wholes[name], unit)
            for why, name, portion in zip(of_line, names, found, strict=True)
        ]
        for of_line, names, found in zip(reasons, keys, portions, strict=True)
    ]


def _shared(args: Args) -> dict[str, Any]:
    """The arguments that are those of the whole."""
    if _OWN.isdisjoint(args):
        return dict(args)
    return {name: value for name, value in args.items() if name not in _OWN}


def _keys(reasons: Sequence[Why]) -> list[Any]:
    """A name for each effect that gave something to a line: the same on every line, as its arguments are."""
    names: list[Any] = []
    seen: dict[Any, int] = {}
    for why in reasons:
        name = (why.campaign_id, why.code, bool(why.discount), repr(_shared(why.args)))
        seen[name] = seen.get(name, 0) + 1
        names.append((name, seen[name]))
    return names


def _of_line(line: Decided, terms: Terms) -> Iterator[Portion]:
    """What each effect was reckoned on: what was left of the line by then, what it earns on, its points."""
    left = line.amount
    earning = line.amount - line.discount if terms.earn_on == "before" else line.to_pay
    for why, points in zip(line.because, _before(line.because), strict=True):
        if why.discount:
            yield Portion(
                why.discount, _by_piece(why.code, why.args) if "taken" in why.args else _part(why, left)
            )
            left -= why.discount
        else:
            yield Portion(
                why.points or ZERO, points if why.code == _MULTIPLIER else _part(why, max(earning, ZERO))
            )


def _of_receipt(receipt: Sequence[Why]) -> Iterator[Portion]:
    """What is given to the receipt as a whole is the whole; only multipliers give it a part."""
    for why, points in zip(receipt, _before(receipt), strict=True):
        whole = Decimal(str(why.args.get("of", 0)))
        yield Portion(why.points or ZERO, points if why.code == _MULTIPLIER else whole)


def _before(reasons: Sequence[Why]) -> list[Decimal]:
    """For each reason the points that multipliers count there: all but those of multipliers."""
    counted = sum((why.points or ZERO for why in reasons if why.code != _MULTIPLIER), ZERO)
    return [counted] * len(reasons)


def _part(why: Why, basis: Decimal) -> Decimal:
    return Decimal(why.args["part"]) if "part" in why.args else basis


def _args(why: Why, mine: Portion, everyone: Portion, unit: Unit) -> dict[str, Any]:
    """The arguments of one reason on one line, of what everyone got for it together."""
    args = _shared(why.args)
    if "taken" in why.args:
        args["pieces_here"], args["worth_here"] = why.args["taken"], why.args["worth"]
    whole = everyone.given
    if why.code == "off_amount" and "cut_money" not in args and whole < Decimal(args["amount"]):
        args["most"] = format(whole, ".2f")
    if not mine.given or not _is_cut(args):
        own = _OWN_WAY.get(why.code)
        if not mine.given or (own is not None and own(args, mine, unit)):
            return args
    if mine.given == whole and _says_all(args, mine):
        return args
    money = bool(why.discount)
    args["share"], args["whole"] = (_text(number, money, unit) for number in (mine.given, whole))
    total = _total(why, everyone)
    as_points = why.code == _MULTIPLIER
    unit_given = Decimal(1).scaleb(-2 if money else -unit.places)
    if total and abs(whole * mine.basis / total - mine.given) < unit_given:
        args["here"], args["total"] = (_text(number, not as_points, unit) for number in (mine.basis, total))
    return args


def _is_cut(args: Args) -> bool:
    return "cut_to" in args or "cut_money" in args


def _says_all(args: Args, mine: Portion) -> bool:
    """Whether what is said of the whole is said of this line: nothing else was looked at."""
    return "of" not in args or Decimal(str(args["of"])) == mine.basis


def _total(why: Why, everyone: Portion) -> Decimal:
    """What the whole effect was reckoned on."""
    if "of" in why.args and "taken" not in why.args:
        return Decimal(str(why.args["of"]))
    return everyone.basis


def _text(number: Decimal, money: bool, unit: Unit) -> str:
    return format(number, f".{2 if money else unit.places}f")


# What a line was given, reckoned from the line alone: the arguments get the line's own amounts when that is exact.


@lru_cache(maxsize=256)
def _share(unit: Unit, percent: str) -> Callable[[int], int]:
    return unit.share(percent)


def _percent(args: dict[str, Any], mine: Portion, unit: Unit) -> bool:
    cents = to_cents(mine.basis)
    if Decimal(_share(unit, args["percent"])(cents)).scaleb(-unit.places) != mine.given:
        return False
    args["of"] = cents_text(cents)
    return True


def _percent_off(args: dict[str, Any], mine: Portion, _: Unit) -> bool:
    cents = to_cents(mine.basis)
    if _percent_of(cents, args["percent"]) != mine.given:
        return False
    args["of"] = cents_text(cents)
    return True


def _times(args: dict[str, Any], mine: Portion, unit: Unit) -> bool:
    units = int(mine.basis.scaleb(unit.places))
    if Decimal(compile_booster(args, unit).add(units)).scaleb(-unit.places) != mine.given:
        return False
    args["of"] = _text(mine.basis, False, unit)
    return True


def _pieces(args: dict[str, Any], mine: Portion, _: Unit) -> bool:
    return "pieces_here" in args and mine.basis == mine.given


def _by_piece(code: str, args: Args) -> Decimal:
    """What is taken off the pieces of a line that an effect is for."""
    worth = Decimal(args["worth"])
    if code != "fixed_price":
        return _percent_of(to_cents(worth), args.get("percent", "100"))
    cost = Decimal(args["price"]) * Decimal(args["taken"]) * 100
    return worth - from_cents(round_ratio(*cost.as_integer_ratio()))


def _percent_of(cents: int, percent: str) -> Decimal:
    top, bottom = Decimal(percent).as_integer_ratio()
    return from_cents(round_ratio(cents * top, bottom * 100))


_OWN_WAY: Mapping[str, Callable[[dict[str, Any], Portion, Unit], bool]] = {
    "percent": _percent,
    "promised": _percent,
    "step_percent": _percent,
    "off_percent": _percent_off,
    "stamps_percent": _percent_off,
    _MULTIPLIER: _times,
    "fixed_price": _pieces,
    "cheapest_free": _pieces,
    "gift": _pieces,
    "stamps_free": _pieces,
}
