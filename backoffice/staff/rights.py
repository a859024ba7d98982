"""What roles and users may do, told in words: the library's own names of rights are English and speak of tables."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django import forms
from django.apps import apps
from django.conf import settings
from django.contrib import admin
from django.contrib.auth.models import Group, Permission
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

#: What Django lets be done with a table, each with a right of its own.
_ACTS = {
    "view": gettext_lazy("see"),
    "add": gettext_lazy("add"),
    "change": gettext_lazy("change"),
    "delete": gettext_lazy("delete"),
}


def tell(right: Permission) -> str:
    """A right in the reader's words: the wing of the house, what it is about, and what may be done.

    A right that no code knows any more keeps the name that the database has.
    """
    about = right.content_type
    model = about.model_class()
    if model is None:
        return f"{about.app_label} · {right.name}"
    own = dict(model._meta.permissions)
    if right.codename in own:
        return f"{_wing(about.app_label)} · {own[right.codename]}"
    act, _sign, _name = right.codename.partition("_")
    if act not in _ACTS:
        return f"{_wing(about.app_label)} · {right.name}"
    return f"{_wing(about.app_label)} · {capfirst(model._meta.verbose_name)}: {_ACTS[act]}"


def tell_role(role: Group) -> str:
    """A role's name: those that come with the house are translated."""
    return capfirst(_(role.name)) if role.name else ""


def _wing(app: str) -> str:
    return _("Failed sign-ins") if app == "axes" else str(capfirst(apps.get_app_config(app).verbose_name))


def _has_use(right: Permission) -> bool:
    """Whether anything asks for it: libraries' tables without a page of their own have rights, too."""
    model = right.content_type.model_class()
    if model is None or hasattr(model, "pgh_tracked_model"):
        return False  # a table that is gone, or one in which the database itself notes changes
    at_home = Path(apps.get_app_config(model._meta.app_label).path).parent == settings.BASE_DIR
    return at_home or model in admin.site._registry


class RightsField(forms.ModelMultipleChoiceField):
    """Rights to choose from, in the order in which they are read; those that nothing asks for are left out."""

    def __init__(self, queryset: Any, **kwargs: Any) -> None:
        super().__init__(queryset, **kwargs)
        self.choices = self._told  # read when a page is made: in its reader's language

    def _told(self) -> list[tuple[int, str]]:
        rights: Any = self.queryset
        told = [(right.pk, tell(right)) for right in rights.select_related("content_type") if _has_use(right)]
        return sorted(told, key=lambda pair: pair[1].casefold())


class RolesField(forms.ModelMultipleChoiceField):
    """Roles to choose from, by their names in the reader's language."""

    def label_from_instance(self, obj: Any) -> str:
        """The role's name."""
        return tell_role(obj)
