"""What a definition does, in plain sentences: for the head of the constructor, lists, history and letters.

The first sentence says who gets what, for what, when and where; the others add conditions, limits, the
life of the points and how campaigns get along. A definition need not be finished: what is missing is told
as a gap, ‹choose the tier›. Names of tiers, goods and stores come from a function that is passed in, so that this
module asks no database. The language and time zone are the current ones.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.utils.translation import gettext as _

from campaigns.engine.document import Document
from campaigns.engine.vocabulary import EFFECTS
from campaigns.engine.words.voice import Fields
from campaigns.words.phrases import conditions
from campaigns.words.phrases.missing import gap
from campaigns.words.phrases.words import (
    Names,
    Voice,
    at_most_points,
    at_most_times,
    days,
    every,
    expiry,
    hours,
    listed,
    moment,
    number,
    percent,
    span,
    weekdays,
)
from campaigns.words.shape import readable


def by_code(_kind: str, code: str) -> str:
    """Names for who knows none: the codes themselves."""
    return code


def describe(document: Document, names: Names = by_code, currency: str = "") -> list[str]:
    """The sentences that say what a definition does; the first one is the main one."""
    voice = Voice(names, currency)
    try:
        return _tell(document, voice)
    except (TypeError, ValueError, KeyError, IndexError, AttributeError):
        return _tell(readable(document), voice)  # somebody wrote a text where a list belongs


def describe_terms(terms: Mapping[str, Any], names: Names = by_code, currency: str = "") -> str:
    """What a lot's points can be spent on; empty where they can be spent on anything."""
    return " ".join(finish(text) for text in tell_terms({"lots": {"terms": terms}}, Voice(names, currency)))


def _tell(document: Document, voice: Voice) -> list[str]:
    parts = (_main, _only_if, _others, tell_limits, tell_lots, tell_terms, _payer, _together, _say)
    return [finish(text) for part in parts for text in part(document, voice)]


def finish(text: str) -> str:
    """A capital first; at the end one full stop, also after an abbreviation."""
    return text[:1].upper() + (text[1:-1] if text.endswith("..") else text[1:])


def _main(document: Document, voice: Voice) -> Iterator[str]:
    what_for = document.get("what_for", {})
    what = [text for text, apart in _effects(document, voice) if not apart]
    own = [text for text, apart in _effects(document, voice) if apart]
    values = {"who": _whom(document.get("whom", {}), voice), "what": listed(what)}
    of = what_for.get("of", "receipt")
    if not what:
        values["what"] = gap("what")
        text = _("This concerns {who}") if own else _("{who} get {what}")
        if not own and document.get("tell"):
            text = _("{who} are only told something")
    elif of == "event":
        values["event"] = tell_event(what_for, voice)
        text = _("{event} {who} get {what}")
    elif of == "lines" and (goods := voice.goods(what_for)):
        values["goods"] = goods
        text = _("{who} get {what} on {goods}")
    elif of == "lines" and "products" in what_for:
        values["goods"] = gap("goods")
        text = _("{who} get {what} on {goods}")
    elif of == "lines":
        text = _("{who} get {what} on all goods")
    else:
        text = _("{who} get {what}")
    rest = [*tell_not_for(what_for, voice), *tell_when(document.get("when", {}), voice),
            *tell_where(document.get("where", {}), voice)]  # fmt: skip
    yield ", ".join([text.format(**values), *rest]) + "."


def _whom(whom: Fields, voice: Voice) -> str:
    who = whom.get("who", "members" if set(whom) - {"who"} else "everyone")
    if who == "everyone":
        return _("all buyers")
    parts = []
    if "tiers" in whom:
        parts.append(_("of the tier {tiers}").format(tiers=voice.named("tiers", whom["tiers"])))
    if "segments" in whom:
        parts.append(
            _("of the segment {segments}").format(segments=voice.named("segments", whom["segments"]))
        )
    if "card_kinds" in whom:
        parts.append(_("with a card {cards}").format(cards=voice.named("card_kinds", whom["card_kinds"])))
    if but := [voice.name(kind, code) for kind, codes in whom.get("except", {}).items() for code in codes]:
        parts.append(_("but not {names}").format(names=listed(but, "or")))
    if not parts:
        return _("all members")
    return _("members {which}").format(which=", ".join(parts))


def tell_not_for(what_for: Fields, voice: Voice) -> Iterator[str]:
    """The goods that are left out."""
    if goods := voice.goods(what_for.get("except", {})):
        yield _("but not on {goods}").format(goods=goods)


def tell_event(what_for: Fields, voice: Voice) -> str:
    """What happens when it is given."""
    name = what_for.get("event", "")
    offset = what_for.get("offset", 0)
    if name in ("member.birthday", "member.anniversary"):
        day = _("birthday") if name == "member.birthday" else _("anniversary of joining")
        if not offset or not isinstance(offset, int):
            return _("on their {day}").format(day=day)
        text = _("{days} before their {day}") if offset < 0 else _("{days} after their {day}")
        return text.format(days=days(abs(offset)), day=day)
    if name == "member.dormant":
        return _("after {days} without a purchase").format(days=days(what_for.get("days")))
    return _("when {event},").format(event=voice.name("events", name))


def tell_when(when: Fields, voice: Voice) -> Iterator[str]:
    """The days and hours on which it counts."""
    if "weekdays" in when:
        yield weekdays(when["weekdays"])
    if "hours" in when:
        yield hours(when["hours"])
    if "around" in when:
        yield tell_around(when["around"], voice)
    if "from" in when and "until" in when:
        yield _("from {start} to {end}").format(
            start=moment(when["from"]), end=moment(when["until"], last=True)
        )
    elif "from" in when:
        yield _("from {start} on").format(start=moment(when["from"]))
    elif "until" in when:
        yield _("until {end}").format(end=moment(when["until"], last=True))


def tell_around(around: Fields, voice: Voice) -> str:
    """The days around a date of the member."""
    known = {"birthday": _("birthday"), "joined": _("anniversary of joining")}
    date = known.get(around.get("date", "")) or voice.name("attributes", around.get("date"))
    before, after = around.get("before", 0), around.get("after", 0)
    if not before and not after:
        return voice.gettext("on the day of their {date}").format(date=date)
    if not before:
        return voice.gettext("from their {date} to {after} after it").format(date=date, after=days(after))
    if not after:
        text = voice.gettext("from {before} before their {date} to the day itself")
        return text.format(before=days(before), date=date)
    return voice.gettext("from {before} before to {after} after their {date}").format(
        before=days(before), after=days(after), date=date
    )


def tell_where(where: Fields, voice: Voice) -> Iterator[str]:
    """The places in which it counts."""

    def places(fields: Fields) -> str:
        return listed(
            [
                voice.name(kind, code)
                for kind in ("stores", "groups", "partners")
                for code in fields.get(kind, ())
            ],
            "or",
        )

    if {"stores", "groups", "partners"} & set(where):
        yield _("at {places}").format(places=places(where) or gap("stores"))
    if "tills" in where:
        yield _("at the till {tills}").format(tills=voice.named("tills", where["tills"]))
    if "channels" in where:
        yield _("in the channel {channels}").format(channels=voice.named("channels", where["channels"]))
    but = where.get("except", {})
    if found := places(but):
        yield _("but not at {places}").format(places=found)
    for kind in ("tills", "channels"):
        if kind in but:
            yield _("but not in {places}").format(places=voice.named(kind, but[kind]))


def _only_if(document: Document, voice: Voice) -> Iterator[str]:
    if document.get("if"):
        yield _("Only if {clause}.").format(clause=conditions.describe(document["if"], voice))


def _others(document: Document, voice: Voice) -> Iterator[str]:
    yield from (text for text, apart in _effects(document, voice) if apart)


def _effects(document: Document, voice: Voice) -> Iterator[tuple[str, bool]]:
    """What each effect says, and whether it is a sentence of its own."""
    for effect in document.get("what", ()):
        if (word := EFFECTS.get(effect.get("effect"))) is not None:
            yield word.say(effect, voice), word.apart


def tell_limits(document: Document, voice: Voice) -> Iterator[str]:
    """What each member, each store and the campaign get at most, and what all of it may cost."""
    judge = document.get("judge", {})
    for limit in judge.get("limits", ()):
        what = [at_most_points(limit["points"])] if "points" in limit else []
        what += [at_most_times(limit["times"])] if "times" in limit else []
        texts = {
            "store": _("At most {what} {period} for each store."),
            "campaign": _("At most {what} {period} for the whole campaign."),
        }
        text = texts.get(
            limit.get("per", "member"), voice.gettext("At most {what} {period} for each member.")
        )
        yield text.format(what=listed(what) or gap("limit"), period=every(limit.get("period")))
    budget = judge.get("budget", {})
    what = [at_most_points(budget["points"])] if "points" in budget else []
    what += (
        [_("{money} in discounts").format(money=voice.money(budget["money"]))] if "money" in budget else []
    )
    if what:
        yield _("The campaign gives at most {what} and then stops.").format(what=listed(what))


def tell_lots(document: Document, voice: Voice) -> Iterator[str]:
    """The life of the points: when they can be spent, and until when."""
    lots = document.get("lots", {})
    said = []
    if lots.get("delay"):
        said.append(_delay(lots["delay"]))
    if lots.get("expires"):
        said.append(expiry(lots["expires"]))
    if said:
        yield _("The points {said}.").format(said=listed(said))


def _payer(document: Document, voice: Voice) -> Iterator[str]:
    lots = document.get("lots") or {}
    if "funder" in lots and lots["funder"] is not None:
        yield _("It is paid for by {payer}.").format(payer=voice.name("funders", lots["funder"]))


def _delay(delay: Fields) -> str:
    if "return_window" in delay:
        return _("can be spent when the return window of {days} is over").format(
            days=days(delay["return_window"])
        )
    return _("can be spent after {span}").format(span=span(delay))


def tell_terms(document: Document, voice: Voice) -> Iterator[str]:
    """What the points can be spent on."""
    terms = (document.get("lots") or {}).get("terms") or {}
    said = []
    if "max_share" in terms:
        said.append(_("for at most {percent} of a receipt").format(percent=percent(terms["max_share"])))
    if "min_amount" in terms:
        said.append(_("on receipts of at least {amount}").format(amount=voice.money(terms["min_amount"])))
    if "min_lines" in terms:
        said.append(_("on receipts of at least so many lines: {n}").format(n=number(terms["min_lines"])))
    if goods := voice.goods(terms):
        said.append(_("on {goods}").format(goods=goods))
    for need in terms.get("contains", ()):
        said.append(_("beside {goods}").format(goods=voice.goods(need) or gap("goods")))
    said += list(
        tell_where({key: terms[key] for key in ("stores", "groups", "partners") if key in terms}, voice)
    )
    said += list(tell_when({key: terms[key] for key in ("weekdays", "hours") if key in terms}, voice))
    if said:
        yield _("They can only be spent {how}.").format(how=", ".join(said))


def _together(document: Document, voice: Voice) -> Iterator[str]:
    stacking = document.get("stacking", {})
    if group := stacking.get("group"):
        texts = {
            "best": _("Of the campaigns in the group {group} only the one that gives most counts."),
            "exclusive": _("When it counts, no other campaign of the group {group} does."),
        }
        if text := texts.get(stacking.get("mode", "all")):
            yield text.format(group=voice.name("stacking", group))
    if stacking.get("discounted") == "exclude":
        yield _("Goods that are cheaper through another campaign earn nothing here.")


def _say(document: Document, voice: Voice) -> Iterator[str]:
    tell = document.get("tell", {})
    if tell.get("till"):
        yield _("The till shows: “{text}”").format(text=tell["till"])
    if tell.get("receipt"):
        yield _("The receipt says: “{text}”").format(text=tell["receipt"])
