"""Every address of Regulars, by door."""

from __future__ import annotations

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

from cabinet.site import served
from config import health, metrics, outbox, reports, start

urlpatterns: list[URLPattern | URLResolver] = [
    path("", start.show, name="start"),
    path("i18n/", include("django.conf.urls.i18n")),
    path("admin/", admin.site.urls),
    path("cabinet/", include("cabinet.urls")),
    path("site/", include("cabinet.site.urls")),
    path("pictures/<slug:digest>/", served.picture, name="picture"),
    path("robots.txt", served.robots, name="robots"),
    path("till/", include("pos.till.urls")),
    path("api/v1/", include("pos.urls")),
    path("outbox/", outbox.show, name="outbox"),
    path("messages/<str:channel>/status/", reports.hear, name="message-report"),
    path("health/", health.CheckView.as_view(), name="health"),
    path("health/alive/", health.answer_alive, name="alive"),
    path("metrics", metrics.show, name="metrics"),
]
