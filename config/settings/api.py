"""Settings of the REST API: DRF, the OpenAPI document, throttling."""

from __future__ import annotations

from typing import Any

from config.settings.environment import read_number

REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": [],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "pos.problems.handle",
    "UNAUTHENTICATED_USER": None,
}

#: Requests of one API key in a minute.
POS_CALLS_PER_MINUTE = read_number("POS_CALLS_PER_MINUTE", 12_000, least=1)
#: What a key or a cashier may ask for in a minute and nobody knows, before they are blocked for a while: phones, cards
#: and e-mails of members; one-time and confirmation codes; coupons (``pos.guard``).
POS_MEMBER_MISSES_PER_MINUTE = read_number("POS_MEMBER_MISSES_PER_MINUTE", 20, least=1)
POS_CODE_MISSES_PER_MINUTE = read_number("POS_CODE_MISSES_PER_MINUTE", 10, least=1)
POS_COUPON_MISSES_PER_MINUTE = read_number("POS_COUPON_MISSES_PER_MINUTE", 10, least=1)

SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": "Regulars POS API",
    "DESCRIPTION": (
        "One API for tills, web shops, kiosks and partners' systems. Numbers that are money, points or "
        "quantities are strings holding plain decimals; times are ISO 8601 with an offset. Errors are "
        "`application/problem+json` with a stable `code`. Every write can be repeated for ever: a purchase "
        "under its store and receipt number, a return under its return number, an event under its type and "
        "key, anything else under an `Idempotency-Key`."
    ),
    "VERSION": "1.0.0",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "PREPROCESSING_HOOKS": ["pos.schema.keep_own"],
    "POSTPROCESSING_HOOKS": ["pos.schema.complete"],
    "TAGS": [{"name": "Members"}, {"name": "Quotes and purchases"}, {"name": "Events"}],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SWAGGER_UI_SETTINGS": {"displayRequestDuration": True, "tryItOutEnabled": True},
    "REDOC_DIST": "SIDECAR",
}
