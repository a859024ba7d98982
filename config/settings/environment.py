"""Settings from the environment, read strictly: a value that makes no sense stops the start."""

from __future__ import annotations

import json
import os
import re
from urllib.parse import urlsplit

import phonenumbers
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.validators import validate_email

TRUE, FALSE = {"1", "true", "yes", "on"}, {"0", "false", "no", "off", ""}
#: A host name or an address, IPv6 in brackets or bare, with a port or without.
_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[0-9a-f]*:[0-9a-f:.]+|[\w-]+(\.[\w-]+)*\.?)(:\d{1,5})?", re.IGNORECASE)


def read_text(name: str, default: str = "") -> str:
    """The variable's text without spaces around it."""
    return os.environ.get(name, default).strip()


def read_flag(name: str, default: bool = False) -> bool:
    """A yes or no."""
    value = read_text(name, "yes" if default else "no").lower()
    if value not in TRUE | FALSE:
        raise ImproperlyConfigured(f"{name} must be 1 or 0, not {value!r}.")
    return value in TRUE


def read_number(name: str, default: int, *, least: int = 0, most: int = 10**9) -> int:
    """A whole number, within bounds."""
    value = read_text(name) or str(default)
    if not value.isdecimal() or len(value) > 10 or not least <= int(value) <= most:
        bounds = f"of at least {least}" if most == 10**9 else f"from {least} to {most}"
        raise ImproperlyConfigured(f"{name} must be a whole number {bounds}, not {value!r}.")
    return int(value)


def read_count(name: str) -> int:
    """How many; a yes is one, a no is none."""
    value = read_text(name).lower()
    if value in TRUE | FALSE:
        return int(value in TRUE)
    return read_number(name, 0, most=10)


def read_list(name: str, default: str = "") -> list[str]:
    """Words separated by commas."""
    return [word for word in (word.strip() for word in read_text(name, default).split(",")) if word]


def read_hosts(name: str, default: str = "") -> list[str]:
    """Host names separated by commas; one that begins with a dot means what is below it, ``*`` any."""
    hosts = read_list(name, default)
    for host in hosts:
        if host != "*" and not is_host(host.removeprefix(".")):
            raise ImproperlyConfigured(
                f"{name} must be host names such as loyalty.example.com, with commas, not {host!r}."
            )
    return hosts


def read_host(name: str, default: str) -> str:
    """A host name or an address."""
    value = read_text(name) or default
    if not is_host(value):
        raise ImproperlyConfigured(f"{name} must be a host name or an address, not {value!r}.")
    return value


def read_origins(name: str) -> list[str]:
    """Origins separated by commas, each with its scheme."""
    origins = read_list(name)
    for origin in origins:
        scheme, _, host = origin.partition("://")
        if scheme not in ("http", "https") or not is_host(host.removeprefix("*.")):
            raise ImproperlyConfigured(
                f"{name} must be origins such as https://loyalty.example.com, with commas, not {origin!r}."
            )
    return origins


def read_address(name: str, schemes: tuple[str, ...]) -> str:
    """The address of a server with one of the schemes, or nothing. It may hold a password: it is not shown."""
    value = read_text(name)
    if not value:
        return ""
    try:
        parts = urlsplit(value)
        sound = parts.scheme in schemes and bool(parts.path if parts.scheme == "unix" else parts.hostname)
        sound = sound and (parts.port is None or parts.port > 0)
    except ValueError:
        sound = False
    if not sound:
        shown = " or ".join(f"{scheme}://…" for scheme in schemes)
        raise ImproperlyConfigured(f"{name} must be an address such as {shown}.")
    return value


def read_sender(name: str, default: str) -> str:
    """An e-mail address that letters come from."""
    value = read_text(name) or default
    address = value.rpartition("<")[2].removesuffix(">") if value.endswith(">") else value
    try:
        validate_email(address)
    except ValidationError:
        raise ImproperlyConfigured(
            f"{name} must be an e-mail address, such as shop@example.com, not {value!r}."
        ) from None
    return value


def read_dotted(name: str, default: str, what: str) -> str:
    """The dotted path of a function or a class; whether it is there is seen once all apps are (``config.apps``)."""
    value = read_text(name) or default
    if not all(word.isidentifier() for word in value.split(".")) or "." not in value:
        raise ImproperlyConfigured(
            f"{name} must be the dotted path of a {what}, such as {default}, not {value!r}."
        )
    return value


def read_texts(name: str) -> dict[str, str]:
    """Names with a text each, as a JSON object such as ``{"X-Api-Key": "…"}``. They may be secrets: none is shown."""
    value = read_text(name)
    try:
        found = json.loads(value) if value else {}
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict) or not all(isinstance(text, str) for text in found.values()):
        raise ImproperlyConfigured(f'{name} must be a JSON object of texts, such as {{"X-Api-Key": "…"}}.')
    return found


def read_folder(name: str) -> str:
    """A folder that is there, or nothing."""
    value = read_text(name)
    if value and not os.path.isdir(value):
        raise ImproperlyConfigured(f"{name} must be a folder that is there, not {value!r}.")
    return value


def read_place(name: str, default: str) -> str:
    """A folder that is there or can be made."""
    value = read_text(name) or default
    if os.path.exists(value) and not os.path.isdir(value):
        raise ImproperlyConfigured(f"{name} must be a folder, and {value!r} is none.")
    return value


def read_choice(name: str, default: str, choices: tuple[str, ...]) -> str:
    """One of the choices."""
    value = read_text(name) or default
    if value not in choices:
        words = ", ".join(filter(None, choices))
        raise ImproperlyConfigured(f"{name} must be one of {words}, not {value!r}.")
    return value


def is_host(text: str) -> bool:
    """Whether it can be a host."""
    return len(text) < 260 and _HOST.fullmatch(text) is not None


def read_fixed_code(name: str) -> str:
    """A phone in E.164 form and six digits, with a colon between them; empty when there is none."""
    value = read_text(name)
    if value and not re.fullmatch(r"\+[1-9][0-9]{6,14}:[0-9]{6}", value):
        raise ImproperlyConfigured(
            f"{name} must be a phone and six digits, such as +79161234545:000000, not {value!r}."
        )
    return value


def read_country(name: str) -> str | None:
    """A country by its two letters, None when there is none."""
    value = read_text(name).upper()
    if value and value not in phonenumbers.SUPPORTED_REGIONS:
        raise ImproperlyConfigured(
            f"{name} must be a country's two letters, such as RU, not {read_text(name)!r}."
        )
    return value or None
