"""Tables that go in and out as files: what their columns are, and what a row must hold.

A row that will not do is reported with its number before anything is written; the import then
changes nothing at all.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override
from import_export.admin import ImportExportModelAdmin
from import_export.fields import Field
from import_export.formats.base_formats import CSV, JSON
from import_export.resources import ModelResource
from import_export.widgets import ForeignKeyWidget
from unfold.contrib.import_export.forms import ExportForm, ImportForm

from backoffice import cells, enrolment
from backoffice.desk import Desk
from loyalty import membership
from loyalty.models import Category, Partner, Product, Store
from members.models import Card, CardKind, Member
from members.registration import make_referral_code


class SemicolonsToo(CSV):  # type: ignore[misc]
    """CSV, parted by commas, semicolons or tabs: spreadsheets part by what the language of the machine says."""

    def create_dataset(self, in_stream: Any, **options: Any) -> Any:
        """Read the table; what parts its columns is what the first line has most of."""
        text = in_stream.decode(self.encoding or "utf-8-sig") if isinstance(in_stream, bytes) else in_stream
        text = text.lstrip("\ufeff")
        first = text.partition("\n")[0]
        return super().create_dataset(text, delimiter=max(",;\t", key=first.count), **options)


class CodeWidget(ForeignKeyWidget):  # type: ignore[misc]
    """Another record named by its code; an unknown one is refused with the code."""

    def clean(self, value: Any, row: Any = None, **options: Any) -> Any:
        """The record of that code, None for an empty cell."""
        try:
            return super().clean(cells.plain(value) or None, row, **options)
        except self.model.DoesNotExist:
            raise ValidationError(
                _("There is no %(kind)s “%(code)s”.") % {"kind": self.model._meta.verbose_name, "code": value}
            ) from None


class SheetError(Exception):
    """A file that cannot be a table of this kind; the text says what is wrong and how to mend it."""


class Sheet(ModelResource):  # type: ignore[misc]
    """What every table has in common: rows are checked like forms, unchanged ones are left alone.

    What a file has no column for stays as it is. ``fixed`` are the columns that a record keeps for ever, as in
    its form.
    """

    fixed: tuple[str, ...] = ()

    class Meta:
        skip_unchanged = True
        report_skipped = True
        clean_model_instances = True
        use_transactions = True

    @classmethod
    def field_from_django_field(cls, field_name: str, django_field: Any, readonly: bool) -> Field:
        """A column, with the cell for what it holds."""
        cell = cells.cell_of(django_field, [code for code, _name in settings.LANGUAGES])
        return Field(field_name, field_name, cell, readonly=readonly, default=django_field.get_default())

    def before_import(self, dataset: Any, **options: Any) -> None:
        """Know the columns by their codes or by their names in any language. Raises ``SheetError``."""
        names = self._names()
        headers = [str(header or "").strip().lstrip("\ufeff") for header in dataset.headers or ()]
        known = [names.get(header.lower(), "") for header in headers]
        told = ", ".join(field.column_name for field in self.get_import_fields())
        for header, name in zip(headers, known, strict=True):
            if not name:
                detail = _("There is no column “%(name)s”. There are: %(known)s.")
                raise SheetError(detail % {"name": header, "known": told})
            if known.count(name) > 1:
                raise SheetError(_("The column “%(name)s” is there twice.") % {"name": name})
        for name in self._meta.import_id_fields:
            if name not in known:
                detail = _("The column “%(name)s” is missing: rows are known by it.")
                raise SheetError(detail % {"name": name})
        dataset.headers = known

    def _names(self) -> dict[str, str]:
        """The columns by everything they may be called, in small letters."""
        names = {}
        for field in self.get_import_fields():
            label = self._meta.model._meta.get_field(field.attribute).verbose_name
            for language, _name in settings.LANGUAGES:
                with override(language):
                    names[str(label).lower()] = field.column_name
        return names | {field.column_name.lower(): field.column_name for field in self.get_import_fields()}

    def after_init_instance(self, instance: Any, new: bool, row: Any, **options: Any) -> None:
        """Note what is fixed before the row is read."""
        instance.kept = {} if new else {name: getattr(instance, name) for name in self.fixed}

    def validate_instance(
        self, instance: Any, import_validation_errors: Any = None, validate_unique: bool = True
    ) -> None:
        """Check a record as its form does; what the form fixes, the file fixes."""
        errors = dict(import_validation_errors or {})
        for name, value in getattr(instance, "kept", {}).items():
            if getattr(instance, name) != value:
                detail = _("This never changes: it is “%(value)s”.") % {"value": value}
                errors.setdefault(name, ValidationError(detail))
        super().validate_instance(instance, errors, validate_unique)


class SheetDesk(Desk, ImportExportModelAdmin):  # type: ignore[misc]
    """A desk whose records also come in and go out as files, each by who may do it."""

    formats = (SemicolonsToo, JSON)
    from_encoding = "utf-8-sig"
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

    fixed = ("partner",)
    partner = Field("partner", "partner", CodeWidget(Partner, "code"))

    class Meta(Sheet.Meta):
        model = Store
        import_id_fields = ("code",)
        fields = ("code", "name", "partner", "time_zone", "country", "address", "active")


class ProductSheet(Sheet):
    """Products, known by their partner and sku."""

    partner = Field("partner", "partner", CodeWidget(Partner, "code"))
    category = Field("category", "category", CodeWidget(Category, "code"))

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
        row["phone"] = enrolment.read_phone(cells.plain(row.get("phone")), membership.of_house())

    def init_instance(self, row: Any = None) -> Member:
        """A new member; the code is there so that the checks of a whole member pass."""
        return Member(referral_code=make_referral_code())

    def do_instance_save(self, instance: Member, is_create: bool) -> None:
        """Save a member who is there; register a new one."""
        if is_create:
            enrolment.bring_in(instance, timezone.now())
        else:
            super().do_instance_save(instance, is_create)
