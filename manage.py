#!/usr/bin/env python
"""Regulars' commands. Without settings in the environment they work on the demo beside ``make run``."""

import os
import sys

from config.embedded.identity import PlaceError


def main() -> None:
    """Run a management command; say what is wrong with the place or the settings in one sentence."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    if "SECRET_KEY" not in os.environ:
        os.environ.setdefault("REGULARS_MODE", "demo")
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    try:
        execute_from_command_line(sys.argv)
    except (PlaceError, ImproperlyConfigured) as error:
        sys.exit(f"{error}")


if __name__ == "__main__":
    main()
