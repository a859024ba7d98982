"""``manage.py check_translations``: every text is collected, translated and compiled."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from config import translations


class Command(BaseCommand):
    """Check the translations, or collect and compile them."""

    help = "Checks that every text is collected, translated and compiled; --update collects and compiles."

    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        """``--update``: collect new texts and compile, instead of checking."""
        parser.add_argument("--update", action="store_true", help="collect new texts and compile")

    def handle(self, *args: Any, **options: Any) -> None:
        """Check; fail with one line for each fault."""
        locale = Path(settings.LOCALE_PATHS[0])
        if options["update"]:
            translations.update(locale)
            return
        faults = list(translations.find_faults(locale))
        if shutil.which("xgettext"):
            faults += translations.find_uncollected(locale)
        else:
            self.stderr.write(
                "gettext is not installed: texts missing from the catalogues are not looked for."
            )
        if faults:
            raise CommandError("\n".join(faults))
        self.stdout.write("The translations are whole.")
