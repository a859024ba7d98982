"""Landing pages: written, looked at before they are published, and counted."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import AutocompleteSelectFilter, BooleanRadioFilter
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminTextareaWidget

from backoffice.campaigns import STATES
from backoffice.desk import Desk
from backoffice.site import posters
from backoffice.site.uploading import FORMATS, PictureField, drop_field
from campaigns.desk import states
from campaigns.models import LandingPage
from loyalty.appearance import arrivals, pictures
from loyalty.appearance.arrivals import Came


class LandingForm(forms.ModelForm):  # type: ignore[type-arg]
    """A landing page, with its picture as a file."""

    picture_file = PictureField(label=_("Picture"), help_text=FORMATS)
    drop_picture = drop_field(_("Take the picture away"))

    class Meta:
        model = LandingPage
        exclude = ("picture",)
        widgets = {"lead": UnfoldAdminTextareaWidget(attrs={"rows": 2})}

    def clean(self) -> dict[str, Any]:
        """Refuse the form of another programme: who fills it in joins this one."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        campaign = cleaned.get("campaign") or (self.instance.campaign if self.instance.campaign_id else None)
        form = cleaned.get("form")
        if form is not None and campaign is not None and form.programme_id != campaign.programme_id:
            self.add_error("form", _("This form is of another programme."))
        return cleaned


@admin.register(LandingPage)
class LandingDesk(Desk):
    """Pages that campaigns are told on."""

    form = LandingForm
    list_display = (
        "title",
        "campaign",
        "show_state",
        "published",
        "show_visits",
        "show_joined",
        "show_bought",
    )
    list_filter = (("campaign", AutocompleteSelectFilter), ("published", BooleanRadioFilter))
    list_select_related = ("campaign__programme",)
    search_fields = ("title", "code", "campaign__name")
    autocomplete_fields = ("campaign",)
    fixed = ("code", "campaign")
    suggested = {"code": ("title",)}
    readonly_fields = ("show_picture", "tell_state", "show_visits", "show_joined", "show_bought")
    actions_detail = ("look", "print_code")
    deletable = True
    fieldsets = (
        (None, {"fields": (("campaign", "code"), "title", "lead", "text")}),
        (_("Picture"), {"fields": ("show_picture", "picture_file", "drop_picture", "picture_text")}),
        (_("What it says by itself"), {"fields": (("tells_rules", "button"), "form")}),
        (
            _("Shown"),
            {"fields": (("published", "tell_state"), ("show_visits", "show_joined", "show_bought"))},
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[LandingPage]:
        """Pages without the content of their pictures."""
        return super().get_queryset(request).select_related("campaign__programme")

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """The list; each page on it knows its counts and the state of its campaign."""
        changelist = super().get_changelist_instance(request)
        pages = list(changelist.result_list)
        programmes = {page.campaign.programme for page in pages}
        came = [row for one in programmes for row in arrivals.count(one, begins=arrivals.PAGE)]
        for page in pages:
            page.came = arrivals.of_links(came, f"{arrivals.PAGE}{page.code}")
        changelist.result_list = pages
        return changelist

    def get_urls(self) -> list[Any]:
        """The code to print, beside the usual pages."""
        wrap = self.admin_site.admin_view
        own = path("<int:pk>/code/", wrap(posters.of_page), name="campaigns_landingpage_poster")
        return [own, *super().get_urls()]

    @action(description=_("Look at it"), icon="visibility", url_path="look")
    def look(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The page as guests see it; one that is not published shows itself to the staff alone."""
        page = LandingPage.objects.select_related("campaign__programme").get(pk=object_id)
        return HttpResponseRedirect(reverse("site:landing", args=[page.campaign.programme.code, page.code]))

    @action(description=_("Print its code"), icon="qr_code", url_path="print-code")
    def print_code(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """A sheet with the code that leads here."""
        return HttpResponseRedirect(reverse("admin:campaigns_landingpage_poster", args=[object_id]))

    def save_model(self, request: HttpRequest, obj: LandingPage, form: Any, change: bool) -> None:
        """Save it with its picture."""
        content = form.cleaned_data.get("picture_file")
        if content:
            obj.picture = pictures.keep_photo(content, "picture_file")
        elif form.cleaned_data.get("drop_picture"):
            obj.picture = None
        super().save_model(request, obj, form, change)

    @display(description=_("picture"))
    def show_picture(self, page: LandingPage) -> str:
        """The picture as it is."""
        if page.picture_id is None:
            return "–"
        address = reverse("picture", args=[page.picture_id])
        return format_html('<img src="{}" alt="{}" style="max-width:20rem">', address, page.picture_text)

    @display(description=_("state of the campaign"), label=STATES)
    def show_state(self, page: LandingPage) -> tuple[str, str]:
        """The page follows it."""
        state = states.state_of(page.campaign, timezone.now())
        return state.value, str(state.label)

    @display(description=_("state of the campaign"))
    def tell_state(self, page: LandingPage) -> str:
        """The same on the page's own form."""
        return str(states.state_of(page.campaign, timezone.now()).label) if page.campaign_id else "–"

    @display(description=_("visits"))
    def show_visits(self, page: LandingPage) -> int:
        """How often it was opened."""
        return _count(page).visits

    @display(description=_("joined"))
    def show_joined(self, page: LandingPage) -> int:
        """How many members joined by it."""
        return _count(page).joined

    @display(description=_("bought"))
    def show_bought(self, page: LandingPage) -> int:
        """How many of them bought something since."""
        return _count(page).bought


def _count(page: LandingPage) -> Came:
    """What came by the page, asked for once."""
    if not page.pk:
        return Came("")
    known: Any = page
    if not hasattr(known, "came"):
        link = f"{arrivals.PAGE}{page.code}"
        known.came = arrivals.of_links(arrivals.count(page.campaign.programme, begins=link), link)
    came: Came = known.came
    return came
