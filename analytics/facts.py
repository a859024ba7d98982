"""Facts about members, kept as they change. The only place that writes them, with ``analytics.recount``.

A member's facts in a programme are guarded by the version of the member's account: whoever writes
them writes the account in the same statement, so absolute values are safe.

Among the facts is the member's tier. It follows from the rest of them (``loyalty.rules.tiers``) and from what was
set by hand; the column keeps it for those who filter by it, and for telling when it changes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from foundation import prepared
from loyalty.ledger import ledger
from loyalty.rules import tiers
from loyalty.rules.tiers import Bought, Climb, Ladder, Step
from loyalty.shops.places import Scheme
from loyalty.tiers import tier_changes
from loyalty.tiers.tier_changes import Because, ChangeRow


class ByHand(NamedTuple):
    """A tier that somebody set: at least that one, or exactly that one, until a moment or for good."""

    tier_id: int
    until: datetime | None
    exactly: bool


class Facts(NamedTuple):
    """What a member did in a programme so far. ``spent`` is money paid, ``points`` what purchases earned;
    what was returned is taken off both.

    ``stored`` says that there is a row; ``tier_id`` and ``tier_until`` are as it was last written, ``climb``
    as the ladder of ``version`` had it. ``bought`` are purchases that stand, as far as the ladder needs them:
    none, those it looks back upon, or all of them (``READ``).
    """

    purchases: int = 0
    spent: Decimal = Decimal(0)
    first_purchase_at: datetime | None = None
    last_purchase_at: datetime | None = None
    points: Decimal = Decimal(0)
    stored: bool = False
    tier_id: int | None = None
    tier_until: datetime | None = None
    version: int = 0
    climb: Climb | None = None
    by_hand: ByHand | None = None
    bought: tuple[Bought, ...] | None = None


class Rank(NamedTuple):
    """Where a member stands on a ladder. ``counted`` counts towards ``next``, which ``needs`` so much more."""

    tier: Step | None
    next: Step | None
    needs: Decimal
    counted: Decimal
    until: datetime | None

    @property
    def percent(self) -> int:
        """How far it is from the tier to the next one: 0 to 100."""
        if self.next is None:
            return 100
        begin = self.tier.threshold if self.tier else Decimal(0)
        way = self.next.threshold - begin
        return int(min(Decimal(100), max(Decimal(0), (self.counted - begin) * 100 / way)))


class FactsRow(NamedTuple):
    """A row of ``MemberFacts``, but for what is set by hand."""

    member_id: UUID
    programme_id: int
    purchases: int
    spent: Decimal
    first_purchase_at: datetime | None
    last_purchase_at: datetime | None
    points: Decimal
    tier_id: int | None
    tier_until: datetime | None
    ladder_version: int
    climb: Climb | None


#: Part of a statement: writes what ``rows`` gives as ``%(facts)s`` and changes of tiers as ``%(tiers)s``.
WRITE = f"""
facts_rows AS (
  INSERT INTO analytics_memberfacts AS f (member_id, programme_id, purchases, spent, first_purchase_at,
         last_purchase_at, points, tier_id, tier_until, ladder_version, climb)
  SELECT x.* FROM json_to_recordset(%(facts)s::json)
      AS x(member_id uuid, programme_id bigint, purchases int, spent numeric,
           first_purchase_at timestamptz, last_purchase_at timestamptz, points numeric, tier_id bigint,
           tier_until timestamptz, ladder_version int, climb jsonb)
  ON CONFLICT (member_id, programme_id) DO UPDATE
     SET purchases = EXCLUDED.purchases, spent = EXCLUDED.spent, points = EXCLUDED.points,
         tier_id = EXCLUDED.tier_id, first_purchase_at = EXCLUDED.first_purchase_at,
         last_purchase_at = EXCLUDED.last_purchase_at, tier_until = EXCLUDED.tier_until,
         ladder_version = EXCLUDED.ladder_version, climb = EXCLUDED.climb),
{tier_changes.WRITE}
"""

#: A purchase that stands, as ``Bought``. A return's own decision says what is earned by what remains.
BOUGHT_COLUMNS = """r.id, r.purchased_at, r.to_pay - COALESCE(back.refund, 0) AS spent,
    COALESCE(back.earned, r.earned) AS points"""
BOUGHT_FROM = """loyalty_receipt r LEFT JOIN LATERAL (
    SELECT sum(b.refund) AS refund,
           (array_agg(COALESCE((b.outcome->>'earned')::numeric, 0) ORDER BY b.recorded_at DESC, b.id DESC))[1] AS earned
      FROM loyalty_return b WHERE b.receipt_id = r.id) back ON r.status = 'partially_returned'"""
STANDS = "r.status IN ('completed', 'partially_returned')"

#: Part of a statement: a member's ``Facts`` as a JSON array. ``{member}`` is the member's id; for a purchase at
#: ``%(at)s`` under the ladder ``%(ladder)s``. ``%(look_back)s`` is null for a plain ladder, else the days it looks
#: back upon. All purchases are read when what is to come was made before the last one, or under another ladder.
READ = f"""
SELECT json_build_array(f.purchases, f.spent, f.first_purchase_at, f.last_purchase_at, f.points, true,
       f.tier_id, f.tier_until, f.ladder_version, f.climb,
       CASE WHEN f.set_tier_id IS NOT NULL
            THEN json_build_array(f.set_tier_id, f.set_until, f.set_exactly) END,
       CASE WHEN %(look_back)s::int IS NOT NULL THEN (
         SELECT json_agg(json_build_array(b.id, b.purchased_at, b.spent, b.points)) FROM (
           SELECT {BOUGHT_COLUMNS} FROM {BOUGHT_FROM}
            WHERE r.member_id = f.member_id AND r.programme_id = f.programme_id AND {STANDS}
              AND r.purchased_at > CASE
                    WHEN f.last_purchase_at > %(at)s::timestamptz OR f.ladder_version <> %(ladder)s::int
                    THEN '-infinity'
                    ELSE %(at)s::timestamptz - make_interval(days => %(look_back)s::int) END
            ORDER BY r.purchased_at) b) END)
  FROM analytics_memberfacts f
 WHERE f.member_id = {{member}} AND f.programme_id = %(programme)s::bigint"""
#: A day's zone, and the day itself.
_SLACK_DAYS = 2
#: What was kept through a second is another in the next one.
_SECOND = timedelta(seconds=1)


def look_back(ladder: Ladder) -> int | None:
    """How many days of purchases must be read to judge another one; None for a ladder that needs no climb."""
    if ladder.plain:
        return None
    span = ladder.looks_back
    if span is None:
        return 0
    return (span.amount if span.unit == "days" else span.amount * 31) + _SLACK_DAYS


def written(facts: Facts, row: FactsRow) -> Facts:
    """The facts as they would be read back once their row is written."""
    return facts._replace(
        stored=True, tier_id=row.tier_id, tier_until=row.tier_until, version=row.ladder_version
    )


def write(rows: Sequence[FactsRow], changed: Sequence[ChangeRow]) -> None:
    """Write facts and changes of tiers by themselves. Runs under the locks of the members' accounts."""
    params = {
        "facts": ledger.encode([row._asdict() for row in rows]),
        "tiers": ledger.encode([change._asdict() for change in changed]),
    }
    prepared.run(f"WITH {WRITE} SELECT 1 AS done", params)


def as_of(facts: Facts, ladder: Ladder) -> Facts:
    """The facts under the ladder as it is now: when they were written under another, the climb is made anew."""
    if ladder.plain or (facts.climb is not None and facts.version == ladder.version):
        return facts
    return facts._replace(climb=tiers.fold(ladder, facts.bought or ()), version=ladder.version)


def level(facts: Facts, ladder: Ladder, moment: datetime) -> int:
    """The level on which a member stands at a moment: by the ladder, and by what was set by hand."""
    found = _by_rule(facts, ladder, ladder.day(moment))
    hand = facts.by_hand
    if hand is None or (hand.until is not None and hand.until < moment):
        return found
    chosen = ladder.level_of(hand.tier_id)
    if chosen == tiers.BELOW:
        return found
    return chosen if hand.exactly else max(found, chosen)


def counted(facts: Facts, ladder: Ladder, moment: datetime) -> Decimal:
    """What counts at a moment towards the next step: money, points or visits."""
    if ladder.plain:
        return _total(facts, ladder.basis)
    return tiers.counted_on(ladder, facts.climb or tiers.START, ladder.day(moment), facts.bought or ())


def kept_until(facts: Facts, ladder: Ladder, moment: datetime) -> datetime | None:
    """Until when the level of a moment is kept without another purchase; None: nothing takes it away."""
    hand = facts.by_hand
    by_rule = (
        tiers.until(ladder, facts.climb, ladder.day(moment)) if facts.climb and not ladder.plain else None
    )
    if hand is None or (hand.until is not None and hand.until < moment):
        return by_rule
    chosen, found = ladder.level_of(hand.tier_id), _by_rule(facts, ladder, ladder.day(moment))
    if chosen == tiers.BELOW or (found > chosen and not hand.exactly):
        return by_rule
    if hand.exactly or found < chosen:
        return hand.until
    return None if hand.until is None or by_rule is None else max(hand.until, by_rule)


def rank(facts: Facts, ladder: Ladder, moment: datetime) -> Rank:
    """Where the member stands at a moment, and what the next tier needs."""
    now = level(facts, ladder, moment)
    known = counted(facts, ladder, moment)
    above = ladder.step(now + 1)
    needs = max(Decimal(0), above.threshold - known) if above else Decimal(0)
    return Rank(ladder.step(now), above, needs, known, kept_until(facts, ladder, moment))


def after_purchase(facts: Facts, ladder: Ladder, purchase: Bought) -> Facts:
    """The facts once a purchase was made; it may be an old one that came late."""
    at, first, last = purchase.at, facts.first_purchase_at, facts.last_purchase_at
    facts = as_of(facts, ladder)
    moved = facts._replace(
        purchases=facts.purchases + 1,
        spent=facts.spent + purchase.spent,
        first_purchase_at=at if first is None else min(first, at),
        last_purchase_at=at if last is None else max(last, at),
        points=facts.points + purchase.points,
    )
    if ladder.plain:
        return moved
    earlier = facts.bought or ()
    if last is not None and at < last:
        climb = tiers.fold(ladder, (*earlier, purchase))
    else:
        climb = tiers.buy(ladder, facts.climb or tiers.START, purchase, earlier)
    return moved._replace(climb=climb, bought=(*earlier, purchase))


def after_return(
    facts: Facts,
    ladder: Ladder,
    refund: Decimal,
    points: Decimal,
    left: Bought | None,
    receipt_id: UUID,
    edges: tuple[datetime | None, datetime | None],
) -> Facts:
    """The facts once ``refund`` money and ``points`` went back.

    ``left`` is what is left of the purchase, None when nothing is; ``edges`` are then the moments of the first
    and the last of the purchases that do remain. ``facts.bought`` must hold all purchases, unless the ladder
    is plain.
    """
    moved = facts._replace(spent=facts.spent - refund, points=facts.points - points)
    if left is None:
        first, last = edges
        moved = moved._replace(purchases=facts.purchases - 1, first_purchase_at=first, last_purchase_at=last)
    if ladder.plain:
        return moved
    bought = tuple(one for one in facts.bought or () if one.id != receipt_id)
    if left is not None:
        bought = (*bought, left)
    return moved._replace(climb=tiers.fold(ladder, bought), bought=bought, version=ladder.version)


def row(member_id: UUID, scheme: Scheme, facts: Facts, moment: datetime) -> FactsRow:
    """The row to write, with the tier of that moment."""
    ladder = scheme.ladder
    step = ladder.step(level(facts, ladder, moment))
    return FactsRow(
        member_id, scheme.id, facts.purchases, facts.spent, facts.first_purchase_at, facts.last_purchase_at,
        facts.points, step.id if step else None, look_again_at(facts, ladder, moment), ladder.version,
        None if ladder.plain else facts.climb,
    )  # fmt: skip


def look_again_at(facts: Facts, ladder: Ladder, moment: datetime) -> datetime | None:
    """After which moment the tier may be another without a purchase: by the rule, or when what was set ends."""
    by_rule = None
    if facts.climb is not None and not ladder.plain:
        by_rule = tiers.until(ladder, facts.climb, ladder.day(moment))
    hand = facts.by_hand
    ends = hand.until if hand is not None and hand.until is not None and hand.until >= moment else None
    return min((at for at in (by_rule, ends) if at is not None), default=None)


def changes(
    member_id: UUID, scheme: Scheme, before: Facts, after: Facts, because: Because, moment: datetime
) -> list[ChangeRow]:
    """How the tier changes at a moment: first what time has done to it meanwhile, step by step, each as of when it
    happened; then what happens now."""
    ladder = scheme.ladder
    stood = ladder.level_of(before.tier_id) if before.stored else ladder.level(Decimal(0))
    found = []
    steps = (*_passed(before, ladder, moment), (moment, because, level(after, ladder, moment)))
    for at, why, comes_to in steps:
        if comes_to != stood:
            found.append(tier_changes.row(member_id, scheme.id, ladder, stood, comes_to, why, at, moment))
            stood = comes_to
    return found


def _passed(facts: Facts, ladder: Ladder, moment: datetime) -> Iterator[tuple[datetime, Because, int]]:
    """When the tier may have become another since it was written, why, and the level from then on.

    As the recount would have told it, had it run each time (``analytics.recount_statements``).
    """
    known, again = as_of(facts, ladder), facts.tier_until
    if facts.version != ladder.version:
        at = counted_anew_at(facts, ladder, moment)
        yield at, Because("ladder"), level(known, ladder, at)
        again = look_again_at(known, ladder, at)
    while again is not None and again < moment:
        at, then = again, min(again + _SECOND, moment)
        ended = facts.by_hand is not None and facts.by_hand.until == at
        yield at, Because("ended" if ended else "rule"), level(known, ladder, then)
        again = look_again_at(known, ladder, then)
        if again is not None and again <= at:  # the second in which the day ends
            break
    yield moment, Because("rule"), level(known, ladder, moment)


def counted_anew_at(facts: Facts, ladder: Ladder, moment: datetime) -> datetime:
    """As of when a member is counted on a ladder that was changed: since it was, but not before what was bought."""
    since = ladder.since or moment
    return min(max(since, facts.last_purchase_at or since), moment)


def _by_rule(facts: Facts, ladder: Ladder, day: date) -> int:
    if ladder.plain:
        return ladder.level(_total(facts, ladder.basis))
    return tiers.level_on(ladder, facts.climb or tiers.START, day)


def _total(facts: Facts, basis: str) -> Decimal:
    if basis == "visits":
        return Decimal(facts.purchases)
    return facts.spent if basis == "spent" else facts.points
