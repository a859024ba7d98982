"""The OpenAPI document: what each address takes and answers, from the same structs that read and test them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

import msgspec
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema

from members import bounds
from pos import answers, bodies, examples
from pos.problems import CONTENT_TYPE

_JSON = "application/json"
_REF = "#/components/schemas/{name}"
_BODIES = (
    bodies.SaleBody,
    bodies.MemberBody,
    bodies.ReturnBody,
    bodies.EventBody,
    bodies.JoinBody,
    bodies.Nothing,
    bodies.Who,
)
_ANSWERS = (
    answers.MemberAnswer,
    answers.StatementAnswer,
    answers.CodeAnswer,
    answers.PurchaseAnswer,
    answers.ReturnAnswer,
    answers.EventAnswer,
    answers.Problem,
)
#: What every address may answer.
_ALWAYS = {
    400: "Malformed or invalid: `errors` names each field and the fix.",
    401: "No key, or one that is unknown, revoked or too old.",
    403: "`store_closed`: the key's own store is closed.",
    405: "This method is not allowed here.",
    429: "Too many requests: wait for `Retry-After` seconds.",
    503: "The database does not answer: send the same request again.",
}
_WITH_BODY = {413: "The body is too large.", 415: "The body is not application/json."}
_WORDS = {
    403: "`store_not_allowed`: the store is outside the key's reach.",
    404: "There is no such thing, or not for this key.",
    409: "`idempotency_conflict`: the same key came with other content.",
    422: "The rules refuse it; `code` says why.",
}
_KEYED = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    description="The same key and content again is answered as the first time, with status 200.",
)


def describe(
    name: str,
    summary: str,
    success: Mapping[int, Any],
    *,
    tag: str,
    body: Any = None,
    refusals: Mapping[int, str] | tuple[int, ...] = (),
    parameters: tuple[OpenApiParameter, ...] = (),
    keyed: bool = False,
    example: Any = None,
) -> Callable[[Any], Any]:
    """Describe an address. ``success`` gives the struct of each status; ``refusals`` the errors of its own."""
    own = refusals if isinstance(refusals, Mapping) else {status: _WORDS[status] for status in refusals}
    if keyed:
        own = {409: _WORDS[409], **own}
        success = success if 200 in success else {200: next(iter(success.values())), **success}
        parameters = (*parameters, _KEYED)
    problems = {**_ALWAYS, **(_WITH_BODY if body else {}), **own}
    return extend_schema(
        operation_id=name,
        summary=summary,
        tags=[tag],
        request={_JSON: reference(body)} if body else None,
        parameters=list(parameters),
        responses={
            **{
                (status, _JSON): OpenApiResponse(reference(shape), _SAID[status])
                for status, shape in success.items()
            },
            **{
                (status, CONTENT_TYPE): OpenApiResponse(reference(answers.Problem), words)
                for status, words in sorted(problems.items())
            },
        },
        examples=[OpenApiExample("example", value=example, request_only=True)]
        if example is not None
        else None,
    )


_SAID = {200: "Done, or done before (`Idempotent-Replay: true`).", 201: "Made.", 202: "On its way."}


def reference(shape: Any) -> dict[str, Any]:
    """The component of a struct; a schema as it is."""
    return shape if isinstance(shape, dict) else {"$ref": _REF.format(name=shape.__name__)}


def keep_own(endpoints: list[Any]) -> list[Any]:
    """Only the addresses of the API itself; a drf-spectacular hook."""
    return [endpoint for endpoint in endpoints if endpoint[0].startswith("/api/v1/")]


def complete(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """Add the components, and working examples where a demo shop is loaded; a drf-spectacular hook."""
    schemas = result.setdefault("components", {}).setdefault("schemas", {})
    schemas |= components()
    examples.localise(result)
    return result


def components() -> dict[str, Any]:
    """The JSON Schemas of all bodies and answers."""
    _refs, asked = msgspec.json.schema_components(_BODIES, ref_template=_REF)
    _refs, told = msgspec.json.schema_components(_ANSWERS, ref_template=_REF)
    asked = {name: _bind(name, _loosen(schema)) for name, schema in asked.items()}
    asked["Batch"] = {
        "type": "object",
        "required": ["purchases"],
        "properties": {
            "purchases": {
                "type": "array",
                "minItems": 1,
                "maxItems": bounds.PURCHASES,
                "items": reference(bodies.SaleBody),
            }
        },
    }
    result = {
        "type": "object",
        "required": ["receipt_number", "status", "body"],
        "properties": {
            "receipt_number": {"type": ["string", "null"]},
            "status": {"type": "integer", "description": "As if the purchase had been sent alone."},
            "body": {"anyOf": [reference(answers.PurchaseAnswer), reference(answers.Problem)]},
        },
    }
    told["BatchAnswer"] = {
        "description": "The results, in the order in which the purchases were sent.",
        "type": "object",
        "required": ["results"],
        "properties": {"results": {"type": "array", "items": result}},
    }
    return {**_NUMBERS, **asked, **told}


def _number(span: bounds.Range, what: str) -> dict[str, Any]:
    """A number of a request: sent as a string, and understood as a plain JSON number, too."""
    least = {"exclusiveMinimum": 0} if span.above_zero else {"minimum": 0}
    return {
        "description": f"{what}: a plain decimal below {bounds.spaced(span.below)} with at most {span.places} "
        "places, as a string or a number.",
        "anyOf": [
            {"type": "string", "pattern": span.pattern},
            {"type": "number", **least, "exclusiveMaximum": span.below},
        ],
    }


_NUMBERS = {
    "Decimal": _number(bounds.MONEY, "Money or points"),
    "Quantity": _number(bounds.QUANTITY, "A quantity"),
}
_TIMES = ("purchased_at", "returned_at", "occurred_at")
#: The bounds of texts and lists, by shape: what ``members.bounds`` says.
_TEXTS: dict[str, Mapping[str, int]] = {
    "SaleBody": bounds.SALE, "LineBody": bounds.LINE, "Who": bounds.WHO, "MemberBody": bounds.MEMBER,
    "ReturnBody": bounds.RETURN, "EventBody": bounds.EVENT,
}  # fmt: skip
_NOT_EMPTY = {("SaleBody", "store"), ("LineBody", "sku"), ("ReturnBody", "return_number"), ("EventBody", "type"),
              ("EventBody", "key")}  # fmt: skip
_LISTS: dict[tuple[str, str], tuple[int, int]] = {
    ("SaleBody", "lines"): (1, bounds.LINES),
    ("SaleBody", "coupons"): (0, bounds.COUPONS),
    ("SaleBody", "exchanges"): (0, bounds.EXCHANGES),
    ("ReturnBody", "lines"): (1, bounds.ROWS_BACK),
}
_COUNTED = {"minimum": 0, "maximum": bounds.COUNTED - 1}


def _bind(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    """Write the bounds into the schema of a request's shape."""
    for field, most in _TEXTS.get(name, {}).items():
        if (name, field) in _NOT_EMPTY:
            schema["properties"][field]["minLength"] = 1
        schema["properties"][field]["maxLength"] = most
    for (shape, field), (least, most) in _LISTS.items():
        if shape == name:
            schema["properties"][field] |= {"minItems": least, "maxItems": most}
    if "position" in schema.get("properties", {}):
        schema["properties"]["position"] |= _COUNTED
    if name == "EventBody":
        schema["properties"]["data"]["description"] = (
            f"Free data of at most {bounds.spaced(bounds.DATA_BYTES)} bytes as JSON, at most {bounds.DATA_DEPTH} "
            "levels deep. Its `amount`, where there is one, is money: what percents are reckoned on."
        )
    return schema


def _loosen(schema: Any, name: str = "") -> Any:
    """What msgspec cannot know of a request: numbers also as numbers, points also "max", times with an offset."""
    if isinstance(schema, list):
        return [_loosen(item, name) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if schema.get("format") == "decimal":
        return reference({"$ref": _REF.format(name="Quantity" if name == "quantity" else "Decimal")})
    if name in _TIMES:
        return {
            "type": "string",
            "format": "date-time",
            "description": "ISO 8601 with seconds and an offset, from 1970 on.",
        }
    if name == "redeem":
        return {
            "anyOf": [{"const": "max"}, {"$ref": _REF.format(name="Decimal")}, {"type": "null"}],
            "default": "0",
        }
    return {
        key: {field: _loosen(inner, field) for field, inner in value.items()}
        if key == "properties"
        else _loosen(value, name)
        for key, value in schema.items()
    }


_MEMBER_ID = OpenApiParameter("member_id", UUID, OpenApiParameter.PATH, description="The member's id.")
_PURCHASE_ID = OpenApiParameter("purchase_id", UUID, OpenApiParameter.PATH, description="The purchase's id.")
_MEMBERS, _SALES = "Members", "Quotes and purchases"

LOOKUP = describe(
    "lookup_member", "Find a member by phone, card, e-mail, code or id", {200: answers.MemberAnswer},
    tag=_MEMBERS, body=bodies.Who, refusals={404: "`member_not_found`", 422: "`no_programme`"}, keyed=True,
    example=examples.LOOKUP,
)  # fmt: skip
REGISTER = describe(
    "register_member", "Register a member", {201: answers.MemberAnswer},
    tag=_MEMBERS, body=bodies.MemberBody, keyed=True, example=examples.MEMBER,
    refusals={409: "`member_exists`, `idempotency_conflict`", 422: "`referral_not_found`, `no_programme`"},
)  # fmt: skip
MEMBER = describe(
    "read_member", "Read a member", {200: answers.MemberAnswer},
    tag=_MEMBERS, parameters=(_MEMBER_ID,), refusals={404: "`member_not_found`", 422: "`no_programme`"},
)  # fmt: skip
JOIN = describe(
    "join_programme", "Let a member join another of the partner's programmes", {201: answers.MemberAnswer},
    tag=_MEMBERS, body=bodies.JoinBody, parameters=(_MEMBER_ID,), keyed=True, example=examples.JOIN,
    refusals={
        404: "`member_not_found`", 409: "`member_exists`, `idempotency_conflict`",
        422: "`no_programme`, `member_blocked`",
    },
)  # fmt: skip
TRANSFERS = describe(
    "read_transfers", "Read a member's statement, newest first", {200: answers.StatementAnswer},
    tag=_MEMBERS, refusals={404: "`member_not_found`", 422: "`no_programme`"},
    parameters=(_MEMBER_ID, OpenApiParameter("cursor", str, description="The `next` of an earlier page.")),
)  # fmt: skip
SEND_CODE = describe(
    "send_confirmation_code", "Send the member a code that confirms spending points", {202: answers.CodeAnswer},
    tag=_MEMBERS, body=bodies.Nothing, parameters=(_MEMBER_ID,), keyed=True, example=examples.NOTHING,
    refusals={404: "`member_not_found`", 422: "`no_programme`, `member_blocked`, `code_not_deliverable`"},
)  # fmt: skip
_SALE_REFUSALS = {
    403: _WORDS[403],
    409: _WORDS[409],
    429: "`throttled`: too many requests, or too many unknown coupons or members' codes; "
    "wait for `Retry-After` seconds.",
    422: "`store_closed`, `no_programme`, `member_not_found`, `member_blocked`, `redeem_exceeds_limit`, "
    "`coupon_not_usable`, `exchange_not_possible`, `beyond_the_books`, "
    "`confirmation_required`, `confirmation_invalid`",
}
QUOTE = describe(
    "quote", "Judge a basket; nothing changes", {200: answers.PurchaseAnswer},
    tag=_SALES, body=bodies.SaleBody, refusals=_SALE_REFUSALS, keyed=True, example=examples.QUOTE,
)  # fmt: skip
PURCHASE = describe(
    "make_purchase", "Make a purchase, or hold it", {200: answers.PurchaseAnswer, 201: answers.PurchaseAnswer},
    tag=_SALES, body=bodies.SaleBody, refusals=_SALE_REFUSALS, example=examples.PURCHASE,
)  # fmt: skip
FIND_PURCHASE = describe(
    "find_purchase", "Find a purchase by its receipt number", {200: answers.PurchaseAnswer},
    tag=_SALES, refusals={403: _WORDS[403], 404: "`purchase_not_found`"},
    parameters=(
        OpenApiParameter("store", str, required=True, description="The store's code."),
        OpenApiParameter("receipt_number", str, required=True, description="The receipt's number in the store."),
    ),
)  # fmt: skip
BATCH = describe(
    "make_purchases", "Make up to 500 purchases, each judged on its own, in order of their time",
    {200: {"$ref": _REF.format(name="BatchAnswer")}},
    tag=_SALES, body={"$ref": _REF.format(name="Batch")}, example=examples.BATCH,
)  # fmt: skip
READ_PURCHASE = describe(
    "read_purchase", "Read a purchase as it stands now", {200: answers.PurchaseAnswer},
    tag=_SALES, parameters=(_PURCHASE_ID,), refusals={404: "`purchase_not_found`"},
)  # fmt: skip
_ON_PURCHASE = {404: "`purchase_not_found`: there is none, or not for this key."}
CONFIRM = describe(
    "confirm_purchase", "Complete a held purchase", {200: answers.PurchaseAnswer},
    tag=_SALES, body=bodies.Nothing, parameters=(_PURCHASE_ID,), keyed=True, example=examples.NOTHING,
    refusals={**_ON_PURCHASE, 422: "`wrong_state`"},
)  # fmt: skip
CANCEL = describe(
    "cancel_purchase", "Undo a purchase as a whole; let a held one go", {201: answers.ReturnAnswer},
    tag=_SALES, body=bodies.Nothing, parameters=(_PURCHASE_ID,), keyed=True, example=examples.NOTHING,
    refusals={**_ON_PURCHASE, 422: "`wrong_state`"},
)  # fmt: skip
RETURN = describe(
    "return_goods", "Take goods back", {200: answers.ReturnAnswer, 201: answers.ReturnAnswer},
    tag=_SALES, body=bodies.ReturnBody, parameters=(_PURCHASE_ID,), example=examples.RETURN,
    refusals={**_ON_PURCHASE, 409: _WORDS[409], 422: "`return_exceeds_purchase`, `wrong_state`, `beyond_the_books`"},
)  # fmt: skip
EVENT = describe(
    "report_event", "Report something a member did that campaigns may reward",
    {200: answers.EventAnswer, 201: answers.EventAnswer},
    tag="Events", body=bodies.EventBody, example=examples.EVENT,
    refusals={
        409: _WORDS[409],
        422: "`no_programme`, `unknown_event`, `member_not_found`, `member_blocked`, `beyond_the_books`",
    },
)  # fmt: skip
