"""A programme as a file: written for whoever keeps it in git, read in after a look at what would change."""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.contrib import messages
from django.core import signing
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminFileFieldWidget, UnfoldBooleanSwitchWidget

from campaigns.programme_file import importing, layout, notation, snapshot
from campaigns.programme_file.document import Moment
from campaigns.programme_file.importing import Plan, StaleError
from campaigns.programme_file.problems import FileError, Problem
from loyalty.models import Programme

#: How long somebody may look at what a file would do, in seconds.
AGE = 60 * 60
_SALT = "backoffice.programme_file"
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


def urls(desk: ModelAdmin) -> list[Any]:
    """The pages, to stand before those of the programmes' desk."""
    pages = {
        "file/": (read, "file"),
        "file/apply/": (apply, "file_apply"),
        "file/schema/": (send_schema, "file_schema"),
    }

    def page(view: Any) -> Any:
        return desk.admin_site.admin_view(lambda request: view(desk, request))

    return [
        path(route, page(view), name=f"loyalty_programme_{name}") for route, (view, name) in pages.items()
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


def read(desk: ModelAdmin, request: HttpRequest) -> HttpResponse:
    """Ask for a file; say what it would change, or everything that is wrong with it."""
    if not may_read(request):
        raise PermissionDenied
    form = FileForm(request.POST or None, request.FILES or None)
    problems: list[Problem] = []
    if request.method == "POST" and form.is_valid():
        upload, prune = form.cleaned_data["file"], form.cleaned_data["prune"]
        try:
            data = upload.read(notation.MOST_BYTES + 1)
            return _preview(desk, request, data, prune, upload.name)
        except FileError as error:
            problems = error.problems
    return _answer(desk, request, "load", form=form, problems=problems)


def apply(desk: ModelAdmin, request: HttpRequest) -> HttpResponse:
    """Do what was shown, if the programme is still what it was then."""
    if not may_read(request):
        raise PermissionDenied
    address = reverse("admin:loyalty_programme_file")
    try:
        agreed = signing.loads(request.POST.get("agreed", ""), salt=_SALT, max_age=AGE)
    except signing.BadSignature:
        messages.error(request, _("That was too long ago. Read the file again."))
        return HttpResponseRedirect(address)
    data, prune, name = agreed["text"].encode(), agreed["prune"], agreed["name"]
    try:
        plan = importing.apply(data, Moment(timezone.now(), request.user.pk), prune, agreed["base"])
    except StaleError:
        messages.warning(
            request, _("Somebody changed the programme meanwhile. This is what the file would do now.")
        )
        try:
            return _preview(desk, request, data, prune, name)
        except FileError as error:
            return _answer(desk, request, "load", form=FileForm(), problems=error.problems)
    except FileError as error:
        return _answer(desk, request, "load", form=FileForm(), problems=error.problems)
    programme = Programme.objects.get(code=plan.code)
    done = ngettext("“%(file)s”: %(count)s change.", "“%(file)s”: %(count)s changes.", len(plan.changes))
    told = done % {"file": name, "count": len(plan.changes)}
    desk.log_change(request, programme, told)
    messages.success(request, told)
    return HttpResponseRedirect(reverse("admin:loyalty_programme_change", args=[programme.pk]))


def _preview(desk: ModelAdmin, request: HttpRequest, data: bytes, prune: bool, name: str) -> HttpResponse:
    plan = importing.foresee(data, Moment(timezone.now(), request.user.pk), prune)
    agreed = {"text": data.decode("utf-8-sig"), "prune": prune, "base": plan.base, "name": name}
    return _answer(
        desk, request, "preview",
        plan=plan,
        file=name,
        groups=_group(plan),
        agreed=signing.dumps(agreed, salt=_SALT, compress=True),
    )  # fmt: skip


def _group(plan: Plan) -> list[tuple[str, list[dict[str, Any]]]]:
    """The changes under the titles of their sections."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for change in plan.changes:
        told = {
            "kind": change.kind,
            "sign": SIGNS[change.kind],
            "subject": change.subject,
            "lines": change.lines,
        }
        groups.setdefault(str(TITLES[change.section]), []).append(told)
    return list(groups.items())


def _answer(desk: ModelAdmin, request: HttpRequest, template: str, **context: Any) -> HttpResponse:
    context |= desk.admin_site.each_context(request) | {
        "opts": desk.opts,
        "title": _("A programme from a file"),
        "list": reverse("admin:loyalty_programme_changelist"),
        "page": reverse("admin:loyalty_programme_file"),
    }
    return TemplateResponse(request, f"backoffice/programme_file/{template}.html", context)
