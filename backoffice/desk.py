"""The bases of the back office's pages: a desk where records are kept, and a register that is only read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import DecimalField, Model
from django.http import HttpRequest, HttpResponseRedirect
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from unfold.admin import ModelAdmin, TabularInline
from unfold.paginator import InfinitePaginator
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from members.lookup import countries


class DecimalInput(UnfoldAdminTextInputWidget):  # type: ignore[misc]
    """A field for a number with a decimal sign: that of the reader's language, which a field of HTML's own kind
    for numbers would not take from a page."""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__({"inputmode": "decimal", **(attrs or {})})


def lead_to_programmes(request: HttpRequest) -> HttpResponseRedirect:
    """To the list of programmes, with the reason: what was asked for belongs to one, and there is none yet."""
    messages.info(request, _("Make a programme first: campaigns and receipts belong to one."))
    return HttpResponseRedirect(reverse("admin:loyalty_programme_changelist"))


def _as_typed(db_field: Any) -> dict[str, Any]:
    """How a field of a model is asked for, beyond what the library does: decimal numbers as people type them."""
    return {"localize": True, "widget": DecimalInput} if isinstance(db_field, DecimalField) else {}


class Desk(ModelAdmin):  # type: ignore[misc]
    """A page of records that people edit.

    ``fixed`` names fields that are chosen once: campaigns and tills know things by their codes.
    Nothing is deleted where receipts or rules may speak of it, unless ``deletable`` says so.
    """

    list_filter_submit = True
    list_fullwidth = True
    list_per_page = 50
    list_max_show_all = 200
    show_full_result_count = False
    warn_unsaved_form = True
    compressed_fields = False
    fixed: tuple[str, ...] = ()
    #: A field of ``fixed`` that is filled in from another while the record is new: ``{"code": ("name",)}``.
    suggested: Mapping[str, tuple[str, ...]] = {}
    deletable = False

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> tuple[str, ...]:
        """Fields that are not edited, with those that are fixed once the record is there."""
        fields = tuple(super().get_readonly_fields(request, obj))
        return fields if obj is None else fields + self.fixed

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """A country is chosen by its name; a decimal number is typed in the reader's language."""
        if db_field.name != "country":
            return super().formfield_for_dbfield(db_field, request, **{**_as_typed(db_field), **kwargs})
        return forms.TypedChoiceField(
            choices=lambda: [("", "—"), *countries.choices()],
            required=False,
            label=capfirst(db_field.verbose_name),
            help_text=db_field.help_text,
            widget=UnfoldAdminSelectWidget,
        )

    def get_prepopulated_fields(
        self, request: HttpRequest, obj: Model | None = None
    ) -> Mapping[str, tuple[str, ...]]:
        """Only a new record's fields are filled in from others."""
        return self.suggested if obj is None else {}

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Only where deleting can break nothing."""
        return self.deletable and super().has_delete_permission(request, obj)


class Register(Desk):
    """A page of what happened: looked at, never written, and too long to be counted."""

    paginator = InfinitePaginator
    show_facets = False
    list_max_show_all = 0

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Never: the use cases write these."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never."""
        return False


class _ReadOnly:
    extra = 0
    max_num = 0
    can_delete = False
    show_change_link = True

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class RegisterInline(_ReadOnly, TabularInline):  # type: ignore[misc]
    """Rows that belong to a record and are only read."""

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """All of them, those that no form could hold too."""
        return tuple(dict.fromkeys((*self.fields, *super().get_readonly_fields(request, obj))))


class DeskInline(TabularInline):  # type: ignore[misc]
    """Rows that belong to a record and are edited with it."""

    extra = 0

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """A field that carries its column's name: in a table there is no label beside it."""
        field = super().formfield_for_dbfield(db_field, request, **{**_as_typed(db_field), **kwargs})
        if field is not None:
            widget = getattr(field.widget, "widget", field.widget)
            widget.attrs["aria-label"] = capfirst(field.label)
        return field
