"""The addresses below ``/api/v1/``."""

from __future__ import annotations

from django.urls import path, re_path

from pos.endpoint import Nowhere
from pos.views import documents, events, members, purchases

urlpatterns = [
    path("members/lookup", members.Lookup.as_view()),
    path("members", members.Members.as_view()),
    path("members/<str:member_id>", members.Member.as_view()),
    path("members/<str:member_id>/programmes", members.Programmes.as_view()),
    path("members/<str:member_id>/transfers", members.Transfers.as_view()),
    path("members/<str:member_id>/confirmation-codes", members.ConfirmationCodes.as_view()),
    path("quotes", purchases.Quotes.as_view()),
    path("purchases", purchases.Purchases.as_view()),
    path("purchases/batch", purchases.Batch.as_view()),
    path("purchases/<str:purchase_id>", purchases.Purchase.as_view()),
    path("purchases/<str:purchase_id>/confirm", purchases.Confirm.as_view()),
    path("purchases/<str:purchase_id>/cancel", purchases.Cancel.as_view()),
    path("purchases/<str:purchase_id>/returns", purchases.Returns.as_view()),
    path("events", events.Events.as_view()),
    path("schema/", documents.Document.as_view(), name="api-schema"),
    path("docs/", documents.Page.as_view(), name="api-docs"),
    re_path(r"^.*$", Nowhere.as_view()),
]
