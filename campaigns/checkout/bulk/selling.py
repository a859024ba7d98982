"""Selling many receipts: the same judgement as at a till, one receipt after the other, and rows by COPY.

A chunk of receipts is one transaction. It reads together what a till reads for each receipt, locks the
accounts of its members in the order of their ids, judges the receipts in the order of their time with the
engine and the decisions of the checkout, and writes all rows at once. Where the time of a held purchase is over
before a receipt was made, the chunk ends before it, and the held one is let go first. What it leaves is what
selling each receipt by itself leaves, booked at the time of the receipt (or of the account's last entry, if
that is later). Accounts, facts and limits stay in memory from chunk to chunk; an account that somebody else
wrote to meanwhile is read again, so tills go on selling while a replay runs.

What stores and products are is read once; a change of them is seen by the next replay.
"""

from __future__ import annotations

import gc
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import islice

from django.db import transaction

from campaigns import rulebooks
from campaigns.checkout import (
    capacity,
    checkout,
    reading,
    situation,
    usage,
    venue,
    writing,
)
from campaigns.checkout.bulk.buyers import Buyer, Buyers
from campaigns.checkout.bulk.chunk import Candidate, ChunkRows, Result, candidates_of
from campaigns.checkout.bulk.common import Common
from campaigns.checkout.bulk.goods import Goods
from campaigns.checkout.bulk.holding import Holds
from campaigns.checkout.bulk.people import People, Person
from campaigns.checkout.clashes import retried
from campaigns.checkout.reading import Known, KnownReceipt, usage_keys
from campaigns.checkout.sale import Sale, check
from campaigns.checkout.situation import Situation
from campaigns.models import Rulebook
from foundation import prepared
from foundation.refusals import Refusal
from loyalty.ledger import allowance, ledger
from loyalty.rules.basket import Moment
from loyalty.shops import places
from loyalty.shops.places import Scheme, Shop
from members.timeline import events

#: Receipts of a transaction: about half a second for which a till may wait for one of its members.
CHUNK = 500
#: Members whose accounts stay in memory from chunk to chunk.
MOST_KEPT = 10_000
_LONGEST_DAY = timedelta(days=2)

_EARLIER = """
SELECT r.store_id, r.number, r.id, r.content_hash FROM loyalty_receipt r
  JOIN unnest(%(stores)s::bigint[], %(numbers)s::text[]) AS wanted(store_id, number)
    ON r.store_id = wanted.store_id AND r.number = wanted.number
"""


def replay(
    sales: Iterable[Sale], now: datetime, *, chunk: int = CHUNK, dry: bool = False
) -> Iterator[list[Result]]:
    """Sell receipts that come in the order of their time, chunk by chunk; each yielded chunk is committed.

    ``now`` is the clock that no sale may be ahead of. ``dry`` judges and writes nothing.
    """
    rest, seller = iter(sales), Replay(dry=dry)
    while part := list(islice(rest, chunk)):
        yield seller.sell(part, now)


@contextmanager
def uncollected() -> Iterator[None]:
    """Keep the garbage collector from going through a chunk's many objects again and again: they form no cycles."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


class Replay:
    """Sells chunks of receipts, and remembers between them how their members stand.

    ``dry`` writes nothing; ``tell`` lets webhooks hear of the receipts, which are of the past.
    """

    def __init__(self, *, dry: bool = False, tell: bool = False) -> None:
        self._dry, self._tell = dry, tell
        self._shops: dict[str, Shop | None] = {}
        #: Programmes by their ids and clocks: those that come late may have had others.
        self._schemes: dict[tuple[int, str], Scheme] = {}
        self._seen: dict[tuple[int, str], KnownReceipt] = {}
        self._holds = Holds(dry=dry)
        self._forget()

    def sell(self, sales: Sequence[Sale], now: datetime) -> list[Result]:
        """Sell some receipts in one transaction, in the order of their time. Results come in that order.

        Where holds end in between, it is several transactions.
        """
        ordered = sorted(sales, key=_time)
        for store in {sale.store for sale in ordered} - set(self._shops):
            self._shops[store] = venue.open_books(store)

        done: list[Result] = []

        def work(attempt: int) -> list[Result]:
            if attempt:
                self._forget()
            return self._sell(ordered[len(done) :], now)

        try:
            with uncollected():
                while len(done) < len(ordered):
                    done += retried(work)
                    self._holds.let_go()
                return done
        except BaseException:
            self._forget()
            raise

    def _forget(self) -> None:
        self._buyers = Buyers()
        self._goods = Goods()
        self._common = Common()

    def _sell(self, sales: Sequence[Sale], now: datetime) -> list[Result]:
        sold = ChunkRows()
        with transaction.atomic():
            candidates = self._prepare(sales, now)
            earlier = self._read_earlier(candidates, now)
            candidates = [self._as_before(candidate, earlier, now) for candidate in candidates]
            self._lock(candidates, earlier)
            books_of_rules = self._read_rulebooks(candidates)
            self._common.read(candidates_of(candidates), books_of_rules)
            self._holds.read(candidates_of(candidates))
            results: list[Result] = []
            for candidate in candidates:
                if isinstance(candidate, Result):
                    results.append(candidate)
                    continue
                if candidate.key not in earlier and self._holds.end_before(candidate):
                    if not self._dry:
                        break
                    self._holds.let_go()
                results.append(self._judge(candidate, earlier, books_of_rules, sold, now))
            books = self._buyers.books()
            if self._dry:
                self._seen |= earlier
                transaction.set_rollback(True)
            else:
                happened = sold.write(books, self._goods.make())
                if self._tell:
                    events.tell_outside(happened, now)
        if not self._dry:
            self._buyers.turn_pages()
        pairs = {c.pair for c in candidates if isinstance(c, Candidate) and c.pair}
        self._buyers.keep_only(pairs, MOST_KEPT)
        return results

    def _prepare(self, sales: Sequence[Sale], now: datetime) -> list[Candidate | Result]:
        """Find the store, the member, the products and the programme of each sale."""
        candidates: list[Candidate | Result] = []
        wrong = {id(sale): refusal for sale in sales if (refusal := _malformed(sale, now)) is not None}
        sound = [sale for sale in sales if id(sale) not in wrong]  # only these may be asked for
        shops = self._shops
        people = People(((sale, shop) for sale in sales if (shop := shops[sale.store])), now)
        self._goods.read(
            (places.as_of(shop, sale.purchased_at).partner_id, line)
            for sale in sound
            if (shop := shops[sale.store])
            for line in sale.lines
        )
        for sale in sales:
            try:
                if id(sale) in wrong:
                    raise wrong[id(sale)]
                shop = venue.require_shop(sale, shops[sale.store])
                sought = reading.sought(sale, shop)
                person = people.find(sought, shop)
                scheme = self._scheme_of(sale, shop, person)
                candidates.append(Candidate(sale, shop, person, scheme, sought))
            except Refusal as refusal:
                candidates.append(Result(sale, refusal=refusal))
        return candidates

    def _scheme_of(self, sale: Sale, shop: Shop, person: Person | None) -> Scheme:
        part = shop.participations[0]
        if len(shop.participations) > 1:
            known = self._goods.find(shop.partner_id, sale.lines)
            sets = {code for product in known for code in product.sets or ()}
            kinds, joined = (set(person.cards.values()), person.programmes) if person else ((), None)
            part = venue.pick(shop, kinds, sets, joined)
        key = part.programme_id, part.zone.key
        if key not in self._schemes:
            self._schemes[key] = places.scheme_of(part)
        return self._schemes[key]

    def _read_earlier(
        self, candidates: Sequence[Candidate | Result], now: datetime
    ) -> dict[tuple[int, str], KnownReceipt]:
        keys = {key for candidate in candidates if (key := self._key(candidate, now)) is not None}
        params = {
            "stores": [store for store, _number in keys],
            "numbers": [number for _store, number in keys],
        }
        found = {
            (row["store_id"], row["number"]): KnownReceipt(row["id"], row["content_hash"])
            for row in prepared.run(_EARLIER, params)
        }
        return found | {key: self._seen[key] for key in keys if key in self._seen}

    def _key(self, candidate: Candidate | Result, now: datetime) -> tuple[int, str] | None:
        """Store and number of a sale, of one that is refused too: unless it is malformed it may have been made."""
        if isinstance(candidate, Candidate):
            return candidate.key
        sale = candidate.sale
        shop = None if _malformed(sale, now) else self._shops.get(sale.store)
        return (shop.id, sale.receipt_number) if shop else None

    def _as_before(
        self, candidate: Candidate | Result, earlier: Mapping[tuple[int, str], KnownReceipt], now: datetime
    ) -> Candidate | Result:
        """A sale that would be refused today, but was made before: the same again, as at a till."""
        key = self._key(candidate, now)
        receipt = earlier.get(key) if key and isinstance(candidate, Result) else None
        if receipt is None or receipt.content_hash != candidate.sale.content_hash:
            return candidate
        return Result(candidate.sale, receipt.id, repeated=True)

    def _lock(
        self, candidates: Sequence[Candidate | Result], earlier: dict[tuple[int, str], KnownReceipt]
    ) -> None:
        """Lock the accounts of those who buy."""
        buying = [
            candidate
            for candidate in candidates
            if isinstance(candidate, Candidate)
            and candidate.key not in earlier
            and (candidate.pair is not None or candidate.sale.member is None)
        ]
        if not buying:
            return
        since = min(c.sale.purchased_at for c in buying) - _LONGEST_DAY
        schemes = {scheme.id: scheme for scheme in self._schemes.values()}
        self._buyers.lock({c.pair for c in buying if c.pair}, schemes, since)

    def _read_rulebooks(
        self, candidates: Sequence[Candidate | Result]
    ) -> dict[int, list[tuple[datetime, int]]]:
        programmes = {c.scheme.id for c in candidates if isinstance(c, Candidate)}
        found: dict[int, list[tuple[datetime, int]]] = {programme: [] for programme in programmes}
        rows = Rulebook.objects.filter(programme_id__in=programmes).order_by("in_force_from", "id")
        for programme, moment, rulebook in rows.values_list("programme_id", "in_force_from", "id"):
            found[programme].append((moment, rulebook))
        return found

    def _judge(
        self,
        candidate: Candidate,
        earlier: dict[tuple[int, str], KnownReceipt],
        in_force: dict[int, list[tuple[datetime, int]]],
        sold: ChunkRows,
        now: datetime,
    ) -> Result:
        """Judge one sale as the checkout does."""
        sale, pair = candidate.sale, candidate.pair
        buyer = self._buyers.find(pair) if pair else None
        try:
            receipt = earlier.get(candidate.key)
            found = self._know(candidate, buyer, in_force[candidate.scheme.id])
            if receipt is not None:
                checkout.require_same(sale, receipt.content_hash)
                return Result(sale, receipt.id, repeated=True)
            checkout.require_member(found, now)
            outcome = capacity.judge(found.basket, found.shopper, found.moment, found.rules.engine)
            checkout.require_allowed(found, outcome, now)
            entries_before = len(found.book.transfers) if found.book else 0
            decided = writing.prepare(found, outcome, candidate.booked_at(buyer))
            writing.use_coupons(found, outcome, decided)
        except Refusal as refusal:
            return Result(sale, refusal=refusal)
        self._holds.note(decided, buyer, found)
        self._common.note(decided, candidate.pair, candidate.shop)
        if buyer:
            buyer.note(decided, entries_before, found.rules.engine.terms.point_decimals)
        self._goods.note(candidate.shop.partner_id, sale.lines, found.product_ids)
        sold.add(decided)
        earlier[candidate.key] = KnownReceipt(decided.receipt["id"], decided.receipt["content_hash"])
        return Result(sale, decided.receipt["id"])

    def _know(
        self, candidate: Candidate, buyer: Buyer | None, in_force: list[tuple[datetime, int]]
    ) -> Situation:
        """Put together from memory what a till reads."""
        sale, shop, scheme, person = candidate.sale, candidate.shop, candidate.scheme, candidate.person
        moment = Moment(sale.purchased_at.astimezone(shop.zone), sale.purchased_at.astimezone(scheme.zone))
        day, day_after = allowance.day_of(moment.in_programme)
        newest = bisect_right(in_force, sale.purchased_at, key=lambda row: row[0])
        rulebook = in_force[newest - 1][1] if newest else None
        needs = rulebooks.get(rulebook).engine.machine.needs if rulebook is not None else None
        keys = usage_keys(moment)
        promised = usage.first_promise(moment) if needs and needs.promises else None
        document = Known(
            receipt=None,
            member=person.known_by(candidate.sought) if person else None,
            account=buyer.account if buyer else None,
            lots=None,
            debts=None,
            facts=buyer.facts if buyer else None,
            usage=buyer.usage(keys, promised) if buyer else None,
            spent_today=buyer.holding.spent_since(day) if buyer else ledger.ZERO,
            products=self._goods.find(shop.partner_id, sale.lines),
            rulebook=rulebook,
            spent_by_holder=buyer.spent_within(day, day_after) if buyer else ledger.ZERO,
            tallies=self._common.tallies(needs, shop, keys),
            segments=self._common.segments(candidate.pair),
            holds=buyer.holds_at(candidate.booked_at(buyer)) if buyer else reading.NO_HOLDS,
            last_bought=buyer.holding.last_bought if buyer else None,
        )
        book = buyer.holding.book if buyer else None
        shown = buyer.holding.shown if buyer else None
        booked_at = candidate.booked_at(buyer)
        found = situation.coupons_of(sale, scheme, person.id if person else None)
        past = self._common.past(candidate.pair)
        return situation.compose(
            sale, shop, scheme, moment, document, book, shown, now=booked_at, past=past, coupons=found
        )


def _malformed(sale: Sale, now: datetime) -> Refusal | None:
    """What is wrong with a sale before anything is asked."""
    try:
        check(sale, now)
    except Refusal as refusal:
        return refusal
    return None


def _time(sale: Sale) -> float:
    return sale.purchased_at.timestamp() if sale.purchased_at.tzinfo else 0.0
