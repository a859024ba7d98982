"""Who stands at the till, and at which one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any, NamedTuple

from axes.helpers import get_cool_off
from django.contrib.auth import logout
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST
from django_htmx.http import HttpResponseClientRedirect

from foundation.refusals import TooMany
from loyalty.models import Seat, Till
from loyalty.shops import places
from loyalty.shops.places import Shop
from members.lookup import lookup
from pos import guard
from pos.guard import Guesser, Kind
from pos.till import basket as baskets

KEY = "till_place"
SELL = "loyalty.add_receipt"
TAKE_BACK = "loyalty.add_return"

View = Callable[..., HttpResponse]


class Desk(NamedTuple):
    """The till that a cashier stands at."""

    shop: Shop
    till: str
    name: str
    #: Who would be guessing, if somebody guesses here: the cashier, and the address.
    guessers: tuple[Guesser, ...] = ()

    def may_ask(self, kind: Kind, now: datetime) -> bool:
        """Whether things of a kind are looked for here at the moment: nobody guesses at them."""
        try:
            guard.require_free_anywhere(kind, self.guessers, now)
        except TooMany:
            return False
        return True

    def note_miss(self, kind: Kind, value: str, now: datetime) -> bool:
        """Count something that was not found. Returns whether that may be said."""
        try:
            guard.note(kind, self.guessers, [value], now)
        except TooMany:
            return False
        return True

    def forgive(self, phone: str) -> None:
        """Take the miss of a phone back: who asked for it has registered it."""
        guard.forgive(self.guessers, [lookup.spelling("phone", phone, self.shop.manner)])


def for_cashiers(view: View) -> View:
    """Let in who may sell and has chosen a till; the view gets the desk after the request."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        refused = _refuse(request)
        if refused is not None:
            return refused
        desk = desk_of(request)
        if desk is None:
            return go(request, reverse("till:place"))
        return view(request, desk, *args, **kwargs)

    return guarded


def _refuse(request: HttpRequest) -> HttpResponse | None:
    if not request.user.is_authenticated:
        return go(request, f"{reverse('till:login')}?next={reverse('till:sale')}")
    if not request.user.has_perm(SELL):
        return render(request, "till/forbidden.html", status=403)
    return None


def go(request: HttpRequest, address: str) -> HttpResponse:
    """Send the browser to another page, from a part of one too."""
    return HttpResponseClientRedirect(address) if request.htmx else redirect(address)  # type: ignore[attr-defined]


def desk_of(request: HttpRequest) -> Desk | None:
    """The till that the session has chosen, if it is still there."""
    kept = request.session.get(KEY)
    if not kept:
        return None
    shop = places.find(kept["store"])
    if shop is None or not shop.active or not shop.participations or kept["till"] not in shop.tills:
        return None
    if shop.id not in stores_of(request):
        return None
    return Desk(shop, kept["till"], kept["name"], tuple(guard.of_user(request)))


def stores_of(request: HttpRequest) -> frozenset[int]:
    """The stores in which the user has a seat. Whoever has none stands nowhere."""
    return frozenset(Seat.objects.filter(user_id=str(request.user.pk)).values_list("store_id", flat=True))


class Login(LoginView):
    """Sign in with the same users, and the same lock after too many tries, as the back office."""

    template_name = "till/login.html"
    redirect_authenticated_user = True
    next_page = "till:sale"

    def form_invalid(self, form: AuthenticationForm) -> HttpResponse:
        """Say what is wrong; after too many tries, when to come back."""
        if not getattr(self.request, "axes_locked_out", False):
            return super().form_invalid(form)
        self.request.axes_locked_out = False  # type: ignore[attr-defined]  # this page says it itself
        pause = get_cool_off(self.request)
        minutes = round(pause.total_seconds() / 60) if pause else None
        return self.render_to_response(
            self.get_context_data(form=form, locked=True, minutes=minutes), status=429
        )


@require_POST
def leave(request: HttpRequest) -> HttpResponse:
    """Sign out."""
    logout(request)
    return redirect("till:login")


@require_http_methods(["GET", "POST"])
def choose(request: HttpRequest) -> HttpResponse:
    """Choose the store and till, once; the only one is chosen by itself."""
    refused = _refuse(request)
    if refused is not None:
        return refused
    seats = stores_of(request)
    tills = list(
        Till.objects.filter(
            store__in=seats, active=True, store__active=True,
            store__partner__participations__programme__active=True,
        )
        .select_related("store")
        .order_by("store__name", "code")
        .distinct()
    )  # fmt: skip
    wanted = request.POST.get("till", "")
    chosen = next((till for till in tills if str(till.id) == wanted), None)
    if len(tills) == 1:
        chosen = tills[0]
    if chosen is not None:
        name = f"{chosen.store.name} · {chosen.name or _('till %(code)s') % {'code': chosen.code}}"
        request.session[KEY] = {"store": chosen.store.code, "till": chosen.code, "name": name}
        baskets.begin(request.session)
        return redirect("till:sale")
    error = _("Choose one of these tills.") if request.method == "POST" else ""
    return render(request, "till/place.html", {"tills": tills, "seated": bool(seats), "error": error})
