"""Domains of programmes: which programme a host name is of, and which names may be one's own."""

from __future__ import annotations

import time
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import DatabaseError
from django.utils.translation import gettext as _

from loyalty.models import Appearance
from loyalty.models.appearance import DOMAIN

_KEPT_SECONDS = 5.0
_shape = RegexValidator(DOMAIN)
_known: tuple[float, dict[str, str]] = (0.0, {})


def programme_at(host: str) -> str | None:
    """The code of the programme whose domain a host name (without port) is, None for any other.

    Kept in memory for some seconds: a new domain is known to every process a moment later.
    """
    global _known
    until, found = _known
    if until < time.monotonic():
        _known = (time.monotonic() + _KEPT_SECONDS, found)  # one thread reads anew
        rows = Appearance.objects.filter(domain__isnull=False, programme__active=True)
        try:
            found = {str(domain): code for domain, code in rows.values_list("domain", "programme__code")}
        except DatabaseError:  # the house's own names are answered without it
            return None
        _known = (time.monotonic() + _KEPT_SECONDS, found)
    return found.get(host.lower().removesuffix("."))


def forget() -> None:
    """Forget what is kept in memory, in this process."""
    global _known
    _known = (0.0, {})


def read(text: str) -> str | None:
    """A domain in its one form, letters of any language as Punycode; None for nothing. Raises ``ValidationError``."""
    name = text.strip().lower().removesuffix(".")
    if not name:
        return None
    try:
        name = name.encode("idna").decode()
        _shape(name)
    except (UnicodeError, ValidationError) as error:
        told = _("Write the domain alone, like club.example.com: no address, no port, no number.")
        raise ValidationError(told) from error
    if name in {host.lower() for host in settings.ALLOWED_HOSTS}:
        raise ValidationError(_("This is the address of the house: a programme's domain is its own."))
    return name


def origin(domain: str, house: str) -> str:
    """Where a programme's addresses begin, scheme and host: at its domain, else at the house's own, at which we are."""
    found = urlsplit(house)
    port = f":{found.port}" if found.port else ""
    return f"{found.scheme}://{domain}{port}" if domain else f"{found.scheme}://{found.netloc}"
