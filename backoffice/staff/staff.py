"""Those who work here: users, roles, and failed sign-ins."""

from __future__ import annotations

from axes.admin import AccessAttemptAdmin
from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin, TabularInline
from unfold.contrib.filters.admin import BooleanRadioFilter, RelatedDropdownFilter
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

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


@admin.register(User)
class UserDesk(UserAdmin, ModelAdmin):  # type: ignore[misc, type-arg]
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
        return ", ".join(group.name for group in user.groups.all())


@admin.register(Group)
class RoleDesk(GroupAdmin, ModelAdmin):  # type: ignore[misc]
    """Roles: what their users may do."""


@admin.register(AccessAttempt)
class AttemptDesk(AccessAttemptAdmin, ModelAdmin):  # type: ignore[misc]
    """Failed sign-ins; deleting one lets its user try again."""

    date_hierarchy = None
    list_filter_submit = True
    list_fullwidth = True
