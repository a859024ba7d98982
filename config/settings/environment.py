"""Settings from the environment, read strictly: a value that makes no sense stops the start."""

from __future__ import annotations

import os

from django.core.exceptions import ImproperlyConfigured

TRUE, FALSE = {"1", "true", "yes", "on"}, {"0", "false", "no", "off", ""}


def read_text(name: str, default: str = "") -> str:
    """The variable's text without spaces around it."""
    return os.environ.get(name, default).strip()


def read_flag(name: str, default: bool = False) -> bool:
    """A yes or no."""
    value = read_text(name, "yes" if default else "no").lower()
    if value not in TRUE | FALSE:
        raise ImproperlyConfigured(f"{name} must be 1 or 0, not {value!r}.")
    return value in TRUE


def read_number(name: str, default: int) -> int:
    """A whole number."""
    value = read_text(name) or str(default)
    if not value.isdecimal():
        raise ImproperlyConfigured(f"{name} must be a whole number, not {value!r}.")
    return int(value)


def read_list(name: str, default: str = "") -> list[str]:
    """Words separated by commas."""
    return [word for word in (word.strip() for word in read_text(name, default).split(",")) if word]


def read_choice(name: str, default: str, choices: tuple[str, ...]) -> str:
    """One of the choices."""
    value = read_text(name) or default
    if value not in choices:
        raise ImproperlyConfigured(f"{name} must be one of {', '.join(choices)}, not {value!r}.")
    return value
