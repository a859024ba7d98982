"""A programme as a file: written for whoever keeps it in git, read in after a look at what would change.

What becomes of a file that comes in is ``programme_uploads``' affair; its pages are those of every upload.
"""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminFileFieldWidget, UnfoldBooleanSwitchWidget

from backoffice.files import programme_uploads, upload_pages
from backoffice.files.upload_pages import Door
from backoffice.models import Upload
from campaigns.programme_file import layout, notation, snapshot
from loyalty.models import Programme

_READ = ("loyalty.view_programme", "campaigns.view_campaign", "rewards.view_series", "rewards.view_coupon")
_WRITTEN = (
    "loyalty.{}_programme", "loyalty.{}_tier", "loyalty.{}_partner", "loyalty.{}_participation",
    "loyalty.{}_productset", "members.{}_cardkind", "campaigns.{}_campaign", "rewards.{}_series",
)  # fmt: skip

TITLES = {
    "programme": gettext_lazy("Programme"),
    "ladder": gettext_lazy("Tiers"),
    "tiers": gettext_lazy("Tiers"),
    "card_types": gettext_lazy("Card types"),
    "partners": gettext_lazy("Partners"),
    "payers": gettext_lazy("Payers"),
    "product_sets": gettext_lazy("Product sets"),
    "coupon_series": gettext_lazy("Coupon series"),
    "campaigns": gettext_lazy("Campaigns"),
    "templates": gettext_lazy("Templates"),
}
SIGNS = {
    "added": gettext_lazy("new"),
    "changed": gettext_lazy("changed"),
    "removed": gettext_lazy("removed"),
}


class FileForm(forms.Form):
    """A programme's file."""

    file = forms.FileField(
        label=gettext_lazy("File"),
        widget=UnfoldAdminFileFieldWidget(attrs={"accept": ".yaml,.yml,application/yaml,text/plain"}),
        help_text=gettext_lazy(
            "YAML, as “Write to a file” makes it. Nothing changes before you have seen what would."
        ),
    )
    prune = forms.BooleanField(
        label=gettext_lazy("Remove what the file does not name"),
        required=False,
        widget=UnfoldBooleanSwitchWidget,
        help_text=gettext_lazy(
            "Only in the sections that the file has. Campaigns that were published are ended and archived, "
            "series with coupons are closed."
        ),
    )


def may_write(request: HttpRequest) -> bool:
    """Whether the user may take a programme out as a file."""
    return bool(request.user.has_perms(_READ))


def may_read(request: HttpRequest) -> bool:
    """Whether the user may do all that a file can do."""
    rights = [right.format(action) for right in _WRITTEN for action in ("add", "change", "delete")]
    return bool(request.user.has_perms((*_READ, *rights, "backoffice.publish_campaigns")))


def door(desk: ModelAdmin) -> Door:
    """The pages on which a programme comes in."""
    return Door(
        desk=desk,
        kind=programme_uploads.KIND,
        base="loyalty_programme_file",
        may=may_read,
        title=_("A programme from a file"),
        form=FileForm,
        most_bytes=notation.MOST_BYTES,
        templates="backoffice/programme_file",
        more=_tell,
    )


def urls(desk: ModelAdmin) -> list[Any]:
    """The pages, to stand before those of the programmes' desk."""
    schema = desk.admin_site.admin_view(lambda request: send_schema(desk, request))
    return [
        path("file/schema/", schema, name="loyalty_programme_file_schema"),
        *upload_pages.urls(desk, lambda: door(desk), "file/"),
    ]


def write(request: HttpRequest, object_id: str) -> HttpResponse:
    """A programme as a file to keep."""
    if not may_write(request):
        raise PermissionDenied
    programme = get_object_or_404(Programme, pk=object_id)
    response = HttpResponse(snapshot.export(programme), content_type="application/yaml; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{programme.code}.yaml"'
    return response


def send_schema(desk: ModelAdmin, request: HttpRequest) -> HttpResponse:
    """The JSON Schema of the file, for editors."""
    if not may_write(request):
        raise PermissionDenied
    text = json.dumps(layout.schema(), indent=2, ensure_ascii=False)
    response = HttpResponse(text, content_type="application/schema+json; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="programme.schema.json"'
    return response


def _tell(upload: Upload) -> dict[str, Any]:
    """The changes under the titles of their sections, and where the programme is."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for change in upload.result.get("changes", ()):
        groups.setdefault(str(TITLES[change["section"]]), []).append(change | {"sign": SIGNS[change["kind"]]})
    found = Programme.objects.filter(code=upload.result.get("code", "")).first()
    page = reverse("admin:loyalty_programme_change", args=[found.pk]) if found else ""
    return {"groups": list(groups.items()), "programme": page}
