"""Those who work here: users, roles, and failed sign-ins."""

from __future__ import annotations

from typing import Any

from axes.admin import AccessAttemptAdmin
from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, Permission
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin, TabularInline
from unfold.contrib.filters.admin import BooleanRadioFilter, RelatedDropdownFilter
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from backoffice.staff.rights import RightsField, RolesField, tell, tell_role
from loyalty.models import Seat
from members.models import User

for model in (Group, AccessAttempt, AccessLog, AccessFailureLog):
    if admin.site.is_registered(model):
        admin.site.unregister(model)


class SeatRows(TabularInline):  # type: ignore[misc]
    """The stores in which the user may stand at the till; without any, in none."""

    model = Seat
    extra = 0
    autocomplete_fields = ("store",)


class InWords(ModelAdmin):  # type: ignore[misc]
    """A page on which rights and roles are told in the reader's words."""

    def formfield_for_manytomany(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        """The fields of rights and roles, each with its words."""
        if db_field.related_model is Permission:
            kwargs["form_class"] = RightsField
        elif db_field.related_model is Group:
            kwargs["form_class"] = RolesField
        return super().formfield_for_manytomany(db_field, request, **kwargs)


@admin.register(User)
class UserDesk(InWords, UserAdmin, ModelAdmin):  # type: ignore[misc, type-arg]
    """Users of the back office."""

    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ("username", "first_name", "last_name", "email", "show_roles", "last_login", "is_active")
    list_filter = (
        ("groups", RelatedDropdownFilter),
        ("is_active", BooleanRadioFilter),
        ("is_superuser", BooleanRadioFilter),
    )
    list_filter_submit = True
    list_fullwidth = True
    warn_unsaved_form = True
    inlines = (SeatRows,)

    def get_queryset(self, request):  # type: ignore[no-untyped-def]
        """Users with their roles."""
        return super().get_queryset(request).prefetch_related("groups")

    @admin.display(description=_("roles"))
    def show_roles(self, user: User) -> str:
        """Names of the user's roles."""
        return ", ".join(tell_role(group) for group in user.groups.all())


@admin.register(Group)
class RoleDesk(InWords, GroupAdmin, ModelAdmin):  # type: ignore[misc]
    """Roles: what their users may do."""

    list_display = ("show_name",)

    def get_fields(self, request: HttpRequest, obj: Group | None = None) -> Any:
        """Whoever only looks is told the rights in words, too."""
        if self.has_change_permission(request, obj):
            return super().get_fields(request, obj)
        return ("name", "show_rights")

    def get_readonly_fields(self, request: HttpRequest, obj: Group | None = None) -> Any:
        """With what is told in words to those who only look."""
        own = tuple(super().get_readonly_fields(request, obj))
        return own if self.has_change_permission(request, obj) else (*own, "show_rights")

    @admin.display(description=_("role"), ordering="name")
    def show_name(self, role: Group) -> str:
        """The role's name in the reader's language."""
        return tell_role(role)

    @admin.display(description=_("rights"))
    def show_rights(self, role: Group) -> str:
        """What the role's users may do, one right a line."""
        rights = role.permissions.select_related("content_type")
        return format_html_join("", "<p>{}</p>", sorted((tell(right),) for right in rights))


@admin.register(AccessAttempt)
class AttemptDesk(AccessAttemptAdmin, ModelAdmin):  # type: ignore[misc]
    """Failed sign-ins; deleting one lets its user try again."""

    date_hierarchy = None
    list_filter_submit = True
    list_fullwidth = True
