"""Settings of the back office's looks: its colours are those of ``static/css/base.css``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _


def _seen_with(right: str) -> Callable[[HttpRequest], bool]:
    return lambda request: bool(request.user.has_perm(right))  # type: ignore[union-attr]


def _item(title: Any, icon: str, model: str) -> dict[str, Any]:
    """A link to the list of a model, for those who may see it."""
    app, _dot, name = model.partition(".")
    return {
        "title": title,
        "icon": icon,
        "link": reverse_lazy(f"admin:{app}_{name}_changelist"),
        "permission": _seen_with(f"{app}.view_{name}"),
    }


def _group(title: Any, *items: dict[str, Any], collapsible: bool = True) -> dict[str, Any]:
    return {"title": title, "collapsible": collapsible, "items": list(items)}


NAVIGATION = [
    {
        "items": [{"title": _("Today"), "icon": "storefront", "link": reverse_lazy("admin:index")}],
    },
    _group(
        _("Customers"),
        _item(_("Members"), "group", "members.member"),
        _item(_("Cards"), "credit_card", "members.card"),
        _item(_("Segments"), "groups", "analytics.segment"),
        _item(_("What happened"), "history", "members.event"),
        _item(_("Consents"), "how_to_reg", "members.consent"),
        _item(_("Requests for help"), "support_agent", "messaging.helprequest"),
        collapsible=False,
    ),
    _group(
        _("Sales"),
        _item(_("Receipts"), "receipt_long", "loyalty.receipt"),
        _item(_("Returns"), "assignment_return", "loyalty.return"),
        collapsible=False,
    ),
    _group(
        _("Promotions"),
        _item(_("Campaigns"), "campaign", "campaigns.campaign"),
        _item(_("Backtests"), "science", "campaigns.backtest"),
        {
            "title": _("Calendar"),
            "icon": "calendar_month",
            "link": reverse_lazy("admin:campaigns_campaign_calendar"),
            "permission": _seen_with("campaigns.view_campaign"),
        },
        _item(_("Landing pages"), "web", "campaigns.landingpage"),
        _item(_("Campaign templates"), "bookmarks", "campaigns.campaigntemplate"),
        _item(_("Published versions"), "inventory", "campaigns.revision"),
        _item(_("Questionnaires"), "quiz", "campaigns.questionnaire"),
        _item(_("Coupon series"), "sell", "rewards.series"),
        _item(_("Coupons"), "confirmation_number", "rewards.coupon"),
        collapsible=False,
    ),
    _group(
        _("Programme"),
        _item(_("Rules of the programme"), "rule", "loyalty.programme"),
        _item(_("Appearance"), "palette", "loyalty.appearance"),
        {
            "title": _("Where members come from"),
            "icon": "alt_route",
            "link": reverse_lazy("admin:loyalty_appearance_sources"),
            "permission": _seen_with("loyalty.view_appearance"),
        },
        _item(_("Tiers"), "stairs", "loyalty.ladder"),
        _item(_("Changes of tiers"), "swap_vert", "loyalty.tierchange"),
        _item(_("Card types"), "style", "members.cardkind"),
        _item(_("Texts of consents"), "contract_edit", "members.consenttext"),
        _item(_("Payers"), "payments", "loyalty.payer"),
        _item(_("Rules over time"), "history_edu", "campaigns.rulebook"),
    ),
    _group(
        _("Goods"),
        _item(_("Products"), "shopping_basket", "loyalty.product"),
        _item(_("Categories"), "account_tree", "loyalty.category"),
        _item(_("Product sets"), "category", "loyalty.productset"),
    ),
    _group(
        _("Shops"),
        _item(_("Partners"), "handshake", "loyalty.partner"),
        _item(_("Stores"), "store", "loyalty.store"),
        _item(_("Store groups"), "workspaces", "loyalty.storegroup"),
        _item(_("Tills"), "point_of_sale", "loyalty.till"),
        _item(_("Sellers"), "badge", "campaigns.seller"),
        _item(_("API keys"), "key", "pos.tillkey"),
        _item(_("Webhooks"), "webhook", "messaging.webhook"),
    ),
    _group(
        _("Points ledger"),
        _item(_("Transfers"), "swap_horiz", "loyalty.transfer"),
        _item(_("Lots"), "layers", "loyalty.lot"),
        _item(_("Accounts"), "account_balance_wallet", "loyalty.account"),
        _item(_("Debts"), "money_off", "loyalty.debt"),
    ),
    _group(
        _("Staff and system"),
        _item(_("Users"), "badge", "members.user"),
        _item(_("Roles"), "shield_person", "auth.group"),
        _item(_("Failed sign-ins"), "lock_person", "axes.accessattempt"),
        _item(_("Periodic tasks"), "schedule", "django_celery_beat.periodictask"),
    ),
]

UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "Regulars",
    "SITE_HEADER": "Regulars",
    "SITE_SUBHEADER": _("Back office"),
    "SITE_URL": reverse_lazy("start"),
    "SITE_ICON": lambda request: static("img/mark.svg"),
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("img/mark.svg")}
    ],
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
    "SHOW_LANGUAGES": True,
    "LANGUAGES": {"navigation": "config.languages.show_of_staff"},
    "BORDER_RADIUS": "8px",
    "DASHBOARD_CALLBACK": "backoffice.dashboard.fill",
    "STYLES": [lambda request: static("css/backoffice.css")],
    "SCRIPTS": [lambda request: static("js/backoffice.js")],
    "SIDEBAR": {
        "show_search": True,
        "command_search": True,
        "show_all_applications": False,
        "navigation": NAVIGATION,
    },
    "COMMAND": {"search_models": False, "search_callback": "backoffice.members.finding.find"},
    "COLORS": {
        # paper to ink
        "base": {
            "50": "#fbf9f4",
            "100": "#f3efe6",
            "200": "#e4decf",
            "300": "#cfc8b7",
            "400": "#a39d8d",
            "500": "#6b6e66",
            "600": "#56605a",
            "700": "#3b423e",
            "800": "#2a2f2c",
            "900": "#1f2421",
            "950": "#171a18",
        },
        # the brand's green
        "primary": {
            "50": "#f0f7f4",
            "100": "#e2efe9",
            "200": "#c3ddd2",
            "300": "#96c4b1",
            "400": "#5fa388",
            "500": "#3a8069",
            "600": "#1d5c4a",
            "700": "#174d3e",
            "800": "#124436",
            "900": "#0e352b",
            "950": "#0f1f19",
        },
    },
}
