"""Addresses of the till page."""

from __future__ import annotations

from django.urls import path

from pos.till import access, receipts, scanning, selling

app_name = "till"
urlpatterns = [
    path("", selling.sale, name="sale"),
    path("login/", access.Login.as_view(), name="login"),
    path("logout/", access.leave, name="logout"),
    path("place/", access.choose, name="place"),
    path("goods/", scanning.search, name="search"),
    path("scan/", scanning.ask, name="ask"),
    path("lines/", scanning.add, name="add"),
    path("lines/<int:position>/", selling.change, name="change"),
    path("lines/<int:position>/why/", selling.why, name="why"),
    path("lines/<int:position>/remove/", selling.remove, name="remove"),
    path("clear/", selling.clear, name="clear"),
    path("customer/", selling.identify, name="identify"),
    path("customer/register/", selling.register, name="register"),
    path("customer/new/", selling.meet, name="meet"),
    path("customer/join/", selling.join, name="join"),
    path("customer/part/", selling.part, name="part"),
    path("points/", selling.spend, name="spend"),
    path("coupon/", scanning.coupon, name="coupon"),
    path("exchange/", scanning.trade, name="trade"),
    path("code/", selling.send_code, name="send_code"),
    path("pay/", selling.pay, name="pay"),
    path("receipts/", receipts.browse, name="receipts"),
    path("receipts/<uuid:receipt_id>/", receipts.show, name="receipt"),
    path("receipts/<uuid:receipt_id>/returns/", receipts.give_back, name="give_back"),
    path("receipts/<uuid:receipt_id>/foresee/", receipts.foresee, name="foresee"),
    path("receipts/<uuid:receipt_id>/cancel/", receipts.cancel, name="cancel"),
    path("receipts/<uuid:receipt_id>/confirm/", receipts.confirm, name="confirm"),
]
