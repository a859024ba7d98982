"""What people are asked to agree to: one text a purpose and language, kept in versions that never change."""

from __future__ import annotations

from django.db.models import Case, IntegerField, Value, When
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from members.models import ConsentText, Purpose

#: What is asked where nobody has written anything better. Lawyers will.
PLAIN = {
    Purpose.PROCESSING: _(
        "I agree that my contacts, my purchases and my points are kept and used to run this loyalty programme. "
        "I may leave it at any time; then everything that names me is erased."
    ),
    Purpose.MARKETING: _(
        "I agree to be sent news and offers of this programme. I may change my mind at any time."
    ),
    Purpose.PROFILING: _(
        "I agree that offers are chosen for me from what I have bought. I may change my mind at any time."
    ),
}


def current(circle: str, purpose: str, language: str, party: str = "") -> ConsentText:
    """The newest text: the programme's own before the house's, in this language before English."""
    known = ConsentText.objects.filter(
        circle__in=(circle, ""), purpose=purpose, party=party, language__in=(language, "en")
    )
    ours = _first("circle", circle), _first("language", language)
    found = known.order_by(*ours, "-version").first()
    if found is not None and (found.language == language or purpose not in PLAIN):
        return found
    with override(language):
        plain = str(PLAIN[Purpose(purpose)])
    return ConsentText.objects.get_or_create(
        circle="", purpose=purpose, party="", language=language, version=1, defaults={"text": plain}
    )[0]


def _first(field: str, value: str) -> Case:
    return Case(When(**{field: value}, then=Value(0)), default=Value(1), output_field=IntegerField())
