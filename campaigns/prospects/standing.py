"""What is known of a member away from any till: facts, counters, segments, past purchases; one round trip.

The statement finds the rulebook by itself. What only some campaigns ask for is read where the book of the rulebook
that was in force last time wants it; should there be another one, it is read again.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from analytics import facts, segments
from analytics.facts import Facts, Rank
from campaigns.checkout import history, reading
from campaigns.checkout.history import PastDocument
from campaigns.prospects import book
from campaigns.prospects.book import Book
from foundation import prepared
from loyalty.models import Programme
from loyalty.rules.basket import Moment
from loyalty.shops.places import Scheme

_READ = f"""
SELECT json_build_object(
  'rulebook', (SELECT id FROM campaigns_rulebook
     WHERE programme_id = %(programme)s::bigint AND in_force_from <= %(at)s::timestamptz
     ORDER BY in_force_from DESC, id DESC LIMIT 1),
  'facts', ({facts.READ.format(member="%(member)s::uuid")}),
  'uses', (SELECT json_agg(json_build_array(campaign_id, period, times)) FROM campaigns_usage
     WHERE member_id = %(member)s::uuid AND period = ANY(%(periods)s::text[])),
  'cards', (SELECT json_agg(json_build_array(c.number, k.code) ORDER BY c.id DESC)
     FROM members_card c JOIN members_cardkind k ON k.id = c.kind_id
     WHERE c.member_id = %(member)s::uuid AND NOT c.blocked),
  'segments', array_to_json({segments.codes_sql("%(member)s::uuid", "%(programme)s::bigint")}),
  'profiled', (SELECT granted FROM members_consent
     WHERE member_id = %(member)s::uuid AND purpose = 'profiling' ORDER BY at DESC, id DESC LIMIT 1),
  'history', CASE WHEN %(history)s::boolean THEN (SELECT json_agg(h.purchase) FROM (
      {history.of_members("r.member_id = %(member)s::uuid", held_at="%(at)s::timestamptz")}) h) END
)::text AS document
"""


class Known(msgspec.Struct):
    """The document that the statement answers with."""

    rulebook: int | None
    facts: Facts | None
    uses: list[tuple[int, str, int]] | None
    cards: list[tuple[str, str]] | None
    segments: list[str] | None
    profiled: bool | None
    history: list[PastDocument] | None


class Standing(NamedTuple):
    """A member in a programme at a moment, with the book of its rules.

    ``cards`` are numbers and types of those that work, the newest first. ``profiled`` says that they agreed to offers
    that are made for them.
    """

    scheme: Scheme
    moment: Moment
    book: Book
    facts: Facts
    rank: Rank
    uses: dict[tuple[int, str], int]
    cards: list[tuple[str, str]]
    segments: frozenset[str]
    profiled: bool
    history: list[PastDocument]


_decode = msgspec.json.Decoder(Known).decode
#: The rulebook that was found last, by programme.
_last: dict[int, int] = {}


def read(member_id: UUID, programme: Programme, scheme: Scheme, now: datetime) -> Standing:
    """Read everything, in one round trip unless the rules have changed since the last one."""
    local = now.astimezone(scheme.zone)
    moment = Moment(local, local)
    kept = _last.get(scheme.id)
    asked = book.in_force(programme, kept)
    known = _run(member_id, scheme, asked, moment)
    if known.rulebook != kept and known.rulebook is not None:
        _last[scheme.id] = known.rulebook
        asked = book.in_force(programme, known.rulebook)
        if asked.sums:
            known = _run(member_id, scheme, asked, moment)
    stands = facts.as_of(known.facts or Facts(), scheme.ladder)
    return Standing(
        scheme, moment, asked, stands, facts.rank(stands, scheme.ladder, local),
        {(campaign, period): times for campaign, period, times in known.uses or ()},
        known.cards or [], frozenset(known.segments or ()), bool(known.profiled), known.history or [],
    )  # fmt: skip


def _run(member_id: UUID, scheme: Scheme, asked: Book, moment: Moment) -> Known:
    at, sums = moment.in_programme, asked.sums
    since = [one.need.since(at) for one in sums]
    params: dict[str, Any] = {
        "member": member_id, "programme": scheme.id, "at": at, "ladder": scheme.ladder.version,
        "look_back": facts.look_back(scheme.ladder), "periods": reading.usage_keys(moment), "history": bool(sums),
        "since": None if None in since else min(filter(None, since), default=None),
        "lines": any(one.need.goods for one in sums),
    }  # fmt: skip
    document: str = prepared.run(_READ, params)[0]["document"]
    return _decode(document)
