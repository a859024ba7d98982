"""Prove the books: exits with status 1 and names every account that is off."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from loyalty.ledger import audit
from loyalty.models import Programme


class Command(BaseCommand):
    """``manage.py audit_ledger``."""

    help = "Proves that the ledger's books balance. Exits with 1 and names every account that is off."

    def add_arguments(self, parser: CommandParser) -> None:
        """The options."""
        parser.add_argument("--programme", metavar="CODE", help="only this programme's accounts")
        parser.add_argument("--json", action="store_true", help="the result as one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the audit and tell its result."""
        programme = self._find(options["programme"]) if options["programme"] else None
        result = audit.audit(programme)
        if options["json"]:
            document = {"clean": result.clean, **asdict(result)}
            self.stdout.write(json.dumps(document, default=str, indent=2))
        else:
            self._tell(result)
        if not result.clean:
            raise CommandError(
                _("The books do not balance: %(count)d problems.") % {"count": len(result.problems)},
                returncode=1,
            )

    def _find(self, code: str) -> Programme:
        programme = Programme.objects.filter(code=code).first()
        if programme is None:
            known = ", ".join(Programme.objects.values_list("code", flat=True)) or _("none")
            raise CommandError(
                _("There is no programme “%(code)s”; there are: %(known)s.") % {"code": code, "known": known},
                returncode=2,
            )
        return programme

    def _tell(self, result: audit.Audit) -> None:
        for problem in result.problems:
            self.stdout.write(
                _("%(check)s: account %(account)s, %(subject)s: should be %(expected)s, is %(found)s")
                % asdict(problem)
            )
        self.stdout.write(
            _(
                "%(accounts)d accounts, %(transfers)d transfers, %(lots)d lots, %(uses)d uses read in "
                "%(seconds).1f s. Members hold %(members)s points, institutions %(institutions)s."
            )
            % {
                "accounts": result.accounts,
                "transfers": result.transfers,
                "lots": result.lots,
                "uses": result.uses,
                "seconds": result.seconds,
                "members": result.members_hold,
                "institutions": result.institutions_hold,
            }
        )
        if result.clean:
            self.stdout.write(self.style.SUCCESS(_("The books balance.")))
