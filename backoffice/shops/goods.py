"""Goods: products, the category tree, and sets of products."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import AutocompleteSelectFilter, BooleanRadioFilter
from unfold.decorators import display

from backoffice.desk import Desk
from backoffice.files.sheets import ProductSheet, SheetDesk
from loyalty.models import Category, Product, ProductSet
from loyalty.shops import products


@admin.register(Product)
class ProductDesk(SheetDesk):
    """Products of partners."""

    list_display = ("label", "sku", "barcode", "brand", "category", "price", "partner", "active")
    list_filter = (
        ("category", AutocompleteSelectFilter),
        ("sets", AutocompleteSelectFilter),
        ("partner", AutocompleteSelectFilter),
        ("active", BooleanRadioFilter),
    )
    list_select_related = ("category", "partner")
    search_fields = ("name", "sku", "=barcode", "brand")
    search_help_text = _("Name, sku, brand, or a whole barcode")
    autocomplete_fields = ("partner", "category")
    fixed = ("partner", "sku")
    fieldsets = (
        (None, {"fields": (("name", "brand"), ("sku", "barcode"), ("category", "partner"), "active")}),
        (_("Money"), {"fields": (("price", "cost"),)}),
    )
    resource_classes = (ProductSheet,)

    @display(description=_("product"), ordering="name")
    def label(self, product: Product) -> str:
        """The product's name, or its sku where it has none."""
        return str(product)


class CategoryForm(forms.ModelForm):  # type: ignore[type-arg]
    """A category; it cannot come to lie below itself."""

    class Meta:
        model = Category
        fields = ("code", "name", "parent")

    def clean_parent(self) -> Category | None:
        """Refuse a parent that is the category itself or below it."""
        parent: Category | None = self.cleaned_data["parent"]
        if parent is not None and self.instance.pk and self.instance.code in parent.path:
            raise ValidationError(
                _("“%(parent)s” lies below this category: choose another parent."),
                params={"parent": parent},
            )
        return parent


@admin.register(Category)
class CategoryDesk(Desk):
    """The tree of categories."""

    form = CategoryForm
    list_display = ("name", "code", "show_path", "count_products")
    list_filter = (("parent", AutocompleteSelectFilter),)
    search_fields = ("name", "code")
    autocomplete_fields = ("parent",)
    fixed = ("code",)
    suggested = {"code": ("name",)}
    ordering = ("path",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Category]:
        """Categories with the number of their own products."""
        return super().get_queryset(request).annotate(products_count=Count("products"))

    @display(description=_("where it stands"), ordering="path")
    def show_path(self, category: Category) -> str:
        """The codes from the root down."""
        return " › ".join(category.path)

    @display(description=_("products"), ordering="products_count")
    def count_products(self, category: Category) -> int:
        """How many products are in the category itself."""
        return category.products_count  # type: ignore[attr-defined]

    def save_model(self, request: HttpRequest, obj: Category, form: Any, change: bool) -> None:
        """Save the category and the paths of everything below it."""
        products.plant(obj)


@admin.register(ProductSet)
class ProductSetDesk(Desk):
    """Products chosen by hand."""

    list_display = ("name", "code", "count_products")
    search_fields = ("name", "code")
    autocomplete_fields = ("products",)
    fixed = ("code",)
    suggested = {"code": ("name",)}
    deletable = True

    def get_queryset(self, request: HttpRequest) -> QuerySet[ProductSet]:
        """Sets with the number of their products."""
        return super().get_queryset(request).annotate(products_count=Count("products"))

    @display(description=_("products"), ordering="products_count")
    def count_products(self, products_set: ProductSet) -> int:
        """How many products are in the set."""
        return products_set.products_count  # type: ignore[attr-defined]
