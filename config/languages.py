"""Which languages a door offers: members are spoken to in every one, the staff in those that everything is in.

A page that is half in one language and half in another is worse than one in a language that is only the second best.
So what the back office and the till are not translated into is not offered there, whatever the browser asks for.
"""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest
from django.middleware.locale import LocaleMiddleware
from django.utils import translation
from django.utils.translation.trans_real import parse_accept_lang_header

#: The languages that everything is in; the others of ``settings.LANGUAGES`` are of members alone.
STAFF = ("en", "ru")
#: The doors of the staff and of programs. All others are of members.
STAFF_DOORS = ("/admin/", "/till/", "/api/", "/outbox/", "/messages/", "/health/", "/metrics")
START = "/"


def of_staff() -> list[tuple[str, str]]:
    """The languages to choose from where the staff works: code and name."""
    return [(code, str(name)) for code, name in settings.LANGUAGES if code in STAFF]


def show_of_staff(_request: HttpRequest) -> list[dict[str, str]]:
    """The same, for the back office's own switch."""
    return [translation.get_language_info(code) for code in STAFF]


def is_of_staff(path: str) -> bool:
    """Whether a page is for those who run the programme: the start page is, too."""
    return path == START or path.startswith(STAFF_DOORS)


class Locale(LocaleMiddleware):
    """Django's choice of the language, among those that the door offers."""

    def process_request(self, request: HttpRequest) -> None:
        """Speak the language of the cookie or of the browser; else the next one that the browser names."""
        super().process_request(request)
        if translation.get_language() not in STAFF and is_of_staff(request.path_info):
            translation.activate(_choose(request.META.get("HTTP_ACCEPT_LANGUAGE", "")))
            request.LANGUAGE_CODE = translation.get_language()


def _choose(accepted: str) -> str:
    """The first language of the staff that a browser's header names."""
    named = (code.partition("-")[0] for code, _weight in parse_accept_lang_header(accepted))
    return next((code for code in named if code in STAFF), settings.LANGUAGE_CODE)
