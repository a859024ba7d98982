"""What people are asked to agree to: read in every version, written as a new one."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.db.models import OuterRef, Subquery
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.text import capfirst
from django.utils.translation import get_language_info
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import BooleanRadioFilter, ChoicesDropdownFilter
from unfold.decorators import display
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget

from backoffice.desk import Desk
from foundation.refusals import Invalid
from loyalty.models import Partner, Programme
from members import consent_texts
from members.models import Consent, ConsentText, User

#: Whose a text is that no programme has for itself.
EVERYBODYS = _("every programme without a text of its own")


def _languages() -> list[tuple[str, str]]:
    return [
        (code, str(capfirst(get_language_info(code)["name_translated"])))
        for code, _name in settings.LANGUAGES
    ]


def _programmes() -> list[tuple[str, Any]]:
    known = Programme.objects.order_by("name").values_list("code", "name")
    return [("", EVERYBODYS), *known]


def _partners() -> list[tuple[str, Any]]:
    return [("", "—"), *Partner.objects.order_by("name").values_list("code", "name")]


class TextForm(forms.ModelForm):  # type: ignore[type-arg]
    """A new version; what will not do is told beside its field."""

    circle = forms.ChoiceField(
        label=_("programme"), choices=_programmes, required=False, widget=UnfoldAdminSelectWidget
    )
    party = forms.ChoiceField(
        label=_("shared with"), choices=_partners, required=False, widget=UnfoldAdminSelectWidget
    )
    language = forms.ChoiceField(label=_("language"), choices=_languages, widget=UnfoldAdminSelectWidget)

    class Meta:
        model = ConsentText
        fields = ("circle", "purpose", "party", "language", "text", "ask_again")
        widgets = {"text": UnfoldAdminTextareaWidget(attrs={"rows": 10})}

    def clean(self) -> dict[str, Any]:
        """Ask who writes texts."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if self.errors:
            return cleaned
        wording = ConsentText(
            **{name: cleaned[name] for name in ("circle", "purpose", "party", "language", "text")}
        )
        try:
            consent_texts.require_new(wording, asks_again=cleaned["ask_again"])
        except Invalid as refusal:
            for fault in refusal.faults:
                self.add_error(fault.field, fault.detail)
        return cleaned

    def validate_constraints(self) -> None:
        """The version is counted when the text is written."""


@admin.register(ConsentText)
class ConsentTextDesk(Desk):
    """Texts of consents, with all their versions. None is changed: another wording is another version."""

    form = TextForm
    list_display = ("show_about", "show_programme", "language", "version", "since", "show_user", "ask_again")
    list_filter = (
        ("purpose", ChoicesDropdownFilter), ("ask_again", BooleanRadioFilter),
    )  # fmt: skip
    list_select_related = ("user",)
    search_fields = ("text", "circle", "party")
    ordering = ("circle", "purpose", "party", "language", "-version")
    add_fieldsets = ((None, {"fields": (("circle", "language"), ("purpose", "party"), "text", "ask_again")}),)
    fieldsets = (
        (None, {"fields": (("show_about", "show_programme"), ("language", "version"), "text", "ask_again")}),
        (None, {"fields": (("since", "show_user"), "show_agreed", "show_next")}),
    )
    readonly_fields = (
        "show_about",
        "show_programme",
        "show_user",
        "show_agreed",
        "show_next",
        "version",
        "since",
    )

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """A new one is written; those that are there are read."""
        return self.fieldsets if obj else self.add_fieldsets

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never: what somebody agreed to stays as it was."""
        return False

    def get_queryset(self, request: HttpRequest) -> Any:
        """Texts, with the names of what they are about."""
        programme = Programme.objects.filter(code=OuterRef("circle")).values("name")
        partner = Partner.objects.filter(code=OuterRef("party")).values("name")
        found = super().get_queryset(request)
        return found.annotate(programme_name=Subquery(programme[:1]), partner_name=Subquery(partner[:1]))

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """What the address says; the wording of the version that is written anew."""
        given = super().get_changeform_initial_data(request)
        earlier = ConsentText.objects.filter(pk=given.pop("after", 0) or 0).first()
        if earlier is None:
            return given
        return {
            name: getattr(earlier, name) for name in ("circle", "purpose", "party", "language", "text")
        } | given

    def save_model(self, request: HttpRequest, obj: ConsentText, form: Any, change: bool) -> None:
        """Write the next version."""
        user = request.user if isinstance(request.user, User) else None
        written = consent_texts.write(obj, timezone.now(), user, asks_again=obj.ask_again)
        obj.__dict__.update({name: value for name, value in written.__dict__.items() if name != "_state"})
        obj._state.adding = False

    @display(description=_("consent to"), ordering="purpose")
    def show_about(self, text: Any) -> str:
        """The purpose, and the partner with whom data would be shared."""
        return ": ".join(filter(None, (str(text.get_purpose_display()), text.partner_name or text.party)))

    @display(description=_("programme"), ordering="circle")
    def show_programme(self, text: Any) -> str:
        """The programme's name; a text of the house is every programme's."""
        return text.programme_name or text.circle or str(EVERYBODYS)

    @display(description=_("written by"))
    def show_user(self, text: ConsentText) -> str:
        """Who wrote it; nobody wrote the plain texts that come with the house."""
        return str(text.user) if text.user else "–"

    @display(description=_("agreed to, times"))
    def show_agreed(self, text: ConsentText) -> int:
        """How often somebody agreed to this version."""
        return Consent.objects.filter(text=text, granted=True).count()

    @display(description=_("next version"))
    def show_next(self, text: ConsentText) -> Any:
        """The way to write the next version."""
        address = reverse("admin:members_consenttext_add")
        return format_html(
            '<a class="regulars-link" href="{}?{}">{}</a>',
            address, urlencode({"after": text.pk}), _("Write the next version"),
        )  # fmt: skip
