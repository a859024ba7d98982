"""Addresses of the cabinet: each programme has its own, and a login in one is none in another."""

from __future__ import annotations

from django.urls import path

from cabinet import about, access, codes, entry, friends, history, home, installable, papers

app_name = "cabinet"
urlpatterns = [
    path("", entry.choose, name="programmes"),
    path("<slug:programme>/", home.show, name="home"),
    path("<slug:programme>/card.svg", codes.card, name="card_picture"),
    path("<slug:programme>/coupons/<str:code>.svg", codes.coupon, name="coupon_picture"),
    path("<slug:programme>/offers/", home.offers, name="offers"),
    path("<slug:programme>/friends/", friends.show, name="friends"),
    path("<slug:programme>/enter/", entry.enter, name="enter"),
    path("<slug:programme>/enter/code/", entry.code, name="code"),
    path("<slug:programme>/enter/join/", entry.join, name="join"),
    path("<slug:programme>/leave/", access.leave, name="leave"),
    path("<slug:programme>/history/", history.browse, name="history"),
    path("<slug:programme>/history/table/", papers.table, name="history_table"),
    path("<slug:programme>/history/paper/", papers.sheet, name="history_paper"),
    path("<slug:programme>/history/<uuid:receipt_id>/", history.receipt, name="receipt"),
    path("<slug:programme>/me/", about.show, name="me"),
    path("<slug:programme>/me/name/", about.rename, name="rename"),
    path("<slug:programme>/me/consents/", about.agree, name="agree"),
    path("<slug:programme>/me/devices/end/", about.end_device, name="end_device"),
    path("<slug:programme>/app.webmanifest", installable.manifest, name="manifest"),
    path("<slug:programme>/worker.js", installable.worker, name="worker"),
    path("<slug:programme>/offline/", installable.offline, name="offline"),
]
