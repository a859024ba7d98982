"""A picture in a form of the back office: chosen, looked at, and taken away again."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminFileFieldWidget, UnfoldBooleanSwitchWidget

from foundation import pictures
from foundation.refusals import Invalid

_ACCEPT = "image/png,image/jpeg,image/webp"


class PictureField(forms.FileField):
    """A picture that can be read; its value is the file's content, None where none was chosen."""

    def __init__(self, **options: Any) -> None:
        widget = UnfoldAdminFileFieldWidget(attrs={"accept": _ACCEPT})
        super().__init__(required=False, widget=widget, **options)

    def clean(self, data: Any, initial: Any = None) -> Any:
        """The content. Raises ``ValidationError`` for what is no picture, or too large."""
        file = super().clean(data, initial)
        if not file:
            return None
        content = file.read(pictures.MOST_BYTES + 1)
        try:
            pictures.read(content, "")
        except Invalid as refusal:
            raise ValidationError(refusal.faults[0].detail) from refusal
        return content


def drop_field(label: Any) -> forms.BooleanField:
    """A switch that takes a picture away."""
    return forms.BooleanField(label=label, required=False, widget=UnfoldBooleanSwitchWidget)


FORMATS = _("PNG, JPEG or WebP; it is made smaller and drawn anew.")
