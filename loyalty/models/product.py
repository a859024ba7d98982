"""Goods: products, the category tree, and sets of products that campaigns speak of."""

from __future__ import annotations

from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

_NOT_BELOW_ZERO = MinValueValidator(0, _("Give a number that is not below zero."))


class Category(models.Model):
    """A node of the category tree. ``path`` is the codes from the root down to this node."""

    code = models.CharField(_("code"), max_length=64, unique=True)
    name = models.CharField(_("name"), max_length=120)
    parent = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="children",
        verbose_name=_("parent"),
    )
    path = models.JSONField(_("path"), default=list, editable=False)

    class Meta:
        verbose_name = _("category")
        verbose_name_plural = _("categories")
        ordering = ("code",)

    def __str__(self) -> str:
        return self.name


class Product(models.Model):
    """A product of a partner, known by its sku. Unknown ones are made from what a receipt line says."""

    partner = models.ForeignKey(
        "loyalty.Partner", on_delete=models.PROTECT, related_name="products", verbose_name=_("partner")
    )
    sku = models.CharField(_("sku"), max_length=64)
    name = models.CharField(_("name"), max_length=200, blank=True)
    brand = models.CharField(_("brand"), max_length=120, blank=True)
    category = models.ForeignKey(
        Category,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="products",
        verbose_name=_("category"),
    )
    barcode = models.CharField(_("barcode"), max_length=32, blank=True)
    price = models.DecimalField(
        _("price"), max_digits=14, decimal_places=2, null=True, blank=True, validators=[_NOT_BELOW_ZERO]
    )
    cost = models.DecimalField(
        _("cost"),
        max_digits=14,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[_NOT_BELOW_ZERO],
        help_text=_("What it costs the shop."),
    )
    active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("product")
        verbose_name_plural = _("products")
        ordering = ("name",)
        constraints = (
            models.UniqueConstraint(fields=["partner", "sku"], name="product_sku_of_partner"),
            models.CheckConstraint(condition=models.Q(price__gte=0), name="product_price_not_negative"),
            models.CheckConstraint(condition=models.Q(cost__gte=0), name="product_cost_not_negative"),
        )
        indexes = (models.Index(fields=["barcode"], name="product_barcode", condition=~models.Q(barcode="")),)

    def __str__(self) -> str:
        return self.name or self.sku


class ProductSet(models.Model):
    """Products chosen by hand that campaigns and spending rules speak of together."""

    code = models.SlugField(_("code"), max_length=32, unique=True)
    name = models.CharField(_("name"), max_length=120)
    products = models.ManyToManyField(Product, blank=True, related_name="sets", verbose_name=_("products"))

    class Meta:
        verbose_name = _("product set")
        verbose_name_plural = _("product sets")
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name
