"""Payers: who pays for what campaigns give. The one writer of them, and the way from a campaign's words to an account.

A definition names its payer by code (``lots.funder``). One from before there were payers names a spelling: the
account that was opened under it still has it as its code, and leads to the payer. Who is named nowhere is the house.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _

from foundation.refusals import Conflict, Fault, Invalid
from loyalty.ledger import ledger
from loyalty.models import Account, Participation, Payer, Programme
from loyalty.models.payer import HOUSE

#: What is chosen once: campaigns rely on it.
FIXED = ("programme_id", "code")
_LONGEST_CODE = 32


@dataclass(frozen=True, slots=True)
class Directory:
    """The payers of a programme by every text that a definition may name them by: codes, and old spellings."""

    by_text: Mapping[str, Payer]

    def find(self, text: str | None) -> Payer | None:
        """Who is named so; the house where nobody is named, None where nobody is called that."""
        return self.by_text.get(text or HOUSE)

    def name(self, text: str | None) -> str:
        """What the payer is called; the text itself where nobody is called that."""
        found = self.find(text)
        return found.name if found else text or str(Payer.Kind.HOUSE.label)

    def code(self, text: str | None) -> str:
        """The code of the payer; the text itself where nobody is called that."""
        found = self.find(text)
        return found.code if found else text or HOUSE

    def texts(self, payer: Payer) -> set[str]:
        """Everything by which definitions may name a payer."""
        return {text for text, one in self.by_text.items() if one.pk == payer.pk}


def directory(programme_id: int) -> Directory:
    """The payers of a programme, in two statements."""
    payers = {payer.pk: payer for payer in Payer.objects.filter(programme_id=programme_id).order_by("pk")}
    budgets = Account.objects.filter(programme_id=programme_id, kind=Account.Kind.BUDGET)
    known = {code: payers[payer_id] for code, payer_id in budgets.values_list("code", "payer_id")}
    return Directory(known | {payer.code: payer for payer in payers.values()})


def accounts(programme: Programme, texts: Collection[str]) -> dict[str, UUID | None]:
    """The accounts that pay, by what definitions name them; None for the house, whose points the programme issues.

    Opens those that are not there yet. What nobody is called is left out.
    """
    if not texts:
        return {}
    named = {payer.code: payer for payer in Payer.objects.filter(programme=programme, code__in=texts)}
    budgets = Account.objects.filter(programme=programme, kind=Account.Kind.BUDGET).select_related("payer")
    first: dict[int | None, UUID] = {}
    found: dict[str, UUID | None] = {}
    for account in budgets.order_by("opened_at", "id"):
        first.setdefault(account.payer_id, account.id)
        if account.code in texts:
            is_house = account.payer is None or account.payer.kind == Payer.Kind.HOUSE
            found[account.code] = None if is_house else account.id
    for code, payer in sorted(named.items()):
        if payer.kind == Payer.Kind.HOUSE:
            found[code] = None
        else:
            found[code] = first.get(payer.pk) or ledger.budget_account(payer)
    return found


def tidy(name: str) -> str:
    """A name in its one form: one blank between words, none around them."""
    return " ".join(unicodedata.normalize("NFC", name).split())


def free_code(programme: Programme, name: str) -> str:
    """A code for a new payer of that name that nobody has, and that no campaign ever wrote."""
    base = slugify(name)[:_LONGEST_CODE].strip("-_") or "payer"
    used = {*directory(programme.pk).by_text, HOUSE}
    code, number = base, 1
    while code in used:
        number += 1
        code = f"{base[: _LONGEST_CODE - len(str(number)) - 1]}-{number}"
    return code


def save(payer: Payer) -> Payer:
    """Write a payer, its name in its one form.

    Raises ``Invalid`` naming the fields that will not do, ``Conflict`` where somebody else was quicker.
    """
    payer.name = tidy(payer.name)
    if found := faults(payer):
        raise Invalid(*found)
    try:
        with transaction.atomic():
            payer.save()
    except IntegrityError as error:
        raise Conflict("payer_exists", _("There is a payer of this name or code already.")) from error
    return payer


def faults(payer: Payer) -> list[Fault]:
    """What will not do about a payer as it would be written."""
    before = Payer.objects.filter(pk=payer.pk).first() if payer.pk else None
    others = Payer.objects.filter(programme_id=payer.programme_id).exclude(pk=payer.pk)
    found = [
        Fault(name.removesuffix("_id"), "fixed", _("This is chosen once, when the payer is made."))
        for name in FIXED
        if before is not None and getattr(before, name) != getattr(payer, name)
    ]
    same = others.filter(name__iexact=tidy(payer.name)).first()
    if not tidy(payer.name):
        found.append(Fault("name", "required", _("Give the payer a name.")))
    elif same is not None:
        detail = _("There is a payer “%(name)s” already: capitals and blanks make no other one.")
        found.append(Fault("name", "exists", detail % {"name": same.name}))
    if before is None and directory(payer.programme_id).by_text.get(payer.code):
        detail = _("There is a payer with the code “%(code)s” already.") % {"code": payer.code}
        found.append(Fault("code", "exists", detail))
    return [*found, *_kind_faults(payer, before), *_partner_faults(payer)]


def _kind_faults(payer: Payer, before: Payer | None) -> list[Fault]:
    """There is one house, and it stays it."""
    if (payer.kind == Payer.Kind.HOUSE) == (payer.code == HOUSE):
        return []
    if before is not None and before.kind == Payer.Kind.HOUSE:
        return [Fault("kind", "fixed", _("The house stays the house."))]
    return [Fault("kind", "one_house", _("There is one house, with the code “house”: choose another kind."))]


def _partner_faults(payer: Payer) -> list[Fault]:
    """A payer that is a partner is one that takes part, and only once."""
    if payer.kind != Payer.Kind.PARTNER:
        if payer.partner_id is None:
            return []
        return [Fault("partner", "not_a_partner", _("Only a payer of the kind “partner” is a partner."))]
    if payer.partner_id is None:
        return [Fault("partner", "required", _("Say which partner it is."))]
    takes_part = Participation.objects.filter(programme_id=payer.programme_id, partner_id=payer.partner_id)
    if not takes_part.exists():
        return [Fault("partner", "stranger", _("This partner does not take part in the programme."))]
    others = Payer.objects.filter(programme_id=payer.programme_id, partner_id=payer.partner_id)
    if (other := others.exclude(pk=payer.pk).first()) is not None:
        detail = _("This partner is the payer “%(name)s” already.") % {"name": other.name}
        return [Fault("partner", "exists", detail)]
    return []
