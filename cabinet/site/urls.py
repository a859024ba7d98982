"""Addresses of the public sites, each programme's below its code; at its own domain they begin at the root."""

from __future__ import annotations

from django.urls import path, re_path

from cabinet.site import home, landing, served, stores

app_name = "site"
urlpatterns = [
    path("<slug:programme>/", home.show, name="home"),
    path("<slug:programme>/stores/", stores.browse, name="stores"),
    path("<slug:programme>/p/<slug:code>/", landing.show, name="landing"),
    re_path(r"^(?P<programme>[-\w]+)/look-(?P<version>[0-9a-f]{12})\.css$", served.stylesheet, name="look"),
]
