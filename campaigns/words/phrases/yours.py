"""The words for members, spoken to one of them: "your age", where the constructor says "the member’s age"."""

from __future__ import annotations

from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from campaigns.words.phrases.words import Voice

#: What stands in the constructor, and what the member reads instead.
YOURS: Final = {
    "it is the member’s first purchase": gettext_noop("it is your first purchase"),
    "it is the member’s first purchase in this store": gettext_noop(
        "it is your first purchase in this store"
    ),
    "it is the member’s first purchase at this partner": gettext_noop(
        "it is your first purchase at this partner"
    ),
    "it is the member’s first purchase of {category}": gettext_noop(
        "it is your first purchase of {category}"
    ),
    "the member is a woman": gettext_noop("you are a woman"),
    "the member is a man": gettext_noop("you are a man"),
    "the member’s age is {bounds}": gettext_noop("your age is {bounds}"),
    "the member’s {name} is {value}": gettext_noop("your {name} is {value}"),
    "the member is in the segment {segments}": gettext_noop("you are in the segment {segments}"),
    "on the day of their {date}": gettext_noop("on the day of your {date}"),
    "from their {date} to {after} after it": gettext_noop("from your {date} to {after} after it"),
    "from {before} before their {date} to the day itself": gettext_noop(
        "from {before} before your {date} to the day itself"
    ),
    "from {before} before to {after} after their {date}": gettext_noop(
        "from {before} before to {after} after your {date}"
    ),
    "{percent} of their next purchase within {days}, in points": gettext_noop(
        "{percent} of your next purchase within {days}, in points"
    ),
    "At the till they can exchange {points} for {gives}.": gettext_noop(
        "At the till you can exchange {points} for {gives}."
    ),
    "At most {what} {period} for each member.": gettext_noop("At most {what} {period}."),
}


class Yours(Voice):
    """Who tells a campaign to the member whom it is for."""

    def gettext(self, text: str) -> str:
        """A text in the current language, spoken to the member."""
        return _(YOURS.get(text, text))
