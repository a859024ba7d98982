"""What people are asked to agree to: one text a purpose and language, kept in versions that never change."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import Case, IntegerField, Max, Value, When
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override

from foundation import prepared
from foundation.refusals import Fault, Invalid
from members.models import ConsentText, Purpose, User

#: What is asked where nobody has written anything better. Lawyers will.
PLAIN = {
    Purpose.PROCESSING: gettext_lazy(
        "I agree that my contacts, my purchases and my points are kept and used to run this loyalty programme. "
        "I may leave it at any time; then everything that names me is erased."
    ),
    Purpose.MARKETING: gettext_lazy(
        "I agree to be sent news and offers of this programme. I may change my mind at any time."
    ),
    Purpose.PROFILING: gettext_lazy(
        "I agree that offers are chosen for me from what I have bought. I may change my mind at any time."
    ),
}
#: The longest text, characters.
MOST = 20_000


def current(circle: str, purpose: str, language: str) -> ConsentText:
    """The newest text of a purpose that everybody is asked for: the programme's own before the house's, each in this
    language; where neither was written, the plain one."""
    found = find(circle, purpose, language)
    if found is not None and found.language == language:
        return found
    with override(language):
        plain = str(PLAIN[Purpose(purpose)])
    return ConsentText.objects.get_or_create(
        circle="", purpose=purpose, party="", language=language, version=1, defaults={"text": plain}
    )[0]


def find(circle: str, purpose: str, language: str, party: str = "") -> ConsentText | None:
    """The newest text that somebody wrote: in this language before English, the programme's own before the house's."""
    known = ConsentText.objects.filter(
        circle__in=(circle, ""), purpose=purpose, party=party, language__in=(language, "en")
    )
    return known.order_by(_first("language", language), _first("circle", circle), "-version").first()


def write(
    text: ConsentText, now: datetime, user: User | None = None, *, asks_again: bool = False
) -> ConsentText:
    """Keep a wording as the next version of its programme, purpose, party and language; it is shown from now on.

    Two who write at once get two versions. Raises ``Invalid`` with the field that will not do. Locks the versions of
    this text until its transaction ends.
    """
    key = require_new(text, asks_again=asks_again)
    with transaction.atomic():
        prepared.run(
            "SELECT pg_advisory_xact_lock(hashtextextended(%(value)s::text, 0))",
            {"value": f"consent text {sorted(key.items())}"},
        )
        require_new(text, asks_again=asks_again)
        last = ConsentText.objects.filter(**key).aggregate(last=Max("version"))["last"] or 0
        return ConsentText.objects.create(
            **key, text=text.text, version=last + 1, ask_again=asks_again, since=now, user=user
        )


def require_new(text: ConsentText, *, asks_again: bool) -> dict[str, str]:
    """Refuse what cannot be the next version; the wording is tidied. Returns what its versions have in common.

    Raises ``Invalid`` with the fields that will not do.
    """
    text.text = text.text.replace("\r\n", "\n").strip()
    key = {"circle": text.circle, "purpose": text.purpose, "party": text.party, "language": text.language}
    faults = [Fault(field, "invalid", detail) for field, detail in _faults(text)]
    if faults:
        raise Invalid(*faults)
    newest = ConsentText.objects.filter(**key).order_by("-version").first()
    if newest is not None and newest.text == text.text and not asks_again:
        raise Invalid(Fault("text", "invalid", _("This is the text that is shown already.")))
    return key


def _faults(text: ConsentText) -> list[tuple[str, str]]:
    faults = []
    if text.purpose not in Purpose.values:
        faults.append(("purpose", _("Choose a purpose.")))
    if text.language not in dict(settings.LANGUAGES):
        faults.append(("language", _("Choose one of the languages.")))
    if text.purpose == Purpose.SHARING and not text.party:
        faults.append(("party", _("Choose the partner with whom data would be shared.")))
    if text.purpose != Purpose.SHARING and text.party:
        faults.append(("party", _("Only a text about sharing names a partner.")))
    if not text.text:
        faults.append(("text", _("Write what is agreed to.")))
    if len(text.text) > MOST:
        faults.append(("text", _("At most %(most)s characters.") % {"most": MOST}))
    return faults


def _first(field: str, value: str) -> Case:
    return Case(When(**{field: value}, then=Value(0)), default=Value(1), output_field=IntegerField())
