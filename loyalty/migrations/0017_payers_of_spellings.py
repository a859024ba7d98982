"""A payer for everybody whom campaigns name as who pays: until now that was free text.

Spellings that differ in capitals and blanks alone are one payer. Their accounts keep the spelling as their code, by
which published revisions, which never change, go on finding them. Drafts that name what was never published are
rewritten to the payer's code. Somebody called like a partner that takes part is that partner.
"""

import re
import unicodedata
from collections import defaultdict

from django.db import migrations
from django.utils.text import slugify

LONGEST, LONGEST_CODE = 120, 32
HOUSE = "house"


def tidy(text):
    """A name in its one form: one blank between words, none around them."""
    return " ".join(unicodedata.normalize("NFC", text).split())[:LONGEST].strip()


def forward(apps, schema_editor):
    for programme in apps.get_model("loyalty", "Programme").objects.order_by("id"):
        _Programme(apps, programme).make()


class _Programme:
    def __init__(self, apps, programme):
        self.apps, self.programme = apps, programme
        self.Account, self.Payer = apps.get_model("loyalty", "Account"), apps.get_model("loyalty", "Payer")
        self.codes, self.names = set(), set()

    def make(self):
        """The house, a payer for each group of spellings with its accounts, and the drafts that name them."""
        own = tidy(self.programme.name) or self.programme.code
        house = self._create(HOUSE, own, "house")
        published = self._published()
        groups = defaultdict(list)  # in the order of their first account: the oldest spelling is the name
        for text in dict.fromkeys((*self._accounts(), *sorted(published), *sorted(self._drafted()))):
            if tidy(text):
                groups[tidy(text).lower()].append(text)
        # whoever is written as a code already keeps it
        order = sorted(groups, key=lambda key: not any(_is_code(text) for text in groups[key]))
        for key in order:
            payer = house if key in (HOUSE, own.lower()) else self._payer(key, groups[key])
            for text in groups[key]:
                self._give(payer, text, published)

    def _accounts(self):
        found = self.Account.objects.filter(programme=self.programme, kind="budget").order_by("opened_at", "id")
        return found.values_list("code", flat=True)

    def _published(self):
        Revision = self.apps.get_model("campaigns", "Revision")
        found = Revision.objects.filter(campaign__programme=self.programme)
        return _texts(found.values_list("definition__lots__funder", flat=True))

    def _drafts(self):
        Campaign, Template = (self.apps.get_model("campaigns", name) for name in ("Campaign", "CampaignTemplate"))
        yield "draft", Campaign.objects.filter(programme=self.programme)
        yield "definition", Template.objects.filter(programme=self.programme)

    def _drafted(self):
        return set().union(
            *(_texts(rows.values_list(f"{name}__lots__funder", flat=True)) for name, rows in self._drafts())
        )

    def _payer(self, key, texts):
        Participation = self.apps.get_model("loyalty", "Participation")
        taken = self.Payer.objects.filter(programme=self.programme, partner__isnull=False).values("partner")
        takes_part = Participation.objects.filter(programme=self.programme).exclude(partner__in=taken)
        partners = [one.partner for one in takes_part.select_related("partner").order_by("id")]
        partner = next((one for one in partners if key in (one.code.lower(), tidy(one.name).lower())), None)
        name = tidy(partner.name) if partner else tidy(texts[0])
        wanted = next((text for text in texts if _is_code(text)), partner.code if partner else slugify(name))
        return self._create(self._free(wanted), self._free_name(name), "partner" if partner else "brand", partner)

    def _create(self, code, name, kind, partner=None):
        self.codes.add(code)
        self.names.add(name.lower())
        fields = {"name": name, "kind": kind, "partner": partner}
        return self.Payer.objects.get_or_create(programme=self.programme, code=code, defaults=fields)[0]

    def _free(self, wanted):
        """A code that nobody has, and that nobody was spelled as."""
        base = wanted[:LONGEST_CODE].strip("-_") or "payer"
        if base == wanted and _is_code(base) and base not in self.codes:
            return base
        used = {*self.codes, *self._accounts()}
        number, code = 1, base
        while code in used:
            number += 1
            code = f"{base[: LONGEST_CODE - len(str(number)) - 1]}-{number}"
        return code

    def _free_name(self, name):
        number, free = 1, name
        while free.lower() in self.names:
            number += 1
            free = f"{name[: LONGEST - len(str(number)) - 1]} {number}"
        return free

    def _give(self, payer, text, published):
        """Let a spelling lead to its payer: by its account, or where it was never published by another text."""
        accounts = self.Account.objects.filter(programme=self.programme, kind="budget", code=text)
        if accounts.update(payer=payer):
            return
        if text in published and len(text) <= LONGEST_CODE:
            self.Account.objects.create(programme=self.programme, kind="budget", code=text, payer=payer)
            return
        for name, rows in self._drafts():
            for row in rows.filter(**{f"{name}__lots__funder": text}):
                document = getattr(row, name)
                setattr(row, name, document | {"lots": document["lots"] | {"funder": payer.code}})
                row.save(update_fields=[name])


def _texts(values):
    return {value for value in values if isinstance(value, str)}


def _is_code(text):
    return bool(re.fullmatch(r"[-a-zA-Z0-9_]{1,32}", text)) and text != HOUSE


class Migration(migrations.Migration):

    dependencies = [
        ("loyalty", "0016_payers"),
        ("campaigns", "0010_settle_what_was_missed"),
    ]

    operations = [migrations.RunPython(forward, migrations.RunPython.noop)]
