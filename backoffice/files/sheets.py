"""The tables that go in and out as files, and the desks on which they do."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from functools import cached_property
from typing import Any

from django.contrib import admin
from django.db.models.functions import Lower
from django.http import HttpRequest, HttpResponse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from import_export.admin import ExportMixin
from import_export.fields import Field
from import_export.formats.base_formats import CSV, JSON
from unfold.contrib.import_export.forms import ExportForm

from backoffice import enrolment
from backoffice.desk import Desk
from backoffice.files import cells, upload_pages
from backoffice.files.sheet import CodeWidget, Sheet
from backoffice.files.sheet_drafts import Draft
from loyalty.models import Category, Partner, Product, Store
from loyalty.shops import membership
from members.lookup import cards
from members.models import Card, CardKind, Member
from members.registration import make_referral_code


def _phone_of_house(text: str) -> str:
    return enrolment.read_phone(text, membership.of_house()) or ""


class _Exporting(ExportMixin, admin.ModelAdmin):  # type: ignore[misc]
    """The library's way out."""


class SheetDesk(Desk, _Exporting):  # type: ignore[misc]
    """A desk whose records also come in and go out as files, each by who may do it."""

    formats = (CSV, JSON)
    export_form_class = ExportForm
    import_export_change_list_template = "admin/import_export/change_list_import_export.html"

    @property
    def door(self) -> upload_pages.Door:
        """The pages on which files come in."""
        opts = self.opts
        return upload_pages.Door(
            desk=self,
            kind=opts.label_lower,
            base=f"{opts.app_label}_{opts.model_name}_import",
            may=self.has_import_permission,
            title=capfirst(_("%(things)s from a file") % {"things": opts.verbose_name_plural}),
            about={"columns": self.resource_classes[0]._meta.fields},
        )

    def get_urls(self) -> list[Any]:
        """The pages on which files come in, beside the usual ones."""
        return [*upload_pages.urls(self, lambda: self.door, "import/"), *super().get_urls()]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The list, with the way to bring a file for those who may."""
        more = {"has_import_permission": self.has_import_permission(request)}
        return super().changelist_view(request, more | (extra_context or {}))

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

    class Meta:
        model = Store
        import_id_fields = ("code",)
        fields = (
            "code", "name", "partner", "time_zone", "country", "address", "town", "hours", "latitude", "longitude",
            "active",
        )  # fmt: skip


class ProductSheet(Sheet):
    """Products, known by their partner and sku."""

    partner = Field("partner", "partner", CodeWidget(Partner, "code"))
    category = Field("category", "category", CodeWidget(Category, "code"))

    class Meta:
        model = Product
        import_id_fields = ("partner", "sku")
        fields = ("partner", "sku", "name", "brand", "category", "barcode", "price", "cost", "active")


class CardSheet(Sheet):
    """Cards, known by their number however it is written; the member is named by phone."""

    kind = Field("kind", "kind", CodeWidget(CardKind, "code"))
    member = Field("member", "member", CodeWidget(Member, "phone", _phone_of_house))

    class Meta:
        model = Card
        import_id_fields = ("number",)
        fields = ("number", "kind", "member", "blocked")

    def read(self, name: str, cell: str) -> Any:
        """What a cell holds; a number in its one form."""
        value = super().read(name, cell)
        return cards.normalise(value) if name == "number" else value

    def find(self, drafts: Sequence[Draft], *, lock: bool) -> dict[Any, list[Any]]:
        """The cards that rows mean, whatever form their numbers were kept in."""
        forms = {draft.key: cards.spellings(cells.plain(draft.cells["number"])) for draft in drafts}
        there: dict[str, list[Card]] = defaultdict(list)
        for card in self.rows(lock).filter(number__in={form for said in forms.values() for form in said}):
            there[card.number].append(card)
        return {key: [card for form in said for card in there[form]] for key, said in forms.items()}


class MemberSheet(Sheet):
    """Members, known by their phone. A new one gets an account in every active programme."""

    class Meta:
        model = Member
        import_id_fields = ("phone",)
        fields = (
            "phone", "email", "first_name", "middle_name", "last_name", "birthday", "gender", "language",
        )  # fmt: skip

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.emails: dict[str, int] = {}

    @cached_property
    def house(self) -> str:
        """The country whose people write the phones."""
        return membership.of_house()

    def read(self, name: str, cell: str) -> Any:
        """What a cell holds; a phone in its one form, so that one person is not two members."""
        if name == "phone":
            return enrolment.read_phone(cells.plain(cell), self.house)
        return super().read(name, cell)

    def begin(self) -> Member:
        """A new member; the code is there so that the checks of a whole member pass."""
        return Member(referral_code=make_referral_code())

    def several(self) -> str:
        """What is told of a phone of two members."""
        return _("Members of different programmes have this phone: change them on their pages.")

    def check(self, drafts: Sequence[Draft]) -> None:
        """An e-mail is one member's: nobody else here has it, and no row before."""
        said = {id(draft): (draft.values.get("email") or "").lower() for draft in drafts}
        wanted = {email for email in said.values() if email}
        rows = (
            Member.objects.alias(lower=Lower("email"))
            .filter(lower__in=wanted)
            .values_list("email", "pk", "apart")
        )
        owners: dict[str, list[tuple[Any, str]]] = defaultdict(list)
        for email, pk, apart in rows:
            owners[(email or "").lower()].append((pk, apart))
        for draft in drafts:
            email, record = said[id(draft)], draft.record
            if not email or record is None:
                continue
            others = [apart for pk, apart in owners[email] if draft.is_new or pk != record.pk]
            taken = others if draft.is_new else [apart for apart in others if apart == record.apart]
            told = _("A member with this e-mail exists already.") if taken else ""
            before = self.emails.setdefault(email, draft.row.number)
            if before != draft.row.number:
                told = _("Row %(row)s has this e-mail too.") % {"row": before}
            if told:
                draft.refuse("email", told)

    def write(self, drafts: Sequence[Draft], at: datetime) -> None:
        """Register new members."""
        enrolment.bring_in([draft.record for draft in drafts], at)


#: The tables that come in as files, by the model they are of.
SHEETS: dict[str, type[Sheet]] = {
    sheet._meta.model._meta.label_lower: sheet for sheet in (StoreSheet, ProductSheet, CardSheet, MemberSheet)
}
