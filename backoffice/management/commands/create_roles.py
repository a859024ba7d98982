"""``manage.py create_roles``: the groups manager, operator, analyst and cashier with their rights."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from backoffice.staff import roles


class Command(BaseCommand):
    """Make the groups of the roles, or bring them back to their rights. Safe to repeat."""

    help = "Create the groups manager, operator, analyst and cashier, or bring them back to their rights."

    def handle(self, *args: Any, **options: Any) -> None:
        """Create the roles and say what each may do."""
        try:
            counts = roles.create()
        except LookupError as error:
            raise CommandError(str(error)) from None
        for name, rights in counts.items():
            self.stdout.write(f"{name}: {rights} rights")
