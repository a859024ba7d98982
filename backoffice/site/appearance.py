"""The look of a programme, seen while it is chosen; and by which links its members came."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextInputWidget

from backoffice.desk import Desk
from backoffice.site.uploading import FORMATS, PictureField, drop_field
from foundation import colours
from loyalty.appearance import arrivals, domains, look, pictures, sources
from loyalty.models import Appearance, Programme


class AppearanceForm(forms.ModelForm):  # type: ignore[type-arg]
    """An appearance, with the logo as a file."""

    logo_file = PictureField(label=gettext_lazy("Logo"), help_text=FORMATS)
    drop_logo = drop_field(gettext_lazy("Take the logo away"))

    class Meta:
        model = Appearance
        exclude = ("logo",)
        widgets = {
            name: UnfoldAdminTextInputWidget(attrs={"data-colour": "", "autocomplete": "off"})
            for name in ("colour", "accent")
        }

    def clean_colour(self) -> str:
        """A colour in its one form."""
        return str(self.cleaned_data["colour"]).strip().lower()

    def clean_accent(self) -> str:
        """The second one likewise."""
        return str(self.cleaned_data["accent"]).strip().lower()

    def clean_domain(self) -> str | None:
        """A domain that may be a programme's own."""
        return domains.read(self.cleaned_data["domain"] or "")


@admin.register(Appearance)
class AppearanceDesk(Desk):
    """How programmes show themselves."""

    form = AppearanceForm
    list_display = ("programme", "slogan", "domain", "show_page")
    list_select_related = ("programme",)
    search_fields = ("programme__name", "domain")
    fixed = ("programme",)
    readonly_fields = ("show_preview", "show_logo", "show_page")
    fieldsets = (
        (None, {"fields": ("programme", "show_preview", ("colour", "accent"))}),
        (gettext_lazy("Logo"), {"fields": ("show_logo", "logo_file", "drop_logo")}),
        (gettext_lazy("Texts"), {"fields": ("slogan", "about")}),
        (gettext_lazy("Where it is seen"), {"fields": ("public", "show_page", "domain")}),
    )

    class Media:
        js = ("js/appearance.js",)

    def get_urls(self) -> list[Any]:
        """The preview and the sources, beside the usual pages."""
        wrap = self.admin_site.admin_view
        return [
            path("preview/", wrap(self.preview), name="loyalty_appearance_preview"),
            path("sources/", wrap(self.sources), name="loyalty_appearance_sources"),
            *super().get_urls(),
        ]

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """A new one is of a programme that has none."""
        if db_field.name == "programme":
            kwargs["queryset"] = Programme.objects.filter(appearance=None)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: Appearance, form: Any, change: bool) -> None:
        """Save it with the logo, and its icons on the colour that was chosen."""
        content = form.cleaned_data.get("logo_file")
        if content:
            pictures.put_logo(obj, content, "logo_file")
        else:
            obj.logo = None if form.cleaned_data.get("drop_logo") else obj.logo
            pictures.put_icons(obj)
        super().save_model(request, obj, form, change)
        look.forget()
        domains.forget()

    def preview(self, request: HttpRequest) -> HttpResponse:
        """The look of colours that were typed and not saved yet: ``?colour=&accent=&slogan=&programme=``."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        asked = request.GET
        found = Appearance.objects.filter(programme_id=_number(asked.get("programme", ""))).first()
        draft = Appearance(logo_id=found.logo_id if found else None, slogan=asked.get("slogan", "")[:160])
        for name in ("colour", "accent"):
            setattr(draft, name, _colour(asked.get(name, "")))
        programme = Programme.objects.filter(pk=_number(asked.get("programme", ""))).first()
        return HttpResponse(draw(draft, programme))

    def sources(self, request: HttpRequest) -> HttpResponse:
        """By which links the members of each programme came."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        programmes = Programme.objects.filter(active=True).order_by("name")
        told = [(programme, sources.tell(arrivals.count(programme))) for programme in programmes]
        context = self.admin_site.each_context(request) | {
            "title": _("Where members come from"),
            "opts": self.opts,
            "programmes": told,
        }
        return TemplateResponse(request, "backoffice/site/sources.html", context)

    @display(description=gettext_lazy("preview"))
    def show_preview(self, appearance: Appearance) -> SafeString:
        """The card and the site in light and dark, as they would be with what stands in the form."""
        programme = appearance.programme if appearance.programme_id else None
        return format_html(
            '<div data-preview="{}" data-programme="{}">{}</div>',
            reverse("admin:loyalty_appearance_preview"),
            programme.pk if programme else "",
            draw(appearance, programme),
        )

    @display(description=gettext_lazy("logo"))
    def show_logo(self, appearance: Appearance) -> str:
        """The logo and the icon, as they are."""
        if appearance.logo_id is None or appearance.icon_id is None:
            return "–"
        return format_html(
            '<img src="{}" alt="{}" style="max-height:3rem"> <img src="{}" alt="{}" style="height:3rem">',
            reverse("picture", args=[appearance.logo_id]),
            _("logo"),
            reverse("picture", args=[appearance.icon_id]),
            _("icon"),
        )

    @display(description=gettext_lazy("public site"))
    def show_page(self, appearance: Appearance) -> str:
        """The way there."""
        if not appearance.pk or not appearance.public:
            return "–"
        address = reverse("site:home", args=[appearance.programme.code])
        return format_html('<a class="regulars-link" href="{}" target="_blank">{}</a>', address, address)


def draw(appearance: Appearance, programme: Programme | None) -> SafeString:
    """A card and a bit of the site in the look, in light and dark, with a word on what could not be read."""
    light = look.light_tokens(appearance)
    page = {
        "name": programme.name if programme else _("The programme"),
        "appearance": appearance,
        "schemes": [
            (_("light"), {"paper": "#fbf9f4", "ink": "#1f2421", **light}),
            (_("dark"), {"paper": "#171a18", "ink": "#eeece5", **light, **look.dark_tokens(appearance)}),
        ],
        "cautions": list(look.cautions(appearance)),
    }
    return render_to_string("backoffice/site/preview.html", _named(page))


def _named(page: dict[str, Any]) -> dict[str, Any]:
    """Names of variables as templates can say them."""
    page["schemes"] = [
        (name, {token.replace("-", "_"): str(colour) for token, colour in tokens.items()})
        for name, tokens in page["schemes"]
    ]
    return page


def _colour(text: str) -> str:
    try:
        return str(colours.parse(text.strip().lower()))
    except ValueError:  # while it is being typed
        return ""


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 10 else 0
