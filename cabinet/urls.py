"""Addresses of the cabinet: each programme has its own, and a login in one is none in another."""

from __future__ import annotations

from django.urls import path

from cabinet import (
    about,
    access,
    agreements,
    entry,
    help,
    history,
    home,
    installable,
    open_forms,
    papers,
    questionnaires,
    why,
)

app_name = "cabinet"
urlpatterns = [
    path("", entry.choose, name="programmes"),
    path("<slug:programme>/", home.show, name="home"),
    path("<slug:programme>/enter/", entry.enter, name="enter"),
    path("<slug:programme>/enter/code/", entry.code, name="code"),
    path("<slug:programme>/enter/join/", entry.join, name="join"),
    path("<slug:programme>/leave/", access.leave, name="leave"),
    path("<slug:programme>/history/", history.browse, name="history"),
    path("<slug:programme>/history/table/", papers.table, name="history_table"),
    path("<slug:programme>/history/paper/", papers.sheet, name="history_paper"),
    path("<slug:programme>/history/<uuid:receipt_id>/", history.receipt, name="receipt"),
    path("<slug:programme>/help/", help.browse, name="help"),
    path("<slug:programme>/help/ask/", help.ask, name="help_ask"),
    path("<slug:programme>/help/<uuid:request_id>/", help.show, name="help_request"),
    path("<slug:programme>/help/<uuid:request_id>/rate/", help.rate, name="help_rate"),
    path("<slug:programme>/help/<uuid:request_id>/close/", help.close, name="help_close"),
    path("<slug:programme>/help/<uuid:request_id>/photo/<int:message_id>/", help.photo, name="help_photo"),
    path("<slug:programme>/recommendations/", why.recommendations, name="recommendations"),
    path("<slug:programme>/why/coupon/<str:code>/", why.coupon, name="why_coupon"),
    path("<slug:programme>/me/", about.show, name="me"),
    path("<slug:programme>/me/name/", about.rename, name="rename"),
    path("<slug:programme>/me/consents/", agreements.browse, name="consents"),
    path("<slug:programme>/asked/", agreements.ask, name="asked"),
    path("<slug:programme>/me/devices/end/", about.end_device, name="end_device"),
    path("<slug:programme>/questionnaires/", questionnaires.browse, name="questionnaires"),
    path("<slug:programme>/questionnaires/<slug:code>/", questionnaires.answer, name="questionnaire"),
    path(
        "<slug:programme>/questionnaires/<slug:code>/photos/<uuid:photo_id>/",
        questionnaires.photo,
        name="answer_photo",
    ),
    path("<slug:programme>/forms/<slug:code>/", open_forms.answer, name="form"),
    path("<slug:programme>/forms/<slug:code>/photos/<uuid:photo_id>/", open_forms.photo, name="form_photo"),
    path("<slug:programme>/app.webmanifest", installable.manifest, name="manifest"),
    path("<slug:programme>/worker.js", installable.worker, name="worker"),
    path("<slug:programme>/offline/", installable.offline, name="offline"),
]
