"""Quotes, purchases, returns: the way of a sale through the API."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any
from uuid import UUID

import msgspec
from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework.request import Request

from campaigns.checkout import batch, checkout, holds, returns
from campaigns.checkout.return_request import ReturnRequest
from campaigns.checkout.sale import Sale
from foundation.refusals import Fault, Forbidden, Invalid, Missing, Refusal
from loyalty.models import Receipt
from loyalty.shops import places
from pos import bodies, coupon_guard, guard, problems, schema
from pos.endpoint import Endpoint, reply
from pos.idempotency import Done, once
from pos.keys import Client


class Quotes(Endpoint):
    """What a purchase would do."""

    @schema.QUOTE
    def post(self, request: Request) -> HttpResponse:
        """Judge a basket; nothing changes."""
        raw = bodies.load(self.plain_request)
        sale = _read_sale(raw, self.client, self.address)
        asked = []

        def judge() -> Done:
            story = checkout.quote(sale, timezone.now())
            asked.append(story["confirmation_needed"])
            return Done(story, 200)

        with _watching(self, sale):
            answer = once(self.plain_request, self.client, raw, judge)
        if sale.shown_code and any(asked):
            guard.note_shown(self.client, self.address, sale.shown_code, timezone.now())
        return answer


class Purchases(Endpoint):
    """Purchases, made and found."""

    even_closed = True

    @schema.PURCHASE
    def post(self, request: Request) -> HttpResponse:
        """Make a purchase, or hold it."""
        sale = _read_sale(bodies.load(self.plain_request), self.client, self.address)
        with _watching(self, sale):
            answer = checkout.purchase(sale, timezone.now())
        return reply(answer.body, 201, replay=answer.replay)

    @schema.FIND_PURCHASE
    def get(self, request: Request) -> HttpResponse:
        """The purchase of that receipt number in that store, as it stands now."""
        asked = self.plain_request.GET
        store, number = asked.get("store", ""), asked.get("receipt_number", "")
        faults = [
            Fault(name, "required", _("Give the store and the receipt's number."))
            for name, value in (("store", store), ("receipt_number", number))
            if not value or "\0" in value
        ]
        if faults:
            raise Invalid(*faults)
        _require_store(self.client, store)
        return reply(checkout.find_by_number(store, number, timezone.now()))


class Batch(Endpoint):
    """Purchases of a till that was offline."""

    even_closed = True

    @schema.BATCH
    def post(self, request: Request) -> HttpResponse:
        """Make many purchases, each judged on its own, in order of their time."""
        raw = bodies.load(self.plain_request, bodies.MOST_BYTES_IN_BATCH)
        given = bodies.decode(raw, bodies.batch).purchases
        if not 1 <= len(given) <= batch.MOST:
            detail = _("Give from 1 to %(most)s purchases.") % {"most": batch.MOST}
            raise Invalid(Fault("purchases", "count", detail))
        now = timezone.now()
        results: list[dict[str, Any]] = [{}] * len(given)
        sales: dict[int, Sale] = {}
        for index, item in enumerate(given):
            try:
                sales[index] = _read_sale(bytes(item), self.client, self.address)
            except Refusal as refusal:
                results[index] = _refused(_number_in(bytes(item)), refusal)
        by_sale = {id(sale): index for index, sale in sales.items()}
        watch = guard.BatchWatch(self.client, self.address, now)
        for sale, answer in batch.sell(list(sales.values()), now, watch):
            results[by_sale[id(sale)]] = _result(sale, answer)
        watch.close()
        return reply({"results": results})


class Purchase(Endpoint):
    """One purchase."""

    even_closed = True

    @schema.READ_PURCHASE
    def get(self, request: Request, purchase_id: str) -> HttpResponse:
        """The purchase as it stands now."""
        return reply(checkout.find(_require_purchase(self.client, purchase_id), timezone.now()))


class Confirm(Endpoint):
    """The end of a hold."""

    even_closed = True

    @schema.CONFIRM
    def post(self, request: Request, purchase_id: str) -> HttpResponse:
        """Complete a held purchase."""
        raw = bodies.load(self.plain_request)
        bodies.decode(raw or b"{}", bodies.nothing)
        found = _require_purchase(self.client, purchase_id)
        return once(
            self.plain_request, self.client, raw, lambda: _done(holds.confirm(found, timezone.now()), 200)
        )


class Cancel(Endpoint):
    """Undoing a purchase as a whole."""

    even_closed = True

    @schema.CANCEL
    def post(self, request: Request, purchase_id: str) -> HttpResponse:
        """Undo the purchase, or let a held one go."""
        raw = bodies.load(self.plain_request)
        bodies.decode(raw or b"{}", bodies.nothing)
        found = _require_purchase(self.client, purchase_id)
        return once(
            self.plain_request, self.client, raw, lambda: _done(returns.cancel(found, timezone.now()), 201)
        )


class Returns(Endpoint):
    """Goods that come back."""

    even_closed = True

    @schema.RETURN
    def post(self, request: Request, purchase_id: str) -> HttpResponse:
        """Take goods back."""
        given = bodies.decode(bodies.load(self.plain_request), bodies.give_back)
        faults = tuple(bodies.require_offset("returned_at", given.returned_at))
        if faults:
            raise Invalid(*faults)
        found = _require_purchase(self.client, purchase_id)
        wanted = ReturnRequest(given.return_number, given.returned_at, given.lines)
        answer = returns.give_back(found, wanted, timezone.now())
        return reply(answer.body, 201, replay=answer.replay)


def _read_sale(raw: bytes, client: Client, address: str) -> Sale:
    sale = bodies.decode(raw, bodies.sale)
    faults = tuple(bodies.require_offset("purchased_at", sale.purchased_at))
    if faults:
        raise Invalid(*faults)
    _require_store(client, sale.store)
    coupon_guard.watch(client, sale, timezone.now(), address)
    return sale


def _watching(endpoint: Endpoint, sale: Sale) -> AbstractContextManager[None]:
    """Around what a sale is answered: whether its member and its confirmation code are known."""
    form, value = guard.named(sale.member)
    confirms = bool(sale.confirmation_code)
    return guard.watching(
        endpoint.client,
        endpoint.address,
        form,
        value,
        timezone.now(),
        confirms=confirms,
        shown=sale.shown_code or "",
    )


def _require_store(client: Client, code: str) -> None:
    """Raise ``Forbidden`` for a store that the key does not reach, whether there is one or not."""
    shop = places.find(code)
    if shop is None or not client.reaches_shop(shop):
        raise _not_allowed()


def _require_purchase(client: Client, text: str) -> UUID:
    """The id of a purchase in a store that the key reaches. Raises ``Missing``, the same for others' purchases."""
    missing = Missing("purchase_not_found", _("There is no such purchase."))
    try:
        receipt_id = UUID(text)
    except ValueError:
        raise missing from None
    found = Receipt.objects.filter(id=receipt_id).values_list("store__partner_id", "store_id").first()
    if found is None or not client.reaches(*found):
        raise missing
    return receipt_id


def _not_allowed() -> Forbidden:
    detail = _("This key does not reach that store.")
    return Forbidden("store_not_allowed", detail)


def _done(answer: checkout.Answer, status: int) -> Done:
    return Done(answer.body, status, answer.replay)


def _result(sale: Sale, answer: checkout.Answer | Refusal) -> dict[str, Any]:
    if isinstance(answer, Refusal):
        return _refused(sale.receipt_number, answer)
    status = 200 if answer.replay else 201
    return {"receipt_number": sale.receipt_number, "status": status, "body": answer.body}


def _refused(number: str | None, refusal: Refusal) -> dict[str, Any]:
    problem = problems.of_exception(refusal)
    return {"receipt_number": number, "status": problem.status, "body": problem.document}


def _number_in(item: bytes) -> str | None:
    """The receipt number of a purchase that cannot be read as one, if it has one."""
    try:
        number = msgspec.json.decode(item).get("receipt_number")
    except (ValueError, AttributeError, RecursionError):
        return None
    return number if isinstance(number, str) else None
