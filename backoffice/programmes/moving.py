"""Asking before members are moved between tiers: how many, from which to which, said before a ladder is saved."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from analytics import moves
from loyalty.models import Programme
from loyalty.tiers import ladders

#: What of a form is no content of it.
_BESIDE = ("csrfmiddlewaretoken", "sure")


class Unconfirmed(Exception):
    """Nothing is saved yet: somebody must see first whom it moves."""

    def __init__(self, told: list[str]) -> None:
        super().__init__()
        self.told = told


def require_confirmed(
    request: HttpRequest, programme: Programme, names: Mapping[str, str], now: datetime
) -> None:
    """Raise ``Unconfirmed`` where the ladder, as the transaction has saved it, moves members and nobody agreed to it.

    ``names`` are the tiers by their codes as they were: one that is gone is named by them.
    """
    if request.POST.get("sure") == seal(request):
        return
    ladder = ladders.read(programme)
    if told := moves.describe(programme, ladder, names, now):
        raise Unconfirmed(told)


def seal(request: HttpRequest) -> str:
    """The same for a form of the same content: what was shown is what is agreed to."""
    content = sorted((name, request.POST.getlist(name)) for name in request.POST if name not in _BESIDE)
    return hashlib.sha256(repr((request.path, content)).encode()).hexdigest()


class AsksBeforeMoving:
    """A desk that saves nothing that moves members before somebody has seen how many it moves."""

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The form; in place of saving, whom it would move."""
        try:
            found: HttpResponse = super().changeform_view(request, object_id, form_url, extra_context)  # type: ignore[misc]
        except Unconfirmed as asked:
            return self._ask(request, asked)
        return found

    def _ask(self, request: HttpRequest, asked: Unconfirmed) -> HttpResponse:
        desk: Any = self
        context = desk.admin_site.each_context(request) | {
            "title": _("Members move between tiers"),
            "opts": desk.opts,
            "told": asked.told,
            "sent": [
                (name, value)
                for name in request.POST
                if name not in _BESIDE
                for value in request.POST.getlist(name)
            ],
            "sure": seal(request),
            "page": request.get_full_path(),
        }
        return TemplateResponse(request, "backoffice/moving.html", context)
