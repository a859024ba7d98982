"""Tables that go in and out as files: what their columns are, and what a row must hold.

A row that will not do is reported with its number before anything is written; the import then
changes nothing at all.
"""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from import_export.admin import ImportExportModelAdmin
from import_export.fields import Field
from import_export.formats.base_formats import CSV, JSON
from import_export.resources import ModelResource
from import_export.widgets import DecimalWidget, ForeignKeyWidget
from unfold.contrib.import_export.forms import ExportForm, ImportForm

from backoffice import enrolment
from backoffice.desk import Desk
from loyalty.models import Category, Partner, Product, Store
from members.models import Card, CardKind, Member
from members.registration import make_referral_code


class CodeWidget(ForeignKeyWidget):  # type: ignore[misc]
    """Another record named by its code; an unknown one is refused with the code."""

    def clean(self, value: Any, row: Any = None, **options: Any) -> Any:
        """The record of that code, None for an empty cell."""
        try:
            return super().clean(str(value).strip() if value is not None else value, row, **options)
        except self.model.DoesNotExist:
            raise ValidationError(
                _("There is no %(kind)s “%(code)s”.") % {"kind": self.model._meta.verbose_name, "code": value}
            ) from None


class Sheet(ModelResource):  # type: ignore[misc]
    """What every table has in common: rows are checked like forms, unchanged ones are left alone."""

    class Meta:
        skip_unchanged = True
        report_skipped = True
        clean_model_instances = True
        use_transactions = True


class SheetDesk(Desk, ImportExportModelAdmin):  # type: ignore[misc]
    """A desk whose records also come in and go out as files, each by who may do it."""

    formats = (CSV, JSON)
    import_form_class = ImportForm
    export_form_class = ExportForm

    def has_import_permission(self, request: HttpRequest) -> bool:
        """A file both makes and changes records."""
        return bool(self.has_add_permission(request) and self.has_change_permission(request))

    def has_export_permission(self, request: HttpRequest) -> bool:
        """Taking a whole list out is more than looking at it."""
        return bool(self.has_view_permission(request) and request.user.has_perm("backoffice.export_records"))


class StoreSheet(Sheet):
    """Stores, known by their code."""

    partner = Field("partner", "partner", CodeWidget(Partner, "code"))

    class Meta(Sheet.Meta):
        model = Store
        import_id_fields = ("code",)
        fields = ("code", "name", "partner", "time_zone", "address", "active")


class ProductSheet(Sheet):
    """Products, known by their partner and sku."""

    partner = Field("partner", "partner", CodeWidget(Partner, "code"))
    category = Field("category", "category", CodeWidget(Category, "code"))
    price = Field("price", "price", DecimalWidget(coerce_to_string=True))
    cost = Field("cost", "cost", DecimalWidget(coerce_to_string=True))

    class Meta(Sheet.Meta):
        model = Product
        import_id_fields = ("partner", "sku")
        fields = ("partner", "sku", "name", "brand", "category", "barcode", "price", "cost", "active")


class CardSheet(Sheet):
    """Cards, known by their number; the member is named by phone."""

    kind = Field("kind", "kind", CodeWidget(CardKind, "code"))
    member = Field("member", "member", CodeWidget(Member, "phone"))

    class Meta(Sheet.Meta):
        model = Card
        import_id_fields = ("number",)
        fields = ("number", "kind", "member", "blocked")


class MemberSheet(Sheet):
    """Members, known by their phone. A new one gets an account in every active programme."""

    class Meta(Sheet.Meta):
        model = Member
        import_id_fields = ("phone",)
        fields = (
            "phone", "email", "first_name", "middle_name", "last_name", "birthday", "gender", "language",
        )  # fmt: skip

    def before_import_row(self, row: Any, **options: Any) -> None:
        """Bring the phone into its one form, so that one person is not two members."""
        row["phone"] = enrolment.read_phone(str(row.get("phone") or ""))
        row["email"] = (row.get("email") or "").strip() or None

    def init_instance(self, row: Any = None) -> Member:
        """A new member; the code is there so that the checks of a whole member pass."""
        return Member(referral_code=make_referral_code())

    def do_instance_save(self, instance: Member, is_create: bool) -> None:
        """Save a member who is there; register a new one."""
        if is_create:
            enrolment.bring_in(instance, timezone.now())
        else:
            super().do_instance_save(instance, is_create)
